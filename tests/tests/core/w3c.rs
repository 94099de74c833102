//! The vectors that are made here against those that are published.

use portcullis_tests::{corpora, w3c::RECIPES};
use serde_json::Value;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn made_vectors_equal_the_published_ones_byte_for_byte() {
    let Some(text) = corpora::file("w3c.json") else {
        return;
    };
    let published: Vec<Value> = serde_json::from_str(&text).expect("w3c.json is JSON");
    for recipe in RECIPES {
        let made = recipe.make();
        let vector = published
            .iter()
            .find(|vector| vector["name"] == made.name)
            .unwrap_or_else(|| panic!("{} is not published", made.name));
        let (registration, assertion) = (&made.registration, &made.assertion);
        let values = [
            (
                "registration",
                "challenge",
                made.registration_challenge.to_vec(),
            ),
            (
                "registration",
                "clientDataJSON",
                registration.client_data.bytes(),
            ),
            (
                "registration",
                "attestationObject",
                registration.attestation_object().encode(),
            ),
            (
                "authentication",
                "challenge",
                made.authentication_challenge.to_vec(),
            ),
            (
                "authentication",
                "clientDataJSON",
                assertion.client_data.bytes(),
            ),
            (
                "authentication",
                "authenticatorData",
                assertion.authenticator_data.encode(),
            ),
            ("authentication", "signature", assertion.signature()),
        ];
        for (ceremony, name, bytes) in values {
            assert_eq!(
                vector[ceremony][name],
                hex(&bytes),
                "{}: {ceremony} {name}",
                made.name
            );
        }
    }
    corpora::report(&format!(
        "{} vectors made, equal to the published ones",
        RECIPES.len()
    ));
}
