//! What the formats share: the statement and its subject, its members, its certificates, and what can be
//! wrong with it.

use core::cell::Cell;

use super::AttestationType;
#[cfg(feature = "attestation")]
use super::Format;
#[cfg(feature = "trust")]
use super::certificate;
#[cfg(feature = "trust")]
use super::trust::{self, Anchors, PathError};
use crate::algorithm::Crypto;
#[cfg(feature = "attestation")]
use crate::data::{Aaguid, Certificate};
use crate::data::{AuthenticatorData, CoseAlgorithm, CoseKey};
#[cfg(feature = "attestation")]
use crate::encoding::cbor::Content;
use crate::encoding::cbor::Item;
use crate::encoding::{Fault, FaultKind, What};
#[cfg(feature = "attestation")]
use crate::limits::CERTIFICATES_MAX;
use crate::policy::Policy;
#[cfg(feature = "trust")]
use crate::policy::{AttestationPolicy, Model, Models, Standing};

const STATEMENT: What = What::AttestationStatement;
const MEMBER: What = What::AttestationStatementMember;

/// A statement and its subject.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'s, 'a> {
    pub(crate) att_stmt: Item<'a>,
    pub(crate) auth_data: &'s AuthenticatorData<'a>,
    pub(crate) client_data_hash: &'s [u8; 32],
    /// The new credential's key.
    pub(crate) key: &'s CoseKey<'a>,
    pub(crate) crypto: &'s Crypto<'s>,
    pub(crate) policy: &'s Policy<'s>,
    /// Set if there is a member that the format does not name.
    pub(crate) unnamed_members: &'s Cell<bool>,
}

/// What a statement that verifies proves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verified {
    pub(crate) attestation_type: AttestationType,
    /// Whether its certificates lead to a root, if that is judged and it has any.
    #[cfg(feature = "trust")]
    pub(crate) path: Option<Result<(), PathError>>,
    /// Whether the model may be registered, if there is metadata and a certificate.
    #[cfg(feature = "trust")]
    pub(crate) standing: Option<Standing>,
    /// A certificate is not valid at the policy's time.
    pub(crate) outdated: bool,
    /// `SafetyNet` reports that the device is not certified.
    pub(crate) cts_profile_mismatch: bool,
    /// The TPM does not attest that it created the key and that the key cannot leave it.
    pub(crate) tpm_key_not_bound: bool,
    /// The signature covers the AAGUID.
    pub(crate) aaguid_signed: bool,
}

