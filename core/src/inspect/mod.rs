//! An explained dump of any artefact of WebAuthn: what it is, and what each of its bytes means.
//!
//! [`inspect`] guesses what was pasted (JSON, base64url, base64, hex, a token, bytes, or a log line
//! that holds one of these), decodes it in place and walks it. A [`Visitor`] is told of every
//! structure and field with its offset, length, value and meaning; what is malformed is told up to the
//! byte where it breaks. [`TextWriter`] and [`JsonWriter`] are the two visitors of the command line;
//! the page shows the JSON tree.
//!
//! Offsets count from the start of the artefact that holds the field, decoded: an attestation
//! object inside a JSON response counts from its own first byte.

mod artefact;
mod attestation_object;
mod authenticator_data;
mod cose;
mod guess;
mod json_document;
mod names;
mod output;

use crate::encoding::Fault;

pub use guess::{Encoding, Guess};
pub use output::{JsonWriter, TextWriter};

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
    /// A TPM structure, `TPMS_ATTEST`.
    TpmAttest,
    /// A TPM structure, `TPMT_PUBLIC`.
    TpmPublic,
    /// An ECDSA signature in DER.
    EcdsaSignature,
    /// Nothing that is known here.
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
            Self::Json => "JSON document",
            Self::ClientData => "client data",
            Self::Token => "signed token",
            Self::AttestationObject => "attestation object",
            Self::AuthenticatorData => "authenticator data",
            Self::CoseKey => "COSE key",
            Self::Certificate => "certificate",
            Self::TpmAttest => "TPM attestation (TPMS_ATTEST)",
            Self::TpmPublic => "TPM public area (TPMT_PUBLIC)",
            Self::EcdsaSignature => "ECDSA signature",
            Self::Unknown => "unknown bytes",
        }
    }
}

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing to show: the fields below say it all.
    None,
    /// A text.
    Text(&'a str),
    /// A number.
    Integer(i64),
    /// A truth value.
    Bool(bool),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Sixteen bytes, shown as a UUID.
    Uuid(&'a [u8; 16]),
    /// Seconds since 1970, shown as a date.
    Time(i64),
}

/// One field, or the head of a structure with fields of its own.
#[derive(Clone, Copy, Debug)]
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

/// Is told what is in an artefact, from front to back.
pub trait Visitor {
    /// What the input was taken for.
    fn guessed(&mut self, guess: &Guess);

    /// An artefact begins: offsets now count from its first byte.
    fn begin_artefact(&mut self, artefact: Artefact, length: usize);

    /// A structure within the artefact begins.
    fn begin(&mut self, field: &Field<'_>);

    /// A field.
    fn field(&mut self, field: &Field<'_>);

    /// The structure or artefact that began last has ended.
    fn end(&mut self);

    /// The artefact cannot be read any further.
    fn broken(&mut self, fault: &Fault);
}

/// Explains whatever `input` holds. It is decoded in place and holds nothing useful afterwards.
pub fn inspect(input: &mut [u8], visitor: &mut dyn Visitor) {
    let guess = guess::guess(input);
    visitor.guessed(&guess);
    artefact::explain_input(input, &guess, visitor);
}
