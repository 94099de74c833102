//! Every step of both ceremonies has its pair: a response with which it passes, and one that is
//! refused exactly there. The last test walks all steps and fails where one has no pair.

use std::collections::BTreeSet;

use portcullis_core::Crypto;
use portcullis_core::ceremony::{Ceremony, Step};
use portcullis_core::check::verify_check;
use portcullis_tests::authenticator::{Assertion, Authenticator, Registration, Statement, flags};
use portcullis_tests::cbor::Cbor;
use portcullis_tests::check;
use portcullis_tests::encoding::base64url;
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const TOP_ORIGIN: &str = "https://embedder.example";
const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
const OTHER_ID: &str = "b3RoZXI";

/// A root that has signed nothing.
const NOBODYS_ROOT: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

/// Steps that compute or decide nothing that could fail, each with the reason.
const NEVER_FAILS: &[(Ceremony, u8, &str)] = &[
    (Ceremony::Registration, 12, "hashing does not fail"),
    (
        Ceremony::Registration,
        18,
        "no policy asks for a backup eligibility",
    ),
    (
        Ceremony::Registration,
        19,
        "no policy asks for a backup state",
    ),
    (
        Ceremony::Registration,
        27,
        "a record is made of what was verified",
    ),
    (Ceremony::Registration, 29, "all steps before have passed"),
    (Ceremony::Authentication, 20, "hashing does not fail"),
    (
        Ceremony::Authentication,
        24,
        "a record is updated with what was verified",
    ),
];

/// Steps that nothing here can ask for, so that they are skipped even in the fullest ceremony.
const ALWAYS_SKIPPED: &[(Ceremony, u8)] = &[
    (Ceremony::Registration, 18),
    (Ceremony::Registration, 19),
    (Ceremony::Registration, 23),
    (Ceremony::Registration, 24),
];

/// A registration that asks for as many steps as there are.
fn registration() -> Registration {
    let mut authenticator = Authenticator::new("steps");
    authenticator.statement = Statement::PackedSelf;
    let (_, mut registration) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
    frame(&mut registration.client_data);
    registration.authenticator_data.flags |= flags::ED;
    registration.authenticator_data.extensions = Some(extensions());
    registration
}

fn assertion() -> (Assertion, Value) {
    let mut authenticator = Authenticator::new("steps");
    let (mut passkey, _) = authenticator.make(RP_ID, b"user", CHALLENGE, ORIGIN);
    let record = passkey.record();
    let mut assertion = passkey.assert(CHALLENGE, ORIGIN);
    frame(&mut assertion.client_data);
    assertion.authenticator_data.flags |= flags::ED;
    assertion.authenticator_data.extensions = Some(extensions());
    (assertion, record)
}

fn frame(client_data: &mut portcullis_tests::client_data::ClientData) {
    client_data
        .set("crossOrigin", true)
        .set("topOrigin", TOP_ORIGIN);
}

fn extensions() -> Cbor {
    Cbor::text_map([("example.extension", Cbor::Bool(true))])
}

fn registration_check(response: &Value) -> Value {
    let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, response);
    check["userVerification"] = json!("required");
    check["crossOrigin"] = json!(true);
    check["topOrigins"] = json!([TOP_ORIGIN]);
    check["existingCredentials"] = json!([OTHER_ID]);
    check
}

fn authentication_check(response: &Value, record: &Value) -> Value {
    let mut check = check::authentication(RP_ID, ORIGIN, CHALLENGE, record, response);
    check["userVerification"] = json!("required");
    check["crossOrigin"] = json!(true);
    check["topOrigins"] = json!([TOP_ORIGIN]);
    check["allowCredentials"] = json!([OTHER_ID, record["id"]]);
    check["userHandle"] = json!(base64url(b"user"));
    check["discoverable"] = json!(true);
    check
}

fn judge(check: &Value) -> Value {
    let mut json = check.to_string().into_bytes();
    let mut verdict = String::new();
    verify_check(&mut json, &Crypto::BUILT_IN, &mut verdict)
        .unwrap_or_else(|error| panic!("{error}: {check}"));
    serde_json::from_str(&verdict).expect("a verdict is JSON")
}

/// A response that is refused at a step, with the code that it gets.
struct Refusal {
    ceremony: Ceremony,
    step: u8,
    code: &'static str,
    check: Value,
}

