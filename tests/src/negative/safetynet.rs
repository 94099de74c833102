//! Format `android-safetynet`, section 8.5.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Cases;
use super::codes::{BINDING, CERTIFICATE, INVALID, MALFORMED, SIGNATURE, UNREADABLE};
use crate::{
    attestation::{Edited, SafetyNet},
    cbor::Cbor,
    certificate::ALTERNATIVE_NAME,
    encoding::{base64url, from_base64url},
    keys::{CredentialKey, Es256, Rsa, RsaHash},
    scene::{Scene, edited, put, take},
};

const HOST: &str = "attest.android.com";

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    statement(cases, &scene);
    service(cases, &scene);
    header(cases, &scene);
    nonce(cases, &scene);
}

fn statement(cases: &mut Cases, scene: &Scene) {
    let good = || scene.safetynet(HOST);
    for member in ["ver", "response"] {
        let rule = format!("safetynet: there is no {member}");
        let statement = edited(good(), move |statement| take(statement, member));
        cases.statement(scene, MALFORMED, &rule, statement);
    }
    let mut set = |rule: &str, name: &'static str, value: Cbor| {
        let statement = edited(good(), move |statement| put(statement, name, value.clone()));
        cases.statement(scene, MALFORMED, &format!("safetynet: {rule}"), statement);
    };
    set("the version is empty", "ver", Cbor::text(""));
    set("the version is a number", "ver", Cbor::Int(1));
    set(
        "the response is a text",
        "response",
        Cbor::text("e30.e30.e30"),
    );
    set("the response is empty", "response", Cbor::bytes([]));
    set(
        "the response has two parts",
        "response",
        Cbor::bytes(*b"e30.e30"),
    );
    set(
        "the response has four parts",
        "response",
        Cbor::bytes(*b"e30.e30.e30.e30"),
    );
    set(
        "the header is no base64url",
        "response",
        Cbor::bytes(*b"e=.e30.e30"),
    );
    set(
        "the header is no JSON",
        "response",
        Cbor::bytes(*b"AAAA.e30.e30"),
    );
    set(
        "the header is a list",
        "response",
        Cbor::bytes(*b"W10.e30.e30"),
    );
}

fn service(cases: &mut Cases, scene: &Scene) {
    for (rule, host) in [
        ("another host", "attest.example"),
        ("a host below", "a.attest.android.com"),
        (
            "one that begins like the service",
            "attest.android.com.example",
        ),
        ("any host", "*.android.com"),
    ] {
        let rule = format!("safetynet: the certificate is of {rule}");
        cases.statement(scene, CERTIFICATE, &rule, scene.safetynet(host));
    }
    let mut certificate = scene.authority.issue(&Rsa::public_key_info(), vec![1]);
    certificate.remove(ALTERNATIVE_NAME);
    let nameless = SafetyNet {
        x5c: scene.sign(&certificate),
        ..scene.safetynet(HOST)
    };
    cases.statement(
        scene,
        CERTIFICATE,
        "safetynet: the certificate has no host",
        nameless,
    );
    let unreadable = SafetyNet {
        x5c: vec![vec![0x30, 0]],
        ..scene.safetynet(HOST)
    };
    cases.statement(
        scene,
        UNREADABLE,
        "safetynet: the certificate is none",
        unreadable,
    );
    let none = SafetyNet {
        x5c: Vec::new(),
        ..scene.safetynet(HOST)
    };
    cases.statement(
        scene,
        MALFORMED,
        "safetynet: there are no certificates",
        none,
    );
    let sha1 = Rsa {
        hash: RsaHash::Sha1,
    };
    let keys: [(&str, Arc<dyn CredentialKey>); 2] = [
        ("SHA-1 has been signed with", Arc::new(sha1)),
        (
            "an ES256 key has signed",
            Arc::new(Es256::from_secret(&[9; 32])),
        ),
    ];
    for (rule, key) in keys {
        let other = SafetyNet {
            key,
            ..scene.safetynet(HOST)
        };
        cases.statement(scene, SIGNATURE, &format!("safetynet: {rule}"), other);
    }
    for algorithm in ["none", "HS256", "ES256", "rs256", ""] {
        let other = SafetyNet {
            algorithm: algorithm.into(),
            ..scene.safetynet(HOST)
        };
        let rule = format!("safetynet: the response's algorithm is {algorithm:?}");
        cases.statement(scene, INVALID, &rule, other);
    }
}

/// The response with another header or payload, which the signature no longer covers.
fn rewritten(scene: &Scene, part: usize, rewrite: fn(&mut Value)) -> Edited {
    edited(scene.safetynet(HOST), move |statement| {
        for (name, value) in statement.members_mut() {
            if let (true, Cbor::Bytes(response)) = (*name == Cbor::text("response"), value) {
                let text = String::from_utf8(response.clone()).expect("a text");
                let mut parts: Vec<String> = text.split('.').map(str::to_owned).collect();
                let mut json = serde_json::from_slice(&from_base64url(&parts[part])).expect("JSON");
                rewrite(&mut json);
                parts[part] = base64url(json.to_string().as_bytes());
                *response = parts.join(".").into_bytes();
            }
        }
    })
}

fn header(cases: &mut Cases, scene: &Scene) {
    let mut rewritten_to = |code, rule: &str, part, rewrite| {
        let statement = rewritten(scene, part, rewrite);
        cases.statement(scene, code, &format!("safetynet: {rule}"), statement);
    };
    rewritten_to(MALFORMED, "the header has no certificates", 0, |header| {
        header.as_object_mut().expect("an object").remove("x5c");
    });
    rewritten_to(
        MALFORMED,
        "the header's certificates are a text",
        0,
        |header| header["x5c"] = json!("MIIB"),
    );
    rewritten_to(
        MALFORMED,
        "the header's certificate is a number",
        0,
        |header| header["x5c"] = json!([1]),
    );
    rewritten_to(
        MALFORMED,
        "the header's certificate is no base64",
        0,
        |header| header["x5c"] = json!(["M-_B"]),
    );
    rewritten_to(SIGNATURE, "the header has been changed", 0, |header| {
        header["kid"] = json!("1");
    });
    rewritten_to(SIGNATURE, "the payload has been changed", 1, |payload| {
        payload["ctsProfileMatch"] = json!(1);
    });
}

fn nonce(cases: &mut Cases, scene: &Scene) {
    for (rule, nonce) in [
        ("another", "AAAA"),
        ("empty", ""),
        ("no base64", "-_-_"),
        (
            "longer than a hash",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
    ] {
        let other = SafetyNet {
            nonce: Some(nonce.into()),
            ..scene.safetynet(HOST)
        };
        cases.statement(
            scene,
            BINDING,
            &format!("safetynet: the nonce is {rule}"),
            other,
        );
    }
    let mut other = Scene::new();
    other.policy = json!({"formats": ["none", "packed"]});
    let refused = "attestation_format_not_accepted";
    cases.statement_at(
        &other,
        21,
        refused,
        "safetynet where it is not accepted",
        scene.safetynet(HOST),
    );
}
