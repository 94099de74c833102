//! [Section 8.3](https://www.w3.org/TR/webauthn-3/#sctn-tpm-attestation): a Trusted Platform Module
//! certifies the credential's key with an attestation key.
//!
//! The structures are those of the TPM 2.0 library specification, part 2.

use core::ops::Range;

use super::certificate::{check_model, check_not_authority, check_version};
use super::statement::{Certificates, algorithm, bytes, signature};
use super::{AttestationType, Statement, StatementError, Verified};
use crate::algorithm::hash::{self, HashFunction};
use crate::data::certificate::{ALTERNATIVE_NAME, Certificate, Name};
use crate::data::{CoseAlgorithm, Curve, PublicKey};
use crate::encoding::cbor::Item;
use crate::encoding::der::Tag;
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// The members of a statement.
pub(super) const MEMBERS: [&str; 6] = ["ver", "alg", "x5c", "sig", "certInfo", "pubArea"];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [ver, alg, x5c, sig, cert_info, pub_area] = statement.members(MEMBERS)?;
    if ver.and_then(Item::as_text) != Some("2.0") {
        return Err(Fault::new(What::TpmVer, FaultKind::Value, 0).into());
    }
    let alg = algorithm(alg)?;
    let sig = signature(sig)?;
    let cert_info = bytes(cert_info, What::TpmCertInfo)?;
    let pub_area = bytes(pub_area, What::TpmPubArea)?;
    let certificates = Certificates::read(x5c)?;

    let area = PublicArea::parse(pub_area, &mut ())?;
    check_key(&area.key, statement.key.key())?;
    area.attributes.check()?;
    if area.name_algorithm == SHA1 && !statement.policy.tpm_sha1_names {
        return Err(StatementError::Content(
            "the public area is named by SHA-1, which is not accepted",
        ));
    }

    let certificate = &certificates.first;
    check_certificate(certificate)?;
    check_model(certificate, statement)?;
    statement.verify_signature_of(certificate, alg, &[cert_info], sig)?;

    let attested = Attest::parse(cert_info, &mut ())?;
    let hash = hash_of_algorithm(alg).ok_or(StatementError::AlgorithmUnsupported(alg))?;
    let signed: [&[u8]; 2] = [statement.auth_data.bytes(), statement.client_data_hash];
    if hash.digest(&signed).as_ref() != attested.extra_data {
        return Err(StatementError::Binding);
    }
    if !area.is_named(attested.name, pub_area) {
        return Err(StatementError::Content(
            "the certified name is not that of the public area",
        ));
    }
    let verified = certificates.conclude(AttestationType::AttestationCa, statement)?;
    Ok(Verified {
        tpm_key_not_bound: !area.attributes.is_bound(),
        ..verified
    })
}

/// The key in the public area is the credential's. Numbers are compared as numbers: TPMs omit leading
/// zeros, or add one.
fn check_key(key: &TpmKey<'_>, credential_key: &PublicKey<'_>) -> Result<(), StatementError> {
    let same = match (key, credential_key) {
        (TpmKey::Rsa { modulus, exponent }, PublicKey::Rsa { n, e }) => {
            is_same(modulus, n) && is_same(exponent, e)
        }
        (
            TpmKey::Ecc { curve, x, y },
            PublicKey::Ec2 {
                curve: other,
                x: other_x,
                y: other_y,
            },
        ) => curve == other && is_same(x, other_x) && is_same(y, other_y),
        _ => false,
    };
    if same {
        Ok(())
    } else {
        Err(StatementError::Key)
    }
}

fn is_same(a: &[u8], b: &[u8]) -> bool {
    let is_zero = |byte: &&u8| **byte == 0;
    a.iter()
        .skip_while(is_zero)
        .eq(b.iter().skip_while(is_zero))
}

/// [Section 8.3.1](https://www.w3.org/TR/webauthn-3/#sctn-tpm-cert-requirements), without the model.
fn check_certificate(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    /// 2.23.133.8.3, tcg-kp-AIKCertificate
    const AIK_CERTIFICATE: &[u8] = &[0x67, 0x81, 5, 8, 3];
    check_version(certificate)?;
    if !certificate.subject().is_empty() {
        return Err(StatementError::Certificate("the subject is not empty"));
    }
    check_alternative_name(certificate)?;
    let for_attestation = certificate
        .has_extended_key_usage(AIK_CERTIFICATE)
        .map_err(StatementError::CertificateMalformed)?;
    if !for_attestation {
        return Err(StatementError::Certificate(
            "the extended key usages lack tcg-kp-AIKCertificate",
        ));
    }
    check_not_authority(certificate)
}