/// Breaks a registration: before it is encoded, or in its check.
fn broken_registration(
    step: u8,
    code: &'static str,
    break_response: impl FnOnce(&mut Registration),
    break_check: impl FnOnce(&mut Value),
) -> Refusal {
    let mut registration = registration();
    break_response(&mut registration);
    let mut check = registration_check(&registration.response());
    break_check(&mut check);
    Refusal {
        ceremony: Ceremony::Registration,
        step,
        code,
        check,
    }
}

fn broken_assertion(
    step: u8,
    code: &'static str,
    break_response: impl FnOnce(&mut Assertion),
    break_check: impl FnOnce(&mut Value),
) -> Refusal {
    let (mut assertion, record) = assertion();
    break_response(&mut assertion);
    let mut check = authentication_check(&assertion.response(), &record);
    break_check(&mut check);
    Refusal {
        ceremony: Ceremony::Authentication,
        step,
        code,
        check,
    }
}

fn refused_registrations() -> Vec<Refusal> {
    let response = |step, code, break_response: fn(&mut Registration)| {
        broken_registration(step, code, break_response, |_| {})
    };
    let check = |step, code, break_check: fn(&mut Value)| {
        broken_registration(step, code, |_| {}, break_check)
    };
    vec![
        check(3, "response_malformed", |check| {
            check["response"]["type"] = json!("password");
        }),
        check(3, "response_malformed", |check| {
            check["response"] = json!(null);
        }),
        check(3, "response_malformed", |check| {
            check["response"]["rawId"] = json!(OTHER_ID);
        }),
        check(4, "client_extensions_malformed", |check| {
            check["response"]["clientExtensionResults"] = json!([]);
        }),
        response(5, "client_data_malformed", |made| {
            made.client_data.raw(&b"{\"type\":\"\xff\"}"[..]);
        }),
        check(5, "client_data_malformed", |check| {
            check["response"]["response"]["clientDataJSON"] = json!("not base64url!");
        }),
        response(6, "client_data_malformed", |made| {
            made.client_data.raw(&b"{"[..]);
        }),
        response(6, "client_data_malformed", |made| {
            made.client_data.duplicate("challenge", "x");
        }),
        response(7, "type_mismatch", |made| {
            made.client_data.set("type", "webauthn.get");
        }),
        response(8, "challenge_mismatch", |made| {
            made.client_data.set("challenge", base64url(b"another"));
        }),
        response(9, "origin_mismatch", |made| {
            made.client_data.set("origin", "https://evil.example");
        }),
        check(10, "cross_origin_unexpected", |check| {
            check["crossOrigin"] = json!(false);
        }),
        response(11, "top_origin_mismatch", |made| {
            made.client_data.set("topOrigin", "https://evil.example");
        }),
        broken_registration(
            11,
            "top_origin_unexpected",
            |made| {
                made.client_data.set("crossOrigin", false);
            },
            |check| check["crossOrigin"] = json!(false),
        ),
        response(13, "attestation_object_malformed", |made| {
            made.attestation_object = Some(Cbor::text_map([("fmt", Cbor::text("none"))]));
        }),
        response(13, "authenticator_data_malformed", |made| {
            made.authenticator_data.trailing = vec![0];
        }),
        response(13, "authenticator_data_malformed", |made| {
            made.authenticator_data.flags &= !flags::AT;
            made.authenticator_data.attested = None;
        }),
        response(14, "rp_id_mismatch", |made| {
            made.authenticator_data.rp_id_hash[31] ^= 1;
        }),
        response(15, "user_not_present", |made| {
            made.authenticator_data.flags &= !flags::UP;
        }),
        response(16, "user_not_verified", |made| {
            made.authenticator_data.flags &= !flags::UV;
        }),
        response(17, "backup_state_invalid", |made| {
            made.authenticator_data.flags |= flags::BS;
        }),
        check(20, "algorithm_not_offered", |check| {
            check["algorithms"] = json!([-8]);
        }),
        response(20, "public_key_malformed", |made| {
            let attested = made
                .authenticator_data
                .attested
                .as_mut()
                .expect("there is a key");
            attested.public_key.members_mut().remove(0);
        }),
        response(20, "public_key_invalid", |made| {
            let attested = made
                .authenticator_data
                .attested
                .as_mut()
                .expect("there is a key");
            let y = attested
                .public_key
                .members_mut()
                .last_mut()
                .expect("y is last");
            y.1 = Cbor::bytes([1; 32]);
        }),
        response(21, "attestation_format_unsupported", |made| {
            let mut object = made.attestation_object();
            object.members_mut()[0].1 = Cbor::text("packed2");
            made.attestation_object = Some(object);
        }),
        check(21, "attestation_format_not_accepted", |check| {
            check["formats"] = json!(["none"]);
        }),
        response(22, "attestation_signature_invalid", |made| {
            let mut object = made.attestation_object();
            made.authenticator_data.sign_count = 7;
            object.members_mut()[2].1 = Cbor::Bytes(made.authenticator_data.encode());
            made.attestation_object = Some(object);
        }),
        response(22, "attestation_statement_malformed", |made| {
            let mut object = made.attestation_object();
            object.members_mut()[1].1 = Cbor::text_map([]);
            made.attestation_object = Some(object);
        }),
        check(23, "trust_anchors_missing", |check| {
            check["attestation"] = json!({"policy": "trusted"});
        }),
        check(24, "attestation_untrusted", |check| {
            check["attestation"] = json!({"policy": "trusted", "roots": [NOBODYS_ROOT]});
        }),
        response(25, "credential_id_mismatch", |made| made.id.push(0)),
        response(25, "credential_id_too_long", |made| {
            let attested = made
                .authenticator_data
                .attested
                .as_mut()
                .expect("there is an id");
            attested.id = vec![7; 1024];
            made.id = vec![7; 1024];
        }),
        check(26, "credential_exists", |check| {
            check["existingCredentials"] = json!([OTHER_ID, check["response"]["id"]]);
        }),
        response(28, "extensions_malformed", |made| {
            let nameless = Cbor::Map(vec![(Cbor::Int(1), Cbor::Bool(true))]);
            made.authenticator_data.extensions = Some(nameless);
        }),
    ]
}

