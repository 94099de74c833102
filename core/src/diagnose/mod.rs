//! Why a check was rejected, and what to change.
//!
//! A verdict says which step failed. A diagnosis says what a web developer did that made it fail: the
//! values of the check are put through the mistakes that people make, and each that explains the failure
//! is a finding. It is *proven* where that was verified on the values: a hash that matches, a signature that
//! verifies, a decoding or a comparison that gives what was expected. Nothing is accepted for being explained.
//!
//! The work is bounded by [`SIGNATURES_MAX`] and [`HASHES_MAX`]; what does not fit the caller's room is not
//! tried. Findings are written as they are made, best first, at most [`FINDINGS_MAX`].

mod attestation;
mod challenge;
mod check;
mod codes;
mod credential;
mod flags;
mod origin;
mod public_key;
mod response;
mod rp_id;
pub mod settings;
mod signature;
mod written;

use core::fmt::{self, Write};

pub use codes::Diagnosis;

use crate::algorithm::Crypto;
use crate::ceremony::{Challenge, Error, ErrorKind, Policy};
use crate::data::{
    AttestationObject, AuthenticationResponse, AuthenticatorData, CoseAlgorithm, CredentialRecord,
    PublicKey, RegistrationResponse,
};
use crate::encoding::json::{JsonStr, Value};
use crate::encoding::{Fault, What};
use crate::escape::Escaped;

/// Findings of one check.
pub const FINDINGS_MAX: usize = 3;
/// Signatures that are verified for one check, beside those of the verdict.
pub const SIGNATURES_MAX: u8 = 8;
/// Hashes that are computed for one check, beside those of the verdict.
pub const HASHES_MAX: u8 = 64;

/// A check that was rejected.
pub(crate) struct Rejected<'a> {
    pub(crate) error: &'a Error,
    pub(crate) challenge: Challenge<'a>,
    pub(crate) policy: &'a Policy<'a>,
    pub(crate) response: Response<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Response<'a> {
    Registration(&'a RegistrationResponse<'a>),
    Authentication(
        &'a AuthenticationResponse<'a>,
        Option<&'a CredentialRecord<'a>>,
    ),
}

impl<'a> Response<'a> {
    fn client_data(&self) -> Option<&'a [u8]> {
        match self {
            Self::Registration(response) => response.client_data_json().ok(),
            Self::Authentication(response, _) => response.client_data_json().ok(),
        }
    }

    fn attestation_object(&self) -> Option<AttestationObject<'a>> {
        match self {
            Self::Registration(response) => {
                AttestationObject::parse(response.attestation_object().ok()?).ok()
            }
            Self::Authentication(..) => None,
        }
    }

    fn authenticator_data(&self) -> Option<AuthenticatorData<'a>> {
        let bytes = match self {
            Self::Registration(_) => self.attestation_object()?.auth_data,
            Self::Authentication(response, _) => response.authenticator_data().ok()?,
        };
        AuthenticatorData::parse(bytes).ok()
    }
}

/// A member of the client data that is a text.
fn client_member<'a>(client_data: &'a [u8], name: &str) -> Option<JsonStr<'a>> {
    let text = client_data
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(client_data);
    written::member(Value::parse(text, What::Json).ok()?, name)?.as_str()
}

/// The cryptography that a diagnosis may use.
struct Work<'c> {
    crypto: &'c Crypto<'c>,
    signatures: u8,
    hashes: u8,
}

impl<'c> Work<'c> {
    const fn new(crypto: &'c Crypto<'c>) -> Self {
        Self {
            crypto,
            signatures: SIGNATURES_MAX,
            hashes: HASHES_MAX,
        }
    }

    /// The hash of the parts, as long as there is one left.
    fn sha256(&mut self, parts: &[&[u8]]) -> Option<[u8; 32]> {
        self.hashes = self.hashes.checked_sub(1)?;
        Some(self.crypto.sha256.digest(parts))
    }

    /// Whether the signature verifies with a credential's algorithm.
    fn verifies(
        &mut self,
        algorithm: CoseAlgorithm,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> bool {
        let Some(algorithm) = self.crypto.attestation_algorithm(algorithm, key) else {
            return false;
        };
        let Some(left) = self.signatures.checked_sub(1) else {
            return false;
        };
        self.signatures = left;
        algorithm.verify(key, message, signature).is_ok()
    }
}

/// Writes findings as they come.
struct Findings<'w> {
    out: &'w mut dyn Write,
    codes: [Option<Diagnosis>; FINDINGS_MAX],
    result: fmt::Result,
}

