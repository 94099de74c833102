//! The records that other libraries keep of credentials.
//!
//! A line is an account: a name, a user handle, and `credentials`, each as its library documents it. What
//! the libraries call the same things is in one table.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use clap::ValueEnum;
use portcullis_core::Aaguid;
use rocket::time::OffsetDateTime;
use rocket::time::format_description::well_known::Rfc3339;
use serde_json::Value;

use super::key;
use crate::account::{Username, username};
use crate::cli::record::{check, new_credential};
use crate::encoding::from_hex;
use crate::store::{Account, Credential, CredentialState, Import, UserHandle};

/// Padded or not.
const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER);

/// A library whose records can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Library {
    BetterAuth,
    #[value(name = "simplewebauthn")]
    SimpleWebAuthn,
    #[value(name = "go-webauthn")]
    GoWebAuthn,
    #[value(name = "webauthn-rs")]
    WebAuthnRs,
    #[value(name = "py_webauthn")]
    PyWebAuthn,
    JavaWebauthnServer,
}

/// Where a record has what: paths of members, the first that is there counts.
struct Names {
    id: &'static [&'static str],
    public_key: &'static [&'static str],
    sign_count: &'static [&'static str],
    /// A truth value.
    backup_eligible: &'static [&'static str],
    /// A word that says the same: single or multi device.
    device_type: &'static [&'static str],
    backup_state: &'static [&'static str],
    user_verified: &'static [&'static str],
    transports: &'static [&'static str],
    aaguid: &'static [&'static str],
    format: &'static [&'static str],
    user_handle: &'static [&'static str],
}

/// What every record may have beside.
const NAME: &[&str] = &["name", "nickname", "label"];
const CREATED: &[&str] = &["createdAt", "created_at", "created", "registrationTime"];
const LAST_USED: &[&str] = &["lastUsedAt", "last_used_at", "lastUsed", "last_used"];

/// What an account is described by, whatever the library.
const USERNAME: &[&str] = &["username", "userName", "user_name", "email"];
const DISPLAY_NAME: &[&str] = &["displayName", "display_name"];
const USER_HANDLE: &[&str] = &[
    "userHandle",
    "user_handle",
    "webauthnUserID",
    "webauthn_user_id",
    "webauthnID",
    "userUniqueId",
    "user_unique_id",
];

impl Library {
    const fn names(self) -> Names {
        match self {
            Self::BetterAuth => Names {
                id: &["credentialID", "credential_id"],
                public_key: &["publicKey", "public_key"],
                sign_count: &["counter"],
                backup_eligible: &[],
                device_type: &["deviceType", "device_type"],
                backup_state: &["backedUp", "backed_up"],
                user_verified: &[],
                transports: &["transports"],
                aaguid: &["aaguid"],
                format: &[],
                user_handle: &["userHandle"],
            },
            Self::SimpleWebAuthn => Names {
                id: &["id", "credentialID", "credential_id", "cred_id"],
                public_key: &[
                    "publicKey",
                    "credentialPublicKey",
                    "public_key",
                    "cred_public_key",
                ],
                sign_count: &["counter"],
                backup_eligible: &[],
                device_type: &[
                    "deviceType",
                    "credentialDeviceType",
                    "device_type",
                    "backup_eligible",
                ],
                backup_state: &[
                    "backedUp",
                    "credentialBackedUp",
                    "backed_up",
                    "backup_status",
                ],
                user_verified: &["userVerified"],
                transports: &["transports"],
                aaguid: &["aaguid"],
                format: &["fmt"],
                user_handle: &["webauthnUserID", "webauthn_user_id"],
            },
            Self::GoWebAuthn => Names {
                id: &["id"],
                public_key: &["publicKey"],
                sign_count: &["authenticator.signCount"],
                backup_eligible: &["flags.backupEligible"],
                device_type: &[],
                backup_state: &["flags.backupState"],
                user_verified: &["flags.userVerified"],
                transports: &["transport"],
                aaguid: &["authenticator.aaguid"],
                format: &["attestationFormat", "attestationType"],
                user_handle: &[],
            },
            Self::WebAuthnRs => Names {
                id: &["cred.cred_id", "cred_id"],
                public_key: &["cred.cred", "cred"],
                sign_count: &["cred.counter", "counter"],
                backup_eligible: &["cred.backup_eligible", "backup_eligible"],
                device_type: &[],
                backup_state: &["cred.backup_state", "backup_state"],
                user_verified: &["cred.user_verified", "user_verified"],
                transports: &["cred.transports", "transports"],
                aaguid: &[],
                format: &["cred.attestation_format", "attestation_format"],
                user_handle: &[],
            },
            Self::PyWebAuthn => Names {
                id: &["credential_id", "id"],
                public_key: &["credential_public_key", "public_key"],
                sign_count: &["sign_count"],
                backup_eligible: &[],
                device_type: &["credential_device_type", "device_type"],
                backup_state: &["credential_backed_up", "backed_up"],
                user_verified: &["user_verified"],
                transports: &["transports"],
                aaguid: &["aaguid"],
                format: &["fmt"],
                user_handle: &["user_handle"],
            },
            Self::JavaWebauthnServer => Names {
                id: &["credentialId"],
                public_key: &["publicKeyCose"],
                sign_count: &["signatureCount"],
                backup_eligible: &["backupEligible", "isBackupEligible"],
                device_type: &[],
                backup_state: &["backupState", "backedUp", "isBackedUp"],
                user_verified: &["userVerified"],
                transports: &["transports"],
                aaguid: &["aaguid"],
                format: &[],
                user_handle: &["userHandle"],
            },
        }
    }
}

