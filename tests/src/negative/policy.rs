//! Whose credential it is, and what the relying party has on record: 7.1.25 and 7.1.26, 7.2.5, 7.2.6,
//! 7.2.22 and 7.2.25.

use serde_json::{Value, json};

use super::{Cases, Change, OTHER_ID};
use crate::{authenticator::Registration, encoding::base64url};

pub(super) fn write(cases: &mut Cases) {
    credential_id(cases);
    allowed(cases);
    user(cases);
    counter(cases);
}

fn credential_id(cases: &mut Cases) {
    const MISMATCH: &str = "credential_id_mismatch";
    let changes: [(&str, Change<Vec<u8>>); 4] = [
        ("has a byte more", |id| id.push(0)),
        ("has a byte less", |id| id.truncate(id.len() - 1)),
        ("is another", |id| id[0] ^= 1),
        ("is the attested one twice", |id| id.extend(id.clone())),
    ];
    for (rule, change) in changes {
        let rule = format!("the response's id {rule}");
        cases.registration(25, MISMATCH, &rule, |made| change(&mut made.id));
    }
    cases.registration(25, MISMATCH, "the attested id is empty", |made| {
        attested_id(made).clear();
    });
    for length in [1024, 4096] {
        let rule = format!("the credential id has {length} bytes");
        cases.registration(25, "credential_id_too_long", &rule, |made| {
            *attested_id(made) = vec![7; length];
            made.id = vec![7; length];
        });
    }
    const EXISTS: &str = "credential_exists";
    cases.registration_check(
        26,
        EXISTS,
        "the credential is registered already",
        |check| {
            check["existingCredentials"] = json!([check["response"]["id"]]);
        },
    );
    cases.registration_check(
        26,
        EXISTS,
        "the credential is registered among others",
        |check| {
            let mut ids = vec![json!(OTHER_ID); 255];
            ids.push(check["response"]["id"].clone());
            check["existingCredentials"] = json!(ids);
        },
    );
}

fn attested_id(made: &mut Registration) -> &mut Vec<u8> {
    &mut made
        .authenticator_data
        .attested
        .as_mut()
        .expect("a credential")
        .id
}

fn allowed(cases: &mut Cases) {
    const CODE: &str = "credential_not_allowed";
    cases.assertion_check(5, CODE, "another credential alone is allowed", |check| {
        check["allowCredentials"] = json!([OTHER_ID]);
    });
    cases.assertion_check(
        5,
        CODE,
        "the beginning of the credential's id is allowed",
        |check| {
            let id = check["response"]["id"].as_str().expect("an id");
            check["allowCredentials"] = json!([&id[..8]]);
        },
    );
    const MISMATCH: &str = "credential_mismatch";
    cases.assertion_check(6, MISMATCH, "the record is another credential's", |check| {
        check["credential"]["id"] = json!(OTHER_ID);
    });
    let forget = |check: &mut Value| {
        check.as_object_mut().expect("a check").remove("credential");
    };
    cases.assertion_check(25, "credential_missing", "there is no record", forget);
}

fn user(cases: &mut Cases) {
    const MISSING: &str = "user_handle_missing";
    cases.assertion(6, MISSING, "there is no user handle", |made| {
        made.user_handle = None;
    });
    cases.assertion(6, MISSING, "the user handle is empty", |made| {
        made.user_handle = Some(Vec::new());
    });
    cases.assertion_check(6, MISSING, "the user handle is null", |check| {
        check["response"]["response"]["userHandle"] = json!(null);
    });
    for (rule, handle) in [
        ("another's", &b"usher"[..]),
        ("longer than the account's", b"user\0"),
        ("the beginning of the account's", b"use"),
        ("in capitals", b"USER"),
    ] {
        let rule = format!("the user handle is {rule}");
        cases.assertion(6, "user_handle_mismatch", &rule, |made| {
            made.user_handle = Some(handle.to_vec());
        });
    }
    const MALFORMED: &str = "user_handle_malformed";
    for (rule, text) in [
        ("padding alone", "=".to_owned()),
        ("padded", format!("{}==", base64url(b"user"))),
        ("a text that is not encoded", "the user".to_owned()),
        ("of 65 bytes", base64url(&[7; 65])),
    ] {
        let rule = format!("the user handle is {rule}");
        cases.assertion_check(6, MALFORMED, &rule, |check| {
            check["response"]["response"]["userHandle"] = json!(text);
        });
    }
}

/// The authenticator's counter is 1.
fn counter(cases: &mut Cases) {
    for (rule, recorded) in [
        ("has stood still", 1),
        ("has gone back", 2),
        ("has gone back from its end", u32::MAX),
    ] {
        let rule = format!("the counter {rule}");
        cases.assertion_check(22, "sign_count_not_increased", &rule, |check| {
            check["credential"]["signCount"] = json!(recorded);
        });
    }
    cases.assertion_and_check(
        22,
        "sign_count_not_increased",
        "the counter has gone back to zero",
        |made| made.authenticator_data.sign_count = 0,
        |check| check["credential"]["signCount"] = json!(1),
    );
}
