//! Artefacts that hold no other: what an attestation object is made of, and what stands alone.

use super::{Artefact, Field, Value, Visitor, authenticator_data, cose};
use crate::encoding::Fault;
use crate::encoding::reader::Reader;

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(artefact, bytes.len());
    let explained = match artefact {
        Artefact::AuthenticatorData => authenticator_data::explain(bytes, visitor),
        Artefact::CoseKey => explain_key(bytes, visitor),
        _ => {
            visitor.field(&Field::new("bytes", 0, bytes.len(), Value::Bytes(bytes)));
            Ok(())
        }
    };
    if let Err(fault) = explained {
        visitor.broken(&fault);
    }
    visitor.end();
}

fn explain_key(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Fault> {
    let mut reader = Reader::new(bytes);
    cose::explain(&mut reader, visitor)?;
    reader.finish("COSE key")
}
