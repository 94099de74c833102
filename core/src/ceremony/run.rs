//! The result of a check, and how a ceremony reports it.

use super::{Error, ErrorKind, Note, Observer, Outcome, Step, Value};
use crate::encoding::Fault;

/// Reports each step of a ceremony as it is performed and stops at the first that fails.
pub(super) struct Run<'o, O: ?Sized> {
    pub(super) observer: &'o mut O,
    /// Of the step that has failed; nobody reads it before.
    error: Error,
}

/// A step has failed. The run keeps the error: it would be too large to be handed from one to the next.
#[derive(Clone, Copy)]
pub(super) struct Failed(());

/// The result of a check that passed or was skipped.
pub(super) struct Performed<'a, T> {
    outcome: Outcome,
    value: Value<'a>,
    result: T,
}

impl<'a, T> Performed<'a, T> {
    /// The same with another result.
    pub(super) fn with<U>(self, result: U) -> Performed<'a, U> {
        Performed {
            outcome: self.outcome,
            value: self.value,
            result,
        }
    }
}

/// The result of a check that failed.
#[derive(Clone, Copy)]
pub(super) struct Failure<'a> {
    pub(super) kind: ErrorKind,
    pub(super) value: Value<'a>,
}

pub(super) type Checked<'a, T = ()> = Result<Performed<'a, T>, Failure<'a>>;

pub(super) fn pass<'a>() -> Checked<'a> {
    pass_with(Value::None, ())
}

pub(super) fn pass_with<T>(value: Value<'_>, result: T) -> Checked<'_, T> {
    Ok(Performed {
        outcome: Outcome::Pass,
        value,
        result,
    })
}

pub(super) fn skip<'a>() -> Checked<'a> {
    Ok(Performed {
        outcome: Outcome::Skip,
        value: Value::None,
        result: (),
    })
}

pub(super) fn fail<T>(kind: ErrorKind, value: Value<'_>) -> Checked<'_, T> {
    Err(Failure { kind, value })
}

/// A check that passes if `holds`.
pub(super) fn check(holds: bool, kind: ErrorKind, value: Value<'_>) -> Checked<'_> {
    if holds {
        pass_with(value, ())
    } else {
        fail(kind, value)
    }
}

/// Turns a fault in the bytes into the failure of the step that read them.
pub(super) fn malformed<'a>(kind: ErrorKind) -> impl Fn(Fault) -> Failure<'a> {
    move |fault| Failure {
        kind,
        value: Value::Fault(fault),
    }
}

/// Notes that something is not of its specified form, where that harms nothing; a strict policy refuses it.
#[cold]
#[inline(never)]
pub(super) fn tolerate<'a, O: Observer<'a> + ?Sized>(
    strict: bool,
    observer: &mut O,
    note: Note,
    fault: Fault,
) -> Result<(), Fault> {
    if strict {
        return Err(fault);
    }
    observer.note(note);
    Ok(())
}

impl<'o, O: ?Sized> Run<'o, O> {
    pub(super) const fn new(observer: &'o mut O) -> Self {
        let error = Error::new(Step::AUTH_RESPONSE, ErrorKind::ResponseMalformed, None);
        Self { observer, error }
    }

    /// What the ceremony comes to.
    pub(super) fn end<T>(&self, result: Result<T, Failed>) -> Result<T, Error> {
        result.map_err(|Failed(())| self.error)
    }

    pub(super) fn step<'a, T>(&mut self, step: Step, checked: Checked<'a, T>) -> Result<T, Failed>
    where
        O: Observer<'a>,
    {
        match checked {
            Ok(performed) => {
                self.report(step, performed.outcome, performed.value);
                Ok(performed.result)
            }
            Err(failure) => Err(self.fail(step, failure)),
        }
    }

    fn report<'a>(&mut self, step: Step, outcome: Outcome, value: Value<'a>)
    where
        O: Observer<'a>,
    {
        self.observer.step(step, outcome, value);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn fail<'a>(&mut self, step: Step, failure: Failure<'a>) -> Failed
    where
        O: Observer<'a>,
    {
        self.report(step, Outcome::Fail, failure.value);
        let fault = match failure.value {
            Value::Fault(fault) => Some(fault),
            _ => None,
        };
        self.error = Error::new(step, failure.kind, fault);
        Failed(())
    }
}
