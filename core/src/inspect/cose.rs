//! COSE keys.

use super::cbor::{Bytes, Left, read_bytes};
use super::dump::{Break, Field, Value, Visitor};
use super::{curve, names};
use crate::data::{CoseKey, Curve};
use crate::encoding::cbor::{self, Head, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// Explains the parameters of a key from its head on. A wrong parameter is
/// reported and the walk goes on; what makes the verifier refuse the whole is reported at the end.
pub(super) fn explain(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let (at, before) = (reader.position(), reader.rest());
    let mut left = Left::read(reader, Major::Map, What::CoseKeyAMap)?;
    let length = reader.position().saturating_sub(at);
    visitor.field(&Field::new("map", at, length, left.value()).meaning("members that follow"));
    let mut kind = Kind::default();
    while left.advance(reader) {
        explain_parameter(reader, &mut kind, visitor)?;
    }
    let length = reader.position().saturating_sub(at);
    let (what, problem) = match CoseKey::parse(before.get(..length).unwrap_or_default()) {
        Err(fault) => (fault.what(), fault.kind().describe()),
        Ok(key) if curve::has_point(key.key()) == Some(false) => {
            ("COSE x (-2) and y (-3)", "are no point of the curve")
        }
        Ok(_) => return Ok(()),
    };
    let whole = Field::new("COSE key", at, length, Value::Text(what));
    visitor.field(&whole.meaning("is refused").problem(problem));
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
) -> Result<(), Break> {
    const WHAT: What = What::CoseKeyParameter;
    let at = reader.position();
    let label = cbor::integer(&Head::read(reader, WHAT)?);
    let (name, meaning) = match (label, kind.kty) {
        (Some(1), _) => ("kty (1)", "key type"),
        (Some(2), _) => ("kid (2)", "key id: credential keys have none"),
        (Some(3), _) => ("alg (3)", "algorithm"),
        (Some(-1), Some(3)) => ("n (-1)", "the modulus"),
        (Some(-2), Some(3)) => ("e (-2)", "the public exponent"),
        (Some(-1), Some(7)) => ("pub (-1)", "the public key"),
        (Some(-1), _) => ("crv (-1)", "curve"),
        (Some(-2), Some(1)) => ("x (-2)", "the encoded point"),
        (Some(-2), _) => ("x (-2)", "the x-coordinate"),
        (Some(-3), _) => ("y (-3)", "the y-coordinate"),
        _ => ("unknown parameter", "credential keys do not have it"),
    };
    let value_at = reader.position();
    let broken = |fault| Break::of(name, fault);
    let head = Head::read(reader, What::CoseKeyParameter).map_err(broken)?;
    let field = |value, reader: &Reader<'_>| {
        Field::new(name, at, reader.position().saturating_sub(at), value).meaning(meaning)
    };
    if head.major == Major::Bytes {
        let Bytes { bytes, whole } = read_bytes(reader, &head, What::CoseKeyParameter);
        let whole = whole.map_err(|cut| Break {
            missing: cut.missing,
            ..broken(cut.fault)
        });
        let curve = kind.curve.filter(|_| matches!(kind.kty, Some(1 | 2)));
        let problem = match (label, curve.and_then(Curve::of)) {
            _ if whole.is_err() => "is cut",
            (Some(-2 | -3), Some(curve)) if bytes.len() != curve.coordinate_length() => {
                "does not have the length of the curve's coordinates"
            }
            (Some(1 | 3), _) => "is a byte string; an integer is expected",
            _ => "",
        };
        let mut field = field(Value::Bytes(bytes), reader).problem(problem);
        if whole.is_err() {
            field.length = field.length.saturating_add(bytes.len());
        }
        visitor.field(&field);
        return whole;
    }
    if head.major == Major::Text {
        let bytes = cbor::string(reader, &head, What::CoseKeyParameter).map_err(broken)?;
        let text = core::str::from_utf8(bytes).unwrap_or_default();
        let problem = "is a text; WebAuthn's COSE keys have none";
        visitor.field(&field(Value::Text(text), reader).problem(problem));
        return Ok(());
    }
    let Some(number) = cbor::integer(&head) else {
        return Err(broken(Fault::new(
            What::CoseKeyParameter,
            FaultKind::Type,
            value_at,
        )));
    };
    let (meaning, problem) = match label {
        Some(1) => {
            kind.kty = Some(number);
            (names::key_type(number), "")
        }
        Some(3) => (names::algorithm(number), ""),
        Some(-1) if matches!(kind.kty, Some(3 | 7)) => {
            (meaning, "is a number; a byte string is expected")
        }
        Some(-1) => {
            kind.curve = Some(number);
            (names::curve(number), "")
        }
        Some(-2 | -3) => (meaning, "is a number; a byte string is expected"),
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
