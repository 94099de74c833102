//! What a step's detail says beside what the ceremony has looked at: why a step was skipped, what was expected,
//! and of a value that is wrong, in which way.

use core::fmt::{self, Display, Write};

use super::input::{Check, Subject};
use crate::algorithm::Crypto;
use crate::attestation::Format;
use crate::ceremony::{
    AttestationPolicy, Challenge, CrossOrigin, Error, ErrorKind, Mediation, Policy, Step,
};
use crate::data::{
    AttestationObject, AuthenticatorData, CoseAlgorithm, CoseKey, Flags, Origin, PublicKey,
};
use crate::encoding::{Fault, base64url};
use crate::escape::Escaped;

/// Values of a list that a detail names.
const LIST_MAX: usize = 4;

/// The check that a verdict is about, for the sentences that say what was found and what was expected.
pub(super) struct Context<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) crypto: &'a Crypto<'a>,
}

impl<'a> Context<'a> {
    const fn policy(&self) -> &Policy<'a> {
        &self.check.policy
    }

    const fn challenge(&self) -> Challenge<'a> {
        self.check.challenge
    }

    fn attestation_object(&self) -> Option<AttestationObject<'a>> {
        match &self.check.subject {
            Subject::Registration(response) => {
                AttestationObject::parse(response.attestation_object().ok()?).ok()
            }
            Subject::Authentication(..) => None,
        }
    }

    fn authenticator_data(&self) -> Option<AuthenticatorData<'a>> {
        let bytes = match &self.check.subject {
            Subject::Registration(_) => self.attestation_object()?.auth_data,
            Subject::Authentication(response, _) => response.authenticator_data().ok()?,
        };
        AuthenticatorData::parse(bytes).ok()
    }

    fn flags(&self) -> Flags {
        self.authenticator_data()
            .map_or(Flags::new(0), |data| data.flags())
    }

    const fn has_record(&self) -> bool {
        matches!(self.check.subject, Subject::Authentication(_, Some(_)))
    }

    /// Whether the attestation statement has certificates.
    fn has_certificates(&self) -> bool {
        let format = self
            .attestation_object()
            .and_then(|object| Format::from_name(object.fmt));
        match format {
            None | Some(Format::None) => false,
            #[cfg(feature = "attestation")]
            Some(Format::Packed) => self
                .attestation_object()
                .is_some_and(|object| crate::attestation::last_issuer(object.att_stmt).is_some()),
            Some(_) => true,
        }
    }

    /// Why a step was skipped.
    pub(super) fn skipped(&self, step: Step) -> &'static str {
        const NO_RECORD: &str = "the check has no credential record";
        match step.slug() {
            "reg.cross-origin" | "auth.cross-origin" => "the client names no frame",
            "reg.top-origin" | "auth.top-origin" => "the client names no embedding page",
            "reg.user-present" => match (self.policy().mediation, self.flags().user_present()) {
                (Mediation::Conditional, true) => {
                    "not required of a conditional registration; a person was present"
                }
                _ => "not required of a conditional registration",
            },
            "reg.user-verified" | "auth.user-verified" => {
                if self.flags().user_verified() {
                    "not required; it was done"
                } else {
                    "not required; it was not done"
                }
            }
            "reg.backup-eligibility" => {
                if self.flags().backup_eligible() {
                    "no policy asks for it; the credential may be backed up"
                } else {
                    "no policy asks for it; the credential stays on its device"
                }
            }
            "reg.backup-state" => {
                if self.flags().backup_state() {
                    "no policy asks for it; the credential is backed up"
                } else {
                    "no policy asks for it; the credential is not backed up"
                }
            }
            "reg.attestation-statement" => "the policy is to ignore the statement",
            "reg.trust-anchors" | "reg.attestation-trust" => {
                match (self.policy().attestation, self.has_certificates()) {
                    (AttestationPolicy::Ignore, _) => "the policy is to ignore the statement",
                    (_, false) => "no certificate to trust",
                    (_, true) => "not required; the policy is to verify, not to trust",
                }
            }
            "reg.credential-unused" => "the check names no registered credentials",
            "reg.extensions" | "auth.extensions" => "the authenticator has sent no outputs",
            "auth.allow-list" => "any credential was allowed",
            "auth.backup-eligibility" if self.has_record() => "the record does not say",
            "auth.sign-count" if self.has_record() => {
                "the authenticator does not count: it sends 0, and the record has 0"
            }
            "auth.user"
            | "auth.backup-eligibility"
            | "auth.signature"
            | "auth.sign-count"
            | "auth.credential-record" => NO_RECORD,
            _ => "nothing asks for it",
        }
    }

    /// What is wrong with bytes that a step could not read, where the check knows better than the step.
    pub(super) fn fault(&self, error: &Error) -> Option<Fault> {
        if error.kind() == ErrorKind::PublicKeyMalformed {
            return self.check.public_key_fault;
        }
        None
    }

    /// What was expected in the place of what was found.
    pub(super) fn write_expected(&self, error: &Error, out: &mut dyn Write) -> fmt::Result {
        let policy = self.policy();
        match (error.kind(), policy.cross_origin) {
            (ErrorKind::ChallengeMismatch, _) => {
                out.write_str(" Expected: ")?;
                let mut characters = self.challenge().characters().map(char::from);
                characters.try_for_each(|character| out.write_char(character))?;
                out.write_str(".")
            }
            (ErrorKind::OriginMismatch, _) => write_origins(policy.origins, out),
            (
                ErrorKind::TopOriginMismatch,
                CrossOrigin::Expected {
                    top_origins: Some(expected),
                },
            ) => write_origins(expected, out),
            (ErrorKind::RpIdMismatch, _) => {
                let sha256 = self.crypto.sha256;
                let hashed = |rp_id: &&'a str| Hashed(rp_id, sha256.digest(&[rp_id.as_bytes()]));
                write_list(policy.rp_ids.iter().take(LIST_MAX).map(hashed), out)
            }
            (ErrorKind::AlgorithmNotOffered, _) => write_list(
                policy
                    .algorithms
                    .unwrap_or_default()
                    .iter()
                    .copied()
                    .map(Algorithm),
                out,
            ),
            (ErrorKind::UserHandleMismatch, _) => {
                write_list(policy.user_handle.map(Encoded).into_iter(), out)
            }
            (ErrorKind::CredentialNotAllowed, _) => {
                let allowed = policy.allow_credentials.unwrap_or_default().iter();
                write_list(allowed.take(LIST_MAX).map(|id| Encoded(id)), out)
            }
            (ErrorKind::CredentialMismatch | ErrorKind::CredentialIdMismatch, _) => {
                let expected = match &self.check.subject {
                    Subject::Registration(response) => response.id(),
                    Subject::Authentication(_, record) => record.as_ref().map(|record| record.id),
                };
                write_list(expected.map(Encoded).into_iter(), out)
            }
            _ => self.write_reason(error, out),
        }
    }

    /// In which way a value is wrong.
    fn write_reason(&self, error: &Error, out: &mut dyn Write) -> fmt::Result {
        match error.kind() {
            ErrorKind::ResponseMalformed => match self.check.differing_ids {
                Some([id, raw_id]) => write!(
                    out,
                    " Found: id {} and rawId {}.",
                    Encoded(id),
                    Encoded(raw_id)
                ),
                None => Ok(()),
            },
            ErrorKind::PublicKeyMalformed => match &self.check.subject {
                Subject::Authentication(_, Some(record))
                    if record.public_key.starts_with(&[0x30]) =>
                {
                    out.write_str(" It begins as DER does; a COSE key is CBOR.")
                }
                _ => Ok(()),
            },
            ErrorKind::PublicKeyInvalid => {
                let data = self.authenticator_data();
                let key = data
                    .as_ref()
                    .and_then(AuthenticatorData::attested_credential_data)
                    .and_then(|attested| CoseKey::parse(attested.credential_public_key()).ok());
                out.write_str(key.map_or("", |key| reason(&key)))
            }
            ErrorKind::TrustAnchorsMissing | ErrorKind::AttestationUntrusted => {
                self.write_untrusted(out)
            }
            _ => Ok(()),
        }
    }

    fn write_untrusted(&self, out: &mut dyn Write) -> fmt::Result {
        let Some(object) = self.attestation_object() else {
            return Ok(());
        };
        if object.fmt == Format::None.name() {
            return out.write_str(" Found: no attestation (fmt is none).");
        }
        if !self.has_certificates() {
            return out.write_str(" Found: self attestation, which has no certificate.");
        }
        #[cfg(feature = "attestation")]
        if let Some(issuer) = crate::attestation::last_issuer(object.att_stmt) {
            out.write_str(" Looked for: a root of ")?;
            Escaped(&mut *out).write_str(issuer)?;
            out.write_str(".")?;
        }
        Ok(())
    }
}

