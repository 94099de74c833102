//! The core, as this host calls it: the browser's JSON as it came, the settings as a policy.

use portcullis_core::attestation::{Format, Formats};
use portcullis_core::ceremony::{Mediation, UserVerification};
use portcullis_core::{
    AuthenticationResponse, Challenge, CoseAlgorithm, CredentialRecord, Error, Origin, Policy,
    RegistrationResponse, verify_authentication, verify_registration,
};
use serde_json::value::RawValue;

use crate::algorithms::with_crypto;
use crate::challenge::{self, Authentication, Registration, Spent};
use crate::config::{self, Config};
use crate::store::{Account, Credential, CredentialState};

/// More transports than the specification names; those beyond are dropped.
const MAX_TRANSPORTS: usize = 8;

/// The longest transport that is kept.
const MAX_TRANSPORT_LENGTH: usize = 32;

/// Verifies a registration and makes the record of its credential.
pub(crate) fn register(
    config: &Config,
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
    let policy = Policy {
        user_verification: user_verification(asked.user_verification),
        mediation: match asked.flow.mediation {
            Some(challenge::Mediation::Conditional) => Mediation::Conditional,
            None => Mediation::Modal,
        },
        algorithms: Some(&algorithms),
        // The service has ended, so nothing new can be attested with it.
        formats: Formats::ALL.without(Format::AndroidSafetynet),
        ..Policy::new(&rp_ids, &origins)
    };
    let verified = with_crypto(|crypto| {
        verify_registration(
            &response,
            expected_challenge(asked),
            &policy,
            crypto,
            &mut (),
        )
    })?;
    Ok(Credential {
        id: verified.credential_id().to_vec(),
        public_key: verified.public_key().to_vec(),
        algorithm: verified.algorithm().value(),
        aaguid: verified.aaguid(),
        transports: transports(&response),
        backup_eligible: verified.backup_eligible(),
        state: CredentialState {
            sign_count: verified.sign_count(),
            backup_state: verified.backup_state(),
            user_verified: verified.user_verified(),
        },
    })
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
    let policy = Policy {
        user_verification: user_verification(asked.user_verification),
        allow_credentials: allowed.as_deref(),
        user_handle: account.map(|account| account.handle.as_slice()),
        discoverable,
        ..Policy::new(&rp_ids, &origins)
    };
    let record = credential.map(|credential| CredentialRecord {
        id: &credential.id,
        public_key: &credential.public_key,
        sign_count: credential.state.sign_count,
        backup_eligible: Some(credential.backup_eligible),
        backup_state: Some(credential.state.backup_state),
    });
    let verified = with_crypto(|crypto| {
        verify_authentication(
            &response,
            record.as_ref(),
            expected_challenge(asked),
            &policy,
            crypto,
            &mut (),
        )
    })?;
    Ok(CredentialState {
        sign_count: verified.sign_count(),
        backup_state: verified.backup_state(),
        user_verified: verified.user_verified(),
    })
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
