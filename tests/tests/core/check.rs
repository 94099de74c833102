//! The JSON check: what is one, and what each member asks for.

use portcullis_tests::{
    authenticator::{Assertion, Authenticator, Passkey, Registration, Statement, flags},
    cbor::Cbor,
    check,
    client_data::ClientData,
    encoding::{base64url, sha256},
    verdict::{accepted, judge, not_a_check, rejected},
};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge";
const HANDLE: &[u8] = b"a handle";

fn authenticator() -> Authenticator {
    let mut authenticator = Authenticator::new("check");
    authenticator.statement = Statement::PackedSelf;
    authenticator
}

/// A check of a registration that was changed on its way.
fn registration(change: impl FnOnce(&mut Registration)) -> Value {
    let (_, mut registration) = authenticator().make(RP_ID, HANDLE, CHALLENGE, ORIGIN);
    change(&mut registration);
    check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response())
}

fn passkey() -> Passkey {
    authenticator().make(RP_ID, HANDLE, CHALLENGE, ORIGIN).0
}

/// A check of an assertion that was changed on its way.
fn authentication(change: impl FnOnce(&mut Assertion)) -> Value {
    let mut passkey = passkey();
    let record = passkey.record();
    let mut assertion = passkey.assert(CHALLENGE, ORIGIN);
    change(&mut assertion);
    check::authentication(RP_ID, ORIGIN, CHALLENGE, &record, &assertion.response())
}

/// The check with these members set.
fn with(mut check: Value, members: Value) -> Value {
    let members = members.as_object().expect("members").clone();
    check
        .as_object_mut()
        .expect("a check is an object")
        .extend(members);
    check
}

fn notes(verdict: &Value) -> usize {
    verdict["notes"].as_array().expect("notes are a list").len()
}

#[test]
fn sound_responses_are_accepted() {
    let verdict = accepted(&registration(|_| {}));
    let key = base64url(&passkey().key.cose_key().encode());
    assert_eq!(verdict["credential"]["id"], base64url(&passkey().id));
    assert_eq!(verdict["credential"]["publicKey"], key);
    assert_eq!(verdict["credential"]["algorithm"], -7);
    assert_eq!(verdict["credential"]["fmt"], "packed");
    assert_eq!(verdict["credential"]["attestationType"], "self");
    assert_eq!(verdict["credential"]["userVerified"], true);
    assert_eq!(notes(&verdict), 0, "{verdict:#}");

    let verdict = accepted(&authentication(|_| {}));
    assert_eq!(verdict["credential"]["signCount"], 1, "the new counter");
    assert_eq!(verdict["credential"]["backupState"], false);
    assert_eq!(notes(&verdict), 0, "{verdict:#}");
}

#[test]
fn what_is_not_json_is_not_a_check() {
    let good = registration(|_| {}).to_string();
    let inputs = [
        "",
        " ",
        "{",
        "}",
        "nul",
        "null",
        "true",
        "5",
        "\"text\"",
        "[]",
        "{}",
        "{]",
        "{\"kind\"}",
        "\u{feff}",
        "{'kind': 'registration'}",
        "{\"kind\": \"registration\",}",
    ];
    for input in inputs {
        not_a_check(input);
    }
    not_a_check(&format!("[{good}]"));
    not_a_check(&format!("{good}{good}"));
    not_a_check(&format!("{good}x"));
    not_a_check(&good[..good.len() - 1]);
    not_a_check(&"[".repeat(100_000));
    not_a_check(&"{\"a\":".repeat(100_000));
    not_a_check(&good.replacen('{', "{\"kind\": \"registration\",", 1));
}

#[test]
fn every_required_member_is_required() {
    for check in [registration(|_| {}), authentication(|_| {})] {
        for member in ["kind", "rpId", "origins", "challenge", "response"] {
            let mut without = check.clone();
            without.as_object_mut().expect("an object").remove(member);
            not_a_check(&without.to_string());
        }
    }
}

