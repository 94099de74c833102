//! Formats `fido-u2f` and `apple`, sections 8.6 and 8.8: one certificate, and what it proves.

use std::sync::Arc;

use super::Cases;
use super::codes::{BINDING, CERTIFICATE, KEY, MALFORMED, SIGNATURE, UNREADABLE};
use crate::{
    attestation::{Apple, Attestation, FidoU2f, Forged},
    cbor::Cbor,
    certificate::Extension,
    der,
    keys::{CredentialKey, Es256, Es384, Rsa},
    scene::{Scene, edited, put, rsa, spoil_signature, take},
};

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    u2f(cases, &scene);
    apple(cases, &scene);
}

fn u2f(cases: &mut Cases, scene: &Scene) {
    for member in ["sig", "x5c"] {
        let rule = format!("u2f: there is no {member}");
        let statement = edited(scene.u2f(), move |statement| take(statement, member));
        cases.statement(scene, MALFORMED, &rule, statement);
    }
    let mut set = |code, rule: &str, name: &'static str, value: Cbor| {
        let statement = edited(scene.u2f(), move |statement| {
            put(statement, name, value.clone());
        });
        cases.statement(scene, code, &format!("u2f: {rule}"), statement);
    };
    set(
        MALFORMED,
        "the signature is a text",
        "sig",
        Cbor::text("sig"),
    );
    set(
        MALFORMED,
        "there is no certificate",
        "x5c",
        Cbor::Array(Vec::new()),
    );
    set(
        UNREADABLE,
        "the certificate is none",
        "x5c",
        Cbor::Array(vec![Cbor::bytes([0x30, 0])]),
    );
    let mut two = scene.u2f();
    two.x5c.push(scene.authority.certificate());
    cases.statement(scene, MALFORMED, "u2f: there are two certificates", two);
    let spoiled = edited(scene.u2f(), spoil_signature);
    cases.statement(
        scene,
        SIGNATURE,
        "u2f: a bit of the signature is another",
        spoiled,
    );
    let other = FidoU2f {
        key: Es256::from_secret(&[9; 32]),
        ..scene.u2f()
    };
    cases.statement(
        scene,
        SIGNATURE,
        "u2f: another key than the certificate's has signed",
        other,
    );
    let as_packed = scene.packed(|_| ());
    let as_packed = edited(as_packed, |statement| take(statement, "alg"));
    let as_packed = Renamed("fido-u2f", Arc::new(as_packed));
    cases.statement(
        scene,
        SIGNATURE,
        "u2f: the signature is packed's",
        as_packed,
    );

    let with_key = |info: &[u8]| FidoU2f {
        x5c: scene.sign(&scene.authority.issue(info, vec![1])),
        ..scene.u2f()
    };
    let rsa_key = Rsa::public_key_info();
    cases.statement(
        scene,
        CERTIFICATE,
        "u2f: the certificate's key is RSA's",
        with_key(&rsa_key),
    );
    let p384 = der::sequence(&[
        der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid("1.3.132.0.34")]),
        der::bits(&[&[4][..], &[1; 96]].concat()),
    ]);
    cases.statement(
        scene,
        CERTIFICATE,
        "u2f: the certificate's key is on P-384",
        with_key(&p384),
    );
    let invalid = "attestation_statement_invalid";
    for (rule, key) in [
        ("RSA's", rsa().cose_key()),
        ("on P-384", Es384::from_secret(&[3; 48]).cose_key()),
    ] {
        let mut other = scene.clone();
        other.replace_key(key);
        cases.statement(
            &other,
            invalid,
            &format!("u2f: the credential's key is {rule}"),
            scene.u2f(),
        );
    }
}

/// A statement under the name of another format.
#[derive(Debug)]
struct Renamed(&'static str, Arc<dyn Attestation>);

impl Attestation for Renamed {
    fn format(&self) -> &str {
        self.0
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        self.1.statement(authenticator_data, client_data_hash)
    }
}

fn apple(cases: &mut Cases, scene: &Scene) {
    let without = edited(scene.apple(), |statement| take(statement, "x5c"));
    cases.statement(
        scene,
        MALFORMED,
        "apple: there are no certificates",
        without,
    );
    for (rule, nonce) in [
        ("another", vec![1; 32]),
        ("empty", Vec::new()),
        ("longer than a hash", vec![0; 33]),
    ] {
        let apple = Apple {
            nonce: Some(nonce),
            ..scene.apple()
        };
        cases.statement(
            scene,
            BINDING,
            &format!("apple: the nonce is {rule}"),
            apple,
        );
    }
    let other_key = Apple {
        certificate: scene.certificate(),
        ..scene.apple()
    };
    cases.statement(
        scene,
        KEY,
        "apple: the certificate is another key's",
        other_key,
    );
    let with_extension = |value: Option<Vec<u8>>| {
        let mut certificate = scene.own_certificate();
        if let Some(value) = value {
            certificate.put(Extension::new("1.2.840.113635.100.8.2", false, value));
        }
        let certificate = Cbor::Bytes(certificate.sign(&scene.authority.key));
        Forged {
            format: "apple".into(),
            statement: Cbor::text_map([("x5c", Cbor::Array(vec![certificate]))]),
        }
    };
    cases.statement(
        scene,
        CERTIFICATE,
        "apple: the certificate has no nonce",
        with_extension(None),
    );
    for (rule, value) in [
        ("is bare", der::octets(&[1; 32])),
        (
            "has another tag",
            der::sequence(&[der::context(2, &der::octets(&[1; 32]))]),
        ),
        (
            "is a text",
            der::sequence(&[der::context(1, &der::utf8("nonce"))]),
        ),
        (
            "appears twice",
            der::sequence(&[
                der::context(1, &der::octets(&[1; 32])),
                der::context(1, &der::octets(&[1; 32])),
            ]),
        ),
        ("is missing in its extension", der::sequence(&[])),
    ] {
        let rule = format!("apple: the nonce {rule}");
        cases.statement(scene, UNREADABLE, &rule, with_extension(Some(value)));
    }
}
