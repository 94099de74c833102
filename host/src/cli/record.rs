//! An account as a line of `export` and `import`: all that is needed to sign in.

use std::collections::HashSet;

use portcullis_core::Aaguid;
use portcullis_core::data::CoseKey;
use serde::{Deserialize, Serialize};

use crate::account::Username;
use crate::encoding::{base64url, bytes_from_base64url, from_base64url};
use crate::store::{
    Account, Credential, CredentialState, Import, MAX_CREDENTIALS, SecretHash, UserHandle,
};

/// The longest credential id (<https://www.w3.org/TR/webauthn-3/#credential-id>).
const MAX_ID: usize = 1_023;

/// The longest text of a field.
const MAX_TEXT: usize = 1_024;

/// An account. Times are seconds since 1970, bytes are base64url.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountRecord {
    user_handle: String,
    username: String,
    /// The name in the form that is compared. Where a line has none it follows from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compared_username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(default)]
    created: u64,
    credentials: Vec<CredentialLine>,
    /// SHA-256 of each code that is not used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recovery_codes: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialLine {
    id: String,
    public_key: String,
    aaguid: String,
    transports: Vec<String>,
    sign_count: u32,
    backup_eligible: bool,
    backup_state: bool,
    user_verified: bool,
    rp_id: String,
    attestation_format: String,
    attestation_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default)]
    created: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    browser: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
}

impl AccountRecord {
    pub(super) fn new(account: &Account, recovery_codes: &[SecretHash]) -> Self {
        Self {
            user_handle: base64url(account.handle.as_bytes()),
            username: account.name.as_written().to_owned(),
            compared_username: Some(account.name.key().to_owned()),
            display_name: account.display_name.clone(),
            created: account.created,
            credentials: account
                .credentials
                .iter()
                .map(CredentialLine::new)
                .collect(),
            recovery_codes: recovery_codes.iter().map(|hash| base64url(hash)).collect(),
        }
    }

    /// The account, if somebody could sign in to it.
    pub(super) fn import(self) -> Result<Import, String> {
        let handle = bytes_from_base64url(&self.user_handle)
            .and_then(|bytes| UserHandle::new(&bytes))
            .ok_or("`userHandle` must be 1 to 64 bytes in base64url")?;
        let name = match self.compared_username {
            Some(key) => {
                text("username", &self.username)?;
                text("comparedUsername", &key)?;
                Username::from_stored(self.username, key)
            }
            None => {
                Username::parse(&self.username).map_err(|error| format!("`username`: {error}"))?
            }
        };
        let mut account = Account::new(handle, name, self.created);
        account.display_name = self.display_name;
        for credential in self.credentials {
            account.credentials.push(credential.credential()?);
        }
        let codes = self.recovery_codes.iter().map(|code| {
            from_base64url(code).ok_or("`recoveryCodes` must be hashes of 32 bytes in base64url")
        });
        let import = Import::new(account, codes.collect::<Result<_, _>>()?);
        check(&import)?;
        Ok(import)
    }
}

/// Whether an account can be imported at all.
pub(super) fn check(import: &Import) -> Result<(), String> {
    let account = &import.account;
    if account.credentials.is_empty() && import.recovery_codes.is_empty() {
        return Err(
            "nobody could sign in: it has neither a credential nor a recovery code".to_owned(),
        );
    }
    if account.credentials.len() > MAX_CREDENTIALS {
        return Err(format!("it has more than {MAX_CREDENTIALS} credentials"));
    }
    let mut ids = HashSet::new();
    if !account
        .credentials
        .iter()
        .all(|credential| ids.insert(&credential.id))
    {
        return Err("it has a credential id twice".to_owned());
    }
    if let Some(name) = &account.display_name {
        text("displayName", name)?;
    }
    Ok(())
}

fn text(what: &str, text: &str) -> Result<(), String> {
    let fits = !text.is_empty() && text.len() <= MAX_TEXT && !text.contains(char::is_control);
    fits.then_some(())
        .ok_or_else(|| format!("`{what}` must be a text without control characters"))
}

impl CredentialLine {
    fn new(credential: &Credential) -> Self {
        let state = credential.state;
        Self {
            id: base64url(&credential.id),
            public_key: base64url(&credential.public_key),
            aaguid: credential.aaguid.to_string(),
            transports: credential.transports.clone(),
            sign_count: state.sign_count,
            backup_eligible: state.backup_eligible,
            backup_state: state.backup_state,
            user_verified: state.user_verified,
            rp_id: credential.rp_id.clone(),
            attestation_format: credential.attestation_format.clone(),
            attestation_type: credential.attestation_type.clone(),
            name: credential.name.clone(),
            created: credential.created,
            last_used: credential.last_used,
            browser: credential.browser.clone(),
            platform: credential.platform.clone(),
        }
    }

    fn credential(self) -> Result<Credential, String> {
        let bytes = |what: &str, text: &str| {
            bytes_from_base64url(text).ok_or_else(|| format!("`{what}` must be base64url"))
        };
        let public_key = bytes("publicKey", &self.public_key)?;
        let state = CredentialState::new(
            self.sign_count,
            self.backup_eligible,
            self.backup_state,
            self.user_verified,
        );
        let mut credential = new_credential(bytes("id", &self.id)?, public_key, state)?;
        credential.aaguid = self
            .aaguid
            .parse::<Aaguid>()
            .map_err(|_| "`aaguid` must be a UUID".to_owned())?;
        for (what, value) in [
            ("rpId", &self.rp_id),
            ("attestationFormat", &self.attestation_format),
            ("attestationType", &self.attestation_type),
        ] {
            text(what, value)?;
        }
        for (what, value) in [
            ("name", &self.name),
            ("browser", &self.browser),
            ("platform", &self.platform),
        ] {
            value.as_deref().map_or(Ok(()), |value| text(what, value))?;
        }
        credential.transports = self.transports;
        credential.rp_id = self.rp_id;
        credential.attestation_format = self.attestation_format;
        credential.attestation_type = self.attestation_type;
        credential.name = self.name;
        credential.created = self.created;
        credential.last_used = self.last_used;
        credential.browser = self.browser;
        credential.platform = self.platform;
        Ok(credential)
    }
}

/// A credential whose key can be read and whose id can be one.
pub(super) fn new_credential(
    id: Vec<u8>,
    public_key: Vec<u8>,
    state: CredentialState,
) -> Result<Credential, String> {
    if !(1..=MAX_ID).contains(&id.len()) {
        return Err(format!("a credential id has 1 to {MAX_ID} bytes"));
    }
    let algorithm = CoseKey::parse(&public_key)
        .map_err(|error| format!("the public key cannot be read: {error}"))?
        .algorithm()
        .value();
    if state.backup_state && !state.backup_eligible {
        return Err("a passkey that is backed up has to be eligible for it".to_owned());
    }
    Ok(Credential::new(id, public_key, algorithm, state))
}
