//! The core, as this host calls it: the browser's JSON as it came, the settings as a policy.

use portcullis_core::attestation::{Format, Formats, Models};
use portcullis_core::ceremony::{AttestationPolicy, BackupPolicy, Mediation, UserVerification};
use portcullis_core::data::UnixTime;
use portcullis_core::{
    AuthenticationResponse, Challenge, CoseAlgorithm, CredentialRecord, Error, ErrorKind, Origin,
    Policy, RegistrationResponse, Step, verify_authentication, verify_registration,
};
use serde_json::value::RawValue;

use super::algorithms::SERVER;
use super::challenge::{self, Authentication, Registration, Spent};
use crate::attestation::Trust;
use crate::config::{self, Config};
use crate::store::{Account, Credential, CredentialState};

/// More transports than the specification names; those beyond are dropped.
const MAX_TRANSPORTS: usize = 8;

/// The longest transport that is kept.
const MAX_TRANSPORT_LENGTH: usize = 32;

/// Verifies a registration and makes the record of its credential.
pub(crate) fn register(
    config: &Config,
    trust: &Trust,
    now: UnixTime,
    asked: &Spent<Registration>,
    response: Option<&RawValue>,
) -> Result<Credential, Error> {
    let mut json = copy(response);
    let response = RegistrationResponse::from_json(&mut json);
    let algorithms: Vec<CoseAlgorithm> = asked
        .flow
        .algorithms
        .iter()
        .copied()
        .map(CoseAlgorithm::new)
        .collect();
    let rp_ids = [config.rp_id.as_str()];
    let origins = origins(config);
    let roots: Vec<&[u8]> = trust.roots.iter().map(Vec::as_slice).collect();
    let models = trust.models(now);
    let policy = Policy::new(&rp_ids, &origins)
        .with_user_verification(user_verification(asked.user_verification))
        .with_mediation(match asked.flow.mediation {
            Some(challenge::Mediation::Conditional) => Mediation::Conditional,
            None => Mediation::Modal,
        })
        .with_algorithms(Some(&algorithms))
        // The service has ended, so nothing new can be attested with it.
        .with_formats(Formats::ALL.without(Format::AndroidSafetynet))
        .with_attestation(if trust.is_required() {
            AttestationPolicy::Trusted
        } else {
            AttestationPolicy::Verify
        })
        .with_roots(&roots)
        .with_models(models.as_ref().map(|models| -> &dyn Models { models }))
        .with_time(trust.is_required().then_some(now));
    let verified = verify_registration(
        &response,
        expected_challenge(asked),
        &policy,
        &SERVER,
        &mut (),
    )?;
    let mut credential = Credential::new(
        verified.credential_id().to_vec(),
        verified.public_key().to_vec(),
        verified.algorithm().value(),
        CredentialState::new(
            verified.sign_count(),
            verified.backup_eligible(),
            verified.backup_state(),
            verified.user_verified(),
        ),
    );
    credential.aaguid = verified.aaguid();
    credential.transports = transports(&response);
    credential.rp_id.clone_from(&config.rp_id);
    credential.created = u64::try_from(now.seconds()).unwrap_or_default();
    Ok(credential)
}

/// The credential id that an assertion names, where it can be read.
pub(crate) fn asserted_id(response: Option<&RawValue>) -> Option<Vec<u8>> {
    let mut json = copy(response);
    AuthenticationResponse::from_json(&mut json)
        .id()
        .map(<[u8]>::to_vec)
}

