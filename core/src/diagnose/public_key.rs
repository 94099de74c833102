//! The public key: what a relying party stored in place of a COSE key, and keys that are none.

use crate::encoding::What;
use core::fmt;

use super::written::{self, Encoded, Filled, Form};
use super::{Diagnosis, Findings, Rejected, Response, Work};
use crate::ceremony::ErrorKind;
use crate::data::certificate::{read_public_key_info, read_rsa};
use crate::data::{
    AttestationObject, AuthenticationResponse, AuthenticatorData, Certificate, CoseAlgorithm,
    CoseKey, Curve, PublicKey,
};
use crate::encoding::FaultKind;
use crate::encoding::cbor::{Content as Cbor, Item};
use crate::encoding::json::{Content, Value};
use crate::encoding::reader::Reader;

pub(super) fn diagnose(
    case: &Rejected<'_>,
    document: Value<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    match (case.error.kind(), case.response) {
        (ErrorKind::PublicKeyMalformed, Response::Authentication(response, Some(_))) => {
            stored(document, &Signed::of(response, work), room, work, findings);
        }
        (ErrorKind::AlgorithmUnsupported, Response::Authentication(_, Some(record))) => {
            if let Ok(key) = CoseKey::parse(record.public_key) {
                misfit(&key, work, findings);
            }
        }
        (_, Response::Registration(_)) => new(case, work, findings),
        _ => {}
    }
}

/// The key of a registration.
fn new(case: &Rejected<'_>, work: &Work<'_>, findings: &mut Findings<'_>) {
    let Some(authenticator_data) = case.response.authenticator_data() else {
        return;
    };
    let Some(attested) = authenticator_data.attested_credential_data() else {
        return;
    };
    let Ok(key) = CoseKey::parse(attested.credential_public_key()) else {
        return;
    };
    match case.error.kind() {
        ErrorKind::AlgorithmNotOffered | ErrorKind::AlgorithmUnsupported => findings.proven(
            Diagnosis::AlgorithmNotOffered,
            format_args!(
                "The new key is of algorithm {}, which the check does not list. Offer in `pubKeyCredParams` what you \
                 can verify and list the same in the check; -7 (ES256) and -257 (RS256) reach nearly every authenticator.",
                Algorithm(key.algorithm())
            ),
        ),
        _ => misfit(&key, work, findings),
    }
}

/// A key that is none of its algorithm.
pub(super) fn misfit(key: &CoseKey<'_>, work: &Work<'_>, findings: &mut Findings<'_>) {
    let algorithm = Algorithm(key.algorithm());
    if let Some(curve) = fitting_curve(key) {
        findings.proven(
            Diagnosis::PointOffCurve,
            format_args!(
                "The key's x and y are not a point of {curve}, so nothing can be verified with it. A bit of the key was \
                 changed, or coordinates were padded or cut; store `credential.publicKey` of the registration byte for byte.",
            ),
        );
        return;
    }
    let fits = work
        .crypto
        .algorithms
        .iter()
        .find(|algorithm| algorithm.check_key(key.key()).is_ok());
    let (before, other) = match fits {
        Some(fit) => ("; it is one of ", Some(Algorithm(fit.algorithm()))),
        None => ("", None),
    };
    findings.proven(
        Diagnosis::KeyAndAlgorithmDiffer,
        format_args!(
            "The key names the algorithm {algorithm}, and is no key of it{before}{}. The member `alg` (3) of the COSE key was \
             set by hand or taken from another key; keep the COSE key as the authenticator sent it.",
            Or(other)
        ),
    );
}

