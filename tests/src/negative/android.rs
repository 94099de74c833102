//! Format `android-key`, section 8.4.

use std::sync::Arc;

use serde_json::json;

use super::Cases;
use super::codes::{BINDING, CERTIFICATE, INVALID, KEY, MALFORMED, SIGNATURE, UNREADABLE};
use crate::{
    attestation::{AndroidKey, Attestation, Forged, PackedCertified},
    cbor::Cbor,
    certificate::Extension,
    der,
    encoding::sha256,
    scene::{Scene, edited, put, spoil_signature, take},
};

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    members(cases, &scene);
    description(cases, &scene);
    authorizations(cases, &scene);
    secure_hardware(cases);
}

fn right() -> [Vec<u8>; 2] {
    [AndroidKey::purpose(&[2]), AndroidKey::origin(0)]
}

fn members(cases: &mut Cases, scene: &Scene) {
    let good = || scene.android(&[], &right());
    for member in ["alg", "sig", "x5c"] {
        let rule = format!("android: there is no {member}");
        let statement = edited(good(), move |statement| take(statement, member));
        cases.statement(scene, MALFORMED, &rule, statement);
    }
    let spoiled = edited(good(), spoil_signature);
    cases.statement(
        scene,
        SIGNATURE,
        "android: a bit of the signature is another",
        spoiled,
    );
    let other = AndroidKey {
        key: Arc::new(scene.key.clone()),
        ..good()
    };
    cases.statement(
        scene,
        SIGNATURE,
        "android: another key than the certificate's has signed",
        other,
    );
    let other = AndroidKey {
        key: Arc::new(scene.key.clone()),
        certificate: scene.certificate(),
        ..good()
    };
    cases.statement(
        scene,
        KEY,
        "android: the certificate is another key's",
        other,
    );
    let other = AndroidKey {
        challenge: Some(vec![1; 32]),
        ..good()
    };
    cases.statement(scene, BINDING, "android: the challenge is another's", other);
    let other = AndroidKey {
        challenge: Some(Vec::new()),
        ..good()
    };
    cases.statement(scene, BINDING, "android: there is no challenge", other);
    let rsa = edited(good(), |statement| put(statement, "alg", Cbor::Int(-257)));
    cases.statement(
        scene,
        "attestation_algorithm_mismatch",
        "android: the algorithm is RSA's",
        rsa,
    );
}

/// A statement of this key description in full.
#[derive(Debug)]
struct Described {
    scene: Scene,
    description: Option<Vec<u8>>,
}

impl Attestation for Described {
    fn format(&self) -> &'static str {
        "android-key"
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        let mut certificate = self.scene.own_certificate();
        if let Some(description) = &self.description {
            // The challenge takes the place of the description's 32 bytes of 0xcc.
            let at = description
                .windows(32)
                .position(|window| *window == [0xcc; 32]);
            let mut description = description.clone();
            if let Some(at) = at {
                description[at..at + 32].copy_from_slice(client_data_hash);
            }
            certificate.put(Extension::new(
                "1.3.6.1.4.1.11129.2.1.17",
                false,
                description,
            ));
        }
        let packed = PackedCertified {
            key: Arc::clone(&self.scene.passkey.key),
            x5c: self.scene.sign(&certificate),
        };
        packed.statement(authenticator_data, client_data_hash)
    }
}

