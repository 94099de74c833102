//! Attestation statements, each by the members that its format has.

use super::cbor::{self, Bytes, Left};
use super::dump::{Artefact, Break, Field, Value, Visitor};
use super::{json_document, names, part};
use crate::attestation::Format;
use crate::encoding::cbor::{Content, Head, Item, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// Longest `SafetyNet` response that is explained; genuine ones have about 9 KiB.
const RESPONSE_MAX: usize = 16 * 1024;

/// The most members that a statement of any format has to have.
const REQUIRED_MAX: usize = {
    let (mut formats, mut most) = (Format::ALL, 0);
    while let [format, rest @ ..] = formats {
        let (required, _) = format.members();
        if required.len() > most {
            most = required.len();
        }
        formats = rest;
    }
    most
};

/// Explains `attStmt`: a statement of this format, or the array of several.
pub(super) fn explain(
    reader: &mut Reader<'_>,
    format: &str,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    const WHAT: What = What::AttStmtAMap;
    let at = reader.position();
    let head = Head::read(&mut reader.clone(), WHAT)?;
    match head.major {
        Major::Map => explain_members(reader, format, visitor),
        Major::Array => explain_compound(reader, visitor),
        _ => Err(Fault::new(WHAT, FaultKind::Type, at).into()),
    }
}

/// Explains the statements of a compound one.
fn explain_compound(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut left = Left::read(reader, Major::Array, What::StatementsAnArray)?;
    while left.advance(reader) {
        let at = reader.position();
        let length = cbor::extent(reader, at);
        visitor.begin(&Field::new("statement", at, length, Value::None).meaning("one of several"));
        let explained = explain_part(reader, visitor);
        visitor.end();
        explained?;
    }
    Ok(())
}

/// Explains one of them: a format and a statement of it.
fn explain_part(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    const WHAT: What = What::MemberOfACompoundStatement;
    let mut left = Left::read(reader, Major::Map, What::CompoundStatementAMap)?;
    let mut format = "";
    while left.advance(reader) {
        let at = reader.position();
        let name = cbor::read_name(reader, WHAT)?;
        if name == "attStmt" {
            let length = cbor::extent(reader, at);
            visitor.begin(
                &Field::new(name, at, length, Value::None).meaning("the attestation statement"),
            );
            let explained = explain_members(reader, format, visitor);
            visitor.end();
            explained?;
            continue;
        }
        let (item, _) = Item::read(reader, WHAT)?;
        let mut field = cbor::item_field(name, at, item, reader.position());
        match (name, item.content()) {
            ("fmt", Content::Text(text)) => {
                format = text;
                field.meaning = names::format(text);
            }
            _ => field.problem = "is not a member of a compound statement",
        }
        visitor.field(&field);
    }
    Ok(())
}

/// Explains the members of one statement, and says which are missing.
fn explain_members(
    reader: &mut Reader<'_>,
    format: &str,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    let format = Format::from_name(format);
    let (required, optional) = format.map(Format::members).unwrap_or_default();
    let mut left = Left::read(reader, Major::Map, What::AttestationStatementAMap)?;
    let mut seen = [false; REQUIRED_MAX];
    while left.advance(reader) {
        let at = reader.position();
        let name = cbor::read_name(reader, What::AttestationStatementMember)?;
        let known = required.contains(&name) || optional.contains(&name);
        let (meaning, problem) = match format {
            // Its section alone asks for an empty map.
            Some(Format::None) => ("", "a statement of this format has no members"),
            Some(_) if !known => ("the format does not name this member: it is ignored", ""),
            _ => (names::statement_member(name), ""),
        };
        for (_, seen) in required
            .iter()
            .zip(&mut seen)
            .filter(|(member, _)| **member == name)
        {
            *seen = true;
        }
        explain_member(reader, name, at, meaning, problem, visitor)?;
    }
    let end = reader.position();
    for (member, _) in required.iter().zip(seen).filter(|(_, seen)| !seen) {
        let field = Field::new(member, end, 0, Value::None);
        visitor.field(
            &field
                .meaning(names::statement_member(member))
                .problem("is missing"),
        );
    }
    Ok(())
}

fn explain_member(
    reader: &mut Reader<'_>,
    name: &str,
    at: usize,
    meaning: &'static str,
    problem: &'static str,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    const WHAT: What = What::AttestationStatementMember;
    let whole = Field::new(name, at, cbor::extent(reader, at), Value::None)
        .meaning(meaning)
        .problem(problem);
    if name == "x5c" {
        visitor.begin(&whole);
        let explained = explain_certificates(reader, visitor);
        visitor.end();
        return explained;
    }
    let inside = match name {
        "sig" => Some(Artefact::EcdsaSignature),
        "certInfo" => Some(Artefact::TpmAttest),
        "pubArea" => Some(Artefact::TpmPublic),
        "response" => Some(Artefact::Token),
        _ => None,
    };
    if let Some(artefact) = inside
        && cbor::is_bytes(reader)
    {
        let head = Head::read(reader, WHAT)?;
        let Bytes { bytes, whole: read } = cbor::read_bytes(reader, &head, WHAT);
        explain_inside(artefact, bytes, &whole, visitor);
        return read;
    }
    let (item, _) = Item::read(reader, WHAT)?;
    let mut field = cbor::item_field(name, at, item, reader.position())
        .meaning(whole.meaning)
        .problem(problem);
    if let ("alg", Content::Integer(algorithm)) = (name, item.content()) {
        field.meaning = names::algorithm(algorithm);
    } else if inside.is_some() {
        field.problem = "is not a byte string";
    }
    visitor.field(&field);
    Ok(())
}

/// Explains what a member's bytes hold.
fn explain_inside(artefact: Artefact, bytes: &[u8], whole: &Field<'_>, visitor: &mut dyn Visitor) {
    if artefact == Artefact::EcdsaSignature && !part::is_signature_in_der(bytes) {
        visitor.field(&Field {
            value: Value::Bytes(bytes),
            ..*whole
        });
        return;
    }
    visitor.begin(whole);
    if artefact == Artefact::Token {
        explain_response(bytes, visitor);
    } else {
        part::explain(artefact, bytes, visitor);
    }
    visitor.end();
}

/// Explains a `SafetyNet` response, in a copy because it is decoded in place.
fn explain_response(bytes: &[u8], visitor: &mut dyn Visitor) {
    let mut buffer = [0; RESPONSE_MAX];
    match buffer.get_mut(..bytes.len()) {
        Some(copy) => {
            copy.copy_from_slice(bytes);
            json_document::explain_token(copy, visitor);
        }
        None => {
            let field = Field::new("response", 0, bytes.len(), Value::Bytes(bytes));
            visitor.field(&field.problem("is too long to be explained"));
        }
    }
}

fn explain_certificates(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    const WHAT: What = What::CertificateAByteString;
    let mut left = Left::read(reader, Major::Array, What::X5cAnArray)?;
    let mut index = 0_i64;
    while left.advance(reader) {
        let at = reader.position();
        let length = cbor::extent(reader, at);
        let head = Head::read(reader, WHAT)?;
        if head.major != Major::Bytes {
            return Err(Fault::new(WHAT, FaultKind::Type, at).into());
        }
        let Bytes { bytes, whole } = cbor::read_bytes(reader, &head, WHAT);
        let meaning = match index {
            0 => "the attestation certificate",
            _ => "the issuer of the one before",
        };
        let field = Field::new("certificate", at, length, Value::Integer(index)).meaning(meaning);
        visitor.begin(&field);
        part::explain(Artefact::Certificate, bytes, visitor);
        visitor.end();
        whole?;
        index = index.saturating_add(1);
    }
    Ok(())
}
