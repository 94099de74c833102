use serde_json::{Value, json};

use super::{
    Mistakes, bytes, changed, good_registration, good_sign_in, hex, indexed, padded, standard,
    twice, with_indexed,
};
use crate::{
    cbor::Cbor,
    encoding::{base64url, sha256},
};

/// What becomes of a member.
type Change = fn(&Value) -> Value;

fn respond(change: impl FnOnce(&mut Value)) -> Value {
    changed(good_sign_in(), |check| change(&mut check["response"]))
}

fn register(change: impl FnOnce(&mut Value)) -> Value {
    changed(good_registration(), |check| change(&mut check["response"]))
}

fn rename(object: &mut Value, names: &[(&str, &str)]) {
    let Some(members) = object.as_object_mut() else {
        return;
    };
    for (from, to) in names {
        if let Some(value) = members.remove(*from) {
            members.insert((*to).to_owned(), value);
        }
    }
}

pub(super) fn add(mistakes: &mut Mistakes) {
    shapes(mistakes);
    values(mistakes);
    ids(mistakes);
}

fn shapes(mistakes: &mut Mistakes) {
    mistakes.proven(
        "response_empty",
        "JSON.stringify without toJSON",
        &register(|r| *r = json!({})),
    );
    mistakes.proven(
        "response_missing",
        "the promise was not awaited, or nothing came",
        &respond(|r| *r = json!(null)),
    );
    mistakes.proven(
        "response_is_text",
        "stringified twice",
        &respond(|r| *r = json!(r.to_string())),
    );
    mistakes.proven(
        "response_wrapped",
        "inside another object",
        &respond(|r| *r = json!({"credential": r.clone()})),
    );
    mistakes.proven(
        "response_wrapped",
        "in a list",
        &respond(|r| *r = json!([r.clone()])),
    );
    mistakes.proven(
        "response_wrapped",
        "as Android's Credential Manager hands it over",
        &register(|r| *r = json!({"registrationResponseJson": r.to_string()})),
    );
    mistakes.proven(
        "response_is_text",
        "the inner object stringified",
        &respond(|r| r["response"] = json!(r["response"].to_string())),
    );
    mistakes.proven(
        "value_lost",
        "an object joined into a text",
        &respond(|r| *r = json!("[object Object]")),
    );
    mistakes.proven(
        "names_apple",
        "ASAuthorization's names",
        &register(|r| {
            *r = json!({
                "credentialID": r["id"],
                "rawClientDataJSON": r["response"]["clientDataJSON"],
                "rawAttestationObject": r["response"]["attestationObject"],
            });
        }),
    );
    mistakes.proven(
        "response_type_other",
        "the client data's type in the response",
        &respond(|r| r["type"] = json!("webauthn.get")),
    );
    mistakes.proven(
        "client_data_swapped",
        "client data in both places",
        &register(|r| {
            r["response"]["attestationObject"] = r["response"]["clientDataJSON"].clone();
        }),
    );
    mistakes.proven(
        "buffers_lost",
        "only the inner object is empty",
        &register(|r| r["response"] = json!({})),
    );
    mistakes.proven(
        "buffers_lost",
        "buffers became {}",
        &register(|r| {
            r["rawId"] = json!({});
            r["response"] = json!({"clientDataJSON": {}, "attestationObject": {}});
        }),
    );
    mistakes.proven(
        "response_flattened",
        "without the inner object",
        &respond(|r| {
            let inner = r["response"].clone();
            rename(r, &[("response", "x")]);
            for (name, value) in inner.as_object().expect("an object") {
                r[name] = value.clone();
            }
        }),
    );
    mistakes.proven(
        "names_snake_case",
        "Python's names",
        &register(|r| {
            rename(
                &mut r["response"],
                &[
                    ("clientDataJSON", "client_data_json"),
                    ("attestationObject", "attestation_object"),
                ],
            );
            rename(r, &[("rawId", "raw_id")]);
        }),
    );
    mistakes.proven(
        "names_dotnet",
        ".NET's names",
        &respond(|r| {
            rename(
                &mut r["response"],
                &[
                    ("clientDataJSON", "ClientDataJson"),
                    ("authenticatorData", "AuthenticatorData"),
                    ("signature", "Signature"),
                ],
            );
            rename(
                r,
                &[("rawId", "RawId"), ("id", "Id"), ("response", "Response")],
            );
        }),
    );
    mistakes.proven(
        "names_dotnet",
        "one name in another case",
        &respond(|r| rename(&mut r["response"], &[("clientDataJSON", "clientDataJson")])),
    );
    mistakes.proven(
        "member_missing",
        "type lost by JSON.stringify",
        &respond(|r| rename(r, &[("type", "x")])),
    );
    mistakes.proven(
        "member_missing",
        "no attestation object",
        &register(|r| rename(&mut r["response"], &[("attestationObject", "x")])),
    );
    let registration = good_registration()["response"].clone();
    mistakes.proven(
        "response_of_registration",
        "a registration judged as a sign-in",
        &respond(|r| *r = registration),
    );
    let sign_in = good_sign_in()["response"].clone();
    mistakes.proven(
        "response_of_sign_in",
        "a sign-in judged as a registration",
        &register(|r| *r = sign_in),
    );
    mistakes.proven(
        "client_data_swapped",
        "client data and authenticator data in each other's place",
        &respond(|r| {
            let inner = &mut r["response"];
            let client_data = inner["clientDataJSON"].clone();
            inner["clientDataJSON"] = inner["authenticatorData"].clone();
            inner["authenticatorData"] = client_data;
        }),
    );
}