/// The curve of a key whose type and curve are its algorithm's.
fn fitting_curve(key: &CoseKey<'_>) -> Option<&'static str> {
    match (key.key(), key.algorithm()) {
        (
            PublicKey::Ec2 {
                curve: Curve::P256, ..
            },
            CoseAlgorithm::ES256 | CoseAlgorithm::ESP256,
        ) => Some("P-256"),
        (
            PublicKey::Ec2 {
                curve: Curve::P384, ..
            },
            CoseAlgorithm::ES384 | CoseAlgorithm::ESP384,
        ) => Some("P-384"),
        (
            PublicKey::Ec2 {
                curve: Curve::P521, ..
            },
            CoseAlgorithm::ES512 | CoseAlgorithm::ESP512,
        ) => Some("P-521"),
        (
            PublicKey::Ec2 {
                curve: Curve::Secp256k1,
                ..
            },
            CoseAlgorithm::ES256K,
        ) => Some("secp256k1"),
        (
            PublicKey::Okp {
                curve: Curve::Ed25519,
                ..
            },
            CoseAlgorithm::EDDSA | CoseAlgorithm::ED25519,
        ) => Some("Ed25519"),
        (
            PublicKey::Okp {
                curve: Curve::Ed448,
                ..
            },
            CoseAlgorithm::ED448,
        ) => Some("Ed448"),
        _ => None,
    }
}

/// An algorithm as a person knows it.
pub(super) struct Algorithm(pub(super) CoseAlgorithm);

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => self.0.fmt(f),
        }
    }
}

struct Or<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Or<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => Ok(()),
        }
    }
}

/// What a sign-in has signed, and how.
pub(super) struct Signed<'a> {
    pub(super) authenticator_data: &'a [u8],
    pub(super) client_data: &'a [u8],
    pub(super) hash: [u8; 32],
    pub(super) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(super) fn of(response: &AuthenticationResponse<'a>, work: &mut Work<'_>) -> Self {
        let client_data = response.client_data_json().unwrap_or_default();
        Self {
            authenticator_data: response.authenticator_data().unwrap_or_default(),
            client_data,
            hash: work.sha256(&[client_data]).unwrap_or_default(),
            signature: response.signature().unwrap_or_default(),
        }
    }

    /// The algorithm with which the key has made the signature; most keys have one.
    pub(super) fn by(&self, key: &Key<'_>, work: &mut Work<'_>) -> Option<CoseAlgorithm> {
        let message = [self.authenticator_data, &self.hash];
        if let Some(algorithm) = key.algorithm {
            let verifies = work.verifies(algorithm, &key.key, &message, self.signature);
            return verifies.then_some(algorithm);
        }
        algorithms_of(&key.key)
            .iter()
            .copied()
            .find(|algorithm| work.verifies(*algorithm, &key.key, &message, self.signature))
    }
}

/// A key that was found, with its algorithm where it names one.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    algorithm: Option<CoseAlgorithm>,
    key: PublicKey<'a>,
}

impl<'a> Key<'a> {
    /// A key that names no algorithm.
    pub(super) const fn of(key: PublicKey<'a>) -> Self {
        Self {
            algorithm: None,
            key,
        }
    }
}

/// The algorithms that a key may be for where nothing says so, the likeliest first.
const fn algorithms_of(key: &PublicKey<'_>) -> &'static [CoseAlgorithm] {
    match key {
        PublicKey::Ec2 { curve, .. } | PublicKey::Okp { curve, .. } => match curve {
            Curve::P256 => &[CoseAlgorithm::ES256],
            Curve::P384 => &[CoseAlgorithm::ES384],
            Curve::P521 => &[CoseAlgorithm::ES512],
            Curve::Secp256k1 => &[CoseAlgorithm::ES256K],
            Curve::Ed25519 => &[CoseAlgorithm::EDDSA],
            Curve::Ed448 => &[CoseAlgorithm::ED448],
        },
        PublicKey::Rsa { .. } => &[CoseAlgorithm::RS256, CoseAlgorithm::PS256],
        PublicKey::Akp { public_key } => match public_key.len() {
            1312 => &[CoseAlgorithm::ML_DSA_44],
            1952 => &[CoseAlgorithm::ML_DSA_65],
            _ => &[CoseAlgorithm::ML_DSA_87],
        },
    }
}

/// What bytes that hold a key are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Structure {
    Cose,
    Spki,
    Pkcs1,
    Certificate,
    Point,
    CborBytes,
    AttestedCredentialData,
    AuthenticatorData,
    AttestationObject,
}

