//! The attestation: statements that were removed, roots that are missing, statements of another registration.

use super::written::Cut;
use super::{Diagnosis, Findings, Rejected};
use crate::attestation::last_issuer;
use crate::ceremony::{AttestationPolicy, ErrorKind};

pub(super) fn diagnose(case: &Rejected<'_>, findings: &mut Findings<'_>) {
    let Some(object) = case.response.attestation_object() else {
        return;
    };
    let trusted = case.policy.attestation == AttestationPolicy::Trusted;
    let issuer = last_issuer(object.att_stmt);
    match case.error.kind() {
        ErrorKind::TrustAnchorsMissing | ErrorKind::AttestationUntrusted
            if trusted && object.fmt == "none" =>
        {
            findings.proven(
                Diagnosis::AttestationRemoved,
                format_args!(
                    "The check demands a trusted attestation and none came (`fmt` is \"none\"): the options did not ask for it \
                     (`attestation: \"direct\"`), or the browser or a password manager removed it; synced passkeys have none. Ask for it, or set \
                     `attestation.policy: \"verify\"`.",
                ),
            );
        }
        ErrorKind::TrustAnchorsMissing | ErrorKind::AttestationUntrusted
            if trusted && issuer.is_none() && object.fmt == "packed" =>
        {
            findings.proven(
                Diagnosis::AttestationSelf,
                format_args!(
                    "The statement is signed by the credential's own key (self attestation) and has no certificate, so it leads to no root. \
                     Such authenticators cannot be trusted by a root; set `attestation.policy: \"verify\"` to accept them.",
                ),
            );
        }
        ErrorKind::TrustAnchorsMissing => findings.proven(
            Diagnosis::RootsMissing,
            format_args!(
                "The check demands a trusted attestation and lists no roots. Put the makers' root certificates, in PEM, into \
                 `attestation.roots`; the FIDO Metadata Service publishes them by AAGUID.",
            ),
        ),
        ErrorKind::AttestationUntrusted => findings.guess(
            Diagnosis::RootNotListed,
            format_args!(
                "The last certificate of the statement was issued by {}, and no root of the check is that issuer's. Add its root to \
                 `attestation.roots` (the FIDO Metadata Service has it under the authenticator's AAGUID), if you trust it.",
                Cut(issuer.unwrap_or("an authority that the check cannot name"))
            ),
        ),
        ErrorKind::AttestationSignatureInvalid
        | ErrorKind::AttestationBindingMismatch
        | ErrorKind::AttestationKeyMismatch
        | ErrorKind::AttestationAaguidMismatch => findings.guess(
            Diagnosis::AttestationOfAnotherRegistration,
            format_args!(
                "The statement ({}) is not about these authenticator data and this client data: it is one of another registration, or \
                 either was changed after it was made (`clientDataJSON` serialised again, an attestation object taken from another response). Take \
                 both from one response, unchanged.",
                Cut(object.fmt)
            ),
        ),
        ErrorKind::AttestationCertificateOutdated => findings.proven(
            Diagnosis::AttestationTime,
            format_args!(
                "A certificate of the statement is not valid at the time of judgement. Pass the time of the registration as \
                 `attestation.time` where an old one is judged; otherwise compare the server's clock and the authenticator's batch.",
            ),
        ),
        ErrorKind::AttestationFormatNotAccepted | ErrorKind::AttestationFormatUnsupported => {
            findings.proven(
                Diagnosis::AttestationFormat,
                format_args!(
                    "The statement's format is \"{}\", which `formats` of the check does not list. List it, or ask for no attestation \
                     (`attestation: \"none\"`), which every browser grants.",
                    Cut(object.fmt)
                ),
            );
        }
        _ => {}
    }
}
