//! What a relying party asks for, examined: each concern from settings that are good but for one thing.

use portcullis_core::diagnose::settings::{Concern, Examined, examine};
use public_suffix::{DEFAULT_PROVIDER, EffectiveTLDProvider};
use serde_json::{Value, json};

fn examined(input: &Value) -> (Examined, Vec<String>) {
    let input = input.to_string();
    let is_public_suffix = |domain: &str| DEFAULT_PROVIDER.effective_tld_plus_one(domain).is_err();
    let mut out = String::new();
    let mut room = vec![0; input.len()];
    let examined = examine(input.as_bytes(), &is_public_suffix, &mut room, &mut out)
        .expect("a String takes everything");
    let answer: Value = serde_json::from_str(&out).expect("one JSON object");
    let concerns = answer["concerns"].as_array().expect("a list");
    let codes = concerns.iter().map(|concern| {
        let text = concern["text"].as_str().expect("a text");
        assert!(text.ends_with('.'), "{text}");
        concern["code"].as_str().expect("a code").to_owned()
    });
    (examined, codes.collect())
}

fn good() -> Value {
    json!({
        "rpId": "example.org",
        "origins": ["https://example.org", "https://login.example.org", "https://example.com"],
        "relatedOrigins": ["https://example.com"],
        "withoutNames": true,
        "challengeLife": 300_000,
        "creation": {
            "rp": {"id": "example.org", "name": "Example"},
            "user": {"id": "3q2-7_8AESIzRFVmd4iZqrvM3e7_", "name": "ada@example.org", "displayName": "Ada"},
            "challenge": "3q2-7_8AESIzRFVmd4iZqrvM3e7_",
            "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
            "excludeCredentials": [],
            "timeout": 300_000,
            "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
            "attestation": "none",
        },
        "request": {
            "rpId": "example.org",
            "challenge": "3q2-7_8AESIzRFVmd4iZqrvM3e7_",
            "userVerification": "required",
            "timeout": 300_000,
        },
    })
}

/// Sets the member at a JSON pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut input = good();
    let (owner, name) = pointer.rsplit_once('/').expect("a pointer");
    let owner = input.pointer_mut(owner).expect("its owner");
    if value.is_null() {
        owner.as_object_mut().expect("an object").remove(name);
    } else {
        owner[name] = value;
    }
    input
}

#[test]
fn good_settings_are_no_concern() {
    assert_eq!(examined(&good()), (Examined::Good, vec![]));
}

#[test]
fn each_concern_is_told_alone() {
    let related: Vec<String> = ["one", "two", "three", "four", "five", "six"]
        .map(|name| format!("https://{name}.co.uk"))
        .into();
    let same: Vec<String> = ["com", "org", "net", "de", "fr", "co.uk", "eu"]
        .map(|suffix| format!("https://example.{suffix}"))
        .into();
    let mut shown = Vec::new();
    for (concern, pointer, value) in [
        (
            Concern::RpIdNotADomain,
            "/rpId",
            json!("https://example.org"),
        ),
        (Concern::RpIdIsAddress, "/rpId", json!("192.0.2.1")),
        (Concern::RpIdPublicSuffix, "/rpId", json!("co.uk")),
        (
            Concern::OriginOutsideRpId,
            "/origins",
            json!(["https://example.net"]),
        ),
        (
            Concern::OriginOutsideRpId,
            "/origins",
            json!(["https://notexample.org"]),
        ),
        (
            Concern::OriginHttp,
            "/origins",
            json!(["http://example.org"]),
        ),
        (
            Concern::RelatedOriginLabels,
            "/relatedOrigins",
            json!(related),
        ),
        (
            Concern::VerificationNotRequired,
            "/request/userVerification",
            json!("preferred"),
        ),
        (
            Concern::VerificationNotRequired,
            "/request/userVerification",
            Value::Null,
        ),
        (
            Concern::VerificationNotRequired,
            "/creation/authenticatorSelection/userVerification",
            json!("discouraged"),
        ),
        (
            Concern::AlgorithmMissing,
            "/creation/pubKeyCredParams",
            json!([{"alg": -7}]),
        ),
        (
            Concern::AlgorithmMissing,
            "/creation/pubKeyCredParams",
            json!([{"alg": -257}]),
        ),
        (
            Concern::ResidentKeyNotRequired,
            "/creation/authenticatorSelection/residentKey",
            json!("preferred"),
        ),
        (
            Concern::CredentialsListed,
            "/request/allowCredentials",
            json!([{"id": "AAAA"}]),
        ),
        (
            Concern::ExcludeCredentialsMissing,
            "/creation/excludeCredentials",
            Value::Null,
        ),
        (Concern::TimeoutOverLife, "/request/timeout", json!(600_000)),
        (
            Concern::UserIdReadable,
            "/creation/user/id",
            json!("YWRhQGV4YW1wbGUub3Jn"),
        ),
        (
            Concern::UserIdReadable,
            "/creation/user/id",
            json!("ada@example.org"),
        ),
        (
            Concern::AttestationNotJudged,
            "/creation/attestation",
            json!("direct"),
        ),
        (Concern::ChallengeShort, "/request/challenge", json!("AAAA")),
    ] {
        let (outcome, codes) = examined(&with(pointer, value.clone()));
        assert!(
            codes.contains(&concern.code().to_owned()),
            "{pointer} {value}: {codes:?}"
        );
        let places = ["/rpId", "/origins", "/relatedOrigins"];
        // What is wrong with the RP ID is wrong with every origin too.
        if !places.contains(&pointer) {
            assert_eq!(codes.len(), 1, "{pointer} {value}: {codes:?}");
            assert_eq!(outcome, Examined::Worries);
        }
        shown.push(concern);
    }
    for concern in Concern::ALL {
        assert!(shown.contains(concern), "{}", concern.code());
    }
    let (_, codes) = examined(&with("/relatedOrigins", json!(same)));
    assert!(
        !codes.contains(&Concern::RelatedOriginLabels.code().to_owned()),
        "one name: {codes:?}"
    );
}

#[test]
fn options_alone_are_examined() {
    let creation = json!({"publicKey": good()["creation"]});
    assert_eq!(examined(&creation), (Examined::Good, vec![]));
    let mut request = good()["request"].clone();
    request["rpId"] = json!("com");
    let (outcome, codes) = examined(&request);
    assert_eq!(
        (outcome, codes),
        (Examined::Stops, vec!["rp_id_public_suffix".to_owned()])
    );
    assert_eq!(examined(&json!([1])).0, Examined::NotAnObject);
}
