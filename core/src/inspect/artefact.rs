//! From bytes to the explanation of the artefact that they are.

use super::{Artefact, Visitor, attestation_object, guess, part};

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    match artefact {
        Artefact::AttestationObject => {
            visitor.begin_artefact(artefact, bytes.len());
            if let Err(fault) = attestation_object::explain(bytes, visitor) {
                visitor.broken(&fault);
            }
            visitor.end();
        }
        _ => part::explain(artefact, bytes, visitor),
    }
}

/// Explains bytes whose artefact only they themselves tell.
pub(super) fn explain_bytes(bytes: &[u8], visitor: &mut dyn Visitor) {
    explain(guess::artefact_of(bytes), bytes, visitor);
}
