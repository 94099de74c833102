//! What clients, authenticators and older libraries send in another form than the specifications give it,
//! where that harms nothing: it is accepted and noted, and a strict check refuses it.

use std::sync::{Arc, LazyLock};

use portcullis_core::ceremony::Note;
use serde_json::{Value, json};

use crate::{
    attestation::{AndroidKey, Attestation, Compound, NoAttestation},
    authenticator::{Authenticator, Registration},
    cbor::Cbor,
    check,
    encoding::base64url,
    keys::{CredentialKey, Es256},
    scene::{CHALLENGE, ORIGIN, RP_ID, Scene, edited, put, rsa},
};

const USER: &[u8] = b"user";

/// One such response.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// What is of another form.
    pub rule: String,
    /// The check.
    pub check: String,
    /// The note that it gets.
    pub note: Note,
    /// The step that refuses it where the check is strict.
    pub step: &'static str,
    /// The code that it then gets.
    pub code: &'static str,
}

/// All of them; made once.
#[must_use]
pub fn deviations() -> &'static [Deviation] {
    static DEVIATIONS: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
        let mut all = Vec::new();
        client_extensions(&mut all);
        user_handles(&mut all);
        statements(&mut all);
        recorded_keys(&mut all);
        encodings(&mut all);
        all
    });
    &DEVIATIONS
}

/// The check of a registration, for which nothing is attested.
fn registration() -> Value {
    Scene::new().check(NoAttestation)
}

/// The check of a sign-in with an ES256 key.
fn sign_in() -> Value {
    sign_in_with(Arc::new(Es256::from_secret(&[3; 32])))
}

/// The check of a sign-in with this key.
fn sign_in_with(key: Arc<dyn CredentialKey>) -> Value {
    let mut authenticator = Authenticator::new("deviations");
    let (mut passkey, _) = authenticator.make(RP_ID, USER, CHALLENGE, ORIGIN);
    passkey.key = key;
    let record = passkey.record();
    let response = passkey.assert(CHALLENGE, ORIGIN).response();
    check::authentication(RP_ID, ORIGIN, CHALLENGE, &record, &response)
}