/// The subject alternative name has the TPM's manufacturer, model and version (EK credential profile,
/// section 3.2.9).
fn check_alternative_name(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    const MANUFACTURER: &[u8] = &[0x67, 0x81, 5, 2, 1];
    const MODEL: &[u8] = &[0x67, 0x81, 5, 2, 2];
    const VERSION: &[u8] = &[0x67, 0x81, 5, 2, 3];
    let device = read_device(certificate)
        .map_err(StatementError::CertificateMalformed)?
        .ok_or(StatementError::Certificate(
            "the subject alternative name does not identify the TPM",
        ))?;
    let is_vendor = |text: &str| {
        let digits = text.strip_prefix("id:").unwrap_or_default();
        digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !device.texts(MANUFACTURER).any(is_vendor) {
        return Err(StatementError::Certificate(
            "the subject alternative name has no TPM manufacturer",
        ));
    }
    for (oid, why) in [
        (MODEL, "the subject alternative name has no TPM model"),
        (VERSION, "the subject alternative name has no TPM version"),
    ] {
        if !device.texts(oid).any(|text| !text.is_empty()) {
            return Err(StatementError::Certificate(why));
        }
    }
    Ok(())
}

/// The directory name among the alternative names.
fn read_device<'a>(certificate: &Certificate<'a>) -> Result<Option<Name<'a>>, Fault> {
    for name in certificate.alternative_names()?.into_iter().flatten() {
        let name = name?;
        if name.tag == Tag::context(4) {
            return Name::parse(name.content, ALTERNATIVE_NAME).map(Some);
        }
    }
    Ok(None)
}

/// `TPM_ALG_SHA1`
const SHA1: u16 = 0x0004;

/// The hash function of a number in the TPM's structures.
const fn hash_of_tpm(number: u16) -> Option<HashFunction> {
    Some(match number {
        SHA1 => hash::SHA1,
        0x000b => hash::SHA256,
        0x000c => hash::SHA384,
        0x000d => hash::SHA512,
        _ => return None,
    })
}

/// The hash function of a signature algorithm; `None` if it has none of its own.
const fn hash_of_algorithm(algorithm: CoseAlgorithm) -> Option<HashFunction> {
    Some(match algorithm.value() {
        -65535 => hash::SHA1,
        -7 | -9 | -37 | -47 | -257 => hash::SHA256,
        -35 | -38 | -51 | -258 => hash::SHA384,
        -36 | -39 | -52 | -259 => hash::SHA512,
        _ => return None,
    })
}

/// Observes how a structure is read, field by field. Verification does without; an explained dump is made
/// from it.
pub(crate) trait Watch {
    /// A field of this name is read next.
    fn expect(&mut self, name: &'static str);

    /// It has been read: its place, including its length prefix if it has one, and its value.
    fn field(&mut self, span: Range<usize>, value: &[u8]);
}

impl Watch for () {
    fn expect(&mut self, _: &'static str) {}

    fn field(&mut self, _: Range<usize>, _: &[u8]) {}
}

/// Reads a structure's fields, big-endian and without gaps.
struct Fields<'a, 'w> {
    reader: Reader<'a>,
    what: What,
    watch: &'w mut dyn Watch,
}

impl<'a, 'w> Fields<'a, 'w> {
    const fn new(bytes: &'a [u8], what: What, watch: &'w mut dyn Watch) -> Self {
        Self {
            reader: Reader::new(bytes),
            what,
            watch,
        }
    }

    fn array<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], Fault> {
        self.watch.expect(name);
        let at = self.reader.position();
        let value = self.reader.array(self.what)?;
        self.watch.field(at..self.reader.position(), &value);
        Ok(value)
    }

    fn number(&mut self, name: &'static str) -> Result<u16, Fault> {
        self.array(name).map(u16::from_be_bytes)
    }

