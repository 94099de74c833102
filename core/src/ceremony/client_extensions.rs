//! What both ceremonies check of the client extension results, 7.1.4 and 7.2.4.
//!
//! Nobody signs them, and clients add what nobody asked for, in forms of their own: browser libraries pass
//! bytes through `JSON.stringify`, native clients send `null`. Both sections tell the relying party to be
//! prepared for that.

use super::run::{Checked, malformed, pass, pass_with, tolerate};
use super::{ErrorKind, Note, Observer, Policy, Value};
use crate::data::ClientExtensionResults;

pub(super) fn check_client_extensions<'a, O: Observer<'a> + ?Sized>(
    results: &ClientExtensionResults,
    policy: &Policy<'_>,
    observer: &mut O,
) -> Checked<'a> {
    if results.unknown {
        observer.note(Note::ClientExtensionUnknown);
    }
    let Some(fault) = results.malformed else {
        return pass();
    };
    tolerate(
        policy.strict,
        observer,
        Note::ClientExtensionMalformed,
        fault,
    )
    .map_err(malformed(ErrorKind::ClientExtensionsMalformed))?;
    pass_with(Value::Fault(fault), ())
}