impl Structure {
    const fn describe(self) -> &'static str {
        match self {
            Self::Cose => "a COSE key",
            Self::Spki => "a SubjectPublicKeyInfo in DER, as `getPublicKey()` gives it",
            Self::Pkcs1 => "an RSAPublicKey (PKCS #1) in DER",
            Self::Certificate => "a certificate",
            Self::Point => "the bare point, without its COSE key around it",
            Self::CborBytes => "a COSE key inside a CBOR byte string",
            Self::AttestedCredentialData => {
                "the whole attested credential data (AAGUID, id and key)"
            }
            Self::AuthenticatorData => "the whole authenticator data",
            Self::AttestationObject => "the whole attestation object",
        }
    }

    /// The diagnosis of what is no COSE key; of one that is, only the encoding can be wrong.
    const fn diagnosis(self) -> Diagnosis {
        match self {
            Self::Cose => Diagnosis::PublicKeyEncodedTwice,
            Self::Spki => Diagnosis::PublicKeySpki,
            Self::Pkcs1 => Diagnosis::PublicKeyPkcs1,
            Self::Certificate => Diagnosis::PublicKeyCertificate,
            Self::Point => Diagnosis::PublicKeyRawPoint,
            Self::CborBytes => Diagnosis::PublicKeyCborBytes,
            Self::AttestedCredentialData => Diagnosis::PublicKeyAttestedCredentialData,
            Self::AuthenticatorData => Diagnosis::PublicKeyAuthenticatorData,
            Self::AttestationObject => Diagnosis::PublicKeyAttestationObject,
        }
    }
}

fn cose(bytes: &[u8]) -> Option<Key<'_>> {
    let key = CoseKey::parse(bytes).ok()?;
    Some(Key {
        algorithm: Some(key.algorithm()),
        key: *key.key(),
    })
}

/// The key in bytes, and the bytes of its COSE key where there is one.
fn read(bytes: &[u8]) -> Option<(Structure, Key<'_>, &[u8])> {
    if let Some(key) = cose(bytes) {
        return Some((Structure::Cose, key, bytes));
    }
    if let Ok(key) = read_public_key_info(bytes) {
        let algorithm = None;
        return Some((Structure::Spki, Key { algorithm, key }, &[]));
    }
    if let Ok(key) = read_rsa(bytes) {
        let algorithm = None;
        return Some((Structure::Pkcs1, Key { algorithm, key }, &[]));
    }
    if let Ok(certificate) = Certificate::parse(bytes) {
        let key = Key {
            algorithm: None,
            key: *certificate.public_key(),
        };
        return Some((Structure::Certificate, key, &[]));
    }
    if let Some(key) = point(bytes) {
        return Some((Structure::Point, key, &[]));
    }
    if let Ok((item, _)) = Item::parse(bytes, What::CborItem)
        && let Cbor::Bytes(inner) = item.content()
        && let Some(key) = cose(inner)
    {
        return Some((Structure::CborBytes, key, inner));
    }
    if let Ok(object) = AttestationObject::parse(bytes)
        && let Ok(data) = AuthenticatorData::parse(object.auth_data)
        && let Some(credential) = data.attested_credential_data()
    {
        let inner = credential.credential_public_key();
        return Some((Structure::AttestationObject, cose(inner)?, inner));
    }
    if let Ok(data) = AuthenticatorData::parse(bytes)
        && let Some(credential) = data.attested_credential_data()
    {
        let inner = credential.credential_public_key();
        return Some((Structure::AuthenticatorData, cose(inner)?, inner));
    }
    let inner = key_of_attested(bytes)?;
    Some((Structure::AttestedCredentialData, cose(inner)?, inner))
}

/// The key at the end of attested credential data.
fn key_of_attested(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    reader.take(16, What::CborItem).ok()?;
    let length = u16::from_be_bytes(reader.array(What::CborItem).ok()?);
    reader.take(usize::from(length), What::CborItem).ok()?;
    let (key, _) = Item::read(&mut reader, What::CborItem).ok()?;
    Some(key.bytes())
}