#[test]
fn members_that_state_policy_must_have_their_types() {
    let wrong = [
        (
            "kind",
            json!(["assertion", "", "Registration", 5, null, {}]),
        ),
        ("rpId", json!([5, null, [], {}])),
        (
            "origins",
            json!(["https://example.org", null, 5, {}, [5], [null]]),
        ),
        (
            "challenge",
            json!(["", "a", "a+", "AA==", "A B", 5, null, [], {}]),
        ),
        (
            "userVerification",
            json!(["always", "", "Required", 5, true, []]),
        ),
        ("rpIds", json!(["example.org", 5, {}, [5], [null]])),
        ("crossOrigin", json!(["true", 1, [], {}])),
        (
            "topOrigins",
            json!(["https://example.org", 5, {}, [5], [null]]),
        ),
        (
            "algorithms",
            json!([-7, "ES256", {}, ["ES256"], [1.5], [null], [1e99]]),
        ),
        ("formats", json!(["none", 5, {}, [5], [null]])),
        ("mediation", json!(["silent", "", 5, true, []])),
        ("appId", json!([5, true, [], {}])),
        ("userHandle", json!(["a", "AA==", "!", 5, [], {}])),
        ("discoverable", json!(["true", 1, [], {}])),
        (
            "allowCredentials",
            json!(["AA", 5, {}, [5], ["a"], ["!"], [null], [{"id": "AA"}]]),
        ),
        (
            "existingCredentials",
            json!(["AA", 5, {}, [5], ["a"], ["!"], [null]]),
        ),
        ("counter", json!(["ignore", "", 5, true, []])),
        ("backup", json!(["ignore", "", 5, true, []])),
        (
            "attestation",
            json!([
                "verify", 5, [], {"policy": "maybe"}, {"policy": 5}, {"roots": "PEM"}, {"roots": [5]},
                {"time": "yesterday"}, {"time": 5}, {"androidKeyTee": "yes"},
            ]),
        ),
    ];
    for (member, values) in wrong {
        for value in values.as_array().expect("a list") {
            let members = json!({ member: value });
            not_a_check(&with(registration(|_| {}), members.clone()).to_string());
            not_a_check(&with(authentication(|_| {}), members).to_string());
        }
    }
}

#[test]
fn a_stored_record_must_have_its_types() {
    for value in [json!(5), json!("record"), json!([]), json!({})] {
        not_a_check(&with(authentication(|_| {}), json!({ "credential": value })).to_string());
    }
    let wrong = [
        ("id", json!([5, null, "a", "AA==", {}])),
        (
            "signCount",
            json!([-1, 1.5, 4_294_967_296_u64, "5", null, {}]),
        ),
        ("backupEligible", json!(["true", 1, {}])),
        ("backupState", json!(["true", 1, {}])),
    ];
    for (member, values) in wrong {
        for value in values.as_array().expect("a list") {
            let mut check = authentication(|_| {});
            check["credential"][member] = value.clone();
            not_a_check(&check.to_string());
        }
    }
    for member in ["id", "publicKey", "signCount"] {
        let mut check = authentication(|_| {});
        check["credential"]
            .as_object_mut()
            .expect("an object")
            .remove(member);
        not_a_check(&check.to_string());
    }
    for member in ["backupEligible", "backupState"] {
        let mut check = authentication(|_| {});
        check["credential"]
            .as_object_mut()
            .expect("an object")
            .remove(member);
        let _ = accepted(&check);
    }
}

#[test]
fn unknown_members_are_ignored() {
    for check in [registration(|_| {}), authentication(|_| {})] {
        let unknown = json!({"x": [{"y": [null, 1e9, "\u{0}\u{10ffff}"]}], "Kind": 5, "": {}});
        let mut check = with(check, unknown.clone());
        check["response"]["x"] = unknown.clone();
        check["response"]["response"]["x"] = unknown;
        let _ = accepted(&check);
    }
}