fn refused_assertions() -> Vec<Refusal> {
    let response = |step, code, break_response: fn(&mut Assertion)| {
        broken_assertion(step, code, break_response, |_| {})
    };
    let check =
        |step, code, break_check: fn(&mut Value)| broken_assertion(step, code, |_| {}, break_check);
    vec![
        check(3, "response_malformed", |check| {
            check["response"]["id"] = json!("");
        }),
        check(3, "response_malformed", |check| {
            check["response"]["response"]["signature"] = json!(null);
        }),
        check(4, "client_extensions_malformed", |check| {
            check["response"]["clientExtensionResults"] = json!({"appid": 1});
        }),
        check(5, "credential_not_allowed", |check| {
            check["allowCredentials"] = json!([OTHER_ID]);
        }),
        check(6, "credential_mismatch", |check| {
            check["credential"]["id"] = json!(OTHER_ID);
        }),
        response(6, "user_handle_missing", |made| made.user_handle = None),
        response(6, "user_handle_mismatch", |made| {
            made.user_handle = Some(b"usher".to_vec());
        }),
        check(6, "user_handle_malformed", |check| {
            check["response"]["response"]["userHandle"] = json!("=");
        }),
        check(7, "signature_malformed", |check| {
            check["response"]["response"]["signature"] = json!("A");
        }),
        check(7, "authenticator_data_malformed", |check| {
            check["response"]["response"]["authenticatorData"] = json!("A");
        }),
        response(8, "client_data_malformed", |made| {
            made.client_data.raw(&b"\xff"[..]);
        }),
        response(9, "client_data_malformed", |made| {
            made.client_data.raw(&b"[]"[..]);
        }),
        response(10, "type_mismatch", |made| {
            made.client_data.set("type", "webauthn.create");
        }),
        response(11, "challenge_mismatch", |made| {
            made.client_data.set("challenge", base64url(b"another"));
        }),
        response(12, "origin_mismatch", |made| {
            made.client_data.set("origin", "https://example.org:8443");
        }),
        check(13, "cross_origin_unexpected", |check| {
            check["crossOrigin"] = json!(false);
        }),
        response(13, "client_data_malformed", |made| {
            made.client_data.set("crossOrigin", "true");
        }),
        response(14, "top_origin_mismatch", |made| {
            made.client_data.set("topOrigin", ORIGIN);
        }),
        response(15, "rp_id_mismatch", |made| {
            made.authenticator_data.rp_id_hash[0] ^= 0x80;
        }),
        response(15, "authenticator_data_malformed", |made| {
            made.authenticator_data.extensions = None;
        }),
        response(16, "user_not_present", |made| {
            made.authenticator_data.flags &= !flags::UP;
        }),
        response(17, "user_not_verified", |made| {
            made.authenticator_data.flags &= !flags::UV;
        }),
        response(18, "backup_state_invalid", |made| {
            made.authenticator_data.flags |= flags::BS;
        }),
        response(19, "backup_eligibility_changed", |made| {
            made.authenticator_data.flags |= flags::BE;
        }),
        response(21, "signature_invalid", |made| {
            let mut signature = made.signature();
            *signature.last_mut().expect("a signature has bytes") ^= 1;
            made.signature = Some(signature);
        }),
        check(21, "public_key_malformed", |check| {
            check["credential"]["publicKey"] = json!("oA");
        }),
        check(22, "sign_count_not_increased", |check| {
            check["credential"]["signCount"] = json!(1);
        }),
        response(23, "extensions_malformed", |made| {
            let nameless = Cbor::Map(vec![(Cbor::Int(1), Cbor::Bool(true))]);
            made.authenticator_data.extensions = Some(nameless);
        }),
        check(25, "credential_missing", |check| {
            check
                .as_object_mut()
                .expect("a check is an object")
                .remove("credential");
        }),
    ]
}