impl<'w> Findings<'w> {
    fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            codes: [None; FINDINGS_MAX],
            result: Ok(()),
        }
    }

    /// A finding that was verified.
    fn proven(&mut self, code: Diagnosis, text: fmt::Arguments<'_>) {
        self.add(code, true, text);
    }

    /// A finding that is likely.
    fn guess(&mut self, code: Diagnosis, text: fmt::Arguments<'_>) {
        self.add(code, false, text);
    }

    fn add(&mut self, code: Diagnosis, proven: bool, text: fmt::Arguments<'_>) {
        if self.codes.contains(&Some(code)) {
            return;
        }
        let is_first = self.is_empty();
        let Some(slot) = self.codes.iter_mut().find(|slot| slot.is_none()) else {
            return;
        };
        *slot = Some(code);
        self.result = self
            .result
            .and_then(|()| write_finding(is_first, code, proven, text, self.out));
    }

    fn is_empty(&self) -> bool {
        matches!(self.codes, [None, ..])
    }

    fn finish(self) -> fmt::Result {
        self.result?;
        if self.is_empty() {
            Ok(())
        } else {
            self.out.write_str("]")
        }
    }
}

fn write_finding(
    is_first: bool,
    code: Diagnosis,
    proven: bool,
    text: fmt::Arguments<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    out.write_str(if is_first { r#","diagnosis":["# } else { "," })?;
    write!(out, r#"{{"code":"{}","text":""#, code.code())?;
    Escaped(&mut *out).write_fmt(text)?;
    write!(out, r#"","proven":{proven}}}"#)
}

/// Writes the member `diagnosis` of a rejected check's verdict, with the comma before it, or nothing.
/// `input` is the check as it was written, `room` is overwritten.
pub(crate) fn write_rejected(
    case: &Rejected<'_>,
    input: &[u8],
    room: &mut [u8],
    crypto: &Crypto<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    let mut findings = Findings::new(out);
    if let Ok(document) = Value::parse(input, What::Json) {
        diagnose(case, document, room, &mut Work::new(crypto), &mut findings);
    }
    findings.finish()
}

/// The same for an input that is not a check.
pub(crate) fn write_not_a_check(
    fault: Fault,
    input: &[u8],
    room: &mut [u8],
    out: &mut dyn Write,
) -> fmt::Result {
    let mut findings = Findings::new(out);
    check::diagnose(fault, input, room, &mut findings);
    findings.finish()
}

fn diagnose(
    case: &Rejected<'_>,
    document: Value<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    match case.error.kind() {
        ErrorKind::ChallengeMismatch => challenge::diagnose(case, room, work, findings),
        ErrorKind::OriginMismatch
        | ErrorKind::CrossOriginUnexpected
        | ErrorKind::TopOriginUnexpected
        | ErrorKind::TopOriginMismatch => origin::diagnose(case, room, findings),
        ErrorKind::RpIdMismatch => rp_id::diagnose(case, room, work, findings),
        ErrorKind::PublicKeyMalformed
        | ErrorKind::PublicKeyInvalid
        | ErrorKind::AlgorithmNotOffered
        | ErrorKind::AlgorithmUnsupported => {
            public_key::diagnose(case, document, room, work, findings);
        }
        ErrorKind::SignatureInvalid => signature::diagnose(case, document, room, work, findings),
        ErrorKind::UserNotVerified
        | ErrorKind::UserNotPresent
        | ErrorKind::BackupStateInvalid
        | ErrorKind::BackupEligibilityChanged
        | ErrorKind::SignCountNotIncreased => flags::diagnose(case, findings),
        ErrorKind::CredentialMismatch
        | ErrorKind::CredentialNotAllowed
        | ErrorKind::CredentialMissing
        | ErrorKind::CredentialExists
        | ErrorKind::CredentialIdMismatch
        | ErrorKind::UserHandleMissing
        | ErrorKind::UserHandleMismatch => credential::diagnose(case, document, room, findings),
        ErrorKind::ResponseMalformed
        | ErrorKind::ClientDataMalformed
        | ErrorKind::TypeMismatch
        | ErrorKind::AttestationObjectMalformed
        | ErrorKind::AuthenticatorDataMalformed
        | ErrorKind::UserHandleMalformed
        | ErrorKind::SignatureMalformed => response::diagnose(case, document, room, findings),
        _ => attestation::diagnose(case, findings),
    }
}
