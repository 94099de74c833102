//! Client data: what the limited verification takes, the scanner takes too, and what either takes says
//! to another parser what was expected.
#![no_main]

use std::borrow::Cow;

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use portcullis_core::Origin;
use portcullis_fuzz::ceremony::{CHALLENGE, ORIGIN, sign_in_from};
use serde::Deserialize;

/// What another parser reads. It skips the other members, and takes none of these twice.
#[derive(Deserialize)]
struct ClientData<'a> {
    r#type: Cow<'a, str>,
    challenge: Cow<'a, str>,
    origin: Cow<'a, str>,
}

/// Web origins, an app's, and some that nobody should configure.
const ORIGINS: &[&str] = &[
    ORIGIN,
    "http://localhost:8000",
    "android:apk-key-hash:aGFzaA",
    "a\\b",
    "a\"b",
    "a\u{1}b",
    "ä\u{7f}b",
];

fuzz_target!(|text: &[u8]| {
    let origins: Vec<Origin<'_>> = ORIGINS
        .iter()
        .map(|origin| Origin::parse(origin).expect("an origin"))
        .collect();
    let result = sign_in_from(text, &origins);
    if !text.starts_with(b"\xef\xbb\xbf") {
        // A blank in front changes nothing but that the scanner alone reads it.
        let scanned = sign_in_from(&[b" ", text].concat(), &origins);
        let reason = |result: &Result<(), portcullis_core::Error>| {
            result.map_err(|error| (error.step(), error.kind()))
        };
        assert_eq!(reason(&result), reason(&scanned));
    }
    if result.is_ok() {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let parsed: ClientData<'_> =
            serde_json::from_slice(text).expect("accepted client data are JSON");
        assert_eq!(parsed.r#type, "webauthn.get");
        let challenge = Base64UrlUnpadded::encode_string(CHALLENGE);
        assert_eq!(parsed.challenge, challenge);
        assert!(ORIGINS.contains(&&*parsed.origin), "{}", parsed.origin);
    }
});
