use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Mistakes, bytes, changed, good_sign_in, hex, indexed, padded, registration, sign_in, standard,
    twice, with_indexed,
};
use crate::{
    authenticator::{Authenticator, Passkey},
    cbor::Cbor,
    encoding::base64url,
    keys::{CredentialKey, Ed25519, Es256, Es384, Rsa, RsaHash},
};

/// The coordinates of a passkey's point.
fn point(passkey: &Passkey) -> (Vec<u8>, Vec<u8>) {
    crate::w3c::coordinates(passkey.key.as_ref())
}

fn stored(change: impl FnOnce(&Passkey) -> Value) -> Value {
    sign_in(|made| made.record["publicKey"] = change(&made.passkey))
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = standard(&base64url(der));
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| core::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

pub(super) fn add(mistakes: &mut Mistakes) {
    encodings(mistakes);
    structures(mistakes);
    keys(mistakes);
}

fn encodings(mistakes: &mut Mistakes) {
    let good = good_sign_in()["credential"]["publicKey"].clone();
    let text = good.as_str().expect("a text");
    let raw = bytes(&good);
    let say = |value: Value| {
        changed(good_sign_in(), |check| {
            check["credential"]["publicKey"] = value;
        })
    };
    mistakes.proven(
        "public_key_standard_base64",
        "in base64",
        &say(json!(standard(text))),
    );
    mistakes.proven(
        "public_key_padded",
        "with padding",
        &say(json!(padded(text))),
    );
    mistakes.proven(
        "public_key_hexadecimal",
        "in hexadecimal",
        &say(json!(hex(&raw))),
    );
    mistakes.proven(
        "public_key_encoded_twice",
        "encoded twice",
        &say(twice(&good)),
    );
    let lines = format!("{}\r\n{}\r\n", &text[..64], &text[64..]);
    mistakes.proven(
        "public_key_changed_in_transit",
        "in lines, as PHP's chunk_split writes it",
        &say(json!(lines)),
    );
    mistakes.proven("public_key_array", "a list of numbers", &say(json!(raw)));
    let signed: Vec<i16> = raw
        .iter()
        .map(|byte| i16::from(byte.cast_signed()))
        .collect();
    mistakes.proven(
        "public_key_array",
        "a list of signed bytes",
        &say(json!(signed)),
    );
    let numbers: Vec<String> = raw.iter().map(u8::to_string).collect();
    mistakes.proven(
        "public_key_array",
        "numbers with commas between",
        &say(json!(numbers.join(","))),
    );
    mistakes.proven(
        "public_key_buffer",
        "a Buffer",
        &say(json!({"type": "Buffer", "data": raw})),
    );
    let check = with_indexed(&say(indexed(&raw)));
    mistakes.add("public_key_array", "numbered members", true, check);
    let signed: Vec<String> = signed.iter().map(i16::to_string).collect();
    mistakes.proven(
        "public_key_array",
        "signed numbers in brackets, as Kotlin prints them",
        &say(json!(format!("[{}]", signed.join(", ")))),
    );
    mistakes.proven(
        "public_key_hexadecimal",
        "as PostgreSQL prints bytea",
        &say(json!(format!("\\x{}", hex(&raw)))),
    );
    mistakes.proven(
        "public_key_changed_in_transit",
        "in Python's b'...'",
        &say(json!(format!("b'{text}'"))),
    );
    let latin: String = raw.iter().copied().map(char::from).collect();
    mistakes.proven(
        "public_key_changed_in_transit",
        "each byte a character of UTF-8",
        &say(json!(base64url(latin.as_bytes()))),
    );
    mistakes.proven(
        "value_through_text",
        "read as UTF-8",
        &say(json!(base64url(String::from_utf8_lossy(&raw).as_bytes()))),
    );
    mistakes.proven("public_key_missing", "nothing", &say(json!(null)));
    mistakes.proven(
        "public_key_missing",
        "an ArrayBuffer through JSON",
        &say(json!({})),
    );
    mistakes.likely(
        "public_key_cut",
        "cut by a column",
        &say(json!(base64url(&raw[..64]))),
    );
}

fn structures(mistakes: &mut Mistakes) {
    let info = |passkey: &Passkey| {
        let (x, y) = point(passkey);
        Es256::info(&x, &y)
    };
    mistakes.proven(
        "public_key_spki",
        "SubjectPublicKeyInfo",
        &stored(|passkey| json!(base64url(&info(passkey)))),
    );
    mistakes.proven(
        "public_key_spki",
        "SubjectPublicKeyInfo in base64",
        &stored(|passkey| json!(standard(&base64url(&info(passkey))))),
    );
    mistakes.proven(
        "public_key_pem",
        "PEM",
        &stored(|passkey| json!(pem("PUBLIC KEY", &info(passkey)))),
    );
    mistakes.proven(
        "public_key_is_private",
        "a private key",
        &stored(|_| json!(pem("PRIVATE KEY", &[0x30, 0]))),
    );
    mistakes.proven(
        "public_key_ssh",
        "a key of OpenSSH",
        &stored(|_| json!("ecdsa-sha2-nistp256 AAAAE2VjZHNh me@host")),
    );
    mistakes.likely(
        "public_key_compressed_point",
        "a compressed point",
        &stored(|passkey| {
            let (x, y) = point(passkey);
            json!(base64url(&[&[2 | (y[31] & 1)], &x[..]].concat()))
        }),
    );
    let jwk = |passkey: &Passkey| {
        let (x, y) = point(passkey);
        json!({"kty": "EC", "crv": "P-256", "x": base64url(&x), "y": base64url(&y)})
    };
    mistakes.proven("public_key_jwk", "a JWK", &stored(jwk));
    mistakes.proven(
        "public_key_jwk",
        "a JWK, encoded",
        &stored(|passkey| json!(base64url(jwk(passkey).to_string().as_bytes()))),
    );
    mistakes.proven(
        "public_key_raw_point",
        "the uncompressed point",
        &stored(|passkey| {
            let (x, y) = point(passkey);
            json!(base64url(&[&[4][..], &x, &y].concat()))
        }),
    );
    mistakes.proven(
        "public_key_raw_point",
        "x and y alone, in hexadecimal",
        &stored(|passkey| {
            let (x, y) = point(passkey);
            json!(hex(&[x, y].concat()))
        }),
    );
    mistakes.proven(
        "public_key_cbor_byte_string",
        "a COSE key in a CBOR byte string",
        &stored(|passkey| {
            json!(base64url(
                &Cbor::Bytes(passkey.key.cose_key().encode()).encode()
            ))
        }),
    );
    let (_, made) = Authenticator::new("mistakes").make(
        super::RP_ID,
        super::USER,
        super::CHALLENGE,
        super::ORIGIN,
    );
    let data = made.authenticator_data.encode();
    mistakes.proven(
        "public_key_attested_credential_data",
        "the attested credential data",
        &stored(|_| json!(base64url(&data[37..]))),
    );
    mistakes.proven(
        "public_key_authenticator_data",
        "the authenticator data",
        &stored(|_| json!(base64url(&data))),
    );
    mistakes.proven(
        "public_key_attestation_object",
        "the attestation object",
        &stored(|_| json!(base64url(&made.attestation_object().encode()))),
    );
    mistakes.proven(
        "public_key_certificate",
        "a certificate of the key",
        &sign_in(|made| {
            let mut scene = crate::scene::Scene::new();
            scene.passkey = made.passkey.clone();
            let certificate = scene.sign(&scene.own_certificate()).remove(0);
            made.record["publicKey"] = json!(base64url(&certificate));
        }),
    );
    mistakes.proven(
        "public_key_spki",
        "an RSA key's SubjectPublicKeyInfo",
        &sign_in(|made| {
            made.assertion.key = Arc::new(Rsa {
                hash: RsaHash::Sha256,
            });
            made.record["publicKey"] = json!(base64url(&Rsa::public_key_info()));
        }),
    );
    for (name, key) in [
        (
            "an RSAPublicKey in PEM",
            json!(pem("RSA PUBLIC KEY", &Rsa::public_key_info()[24..])),
        ),
        (
            "an RSAPublicKey",
            json!(base64url(&Rsa::public_key_info()[24..])),
        ),
    ] {
        mistakes.proven(
            "public_key_pkcs1",
            name,
            &sign_in(|made| {
                made.assertion.key = Arc::new(Rsa {
                    hash: RsaHash::Sha256,
                });
                made.record["publicKey"] = key;
            }),
        );
    }
    mistakes.proven(
        "public_key_raw_point",
        "an Ed25519 key's 32 bytes",
        &sign_in(|made| {
            let key = Ed25519::from_secret(&[9; 32]);
            let Some((_, Cbor::Bytes(x))) = key.cose_key().members_mut().pop() else {
                panic!("x is the last member");
            };
            made.record["publicKey"] = json!(base64url(&x));
            made.assertion.key = Arc::new(key);
        }),
    );
    mistakes.likely(
        "public_key_spki",
        "SubjectPublicKeyInfo of another passkey",
        &stored(|_| json!(base64url(&Es256::from_secret(&[3; 32]).public_key_info()))),
    );
}

fn keys(mistakes: &mut Mistakes) {
    let credential = |key: Cbor| {
        registration(|made| {
            let attested = &mut made.registration.authenticator_data.attested;
            attested.as_mut().expect("a credential").public_key = key;
        })
    };
    let set = |label: i64, value: Cbor| {
        let mut key = Es256::from_secret(&[4; 32]).cose_key();
        for (name, member) in key.members_mut() {
            if *name == Cbor::Int(label) {
                *member = value.clone();
            }
        }
        key
    };
    mistakes.proven(
        "point_off_curve",
        "y is another number",
        &credential(set(-3, Cbor::bytes([7; 32]))),
    );
    mistakes.proven(
        "key_and_algorithm_differ",
        "an EC key that says RS256",
        &credential(set(3, Cbor::Int(-257))),
    );
    mistakes.proven(
        "key_and_algorithm_differ",
        "the record's key says RS256",
        &sign_in(|made| {
            let mut key = made.passkey.key.cose_key();
            for (name, member) in key.members_mut() {
                if *name == Cbor::Int(3) {
                    *member = Cbor::Int(-257);
                }
            }
            made.record["publicKey"] = json!(base64url(&key.encode()));
        }),
    );
    mistakes.proven(
        "algorithm_not_offered",
        "ES384 where only ES256 was offered",
        &registration(|made| {
            let attested = &mut made.registration.authenticator_data.attested;
            let key = Es384::from_secret(&[5; 48]).cose_key();
            attested.as_mut().expect("a credential").public_key = key;
            made.policy = json!({"algorithms": [-7]});
        }),
    );
    mistakes.proven(
        "public_key_of_another_credential",
        "the record of another passkey of the account",
        &sign_in(|made| {
            let right = made.record.clone();
            made.record["publicKey"] =
                json!(base64url(&Es256::from_secret(&[6; 32]).cose_key().encode()));
            let other = json!({"id": "b3RoZXI", "publicKey": made.record["publicKey"]});
            made.policy = json!({"credentials": [other, right]});
        }),
    );
}