fn description(cases: &mut Cases, scene: &Scene) {
    let mut described = |code, rule: &str, description: Option<Vec<u8>>| {
        let statement = Described {
            scene: scene.clone(),
            description,
        };
        cases.statement(scene, code, &format!("android: {rule}"), statement);
    };
    described(CERTIFICATE, "the certificate describes no key", None);
    let elements = || {
        vec![
            der::integer(&[3]),
            der::enumerated(1),
            der::integer(&[4]),
            der::enumerated(1),
            der::octets(&[0xcc; 32]),
            der::octets(&[]),
            der::sequence(&[]),
            der::sequence(&right()),
        ]
    };
    let mut spoiled = |rule: &str, spoil: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut elements = elements();
        spoil(&mut elements);
        described(
            UNREADABLE,
            &format!("the key description {rule}"),
            Some(der::sequence(&elements)),
        );
    };
    spoiled("is empty", &|elements| elements.clear());
    spoiled("has no version", &|elements| drop(elements.remove(0)));
    spoiled("has a version that is a text", &|elements| {
        elements[0] = der::utf8("3");
    });
    spoiled("has a security level that is a number", &|elements| {
        elements[1] = der::integer(&[1]);
    });
    spoiled("has a challenge that is a text", &|elements| {
        elements[4] = der::utf8("challenge");
    });
    spoiled("has no unique id", &|elements| drop(elements.remove(5)));
    spoiled("has one list", &|elements| drop(elements.pop()));
    spoiled("has a third list", &|elements| {
        elements.push(der::sequence(&[]));
    });
    spoiled("has a list that is a set", &|elements| {
        elements[7] = der::set(&right());
    });
    described(
        UNREADABLE,
        "the key description is a set",
        Some(der::set(&elements())),
    );
    let longer = [der::sequence(&elements()), der::null()].concat();
    described(UNREADABLE, "more follows the key description", Some(longer));
    let other = sha256(&[b"another registration"]);
    let mut of_another = elements();
    of_another[4] = der::octets(&other);
    described(
        BINDING,
        "the challenge is that of another registration",
        Some(der::sequence(&of_another)),
    );
    let forged = Forged {
        format: "android-key".into(),
        statement: Cbor::Array(Vec::new()),
    };
    cases.statement(scene, MALFORMED, "android: the statement is a list", forged);
}

fn authorizations(cases: &mut Cases, scene: &Scene) {
    let [signs, generated] = right();
    let none: &[Vec<u8>] = &[];
    for (rule, software, tee) in [
        ("neither purpose nor origin", none, none),
        ("no origin", none, core::slice::from_ref(&signs)),
        ("no purpose", none, core::slice::from_ref(&generated)),
        (
            "an imported key",
            none,
            &[signs.clone(), AndroidKey::origin(2)],
        ),
        (
            "a derived key",
            none,
            &[signs.clone(), AndroidKey::origin(1)],
        ),
        (
            "a key that verifies",
            none,
            &[AndroidKey::purpose(&[3]), generated.clone()],
        ),
        (
            "a key that also encrypts",
            none,
            &[AndroidKey::purpose(&[2, 0]), generated.clone()],
        ),
        (
            "a key without a purpose",
            none,
            &[AndroidKey::purpose(&[]), generated.clone()],
        ),
        (
            "two lists that differ in the origin",
            &[AndroidKey::origin(1)][..],
            &right(),
        ),
        (
            "two lists that differ in the purpose",
            &[AndroidKey::purpose(&[3])],
            &right(),
        ),
        (
            "a key of all applications, by hardware",
            none,
            &[&right()[..], &[AndroidKey::all_applications()]].concat(),
        ),
        (
            "a key of all applications, by software",
            &[AndroidKey::all_applications()],
            &right(),
        ),
    ] {
        let rule = format!("android: the authorizations tell of {rule}");
        cases.statement(scene, INVALID, &rule, scene.android(software, tee));
    }
    for (rule, list) in [
        (
            "the purpose twice",
            vec![signs.clone(), generated.clone(), signs.clone()],
        ),
        (
            "the origin twice",
            vec![signs.clone(), generated.clone(), AndroidKey::origin(2)],
        ),
        (
            "a purpose that is no set",
            vec![der::context(1, &der::integer(&[2])), generated.clone()],
        ),
        (
            "an origin that is a text",
            vec![signs.clone(), der::context(702, &der::utf8("0"))],
        ),
        (
            "a tag that is cut short",
            vec![signs, generated, vec![0xbf, 0x80]],
        ),
    ] {
        let rule = format!("android: the authorizations have {rule}");
        cases.statement(scene, UNREADABLE, &rule, scene.android(&[], &list));
    }
}

fn secure_hardware(cases: &mut Cases) {
    let mut scene = Scene::new();
    scene.policy = json!({"attestation": {"androidKeyTee": true}});
    let [signs, generated] = right();
    for (rule, software, tee) in [
        ("both", &right()[..], &[][..]),
        (
            "the purpose",
            core::slice::from_ref(&signs),
            core::slice::from_ref(&generated),
        ),
        (
            "the origin",
            core::slice::from_ref(&generated),
            core::slice::from_ref(&signs),
        ),
    ] {
        let rule = format!("android: software alone enforces {rule}, and hardware has to");
        cases.statement(&scene, INVALID, &rule, scene.android(software, tee));
    }
}