    /// A `TPM2B`: a length and so many bytes.
    fn sized(&mut self, name: &'static str) -> Result<&'a [u8], Fault> {
        self.watch.expect(name);
        let at = self.reader.position();
        let length = u16::from_be_bytes(self.reader.array(self.what)?);
        let value = self.reader.take(usize::from(length), self.what)?;
        self.watch.field(at..self.reader.position(), value);
        Ok(value)
    }

    fn finish(&self) -> Result<(), Fault> {
        self.reader.finish(self.what)
    }
}

/// `TPMT_PUBLIC`, as far as it is judged.
pub(crate) struct PublicArea<'a> {
    name_algorithm: u16,
    name_hash: HashFunction,
    attributes: Attributes,
    key: TpmKey<'a>,
}

/// `TPMA_OBJECT` (part 2, section 8.3): what the TPM lets be done with the key.
#[derive(Clone, Copy)]
struct Attributes(u32);

impl Attributes {
    const FIXED_TPM: u32 = 1 << 1;
    const FIXED_PARENT: u32 = 1 << 4;
    const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    const RESTRICTED: u32 = 1 << 16;
    const SIGN: u32 = 1 << 18;

    const fn has(self, attributes: u32) -> bool {
        self.0 & attributes == attributes
    }

    /// A credential's key signs what comes from outside: it is for signing, and not restricted to what the
    /// TPM itself has made. No TPM creates a key that cannot leave the TPM and can leave its parent key.
    fn check(self) -> Result<(), StatementError> {
        if !self.has(Self::SIGN) {
            return Err(StatementError::Content("the TPM key is not for signing"));
        }
        if self.has(Self::RESTRICTED) {
            return Err(StatementError::Content(
                "the TPM key only signs what the TPM itself has made",
            ));
        }
        if self.has(Self::FIXED_TPM) && !self.has(Self::FIXED_PARENT) {
            return Err(StatementError::Content(
                "the TPM key can leave its parent key, but not the TPM",
            ));
        }
        Ok(())
    }

    /// Whether the TPM has created the key and keeps it. WebAuthn does not ask for this, and the `tpm` vector
    /// that it publishes has none of these attributes set, so it is noted and not required. Windows sets all.
    const fn is_bound(self) -> bool {
        self.has(Self::FIXED_TPM | Self::FIXED_PARENT | Self::SENSITIVE_DATA_ORIGIN)
    }
}

/// The numbers of a key, as the TPM writes them.
enum TpmKey<'a> {
    Rsa {
        modulus: &'a [u8],
        exponent: [u8; 4],
    },
    Ecc {
        curve: Curve,
        x: &'a [u8],
        y: &'a [u8],
    },
}

/// `TPM_ALG_NULL`, where a structure leaves something open.
const NULL: u16 = 0x0010;

impl<'a> PublicArea<'a> {
    pub(crate) fn parse(bytes: &'a [u8], watch: &mut dyn Watch) -> Result<Self, Fault> {
        let mut fields = Fields::new(bytes, What::TpmPubArea, watch);
        let ty = fields.number("type")?;
        let name_algorithm = fields.number("nameAlg")?;
        let name_hash = hash_of_tpm(name_algorithm).ok_or(Fault::new(
            What::TpmPubAreaNameAlgorithm,
            FaultKind::Value,
            2,
        ))?;
        let attributes = Attributes(u32::from_be_bytes(fields.array("objectAttributes")?));
        let _policy = fields.sized("authPolicy")?;
        let key = match ty {
            0x0001 => TpmKey::read_rsa(&mut fields)?,
            0x0023 => TpmKey::read_ecc(&mut fields)?,
            _ => return Err(Fault::new(What::TpmPubAreaType, FaultKind::Value, 0)),
        };
        fields.finish()?;
        Ok(Self {
            name_algorithm,
            name_hash,
            attributes,
            key,
        })
    }

    /// A name is a hash algorithm and that hash of the public area (part 1, section 16).
    fn is_named(&self, name: &[u8], bytes: &[u8]) -> bool {
        let Some((algorithm, digest)) = name.split_first_chunk() else {
            return false;
        };
        u16::from_be_bytes(*algorithm) == self.name_algorithm
            && self.name_hash.digest(&[bytes]).as_ref() == digest
    }
}