#[test]
fn what_stands_in_the_response_is_judged() {
    for check in [registration(|_| {}), authentication(|_| {})] {
        for response in [json!(null), json!(5), json!("x"), json!([]), json!({})] {
            let verdict = judge(&with(check.clone(), json!({ "response": response })));
            assert_eq!(verdict["accepted"], false);
            assert_ne!(verdict["code"], "not_a_check", "{response}");
            assert!(verdict["step"].is_string(), "{verdict}");
        }
        let pointers = [
            "/id",
            "/rawId",
            "/type",
            "/response",
            "/response/clientDataJSON",
        ];
        let further = [
            "/response/attestationObject",
            "/response/authenticatorData",
            "/response/signature",
        ];
        for pointer in pointers.into_iter().chain(further) {
            for value in [
                json!(null),
                json!(5),
                json!(""),
                json!("a"),
                json!("AA=="),
                json!([]),
                json!({}),
            ] {
                let mut check = check.clone();
                let Some(member) = check["response"].pointer_mut(pointer) else {
                    continue;
                };
                *member = value.clone();
                let verdict = judge(&check);
                assert_eq!(verdict["accepted"], false, "{pointer} {value}");
                assert_ne!(verdict["code"], "not_a_check", "{pointer} {value}");
                assert!(verdict["step"].is_string(), "{pointer} {value}: {verdict}");
            }
        }
    }
    // So is the key of the stored record.
    for key in [
        json!(""),
        json!("AA"),
        json!("!"),
        json!("oA"),
        json!(5),
        json!(null),
        json!({}),
    ] {
        let mut check = authentication(|_| {});
        check["credential"]["publicKey"] = key.clone();
        let verdict = judge(&check);
        assert_eq!(verdict["accepted"], false, "{key}");
        assert_ne!(verdict["code"], "not_a_check", "{key}");
    }
}

#[test]
fn a_user_handle_of_null_counts_as_absent() {
    let mut check = authentication(|_| {});
    check["response"]["response"]["userHandle"] = Value::Null;
    let _ = accepted(&check);
    rejected(
        &with(check, json!({"discoverable": true})),
        "7.2.6",
        "user_handle_missing",
    );
}

#[test]
fn without_a_record_the_rest_is_judged() {
    let without = |change: fn(&mut Assertion)| {
        let mut check = authentication(change);
        check
            .as_object_mut()
            .expect("an object")
            .remove("credential");
        check
    };
    let verdict = judge(&without(|_| {}));
    assert_eq!(verdict["accepted"], false);
    assert_eq!(verdict["code"], "credential_missing");
    let outcome = |step: &str| {
        let trace = verdict["trace"].as_array().expect("a trace");
        trace
            .iter()
            .find(|entry| entry["step"] == step)
            .map(|entry| &entry["outcome"])
    };
    assert_eq!(
        outcome("7.2.21"),
        Some(&json!("skip")),
        "no key, no signature"
    );
    assert_eq!(
        outcome("7.2.22"),
        Some(&json!("skip")),
        "no record, no counter"
    );
    assert_eq!(
        outcome("7.2.12"),
        Some(&json!("pass")),
        "the origin needs no record"
    );
    let elsewhere = |assertion: &mut Assertion| {
        assertion.client_data = ClientData::get(CHALLENGE, "https://elsewhere.example");
    };
    rejected(&without(elsewhere), "7.2.12", "origin_mismatch");
}

#[test]
fn rp_ids_adds_to_the_rp_id() {
    let hash = sha256(&[b"other.example"]);
    let checks = [
        (
            registration(|r| r.authenticator_data.rp_id_hash = hash),
            "7.1.14",
        ),
        (
            authentication(|a| a.authenticator_data.rp_id_hash = hash),
            "7.2.15",
        ),
    ];
    for (check, step) in checks {
        rejected(&check, step, "rp_id_mismatch");
        rejected(
            &with(check.clone(), json!({"rpIds": ["third.example"]})),
            step,
            "rp_id_mismatch",
        );
        let _ = accepted(&with(
            check,
            json!({"rpIds": ["third.example", "other.example"]}),
        ));
    }
}

