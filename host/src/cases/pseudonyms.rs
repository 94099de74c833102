//! What leaves a case before it is written.
//!
//! - Credential ids and the user handle become pseudonyms of their length, the same each time while the secret
//!   stays, so that cases of one passkey can be recognised.
//! - Members that WebAuthn's JSON does not name keep their names and lose their values; client extension results
//!   become empty. There is no token and no account name in a check.
//!
//! What cannot be replaced, because a signature or a hash covers it: the client data (challenge, origin, whatever
//! the browser adds), the authenticator data with their counter, the public key, the attestation, and in a
//! registration whose attestation is signed the credential's id. Client data that hold the challenge token are
//! left out, and with them what depends on them.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Value, json};

use super::Known;
use crate::encoding::{base64url, bytes_from_base64url};
use crate::token::keys::KeySource;

/// Derives pseudonyms from the host's secret.
pub(super) struct Pseudonyms(KeySource);

/// How ids are written, rightly and wrongly.
const SPELLINGS: [fn(&[u8]) -> String; 4] = [
    base64url,
    |bytes| BASE64_URL_SAFE.encode(bytes),
    |bytes| BASE64_STANDARD.encode(bytes),
    |bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
];

/// `"fmt": "none"` in CBOR: an attestation object that nothing signs.
const FMT_NONE: &[u8] = b"\x63fmt\x64none";

impl Pseudonyms {
    pub(super) const fn new(keys: KeySource) -> Self {
        Self(keys)
    }

    /// The check, with pseudonyms in it.
    pub(super) fn replace(&self, mut known: Known, response: &str, token: &str) -> Known {
        let mut response = serde_json::from_str(response).unwrap_or(Value::Null);
        let is_registration = known.get("kind") == Some(&json!("registration"));
        let ids: Vec<Vec<u8>> = [&response["id"], &response["rawId"]]
            .into_iter()
            .chain(known.get("credential").map(|record| &record["id"]))
            .filter_map(|id| bytes_from_base64url(id.as_str()?))
            .filter(|id| !id.is_empty())
            .collect();
        let replacing = Replacing {
            pseudonyms: self,
            keeps_ids: is_registration && !is_unsigned(&response),
            is_registration,
            ids,
            token,
        };
        replacing.response(&mut response);
        known.insert("response".to_owned(), response);
        if let Some(handle) = known.get_mut("userHandle") {
            replacing.handle(handle);
        }
        if let Some(id) = known
            .get_mut("credential")
            .and_then(|record| record.get_mut("id"))
        {
            replacing.id(id);
        }
        for list in ["allowCredentials", "existingCredentials"] {
            let ids = known.get_mut(list).and_then(Value::as_array_mut);
            for id in ids.into_iter().flatten() {
                replacing.id(id);
            }
        }
        known
    }

    /// As many bytes, which say nothing of those that they stand for.
    fn of(&self, kind: &[u8], value: &[u8]) -> Vec<u8> {
        let mut pseudonym = vec![0; value.len()];
        for (block, bytes) in (0_u32..).zip(pseudonym.chunks_mut(32)) {
            let label: [&[u8]; 4] = [b"case ", kind, &block.to_be_bytes(), value];
            let derived = self.0.derive::<32>(&label);
            bytes.copy_from_slice(derived.get(..bytes.len()).unwrap_or_default());
        }
        pseudonym
    }
}

/// Whether a registration's attestation object holds nothing that is signed.
fn is_unsigned(response: &Value) -> bool {
    let object = response["response"]["attestationObject"].as_str();
    object
        .and_then(bytes_from_base64url)
        .is_some_and(|object| object.windows(FMT_NONE.len()).any(|part| part == FMT_NONE))
}

struct Replacing<'a> {
    pseudonyms: &'a Pseudonyms,
    /// The id is signed, so it stays the same everywhere.
    keeps_ids: bool,
    is_registration: bool,
    /// The ids that were sent or stored.
    ids: Vec<Vec<u8>>,
    token: &'a str,
}

impl Replacing<'_> {
    fn response(&self, response: &mut Value) {
        if let Value::String(text) = response {
            // JSON within a JSON string.
            let mut inner = serde_json::from_str(text).unwrap_or(Value::Null);
            self.member("response", &mut inner);
            *text = inner.to_string();
        } else {
            self.member("response", response);
        }
    }

    /// The depth is bounded: that of JSON which was parsed.
    fn member(&self, name: &str, value: &mut Value) {
        match name.replace('_', "").to_ascii_lowercase().as_str() {
            "id" | "rawid" => self.id(value),
            "userhandle" => self.handle(value),
            "clientdatajson" => self.client_data(value),
            "attestationobject" => self.attested(value),
            "authenticatordata" if self.is_registration => self.attested(value),
            "authenticatordata" | "signature" => {}
            "type" | "authenticatorattachment" | "transports" | "publickeyalgorithm" => {}
            "clientextensionresults" => {
                if !value.is_null() {
                    *value = json!({});
                }
            }
            _ => match value {
                Value::Object(members) => {
                    for (name, value) in members {
                        self.member(name, value);
                    }
                }
                Value::Array(list) => list.iter_mut().for_each(|value| self.member("", value)),
                Value::String(text) => text.clear(),
                Value::Number(number) => *number = 0.into(),
                Value::Bool(_) | Value::Null => {}
            },
        }
    }

    fn id(&self, value: &mut Value) {
        let Value::String(text) = value else {
            return self.member("", value);
        };
        if self.keeps_ids {
            return;
        }
        let spelled = SPELLINGS.iter().find_map(|spelling| {
            let id = self.ids.iter().find(|id| spelling(id) == *text)?;
            Some(spelling(&self.pseudonyms.of(b"id", id)))
        });
        *text = spelled
            .or_else(|| {
                let id = bytes_from_base64url(text)?;
                Some(base64url(&self.pseudonyms.of(b"id", &id)))
            })
            .unwrap_or_default();
    }

    fn handle(&self, value: &mut Value) {
        let Value::String(text) = value else {
            return self.member("", value);
        };
        *text = bytes_from_base64url(text)
            .map(|handle| base64url(&self.pseudonyms.of(b"user", &handle)))
            .unwrap_or_default();
    }

    fn client_data(&self, value: &mut Value) {
        let text = value.to_string();
        let decoded = value
            .as_str()
            .and_then(bytes_from_base64url)
            .unwrap_or_default();
        let decoded = String::from_utf8_lossy(&decoded);
        let encoded = base64url(self.token.as_bytes());
        let holds =
            |token: &str| !token.is_empty() && (text.contains(token) || decoded.contains(token));
        if holds(self.token) || holds(&encoded) {
            *value = json!("");
        }
    }

    /// The id within attested credential data, behind its length in two bytes.
    fn attested(&self, value: &mut Value) {
        let Value::String(text) = value else { return };
        if self.keeps_ids {
            return;
        }
        let Some(mut bytes) = bytes_from_base64url(text) else {
            return;
        };
        for id in &self.ids {
            let Ok(length) = u16::try_from(id.len()) else {
                continue;
            };
            let with_length = |id: &[u8]| [&length.to_be_bytes(), id].concat();
            let (from, to) = (with_length(id), with_length(&self.pseudonyms.of(b"id", id)));
            let at = bytes.windows(from.len()).position(|part| part == from);
            if let Some(place) = at.and_then(|at| bytes.get_mut(at..)?.get_mut(..to.len())) {
                place.copy_from_slice(&to);
            }
        }
        *text = base64url(&bytes);
    }
}
