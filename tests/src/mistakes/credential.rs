use serde_json::json;

use super::{Mistakes, USER, bytes, changed, good_registration, good_sign_in, hex, sign_in, twice};
use crate::encoding::base64url;

pub(super) fn add(mistakes: &mut Mistakes) {
    let id = good_sign_in()["response"]["id"].clone();
    let record =
        |id: serde_json::Value| changed(good_sign_in(), |check| check["credential"]["id"] = id);
    mistakes.proven(
        "value_encoded_twice",
        "the record's id encoded twice",
        &record(twice(&id)),
    );
    mistakes.proven(
        "value_hexadecimal",
        "the record's id in hexadecimal",
        &record(json!(hex(&bytes(&id)))),
    );
    mistakes.proven(
        "bytes_as_array",
        "the record's id as a list of numbers",
        &record(json!(bytes(&id))),
    );
    let text = id.as_str().expect("a text");
    mistakes.proven(
        "value_cut",
        "the record's id cut by a column",
        &record(json!(text[..16])),
    );
    mistakes.proven(
        "value_case",
        "the record's id without regard to case",
        &record(json!(text.to_lowercase())),
    );
    mistakes.proven(
        "value_through_text",
        "the record's id read as UTF-8",
        &record(json!(base64url(
            String::from_utf8_lossy(&bytes(&id)).as_bytes()
        ))),
    );
    mistakes.likely(
        "credential_other",
        "the record of another passkey",
        &record(json!("b3RoZXI")),
    );
    let allow =
        |ids: serde_json::Value| changed(good_sign_in(), |check| check["allowCredentials"] = ids);
    mistakes.proven(
        "value_encoded_twice",
        "an allowed id encoded twice",
        &allow(json!(["b3RoZXI", twice(&id)])),
    );
    mistakes.proven(
        "value_hexadecimal",
        "an allowed id in hexadecimal",
        &allow(json!([hex(&bytes(&id))])),
    );
    mistakes.likely(
        "credential_not_allowed",
        "another account's passkey",
        &allow(json!(["b3RoZXI"])),
    );
    let handle =
        |handle: serde_json::Value| changed(good_sign_in(), |check| check["userHandle"] = handle);
    mistakes.proven(
        "value_encoded_twice",
        "the handle encoded twice",
        &handle(twice(&json!(base64url(USER)))),
    );
    mistakes.proven(
        "value_hexadecimal",
        "the handle in hexadecimal",
        &handle(json!(hex(USER))),
    );
    let uuid = "c0ffee00-4711-4f5e-8a1b-0123456789ab";
    let of_uuid = |handle: serde_json::Value| {
        sign_in(|made| {
            let digits = uuid.replace('-', "");
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
            made.assertion.user_handle = Some((0..32).step_by(2).map(byte).collect());
            made.policy = json!({"userHandle": handle});
        })
    };
    mistakes.proven(
        "value_hexadecimal",
        "the handle as a UUID's text",
        &of_uuid(json!(uuid)),
    );
    mistakes.proven(
        "value_encoded_twice",
        "the encoding of a UUID's text",
        &of_uuid(json!(base64url(uuid.as_bytes()))),
    );
    mistakes.likely(
        "user_handle_other",
        "another account",
        &handle(json!("b3RoZXI")),
    );
    mistakes.proven(
        "value_not_encoded",
        "the handle as its text",
        &sign_in(|made| {
            made.assertion.user_handle = Some(b"user-0001".to_vec());
            made.policy = json!({"userHandle": "user-0001"});
        }),
    );
    mistakes.proven(
        "user_handle_missing",
        "a passkey that is not discoverable",
        &sign_in(|made| {
            made.assertion.user_handle = None;
            made.policy = json!({"discoverable": true});
        }),
    );
    mistakes.proven(
        "credential_missing",
        "no record",
        &changed(good_sign_in(), |check| {
            check
                .as_object_mut()
                .expect("an object")
                .remove("credential");
        }),
    );
    mistakes.proven(
        "credential_exists",
        "the same registration again",
        &changed(good_registration(), |check| {
            check["existingCredentials"] = json!([check["response"]["id"]]);
        }),
    );
    mistakes.likely(
        "credential_other",
        "the ids of another response",
        &changed(good_registration(), |check| {
            check["response"]["id"] = json!("b3RoZXI");
            check["response"]["rawId"] = json!("b3RoZXI");
        }),
    );
}
