use serde_json::json;

use super::{
    CHALLENGE, Mistakes, ORIGIN, changed, good_sign_in, hex, padded, registration, sign_in,
    standard,
};
use crate::encoding::{base64url, sha256};

pub(super) fn add(mistakes: &mut Mistakes) {
    let encoded = base64url(CHALLENGE);
    let answer = |challenge: &[u8]| {
        sign_in(|made| {
            made.assertion = made.passkey.assert(challenge, ORIGIN);
        })
    };
    mistakes.proven(
        "challenge_encoded_twice",
        "the page passed the characters of the encoded challenge",
        &answer(encoded.as_bytes()),
    );
    mistakes.proven(
        "challenge_encoded_twice",
        "the same in a registration",
        &registration(|made| {
            let text = base64url(encoded.as_bytes());
            made.registration.client_data.set("challenge", text);
        }),
    );
    mistakes.proven(
        "challenge_encoded_twice",
        "the relying party stored the encoding of the encoding",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(base64url(encoded.as_bytes()));
        }),
    );
    mistakes.proven(
        "challenge_is_text",
        "the challenge is a text that was passed through TextEncoder",
        &changed(answer(b"random-text-of-the-server"), |check| {
            check["challenge"] = json!("random-text-of-the-server");
        }),
    );
    mistakes.proven(
        "challenge_is_text",
        "the check says the text itself, which no base64url has",
        &changed(answer(b"Hello, World! Again!"), |check| {
            check["challenge"] = json!("Hello, World! Again!");
        }),
    );
    let latin: String = CHALLENGE.iter().copied().map(char::from).collect();
    mistakes.proven(
        "challenge_bytes_as_text",
        "TextEncoder over atob",
        &answer(latin.as_bytes()),
    );
    mistakes.proven(
        "challenge_bytes_as_text",
        "toString on a Buffer",
        &answer(String::from_utf8_lossy(CHALLENGE).as_bytes()),
    );
    mistakes.proven(
        "challenge_standard_base64",
        "the check's challenge in the standard alphabet",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(standard(&encoded));
        }),
    );
    mistakes.proven(
        "challenge_padded",
        "the check's challenge with padding",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(padded(&encoded));
        }),
    );
    mistakes.proven(
        "challenge_padded",
        "a client that writes padding",
        &sign_in(|made| {
            made.assertion
                .client_data
                .set("challenge", padded(&encoded));
        }),
    );
    mistakes.proven(
        "challenge_standard_base64",
        "a client that writes the standard alphabet",
        &sign_in(|made| {
            made.assertion
                .client_data
                .set("challenge", standard(&encoded));
        }),
    );
    mistakes.proven(
        "challenge_hexadecimal",
        "the check's challenge in hexadecimal",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(hex(CHALLENGE));
        }),
    );
    mistakes.proven(
        "challenge_hexadecimal",
        "the page passed the hexadecimal digits",
        &answer(hex(CHALLENGE).as_bytes()),
    );
    let digits = hex(CHALLENGE);
    mistakes.proven(
        "challenge_hexadecimal",
        "the page passed a text with hyphens, as a UUID has",
        &answer(format!("{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..]).as_bytes()),
    );
    mistakes.proven(
        "challenge_case",
        "a column that folds case",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(encoded.to_lowercase());
        }),
    );
    mistakes.proven(
        "challenge_cut",
        "a column that is too short",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(encoded[..32]);
        }),
    );
    mistakes.proven(
        "challenge_empty",
        "the page passed an empty buffer",
        &answer(b""),
    );
    mistakes.proven(
        "challenge_empty",
        "the check's challenge is empty",
        &changed(good_sign_in(), |check| check["challenge"] = json!("")),
    );
    let claims = json!({"challenge": encoded, "exp": 1_800_000_000});
    let token = format!(
        "{}.{}.{}",
        base64url(br#"{"alg":"HS256"}"#),
        base64url(claims.to_string().as_bytes()),
        base64url(&sha256(&[b"signature"]))
    );
    mistakes.proven(
        "challenge_is_token",
        "the check's challenge is the token",
        &changed(good_sign_in(), |check| check["challenge"] = json!(token)),
    );
    mistakes.proven(
        "challenge_is_token",
        "the page passed the token",
        &answer(token.as_bytes()),
    );
    // What went around the challenge, or through a function, before it was passed.
    for (name, passed) in [
        ("JSON.stringify of the text", format!("\"{encoded}\"")),
        ("Python's str of bytes", format!("b'{encoded}'")),
        ("a line break", format!("{encoded}\n")),
    ] {
        mistakes.proven(
            "value_quoted",
            &format!("the page passed {name}"),
            &answer(passed.as_bytes()),
        );
        mistakes.proven(
            "value_quoted",
            &format!("the check has {name}"),
            &changed(good_sign_in(), |check| check["challenge"] = json!(passed)),
        );
    }
    let utf16: Vec<u8> = encoded.encode_utf16().flat_map(u16::to_le_bytes).collect();
    mistakes.proven(
        "challenge_encoded_twice",
        "the page passed the characters in UTF-16",
        &answer(&utf16),
    );
    let from_text: Vec<u8> = encoded
        .bytes()
        .map(|character| {
            if character.is_ascii_digit() {
                character - b'0'
            } else {
                0
            }
        })
        .collect();
    mistakes.proven(
        "challenge_zeros",
        "Uint8Array.from of a text",
        &answer(&from_text),
    );
    mistakes.proven(
        "challenge_zeros",
        "an array of the length, never filled",
        &answer(&[0; 32]),
    );
    mistakes.proven(
        "challenge_hashed",
        "the hash of the challenge",
        &answer(&sha256(&[CHALLENGE])),
    );
    mistakes.proven(
        "challenge_hashed",
        "the hash of its characters",
        &answer(&sha256(&[encoded.as_bytes()])),
    );
    mistakes.proven(
        "value_lost",
        "undefined in the check",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!("undefined");
        }),
    );
    mistakes.likely(
        "challenge_of_another_ceremony",
        "the challenge of another tab",
        &answer(b"another challenge of as many b!!"),
    );
    mistakes.proven(
        "bytes_as_array",
        "the check's challenge as a list of numbers",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!(CHALLENGE);
        }),
    );
    mistakes.proven(
        "bytes_as_buffer",
        "the check's challenge as a Buffer",
        &changed(good_sign_in(), |check| {
            check["challenge"] = json!({"type": "Buffer", "data": CHALLENGE});
        }),
    );
}
