//! X.509 certificates (RFC 5280) as attestation needs them, borrowed from their DER.
//!
//! Everything that a certificate must have is read at once; extensions are only delimited, and read when
//! they are needed. Mistakes of genuine attestation certificates are thus not read (certificate policies
//! with malformed qualifiers), or are tolerated with a comment.

use super::{Curve, PublicKey, UnixTime};
use crate::encoding::der::{Element, Elements, Tag};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};
use crate::limits::CERTIFICATE_EXTENSIONS_MAX;

/// A certificate. Nothing of it has been verified: neither its signature nor its dates.
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    signed: &'a [u8],
    version: u8,
    serial_number: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: Name<'a>,
    not_before: UnixTime,
    not_after: UnixTime,
    subject: Name<'a>,
    public_key: PublicKey<'a>,
    extensions: Option<Element<'a>>,
}

/// A distinguished name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    element: Element<'a>,
}

/// Whether a certificate's subject is an authority (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BasicConstraints {
    /// Whether the subject is an authority.
    pub authority: bool,
    /// How many authorities may follow below it in a path.
    pub path_length: Option<u8>,
}

/// One extension, its value not read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Extension<'a> {
    /// The object identifier's content.
    pub oid: &'a [u8],
    /// Whether a verifier that does not know the extension has to refuse the certificate.
    pub critical: bool,
    /// The value: DER of the extension's own type.
    pub value: &'a [u8],
}

/// Object identifiers, as the content of their DER.
pub(crate) mod oid {
    pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    pub(crate) const COUNTRY: &[u8] = &[0x55, 4, 6];
    pub(crate) const ORGANIZATION: &[u8] = &[0x55, 4, 10];
    pub(crate) const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 4, 11];

    pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
    #[cfg(feature = "trust")]
    pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
    pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
    #[cfg(feature = "trust")]
    pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
    pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];

    /// 1.2.840.10045.2.1
    pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// 1.2.840.10045.3.1.7
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// 1.3.132.0.34
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];
    /// 1.3.132.0.35
    pub(super) const P521: &[u8] = &[0x2b, 0x81, 4, 0, 35];
    /// 1.3.132.0.10
    pub(super) const SECP256K1: &[u8] = &[0x2b, 0x81, 4, 0, 10];
    /// 1.2.840.113549.1.1.1
    pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// 1.2.840.113549.1.1.10
    #[cfg(feature = "trust")]
    pub(crate) const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    /// 2.16.840.1.101.3.4.2, the arc of the SHA-2 hashes.
    #[cfg(feature = "trust")]
    pub(crate) const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
    /// 1.3.101.112
    pub(super) const ED25519: &[u8] = &[0x2b, 101, 112];
    /// 1.3.101.113
    pub(super) const ED448: &[u8] = &[0x2b, 101, 113];
    /// 2.16.840.1.101.3.4.3, the arc of ML-DSA-44 (17), -65 (18) and -87 (19).
    pub(super) const NIST_SIGNATURES: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3];
}

const WHAT: What = What::Certificate;

impl<'a> Certificate<'a> {
    /// Reads a certificate that is the whole input.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the bytes are not one.
    #[inline(never)]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut outer = Element::parse(bytes, Tag::SEQUENCE, WHAT)?.reader();
        let signed = Element::expect(&mut outer, Tag::SEQUENCE, What::CertificateToBeSigned)?;
        let signature_algorithm = Element::expect(
            &mut outer,
            Tag::SEQUENCE,
            What::CertificateSignatureAlgorithm,
        )?;
        let signature = Element::expect(&mut outer, Tag::BIT_STRING, What::CertificateSignature)?;
        outer.finish(WHAT)?;