#[test]
fn origins_are_compared_by_their_ascii_serialisation() {
    let made =
        |origin: &str| authentication(|a| a.client_data = ClientData::get(CHALLENGE, origin));
    let with_origins = |check, origins: Value| with(check, json!({ "origins": origins }));
    // What is configured is reduced.
    for configured in [
        "https://EXAMPLE.org",
        "https://example.org:443",
        "https://example.org/",
    ] {
        let _ = accepted(&with_origins(made(ORIGIN), json!([configured])));
    }
    let _ = accepted(&with_origins(
        made(ORIGIN),
        json!(["https://a.example", ORIGIN]),
    ));
    let _ = accepted(&with_origins(
        made("https://example.org:8443"),
        json!(["https://example.org:8443"]),
    ));
    let apk = "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK_YBwk";
    let _ = accepted(&with_origins(made(apk), json!([apk])));
    // What the client says is not.
    let strangers = [
        "http://example.org",
        "https://example.org:8443",
        "https://example.org:443",
        "https://example.org/",
        "https://www.example.org",
        "https://evilexample.org",
        "https://example.org.evil.example",
        "https://example.org.",
        "https://user@example.org",
        "https://EXAMPLE.org",
        "HTTPS://example.org",
        "null",
        "",
        " https://example.org",
        "https://example.org\u{0}",
        "https://ex\u{e4}mple.org",
        "example.org",
        "https://example.org?",
        "https://example.org#",
        "//example.org",
        "https:example.org",
    ];
    for origin in strangers {
        rejected(&made(origin), "7.2.12", "origin_mismatch");
        let registered = registration(|r| r.client_data = ClientData::create(CHALLENGE, origin));
        rejected(&registered, "7.1.9", "origin_mismatch");
    }
    rejected(
        &with_origins(made(&apk.to_uppercase()), json!([apk])),
        "7.2.12",
        "origin_mismatch",
    );
}

#[test]
fn cross_origin_frames_are_refused_unless_expected() {
    let framed = |top: Option<&str>, create: bool| {
        let set = |client_data: &mut ClientData| {
            client_data.set("crossOrigin", true);
            if let Some(top) = top {
                client_data.set("topOrigin", top);
            }
        };
        if create {
            registration(|r| set(&mut r.client_data))
        } else {
            authentication(|a| set(&mut a.client_data))
        }
    };
    for (create, cross, top) in [(true, "7.1.10", "7.1.11"), (false, "7.2.13", "7.2.14")] {
        let inside = "https://inside.example";
        rejected(&framed(None, create), cross, "cross_origin_unexpected");
        rejected(
            &with(framed(None, create), json!({"crossOrigin": false})),
            cross,
            "cross_origin_unexpected",
        );
        let _ = accepted(&with(framed(None, create), json!({"crossOrigin": true})));
        let _ = accepted(&with(
            framed(Some(inside), create),
            json!({"crossOrigin": true}),
        ));
        let allowed = json!({"crossOrigin": true, "topOrigins": ["https://a.example", inside]});
        let _ = accepted(&with(framed(Some(inside), create), allowed.clone()));
        // Safari names no embedding page.
        let _ = accepted(&with(framed(None, create), allowed));
        let other = json!({"crossOrigin": true, "topOrigins": ["https://a.example"]});
        rejected(
            &with(framed(Some(inside), create), other),
            top,
            "top_origin_mismatch",
        );
    }
    // A top origin needs an expected frame.
    let check = registration(|r| {
        r.client_data.set("topOrigin", "https://inside.example");
    });
    rejected(&check, "7.1.11", "top_origin_unexpected");
}

