//! Formats `none` and `packed`, and what statements of any format have in common: 7.1.21 and 7.1.22.

use std::sync::Arc;

use serde_json::json;

use super::Cases;
use super::codes::{ALGORITHM, CERTIFICATE, MALFORMED, SIGNATURE, UNREADABLE};
use crate::{
    attestation::{Forged, NoAttestation, PackedCertified, PackedSelf},
    cbor::Cbor,
    certificate::{
        AAGUID, BASIC_CONSTRAINTS, COMMON_NAME, COUNTRY, Certificate, Extension, ORGANIZATION, UNIT,
    },
    der,
    keys::{Es256, Rsa},
    scene::{MODEL, Scene, edited, put, spoil_signature, take},
};

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    format(cases);
    none(cases, &scene);
    by_the_key_itself(cases, &scene);
    by_an_attestation_key(cases, &scene);
    subject(cases, &scene);
    extensions(cases, &scene);
}

fn format(cases: &mut Cases) {
    let mut named = |rule: &str, format: &str| {
        let attestation = Forged {
            format: format.into(),
            statement: Cbor::Map(Vec::new()),
        };
        cases.statement_at(
            &Scene::new(),
            21,
            "attestation_format_unsupported",
            rule,
            attestation,
        );
    };
    named("a format unheard of", "unheard-of");
    named("a format in capitals", "NONE");
    named("a format without a name", "");
    named("a format with a blank", "none ");
    let refused = "attestation_format_not_accepted";
    for (rule, formats) in [
        ("packed where only none is accepted", json!(["none"])),
        ("packed where nothing is accepted", json!([])),
        (
            "packed where only unknown formats are accepted",
            json!(["packed2"]),
        ),
    ] {
        cases.registration_check(21, refused, rule, |check| check["formats"] = formats);
    }
    cases.registration_and_check(
        21,
        refused,
        "none where only packed is accepted",
        |made| made.attestation = Arc::new(NoAttestation),
        |check| check["formats"] = json!(["packed"]),
    );
}

fn none(cases: &mut Cases, scene: &Scene) {
    cases.statement(
        scene,
        MALFORMED,
        "none with a member",
        edited(NoAttestation, |statement| {
            put(statement, "sig", Cbor::bytes([]));
        }),
    );
    let list = Forged {
        format: "none".into(),
        statement: Cbor::Array(Vec::new()),
    };
    cases.statement(scene, MALFORMED, "none with a list", list);
}

fn by_the_key_itself(cases: &mut Cases, scene: &Scene) {
    let own = || scene.packed_self();
    let mut set = |code, rule: &str, name: &'static str, value: Cbor| {
        let statement = edited(own(), move |statement| put(statement, name, value.clone()));
        cases.statement(scene, code, rule, statement);
    };
    set(
        ALGORITHM,
        "self: the algorithm is another",
        "alg",
        Cbor::Int(-35),
    );
    set(
        ALGORITHM,
        "self: the algorithm is the same under its other number",
        "alg",
        Cbor::Int(-9),
    );
    set(
        MALFORMED,
        "self: the algorithm is a text",
        "alg",
        Cbor::text("ES256"),
    );
    set(
        MALFORMED,
        "self: the algorithm has more than 32 bits",
        "alg",
        Cbor::Int(1 << 40),
    );
    set(
        MALFORMED,
        "self: the signature is a text",
        "sig",
        Cbor::text("sig"),
    );
    set(MALFORMED, "self: x5c is null", "x5c", Cbor::Null);
    set(
        SIGNATURE,
        "self: the signature is empty",
        "sig",
        Cbor::bytes([]),
    );
    for member in ["alg", "sig"] {
        let rule = format!("self: there is no {member}");
        let statement = edited(own(), move |statement| take(statement, member));
        cases.statement(scene, MALFORMED, &rule, statement);
    }
    cases.statement(
        scene,
        SIGNATURE,
        "self: a bit of the signature is another",
        edited(own(), spoil_signature),
    );
    let other = PackedSelf(Arc::new(Es256::from_secret(&[9; 32])));
    cases.statement(scene, SIGNATURE, "self: another key has signed", other);
    cases.registration(
        22,
        SIGNATURE,
        "self: the signature is over other authenticator data",
        |made| {
            let mut object = made.attestation_object();
            made.authenticator_data.sign_count += 1;
            object.members_mut()[2].1 = Cbor::Bytes(made.authenticator_data.encode());
            made.attestation_object = Some(object);
        },
    );
    cases.registration(
        22,
        SIGNATURE,
        "self: the signature is over other client data",
        |made| {
            let object = made.attestation_object();
            made.client_data.set("extra", 1);
            made.attestation_object = Some(object);
        },
    );
}