/// An uncompressed point, with or without the byte that says so, or an Ed25519 key.
fn point(bytes: &[u8]) -> Option<Key<'_>> {
    let coordinates = match bytes {
        [4, coordinates @ ..] if matches!(coordinates.len(), 64 | 96 | 132) => coordinates,
        // The beginning of a COSE key.
        [0xa3..=0xa5, 1, ..] => return None,
        coordinates => coordinates,
    };
    let (curve, algorithm) = match coordinates.len() {
        32 => {
            let key = PublicKey::Okp {
                curve: Curve::Ed25519,
                x: coordinates,
            };
            let algorithm = Some(CoseAlgorithm::EDDSA);
            return Some(Key { algorithm, key });
        }
        64 => (Curve::P256, CoseAlgorithm::ES256),
        96 => (Curve::P384, CoseAlgorithm::ES384),
        132 => (Curve::P521, CoseAlgorithm::ES512),
        _ => return None,
    };
    let (x, y) = coordinates.split_at_checked(curve.coordinate_length())?;
    let key = PublicKey::Ec2 { curve, x, y };
    Some(Key {
        algorithm: Some(algorithm),
        key,
    })
}

/// What is in the record in place of a COSE key.
fn stored(
    document: Value<'_>,
    signed: &Signed<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    let Some(written) = written::at(document, &["credential", "publicKey"]) else {
        return;
    };
    let is_nothing = match written.content() {
        Content::Null => true,
        Content::String(text) => text.raw().is_empty(),
        _ => written::is_empty(written),
    };
    if is_nothing {
        findings.proven(
            Diagnosis::PublicKeyMissing,
            format_args!(
                "The record has no public key: it is empty, null or `{{}}`. A buffer that went through JSON.stringify, or a column \
                 that was never written, leaves that. Store `credential.publicKey` of the registration in base64url.",
            ),
        );
        return;
    }
    let search = &mut Search {
        signed,
        work,
        findings,
    };
    if is_jwk(written) {
        return search.jwk(written, room);
    }
    if let Some(text) = written.as_str()
        && other_kind(text.raw(), search.findings)
    {
        return;
    }
    if let Some(text) = written.as_str()
        && written::lost("credential.publicKey", text, room, search.findings)
    {
        return;
    }
    if let Some((der, rest)) = pem(written, room) {
        search.bytes(der, &Writing::Pem, rest);
        return;
    }
    for form in Form::OF_CONTAINER.into_iter().chain(Form::OF_TEXT) {
        if let Some((bytes, rest)) = written::decode(written, form, room)
            && search.bytes(bytes, &Writing::Other(form), rest)
        {
            return;
        }
    }
    let Some(text) = written.as_str() else {
        return;
    };
    let Some((bytes, rest)) = written::base64(text.chars(), room) else {
        return;
    };
    if let Ok(value) = Value::parse(bytes, What::Json)
        && is_jwk(value)
    {
        return search.jwk(value, rest);
    }
    if search.bytes(bytes, &Writing::Base64Url, rest) {
        return;
    }
    if matches!((bytes, bytes.len()), ([2 | 3, ..], 33 | 49 | 67)) {
        search.findings.guess(
            Diagnosis::PublicKeyCompressedPoint,
            format_args!(
                "The stored public key has {} bytes and begins as a compressed point does: x alone, and one bit of y. A COSE key has both; store \
                 `credential.publicKey` of the registration, or compute y from x.",
                bytes.len()
            ),
        );
    }
    let is_cut = matches!(bytes, [0xa4..=0xa5, 1, ..])
        && CoseKey::parse(bytes).is_err_and(|fault| fault.kind() == FaultKind::Truncated);
    if is_cut {
        search.findings.guess(
            Diagnosis::PublicKeyCut,
            format_args!(
                "The stored public key begins as a COSE key and ends after {} bytes, too early: a column or a copy cut it. \
                 An ES256 key has 77 bytes (103 characters of base64url).",
                bytes.len()
            ),
        );
    }
}

/// A text that says itself that it is no COSE key.
fn other_kind(text: &str, findings: &mut Findings<'_>) -> bool {
    if written::split(text, "PRIVATE KEY-----").is_some() {
        findings.proven(
            Diagnosis::PublicKeyIsPrivate,
            format_args!(
                "The record holds a private key. That of a passkey never leaves its authenticator, so this is another one: take it out of the record, \
                 hold it for known to others, and store `credential.publicKey` of the registration.",
            ),
        );
        return true;
    }
    if text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-") || text.starts_with("sk-") {
        findings.proven(
            Diagnosis::PublicKeySsh,
            format_args!(
                "The stored public key is one of OpenSSH (`{}`). Store the COSE key, `credential.publicKey` of the registration, in base64url.",
                written::Cut(text.split(written::is_one_of(&[' '])).next().unwrap_or_default())
            ),
        );
        return true;
    }
    false
}

