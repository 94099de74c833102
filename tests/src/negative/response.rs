//! The response's JSON form, 7.1.3 and 7.2.3.

use serde_json::{Value, json};

use super::{Cases, OTHER_ID, fullest_registration, fullest_sign_in};
use crate::encoding::base64url;

const CODE: &str = "response_malformed";

pub(super) fn write(cases: &mut Cases) {
    either(cases);
    twice(cases);
    of_a_registration(cases);
    of_a_sign_in(cases);
}

fn either(cases: &mut Cases) {
    let mut both = |rule: &str, pointer: &str, value: Value| {
        cases.checks((3, 3), CODE, rule, |check| {
            *check.pointer_mut(pointer).expect("a member") = value.clone();
        });
    };
    both("the response is null", "/response", json!(null));
    both("the response is a list", "/response", json!([]));
    both("the response is a text", "/response", json!("{}"));
    both("the type is another", "/response/type", json!("password"));
    both(
        "the type is no text",
        "/response/type",
        json!(["public-key"]),
    );
    both(
        "the type is written otherwise",
        "/response/type",
        json!("Public-Key"),
    );
    both(
        "the inner response is null",
        "/response/response",
        json!(null),
    );
    both(
        "the inner response is a list",
        "/response/response",
        json!([]),
    );
    both(
        "the id is another than rawId",
        "/response/id",
        json!(OTHER_ID),
    );
    both(
        "rawId is another than the id",
        "/response/rawId",
        json!(OTHER_ID),
    );
    both("the id is no text", "/response/id", json!(7));
    both("rawId is null", "/response/rawId", json!(null));
    both(
        "the id is no base64url",
        "/response/id",
        json!("a credential"),
    );
    both(
        "the client data are no text",
        "/response/response/clientDataJSON",
        json!({"type": "webauthn.create"}),
    );
    for member in ["id", "rawId", "type", "response"] {
        let rule = format!("the response has no {member}");
        cases.checks((3, 3), CODE, &rule, |check| {
            take(check, "/response", member);
        });
    }
    cases.checks((3, 3), CODE, "there are no client data", |check| {
        take(check, "/response/response", "clientDataJSON");
    });
    cases.checks((3, 3), CODE, "the id is empty", |check| {
        check["response"]["id"] = json!("");
        check["response"]["rawId"] = json!("");
    });
    cases.checks((3, 3), CODE, "the id is padded", |check| {
        for name in ["id", "rawId"] {
            let id = check["response"][name].as_str().expect("an id");
            check["response"][name] = json!(format!("{id}="));
        }
    });
    cases.checks(
        (3, 3),
        CODE,
        "the id is in the alphabet of base64",
        |check| {
            let id = base64url(&[0xfb; 32]).replace('-', "+");
            check["response"]["id"] = json!(id);
            check["response"]["rawId"] = json!(id);
        },
    );
}

/// JSON parsers differ in which of two members counts.
fn twice(cases: &mut Cases) {
    for member in ["id", "rawId", "type", "response"] {
        let rule = format!("the response has {member} twice");
        cases.texts((3, 3), CODE, &rule, |check| {
            let value: Value = serde_json::from_str(check).expect("a check");
            let again = format!(r#""{member}":{},"#, value["response"][member]);
            check.replacen(r#""response":{"#, &format!(r#""response":{{{again}"#), 1)
        });
    }
    cases.texts((3, 3), CODE, "there are client data twice", |check| {
        check.replacen(
            r#""clientDataJSON""#,
            r#""clientDataJSON":"e30","clientDataJSON""#,
            1,
        )
    });
    cases.texts(
        (3, 3),
        CODE,
        "there are client data twice, once by an escaped name",
        |check| {
            check.replacen(
                r#""clientDataJSON""#,
                r#""\u0063lientDataJSON":"e30","clientDataJSON""#,
                1,
            )
        },
    );
}

fn of_a_registration(cases: &mut Cases) {
    let mut set = |rule: &str, member: &str, value: Value| {
        cases.registration_check(3, CODE, rule, |check| {
            check["response"]["response"][member] = value;
        });
    };
    set(
        "the attestation object is no text",
        "attestationObject",
        json!([163]),
    );
    set(
        "the attestation object is null",
        "attestationObject",
        json!(null),
    );
    set("the transports are a text", "transports", json!("internal"));
    set(
        "a transport is no text",
        "transports",
        json!(["internal", 1]),
    );
    cases.registration_check(3, CODE, "there is no attestation object", |check| {
        take(check, "/response/response", "attestationObject");
    });
    cases.registration_check(3, CODE, "a sign-in's response to a registration", |check| {
        check["response"] = fullest_sign_in()["response"].clone();
    });
}

fn of_a_sign_in(cases: &mut Cases) {
    let mut set = |rule: &str, member: &str, value: Value| {
        cases.assertion_check(3, CODE, rule, |check| {
            check["response"]["response"][member] = value;
        });
    };
    set(
        "the authenticator data are no text",
        "authenticatorData",
        json!(1),
    );
    set("the signature is null", "signature", json!(null));
    set("the signature is a list", "signature", json!([48, 69]));
    set("the user handle is no text", "userHandle", json!(4));
    for member in ["authenticatorData", "signature"] {
        let rule = format!("there is no {member}");
        cases.assertion_check(3, CODE, &rule, |check| {
            take(check, "/response/response", member);
        });
    }
    cases.assertion_check(3, CODE, "a registration's response to a sign-in", |check| {
        check["response"] = fullest_registration()["response"].clone();
    });
}

fn take(check: &mut Value, object: &str, member: &str) {
    let object = check.pointer_mut(object).and_then(Value::as_object_mut);
    object.expect("an object").remove(member);
}