        let mut reader = signed.reader();
        let version = read_version(&mut reader)?;
        let serial_number =
            Element::expect(&mut reader, Tag::INTEGER, What::CertificateSerialNumber)?;
        let algorithm = Element::expect(
            &mut reader,
            Tag::SEQUENCE,
            What::CertificateSignatureAlgorithm,
        )?;
        if algorithm.bytes != signature_algorithm.bytes {
            return Err(Fault::new(
                What::CertificateSignatureAlgorithm,
                FaultKind::Value,
                0,
            ));
        }
        let issuer = Name::read(&mut reader, What::CertificateIssuer)?;
        let mut validity = Element::expect(&mut reader, Tag::SEQUENCE, VALIDITY)?.reader();
        let not_before = read_time(&mut validity)?;
        let not_after = read_time(&mut validity)?;
        validity.finish(VALIDITY)?;
        let subject = Name::read(&mut reader, What::CertificateSubject)?;
        let public_key = read_public_key(&mut reader)?;
        for unique_id in [1, 2] {
            let tag = Tag::context_primitive(unique_id);
            Element::optional(&mut reader, tag, What::CertificateUniqueIdentifier)?;
        }
        let extensions = read_extensions(&mut reader)?;
        reader.finish(What::CertificateToBeSigned)?;
        Ok(Self {
            signed: signed.bytes,
            version,
            serial_number: serial_number.content,
            signature_algorithm: signature_algorithm.content,
            // Some of the first U2F security keys claim unused bits although there are none.
            signature: signature.content.get(1..).unwrap_or_default(),
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
        })
    }

    /// The part that the issuer has signed.
    #[must_use]
    pub const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    /// The version: 1, 2 or 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The serial number, a big-endian number in two's complement.
    #[must_use]
    pub const fn serial_number(&self) -> &'a [u8] {
        self.serial_number
    }

    /// The content of the `AlgorithmIdentifier` that the certificate is signed with.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &'a [u8] {
        self.signature_algorithm
    }

    /// The issuer's signature.
    #[must_use]
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The issuer's name.
    #[must_use]
    pub const fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// The start of the validity.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// The end of the validity.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Whether the certificate is valid at this time, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, time: UnixTime) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// The subject's name.
    #[must_use]
    pub const fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// The subject's public key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey<'a> {
        &self.public_key
    }

    /// The extensions, in order, none twice.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a> {
        // Reading the certificate has proven that each is one.
        self.extensions
            .into_iter()
            .flat_map(|list| list.elements(EXTENSION))
            .filter_map(|element| Extension::of(element.ok()?).ok())
    }

    /// The extension of this object identifier.
    #[must_use]
    pub fn extension(&self, oid: &[u8]) -> Option<Extension<'a>> {
        self.extensions().find(|extension| extension.oid == oid)
    }

    /// The basic constraints; `None` where there are none.
    ///
    /// # Errors
    ///
    /// [`Fault`] where they are malformed.
    pub fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Fault> {
        const WHAT: What = What::BasicConstraints;
        let Some(extension) = self.extension(oid::BASIC_CONSTRAINTS) else {
            return Ok(None);
        };
        let mut reader = Element::parse(extension.value, Tag::SEQUENCE, WHAT)?.reader();
        // FALSE is the default and would not be written; certificates in the field write it.
        let authority = match Element::optional(&mut reader, Tag::BOOLEAN, WHAT)? {
            Some(flag) => flag.boolean(WHAT)?,
            None => false,
        };
        let path_length = Element::optional(&mut reader, Tag::INTEGER, WHAT)?
            .map(|length| length.small(WHAT))
            .transpose()?;
        reader.finish(WHAT)?;
        Ok(Some(BasicConstraints {
            authority,
            path_length,
        }))
    }

    /// Whether the subject's key may sign certificates; `None` where no key usage says.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the key usage is malformed.
    #[cfg(feature = "trust")]
    pub fn may_sign_certificates(&self) -> Result<Option<bool>, Fault> {
        const WHAT: What = What::KeyUsage;
        let Some(extension) = self.extension(oid::KEY_USAGE) else {
            return Ok(None);
        };
        // The first byte counts unused bits; keyCertSign is bit 5 of the second.
        match Element::parse(extension.value, Tag::BIT_STRING, WHAT)?.content {
            [0..=7, bits, ..] => Ok(Some(bits & 0x04 != 0)),
            _ => Err(Fault::new(WHAT, FaultKind::Value, 0)),
        }
    }

    /// Whether the extended key usages have this object identifier among them.
    ///
    /// # Errors
    ///
    /// [`Fault`] where they are malformed.
    pub fn has_extended_key_usage(&self, oid: &[u8]) -> Result<bool, Fault> {
        const WHAT: What = What::ExtendedKeyUsage;
        let Some(extension) = self.extension(oid::EXTENDED_KEY_USAGE) else {
            return Ok(false);
        };
        let mut found = false;
        for usage in Element::parse(extension.value, Tag::SEQUENCE, WHAT)?.elements(WHAT) {
            let usage = usage?;
            if usage.tag != Tag::OID {
                return Err(Fault::new(WHAT, FaultKind::Type, 0));
            }
            found |= usage.content == oid;
        }
        Ok(found)
    }

    /// Whether the subject is the host of this name: one of its alternative names, or where it has none
    /// its common name.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the alternative names are malformed.
    pub fn is_of_host(&self, host: &str) -> Result<bool, Fault> {
        /// `dNSName` among the choices of a `GeneralName`.
        const DNS_NAME: Tag = Tag::context_primitive(2);
        let Some(names) = self.alternative_names()? else {
            let mut names = self.subject().texts(oid::COMMON_NAME);
            return Ok(names.any(|name| name == host));
        };
        let mut found = false;
        for name in names {
            let name = name?;
            found |= name.tag == DNS_NAME && name.content == host.as_bytes();
        }
        Ok(found)
    }

    /// The subject alternative names, each with its choice as tag.
    pub(crate) fn alternative_names(&self) -> Result<Option<Elements<'a>>, Fault> {
        self.extension(oid::SUBJECT_ALT_NAME)
            .map(|extension| Element::parse(extension.value, Tag::SEQUENCE, ALTERNATIVE_NAME))
            .transpose()
            .map(|names| names.map(|names| names.elements(ALTERNATIVE_NAME)))
    }
}