fn by_an_attestation_key(cases: &mut Cases, scene: &Scene) {
    let good = || scene.packed(|_| ());
    let mut set = |code, rule: &str, name: &'static str, value: Cbor| {
        let statement = edited(good(), move |statement| put(statement, name, value.clone()));
        cases.statement(scene, code, rule, statement);
    };
    set(
        ALGORITHM,
        "packed: the algorithm is RSA's and the key is not",
        "alg",
        Cbor::Int(-257),
    );
    set(
        ALGORITHM,
        "packed: the algorithm is EdDSA and the key is not",
        "alg",
        Cbor::Int(-8),
    );
    set(
        "attestation_algorithm_unsupported",
        "packed: the algorithm is unheard of",
        "alg",
        Cbor::Int(-4711),
    );
    set(
        SIGNATURE,
        "packed: the algorithm has another hash",
        "alg",
        Cbor::Int(-35),
    );
    set(
        MALFORMED,
        "packed: there are no certificates",
        "x5c",
        Cbor::Array(Vec::new()),
    );
    set(
        MALFORMED,
        "packed: the certificate is a text",
        "x5c",
        Cbor::Array(vec![Cbor::text("MIIB")]),
    );
    set(
        MALFORMED,
        "packed: the certificates are one byte string",
        "x5c",
        Cbor::bytes([0x30, 0]),
    );
    set(
        MALFORMED,
        "packed: the certificates are a map",
        "x5c",
        Cbor::Map(Vec::new()),
    );
    set(
        MALFORMED,
        "packed: the second certificate is a number",
        "x5c",
        {
            let first = Cbor::bytes(&good().x5c[0][..]);
            Cbor::Array(vec![first, Cbor::Int(0)])
        },
    );
    set(MALFORMED, "packed: there are nine certificates", "x5c", {
        Cbor::Array(vec![Cbor::bytes(&good().x5c[0][..]); 9])
    });
    let spoiled = edited(good(), spoil_signature);
    cases.statement(
        scene,
        SIGNATURE,
        "packed: a bit of the signature is another",
        spoiled,
    );
    let other = PackedCertified {
        key: Arc::new(Es256::from_secret(&[9; 32])),
        ..good()
    };
    cases.statement(
        scene,
        SIGNATURE,
        "packed: another key than the certificate's has signed",
        other,
    );
    let credential = PackedCertified {
        key: Arc::clone(&scene.passkey.key),
        ..good()
    };
    cases.statement(
        scene,
        SIGNATURE,
        "packed: the credential's key has signed",
        credential,
    );
    let mut with_authority = good();
    with_authority.x5c.insert(0, scene.authority.certificate());
    cases.statement(
        scene,
        SIGNATURE,
        "packed: the authority's certificate comes first",
        with_authority,
    );
    let rsa_certificate = scene.authority.issue(&Rsa::public_key_info(), vec![1]);
    let es256 = PackedCertified {
        key: Arc::new(scene.key.clone()),
        x5c: scene.sign(&rsa_certificate),
    };
    cases.statement(
        scene,
        ALGORITHM,
        "packed: the certificate's key is RSA's and the algorithm is not",
        es256,
    );
}

