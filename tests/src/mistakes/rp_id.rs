use serde_json::json;

use super::{Mistakes, registration, sign_in};
use crate::encoding::sha256;

pub(super) fn add(mistakes: &mut Mistakes) {
    // What the check says, the page's origin, and the name whose hash came.
    for (code, rp_id, origin, used) in [
        (
            "rp_id_is_origin",
            "https://example.org",
            "https://example.org",
            "example.org",
        ),
        (
            "rp_id_is_origin",
            "https://example.org:8443/",
            "https://example.org",
            "example.org",
        ),
        (
            "rp_id_has_port",
            "localhost:8000",
            "http://localhost:8000",
            "localhost",
        ),
        (
            "rp_id_spelling",
            "Example.org",
            "https://example.org",
            "example.org",
        ),
        (
            "rp_id_spelling",
            "example.org.",
            "https://example.org",
            "example.org",
        ),
        (
            "rp_id_of_client_host",
            "example.org",
            "https://login.example.org",
            "login.example.org",
        ),
        (
            "rp_id_parent_domain",
            "login.example.org",
            "https://login.example.org",
            "example.org",
        ),
        (
            "rp_id_localhost",
            "example.org",
            "https://example.org",
            "localhost",
        ),
        (
            "rp_id_app_id",
            "example.org",
            "https://example.org",
            "https://example.org",
        ),
    ] {
        let check = sign_in(|made| {
            made.assertion.authenticator_data.rp_id_hash = sha256(&[used.as_bytes()]);
            made.assertion.client_data.set("origin", origin);
            made.policy = json!({"rpId": rp_id, "origins": [origin]});
        });
        mistakes.proven(
            code,
            &format!("{used} where the check says {rp_id}"),
            &check,
        );
    }
    mistakes.proven(
        "rp_id_app_id",
        "the AppID although the client says that it was not used",
        &sign_in(|made| {
            let app_id = "https://example.org/appid.json";
            made.assertion.authenticator_data.rp_id_hash = sha256(&[app_id.as_bytes()]);
            made.policy = json!({"appId": app_id});
        }),
    );
    mistakes.proven(
        "rp_id_of_expected_origin",
        "the host of another expected origin",
        &registration(|made| {
            made.registration.authenticator_data.rp_id_hash = sha256(&[b"example.com"]);
            made.policy = json!({"origins": ["https://example.org", "https://example.com"]});
        }),
    );
    mistakes.likely(
        "rp_id_unknown",
        "another site's passkey",
        &registration(|made| {
            made.registration.authenticator_data.rp_id_hash = sha256(&[b"elsewhere.example"]);
        }),
    );
}