impl<'a> TpmKey<'a> {
    fn read_rsa(fields: &mut Fields<'a, '_>) -> Result<Self, Fault> {
        skip_symmetric(fields)?;
        skip_scheme(fields, "scheme")?;
        let _key_bits = fields.number("keyBits")?;
        let exponent = match fields.array("exponent")? {
            // Left open: the default.
            [0, 0, 0, 0] => [0, 1, 0, 1],
            exponent => exponent,
        };
        let modulus = fields.sized("unique")?;
        Ok(Self::Rsa { modulus, exponent })
    }

    fn read_ecc(fields: &mut Fields<'a, '_>) -> Result<Self, Fault> {
        skip_symmetric(fields)?;
        skip_scheme(fields, "scheme")?;
        let at = fields.reader.position();
        let curve = match fields.number("curveID")? {
            0x0003 => Curve::P256,
            0x0004 => Curve::P384,
            0x0005 => Curve::P521,
            _ => return Err(Fault::new(What::TpmEccCurve, FaultKind::Value, at)),
        };
        // The key derivation's scheme is followed by its hash, like a signature's.
        skip_scheme(fields, "kdf")?;
        let x = fields.sized("unique.x")?;
        let y = fields.sized("unique.y")?;
        Ok(Self::Ecc { curve, x, y })
    }
}

/// `TPMT_SYM_DEF_OBJECT`: an algorithm, and unless that is left open a key size and a mode.
fn skip_symmetric(fields: &mut Fields<'_, '_>) -> Result<(), Fault> {
    if fields.number("symmetric")? != NULL {
        let _bits = fields.number("symmetric.keyBits")?;
        let _mode = fields.number("symmetric.mode")?;
    }
    Ok(())
}

/// `TPMT_RSA_SCHEME`, `TPMT_ECC_SCHEME`, `TPMT_KDF_SCHEME`: a scheme and its details.
fn skip_scheme(fields: &mut Fields<'_, '_>, name: &'static str) -> Result<(), Fault> {
    const RSAES: u16 = 0x0015;
    const ECDAA: u16 = 0x001a;
    match fields.number(name)? {
        NULL | RSAES => {}
        scheme => {
            let _hash = fields.number("scheme.hashAlg")?;
            if scheme == ECDAA {
                let _count = fields.number("scheme.count")?;
            }
        }
    }
    Ok(())
}

/// `TPMS_ATTEST` of a certified key, as far as it is judged.
pub(crate) struct Attest<'a> {
    extra_data: &'a [u8],
    name: &'a [u8],
}

impl<'a> Attest<'a> {
    pub(crate) fn parse(bytes: &'a [u8], watch: &mut dyn Watch) -> Result<Self, StatementError> {
        let mut fields = Fields::new(bytes, What::TpmCertInfo, watch);
        // TPM_GENERATED_VALUE: only the TPM itself writes it.
        if fields.array("magic")? != *b"\xffTCG" {
            return Err(StatementError::Content(
                "certInfo was not generated by a TPM",
            ));
        }
        // TPM_ST_ATTEST_CERTIFY
        if fields.number("type")? != 0x8017 {
            return Err(StatementError::Content("certInfo does not certify a key"));
        }
        let _signer = fields.sized("qualifiedSigner")?;
        let extra_data = fields.sized("extraData")?;
        let _clock: [u8; 8] = fields.array("clockInfo.clock")?;
        let _resets: [u8; 4] = fields.array("clockInfo.resetCount")?;
        let _restarts: [u8; 4] = fields.array("clockInfo.restartCount")?;
        let _safe: [u8; 1] = fields.array("clockInfo.safe")?;
        let _firmware_version: [u8; 8] = fields.array("firmwareVersion")?;
        let name = fields.sized("attested.name")?;
        let _qualified_name = fields.sized("attested.qualifiedName")?;
        fields.finish()?;
        Ok(Self { extra_data, name })
    }
}

/// Whether the bytes are a public area.
#[cfg(fuzzing)]
pub(crate) fn is_public_area(bytes: &[u8]) -> bool {
    PublicArea::parse(bytes, &mut ()).is_ok()
}

/// Whether the bytes certify a key.
#[cfg(fuzzing)]
pub(crate) fn is_attest(bytes: &[u8]) -> bool {
    Attest::parse(bytes, &mut ()).is_ok()
}
