//! What a dump is made of: artefacts, fields, the places where they break, and the visitor that receives
//! them.

use super::names;
use crate::data::Aaguid;
use crate::encoding::{Fault, Span};

/// What an artefact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Artefact {
    /// `RegistrationResponseJSON`.
    RegistrationResponse,
    /// `AuthenticationResponseJSON`.
    AuthenticationResponse,
    /// A check, as `portcullis verify` takes it.
    Check,
    /// A verdict, as `portcullis verify` gives it.
    Verdict,
    /// Another JSON document.
    Json,
    /// `CollectedClientData`.
    ClientData,
    /// A signed token (JWS in compact form).
    Token,
    /// An attestation object.
    AttestationObject,
    /// Authenticator data.
    AuthenticatorData,
    /// A credential public key.
    CoseKey,
    /// An X.509 certificate.
    Certificate,
    /// A public key as certificates have it, `SubjectPublicKeyInfo`.
    PublicKeyInfo,
    /// A TPM structure, `TPMS_ATTEST`.
    TpmAttest,
    /// A TPM structure, `TPMT_PUBLIC`.
    TpmPublic,
    /// An ECDSA signature in DER.
    EcdsaSignature,
    /// What `navigator.credentials.create` is given, `PublicKeyCredentialCreationOptionsJSON`.
    CreationOptions,
    /// What `navigator.credentials.get` is given, `PublicKeyCredentialRequestOptionsJSON`.
    RequestOptions,
    /// What an authenticator answers, a map with numbers for names (CTAP 2).
    CtapResponse,
    /// A text that holds none of these.
    Text,
    /// Something unknown.
    Unknown,
}

impl Artefact {
    /// The artefact's name, as the specification gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RegistrationResponse => "registration response",
            Self::AuthenticationResponse => "authentication response",
            Self::Check => "check",
            Self::Verdict => "verdict",
            Self::Json => "JSON document",
            Self::ClientData => "client data",
            Self::Token => "signed token",
            Self::AttestationObject => "attestation object",
            Self::AuthenticatorData => "authenticator data",
            Self::CoseKey => "COSE key",
            Self::Certificate => "certificate",
            Self::PublicKeyInfo => "public key (SubjectPublicKeyInfo)",
            Self::TpmAttest => "TPM attestation (TPMS_ATTEST)",
            Self::TpmPublic => "TPM public area (TPMT_PUBLIC)",
            Self::EcdsaSignature => "ECDSA signature",
            Self::CreationOptions => "creation options",
            Self::RequestOptions => "request options",
            Self::CtapResponse => "CTAP2 response",
            Self::Text => "text, not bytes",
            Self::Unknown => "unknown bytes",
        }
    }
}

/// How the artefact is written in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// JSON text.
    Json,
    /// JSON text, a document a line.
    JsonLines,
    /// Blocks of base64 between lines that name what is in them.
    Pem,
    /// base64url, padded or not.
    Base64Url,
    /// base64, padded or not.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Three parts of base64url with dots between.
    CompactJws,
    /// JSON within a JSON string.
    JsonString,
    /// Numbers, one a byte, as lists of bytes are printed.
    Numbers,
    /// Bytes as Python prints them, `b'...'`.
    PythonBytes,
    /// base64url or base64 of base64url, base64 or hexadecimal.
    Twice,
    /// Text that is none of these.
    Text,
    /// The bytes themselves.
    Bytes,
}

impl Encoding {
    /// The encoding's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::JsonLines => "lines of JSON",
            Self::Pem => "PEM",
            Self::Base64Url => "base64url",
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal",
            Self::CompactJws => "compact JWS",
            Self::JsonString => "JSON within a JSON string",
            Self::Numbers => "a list of numbers",
            Self::PythonBytes => "Python's b'...'",
            Self::Twice => "base64, encoded twice",
            Self::Text => "plain characters",
            Self::Bytes => "bytes",
        }
    }
}

/// What an input was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guess {
    /// How it is written.
    pub encoding: Encoding,
    /// What it is.
    pub artefact: Artefact,
    /// Where it is in the input; a part of it in the case of a log line.
    pub span: Span,
    /// Whether other text surrounds it.
    pub embedded: bool,
    /// Whether its text ends within a byte.
    pub cut: bool,
    /// Whether its own structure tells what it is. Bytes that are only as long as authenticator data and have
    /// flags that those may have could be anything else.
    pub certain: bool,
}

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing to show: the fields below have it all.
    None,
    /// A text.
    Text(&'a str),
    /// A number.
    Integer(i64),
    /// A truth value.
    Bool(bool),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A model of authenticator, shown as a UUID.
    Aaguid(Aaguid),
    /// Seconds since 1970, shown as a date.
    Time(i64),
    /// The content of an object identifier, shown as its numbers with dots between.
    Identifier(&'a [u8]),
}

/// One field, or the head of a structure with fields of its own.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Field<'a> {
    /// Its name in the specification.
    pub name: &'a str,
    /// Its first byte, counted from the start of the artefact.
    pub at: usize,
    /// Its length in bytes.
    pub length: usize,
    /// Its value.
    pub value: Value<'a>,
    /// What the value means.
    pub meaning: &'a str,
    /// What is wrong with it; empty where nothing is.
    pub problem: &'a str,
}

impl<'a> Field<'a> {
    pub(crate) const fn new(name: &'a str, at: usize, length: usize, value: Value<'a>) -> Self {
        Self {
            name,
            at,
            length,
            value,
            meaning: "",
            problem: "",
        }
    }

    pub(crate) const fn meaning(mut self, meaning: &'a str) -> Self {
        self.meaning = meaning;
        self
    }

    pub(crate) const fn problem(mut self, problem: &'a str) -> Self {
        self.problem = problem;
        self
    }
}

/// Where an artefact cannot be read further, and what was expected there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Break {
    /// What was being read, by the name that the dump has for it.
    pub what: &'static str,
    /// What is wrong with it, and where.
    pub fault: Fault,
    /// Bytes that were announced and are not there; 0 where nothing announced them.
    pub missing: usize,
    /// The type that belongs there; empty where its name says it.
    pub belongs: &'static str,
    /// Why it belongs there, or what it would have said; empty where its name says it all.
    pub why: &'static str,
}

impl Break {
    /// The break where what has this name could not be read.
    pub(super) fn of(what: &'static str, fault: Fault) -> Self {
        Self {
            what,
            fault,
            missing: 0,
            belongs: "",
            why: names::reason(what),
        }
    }
}

impl From<Fault> for Break {
    fn from(fault: Fault) -> Self {
        Self::of(fault.what(), fault)
    }
}

/// Receives the content of an artefact, from front to back.
pub trait Visitor {
    /// What the input was taken for.
    fn guessed(&mut self, guess: &Guess);

    /// An artefact begins: offsets now count from the first of its bytes.
    fn begin_artefact(&mut self, artefact: Artefact, bytes: &[u8]);

    /// A structure within the artefact begins.
    fn begin(&mut self, field: &Field<'_>);

    /// A field.
    fn field(&mut self, field: &Field<'_>);

    /// The structure or artefact that began last has ended.
    fn end(&mut self);

    /// The artefact cannot be read further.
    fn broken(&mut self, place: &Break);
}
