//! The two ceremonies of WebAuthn Level 3, section 7, from where the browser has answered.
//!
//! Each is one function that reads top to bottom as the specification does, and performs every step
//! as one small `check_*` below it: what comes in is a response that was only taken apart, a challenge
//! and a [`Policy`]; what goes out is a proof that only this module can make, or an [`Error`] with its
//! step. An [`Observer`] sees every step on the way.

mod authentication;
mod client_data;
mod error;
mod policy;
mod registration;
mod step;
mod trace;

pub use crate::data::Challenge;
pub use authentication::{
    PendingAuthentication, VerifiedAuthentication, begin_authentication, verify_authentication,
};
pub use error::{Error, ErrorKind};
pub use policy::{
    AttestationPolicy, BackupPolicy, CounterPolicy, CrossOrigin, Mediation, Policy,
    UserVerification,
};
pub use registration::{VerifiedRegistration, verify_registration};
pub use step::{Ceremony, Step};
pub use trace::{Note, Observer, Outcome, TraceEntry, TraceLog, Value};

use crate::algorithm::Sha256;
use crate::data::{AuthenticatorData, AuthenticatorExtensions, Flags};
use crate::encoding::Fault;

/// Reports each step of a ceremony as it is performed and stops at the first that fails.
struct Run<'o, O: ?Sized> {
    ceremony: Ceremony,
    observer: &'o mut O,
}

/// What a check that did not fail has to say.
struct Performed<'a, T> {
    outcome: Outcome,
    value: Value<'a>,
    result: T,
}

impl<'a, T> Performed<'a, T> {
    /// The same with a result of its own.
    fn with<U>(self, result: U) -> Performed<'a, U> {
        Performed {
            outcome: self.outcome,
            value: self.value,
            result,
        }
    }
}

/// What a check that failed has to say.
#[derive(Clone, Copy)]
struct Failure<'a> {
    kind: ErrorKind,
    value: Value<'a>,
}

type Checked<'a, T = ()> = Result<Performed<'a, T>, Failure<'a>>;

fn pass<'a>() -> Checked<'a> {
    pass_with(Value::None, ())
}

fn pass_with<T>(value: Value<'_>, result: T) -> Checked<'_, T> {
    Ok(Performed {
        outcome: Outcome::Pass,
        value,
        result,
    })
}

fn skip<'a>() -> Checked<'a> {
    Ok(Performed {
        outcome: Outcome::Skip,
        value: Value::None,
        result: (),
    })
}

fn fail<T>(kind: ErrorKind, value: Value<'_>) -> Checked<'_, T> {
    Err(Failure { kind, value })
}

/// A check that passes where `holds`.
fn check(holds: bool, kind: ErrorKind, value: Value<'_>) -> Checked<'_> {
    if holds {
        pass_with(value, ())
    } else {
        fail(kind, value)
    }
}

/// Bytes that a step could not read, as that step's failure.
fn malformed<'a>(kind: ErrorKind) -> impl Fn(Fault) -> Failure<'a> {
    move |fault| Failure {
        kind,
        value: Value::Fault(fault),
    }
}

impl<O: ?Sized> Run<'_, O> {
    fn step<'a, T>(&mut self, number: u8, checked: Checked<'a, T>) -> Result<T, Error>
    where
        O: Observer<'a>,
    {
        match checked {
            Ok(performed) => {
                self.report(number, performed.outcome, performed.value);
                Ok(performed.result)
            }
            Err(failure) => Err(self.fail(number, failure)),
        }
    }

    fn report<'a>(&mut self, number: u8, outcome: Outcome, value: Value<'a>)
    where
        O: Observer<'a>,
    {
        self.observer
            .step(Step::new(self.ceremony, number), outcome, value);
    }

    #[cold]
    #[inline(never)]
    fn fail<'a>(&mut self, number: u8, failure: Failure<'a>) -> Error
    where
        O: Observer<'a>,
    {
        self.report(number, Outcome::Fail, failure.value);
        let fault = match failure.value {
            Value::Fault(fault) => Some(fault),
            _ => None,
        };
        Error::new(Step::new(self.ceremony, number), failure.kind, fault)
    }
}

// What both ceremonies check of the authenticator data.

/// 7.1.14, 7.2.15. With the `appid` extension acted upon, the hash may be that of the `AppID` (section 10.1.1).
fn check_rp_id<'a>(
    auth_data: &AuthenticatorData<'a>,
    policy: &Policy<'_>,
    app_id: Option<&str>,
    sha256: &dyn Sha256,
) -> Checked<'a> {
    let is_hash_of = |rp_id: &str| sha256.digest(&[rp_id.as_bytes()]) == *auth_data.rp_id_hash();
    let holds = policy.rp_ids.iter().copied().any(is_hash_of) || app_id.is_some_and(is_hash_of);
    let hash = auth_data.bytes().get(..32).unwrap_or_default();
    check(holds, ErrorKind::RpIdMismatch, Value::Bytes(hash))
}

/// 7.1.15, 7.2.16.
fn check_user_present<'a>(flags: Flags) -> Checked<'a> {
    check(
        flags.user_present(),
        ErrorKind::UserNotPresent,
        Value::Flags(flags),
    )
}

/// 7.1.16, 7.2.17.
fn check_user_verified<'a>(flags: Flags, policy: &Policy<'_>) -> Checked<'a> {
    match policy.user_verification {
        UserVerification::Required => check(
            flags.user_verified(),
            ErrorKind::UserNotVerified,
            Value::Flags(flags),
        ),
        UserVerification::Preferred | UserVerification::Discouraged => skip(),
    }
}

/// 7.1.17, 7.2.18.
fn check_backup_flags<'a>(flags: Flags) -> Checked<'a> {
    check(
        flags.backup_eligible() || !flags.backup_state(),
        ErrorKind::BackupStateInvalid,
        Value::Flags(flags),
    )
}

/// 7.1.28, 7.2.23: the outputs are readable. None of them changes the verdict.
fn check_extensions<'a>(
    auth_data: &AuthenticatorData<'a>,
) -> Checked<'a, AuthenticatorExtensions<'a>> {
    let Some(outputs) = auth_data.extensions_item() else {
        return skip().map(|skipped| skipped.with(AuthenticatorExtensions::default()));
    };
    let extensions = AuthenticatorExtensions::read(outputs)
        .map_err(malformed(ErrorKind::ExtensionsMalformed))?;
    pass_with(Value::None, extensions)
}
