//! One check, one verdict: the JSON that asks whether a response verifies, and the JSON of the answer,
//! trace included.
//!
//! The command line and the browser's module both call [`verify_check`] and add nothing, so their
//! answers are the same byte for byte. Data flow: the check is scanned in the caller's buffer (`input`,
//! offsets only), its base64url is decoded in place, the borrowed parts become a `Policy` and a
//! response, the ceremony runs with a `TraceLog`, and `verdict` writes the result.

mod detail;
mod input;
mod verdict;

use core::fmt;

use crate::algorithm::Crypto;
use crate::ceremony::{Error, TraceLog, verify_authentication, verify_registration};
use crate::data::UnixTime;
#[cfg(feature = "diagnose")]
use crate::diagnose;
use crate::encoding::Fault;
use crate::limits::TRACE_STEPS_MAX;

use detail::Context;
use input::{Check, Subject};
use verdict::Verdict;

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
        verdict::write_not_a_check(self, &mut |_| Ok(()), out)
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
    judge(&check, crypto, &mut |_, _| Ok(()), out).map_err(|fmt::Error| CheckError::Output)
}

/// Writes what a rejection's verdict has beside the rest.
type Explain<'e> = dyn FnMut(&Error, &mut dyn fmt::Write) -> fmt::Result + 'e;

/// What came of an input that may be a check.
#[cfg(feature = "diagnose")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is a check, and was judged.
    Judged(Judged),
    /// It is not.
    NotACheck,
}

/// Bytes of room that [`answer_check`] takes for a check of this many bytes.
#[cfg(feature = "diagnose")]
#[must_use]
pub const fn room_for(check: usize) -> usize {
    check.saturating_mul(3)
}

/// Judges one check as [`verify_check_at`] does, and writes one JSON object in any case: the verdict, or what
/// takes its place where the input is not a check. Both have a member `diagnosis` where there is something to say of
/// what went wrong and what to change ([`diagnose`]); all else in them is the same.
///
/// The check itself is left as it is: it is decoded in `room`, which has to have [`room_for`] it.
///
/// # Errors
///
/// [`CheckError::Output`] where the writer fails, or there is too little room.
#[cfg(feature = "diagnose")]
pub fn answer_check(
    json: &[u8],
    room: &mut [u8],
    now: Option<UnixTime>,
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Answered, CheckError> {
    let (copy, room) = room
        .split_at_mut_checked(json.len())
        .ok_or(CheckError::Output)?;
    for (to, from) in copy.iter_mut().zip(json) {
        *to = *from;
    }
    let failed = |fmt::Error| CheckError::Output;
    let fault = match read_and_judge(json, copy, room, now, crypto, out) {
        Ok(judged) => return judged.map(Answered::Judged).map_err(failed),
        Err(fault) => fault,
    };
    let mut diagnose =
        |out: &mut dyn fmt::Write| diagnose::write_not_a_check(fault, json, room, out);
    verdict::write_not_a_check(&NotACheck { fault }, &mut diagnose, out).map_err(failed)?;
    Ok(Answered::NotACheck)
}

#[cfg(feature = "diagnose")]
fn read_and_judge(
    json: &[u8],
    copy: &mut [u8],
    room: &mut [u8],
    now: Option<UnixTime>,
    crypto: &Crypto<'_>,
    out: &mut dyn fmt::Write,
) -> Result<Result<Judged, fmt::Error>, Fault> {
    let found = input::find(copy)?;
    let decoded = found.decode(copy)?;
    let mut lists = input::Lists::default();
    let check = decoded.borrow(copy, now, &mut lists)?;
    let mut explain = |error: &Error, out: &mut dyn fmt::Write| {
        let case = diagnose::Rejected {
            error,
            challenge: check.challenge,
            policy: &check.policy,
            response: match &check.subject {
                Subject::Registration(response) => diagnose::Response::Registration(response),
                Subject::Authentication(response, record) => {
                    diagnose::Response::Authentication(response, record.as_ref())
                }
            },
        };
        diagnose::write_rejected(&case, json, room, crypto, out)
    };
    Ok(judge(&check, crypto, &mut explain, out))
}

fn judge(
    check: &Check<'_>,
    crypto: &Crypto<'_>,
    explain: &mut Explain<'_>,
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
    let context = Context { check, crypto };
    let mut diagnose = |out: &mut dyn fmt::Write| match &verdict {
        Verdict::Rejected(error) => explain(error, out),
        Verdict::Registered(_) | Verdict::Authenticated(..) => Ok(()),
    };
    verdict::write(&verdict, &log, &context, &mut diagnose, out)
}
