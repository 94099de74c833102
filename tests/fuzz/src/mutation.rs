//! Mutations of a check that leave it a check: of the bytes of one base64url member, of the
//! authenticator data within an attestation object, of what the relying party wants.

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzzer_mutate;
use portcullis_core::fuzzing;
use serde_json::{Value, json};

/// Members that carry bytes.
const BINARY: &[&str] = &[
    "/response/response/clientDataJSON",
    "/response/response/attestationObject",
    "/response/response/authenticatorData",
    "/response/response/signature",
    "/response/response/userHandle",
    "/response/id",
    "/response/rawId",
    "/credential/id",
    "/credential/publicKey",
    "/challenge",
    "/userHandle",
];

/// What a relying party may want, each beside the others.
const WISHES: &[(&str, &str)] = &[
    ("userVerification", r#""required""#),
    ("userVerification", r#""discouraged""#),
    ("crossOrigin", "true"),
    ("topOrigins", r#"["https://example.com"]"#),
    ("algorithms", "[-7,-8,-257]"),
    ("formats", r#"["none","packed","compound"]"#),
    ("mediation", r#""conditional""#),
    ("attestation", r#"{"policy":"ignore"}"#),
    (
        "attestation",
        r#"{"policy":"verify","time":"2026-01-01T00:00:00Z"}"#,
    ),
    ("attestation", r#"{"policy":"trusted","roots":[]}"#),
    ("attestation", r#"{"androidKeyTee":true}"#),
    ("counter", r#""report""#),
    ("backup", r#""report""#),
    ("discoverable", "true"),
    ("userHandle", r#""dXNlcg""#),
    ("allowCredentials", r#"["dXNlcg"]"#),
    ("existingCredentials", r#"["dXNlcg"]"#),
    ("appId", r#""https://example.org/appid""#),
];

/// Choices that follow from libFuzzer's seed, so that a run can be repeated (xorshift32).
struct Choices(u32);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        usize::try_from(self.0).map_or(0, |number| number % count)
    }
}

/// The custom mutator: changes `data[..size]` in place and returns the new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut choices = Choices(seed | 1);
    let mutated = serde_json::from_slice(&data[..size])
        .ok()
        .and_then(|check: Value| mutate_check(check, &mut choices));
    match mutated.map(|check| check.to_string()) {
        Some(text) if text.len() <= max_size => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

fn mutate_check(mut check: Value, choices: &mut Choices) -> Option<Value> {
    match choices.below(8) {
        // Also the text itself, now and then.
        0 => return None,
        1 => {
            let (name, wish) = WISHES[choices.below(WISHES.len())];
            let wish = serde_json::from_str(wish).expect("a wish is JSON");
            check.as_object_mut()?.insert(name.to_owned(), wish);
        }
        2 => {
            let members = check.as_object_mut()?;
            let name = members
                .keys()
                .nth(choices.below(members.len().max(1)))?
                .clone();
            members.remove(&name);
        }
        _ => {
            let present: Vec<_> = BINARY
                .iter()
                .filter(|pointer| check.pointer(pointer).is_some_and(Value::is_string))
                .collect();
            let pointer = present.get(choices.below(present.len().max(1)))?;
            let member = check.pointer_mut(pointer)?;
            let bytes = Base64UrlUnpadded::decode_vec(member.as_str()?).ok()?;
            let bytes = if pointer.ends_with("attestationObject") && choices.below(2) == 0 {
                mutate_authenticator_data(&bytes, choices)?
            } else {
                mutate_bytes(&bytes, choices)
            };
            *member = json!(Base64UrlUnpadded::encode_string(&bytes));
        }
    }
    Some(check)
}

/// Keeps the CBOR around the authenticator data what it was.
fn mutate_authenticator_data(object: &[u8], choices: &mut Choices) -> Option<Vec<u8>> {
    let (_, data) = fuzzing::attestation_object(object).ok()?;
    if data.is_empty() {
        return None;
    }
    let start = object
        .windows(data.len())
        .position(|window| window == data)?;
    let head = start.checked_sub(byte_string_head(data.len())?.len())?;
    let mutated = mutate_bytes(data, choices);
    let before = object.get(..head)?;
    let after = object.get(start + data.len()..)?;
    Some([before, &byte_string_head(mutated.len())?, &mutated, after].concat())
}

/// The shortest head of a CBOR byte string.
fn byte_string_head(length: usize) -> Option<Vec<u8>> {
    let length = u16::try_from(length).ok()?;
    let [high, low] = length.to_be_bytes();
    Some(match length {
        0..=23 => vec![0x40 | low],
        24..=255 => vec![0x58, low],
        _ => vec![0x59, high, low],
    })
}

/// One of libFuzzer's own mutations; in every second case of a kind that leaves the length, and with it
/// the lengths written in CBOR and DER, as it was.
fn mutate_bytes(bytes: &[u8], choices: &mut Choices) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    if !bytes.is_empty() && choices.below(2) == 0 {
        let start = choices.below(bytes.len());
        let end = bytes.len().min(start + 1 + choices.below(8));
        let size = end - start;
        let _shorter = fuzzer_mutate(&mut mutated[start..end], size, size);
        return mutated;
    }
    mutated.resize(bytes.len() + 32, 0);
    let capacity = mutated.len();
    let size = fuzzer_mutate(&mut mutated, bytes.len(), capacity);
    mutated.truncate(size);
    mutated
}
