//! Trust paths: from an attestation certificate to a root that the relying party trusts (RFC 5280
//! section 6, as far as attestation certificates need it).
//!
//! The path is walked upwards, one issuer at a time, over at most [`CERTIFICATES_MAX`] certificates; if an
//! issuer leads nowhere, the next of the same name is tried. A certificate is trusted if it equals one of
//! the roots (the FIDO metadata lists some attestation certificates so), or if a root has signed it. A
//! root that is only sent in `x5c` is a certificate like any other.

use core::fmt;

use heapless::Vec;

use crate::algorithm::Crypto;
use crate::data::certificate::oid;
use crate::data::{Certificate, CoseAlgorithm, Curve, PublicKey, UnixTime};
use crate::encoding::der::{Element, Tag};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, What};
use crate::limits::{CERTIFICATES_MAX, MODEL_ROOTS_MAX, PATH_SIGNATURES_MAX};
use crate::policy::{Model, Models};

/// What certificates must lead to.
#[derive(Clone, Copy)]
pub(super) struct Anchors<'p> {
    /// Certificates in DER that are roots for every model.
    pub(super) roots: &'p [&'p [u8]],
    /// When every certificate of the path, the root too, has to be valid; `None`: dates are not judged.
    pub(super) time: Option<UnixTime>,
}

/// An authenticator model, and the metadata with its roots.
pub(super) type KnownModel<'p, 'a> = (&'p dyn Models, &'p Model<'a>);

impl<'p> Anchors<'p> {
    /// The roots of a model if it has any, else those for every model: an authority of other models must not
    /// vouch for a model that has roots of its own.
    fn roots(self, known: Option<KnownModel<'p, '_>>) -> impl Iterator<Item = &'p [u8]> + Clone {
        let of_model = known.into_iter().flat_map(|(models, model)| {
            (0..MODEL_ROOTS_MAX).map_while(move |index| models.root(model, index))
        });
        let has_own = of_model.clone().next().is_some();
        let of_all = self.roots.iter().copied().filter(move |_| !has_own);
        of_model.chain(of_all)
    }
}

/// Why certificates do not lead to a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// There are no roots.
    NoAnchors,
    /// The first certificate cannot be read.
    Malformed(Fault),
    /// A certificate of the path does not meet the requirements.
    Invalid(&'static str),
    /// A certificate of the path is not valid at the time.
    Outdated,
    /// No known issuer has signed the last certificate of the path.
    NoRoot,
}

impl From<Fault> for PathError {
    fn from(fault: Fault) -> Self {
        Self::Malformed(fault)
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnchors => f.write_str("there are no roots"),
            Self::Malformed(fault) => fault.fmt(f),
            Self::Invalid(why) => f.write_str(why),
            Self::Outdated => f.write_str("a certificate is not valid at this time"),
            Self::NoRoot => f.write_str("the certificates lead to no root"),
        }
    }
}

impl core::error::Error for PathError {}

/// Fails unless the first of these certificates leads to one of the roots, perhaps by way of the others:
/// the walk that attestation certificates are trusted by, for whatever else is signed with a chain. All
/// certificates are in DER, at most [`CERTIFICATES_MAX`] count; without a time dates are not judged.
///
/// # Errors
///
/// [`PathError`]: of several ways that lead to no root, what was wrong with the first.
pub fn verify_path<'a>(
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
    roots: &[&[u8]],
    time: Option<UnixTime>,
    crypto: &Crypto<'_>,
) -> Result<(), PathError> {
    check_path(certificates, Anchors { roots, time }, None, crypto)
}