const VALIDITY: What = What::CertificateValidity;
const EXTENSION: What = What::CertificateExtension;
pub(crate) const ALTERNATIVE_NAME: What = What::SubjectAlternativeName;

fn read_version(reader: &mut Reader<'_>) -> Result<u8, Fault> {
    const WHAT: What = What::CertificateVersion;
    let Some(explicit) = Element::optional(reader, Tag::context(0), WHAT)? else {
        return Ok(1);
    };
    match Element::parse(explicit.content, Tag::INTEGER, WHAT)?.small(WHAT)? {
        version @ 0..=2 => Ok(version.saturating_add(1)),
        _ => Err(Fault::new(WHAT, FaultKind::Value, 0)),
    }
}

fn read_time(reader: &mut Reader<'_>) -> Result<UnixTime, Fault> {
    let element = Element::read(reader, VALIDITY)?;
    match element.tag {
        Tag::UTC_TIME => UnixTime::parse_certificate(element.content, true),
        Tag::GENERALIZED_TIME => UnixTime::parse_certificate(element.content, false),
        _ => Err(Fault::new(VALIDITY, FaultKind::Type, 0)),
    }
}

/// `SubjectPublicKeyInfo`.
fn read_public_key<'a>(reader: &mut Reader<'a>) -> Result<PublicKey<'a>, Fault> {
    const WHAT: What = What::CertificatePublicKey;
    let unsupported = Fault::new(WHAT, FaultKind::Value, 0);
    let mut info = Element::expect(reader, Tag::SEQUENCE, WHAT)?.reader();
    let mut algorithm = Element::expect(&mut info, Tag::SEQUENCE, WHAT)?.reader();
    let key = Element::expect(&mut info, Tag::BIT_STRING, WHAT)?.bit_string(WHAT)?;
    info.finish(WHAT)?;
    let oid = Element::expect(&mut algorithm, Tag::OID, WHAT)?.content;
    match oid {
        oid::EC_PUBLIC_KEY => {
            let curve = Element::expect(&mut algorithm, Tag::OID, WHAT)?.content;
            algorithm.finish(WHAT)?;
            read_point(key, curve).ok_or(unsupported)
        }
        // The parameters are NULL; some certificates omit them.
        oid::RSA => read_rsa(key),
        oid::ED25519 => read_edwards(key, Curve::Ed25519).ok_or(unsupported),
        oid::ED448 => read_edwards(key, Curve::Ed448).ok_or(unsupported),
        _ => match oid.strip_prefix(oid::NIST_SIGNATURES) {
            Some([17..=19]) => Ok(PublicKey::Akp { public_key: key }),
            _ => Err(unsupported),
        },
    }
}

/// `RSAPublicKey` (RFC 8017 A.1.1) that is the whole input.
pub(crate) fn read_rsa(bytes: &[u8]) -> Result<PublicKey<'_>, Fault> {
    const WHAT: What = What::CertificatePublicKey;
    let mut numbers = Element::parse(bytes, Tag::SEQUENCE, WHAT)?.reader();
    let n = Element::expect(&mut numbers, Tag::INTEGER, WHAT)?.magnitude(WHAT)?;
    let e = Element::expect(&mut numbers, Tag::INTEGER, WHAT)?.magnitude(WHAT)?;
    numbers.finish(WHAT)?;
    Ok(PublicKey::Rsa { n, e })
}

/// A `SubjectPublicKeyInfo` that is the whole input.
#[cfg(feature = "diagnose")]
pub(crate) fn read_public_key_info(bytes: &[u8]) -> Result<PublicKey<'_>, Fault> {
    let mut reader = Reader::new(bytes);
    let key = read_public_key(&mut reader)?;
    reader.finish(What::SubjectPublicKeyInfo)?;
    Ok(key)
}

