//! COSE keys.

use super::{Field, Value, Visitor, names};
use crate::data::Curve;
use crate::encoding::cbor::{self, Head, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind};

/// Explains the parameters of a key from its head on. Parameters that are wrong in themselves are
/// told as such, and the walk goes on.
pub(super) fn explain(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Fault> {
    const WHAT: &str = "COSE key";
    let at = reader.position();
    let head = Head::read(reader, WHAT)?;
    let (Major::Map, Some(members)) = (head.major, head.argument) else {
        return Err(Fault::new(
            "COSE key (a map of definite length)",
            FaultKind::Type,
            at,
        ));
    };
    let map = i64::try_from(members).unwrap_or(i64::MAX);
    let length = reader.position().saturating_sub(at);
    visitor
        .field(&Field::new("map", at, length, Value::Integer(map)).meaning("members that follow"));
    let mut kind = Kind::default();
    for _ in 0..members {
        explain_parameter(reader, &mut kind, visitor)?;
    }
    Ok(())
}

/// What the parameters so far say of those that follow.
#[derive(Default)]
struct Kind {
    kty: Option<i64>,
    curve: Option<i64>,
}

fn explain_parameter(
    reader: &mut Reader<'_>,
    kind: &mut Kind,
    visitor: &mut dyn Visitor,
) -> Result<(), Fault> {
    const WHAT: &str = "COSE key parameter";
    let at = reader.position();
    let label = cbor::integer(&Head::read(reader, WHAT)?);
    let (name, meaning) = match (label, kind.kty) {
        (Some(1), _) => ("kty (1)", "key type"),
        (Some(2), _) => ("kid (2)", "key id: no credential key has one"),
        (Some(3), _) => ("alg (3)", "algorithm"),
        (Some(-1), Some(3)) => ("n (-1)", "the modulus"),
        (Some(-2), Some(3)) => ("e (-2)", "the public exponent"),
        (Some(-1), Some(7)) => ("pub (-1)", "the public key"),
        (Some(-1), _) => ("crv (-1)", "curve"),
        (Some(-2), Some(1)) => ("x (-2)", "the encoded point"),
        (Some(-2), _) => ("x (-2)", "the x-coordinate"),
        (Some(-3), _) => ("y (-3)", "the y-coordinate"),
        _ => ("unknown parameter", "no credential key has it"),
    };
    let value_at = reader.position();
    let head = Head::read(reader, name)?;
    let field = |value, reader: &Reader<'_>| {
        Field::new(name, at, reader.position().saturating_sub(at), value).meaning(meaning)
    };
    if head.major == Major::Bytes {
        let bytes = cbor::string(reader, &head, name)?;
        let problem = match (label, kind.curve.and_then(Curve::of)) {
            (Some(-2 | -3), Some(curve)) if bytes.len() != curve.coordinate_length() => {
                "has not the length of the curve's coordinates"
            }
            (Some(1 | 3), _) => "is a byte string; an integer belongs here",
            _ => "",
        };
        visitor.field(&field(Value::Bytes(bytes), reader).problem(problem));
        return Ok(());
    }
    if head.major == Major::Text {
        let bytes = cbor::string(reader, &head, name)?;
        let text = core::str::from_utf8(bytes).unwrap_or_default();
        let problem = "is a text; COSE keys of WebAuthn have none";
        visitor.field(&field(Value::Text(text), reader).problem(problem));
        return Ok(());
    }
    let Some(number) = cbor::integer(&head) else {
        return Err(Fault::new(name, FaultKind::Type, value_at));
    };
    let (meaning, problem) = match label {
        Some(1) => {
            kind.kty = Some(number);
            (names::key_type(number), "")
        }
        Some(3) => (names::algorithm(number), ""),
        Some(-1) => {
            kind.curve = Some(number);
            (names::curve(number), "")
        }
        Some(-2 | -3) => (meaning, "is a number; a byte string belongs here"),
        _ => (meaning, ""),
    };
    let length = reader.position().saturating_sub(at);
    visitor.field(
        &Field::new(name, at, length, Value::Integer(number))
            .meaning(meaning)
            .problem(problem),
    );
    Ok(())
}