fn subject(cases: &mut Cases, scene: &Scene) {
    for (name, oid) in [
        ("country", COUNTRY),
        ("organization", ORGANIZATION),
        ("unit", UNIT),
        ("common name", COMMON_NAME),
    ] {
        let mut changed = |rule: &str, text: Option<&str>| {
            let rule = format!("packed: the subject's {name} {rule}");
            let statement = scene.packed(|certificate| rename(certificate, oid, text));
            cases.statement(scene, CERTIFICATE, &rule, statement);
        };
        changed("is missing", None);
        changed("is empty", Some(""));
    }
    for (rule, oid, text) in [
        ("country has three letters", COUNTRY, "SWE"),
        ("country has digits", COUNTRY, "A1"),
        (
            "unit is written otherwise",
            UNIT,
            "Authenticator attestation",
        ),
        ("unit has more to it", UNIT, "Authenticator Attestation CA"),
    ] {
        let statement = scene.packed(|certificate| rename(certificate, oid, Some(text)));
        cases.statement(
            scene,
            CERTIFICATE,
            &format!("packed: the subject's {rule}"),
            statement,
        );
    }
}

/// Another text for an attribute of the subject, or none.
fn rename(certificate: &mut Certificate, oid: &str, text: Option<&str>) {
    match text {
        Some(text) => certificate
            .subject
            .iter_mut()
            .filter(|(name, _)| name == oid)
            .for_each(|(_, old)| text.clone_into(old)),
        None => certificate.subject.retain(|(name, _)| name != oid),
    }
}

fn extensions(cases: &mut Cases, scene: &Scene) {
    let mut changed = |code, rule: &str, change: &dyn Fn(&mut Certificate)| {
        let statement = scene.packed(change);
        cases.statement(scene, code, &format!("packed: {rule}"), statement);
    };
    changed(CERTIFICATE, "the certificate is of version 1", &|c| {
        c.version = None;
    });
    changed(CERTIFICATE, "the certificate is of version 2", &|c| {
        c.version = Some(1);
    });
    changed(CERTIFICATE, "there are no basic constraints", &|c| {
        c.remove(BASIC_CONSTRAINTS);
    });
    let constraints = |content: &[Vec<u8>]| {
        let value = der::sequence(content);
        move |c: &mut Certificate| c.put(Extension::new(BASIC_CONSTRAINTS, true, value.clone()))
    };
    changed(
        CERTIFICATE,
        "the certificate is an authority's",
        &constraints(&[der::boolean(true)]),
    );
    changed(
        UNREADABLE,
        "the basic constraints begin with a number",
        &constraints(&[der::integer(&[1]), der::boolean(false)]),
    );
    changed(
        UNREADABLE,
        "the basic constraints are neither true nor false",
        &constraints(&[der::element(&[1], &[1])]),
    );
    changed(UNREADABLE, "the basic constraints are no sequence", &|c| {
        c.put(Extension::new(BASIC_CONSTRAINTS, true, der::null()));
    });
    let naming = |critical, value: Vec<u8>| {
        move |c: &mut Certificate| c.put(Extension::new(AAGUID, critical, value.clone()))
    };
    let model = "attestation_aaguid_mismatch";
    changed(
        model,
        "the certificate is for another model",
        &naming(false, der::octets(&[1; 16])),
    );
    changed(
        model,
        "the certificate is for the model without a name",
        &naming(false, der::octets(&[0; 16])),
    );
    changed(
        model,
        "the certificate names a model in 15 bytes",
        &naming(false, der::octets(&MODEL[..15])),
    );
    changed(
        CERTIFICATE,
        "the model's extension is critical",
        &naming(true, der::octets(&MODEL)),
    );
    changed(
        UNREADABLE,
        "the model's extension is not wrapped",
        &naming(false, MODEL.to_vec()),
    );
}
