//! Attestation objects.

use super::cbor::{self, Bytes, Left};
use super::dump::{Artefact, Break, Field, Value, Visitor};
use super::{names, part, statement};
use crate::encoding::cbor::{Content, Head, Item, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// Explains an attestation object, member by member in their order.
pub(super) fn explain(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut reader = Reader::new(bytes);
    let mut left = Left::read(&mut reader, Major::Map, What::AttestationObjectAMap)?;
    let whole = Item::parse(bytes, What::AttestationObject);
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

/// Explains what an authenticator answers to `authenticatorMakeCredential` or `authenticatorGetAssertion`: a
/// map with numbers for names (CTAP 2.2, sections 6.1 and 6.2).
pub(super) fn explain_ctap(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    const WHAT: What = What::Ctap2ResponseMember;
    let mut reader = Reader::new(bytes);
    let mut left = Left::read(&mut reader, Major::Map, What::Ctap2ResponseAMap)?;
    visitor.field(
        &Field::new("map", 0, reader.position(), left.value()).meaning("members that follow"),
    );
    let mut format = "";
    let mut makes = false;
    while left.advance(&mut reader) {
        let at = reader.position();
        let (label, _) = Item::read(&mut reader, WHAT)?;
        let mut ahead = reader;
        let (item, _) = Item::read(&mut ahead, WHAT)?;
        let (name, meaning) = match (label.as_integer(), item.content()) {
            (Some(1), Content::Text(text)) => {
                format = text;
                makes = true;
                ("fmt (1)", names::format(text))
            }
            (Some(1), _) => ("credential (1)", "which credential has signed"),
            (Some(2), _) => {
                explain_authenticator_data(&mut reader, at, visitor)?;
                continue;
            }
            (Some(3), Content::Map(_)) => {
                let length = cbor::extent(&reader, at);
                let field = Field::new("attStmt (3)", at, length, Value::None);
                visitor.begin(&field.meaning("the attestation statement"));
                let explained = statement::explain(&mut reader, format, visitor);
                visitor.end();
                explained?;
                continue;
            }
            (Some(3), _) => (
                "signature (3)",
                "over the authenticator data and the hash of the client data",
            ),
            (Some(4), _) if makes => ("epAtt (4)", "whether it is an enterprise attestation"),
            (Some(4), _) => ("user (4)", "whose credential it is"),
            (Some(5), _) if makes => ("largeBlobKey (5)", "the key of the large blobs"),
            (Some(5), _) => ("numberOfCredentials (5)", "how many could have signed"),
            (Some(6), _) if !makes => (
                "userSelected (6)",
                "whether the person chose the credential",
            ),
            (Some(7), _) if !makes => ("largeBlobKey (7)", "the key of the large blobs"),
            _ => ("another member", "not known here"),
        };
        reader = ahead;
        visitor.field(&cbor::item_field(name, at, item, reader.position()).meaning(meaning));
    }
    Item::parse(bytes, What::Ctap2Response)?;
    Ok(())
}

fn explain_member<'a>(
    reader: &mut Reader<'a>,
    format: &mut &'a str,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    const WHAT: What = What::AttestationObjectMember;
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
    const WHAT: What = What::AuthDataAByteString;
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