/// How the bytes in the record are written.
enum Writing {
    Base64Url,
    Pem,
    Json,
    Other(Form),
}

impl Writing {
    const fn describe(&self) -> &'static str {
        match self {
            Self::Base64Url => "base64url",
            Self::Pem => "PEM",
            Self::Json => "JSON",
            Self::Other(form) => form.describe(),
        }
    }

    /// What to change, where changing the text itself is enough.
    const fn remedy(&self) -> (&'static str, &'static str) {
        match self {
            Self::Other(form @ (Form::Standard | Form::Padded)) => (form.remedy(), ". "),
            _ => ("", ""),
        }
    }

    /// The diagnosis of what is written so: of a COSE key the encoding's, of anything else its own.
    fn diagnosis(&self, structure: Structure) -> Option<Diagnosis> {
        match (self, structure) {
            (Self::Other(form), Structure::Cose) => Some(form.of_public_key()),
            (_, Structure::Cose) => None,
            (Self::Pem, Structure::Spki) => Some(Diagnosis::PublicKeyPem),
            _ => Some(structure.diagnosis()),
        }
    }
}

/// A key that is looked for in the record, and what it has to have signed.
struct Search<'s, 'a, 'c, 'w> {
    signed: &'s Signed<'a>,
    work: &'s mut Work<'c>,
    findings: &'s mut Findings<'w>,
}

impl Search<'_, '_, '_, '_> {
    /// Says what the bytes in the record are, if they hold a key, and whether that key has signed.
    fn bytes(&mut self, bytes: &[u8], writing: &Writing, room: &mut [u8]) -> bool {
        let Some((structure, key, cose_key)) = read(bytes) else {
            return false;
        };
        let Some(code) = writing.diagnosis(structure) else {
            return false;
        };
        let cose_key = if cose_key.is_empty() {
            None
        } else {
            Some(cose_key)
        };
        self.report((code, structure.describe()), writing, &key, cose_key, room);
        true
    }

    fn report(
        &mut self,
        (code, what): (Diagnosis, &str),
        writing: &Writing,
        key: &Key<'_>,
        cose_key: Option<&[u8]>,
        room: &mut [u8],
    ) {
        let algorithm = self.signed.by(key, self.work);
        let encoded = match (cose_key, algorithm.or(key.algorithm)) {
            (None, Some(algorithm)) => encode(algorithm, &key.key, room).map(|(bytes, _)| bytes),
            (cose_key, _) => cose_key,
        };
        let verdict = if algorithm.is_some() {
            "the signature verifies with it"
        } else {
            "the signature does not verify with it either, so it may also be another credential's"
        };
        let store = if encoded.is_some() {
            "Store the COSE key in base64url: "
        } else {
            "Store the COSE key (`credential.publicKey` of the registration)"
        };
        let form = writing.describe();
        let (remedy, end) = writing.remedy();
        self.findings.add(
            code,
            algorithm.is_some(),
            format_args!(
                "The stored public key is {what}, written in {form}; {verdict}. {remedy}{end}{store}{}.",
                Encoded(encoded.unwrap_or_default())
            ),
        );
    }

    /// A JSON Web Key (RFC 7517): its numbers are in base64url.
    fn jwk(&mut self, value: Value<'_>, room: &mut [u8]) {
        let member = |name| written::member(value, name).and_then(Value::as_str);
        let curve = match member("crv") {
            Some(crv) if crv == *"P-256" => Some(Curve::P256),
            Some(crv) if crv == *"P-384" => Some(Curve::P384),
            Some(crv) if crv == *"P-521" => Some(Curve::P521),
            Some(crv) if crv == *"Ed25519" => Some(Curve::Ed25519),
            _ => None,
        };
        let (first, second) = if curve.is_some() {
            ("x", "y")
        } else {
            ("n", "e")
        };
        let Some((a, room)) = member(first).and_then(|text| written::base64(text.chars(), room))
        else {
            return;
        };
        let is_okp = curve == Some(Curve::Ed25519);
        let b = member(second).filter(|_| !is_okp);
        let (b, room) = match b {
            Some(text) => match written::base64(text.chars(), room) {
                Some(decoded) => decoded,
                None => return,
            },
            None => (&[][..], room),
        };
        let key = Key::of(match curve {
            Some(curve @ Curve::Ed25519) => PublicKey::Okp { curve, x: a },
            Some(curve) => PublicKey::Ec2 { curve, x: a, y: b },
            None => PublicKey::Rsa { n: a, e: b },
        });
        let what = (Diagnosis::PublicKeyJwk, "a JSON Web Key");
        self.report(what, &Writing::Json, &key, None, room);
    }
}