fn outcomes(verdict: &Value) -> Vec<(&str, &str)> {
    let trace = verdict["trace"].as_array().expect("a verdict has a trace");
    trace
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().expect("a step has its texts");
            (text("step"), text("outcome"))
        })
        .collect()
}

fn assert_accepted_with_every_step(ceremony: Ceremony, check: &Value) {
    let verdict = judge(check);
    assert_eq!(verdict["accepted"], true, "{verdict}");
    let expected: Vec<_> = Step::all(ceremony)
        .map(|step| {
            let skipped = ALWAYS_SKIPPED.contains(&(ceremony, step.number()));
            (step.to_string(), if skipped { "skip" } else { "pass" })
        })
        .collect();
    let found: Vec<_> = outcomes(&verdict)
        .into_iter()
        .map(|(step, outcome)| (step.to_owned(), outcome))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_registration_passes_every_step_in_order() {
    assert_accepted_with_every_step(
        Ceremony::Registration,
        &registration_check(&registration().response()),
    );
}

#[test]
fn a_sign_in_passes_every_step_in_order() {
    let (assertion, record) = assertion();
    assert_accepted_with_every_step(
        Ceremony::Authentication,
        &authentication_check(&assertion.response(), &record),
    );
}

#[test]
fn each_fault_is_refused_exactly_at_its_step() {
    for refusal in refused_registrations()
        .into_iter()
        .chain(refused_assertions())
    {
        let verdict = judge(&refusal.check);
        let step = Step::all(refusal.ceremony)
            .find(|step| step.number() == refusal.step)
            .expect("the step exists")
            .to_string();
        let found = (verdict["step"].as_str(), verdict["code"].as_str());
        assert_eq!(found, (Some(&*step), Some(refusal.code)), "{verdict}");
        let outcomes = outcomes(&verdict);
        assert_eq!(outcomes.last(), Some(&(&*step, "fail")), "{verdict}");
        let failures = outcomes.iter().filter(|(_, outcome)| *outcome == "fail");
        assert_eq!(failures.count(), 1, "{verdict}");
        // Without a record the steps that need one are skipped, and every other still runs.
        let steps: Vec<_> = Step::all(refusal.ceremony)
            .take_while(|known| known.to_string() != step)
            .map(|step| step.to_string())
            .collect();
        let before: Vec<_> = outcomes
            .iter()
            .map(|(step, _)| (*step).to_owned())
            .collect();
        assert_eq!(before[..before.len() - 1], steps, "{verdict}");
    }
}

#[test]
fn every_step_has_its_pair() {
    let refused: BTreeSet<_> = refused_registrations()
        .iter()
        .chain(&refused_assertions())
        .map(|refusal| (refusal.ceremony, refusal.step))
        .collect();
    for ceremony in [Ceremony::Registration, Ceremony::Authentication] {
        for step in Step::all(ceremony) {
            let pair = (ceremony, step.number());
            let never_fails = NEVER_FAILS
                .iter()
                .any(|(ceremony, step, _)| (*ceremony, *step) == pair);
            assert_ne!(
                refused.contains(&pair),
                never_fails,
                "step {step} has no pair"
            );
        }
    }
}
