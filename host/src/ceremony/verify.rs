//! The core, as this host calls it: the browser's JSON as it came, the settings as a policy.

use portcullis_core::attestation::{Format, Formats, Models};
use portcullis_core::ceremony::{AttestationPolicy, BackupPolicy, Mediation, UserVerification};
use portcullis_core::data::{Aaguid, UnixTime};
use portcullis_core::{
    AuthenticationResponse, Challenge, CoseAlgorithm, CredentialRecord, Crypto, Error, Origin,
    Policy, RegistrationResponse, verify_authentication, verify_registration,
};
use serde_json::value::RawValue;

use super::algorithms::SERVER;
use super::challenge::{self, Authentication, Registration, Spent};
use crate::attestation::Trust;
use crate::config::{self, BackupChange, Config};
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
    let origins = origins(config, asked.origin.as_deref());
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
        .with_tpm_sha1_names(false)
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

/// The model that a registration names, where it can be read: nothing proves it.
pub(crate) fn named_model(response: Option<&RawValue>) -> Option<Aaguid> {
    let mut json = copy(response);
    RegistrationResponse::from_json(&mut json).aaguid()
}

/// The account that a sign-in is judged against.
pub(crate) enum Claimant<'a> {
    /// The account, or decoy, of the name that it was begun with.
    Named(&'a Account),
    /// The owner of the credential, in a sign-in without a name.
    Discovered(&'a Account),
    /// Nobody has the credential.
    Unknown,
}

/// A user handle that no response can carry: it is too long. A credential that nobody has then fails at the
/// same step, after the same work, as one whose owner is another user.
const NOBODY: &[u8] = &[0; 65];

/// Verifies an assertion and gives the state that the credential moves to.
pub(crate) fn authenticate(
    config: &Config,
    crypto: &Crypto<'_>,
    asked: &Spent<Authentication>,
    response: &AuthenticationResponse<'_>,
    claimant: &Claimant<'_>,
    credential: Option<&Credential>,
) -> Result<CredentialState, Error> {
    let rp_ids = [config.rp_id.as_str()];
    let origins = origins(config, asked.origin.as_deref());
    let (user_handle, discoverable) = match claimant {
        Claimant::Named(account) => (account.handle.as_bytes(), false),
        Claimant::Discovered(account) => (account.handle.as_bytes(), true),
        Claimant::Unknown => (NOBODY, true),
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
        .with_user_handle(Some(user_handle))
        .with_discoverable(discoverable);
    let record = credential.map(|credential| {
        let state = &credential.state;
        CredentialRecord::new(&credential.id, &credential.public_key, state.sign_count)
            .with_backup_eligible(Some(state.backup_eligible))
            .with_backup_state(Some(state.backup_state))
    });
    let verify = |backup| {
        verify_authentication(
            response,
            record.as_ref(),
            expected_challenge(asked),
            &policy.with_backup(backup),
            crypto,
            &mut (),
        )
    };
    // Whether backup eligibility has changed (7.2.19) is reported only to a caller that can sign: of a
    // credential it would tell what the record holds, and a decoy's record may hold something else. So
    // the signature is verified first, and once, whatever the flag says.
    let verified = verify(BackupPolicy::Report)?;
    let has_changed =
        credential.is_some_and(|held| held.state.backup_eligible != verified.backup_eligible());
    if has_changed && config.backup_change == BackupChange::Refuse {
        verify(BackupPolicy::Consistent)?;
    }
    Ok(CredentialState::new(
        verified.sign_count(),
        verified.backup_eligible(),
        verified.backup_state(),
        verified.user_verified(),
    ))
}

fn expected_challenge<F>(asked: &Spent<F>) -> Challenge<'_> {
    Challenge::new(&asked.challenge).expect("a challenge has 32 bytes")
}

/// The text of a response, for the core to decode in place. One that is not there is judged as `null`.
pub(crate) fn copy(response: Option<&RawValue>) -> Vec<u8> {
    response.map_or("null", RawValue::get).as_bytes().to_vec()
}

/// The origins that may answer: the one of the page that began, where it was named, else all.
fn origins<'a>(config: &'a Config, began: Option<&str>) -> Vec<Origin<'a>> {
    config
        .origins()
        .filter(|origin| began.is_none_or(|began| began == *origin))
        .filter_map(|origin| Origin::parse(origin).ok())
        .collect()
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
    use core::sync::atomic::{AtomicUsize, Ordering};

    use aws_lc_rs::digest::{SHA256, digest};
    use portcullis_core::algorithm::{KeyError, Sha256, SignatureError, SoftSha256};
    use portcullis_core::data::PublicKey;
    use portcullis_core::{ErrorKind, SignatureAlgorithm};
    use serde_json::{Value, json};

    use super::*;
    use crate::account::Username;
    use crate::ceremony::decoys::Decoys;
    use crate::config::Secret;
    use crate::encoding::base64url;
    use crate::store::UserHandle;
    use crate::token::keys::KeySource;

    /// What a verification has done: bytes hashed, and signatures verified with what outcome.
    #[derive(Debug)]
    struct Counting {
        verifies: bool,
        hashed: AtomicUsize,
        verified: AtomicUsize,
    }

    impl Sha256 for Counting {
        fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
            let bytes = parts.iter().map(|part| part.len()).sum();
            self.hashed.fetch_add(bytes, Ordering::Relaxed);
            SoftSha256.digest(parts)
        }
    }

    impl SignatureAlgorithm for Counting {
        fn algorithm(&self) -> CoseAlgorithm {
            CoseAlgorithm::ES256
        }

        fn check_key(&self, _: &PublicKey<'_>) -> Result<(), KeyError> {
            Ok(())
        }

        fn verify(&self, _: &PublicKey<'_>, _: &[&[u8]], _: &[u8]) -> Result<(), SignatureError> {
            self.verified.fetch_add(1, Ordering::Relaxed);
            if self.verifies {
                Ok(())
            } else {
                Err(SignatureError)
            }
        }
    }

    /// A verdict with the work that it took.
    #[derive(Debug, PartialEq)]
    struct Judged {
        outcome: Result<CredentialState, (u8, ErrorKind)>,
        hashed: usize,
        verified: usize,
    }

    fn judge(config: &Config, claimant: &Claimant<'_>, response: &Value, signs: bool) -> Judged {
        let asked = asked(config);
        let counting = Counting {
            verifies: signs,
            hashed: AtomicUsize::new(0),
            verified: AtomicUsize::new(0),
        };
        let algorithms: [&dyn SignatureAlgorithm; 1] = [&counting];
        let crypto = Crypto::new(&counting, &algorithms);
        let credential = match claimant {
            Claimant::Named(account) | Claimant::Discovered(account) => account.credentials.first(),
            Claimant::Unknown => None,
        };
        let mut json = response.to_string().into_bytes();
        let outcome = authenticate(
            config,
            &crypto,
            &asked,
            &AuthenticationResponse::from_json(&mut json),
            claimant,
            credential,
        );
        Judged {
            outcome: outcome.map_err(|error| (error.step().number(), error.kind())),
            hashed: counting.hashed.into_inner(),
            verified: counting.verified.into_inner(),
        }
    }

    fn config(settings: &[(&str, &str)]) -> Config {
        Config::new(settings.iter().copied(), rocket::Config::figment()).expect("usable")
    }

    fn asked(config: &Config) -> Spent<Authentication> {
        Spent {
            challenge: [7; 32],
            user_verification: config.user_verification,
            origin: None,
            flow: Authentication { username: None },
        }
    }

    fn account() -> Account {
        let name = Username::parse("alice").expect("allowed");
        let keys = KeySource::new(&Secret::new([5; 32]), "localhost");
        let decoys = Decoys::new(keys).expect("keys");
        decoys.account(&name).expect("derived")
    }

    fn response(config: &Config, id: &[u8], user_handle: Option<&[u8]>, flags: u8) -> Value {
        let client_data = json!({
            "type": "webauthn.get",
            "challenge": base64url(&asked(config).challenge),
            "origin": config.issuer(),
        });
        let rp_id_hash = digest(&SHA256, config.rp_id.as_bytes());
        let authenticator_data = [rp_id_hash.as_ref(), &[flags, 0, 0, 0, 1]].concat();
        let id = base64url(id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client_data.to_string().as_bytes()),
                "authenticatorData": base64url(&authenticator_data),
                "signature": base64url(&[0; 70]),
                "userHandle": user_handle.map(base64url),
            },
        })
    }

    const ELIGIBLE: u8 = 0x0d;
    const NOT_ELIGIBLE: u8 = 0x05;

    #[test]
    fn who_cannot_sign_learns_nothing_of_backup_eligibility_not_even_by_the_work_done() {
        let config = config(&[]);
        let mut work = Vec::new();
        for (flags, backup_eligible) in [
            (NOT_ELIGIBLE, true),
            (ELIGIBLE, false),
            (NOT_ELIGIBLE, false),
            (ELIGIBLE, true),
        ] {
            let mut account = account();
            account.credentials[0].state.backup_eligible = backup_eligible;
            let response = response(&config, &account.credentials[0].id, None, flags);
            let judged = judge(&config, &Claimant::Named(&account), &response, false);
            assert_eq!(judged.outcome, Err((21, ErrorKind::SignatureInvalid)));
            assert_eq!(judged.verified, 1);
            work.push(judged);
        }
        assert!(work.iter().all(|judged| *judged == work[0]), "{work:?}");
    }

    #[test]
    fn an_unknown_credential_takes_the_work_of_one_with_another_owner() {
        let config = config(&[]);
        let account = account();
        let known = &account.credentials[0].id;
        for handle in [Some(&[1; 64][..]), Some(&[1]), None] {
            let response = response(&config, known, handle, ELIGIBLE);
            let owned = judge(&config, &Claimant::Discovered(&account), &response, true);
            let unknown = judge(&config, &Claimant::Unknown, &response, true);
            assert_eq!(owned, unknown, "{handle:?}");
            assert_eq!((owned.hashed, owned.verified), (0, 0));
        }
        // Nor can anybody name a handle that an unknown credential would have.
        let longest = UserHandle::from([0; 64]);
        let response = response(&config, known, Some(longest.as_bytes()), ELIGIBLE);
        let unknown = judge(&config, &Claimant::Unknown, &response, true);
        assert_eq!(unknown.outcome, Err((6, ErrorKind::UserHandleMismatch)));
    }

    #[test]
    fn a_changed_backup_eligibility_is_refused_or_reported_once_the_signature_verifies() {
        let mut account = account();
        account.credentials[0].state.backup_eligible = false;
        for (setting, accepted) in [("refuse", false), ("report", true)] {
            let config = config(&[("PORTCULLIS_BACKUP_CHANGE", setting)]);
            let response = response(&config, &account.credentials[0].id, None, ELIGIBLE);
            let judged = judge(&config, &Claimant::Named(&account), &response, true);
            match judged.outcome {
                Ok(state) => assert!(accepted && state.backup_eligible),
                Err(refused) => {
                    assert!(!accepted);
                    assert_eq!(refused, (19, ErrorKind::BackupEligibilityChanged));
                }
            }
            let unsigned = judge(&config, &Claimant::Named(&account), &response, false);
            assert_eq!(unsigned.outcome, Err((21, ErrorKind::SignatureInvalid)));
        }
    }
}