/// The same for the certificates of an authenticator, by the roots of its model too.
#[inline(never)]
pub(super) fn check_path<'a>(
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
    anchors: Anchors<'_>,
    known: Option<KnownModel<'_, '_>>,
    crypto: &Crypto<'_>,
) -> Result<(), PathError> {
    let mut walk = Walk {
        roots: anchors.roots(known),
        time: anchors.time,
        crypto,
        signatures: PATH_SIGNATURES_MAX,
        refused: None,
    };
    if walk.roots.clone().next().is_none() {
        return Err(PathError::NoAnchors);
    }
    let certificates = certificates.take(CERTIFICATES_MAX);
    let first = certificates.clone().next().ok_or(PathError::NoRoot)?;
    let mut path = Vec::<Link<'_>, CERTIFICATES_MAX>::new();
    let mut entered = Some(first);
    check_certificate(&Certificate::parse(first)?, anchors.time)?;
    // Depth first: an issuer that leads nowhere is left for the next one of its name.
    loop {
        if let Some(certificate) = entered.take() {
            // Authorities below the one that comes next, which its path length has to allow.
            if walk.ends_with(certificate, path.len())? {
                return Ok(());
            }
            let _fits = path.push(Link {
                certificate,
                issuer: 0,
            });
        }
        let Some(link) = path.last_mut() else {
            return Err(walk.refused.unwrap_or(PathError::NoRoot));
        };
        let Some(issuer) = certificates.clone().nth(link.issuer) else {
            path.pop();
            continue;
        };
        link.issuer = link.issuer.saturating_add(1);
        let subject = link.certificate;
        let is_new = path.iter().all(|link| link.certificate != issuer);
        let authorities = path.len().saturating_sub(1);
        if is_new
            && walk.is_issued_by(subject, issuer, |issuer| {
                check_authority(issuer, authorities)
            })?
        {
            entered = Some(issuer);
        }
    }
}

/// One certificate of the path so far, and which of all is the next to be tried as its issuer.
struct Link<'a> {
    certificate: &'a [u8],
    issuer: usize,
}

/// What a walk needs at each certificate.
struct Walk<'w, R> {
    roots: R,
    time: Option<UnixTime>,
    crypto: &'w Crypto<'w>,
    /// How much more verifying may cost.
    signatures: u8,
    /// What was wrong with the first issuer that could have gone on.
    refused: Option<PathError>,
}