/// The COSE key of a key on a curve (RFC 9053 section 7).
fn encode<'r>(
    algorithm: CoseAlgorithm,
    key: &PublicKey<'_>,
    room: &'r mut [u8],
) -> Option<Filled<'r>> {
    let (kty, curve, x, y) = match key {
        PublicKey::Ec2 { curve, x, y } => (2, curve, *x, Some(*y)),
        PublicKey::Okp { curve, x } => (1, curve, *x, None),
        _ => return None,
    };
    let curve = match curve {
        Curve::P256 => 1,
        Curve::P384 => 2,
        Curve::P521 => 3,
        Curve::Ed25519 => 6,
        Curve::Ed448 => 7,
        Curve::Secp256k1 => 8,
    };
    let negative = (-1_i32).checked_sub(algorithm.value())?;
    let negative = u8::try_from(negative).ok()?;
    let alg: &[u8] = if negative < 24 {
        &[0x20 | negative]
    } else {
        &[0x38, negative]
    };
    let coordinate = |label: u8, bytes: &'_ [u8]| {
        let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
        [label, 0x58, length]
    };
    let members = if y.is_some() { 0xa5 } else { 0xa4 };
    let x_head = coordinate(0x21, x);
    let y_head = coordinate(0x22, y.unwrap_or_default());
    let head = [members, 1, kty, 3];
    let before_x = [0x20, curve];
    let tail = y.map(|y| y_head.iter().chain(y)).into_iter().flatten();
    let bytes = head
        .iter()
        .chain(alg)
        .chain(&before_x)
        .chain(&x_head)
        .chain(x)
        .chain(tail)
        .map(|byte| Some(*byte));
    written::fill(bytes, room)
}

fn is_jwk(value: Value<'_>) -> bool {
    written::member(value, "kty").is_some()
}

/// The bytes of a PEM block.
fn pem<'r>(value: Value<'_>, room: &'r mut [u8]) -> Option<Filled<'r>> {
    let text = value.as_str()?;
    written::split(text.raw(), "-----BEGIN ")?;
    // The base64 is what is between the fourth and the third run of hyphens from the ends.
    let mut marks = 0_u8;
    let mut hyphens = 0_u8;
    let body = text.chars().filter(move |character| {
        if *character == '-' {
            hyphens = hyphens.saturating_add(1);
            if hyphens == 5 {
                marks = marks.saturating_add(1);
                hyphens = 0;
            }
            return false;
        }
        marks == 2
    });
    written::base64(body, room)
}

/// Whether one of other credentials that the input names has made the signature.
pub(super) fn of_another_credential(
    document: Value<'_>,
    signed: &Signed<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    for name in ["credentials", "otherCredentials"] {
        let Some(Content::Array(list)) = written::member(document, name).map(Value::content) else {
            continue;
        };
        for credential in list.take(usize::from(super::SIGNATURES_MAX)) {
            let Some(text) = written::member(credential, "publicKey").and_then(Value::as_str)
            else {
                continue;
            };
            let Some((bytes, rest)) = written::base64(text.chars(), room) else {
                continue;
            };
            let verifies = cose(bytes).is_some_and(|key| signed.by(&key, work).is_some());
            if verifies {
                let id = written::member(credential, "id").and_then(Value::as_str);
                let (id, _) = id
                    .and_then(|id| written::text(id.chars(), rest))
                    .unwrap_or_default();
                findings.proven(
                    Diagnosis::PublicKeyOfAnotherCredential,
                    format_args!(
                        "The signature verifies with the key of another credential, {}: the record that was looked up is not \
                         that of the response's `id`. Look records up by `id` alone, and keep each key beside its own id.",
                        written::Cut(id)
                    ),
                );
                return;
            }
        }
    }
}