#[test]
fn cross_origin_in_client_data_must_be_a_boolean() {
    for value in [json!("true"), json!(null), json!(0), json!([])] {
        let check = registration(|r| {
            r.client_data.set("crossOrigin", value.clone());
        });
        assert_eq!(judge(&check)["accepted"], false, "{value}");
        let expected = with(check, json!({"crossOrigin": true}));
        assert_eq!(judge(&expected)["accepted"], false, "{value}");
    }
    let _ = accepted(&registration(|r| {
        r.client_data.remove("crossOrigin");
    }));
}

#[test]
fn user_verification_is_wanted_only_where_required() {
    let up = flags::UP;
    let checks = [
        (
            registration(|r| r.authenticator_data.flags = up | flags::AT),
            "7.1.16",
        ),
        (
            authentication(|a| a.authenticator_data.flags = up),
            "7.2.17",
        ),
    ];
    for (check, step) in checks {
        rejected(
            &with(check.clone(), json!({"userVerification": "required"})),
            step,
            "user_not_verified",
        );
        for wish in ["preferred", "discouraged"] {
            let verdict = accepted(&with(check.clone(), json!({ "userVerification": wish })));
            assert_eq!(verdict["credential"]["userVerified"], false);
        }
        let verdict = accepted(&check);
        assert_eq!(verdict["credential"]["userVerified"], false);
    }
}

#[test]
fn user_presence_is_wanted_unless_a_registration_is_conditional() {
    let registered = registration(|r| r.authenticator_data.flags = flags::UV | flags::AT);
    rejected(&registered, "7.1.15", "user_not_present");
    let _ = accepted(&with(registered, json!({"mediation": "conditional"})));
    let asserted = authentication(|a| a.authenticator_data.flags = flags::UV);
    rejected(&asserted, "7.2.16", "user_not_present");
    rejected(
        &with(asserted, json!({"mediation": "conditional"})),
        "7.2.16",
        "user_not_present",
    );
}

#[test]
fn algorithms_are_those_that_were_offered() {
    let check = registration(|_| {});
    let _ = accepted(&with(check.clone(), json!({"algorithms": [-8, -7]})));
    rejected(
        &with(check, json!({"algorithms": [-8, -257]})),
        "7.1.20",
        "algorithm_not_offered",
    );
}

#[test]
fn formats_are_those_that_are_accepted() {
    let check = registration(|_| {});
    let _ = accepted(&with(check.clone(), json!({"formats": ["none", "packed"]})));
    let verdict = judge(&with(check, json!({"formats": ["none"]})));
    assert_eq!(verdict["accepted"], false);
    assert_eq!(verdict["step"], "7.1.21", "{verdict:#}");
}

#[test]
fn an_app_id_stands_for_the_rp_id_where_the_client_used_it() {
    let app_id = "https://example.org/u2f.json";
    let mut check =
        authentication(|a| a.authenticator_data.rp_id_hash = sha256(&[app_id.as_bytes()]));
    rejected(&check, "7.2.15", "rp_id_mismatch");
    check["appId"] = app_id.into();
    check["response"]["clientExtensionResults"] = json!({"appid": true});
    let _ = accepted(&check);
    check["appId"] = "https://example.org/other.json".into();
    rejected(&check, "7.2.15", "rp_id_mismatch");
}

#[test]
fn user_handles_must_be_the_accounts() {
    let check = authentication(|_| {});
    let _ = accepted(&with(
        check.clone(),
        json!({"userHandle": base64url(HANDLE)}),
    ));
    let other = json!({"userHandle": base64url(b"another")});
    rejected(&with(check.clone(), other), "7.2.6", "user_handle_mismatch");
    let _ = accepted(&with(check, json!({"discoverable": true})));
    let absent = authentication(|a| a.user_handle = None);
    let _ = accepted(&with(
        absent.clone(),
        json!({"userHandle": base64url(HANDLE)}),
    ));
    rejected(
        &with(absent, json!({"discoverable": true})),
        "7.2.6",
        "user_handle_missing",
    );
}