/// Why a key is none of its algorithm.
fn reason(key: &CoseKey<'_>) -> &'static str {
    let is_ecdsa = matches!(
        key.algorithm(),
        CoseAlgorithm::ES256
            | CoseAlgorithm::ESP256
            | CoseAlgorithm::ES384
            | CoseAlgorithm::ESP384
            | CoseAlgorithm::ES512
            | CoseAlgorithm::ESP512
            | CoseAlgorithm::ES256K
    );
    let is_edwards = matches!(
        key.algorithm(),
        CoseAlgorithm::EDDSA | CoseAlgorithm::ED25519 | CoseAlgorithm::ED448
    );
    match key.key() {
        PublicKey::Ec2 { .. } if is_ecdsa => " Its x and y are no point of the algorithm's curve.",
        PublicKey::Okp { .. } if is_edwards => " Its x is no point of the algorithm's curve.",
        PublicKey::Ec2 { .. } => " It is a key on an elliptic curve.",
        PublicKey::Okp { .. } => " It is a key on an Edwards curve.",
        PublicKey::Rsa { .. } => " It is an RSA key, or its numbers are out of bounds.",
        PublicKey::Akp { .. } => " Its length is not the algorithm's.",
    }
}

/// A name and its hash, which is what is compared.
struct Hashed<'a>(&'a str, [u8; 32]);

impl Display for Hashed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, whose hash is {}", self.0, Encoded(&self.1))
    }
}

/// An algorithm as `name (number)`, or as its number where it has no name here.
pub(super) struct Algorithm(pub(super) CoseAlgorithm);

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Bytes in base64url.
struct Encoded<'a>(&'a [u8]);

impl Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base64url::write(self.0, f)
    }
}

fn write_origins(origins: &[Origin<'_>], out: &mut dyn Write) -> fmt::Result {
    write_list(origins.iter(), out)
}

fn write_list<T: Display>(list: impl Iterator<Item = T>, out: &mut dyn Write) -> fmt::Result {
    let mut before = " Expected: ";
    for element in list {
        out.write_str(before)?;
        write!(Escaped(&mut *out), "{element}")?;
        before = " or ";
    }
    if before == " or " {
        out.write_str(".")
    } else {
        Ok(())
    }
}