impl<'r, R: Iterator<Item = &'r [u8]> + Clone> Walk<'_, R> {
    /// Whether the path is complete with this certificate: a root itself, or signed by one.
    fn ends_with(&mut self, certificate: &[u8], authorities: usize) -> Result<bool, PathError> {
        if self.roots.clone().any(|root| root == certificate) {
            return Ok(true);
        }
        for root in self.roots.clone() {
            if self.is_issued_by(certificate, root, |root| check_root(root, authorities))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the issuer has signed the subject, is good at this time, and passes the check.
    fn is_issued_by(
        &mut self,
        subject: &[u8],
        issuer: &[u8],
        check: impl FnOnce(&Certificate<'_>) -> Result<(), PathError>,
    ) -> Result<bool, PathError> {
        // A certificate that cannot be read is not an issuer; another one may be.
        let Ok(issuer) = Certificate::parse(issuer) else {
            return Ok(false);
        };
        let subject = Certificate::parse(subject)?;
        if issuer.subject().bytes() != subject.issuer().bytes() {
            return Ok(false);
        }
        self.signatures = self
            .signatures
            .checked_sub(cost(issuer.public_key()))
            .ok_or(PathError::Invalid("there are too many issuers of one name"))?;
        if !has_signed(&issuer, &subject, self.crypto) {
            return Ok(false);
        }
        let checked = check_certificate(&issuer, self.time).and_then(|()| check(&issuer));
        if let Err(error) = checked {
            self.refused.get_or_insert(error);
        }
        Ok(checked.is_ok())
    }
}

/// What verifying with this key costs, beside P-256.
const fn cost(key: &PublicKey<'_>) -> u8 {
    match key {
        PublicKey::Okp {
            curve: Curve::Ed448,
            ..
        } => 4,
        PublicKey::Ec2 {
            curve: Curve::P521, ..
        } => 2,
        _ => 1,
    }
}

fn has_signed(
    issuer: &Certificate<'_>,
    certificate: &Certificate<'_>,
    crypto: &Crypto<'_>,
) -> bool {
    let key = issuer.public_key();
    signature_algorithm(certificate.signature_algorithm())
        .and_then(|algorithm| crypto.attestation_algorithm(algorithm, key))
        .is_some_and(|mechanism| {
            let signed = [certificate.signed()];
            mechanism
                .verify(key, &signed, certificate.signature())
                .is_ok()
        })
}

/// What every certificate of a path has to be: valid at the time, and without an extension that has to
/// be understood and is not.
fn check_certificate(
    certificate: &Certificate<'_>,
    time: Option<UnixTime>,
) -> Result<(), PathError> {
    const UNDERSTOOD: [&[u8]; 5] = [
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        // Nothing here asks for a policy, so any will do.
        oid::CERTIFICATE_POLICIES,
    ];
    if time.is_some_and(|time| !certificate.is_valid_at(time)) {
        return Err(PathError::Outdated);
    }
    let mut extensions = certificate.extensions();
    if extensions.any(|extension| extension.critical && !UNDERSTOOD.contains(&extension.oid)) {
        return Err(PathError::Invalid("a critical extension is not understood"));
    }
    Ok(())
}

/// An authority within the path: version 3, basic constraints that say so and allow the authorities
/// below it, and a key that may sign certificates.
fn check_authority(certificate: &Certificate<'_>, authorities: usize) -> Result<(), PathError> {
    if certificate.version() != 3 {
        return Err(PathError::Invalid("an issuer is not of version 3"));
    }
    let constraints = certificate
        .basic_constraints()?
        .filter(|constraints| constraints.authority)
        .ok_or(PathError::Invalid("an issuer is not an authority"))?;
    if constraints
        .path_length
        .is_some_and(|length| usize::from(length) < authorities)
    {
        return Err(PathError::Invalid(
            "the path is longer than an issuer allows",
        ));
    }
    if certificate.may_sign_certificates()? == Some(false) {
        return Err(PathError::Invalid(
            "an issuer's key may not sign certificates",
        ));
    }
    Ok(())
}

/// A root is trusted because it is listed: one of version 1, which cannot say that it is an authority,
/// is one. What a root does say of itself holds.
fn check_root(certificate: &Certificate<'_>, authorities: usize) -> Result<(), PathError> {
    if certificate.version() == 1 && certificate.extensions().next().is_none() {
        return Ok(());
    }
    check_authority(certificate, authorities)
}

/// The algorithm of a certificate's signature.
fn signature_algorithm(identifier: &[u8]) -> Option<CoseAlgorithm> {
    const WHAT: What = What::CertificateSignatureAlgorithm;
    let mut reader = Reader::new(identifier);
    let algorithm = Element::expect(&mut reader, Tag::OID, WHAT).ok()?.content;
    match algorithm {
        oid::RSASSA_PSS => pss_algorithm(&mut reader),
        _ => CoseAlgorithm::of_signature(algorithm),
    }
}

/// RSASSA-PSS by the hash that its parameters name; the salt's length is the hash's with every
/// mechanism here (RFC 4055 section 3.1).
fn pss_algorithm(reader: &mut Reader<'_>) -> Option<CoseAlgorithm> {
    const WHAT: What = What::RsassaPssParameters;
    let mut parameters = Element::expect(reader, Tag::SEQUENCE, WHAT).ok()?.reader();
    let mut hash = Element::expect(&mut parameters, Tag::context(0), WHAT)
        .ok()?
        .reader();
    let mut hash = Element::expect(&mut hash, Tag::SEQUENCE, WHAT)
        .ok()?
        .reader();
    let hash = Element::expect(&mut hash, Tag::OID, WHAT).ok()?.content;
    match hash.strip_prefix(oid::SHA2)? {
        [1] => Some(CoseAlgorithm::PS256),
        [2] => Some(CoseAlgorithm::PS384),
        [3] => Some(CoseAlgorithm::PS512),
        _ => None,
    }
}
