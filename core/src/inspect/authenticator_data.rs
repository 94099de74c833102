//! Authenticator data.

use super::cbor::{self, Left};
use super::dump::{Break, Field, Value, Visitor};
use super::{cose, names};
use crate::data::{Aaguid, Flags};
use crate::encoding::What;
use crate::encoding::cbor::{Item, Major};
use crate::encoding::reader::Reader;

/// Explains authenticator data from the first byte to the last.
pub(super) fn explain(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut reader = Reader::new(bytes);
    let hash = reader.take(32, What::RpIdHash32Bytes)?;
    visitor
        .field(&Field::new("rpIdHash", 0, 32, Value::Bytes(hash)).meaning("SHA-256 of the RP ID"));
    let flags = Flags::new(reader.byte(What::Flags1Byte)?);
    explain_flags(flags, visitor);
    let at = reader.position();
    let count = u32::from_be_bytes(reader.array(What::SignCount4Bytes)?);
    let meaning = match count {
        0 => "the signature counter: 0, so this authenticator may have none",
        _ => "the signature counter",
    };
    visitor.field(&Field::new("signCount", at, 4, Value::Integer(count.into())).meaning(meaning));
    if flags.attested_credential_data() {
        explain_attested(&mut reader, visitor)?;
    }
    if flags.extension_data() {
        explain_extensions(&mut reader, visitor)?;
    }
    Ok(reader.finish(What::AuthenticatorData)?)
}

fn explain_flags(flags: Flags, visitor: &mut dyn Visitor) {
    visitor.begin(&Field::new(
        "flags",
        32,
        1,
        Value::Integer(flags.bits().into()),
    ));
    let bits = [
        (
            "UP",
            flags.user_present(),
            "the user was present",
            "the user was not present",
        ),
        (
            "UV",
            flags.user_verified(),
            "the user was verified",
            "the user was not verified",
        ),
        (
            "BE",
            flags.backup_eligible(),
            "the credential may be copied to other devices",
            "the credential stays on its device",
        ),
        (
            "BS",
            flags.backup_state(),
            "the credential is backed up",
            "the credential is not backed up",
        ),
        (
            "AT",
            flags.attested_credential_data(),
            "attested credential data follow",
            "no attested credential data",
        ),
        (
            "ED",
            flags.extension_data(),
            "extension outputs follow",
            "no extension outputs",
        ),
    ];
    for (name, set, yes, no) in bits {
        let meaning = if set { yes } else { no };
        let problem = if name == "BS" && set && !flags.backup_eligible() {
            "is set although BE is clear"
        } else {
            ""
        };
        visitor.field(
            &Field::new(name, 32, 1, Value::Bool(set))
                .meaning(meaning)
                .problem(problem),
        );
    }
    visitor.end();
}

fn explain_attested(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let start = reader.position();
    let length = credential_extent(*reader);
    visitor.begin(
        &Field::new("attestedCredentialData", start, length, Value::None)
            .meaning("the new credential"),
    );
    let result = explain_credential(reader, visitor);
    visitor.end();
    result
}

/// How many bytes attested credential data take: all that follow where they are cut.
fn credential_extent(mut reader: Reader<'_>) -> usize {
    let start = reader.position();
    let all = reader.rest().len();
    let credential = reader
        .take(16, What::CborItem)
        .and_then(|_| reader.array(What::CborItem).map(u16::from_be_bytes))
        .and_then(|length| reader.take(length.into(), What::CborItem));
    credential.map_or(all, |_| cbor::extent(&reader, start))
}

fn explain_credential(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let at = reader.position();
    let aaguid = Aaguid::new(reader.array(What::Aaguid16Bytes)?);
    visitor.field(
        &Field::new("aaguid", at, 16, Value::Aaguid(aaguid)).meaning(names::authenticator(aaguid)),
    );
    let at = reader.position();
    let length = u16::from_be_bytes(reader.array(What::CredentialIdLength2Bytes)?);
    let problem = if length > 1023 {
        "is more than 1023"
    } else {
        ""
    };
    visitor.field(
        &Field::new("credentialIdLength", at, 2, Value::Integer(length.into())).problem(problem),
    );
    let at = reader.position();
    let available = reader.rest();
    let id = reader
        .take(length.into(), What::CredentialId)
        .map_err(|fault| Break {
            missing: usize::from(length).saturating_sub(available.len()),
            ..fault.into()
        });
    let shown = id.unwrap_or(available);
    let problem = if id.is_err() { "is cut" } else { "" };
    visitor
        .field(&Field::new("credentialId", at, shown.len(), Value::Bytes(shown)).problem(problem));
    id?;
    let at = reader.position();
    let length = cbor::extent(reader, at);
    visitor
        .begin(&Field::new("credentialPublicKey", at, length, Value::None).meaning("a COSE key"));
    let result = cose::explain(reader, visitor);
    visitor.end();
    result
}

fn explain_extensions(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let at = reader.position();
    let length = cbor::extent(reader, at);
    visitor.begin(
        &Field::new("extensions", at, length, Value::None)
            .meaning("authenticator extension outputs"),
    );
    let result = explain_outputs(reader, visitor);
    visitor.end();
    result
}

fn explain_outputs(reader: &mut Reader<'_>, visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut left = Left::read(reader, Major::Map, What::ExtensionsAMap)?;
    while left.advance(reader) {
        let at = reader.position();
        let identifier = cbor::read_name(reader, What::ExtensionOutput)?;
        let (item, _) = Item::read(reader, What::ExtensionOutput)?;
        let mut field = cbor::item_field(identifier, at, item, reader.position())
            .meaning(names::extension(identifier));
        if identifier.is_empty() {
            field.problem = "an extension's identifier is a text";
        }
        visitor.field(&field);
    }
    Ok(())
}
