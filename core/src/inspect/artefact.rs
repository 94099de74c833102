//! From a guess to the explanation of that artefact.

use super::{
    Artefact, Encoding, Field, Guess, Value, Visitor, attestation_object, authenticator_data, cose,
    guess, json_document,
};
use crate::encoding::Fault;
use crate::encoding::reader::Reader;

/// Explains the artefact that was found in the input.
pub(super) fn explain_input(input: &mut [u8], guess: &Guess, visitor: &mut dyn Visitor) {
    let Some(bytes) = input.get_mut(guess.span.range()) else {
        return;
    };
    match (guess.encoding, guess.artefact) {
        (Encoding::CompactJws, _) => json_document::explain_token(bytes, visitor),
        (Encoding::Json, _) | (_, Artefact::ClientData | Artefact::Json) => {
            json_document::explain(guess.artefact, bytes, visitor);
        }
        (
            _,
            Artefact::RegistrationResponse | Artefact::AuthenticationResponse | Artefact::Check,
        ) => {
            json_document::explain(guess.artefact, bytes, visitor);
        }
        (_, artefact) => explain(artefact, bytes, visitor),
    }
}

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(artefact, bytes.len());
    let explained = match artefact {
        Artefact::AttestationObject => attestation_object::explain(bytes, visitor),
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

/// Explains bytes whose artefact only they themselves tell.
pub(super) fn explain_bytes(bytes: &[u8], visitor: &mut dyn Visitor) {
    explain(guess::artefact_of(bytes), bytes, visitor);
}