/// An account from a line, and what its records lack.
pub(super) fn read(library: Library, line: &[u8]) -> Result<(Import, Vec<String>), String> {
    let value: Value =
        serde_json::from_slice(line).map_err(|error| format!("it is not JSON: {error}"))?;
    let names = library.names();
    let records = match find(&value, &["credentials", "passkeys"]) {
        Some(Value::Array(records)) => records.iter().collect(),
        Some(_) => return Err("`credentials` must be a list".to_owned()),
        // One record, with the account's members beside its own.
        None => vec![&value],
    };
    let name = find(&value, USERNAME)
        .and_then(Value::as_str)
        .ok_or("it has no `username`")?;
    let name = Username::parse(name).map_err(|error| format!("`username`: {error}"))?;

    let mut notes = Vec::new();
    let mut credentials = Vec::new();
    let mut handle = find(&value, USER_HANDLE).map(user_handle).transpose()?;
    for record in records {
        if let Some(own) = find(record, names.user_handle)
            .map(user_handle)
            .transpose()?
            && *handle.get_or_insert(own) != own
        {
            return Err(
                "its passkeys have different user handles; only one of them could sign in"
                    .to_owned(),
            );
        }
        credentials.push(credential(&names, record, &mut notes)?);
    }
    // An authenticator that keeps passkeys returns the handle that it was given, whatever is here.
    let handle = handle.ok_or(match library {
        Library::BetterAuth => {
            "it has no `userHandle`, and without it its passkeys could not sign in. better-auth makes one up for \
             each passkey and does not keep it; it is in the response of every sign-in"
        }
        _ => {
            "it has no `userHandle`, the `user.id` that its passkeys were made with; without it they could not \
             sign in"
        }
    })?;
    let created = credentials
        .iter()
        .map(|held| held.created)
        .min()
        .unwrap_or_default();
    let mut account = Account::new(handle, name, created);
    if let Some(shown) = find(&value, DISPLAY_NAME).and_then(Value::as_str) {
        match username::display_name(shown) {
            Ok(shown) => account.display_name = Some(shown),
            Err(error) => notes.push(format!("its display name is left out: {error}")),
        }
    }
    account.credentials = credentials;
    let import = Import::new(account, Vec::new());
    check(&import)?;
    Ok((import, notes))
}