fn client_extensions(all: &mut Vec<Deviation>) {
    let mut push = |rule: String, ceremony: &str, check: String| {
        all.push(Deviation {
            rule,
            check,
            note: Note::ClientExtensionMalformed,
            step: match ceremony {
                "registration" => "7.1.4",
                _ => "7.2.4",
            },
            code: "client_extensions_malformed",
        });
    };
    let secret = "A".repeat(43);
    let bytes_by_index: Value = (0..32).map(|index| (index.to_string(), json!(7))).collect();
    for (rule, results) in [
        ("the results are null", json!(null)),
        ("the results are a list", json!([])),
        ("the results are an empty text", json!("")),
        ("the results are a text", json!("{}")),
        ("the results are a truth value", json!(false)),
        ("appid is null", json!({"appid": null})),
        ("appid is a number", json!({"appid": 1})),
        ("appidExclude is null", json!({"appidExclude": null})),
        ("credProps is null", json!({"credProps": null})),
        ("credProps is a truth value", json!({"credProps": true})),
        ("credProps.rk is null", json!({"credProps": {"rk": null}})),
        ("credProps.rk is a text", json!({"credProps": {"rk": "1"}})),
        ("prf is null", json!({"prf": null})),
        ("prf is a truth value", json!({"prf": true})),
        ("prf.enabled is a number", json!({"prf": {"enabled": 1}})),
        ("prf.results is null", json!({"prf": {"results": null}})),
        (
            "an output of prf has lost its bytes",
            json!({"prf": {"results": {"first": {}}}}),
        ),
        (
            "both outputs of prf have lost their bytes",
            json!({"prf": {"enabled": true, "results": {"first": {}, "second": {}}}}),
        ),
        (
            "an output of prf is a list of numbers",
            json!({"prf": {"results": {"first": vec![7; 32]}}}),
        ),
        (
            "an output of prf has its bytes by their index",
            json!({"prf": {"results": {"first": bytes_by_index}}}),
        ),
        (
            "prf has no first output",
            json!({"prf": {"results": {"second": secret}}}),
        ),
        (
            "an output of prf has three bytes",
            json!({"prf": {"results": {"first": "AAAA"}}}),
        ),
        (
            "hmacCreateSecret is null",
            json!({"hmacCreateSecret": null}),
        ),
        ("hmacGetSecret has no output", json!({"hmacGetSecret": {}})),
        ("largeBlob is null", json!({"largeBlob": null})),
        ("largeBlob is a text", json!({"largeBlob": "AAAA"})),
        (
            "largeBlob.supported is a text",
            json!({"largeBlob": {"supported": "yes"}}),
        ),
        (
            "largeBlob.written is a number",
            json!({"largeBlob": {"written": 1}}),
        ),
        (
            "the large blob has lost its bytes",
            json!({"largeBlob": {"blob": {}}}),
        ),
        (
            "the large blob is no base64url",
            json!({"largeBlob": {"blob": "A A A"}}),
        ),
        ("credBlob is a text", json!({"credBlob": "AAAA"})),
        ("getCredBlob has lost its bytes", json!({"getCredBlob": {}})),
        (
            "getCredBlob has a length of no bytes",
            json!({"getCredBlob": "A"}),
        ),
        ("uvm is null", json!({"uvm": null})),
        ("uvm is empty", json!({"uvm": []})),
        (
            "uvm has four methods",
            json!({"uvm": [[2, 4, 2], [2, 4, 2], [2, 4, 2], [2, 4, 2]]}),
        ),
        ("a method of uvm has two numbers", json!({"uvm": [[2, 4]]})),
        ("a number of uvm is negative", json!({"uvm": [[2, 4, -2]]})),
        ("payment is a list", json!({"payment": []})),
        (
            "the browser-bound signature has lost its bytes",
            json!({"payment": {"browserBoundSignature": {"signature": {}}}}),
        ),
    ] {
        for (ceremony, check) in [("registration", registration()), ("sign-in", sign_in())] {
            let mut check = check;
            check["response"]["clientExtensionResults"] = results.clone();
            push(rule.into(), ceremony, check.to_string());
        }
    }
    for (ceremony, check) in [("registration", registration()), ("sign-in", sign_in())] {
        let twice = r#""clientExtensionResults":{"prf":{},"prf":{"enabled":true}}"#;
        let check = check.to_string();
        let check = check.replacen(r#""clientExtensionResults":{}"#, twice, 1);
        push("prf appears twice".into(), ceremony, check);
    }
    // Who relies on one result does not rely on the others.
    let mut check = sign_in();
    check["appId"] = json!("https://example.org/app-id.json");
    check["response"]["clientExtensionResults"] =
        json!({"appid": false, "prf": {"results": {"first": {}}}});
    let rule = "the AppID was requested, and prf has lost its bytes";
    push(rule.into(), "sign-in", check.to_string());
}

fn user_handles(all: &mut Vec<Deviation>) {
    for (what, value) in [("null", json!(null)), ("of no bytes", json!(""))] {
        for (whose, account) in [("not known", None), ("known", Some(base64url(USER)))] {
            let mut check = sign_in();
            check["response"]["response"]["userHandle"] = value.clone();
            if let Some(account) = account {
                check["userHandle"] = json!(account);
            }
            all.push(Deviation {
                rule: format!("the user handle is {what}, the account {whose}"),
                check: check.to_string(),
                note: Note::UserHandleEmpty,
                step: "7.2.6",
                code: "user_handle_malformed",
            });
        }
    }
}

/// Adds a member where canonical CBOR has it: names by their length, then by their bytes.
fn add(statement: &mut Cbor, name: &str, value: Cbor) {
    put(statement, name, value);
    statement.members_mut().sort_by_key(|(name, _)| {
        let name = name.encode();
        (name.len(), name)
    });
}

/// Members of statements that their format does not name.
fn statements(all: &mut Vec<Deviation>) {
    let scene = Scene::new();
    let mut push = |rule: &str, check: Value| {
        all.push(Deviation {
            rule: rule.to_owned(),
            check: check.to_string(),
            note: Note::StatementMemberUnknown,
            step: "7.1.22",
            code: "attestation_statement_malformed",
        });
    };
    let key_id = |statement: &mut Cbor| add(statement, "ecdaaKeyId", Cbor::bytes([1; 32]));
    push(
        "tpm: ecdaaKeyId beside x5c",
        scene.check(edited(scene.tpm(|_| ()), key_id)),
    );
    push(
        "packed: ecdaaKeyId beside x5c",
        scene.check(edited(scene.packed(|_| ()), key_id)),
    );
    push(
        "packed: ecdaaKeyId where the key attests itself",
        scene.check(edited(scene.packed_self(), key_id)),
    );
    let authorizations = [AndroidKey::purpose(&[2]), AndroidKey::origin(0)];
    push(
        "android-key: a version",
        scene.check(edited(scene.android(&[], &authorizations), |statement| {
            add(statement, "ver", Cbor::text("1"));
        })),
    );
    push(
        "android-safetynet: certificates beside the response",
        scene.check(edited(scene.safetynet("attest.android.com"), |statement| {
            add(statement, "x5c", Cbor::Array(Vec::new()));
        })),
    );
    push(
        "fido-u2f: an algorithm",
        scene.check(edited(scene.u2f(), |statement| {
            add(statement, "alg", Cbor::Int(-7));
        })),
    );
    push(
        "apple: an algorithm, as the first devices sent it",
        scene.check(edited(scene.apple(), |statement| {
            add(statement, "alg", Cbor::Int(-7));
        })),
    );
    push(
        "packed: a name that is a number",
        scene.check(edited(scene.packed_self(), |statement| {
            statement
                .members_mut()
                .insert(0, (Cbor::Int(1), Cbor::Null));
        })),
    );
    let own = || -> Arc<dyn Attestation> { Arc::new(scene.packed_self()) };
    let longer = edited(Compound(vec![own(), own()]), |statement| {
        if let Cbor::Array(parts) = statement {
            add(&mut parts[1], "authData", Cbor::bytes([]));
        }
    });
    push("compound: a part has a third member", scene.check(longer));
    let inner = Compound(vec![own(), Arc::new(edited(scene.packed_self(), key_id))]);
    push(
        "compound: a part's statement has ecdaaKeyId",
        scene.check(inner),
    );
}

/// Numbers of recorded keys with more octets than needed.
fn recorded_keys(all: &mut Vec<Deviation>) {
    let mut push = |rule: &str, key: &Arc<dyn CredentialKey>, recorded: &[u8]| {
        let mut check = sign_in_with(Arc::clone(key));
        check["credential"]["publicKey"] = json!(base64url(recorded));
        all.push(Deviation {
            rule: format!("on record: {rule}"),
            check: check.to_string(),
            note: Note::PublicKeyOverlong,
            step: "7.2.21",
            code: "public_key_malformed",
        });
    };
    let with_zeros = |key: &dyn CredentialKey, labels: &[i64], zeros: usize| {
        let mut key = key.cose_key();
        for (label, value) in key.members_mut() {
            if let (Cbor::Int(label), Cbor::Bytes(number)) = (label, value)
                && labels.contains(label)
            {
                number.splice(0..0, vec![0; zeros]);
            }
        }
        key.encode()
    };
    let (n, e) = (-1, -2);
    for (rule, labels, zeros) in [
        ("a zero octet before RSA's e", &[e][..], 1),
        ("five zero octets before RSA's e", &[e], 5),
        ("a zero octet before RSA's n", &[n], 1),
        ("two zero octets before RSA's n and e", &[n, e], 2),
    ] {
        let key = rsa();
        push(rule, &key, &with_zeros(key.as_ref(), labels, zeros));
    }
    let key: Arc<dyn CredentialKey> = Arc::new(Es256::from_secret(&[3; 32]));
    for (rule, labels) in [("x", &[-2][..]), ("y", &[-3]), ("x and y", &[-2, -3])] {
        let recorded = with_zeros(key.as_ref(), labels, 1);
        push(&format!("a zero octet before {rule}"), &key, &recorded);
    }
    let mut long = key.cose_key();
    let members = long.members_mut();
    members[1].1 = Cbor::Long(4, Box::new(members[1].1.clone()));
    push("an algorithm in four octets", &key, &long.encode());
    let long = Cbor::Long(2, Box::new(key.cose_key()));
    push("the length of its map in two octets", &key, &long.encode());
}

/// CBOR that is not in its canonical form.
fn encodings(all: &mut Vec<Deviation>) {
    let mut push = |rule: &str, note: Note, code, change: &dyn Fn(&mut Registration)| {
        let mut scene = Scene::new();
        change(&mut scene.registration);
        all.push(Deviation {
            rule: rule.to_owned(),
            check: scene.check(NoAttestation).to_string(),
            note,
            step: "7.1.13",
            code,
        });
    };
    let object = (
        Note::AttestationObjectNotCanonical,
        "attestation_object_malformed",
    );
    push(
        "the attestation object has another order",
        object.0,
        object.1,
        &|made| {
            made.attestation = Arc::new(NoAttestation);
            let mut object = made.attestation_object();
            object.members_mut().reverse();
            made.attestation_object = Some(object);
        },
    );
    push(
        "the attestation object is of indefinite length",
        object.0,
        object.1,
        &|made| {
            made.attestation = Arc::new(NoAttestation);
            let object = made.attestation_object().members_mut().clone();
            made.attestation_object = Some(Cbor::IndefiniteMap(object));
        },
    );
    push(
        "a new key has an algorithm in four octets",
        Note::AuthenticatorDataNotCanonical,
        "authenticator_data_malformed",
        &|made| {
            let attested = made.authenticator_data.attested.as_mut();
            let key = &mut attested.expect("a credential").public_key;
            let members = key.members_mut();
            members[1].1 = Cbor::Long(4, Box::new(members[1].1.clone()));
        },
    );
}
