//! Attestation objects.

use super::cbor::{self, Bytes, Left};
use super::dump::{Artefact, Break, Field, Value, Visitor};
use super::{names, part, statement};
use crate::encoding::cbor::{Content, Head, Item, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind};

/// Explains an attestation object, member by member in their order.
pub(super) fn explain(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut reader = Reader::new(bytes);
    let mut left = Left::read(&mut reader, Major::Map, "attestation object (a map)")?;
    let whole = Item::parse(bytes, "attestation object");
    let problem = match &whole {
        Ok((_, form)) if !form.canonical => "the object is not canonical CBOR",
        _ => "",
    };
    visitor.field(
        &Field::new("map", 0, reader.position(), left.value())
            .meaning("members that follow")
            .problem(problem),
    );
    let mut format = "";
    while left.advance(&mut reader) {
        explain_member(&mut reader, &mut format, visitor)?;
    }
    // What no single member shows: a duplicate, or trailing bytes.
    whole?;
    Ok(())
}

fn explain_member<'a>(
    reader: &mut Reader<'a>,
    format: &mut &'a str,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    const WHAT: &str = "attestation object member";
    let at = reader.position();
    let name = cbor::read_name(reader, WHAT)?;
    match name {
        "authData" => return explain_authenticator_data(reader, at, visitor),
        "attStmt" => {
            let length = cbor::extent(reader, at);
            let field = Field::new("attStmt", at, length, Value::None);
            visitor.begin(&field.meaning("the attestation statement"));
            let explained = statement::explain(reader, format, visitor);
            visitor.end();
            return explained;
        }
        _ => {}
    }
    let (item, _) = Item::read(reader, WHAT)?;
    let mut field = cbor::item_field(name, at, item, reader.position());
    match (name, item.content()) {
        ("fmt", Content::Text(text)) => {
            *format = text;
            field.meaning = names::format(text);
        }
        ("fmt", _) => field.problem = "is not a text",
        _ => field.problem = "is not a member of an attestation object",
    }
    visitor.field(&field);
    Ok(())
}

/// Authenticator data are explained even if they are cut.
fn explain_authenticator_data(
    reader: &mut Reader<'_>,
    at: usize,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    const WHAT: &str = "authData (a byte string)";
    let value_at = reader.position();
    let length = cbor::extent(reader, at);
    let head = Head::read(reader, WHAT)?;
    if head.major != Major::Bytes {
        return Err(Fault::new(WHAT, FaultKind::Type, value_at).into());
    }
    let Bytes { bytes, whole } = cbor::read_bytes(reader, &head, WHAT);
    visitor.begin(
        &Field::new("authData", at, length, Value::None).meaning("what the authenticator signs"),
    );
    part::explain(Artefact::AuthenticatorData, bytes, visitor);
    visitor.end();
    whole
}