fn credential(
    names: &Names,
    record: &Value,
    notes: &mut Vec<String>,
) -> Result<Credential, String> {
    let key = find(record, names.public_key).ok_or_else(|| missing(names.public_key))?;
    let (public_key, is_hex) = public_key(key).ok_or_else(|| {
        format!(
            "`{}` is no public key that is understood: COSE, SPKI or a point",
            names.public_key[0]
        )
    })?;
    let id = find(record, names.id).ok_or_else(|| missing(names.id))?;
    let id = bytes(id, is_hex).ok_or_else(|| format!("`{}` cannot be decoded", names.id[0]))?;
    let sign_count = match find(record, names.sign_count) {
        Some(count) => {
            number(count).ok_or_else(|| format!("`{}` is no count", names.sign_count[0]))?
        }
        None => return Err(missing(names.sign_count)),
    };
    let eligible = find(record, names.backup_eligible).and_then(truth);
    let eligible = eligible.or_else(|| find(record, names.device_type).and_then(device_type));
    // A sign-in whose flag differs from the record's is refused: a guess would lock people out.
    let eligible = eligible.ok_or_else(|| {
        let [names] = [[names.backup_eligible, names.device_type].concat()];
        missing(&names)
    })?;
    let mut lack = Vec::new();
    let backed_up = find(record, names.backup_state)
        .and_then(truth)
        .unwrap_or_else(|| {
            lack.push("backup state");
            false
        });
    let verified = find(record, names.user_verified)
        .and_then(truth)
        .unwrap_or_else(|| {
            lack.push("user verification");
            false
        });
    let state = CredentialState::new(sign_count, eligible, backed_up && eligible, verified);
    let mut credential = new_credential(id, public_key, state)?;
    match find(record, names.transports).and_then(transports) {
        Some(transports) => credential.transports = transports,
        None => lack.push("transports"),
    }
    if let Some(aaguid) = find(record, names.aaguid).and_then(aaguid) {
        credential.aaguid = aaguid;
    }
    if let Some(format) = find(record, names.format).and_then(Value::as_str)
        && !format.is_empty()
    {
        credential.attestation_format = format.to_lowercase();
    }
    let label = find(record, NAME).and_then(Value::as_str);
    credential.name = label.and_then(|label| username::display_name(label).ok());
    credential.created = find(record, CREATED).and_then(time).unwrap_or_default();
    credential.last_used = find(record, LAST_USED).and_then(time);
    if !lack.is_empty() {
        notes.push(format!("a passkey lacks: {}", lack.join(", ")));
    }
    Ok(credential)
}

fn missing(names: &[&str]) -> String {
    format!("a passkey has no `{}`", names.join("` or `"))
}

/// The first of several paths that leads to something. Go's older records begin their members with
/// capitals.
fn find<'a>(value: &'a Value, paths: &[&str]) -> Option<&'a Value> {
    let step = |value: &'a Value, name: &str| -> Option<&'a Value> {
        let members = value.as_object()?;
        members.get(name).or_else(|| {
            let mut members = members.iter();
            members.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
        })
    };
    paths.iter().find_map(|path| {
        let mut at = value;
        for name in path.split('.') {
            at = step(at, name)?;
        }
        (!at.is_null()).then_some(at)
    })
}

fn user_handle(value: &Value) -> Result<UserHandle, String> {
    let text = value.as_str().unwrap_or_default();
    let bytes = match uuid(text) {
        Some(uuid) => Some(uuid.to_vec()),
        None => bytes(value, false),
    };
    bytes
        .and_then(|bytes| UserHandle::new(&bytes))
        .ok_or_else(|| {
            "its user handle is not 1 to 64 bytes in base64url, base64 or hex".to_owned()
        })
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let is_uuid = text.len() == 36;
    is_uuid
        .then(|| text.parse::<Aaguid>().ok())
        .flatten()
        .map(Aaguid::bytes)
}