fn values(mistakes: &mut Mistakes) {
    let put = |name: &str, change: fn(&Value) -> Value| {
        let good = if name == "attestationObject" {
            good_registration()
        } else {
            good_sign_in()
        };
        changed(good, |check| {
            let member = &mut check["response"]["response"][name];
            *member = change(member);
        })
    };
    let cases: [(&'static str, &str, &str, Change); 29] = [
        (
            "value_with_blanks",
            "clientDataJSON",
            "in lines, as MIME has them",
            |v| {
                let text = v.as_str().expect("a text");
                json!(format!("{}\r\n{}", &text[..76], &text[76..]))
            },
        ),
        (
            "value_plus_lost",
            "attestationObject",
            "through a form that was not escaped",
            |v| json!(standard(v.as_str().expect("a text")).replace('+', " ")),
        ),
        (
            "value_percent_encoded",
            "signature",
            "escaped for an address",
            |v| {
                let text = standard(v.as_str().expect("a text"));
                json!(
                    text.replace('+', "%2B")
                        .replace('/', "%2F")
                        .replace('=', "%3D")
                )
            },
        ),
        (
            "bytes_as_array",
            "attestationObject",
            "a list of numbers",
            |v| json!(bytes(v)),
        ),
        (
            "bytes_as_buffer",
            "authenticatorData",
            "a Buffer",
            |v| json!({"type": "Buffer", "data": bytes(v)}),
        ),
        (
            "bytes_as_numbers",
            "clientDataJSON",
            "numbers with commas",
            |v| {
                json!(
                    bytes(v)
                        .iter()
                        .map(u8::to_string)
                        .collect::<Vec<_>>()
                        .join(",")
                )
            },
        ),
        (
            "value_data_url",
            "attestationObject",
            "of a FileReader",
            |v| {
                let base64 = padded(&standard(v.as_str().expect("a text")));
                json!(format!("data:application/octet-stream;base64,{base64}"))
            },
        ),
        ("value_data_url", "clientDataJSON", "of a FileReader", |v| {
            let base64 = padded(&standard(v.as_str().expect("a text")));
            json!(format!("data:application/octet-stream;base64,{base64}"))
        }),
        (
            "client_data_utf16",
            "clientDataJSON",
            "as UTF-16 with a mark",
            |v| utf16(v, &[0xff, 0xfe], u16::to_le_bytes),
        ),
        (
            "client_data_utf16",
            "clientDataJSON",
            "as .NET's Unicode",
            |v| utf16(v, &[], u16::to_le_bytes),
        ),
        (
            "client_data_utf16",
            "clientDataJSON",
            "as UTF-16, big-endian",
            |v| utf16(v, &[], u16::to_be_bytes),
        ),
        ("value_padded", "authenticatorData", "with padding", |v| {
            json!(padded(v.as_str().expect("a text")))
        }),
        ("value_standard_base64", "signature", "in base64", |v| {
            json!(standard(v.as_str().expect("a text")))
        }),
        (
            "value_hexadecimal",
            "attestationObject",
            "in hexadecimal",
            |v| json!(hex(&bytes(v))),
        ),
        (
            "value_hexadecimal",
            "authenticatorData",
            "in hexadecimal",
            |v| json!(hex(&bytes(v))),
        ),
        (
            "value_hexadecimal",
            "clientDataJSON",
            "in hexadecimal",
            |v| json!(hex(&bytes(v))),
        ),
        (
            "value_encoded_twice",
            "attestationObject",
            "encoded twice",
            twice,
        ),
        (
            "value_encoded_twice",
            "authenticatorData",
            "encoded twice",
            twice,
        ),
        (
            "value_encoded_twice",
            "clientDataJSON",
            "encoded twice",
            twice,
        ),
        ("value_lost", "clientDataJSON", "as a text", |_| {
            json!("[object ArrayBuffer]")
        }),
        ("member_missing", "clientDataJSON", "empty", |_| json!("")),
        ("value_cut", "attestationObject", "cut", |v| {
            json!(base64url(&bytes(v)[..80]))
        }),
        (
            "value_trailing_bytes",
            "attestationObject",
            "in a larger buffer",
            |v| json!(base64url(&[&bytes(v)[..], &[0; 16]].concat())),
        ),
        (
            "value_through_text",
            "attestationObject",
            "read as UTF-8",
            |v| json!(base64url(String::from_utf8_lossy(&bytes(v)).as_bytes())),
        ),
        (
            "value_through_text",
            "attestationObject",
            "each byte a character of UTF-8",
            |v| {
                let latin: String = bytes(v).iter().copied().map(char::from).collect();
                json!(base64url(latin.as_bytes()))
            },
        ),
        (
            "value_through_text",
            "authenticatorData",
            "read as UTF-8",
            |v| json!(base64url(String::from_utf8_lossy(&bytes(v)).as_bytes())),
        ),
        (
            "value_cbor_byte_string",
            "authenticatorData",
            "as CTAP sends them",
            |v| json!(base64url(&Cbor::Bytes(bytes(v)).encode())),
        ),
        (
            "client_data_not_encoded",
            "clientDataJSON",
            "the JSON itself",
            |v| json!(String::from_utf8(bytes(v)).expect("JSON")),
        ),
        (
            "client_data_not_encoded",
            "clientDataJSON",
            "the parsed object",
            |v| serde_json::from_slice(&bytes(v)).expect("JSON"),
        ),
    ];
    for (code, name, form, change) in cases {
        mistakes.proven(code, &format!("{name} {form}"), &put(name, change));
    }
    for (what, hashed) in [
        ("the RP ID's hash alone", None),
        ("a hash of it", Some("authenticatorData")),
    ] {
        mistakes.likely(
            "authenticator_data_is_hash",
            what,
            &respond(|r| {
                let data = &r["response"]["authenticatorData"];
                let hash = match hashed {
                    None => sha256(&[super::RP_ID.as_bytes()]),
                    Some(_) => sha256(&[&bytes(data)]),
                };
                r["response"]["authenticatorData"] = json!(base64url(&hash));
            }),
        );
    }
    let check = with_indexed(&put("attestationObject", |v| indexed(&bytes(v))));
    mistakes.add(
        "bytes_as_indexed_object",
        "attestationObject as numbered members",
        true,
        check,
    );
    mistakes.proven(
        "attestation_object_is_authenticator_data",
        "getAuthenticatorData in place of attestationObject",
        &register(|r| {
            let (_, made) = crate::authenticator::Authenticator::new("mistakes").make(
                super::RP_ID,
                super::USER,
                super::CHALLENGE,
                super::ORIGIN,
            );
            r["response"]["attestationObject"] =
                json!(base64url(&made.authenticator_data.encode()));
        }),
    );
}

/// The client data in UTF-16.
fn utf16(value: &Value, mark: &[u8], to_bytes: fn(u16) -> [u8; 2]) -> Value {
    let text = String::from_utf8(bytes(value)).expect("JSON");
    let units = text.encode_utf16().flat_map(to_bytes);
    let bytes: Vec<u8> = mark.iter().copied().chain(units).collect();
    json!(base64url(&bytes))
}

fn ids(mistakes: &mut Mistakes) {
    let cases: [(&str, Change); 4] = [
        ("rawId in hexadecimal", |id| json!(hex(&bytes(id)))),
        ("rawId encoded twice", twice),
        ("rawId in base64", |id| {
            json!(standard(id.as_str().expect("a text")))
        }),
        ("rawId of another credential", |_| json!("b3RoZXI")),
    ];
    for (name, change) in cases {
        mistakes.proven(
            "id_not_raw_id",
            name,
            &register(|r| r["rawId"] = change(&r["id"])),
        );
    }
    mistakes.likely(
        "value_padded",
        "both ids with padding",
        &respond(|r| {
            let id = json!(padded(r["id"].as_str().expect("a text")));
            r["id"] = id.clone();
            r["rawId"] = id;
        }),
    );
    mistakes.proven(
        "buffers_lost",
        "rawId alone became {}",
        &respond(|r| r["rawId"] = json!({})),
    );
}
