//! The verdict: the result of a check, with every step.

use core::fmt::{self, Write};

use super::detail::{Algorithm, Context};
use super::{Judged, NotACheck};
use crate::attestation::AttestationType;
use crate::ceremony::{
    Error, Outcome, TraceEntry, TraceLog, Value, VerifiedAuthentication, VerifiedRegistration,
};
use crate::data::{CoseKey, CredentialRecord, Flags};
use crate::encoding::base64url;
use crate::escape::{Escaped, Visible};
use crate::limits::TRACE_STEPS_MAX;

/// Writes the member `diagnosis`, if there is anything to say.
pub(super) type Diagnose<'d> = dyn FnMut(&mut dyn Write) -> fmt::Result + 'd;

pub(super) enum Verdict<'a> {
    Registered(VerifiedRegistration<'a>),
    Authenticated(VerifiedAuthentication<'a>, Option<CredentialRecord<'a>>),
    Rejected(Error),
}

pub(super) fn write_not_a_check(
    reason: &NotACheck,
    diagnose: &mut Diagnose<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    write!(
        out,
        r#"{{"accepted":false,"code":"{}","detail":""#,
        NotACheck::CODE
    )?;
    write!(Escaped(&mut *out), "{reason}")?;
    out.write_str("\"")?;
    diagnose(out)?;
    out.write_str("}")
}

pub(super) fn write(
    verdict: &Verdict<'_>,
    log: &TraceLog<'_, TRACE_STEPS_MAX>,
    context: &Context<'_>,
    diagnose: &mut Diagnose<'_>,
    out: &mut dyn Write,
) -> Result<Judged, fmt::Error> {
    let rejected = match verdict {
        Verdict::Rejected(error) => Some(error),
        Verdict::Registered(_) | Verdict::Authenticated(..) => None,
    };
    write!(out, r#"{{"accepted":{}"#, rejected.is_none())?;
    if let Some(error) = rejected {
        let step = error.step();
        write!(
            out,
            r#","code":"{}","step":"{step}","slug":"{}","detail":""#,
            error.code(),
            step.slug()
        )?;
        if let Some(entry) = log.entries().last() {
            write_detail(entry, Some(error), context, out)?;
        }
        out.write_str("\"")?;
    }
    out.write_str(r#","trace":["#)?;
    for (index, entry) in log.entries().iter().enumerate() {
        if index > 0 {
            out.write_str(",")?;
        }
        write_entry(entry, rejected, context, out)?;
    }
    out.write_str(r#"],"notes":["#)?;
    for (index, note) in log.notes().iter().enumerate() {
        if index > 0 {
            out.write_str(",")?;
        }
        write!(out, r#""{}""#, note.message())?;
    }
    out.write_str("]")?;
    match verdict {
        Verdict::Registered(verified) => write_registered(verified, out)?,
        Verdict::Authenticated(verified, record) => {
            write_authenticated(verified, record.as_ref(), out)?;
        }
        Verdict::Rejected(_) => diagnose(out)?,
    }
    out.write_str("}")?;
    Ok(match rejected {
        Some(_) => Judged::Rejected,
        None => Judged::Accepted,
    })
}

fn write_entry(
    entry: &TraceEntry<'_>,
    rejected: Option<&Error>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    let step = entry.step;
    write!(
        out,
        r#"{{"step":"{step}","slug":"{}","title":"{}","outcome":"{}","detail":""#,
        step.slug(),
        step.title(),
        entry.outcome.name()
    )?;
    write_detail(entry, rejected, context, out)?;
    out.write_str("\"}")
}

/// What a step looked at; for the one that failed, the reason, what was found and what was expected.
fn write_detail(
    entry: &TraceEntry<'_>,
    rejected: Option<&Error>,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    if entry.outcome == Outcome::Skip && entry.value == Value::None {
        return out.write_str(context.skipped(entry.step));
    }
    let Some(error) = rejected.filter(|_| entry.outcome == Outcome::Fail) else {
        return write_value(&entry.value, out);
    };
    out.write_str(error.message())?;
    let value = context.fault(error).map_or(entry.value, Value::Fault);
    if value != Value::None {
        out.write_str(" Found: ")?;
        write_value(&value, out)?;
        out.write_str(".")?;
    }
    context.write_expected(error, out)
}

fn write_value(value: &Value<'_>, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::None => Ok(()),
        Value::Text(text) => Escaped(out).write_str(text),
        // It was the content of a JSON string and is one again.
        Value::JsonText(text) => Visible(out).write_str(text),
        Value::Algorithm(algorithm) => write!(out, "{}", Algorithm(*algorithm)),
        Value::Bytes(bytes) => base64url::write(bytes, out),
        Value::Flags(flags) => write_flags(*flags, out),
        Value::SignCount { recorded, received } => {
            write!(out, "recorded {recorded}, received {received}")
        }
        Value::Aaguid(aaguid) => write!(out, "{aaguid}"),
        Value::Fault(fault) => write!(Escaped(out), "{fault}"),
    }
}

fn write_flags(flags: Flags, out: &mut dyn Write) -> fmt::Result {
    let names = [
        (flags.user_present(), "UP"),
        (flags.user_verified(), "UV"),
        (flags.backup_eligible(), "BE"),
        (flags.backup_state(), "BS"),
        (flags.attested_credential_data(), "AT"),
        (flags.extension_data(), "ED"),
    ];
    let mut before = "flags ";
    for (_, name) in names.iter().filter(|(set, _)| *set) {
        write!(out, "{before}{name}")?;
        before = ", ";
    }
    if before == "flags " {
        out.write_str("no flags")?;
    }
    Ok(())
}

fn write_registered(verified: &VerifiedRegistration<'_>, out: &mut dyn Write) -> fmt::Result {
    write_credential(verified.credential_id(), verified.public_key(), out)?;
    write!(
        out,
        r#""algorithm":{},"aaguid":"{}","fmt":"{}","attestationType":"#,
        verified.algorithm(),
        verified.aaguid(),
        verified.format().name()
    )?;
    match verified.attestation_type().map(AttestationType::name) {
        Some(name) => write!(out, r#""{name}""#)?,
        None => out.write_str("null")?,
    }
    write_state(
        verified.sign_count(),
        verified.backup_eligible(),
        verified.backup_state(),
        verified.user_verified(),
        out,
    )
}

fn write_authenticated(
    verified: &VerifiedAuthentication<'_>,
    record: Option<&CredentialRecord<'_>>,
    out: &mut dyn Write,
) -> fmt::Result {
    let public_key = record.map(|record| record.public_key).unwrap_or_default();
    write_credential(verified.credential_id(), public_key, out)?;
    match CoseKey::parse_recorded(public_key, &mut None) {
        Ok(key) => write!(out, r#""algorithm":{}"#, key.algorithm())?,
        Err(_) => out.write_str(r#""algorithm":null"#)?,
    }
    write_state(
        verified.sign_count(),
        verified.backup_eligible(),
        verified.backup_state(),
        verified.user_verified(),
        out,
    )
}

fn write_credential(id: &[u8], public_key: &[u8], out: &mut dyn Write) -> fmt::Result {
    out.write_str(r#","credential":{"id":""#)?;
    base64url::write(id, out)?;
    out.write_str(r#"","publicKey":""#)?;
    base64url::write(public_key, out)?;
    out.write_str(r#"","#)
}

fn write_state(sign_count: u32, be: bool, bs: bool, uv: bool, out: &mut dyn Write) -> fmt::Result {
    write!(
        out,
        r#","signCount":{sign_count},"backupEligible":{be},"backupState":{bs},"userVerified":{uv}}}"#
    )
}