#[test]
fn credential_lists_are_held() {
    let (own, other) = (base64url(&passkey().id), base64url(b"another id"));
    let check = authentication(|_| {});
    let _ = accepted(&with(
        check.clone(),
        json!({"allowCredentials": [other, own]}),
    ));
    rejected(
        &with(check.clone(), json!({"allowCredentials": [other]})),
        "7.2.5",
        "credential_not_allowed",
    );
    let check = registration(|_| {});
    let _ = accepted(&with(
        check.clone(),
        json!({"existingCredentials": [other]}),
    ));
    rejected(
        &with(check, json!({"existingCredentials": [other, own]})),
        "7.1.26",
        "credential_exists",
    );
}

#[test]
fn a_counter_that_did_not_grow_is_refused_or_reported() {
    for (stored, sent) in [(5, 5), (5, 4), (1, 0), (u32::MAX, 1)] {
        let mut check = authentication(|a| a.authenticator_data.sign_count = sent);
        check["credential"]["signCount"] = stored.into();
        rejected(&check, "7.2.22", "sign_count_not_increased");
        let verdict = accepted(&with(check, json!({"counter": "report"})));
        assert_ne!(notes(&verdict), 0, "{stored} then {sent}");
    }
    for (stored, sent) in [(0, 0), (0, 1), (5, 6), (u32::MAX - 1, u32::MAX)] {
        let mut check = authentication(|a| a.authenticator_data.sign_count = sent);
        check["credential"]["signCount"] = stored.into();
        let verdict = accepted(&check);
        assert_eq!(verdict["credential"]["signCount"], sent);
        assert_eq!(notes(&verdict), 0, "{stored} then {sent}");
    }
}

#[test]
fn backup_flags_must_agree() {
    let both = flags::UP | flags::UV | flags::BE;
    // Backed up without being eligible.
    let bare = flags::UP | flags::UV | flags::BS;
    let bs_only = registration(|r| r.authenticator_data.flags = bare | flags::AT);
    rejected(&bs_only, "7.1.17", "backup_state_invalid");
    let bs_only = authentication(|a| a.authenticator_data.flags = bare);
    rejected(&bs_only, "7.2.18", "backup_state_invalid");
    // Eligible now and not before.
    let changed = authentication(|a| a.authenticator_data.flags = both);
    rejected(&changed, "7.2.19", "backup_eligibility_changed");
    let verdict = accepted(&with(changed.clone(), json!({"backup": "report"})));
    assert_ne!(notes(&verdict), 0, "the change is reported");
    // The state may move.
    let mut moved = authentication(|a| a.authenticator_data.flags = both | flags::BS);
    moved["credential"]["backupEligible"] = true.into();
    let verdict = accepted(&moved);
    assert_eq!(verdict["credential"]["backupState"], true);
}

#[test]
fn attestation_is_ignored_verified_or_to_be_trusted() {
    let broken = registration(|r| {
        let mut object = r.attestation_object();
        let statement = Cbor::text_map([("alg", Cbor::Int(-7)), ("sig", Cbor::bytes([0x30, 0]))]);
        object.members_mut()[1].1 = statement;
        r.attestation_object = Some(object);
    });
    let policy = |check, policy: &str| with(check, json!({"attestation": {"policy": policy}}));
    let verdict = judge(&broken);
    assert_eq!(verdict["step"], "7.1.22", "{verdict:#}");
    let _ = accepted(&policy(broken, "ignore"));
    let sound = registration(|_| {});
    let _ = accepted(&policy(sound.clone(), "verify"));
    let verdict = judge(&policy(sound, "trusted"));
    assert_eq!(
        verdict["accepted"], false,
        "self attestation ends in no root"
    );
}