/// Why a statement does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementError {
    /// It does not have its format's syntax.
    Malformed(Fault),
    /// Its algorithm does not match its key.
    Algorithm,
    /// Its signature does not verify.
    Signature,
    /// A kind of statement that cannot be verified here.
    Unsupported,
    /// Its algorithm cannot be verified here.
    AlgorithmUnsupported(CoseAlgorithm),
    /// One of its parts has a format that is not accepted.
    #[cfg(feature = "attestation")]
    FormatNotAccepted(Format),
    /// Its certificate cannot be read.
    #[cfg(feature = "attestation")]
    CertificateMalformed(Fault),
    /// Its certificate is not what the format requires.
    #[cfg(feature = "attestation")]
    Certificate(&'static str),
    /// Its certificate is for another model of authenticator.
    #[cfg(feature = "attestation")]
    Model,
    /// It is about another key.
    #[cfg(feature = "attestation")]
    Key,
    /// It was made for another registration.
    #[cfg(feature = "attestation")]
    Binding,
    /// Its content is not what the format requires.
    #[cfg(feature = "attestation")]
    Content(&'static str),
}

impl From<Fault> for StatementError {
    fn from(fault: Fault) -> Self {
        Self::Malformed(fault)
    }
}

impl Verified {
    pub(super) const fn new(attestation_type: AttestationType) -> Self {
        Self {
            attestation_type,
            #[cfg(feature = "trust")]
            path: None,
            #[cfg(feature = "trust")]
            standing: None,
            outdated: false,
            cts_profile_mismatch: false,
            tpm_key_not_bound: false,
            aaguid_signed: true,
        }
    }
}

impl<'a> Statement<'_, 'a> {
    /// The members of the statement in the order of `names`. Some builds send others, on which nothing
    /// depends: a strict policy refuses them.
    pub(super) fn members<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<Item<'a>>; N], Fault> {
        let members = self
            .att_stmt
            .as_map()
            .ok_or(Fault::new(STATEMENT, FaultKind::Type, 0))?;
        let mut found = [None; N];
        for (name, value) in members {
            let slot = names
                .iter()
                .zip(&mut found)
                .find(|(known, _)| name.as_text() == Some(known));
            match slot {
                Some((_, slot)) => *slot = Some(value),
                None if self.policy.strict => {
                    return Err(Fault::new(MEMBER, FaultKind::Unexpected, 0));
                }
                None => self.unnamed_members.set(true),
            }
        }
        Ok(found)
    }

    /// Fails unless the statement is an empty map.
    pub(super) fn expect_no_members(&self) -> Result<(), Fault> {
        match self.att_stmt.as_map().map(|mut members| members.next()) {
            Some(None) => Ok(()),
            Some(Some(_)) => Err(Fault::new(MEMBER, FaultKind::Unexpected, 0)),
            None => Err(Fault::new(STATEMENT, FaultKind::Type, 0)),
        }
    }

    /// Verifies a signature with the credential's own key.
    pub(super) fn verify_own_signature(
        &self,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), StatementError> {
        let algorithm = self.key.algorithm();
        self.crypto
            .algorithm(algorithm)
            .ok_or(StatementError::AlgorithmUnsupported(algorithm))?
            .verify(self.key.key(), message, signature)
            .map_err(|_| StatementError::Signature)
    }

    /// Verifies a signature with an attestation key, which has to be a key of the algorithm.
    #[cfg(feature = "attestation")]
    pub(super) fn verify_signature_of(
        &self,
        certificate: &Certificate<'_>,
        algorithm: CoseAlgorithm,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), StatementError> {
        let key = certificate.public_key();
        let Some(mechanism) = self.crypto.attestation_algorithm(algorithm, key) else {
            return Err(if self.crypto.is_attestation_algorithm(algorithm) {
                StatementError::Algorithm
            } else {
                StatementError::AlgorithmUnsupported(algorithm)
            });
        };
        mechanism
            .verify(key, message, signature)
            .map_err(|_| StatementError::Signature)
    }

    /// The AAGUID that the authenticator data names.
    #[cfg(feature = "attestation")]
    pub(super) fn aaguid(&self) -> Aaguid {
        let attested = self.auth_data.attested_credential_data();
        attested.map_or(Aaguid::ZERO, |attested| attested.aaguid())
    }

    /// Judges path, model and dates of a statement that the first of these certificates has verified.
    #[cfg(feature = "attestation")]
    #[cfg_attr(
        not(feature = "trust"),
        expect(
            unused_variables,
            reason = "the first certificate and the AAGUID identify the model"
        )
    )]
    pub(super) fn conclude<'c>(
        &self,
        attestation_type: AttestationType,
        aaguid: Aaguid,
        first: &Certificate<'_>,
        certificates: impl Iterator<Item = &'c [u8]> + Clone,
    ) -> Result<Verified, StatementError> {
        let mut verified = Verified::new(attestation_type);
        #[cfg(feature = "trust")]
        {
            let model = Model::new(aaguid, Some(*first));
            let known = self.policy.models.map(|models| (models, &model));
            verified.standing = known.map(|(models, model)| standing(models, model));
            if self.policy.attestation == AttestationPolicy::Trusted {
                let anchors = Anchors {
                    roots: self.policy.roots,
                    time: self.policy.time,
                };
                // The path's dates are judged with it; other certificates in the list do not matter.
                let path = trust::check_path(certificates, anchors, known, self.crypto);
                verified.path = Some(path);
                return Ok(verified);
            }
        }
        if let Some(time) = self.policy.time {
            for certificate in certificates {
                let certificate = Certificate::parse(certificate)
                    .map_err(StatementError::CertificateMalformed)?;
                verified.outdated |= !certificate.is_valid_at(time);
            }
        }
        Ok(verified)
    }
}

/// The standing of a model, and of the one that its certificate names: FIDO U2F keys, whose AAGUID is all
/// zero, may have such a certificate.
#[cfg(feature = "trust")]
fn standing(models: &dyn Models, model: &Model<'_>) -> Standing {
    let standing = models.standing(model);
    let certificate = model.certificate.as_ref();
    match certificate.and_then(certificate::named_model) {
        Some(named) if standing != Standing::Revoked && named != model.aaguid => {
            models.standing(&Model::new(named, model.certificate))
        }
        _ => standing,
    }
}

