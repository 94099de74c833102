//! From bytes to the explanation of the artefact that they are.

use super::{Artefact, Visitor, attestation_object, part};

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    match artefact {
        Artefact::AttestationObject => {
            visitor.begin_artefact(artefact, bytes);
            if let Err(place) = attestation_object::explain(bytes, visitor) {
                visitor.broken(&place);
            }
            visitor.end();
        }
        _ => part::explain(artefact, bytes, visitor),
    }
}
