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