/// Bytes as JSON has them: base64url or base64, hexadecimal digits as PostgreSQL writes them (`\x…`), or
/// numbers as JavaScript does. `is_hex`: another member of the record is plain hexadecimal.
fn bytes(value: &Value, is_hex: bool) -> Option<Vec<u8>> {
    let numbers = |values: &mut dyn Iterator<Item = &Value>| -> Option<Vec<u8>> {
        values
            .map(|value| u8::try_from(value.as_u64()?).ok())
            .collect()
    };
    match value {
        Value::String(text) => {
            if let Some(digits) = text.strip_prefix("\\x") {
                return from_hex(digits);
            }
            if is_hex && let Some(bytes) = from_hex(text) {
                return Some(bytes);
            }
            let decoded = BASE64URL.decode(text).or_else(|_| BASE64.decode(text));
            decoded.ok().filter(|bytes| !bytes.is_empty())
        }
        Value::Array(values) => numbers(&mut values.iter()),
        // `Buffer`, and `Uint8Array`, whose members are numbered.
        Value::Object(members) => match members.get("data") {
            Some(Value::Array(values)) => numbers(&mut values.iter()),
            _ => {
                let values: Option<Vec<&Value>> = (0..members.len())
                    .map(|at| members.get(&at.to_string()))
                    .collect();
                numbers(&mut values?.into_iter())
            }
        },
        _ => None,
    }
}

/// A COSE key, and whether it was written in plain hexadecimal.
fn public_key(value: &Value) -> Option<(Vec<u8>, bool)> {
    if let Some(parts) = find(value, &["key"]).and_then(Value::as_object) {
        return parts
            .iter()
            .find_map(|(kind, parts)| key_of_parts(kind, parts))
            .map(|key| (key, false));
    }
    if let Some(key) = bytes(value, true).as_deref().and_then(key::cose) {
        let is_hex = value.as_str().is_some_and(|text| from_hex(text).is_some());
        return Some((key, is_hex));
    }
    let pem = value
        .as_str()
        .filter(|text| text.starts_with("-----BEGIN PUBLIC KEY-----"));
    let body: String = match pem {
        Some(text) => text.lines().filter(|line| !line.starts_with('-')).collect(),
        None => {
            return bytes(value, false)
                .as_deref()
                .and_then(key::cose)
                .map(|key| (key, false));
        }
    };
    key::cose(&BASE64.decode(body).ok()?).map(|key| (key, false))
}

/// A key in parts: `{"EC_EC2": {"curve": "SECP256R1", "x": .., "y": ..}}`.
fn key_of_parts(kind: &str, parts: &Value) -> Option<Vec<u8>> {
    let part = |name| find(parts, &[name]).and_then(|value| bytes(value, false));
    if kind == "RSA" {
        return key::rsa(&part("n")?, &part("e")?);
    }
    let curve = find(parts, &["curve"])?.as_str()?;
    let kind = match curve {
        "SECP256R1" => key::Kind::P256,
        "SECP384R1" => key::Kind::P384,
        "SECP521R1" => key::Kind::P521,
        "ED25519" => key::Kind::Ed25519,
        _ => return None,
    };
    let y = part("y").unwrap_or_default();
    kind.cose(&[part("x")?, y].concat())
}

fn number(value: &Value) -> Option<u32> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.and_then(|number| u32::try_from(number).ok())
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_u64() {
            Some(value @ 0..=1) => Some(value == 1),
            _ => None,
        },
        Value::String(text) => match text.as_str() {
            "true" | "t" | "1" => Some(true),
            "false" | "f" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn device_type(value: &Value) -> Option<bool> {
    match value
        .as_str()
        .map(|word| word.to_ascii_lowercase().replace('_', ""))
    {
        Some(word) if word == "multidevice" => Some(true),
        Some(word) if word == "singledevice" => Some(false),
        _ => truth(value),
    }
}

/// A list, or one with commas.
fn transports(value: &Value) -> Option<Vec<String>> {
    let words: Vec<String> = match value {
        Value::Array(words) => words
            .iter()
            .map(|word| word.as_str().map(str::to_ascii_lowercase))
            .collect::<Option<_>>()?,
        Value::String(text) => text.split(',').map(|word| word.trim().to_owned()).collect(),
        _ => return None,
    };
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then_some(words)
}

fn aaguid(value: &Value) -> Option<Aaguid> {
    let text = value.as_str()?;
    let uuid = uuid(text).or_else(|| bytes(value, false)?.try_into().ok());
    uuid.map(Aaguid::new)
}

/// RFC 3339, or seconds or milliseconds since 1970.
fn time(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(if number > 100_000_000_000 {
            number / 1_000
        } else {
            number
        });
    }
    let time = OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp()).ok()
}
