//! Artefacts that hold no others: the parts of an attestation object, and standalone ones.

use super::dump::{Artefact, Break, Field, Value, Visitor};
use super::{authenticator_data, certificate, cose, guess, tpm};
use crate::encoding::What;
use crate::encoding::reader::Reader;

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(artefact, bytes);
    let explained = match artefact {
        Artefact::AuthenticatorData => authenticator_data::explain(bytes, visitor),
        Artefact::CoseKey => explain_key(bytes, visitor),
        Artefact::Certificate => certificate::explain(bytes, visitor),
        Artefact::PublicKeyInfo => certificate::explain_public_key(bytes, visitor),
        Artefact::EcdsaSignature => certificate::explain_signature(bytes, visitor),
        Artefact::TpmAttest => tpm::explain_attest(bytes, visitor),
        Artefact::TpmPublic => tpm::explain_public(bytes, visitor),
        Artefact::Text => {
            let text = core::str::from_utf8(bytes).unwrap_or_default();
            let field = Field::new("text", 0, bytes.len(), Value::Text(text));
            visitor.field(&field.meaning(
                "this is text, not bytes: nothing in it is JSON, PEM, base64, hexadecimal or a list of numbers",
            ));
            Ok(())
        }
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

/// Whether a signature is ECDSA's: those of other algorithms have no structure.
pub(super) fn is_signature_in_der(bytes: &[u8]) -> bool {
    guess::der_artefact(bytes) == Some(Artefact::EcdsaSignature)
}

fn explain_key(bytes: &[u8], visitor: &mut dyn Visitor) -> Result<(), Break> {
    let mut reader = Reader::new(bytes);
    cose::explain(&mut reader, visitor)?;
    Ok(reader.finish(What::CoseKey)?)
}
