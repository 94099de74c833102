use serde_json::json;

use super::{Mistakes, changed, good_sign_in, registration, sign_in};
use crate::encoding::{base64url, sha256};

pub(super) fn add(mistakes: &mut Mistakes) {
    for (code, expected, got) in [
        ("origin_scheme", "https://example.org", "http://example.org"),
        (
            "origin_port",
            "https://example.org",
            "https://example.org:8443",
        ),
        (
            "origin_www",
            "https://example.org",
            "https://www.example.org",
        ),
        (
            "origin_www",
            "https://www.example.org",
            "https://example.org",
        ),
        (
            "origin_subdomain",
            "https://example.org",
            "https://login.example.org",
        ),
        (
            "origin_subdomain",
            "https://login.example.org",
            "https://example.org",
        ),
        (
            "origin_trailing_slash",
            "https://example.org",
            "https://example.org/",
        ),
        (
            "origin_path",
            "https://example.org",
            "https://example.org/login",
        ),
        (
            "origin_wildcard",
            "https://*.example.org",
            "https://login.example.org",
        ),
        (
            "origin_wildcard",
            "https://*.example.org",
            "https://example.org",
        ),
        ("origin_wildcard", "https://*", "https://example.org"),
        ("origin_case", "https://example.org", "https://Example.org"),
        (
            "origin_loopback",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
        ),
        (
            "origin_without_scheme",
            "example.org",
            "https://example.org",
        ),
        (
            "origin_without_scheme",
            "https://example.org",
            "example.org",
        ),
        (
            "origin_android_app",
            "https://example.org",
            "android:apk-key-hash:s0mEhAsHoFaCeRtIfIcAtE",
        ),
        (
            "origin_ios_app",
            "https://example.org",
            "ios:bundle-id:org.example.app",
        ),
        (
            "origin_of_site",
            "android:apk-key-hash:s0mEhAsHoFaCeRtIfIcAtE",
            "https://example.org",
        ),
        ("origin_null", "https://example.org", "null"),
    ] {
        let check = sign_in(|made| {
            made.assertion.client_data.set("origin", got);
            made.policy = json!({"origins": [expected]});
        });
        mistakes.proven(code, &format!("{got} where {expected} is expected"), &check);
    }
    mistakes.proven(
        "origin_port",
        "the nearest of several is named",
        &registration(|made| {
            made.registration.client_data.set("origin", "https://a.example.org:444");
            made.policy = json!({"origins": ["https://example.com", "https://example.org", "https://a.example.org"]});
        }),
    );
    let fingerprint = sha256(&[b"certificate"]);
    let colons: Vec<String> = fingerprint
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    mistakes.proven(
        "origin_android_fingerprint",
        "an app's fingerprint in hexadecimal",
        &sign_in(|made| {
            let got = format!("android:apk-key-hash:{}", base64url(&fingerprint));
            made.assertion.client_data.set("origin", got);
            let expected = format!("android:apk-key-hash:{}", colons.join(":"));
            made.policy = json!({"origins": [expected]});
        }),
    );
    let apps = |got: &str, expected: &[&str]| {
        sign_in(|made| {
            made.assertion.client_data.set("origin", got);
            made.policy = json!({"origins": expected});
        })
    };
    let [debug, release] = [b"debug", b"store"].map(|certificate| {
        let fingerprint = base64url(&sha256(&[certificate]));
        format!("android:apk-key-hash:{fingerprint}")
    });
    mistakes.proven(
        "origin_android_certificate",
        "a debug build",
        &apps(&debug, &["https://example.org", &release]),
    );
    mistakes.proven(
        "origin_local",
        "Capacitor's page on iOS",
        &apps("capacitor://localhost", &["https://example.org"]),
    );
    mistakes.proven(
        "origin_local",
        "Capacitor's page on Android",
        &apps("https://localhost", &["https://example.org"]),
    );
    mistakes.proven(
        "origin_extension",
        "a page of an extension",
        &apps(
            "chrome-extension://aaaabbbbccccddddeeeeffffgggghhhh",
            &["https://example.org"],
        ),
    );
    mistakes.likely(
        "origin_other_site",
        "another site",
        &sign_in(|made| {
            made.assertion
                .client_data
                .set("origin", "https://phishing.example");
        }),
    );
    mistakes.proven(
        "frame_unexpected",
        "the page is embedded",
        &sign_in(|made| {
            made.assertion.client_data.set("crossOrigin", true);
            made.assertion
                .client_data
                .set("topOrigin", "https://shop.example");
        }),
    );
    mistakes.proven(
        "top_origin_not_listed",
        "another page embeds it",
        &sign_in(|made| {
            made.assertion.client_data.set("crossOrigin", true);
            made.assertion
                .client_data
                .set("topOrigin", "https://shop.example");
            made.policy = json!({"crossOrigin": true, "topOrigins": ["https://www.shop.example"]});
        }),
    );
    let of =
        |origins: serde_json::Value| changed(good_sign_in(), |check| check["origins"] = origins);
    mistakes.proven(
        "origins_not_a_list",
        "one origin as a text",
        &of(json!("https://example.org")),
    );
    mistakes.proven(
        "origins_not_a_list",
        "several in one text",
        &of(json!(["https://example.org,https://www.example.org"])),
    );
    mistakes.proven(
        "value_with_blanks",
        "a blank after an origin",
        &of(json!(["https://example.org "])),
    );
    mistakes.proven(
        "origin_path",
        "a configured path",
        &of(json!(["https://example.org/login"])),
    );
    mistakes.likely(
        "origin_path",
        "a configured path of another site",
        &of(json!(["https://example.com/a"])),
    );
    mistakes.likely(
        "origin_not_ascii",
        "a host in Unicode",
        &of(json!(["https://exämple.org"])),
    );
}