/// An uncompressed point.
fn read_point<'a>(key: &'a [u8], curve: &[u8]) -> Option<PublicKey<'a>> {
    let curve = match curve {
        oid::P256 => Curve::P256,
        oid::P384 => Curve::P384,
        oid::P521 => Curve::P521,
        oid::SECP256K1 => Curve::Secp256k1,
        _ => return None,
    };
    let (x, y) = key
        .strip_prefix(&[4])?
        .split_at_checked(curve.coordinate_length())?;
    (x.len() == y.len()).then_some(PublicKey::Ec2 { curve, x, y })
}

fn read_edwards(key: &[u8], curve: Curve) -> Option<PublicKey<'_>> {
    (key.len() == curve.coordinate_length()).then_some(PublicKey::Okp { curve, x: key })
}

/// The list of extensions, each proven to be one and none of them twice.
fn read_extensions<'a>(reader: &mut Reader<'a>) -> Result<Option<Element<'a>>, Fault> {
    let Some(explicit) = Element::optional(reader, Tag::context(3), EXTENSION)? else {
        return Ok(None);
    };
    let list = Element::parse(explicit.content, Tag::SEQUENCE, EXTENSION)?;
    for (index, element) in list.elements(EXTENSION).enumerate() {
        if index >= CERTIFICATE_EXTENSIONS_MAX {
            return Err(Fault::new(EXTENSION, FaultKind::Limit, 0));
        }
        let oid = Extension::of(element?)?.oid;
        let earlier = list.elements(EXTENSION).take(index);
        for other in earlier {
            if Extension::of(other?)?.oid == oid {
                return Err(Fault::new(EXTENSION, FaultKind::Duplicate, 0));
            }
        }
    }
    Ok(Some(list))
}

impl<'a> Extension<'a> {
    fn of(element: Element<'a>) -> Result<Self, Fault> {
        if element.tag != Tag::SEQUENCE {
            return Err(Fault::new(EXTENSION, FaultKind::Type, 0));
        }
        let mut reader = element.reader();
        let oid = Element::expect(&mut reader, Tag::OID, EXTENSION)?.content;
        // FALSE is the default and would not be written; certificates in the field write it.
        let critical = match Element::optional(&mut reader, Tag::BOOLEAN, EXTENSION)? {
            Some(flag) => flag.boolean(EXTENSION)?,
            None => false,
        };
        let value = Element::expect(&mut reader, Tag::OCTET_STRING, EXTENSION)?.content;
        reader.finish(EXTENSION)?;
        Ok(Self {
            oid,
            critical,
            value,
        })
    }
}

impl<'a> Name<'a> {
    fn read(reader: &mut Reader<'a>, what: What) -> Result<Self, Fault> {
        let name = Self {
            element: Element::expect(reader, Tag::SEQUENCE, what)?,
        };
        name.check(what)?;
        Ok(name)
    }

    /// A name within another element, such as a subject alternative name's.
    pub(crate) fn parse(bytes: &'a [u8], what: What) -> Result<Self, Fault> {
        Self::read(&mut Reader::new(bytes), what)
    }

    /// Proves that the name is one: sets of attributes with a type and a value.
    fn check(self, what: What) -> Result<(), Fault> {
        for set in self.element.elements(what) {
            let set = set?;
            if set.tag != Tag::SET {
                return Err(Fault::new(what, FaultKind::Type, 0));
            }
            for attribute in set.elements(what) {
                read_attribute(attribute?, what)?;
            }
        }
        Ok(())
    }

    /// The name as it was encoded.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.element.bytes
    }

    /// Whether the name has no attribute at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.element.content.is_empty()
    }

    /// The text values of an attribute, anywhere in the name.
    pub fn texts(self, oid: &[u8]) -> impl Iterator<Item = &'a str> {
        const WHAT: What = What::Certificate;
        // Reading the name has proven that each is an attribute.
        self.element
            .elements(WHAT)
            .filter_map(Result::ok)
            .flat_map(|set| set.elements(WHAT))
            .filter_map(|attribute| read_attribute(attribute.ok()?, WHAT).ok())
            .filter(move |(ty, _)| *ty == oid)
            .filter_map(|(_, value)| match value.tag {
                Tag::UTF8_STRING | Tag::PRINTABLE_STRING => {
                    core::str::from_utf8(value.content).ok()
                }
                _ => None,
            })
    }
}

/// An attribute's type and value.
fn read_attribute<'a>(
    attribute: Element<'a>,
    what: What,
) -> Result<(&'a [u8], Element<'a>), Fault> {
    if attribute.tag != Tag::SEQUENCE {
        return Err(Fault::new(what, FaultKind::Type, 0));
    }
    let mut reader = attribute.reader();
    let ty = Element::expect(&mut reader, Tag::OID, what)?.content;
    let value = Element::read(&mut reader, what)?;
    reader.finish(what)?;
    Ok((ty, value))
}
