//! Documents that hold artefacts: responses, checks and verdicts, whose members are explained in their
//! place.
//!
//! The top layer of the dump: artefacts within a document are explained by the modules below, and none of
//! those calls back here. So the depth of calls is bounded, however the input is nested.

use super::dump::{Artefact, Field, Value, Visitor};
use super::json_document::{
    Carries, Kind, Member, NOT_BASE64URL, decode, explain_document, explain_flat,
    explain_flat_member, explain_token,
};
use super::{attestation_object, guess, part};

/// Explains a document and the artefacts in it.
pub(super) fn explain(kind: Artefact, document: &mut [u8], visitor: &mut dyn Visitor) {
    explain_document(kind, document, visitor, explain_member);
}

fn explain_member(document: &mut [u8], member: &Member, visitor: &mut dyn Visitor) {
    match member.kind {
        Kind::Encoded(Carries::Token) => {
            visitor.begin(&member.field(document));
            if let Some(token) = document.get_mut(member.value.range()) {
                explain_token(token, visitor);
            }
            visitor.end();
        }
        Kind::Encoded(Carries::Artefact(kind)) => {
            explain_artefact(document, member, kind, visitor);
        }
        _ => explain_flat_member(document, member, visitor),
    }
}

/// Explains an artefact that is encoded in base64url.
fn explain_artefact(
    document: &mut [u8],
    member: &Member,
    kind: Artefact,
    visitor: &mut dyn Visitor,
) {
    let Some((decoded, problem)) = decode(document, member.value) else {
        visitor.field(&member.encoded(document, NOT_BASE64URL));
        return;
    };
    let field = member.encoded(document, problem);
    let bytes = decoded.of(document).unwrap_or_default();
    let kind = match kind {
        Artefact::Unknown => guess::artefact_of(bytes),
        kind => kind,
    };
    if kind == Artefact::EcdsaSignature && !part::is_signature_in_der(bytes) {
        visitor.field(&Field {
            value: Value::Bytes(bytes),
            ..field
        });
        return;
    }
    visitor.begin(&field);
    if kind == Artefact::ClientData {
        if let Some(bytes) = document.get_mut(decoded.range()) {
            explain_flat(kind, bytes, visitor);
        }
    } else {
        explain_bytes(kind, bytes, visitor);
    }
    visitor.end();
}

/// Explains bytes as an artefact, up to the byte where they stop being one.
pub(super) fn explain_bytes(artefact: Artefact, bytes: &[u8], visitor: &mut dyn Visitor) {
    match artefact {
        Artefact::AttestationObject => {
            visitor.begin_artefact(artefact, bytes);
            if let Err(place) = attestation_object::explain(bytes, visitor) {
                visitor.broken(&place);
            }
            visitor.end();
        }
        Artefact::CtapResponse => {
            visitor.begin_artefact(artefact, bytes);
            if let Err(place) = attestation_object::explain_ctap(bytes, visitor) {
                visitor.broken(&place);
            }
            visitor.end();
        }
        _ => part::explain(artefact, bytes, visitor),
    }
}