fn member<'a, T>(
    item: Option<Item<'a>>,
    what: What,
    read: impl FnOnce(Item<'a>) -> Option<T>,
) -> Result<T, Fault> {
    let item = item.ok_or(Fault::new(what, FaultKind::Missing, 0))?;
    read(item).ok_or(Fault::new(what, FaultKind::Type, 0))
}

/// A member that is a byte string.
pub(super) fn bytes<'a>(item: Option<Item<'a>>, what: What) -> Result<&'a [u8], Fault> {
    member(item, what, Item::as_bytes)
}

/// The member `alg`.
pub(super) fn algorithm(item: Option<Item<'_>>) -> Result<CoseAlgorithm, Fault> {
    const WHAT: What = What::AttestationStatementAlg;
    let number = member(item, WHAT, Item::as_integer)?;
    i32::try_from(number)
        .map(CoseAlgorithm::new)
        .map_err(|_| Fault::new(WHAT, FaultKind::Value, 0))
}

/// The member `sig`.
pub(super) fn signature<'a>(item: Option<Item<'a>>) -> Result<&'a [u8], Fault> {
    bytes(item, What::AttestationStatementSig)
}

#[cfg(feature = "attestation")]
const X5C: What = What::AttestationStatementX5c;

/// The member `x5c`: the attestation certificate and its chain.
#[cfg(feature = "attestation")]
pub(super) struct Certificates<'a> {
    pub(super) first: Certificate<'a>,
    all: Item<'a>,
}

#[cfg(feature = "attestation")]
impl<'a> Certificates<'a> {
    pub(super) fn read(item: Option<Item<'a>>) -> Result<Self, StatementError> {
        let all = item.ok_or(Fault::new(X5C, FaultKind::Missing, 0))?;
        let Content::Array(elements) = all.content() else {
            return Err(Fault::new(X5C, FaultKind::Type, 0).into());
        };
        let mut first = None;
        for (index, element) in elements.enumerate() {
            if index >= CERTIFICATES_MAX {
                return Err(Fault::new(X5C, FaultKind::Limit, 0).into());
            }
            let certificate = element
                .as_bytes()
                .ok_or(Fault::new(X5C, FaultKind::Type, 0))?;
            first = first.or(Some(certificate));
        }
        let first = first.ok_or(Fault::new(X5C, FaultKind::Length, 0))?;
        Ok(Self {
            first: Certificate::parse(first).map_err(StatementError::CertificateMalformed)?,
            all,
        })
    }

    /// Fails unless the attestation certificate is the only one.
    pub(super) fn expect_one(&self) -> Result<(), StatementError> {
        match self.each().count() {
            1 => Ok(()),
            _ => Err(Fault::new(X5C, FaultKind::Length, 0).into()),
        }
    }

    fn each(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let elements = match self.all.content() {
            Content::Array(elements) => Some(elements),
            _ => None,
        };
        elements.into_iter().flatten().filter_map(Item::as_bytes)
    }

    /// Judges path, model and dates of a statement that these certificates have verified.
    pub(super) fn conclude(
        &self,
        attestation_type: AttestationType,
        statement: &Statement<'_, '_>,
    ) -> Result<Verified, StatementError> {
        let aaguid = statement.aaguid();
        statement.conclude(attestation_type, aaguid, &self.first, self.each())
    }

    /// The same for FIDO U2F, whose signature does not cover the AAGUID, which is therefore ignored.
    pub(super) fn conclude_without_aaguid(
        &self,
        attestation_type: AttestationType,
        statement: &Statement<'_, '_>,
    ) -> Result<Verified, StatementError> {
        let verified =
            statement.conclude(attestation_type, Aaguid::ZERO, &self.first, self.each())?;
        Ok(Verified {
            aaguid_signed: false,
            ..verified
        })
    }
}

/// Who has issued the last of a statement's certificates: whose root would be looked for.
#[cfg(all(feature = "attestation", feature = "json"))]
pub(crate) fn last_issuer(statement: Item<'_>) -> Option<&str> {
    use crate::data::certificate::oid;

    let (_, x5c) = statement
        .as_map()?
        .find(|(name, _)| name.as_text() == Some("x5c"))?;
    let Content::Array(certificates) = x5c.content() else {
        return None;
    };
    let last = certificates.take(CERTIFICATES_MAX).last()?.as_bytes()?;
    let issuer = Certificate::parse(last).ok()?.issuer();
    let named = [oid::COMMON_NAME, oid::ORGANIZATION]
        .into_iter()
        .find_map(|attribute| issuer.texts(attribute).next());
    Some(named.unwrap_or("an authority without a common name"))
}
