//! What [`verify`](crate::ceremony::verify) judges by, as members of a check.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use portcullis_core::attestation::Format;
use portcullis_core::data::UnixTime;
use serde_json::{Value, json};

use super::Known;
use crate::attestation::Trust;
use crate::ceremony::challenge::{Authentication, Mediation, Registration, Spent};
use crate::ceremony::verify::Claimant;
use crate::config::Config;
use crate::encoding::{base64url, rfc3339};
use crate::store::Credential;

/// What was known of a registration, `registered` where the store has the credential already. Metadata have no place in a check: a case that they decided says so by
/// differing from what the host answered.
pub(crate) fn registration(
    config: &Config,
    trust: &Trust,
    now: UnixTime,
    asked: &Spent<Registration>,
    registered: Option<&[u8]>,
) -> Known {
    let formats: Vec<&str> = Format::ALL
        .iter()
        .filter(|format| **format != Format::AndroidSafetynet)
        .map(|format| format.name())
        .collect();
    let mut known = common("registration", config, asked);
    known.insert("algorithms".to_owned(), json!(asked.flow.algorithms));
    known.insert("formats".to_owned(), json!(formats));
    if asked.flow.mediation == Some(Mediation::Conditional) {
        known.insert("mediation".to_owned(), json!("conditional"));
    }
    if let Some(id) = registered {
        known.insert("existingCredentials".to_owned(), json!([base64url(id)]));
    }
    if trust.is_required() {
        let roots: Vec<String> = trust.roots.iter().map(|root| pem(root)).collect();
        let time = rfc3339(u64::try_from(now.seconds()).unwrap_or_default());
        known.insert(
            "attestation".to_owned(),
            json!({"policy": "trusted", "roots": roots, "time": time}),
        );
    }
    known
}

/// What was known of a sign-in.
pub(crate) fn authentication(
    config: &Config,
    asked: &Spent<Authentication>,
    claimant: &Claimant<'_>,
    record: Option<&Credential>,
    has_backup_changed: bool,
) -> Known {
    let mut known = common("authentication", config, asked);
    let (account, by_name) = match claimant {
        Claimant::Named(account) => (Some(account), true),
        Claimant::Discovered(account) => (Some(account), false),
        Claimant::Unknown => (None, false),
    };
    known.insert("discoverable".to_owned(), json!(!by_name));
    if let Some(account) = account {
        let handle = base64url(account.handle.as_bytes());
        known.insert("userHandle".to_owned(), json!(handle));
    }
    if let (Some(account), true) = (account, by_name) {
        let ids: Vec<String> = account
            .credentials
            .iter()
            .map(|credential| base64url(&credential.id))
            .collect();
        known.insert("allowCredentials".to_owned(), json!(ids));
    }
    // The host looks at it once the signature verifies.
    if !has_backup_changed {
        known.insert("backup".to_owned(), json!("report"));
    }
    if let Some(record) = record {
        known.insert(
            "credential".to_owned(),
            json!({
                "id": base64url(&record.id),
                "publicKey": base64url(&record.public_key),
                "signCount": record.state.sign_count,
                "backupEligible": record.state.backup_eligible,
                "backupState": record.state.backup_state,
            }),
        );
    }
    known
}

fn common<F>(kind: &str, config: &Config, asked: &Spent<F>) -> Known {
    let began = asked.origin.as_deref();
    let origins: Vec<&str> = config
        .origins()
        .filter(|origin| began.is_none_or(|began| began == *origin))
        .collect();
    let members = json!({
        "kind": kind,
        "rpId": config.rp_id(),
        "origins": origins,
        "challenge": base64url(&asked.challenge),
        "userVerification": asked.user_verification,
    });
    match members {
        Value::Object(members) => members,
        _ => Known::new(),
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
