//! One check, one verdict: the JSON that asks whether a response verifies, and the JSON of the answer,
//! trace included.
//!
//! The command line and the browser's module both call [`verify_check`] and add nothing, so their
//! answers are the same byte for byte. Data flow: the check is scanned in the caller's buffer (`input`,
//! offsets only), its base64url is decoded in place, the borrowed parts become a `Policy` and a
//! response, the ceremony runs with a `TraceLog`, and `verdict` writes the result.

mod input;
mod verdict;

use core::fmt;

use crate::algorithm::Crypto;
use crate::ceremony::{TraceLog, verify_authentication, verify_registration};
use crate::data::UnixTime;
use crate::encoding::Fault;
use crate::limits::TRACE_STEPS_MAX;

use input::{Check, Subject};
use verdict::{Context, Verdict};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The response verifies.
    Accepted,
    /// It does not.
    Rejected,
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckError {
    /// The input is not a check.
    NotACheck(NotACheck),
    /// The verdict could not be written.
    Output,
}

/// Why an input is not a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACheck {
    fault: Fault,
}

impl From<Fault> for NotACheck {
    fn from(fault: Fault) -> Self {
        Self { fault }
    }
}

impl NotACheck {
    /// The stable code.
    pub const CODE: &'static str = "not_a_check";

    /// Which part of the input it was.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// Writes the JSON object that replaces a verdict.
    ///
    /// # Errors
    ///
    /// That of the writer.
    pub fn write_json(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        verdict::write_not_a_check(self, out)
    }
}

impl fmt::Display for NotACheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the input is not a check: {}", self.fault)
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACheck(reason) => reason.fmt(f),
            Self::Output => f.write_str("the verdict could not be written"),
        }
    }
}

impl core::error::Error for CheckError {}

/// Judges one check and writes one verdict, a JSON object without a line end, to `out`.
///
/// The check is decoded in place: the content of `json` is unspecified afterwards.
///
/// # Errors
///
/// [`CheckError::NotACheck`], with nothing written; [`CheckError::Output`] where the writer fails,
/// because its buffer is full for example.
pub fn verify_check(
    json: &mut [u8],
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Judged, CheckError> {
    verify_check_at(json, None, crypto, out)
}

/// The same with a clock: the time at which trust is judged where the check names none. Without
/// either, dates are not judged.
///
/// # Errors
///
/// Those of [`verify_check`].
pub fn verify_check_at(
    json: &mut [u8],
    now: Option<UnixTime>,
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Judged, CheckError> {
    let not_a_check = |fault| CheckError::NotACheck(NotACheck { fault });
    let found = input::find(json).map_err(not_a_check)?;
    let decoded = found.decode(json).map_err(not_a_check)?;
    let mut lists = input::Lists::default();
    let check = decoded.borrow(json, now, &mut lists).map_err(not_a_check)?;
    judge(&check, crypto, out).map_err(|fmt::Error| CheckError::Output)
}

fn judge(
    check: &Check<'_>,
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Judged, fmt::Error> {
    let mut log = TraceLog::<TRACE_STEPS_MAX>::new();
    let (challenge, policy) = (check.challenge, &check.policy);
    let verdict = match &check.subject {
        Subject::Registration(response) => {
            match verify_registration(response, challenge, policy, crypto, &mut log) {
                Ok(verified) => Verdict::Registered(verified),
                Err(error) => Verdict::Rejected(error),
            }
        }
        Subject::Authentication(response, record) => {
            match verify_authentication(
                response,
                record.as_ref(),
                challenge,
                policy,
                crypto,
                &mut log,
            ) {
                Ok(verified) => Verdict::Authenticated(verified, *record),
                Err(error) => Verdict::Rejected(error),
            }
        }
    };
    let context = Context { challenge, policy };
    verdict::write(&verdict, &log, &context, out)
}