/// Whom a sign-in is held against.
pub(crate) enum Claimant<'a> {
    /// The account, or decoy, of the name that it was begun with.
    Named(&'a Account),
    /// The owner of the credential, in a sign-in without a name.
    Discovered(&'a Account),
    /// Nobody has the credential.
    Unknown,
}

/// Verifies an assertion and gives the state that the credential moves to.
pub(crate) fn authenticate(
    config: &Config,
    asked: &Spent<Authentication>,
    response: Option<&RawValue>,
    claimant: &Claimant<'_>,
    credential: Option<&Credential>,
) -> Result<CredentialState, Error> {
    let mut json = copy(response);
    let response = AuthenticationResponse::from_json(&mut json);
    let rp_ids = [config.rp_id.as_str()];
    let origins = origins(config);
    let (account, discoverable) = match claimant {
        Claimant::Named(account) => (Some(account), false),
        Claimant::Discovered(account) => (Some(account), true),
        Claimant::Unknown => (None, true),
    };
    let allowed: Option<Vec<&[u8]>> = match claimant {
        Claimant::Named(account) => {
            let ids = account.credentials.iter().map(|held| held.id.as_slice());
            Some(ids.collect())
        }
        _ => None,
    };
    let policy = Policy::new(&rp_ids, &origins)
        .with_user_verification(user_verification(asked.user_verification))
        .with_allow_credentials(allowed.as_deref())
        .with_user_handle(account.map(|account| account.handle.as_bytes()))
        .with_discoverable(discoverable);
    let record = credential.map(|credential| {
        let state = &credential.state;
        CredentialRecord::new(&credential.id, &credential.public_key, state.sign_count)
            .with_backup_eligible(Some(state.backup_eligible))
            .with_backup_state(Some(state.backup_state))
    });
    let verified = signed_first(|backup| {
        verify_authentication(
            &response,
            record.as_ref(),
            expected_challenge(asked),
            &policy.with_backup(backup),
            &SERVER,
            &mut (),
        )
    })?;
    Ok(CredentialState::new(
        verified.sign_count(),
        verified.backup_eligible(),
        verified.backup_state(),
        verified.user_verified(),
    ))
}

/// The verdict of `verify`, which names a changed backup eligibility (7.2.19) only where the signature
/// (7.2.21) verifies. Of one who cannot sign it would tell what the record holds, and a decoy's record
/// does not always hold what the real one's does.
fn signed_first<T>(verify: impl Fn(BackupPolicy) -> Result<T, Error>) -> Result<T, Error> {
    match verify(BackupPolicy::Consistent) {
        Err(changed) if changed.kind() == ErrorKind::BackupEligibilityChanged => {
            match verify(BackupPolicy::Report) {
                Err(unsigned) if unsigned.step() <= Step::AUTH_SIGNATURE => Err(unsigned),
                _ => Err(changed),
            }
        }
        verdict => verdict,
    }
}

fn expected_challenge<F>(asked: &Spent<F>) -> Challenge<'_> {
    Challenge::new(&asked.challenge).expect("a challenge has 32 bytes")
}

/// The core decodes in place. A response that is not there is judged as `null`.
fn copy(response: Option<&RawValue>) -> Vec<u8> {
    response.map_or("null", RawValue::get).as_bytes().to_vec()
}

fn origins(config: &Config) -> Vec<Origin<'_>> {
    let parsed = config.origins.iter().map(|origin| Origin::parse(origin));
    parsed.filter_map(Result::ok).collect()
}

const fn user_verification(wanted: config::UserVerification) -> UserVerification {
    match wanted {
        config::UserVerification::Required => UserVerification::Required,
        config::UserVerification::Preferred => UserVerification::Preferred,
        config::UserVerification::Discouraged => UserVerification::Discouraged,
    }
}

/// The transports as the browser reported them, as far as they are worth keeping.
fn transports(response: &RegistrationResponse<'_>) -> Vec<String> {
    response
        .transports()
        .filter(|name| (1..=MAX_TRANSPORT_LENGTH).contains(&name.len()))
        .take(MAX_TRANSPORTS)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use serde_json::json;

    use super::*;
    use crate::account::username::Username;
    use crate::ceremony::decoys::Decoys;
    use crate::config::Secret;
    use crate::encoding::base64url;
    use crate::token::keys::KeySource;

    #[test]
    fn who_cannot_sign_is_not_told_whether_the_passkey_is_backup_eligible() {
        let config = Config::new([], rocket::Config::figment()).expect("defaults");
        let asked = Spent {
            challenge: [7; 32],
            user_verification: config.user_verification,
            flow: Authentication { username: None },
        };
        let client_data = json!({
            "type": "webauthn.get",
            "challenge": base64url(&asked.challenge),
            "origin": config.issuer(),
        });
        for (flags, backup_eligible) in [(0x05, true), (0x0d, false), (0x05, false), (0x0d, true)] {
            let name = Username::parse("alice").expect("allowed");
            let keys = KeySource::new(&Secret::new([5; 32]));
            let decoys = Decoys::new(keys).expect("keys");
            let mut account = decoys.account(&name).expect("derived");
            account.credentials[0].state.backup_eligible = backup_eligible;
            let credential = &account.credentials[0];
            let rp_id_hash = digest(&SHA256, config.rp_id.as_bytes());
            let authenticator_data = [rp_id_hash.as_ref(), &[flags, 0, 0, 0, 1]].concat();
            let id = base64url(&credential.id);
            let response = json!({
                "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": base64url(client_data.to_string().as_bytes()),
                    "authenticatorData": base64url(&authenticator_data),
                    "signature": base64url(&[0; 70]),
                },
            });
            let response = serde_json::value::to_raw_value(&response).expect("JSON");
            let verdict = authenticate(
                &config,
                &asked,
                Some(&response),
                &Claimant::Named(&account),
                Some(credential),
            );
            let kind = verdict
                .map_err(|error| error.kind())
                .expect_err("no signature");
            assert_eq!(
                kind,
                ErrorKind::SignatureInvalid,
                "{flags:#x} {backup_eligible}"
            );
        }
    }
}
