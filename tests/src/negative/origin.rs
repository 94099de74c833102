//! The origin, 7.1.9 and 7.2.12.

use serde_json::json;

use super::{Cases, Steps};
use crate::scene::ORIGIN;

const STEPS: Steps = (9, 12);
const CODE: &str = "origin_mismatch";

pub(super) fn write(cases: &mut Cases) {
    cases.client_data(
        STEPS,
        "client_data_malformed",
        "there is no origin",
        |data| {
            data.remove("origin");
        },
    );
    for (rule, value) in [
        ("null itself", json!(null)),
        ("a list of the expected one", json!([ORIGIN])),
        ("a number", json!(443)),
    ] {
        let rule = format!("the origin is {rule}");
        cases.client_data(STEPS, "client_data_malformed", &rule, |data| {
            data.set("origin", value.clone());
        });
    }
    for (rule, origin) in [
        ("another", "https://evil.example"),
        ("empty", ""),
        ("opaque", "null"),
        ("the RP ID alone", "example.org"),
        ("without TLS", "http://example.org"),
        ("of another scheme", "wss://example.org"),
        ("on another port", "https://example.org:8443"),
        ("with the port that is left out", "https://example.org:443"),
        ("below the expected", "https://login.example.org"),
        ("above the expected", "https://org"),
        ("one that ends like the expected", "https://not-example.org"),
        (
            "one that begins like the expected",
            "https://example.org.evil.example",
        ),
        ("with a slash", "https://example.org/"),
        ("with a path", "https://example.org/login"),
        ("with a query", "https://example.org?"),
        ("with a user", "https://user@example.org"),
        ("with the root's point", "https://example.org."),
        ("in capitals", "https://EXAMPLE.ORG"),
        (
            "with a letter that looks alike",
            "https://ex\u{430}mple.org",
        ),
        ("with a null character appended", "https://example.org\0"),
        ("with a blank before", " https://example.org"),
        (
            "with another after a comma",
            "https://example.org,https://evil.example",
        ),
        (
            "an app's",
            "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck",
        ),
    ] {
        cases.client_data(STEPS, CODE, &format!("the origin is {rule}"), |data| {
            data.set("origin", origin);
        });
    }
    let app = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck";
    cases.checks(
        STEPS,
        CODE,
        "the origin is a page's, and an app's is expected",
        |check| {
            check["origins"] = json!([app]);
        },
    );
    cases.checks(STEPS, CODE, "the origin is none of several", |check| {
        check["origins"] = json!(["https://example.com", "https://login.example.org"]);
    });
    cases.checks(STEPS, CODE, "no origin is expected", |check| {
        check["origins"] = json!([]);
    });
}
