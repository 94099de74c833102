//! Trust paths: from an attestation certificate to a root that the relying party trusts (RFC 5280
//! section 6, as far as attestation certificates need it).
//!
//! The path is walked upwards, one issuer at a time, over at most
//! [`CERTIFICATES_MAX`](crate::limits::CERTIFICATES_MAX) certificates. A certificate is trusted when it
//! is one of the roots byte for byte, as the FIDO metadata list some attestation certificates, or when
//! a root has signed it. A root that only stands in `x5c` is a certificate like any other.

use crate::algorithm::Crypto;
use crate::data::certificate::oid;
use crate::data::{Certificate, CoseAlgorithm, UnixTime};
use crate::encoding::Fault;
use crate::encoding::der::{Element, Tag};
use crate::encoding::reader::Reader;
use crate::limits::CERTIFICATES_MAX;

/// What the certificates have to lead to.
#[derive(Clone, Copy)]
pub(crate) struct Anchors<'p> {
    /// Certificates in DER.
    pub(crate) roots: &'p [&'p [u8]],
    /// When every certificate of the path, the root too, has to be valid; `None`: dates are not judged.
    pub(crate) time: Option<UnixTime>,
}

/// Signatures that are verified along one path: issuers of one name are few, and a path is short.
const SIGNATURES_MAX: u8 = 16;

/// Why certificates do not lead to a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathError {
    /// A certificate of the path cannot be read.
    Malformed(Fault),
    /// A certificate of the path is not what it has to be.
    Invalid(&'static str),
    /// A certificate of the path is not valid at the time.
    Outdated,
    /// Nobody known has signed the path's last certificate.
    NoRoot,
}

impl From<Fault> for PathError {
    fn from(fault: Fault) -> Self {
        Self::Malformed(fault)
    }
}

/// Fails unless the first of these certificates leads to a root, perhaps by way of the others.
#[inline(never)]
pub(crate) fn check_path<'a>(
    certificates: impl Iterator<Item = &'a [u8]> + Clone,
    anchors: &Anchors<'_>,
    crypto: &Crypto<'_>,
) -> Result<(), PathError> {
    let mut subject = certificates.clone().next().ok_or(PathError::NoRoot)?;
    let mut budget = SIGNATURES_MAX;
    // Authorities below the one that comes next, which its path length has to allow.
    for authorities in 0..CERTIFICATES_MAX {
        let certificate = Certificate::parse(subject)?;
        check_certificate(&certificate, anchors)?;
        if anchors.roots.contains(&subject) {
            return Ok(());
        }
        if find_issuer(
            &certificate,
            anchors.roots.iter().copied(),
            &mut budget,
            crypto,
            |root| check_root(root, authorities, anchors),
        )?
        .is_some()
        {
            return Ok(());
        }
        let others = certificates.clone().filter(|other| *other != subject);
        let issuer = find_issuer(&certificate, others, &mut budget, crypto, |issuer| {
            check_authority(issuer, authorities)
        })?;
        subject = issuer.ok_or(PathError::NoRoot)?;
    }
    Err(PathError::NoRoot)
}

/// The certificate whose subject has signed this one; `check` says whether it may.
fn find_issuer<'c>(
    certificate: &Certificate<'_>,
    candidates: impl Iterator<Item = &'c [u8]>,
    budget: &mut u8,
    crypto: &Crypto<'_>,
    check: impl Fn(&Certificate<'c>) -> Result<(), PathError>,
) -> Result<Option<&'c [u8]>, PathError> {
    let mut refused = None;
    for candidate in candidates {
        // One that cannot be read is no issuer; another may be.
        let Ok(issuer) = Certificate::parse(candidate) else {
            continue;
        };
        let is_named = issuer.subject().bytes() == certificate.issuer().bytes();
        if !is_named {
            continue;
        }
        *budget = budget
            .checked_sub(1)
            .ok_or(PathError::Invalid("there are too many issuers of one name"))?;
        if !has_signed(&issuer, certificate, crypto) {
            continue;
        }
        match check(&issuer) {
            Ok(()) => return Ok(Some(candidate)),
            Err(error) => refused = Some(error),
        }
    }
    refused.map_or(Ok(None), Err)
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
    anchors: &Anchors<'_>,
) -> Result<(), PathError> {
    const UNDERSTOOD: [&[u8]; 5] = [
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        // Nothing here asks for a policy, so any will do.
        oid::CERTIFICATE_POLICIES,
    ];
    if anchors
        .time
        .is_some_and(|time| !certificate.is_valid_at(time))
    {
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
fn check_root(
    certificate: &Certificate<'_>,
    authorities: usize,
    anchors: &Anchors<'_>,
) -> Result<(), PathError> {
    check_certificate(certificate, anchors)?;
    match certificate.version() {
        1 => Ok(()),
        _ => check_authority(certificate, authorities),
    }
}

/// The algorithm of a certificate's signature. SHA-1 is not among them: nothing trusts it any more.
fn signature_algorithm(identifier: &[u8]) -> Option<CoseAlgorithm> {
    /// 1.2.840.10045.4.3, ecdsa-with-SHA2
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3];
    /// 1.2.840.113549.1.1, PKCS #1
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    const WHAT: &str = "certificate signature algorithm";
    let mut reader = Reader::new(identifier);
    let algorithm = Element::expect(&mut reader, Tag::OID, WHAT).ok()?.content;
    let number = match algorithm {
        oid::ED25519 => CoseAlgorithm::EDDSA.value(),
        oid::ED448 => -53,
        _ => match (
            algorithm.split_last()?,
            algorithm.strip_prefix(oid::NIST_SIGNATURES),
        ) {
            ((2, ECDSA), _) => CoseAlgorithm::ES256.value(),
            ((3, ECDSA), _) => -35,
            ((4, ECDSA), _) => -36,
            ((10, RSA), _) => pss_algorithm(&mut reader)?,
            ((11, RSA), _) => CoseAlgorithm::RS256.value(),
            ((12, RSA), _) => -258,
            ((13, RSA), _) => -259,
            (_, Some([17])) => -48,
            (_, Some([18])) => -49,
            (_, Some([19])) => -50,
            _ => return None,
        },
    };
    Some(CoseAlgorithm::new(number))
}

/// RSASSA-PSS by the hash that its parameters name; the salt's length is the hash's with every
/// mechanism here (RFC 4055 section 3.1).
fn pss_algorithm(reader: &mut Reader<'_>) -> Option<i32> {
    /// 2.16.840.1.101.3.4.2, the arc of the SHA-2 hashes
    const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
    const WHAT: &str = "RSASSA-PSS parameters";
    let mut parameters = Element::expect(reader, Tag::SEQUENCE, WHAT).ok()?.reader();
    let mut hash = Element::expect(&mut parameters, Tag::context(0), WHAT)
        .ok()?
        .reader();
    let mut hash = Element::expect(&mut hash, Tag::SEQUENCE, WHAT)
        .ok()?
        .reader();
    let hash = Element::expect(&mut hash, Tag::OID, WHAT).ok()?.content;
    match hash.strip_prefix(SHA2)? {
        [1] => Some(-37),
        [2] => Some(-38),
        [3] => Some(-39),
        _ => None,
    }
}
