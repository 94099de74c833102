//! Attestation objects and the statements in them.

use super::{Artefact, Field, Value, Visitor, names, part};
use crate::encoding::cbor::{self, Content, Head, Item, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind};

/// Explains an attestation object, member by member as they stand.
pub(super) fn explain(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Fault> {
    const WHAT: &str = "attestation object (a map)";
    let mut reader = Reader::new(bytes);
    let head = Head::read(&mut reader, WHAT)?;
    if head.major != Major::Map {
        return Err(Fault::new(WHAT, FaultKind::Type, 0));
    }
    let members = head
        .argument
        .and_then(|members| i64::try_from(members).ok());
    let value = members.map_or(Value::Text("of indefinite length"), Value::Integer);
    visitor.field(&Field::new("map", 0, reader.position(), value).meaning("members that follow"));
    let mut left = head.argument;
    loop {
        match &mut left {
            Some(0) => break,
            Some(left) => *left = left.saturating_sub(1),
            None if reader.skip_prefix(&[0xff]) => break,
            None => {}
        }
        explain_member(&mut reader, visitor)?;
    }
    reader.finish("attestation object")
}

fn explain_member(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Fault> {
    const WHAT: &str = "attestation object member";
    let at = reader.position();
    let name = Head::read(reader, WHAT)?;
    if name.major != Major::Text {
        return Err(Fault::new(WHAT, FaultKind::Type, at));
    }
    let name = cbor::string(reader, &name, WHAT)?;
    let name = core::str::from_utf8(name).unwrap_or_default();
    if name == "authData" {
        return explain_authenticator_data(reader, at, visitor);
    }
    let (item, form) = Item::read(reader, "attestation object member")?;
    let length = reader.position().saturating_sub(at);
    let problem = if form.canonical {
        ""
    } else {
        "is not canonical CBOR"
    };
    match (name, item.content()) {
        ("fmt", Content::Text(format)) => {
            let field = Field::new("fmt", at, length, Value::Text(format));
            visitor.field(&field.meaning(names::format(format)).problem(problem));
        }
        ("attStmt", Content::Map(_) | Content::Array(_)) => {
            let field = Field::new("attStmt", at, length, Value::None);
            visitor.begin(&field.meaning("the attestation statement").problem(problem));
            let start = reader.position().saturating_sub(item.bytes().len());
            explain_statement(item, start, visitor);
            visitor.end();
        }
        ("fmt" | "attStmt", _) => {
            let field = Field::new(name, at, length, Value::Bytes(item.bytes()));
            visitor.field(&field.problem("has the wrong type"));
        }
        _ => {
            let field = Field::new(name, at, length, Value::Bytes(item.bytes()));
            visitor.field(&field.problem("does not belong into an attestation object"));
        }
    }
    Ok(())
}

/// Authenticator data are explained even where they are cut: that is what one looks for then.
fn explain_authenticator_data(
    reader: &mut Reader<'_>,
    at: usize,
    visitor: &mut dyn Visitor,
) -> Result<(), Fault> {
    const WHAT: &str = "authData (a byte string)";
    let value_at = reader.position();
    let head = Head::read(reader, WHAT)?;
    if head.major != Major::Bytes {
        return Err(Fault::new(WHAT, FaultKind::Type, value_at));
    }
    let available = reader.rest();
    let bytes = cbor::string(reader, &head, WHAT);
    let data = bytes.unwrap_or(available);
    let length = reader.position().saturating_sub(at);
    visitor.begin(
        &Field::new("authData", at, length, Value::None).meaning("what the authenticator says"),
    );
    part::explain(Artefact::AuthenticatorData, data, visitor);
    visitor.end();
    bytes.map(|_| ())
}

/// Explains the members of a statement, and of each statement within a compound one.
fn explain_statement(statement: Item<'_>, start: usize, visitor: &mut dyn Visitor) {
    match statement.content() {
        Content::Map(_) => explain_members(statement, start, visitor),
        Content::Array(statements) => {
            let mut at = start.saturating_add(1);
            for statement in statements {
                let length = statement.bytes().len();
                visitor.begin(&Field::new("statement", at, length, Value::None));
                explain_members(statement, at, visitor);
                visitor.end();
                at = at.saturating_add(length);
            }
        }
        _ => {}
    }
}

fn explain_members(statement: Item<'_>, start: usize, visitor: &mut dyn Visitor) {
    let mut at = start.saturating_add(1);
    for (name, value) in statement.as_map().into_iter().flatten() {
        let length = name.bytes().len().saturating_add(value.bytes().len());
        let name = name.as_text().unwrap_or("not a name");
        explain_statement_member(name, value, at, length, visitor);
        at = at.saturating_add(length);
    }
}

fn explain_statement_member(
    name: &str,
    value: Item<'_>,
    at: usize,
    length: usize,
    visitor: &mut dyn Visitor,
) {
    let meaning = names::statement_member(name);
    let field = |value| Field::new(name, at, length, value).meaning(meaning);
    match (name, value.content()) {
        ("alg", Content::Integer(algorithm)) => {
            let field = field(Value::Integer(algorithm));
            visitor.field(&field.meaning(names::algorithm(algorithm)));
        }
        ("fmt", Content::Text(format)) => {
            visitor.field(&field(Value::Text(format)).meaning(names::format(format)));
        }
        ("x5c", Content::Array(certificates)) => {
            visitor.begin(&field(Value::None));
            for certificate in certificates {
                if let Some(der) = certificate.as_bytes() {
                    part::explain(Artefact::Certificate, der, visitor);
                }
            }
            visitor.end();
        }
        ("certInfo", Content::Bytes(bytes)) => {
            visitor.begin(&field(Value::None));
            part::explain(Artefact::TpmAttest, bytes, visitor);
            visitor.end();
        }
        ("pubArea", Content::Bytes(bytes)) => {
            visitor.begin(&field(Value::None));
            part::explain(Artefact::TpmPublic, bytes, visitor);
            visitor.end();
        }
        ("attStmt", Content::Map(members)) => {
            visitor.begin(&field(Value::None));
            for (name, value) in members {
                let name = name.as_text().unwrap_or("not a name");
                let shown = Value::Bytes(value.bytes());
                visitor.field(
                    &Field::new(name, at, length, shown).meaning(names::statement_member(name)),
                );
            }
            visitor.end();
        }
        (_, Content::Text(text)) => visitor.field(&field(Value::Text(text))),
        (_, Content::Integer(number)) => visitor.field(&field(Value::Integer(number))),
        (_, Content::Bytes(bytes)) => visitor.field(&field(Value::Bytes(bytes))),
        _ => visitor.field(&field(Value::Bytes(value.bytes()))),
    }
}
