use core::fmt;

use super::Step;
use crate::encoding::Fault;

/// Why a ceremony was refused: the step, the reason, and where bytes could not be read, which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    step: Step,
    kind: ErrorKind,
    fault: Option<Fault>,
}

impl Error {
    pub(crate) const fn new(step: Step, kind: ErrorKind, fault: Option<Fault>) -> Self {
        Self { step, kind, fault }
    }

    /// The step that failed.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Which bytes could not be read, where that was the reason.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The reason's stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The reason in one sentence, which does not depend on anything else in the response.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        self.kind.message()
    }

    /// Whether the response could not be parsed, as opposed to one that does not verify.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        self.fault.is_some()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: {}", self.step, self.message())?;
        match self.fault {
            Some(fault) => write!(f, ": {fault}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

/// Declares the reasons with their codes and sentences in one table.
macro_rules! error_kinds {
    ($($(#[$doc:meta])+ $kind:ident = $code:literal, $message:literal;)+) => {
        /// The reason for which a ceremony was refused. Codes are stable; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])+ $kind,)+
        }

        impl ErrorKind {
            /// Every reason: the published table of codes.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)+ }
            }

            /// The reason in one sentence.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$kind => $message,)+ }
            }
        }
    };
}

error_kinds! {
    /// The response is not of the JSON form that the ceremony expects.
    ResponseMalformed = "response_malformed",
        "The response is not a public key credential of the expected form.";
    /// `clientExtensionResults` cannot be read.
    ClientExtensionsMalformed = "client_extensions_malformed",
        "The client extension results cannot be read.";
    /// `clientDataJSON` is not UTF-8, not JSON, or has a member of the wrong type.
    ClientDataMalformed = "client_data_malformed",
        "The client data cannot be read.";
    /// The client ran the other ceremony.
    TypeMismatch = "type_mismatch",
        "The client data is of another ceremony's type.";
    /// The response answers another challenge.
    ChallengeMismatch = "challenge_mismatch",
        "The challenge in the client data is not the one that was issued.";
    /// The page that asked is none of the expected ones.
    OriginMismatch = "origin_mismatch",
        "The origin in the client data is not one of the expected origins.";
    /// The ceremony ran in a frame of another origin, where none is expected.
    CrossOriginUnexpected = "cross_origin_unexpected",
        "The ceremony ran in a frame of another origin, which is not expected.";
    /// The client names an embedding page, where no frame is expected.
    TopOriginUnexpected = "top_origin_unexpected",
        "The client data names an embedding page, and no frame is expected.";
    /// The embedding page is none of the expected ones.
    TopOriginMismatch = "top_origin_mismatch",
        "The embedding page is not one of the expected ones.";
    /// The attestation object cannot be read.
    AttestationObjectMalformed = "attestation_object_malformed",
        "The attestation object cannot be read.";
    /// The authenticator data cannot be read.
    AuthenticatorDataMalformed = "authenticator_data_malformed",
        "The authenticator data cannot be read.";
    /// The authenticator acted for another RP ID.
    RpIdMismatch = "rp_id_mismatch",
        "The RP ID hash in the authenticator data is not that of an expected RP ID.";
    /// UP is clear.
    UserNotPresent = "user_not_present",
        "The authenticator did not see a person.";
    /// UV is clear and user verification is required.
    UserNotVerified = "user_not_verified",
        "The authenticator did not verify the person, and that is required.";
    /// BS is set without BE.
    BackupStateInvalid = "backup_state_invalid",
        "The credential says that it is backed up and that it cannot be.";
    /// BE differs from the record.
    BackupEligibilityChanged = "backup_eligibility_changed",
        "The credential's backup eligibility is not the recorded one.";
    /// The credential public key cannot be read.
    PublicKeyMalformed = "public_key_malformed",
        "The credential public key cannot be read.";
    /// The key's algorithm was not offered.
    AlgorithmNotOffered = "algorithm_not_offered",
        "The credential's algorithm is not one of those offered.";
    /// The key's algorithm is not one that can be verified here.
    AlgorithmUnsupported = "algorithm_unsupported",
        "The credential's algorithm cannot be verified here.";
    /// The key's numbers, type or curve are not a key of its algorithm.
    PublicKeyInvalid = "public_key_invalid",
        "The credential public key is not a key of its algorithm.";
    /// The attestation statement format cannot be verified here.
    AttestationFormatUnsupported = "attestation_format_unsupported",
        "The attestation statement format cannot be verified here.";
    /// The attestation statement format is not accepted.
    AttestationFormatNotAccepted = "attestation_format_not_accepted",
        "The attestation statement format is not one of those accepted.";
    /// The attestation statement does not have its format's syntax.
    AttestationStatementMalformed = "attestation_statement_malformed",
        "The attestation statement does not have the syntax of its format.";
    /// The attestation statement is of a kind that cannot be verified here.
    AttestationTypeUnsupported = "attestation_type_unsupported",
        "This kind of attestation statement cannot be verified here.";
    /// The attestation statement's algorithm is not the key's.
    AttestationAlgorithmMismatch = "attestation_algorithm_mismatch",
        "The attestation statement's algorithm does not fit its key.";
    /// The attestation signature does not verify.
    AttestationSignatureInvalid = "attestation_signature_invalid",
        "The attestation signature does not verify.";
    /// The attestation statement's algorithm cannot be verified here.
    AttestationAlgorithmUnsupported = "attestation_algorithm_unsupported",
        "The attestation statement's algorithm cannot be verified here.";
    /// The attestation certificate cannot be read.
    AttestationCertificateMalformed = "attestation_certificate_malformed",
        "The attestation certificate cannot be read.";
    /// The attestation certificate is not what its format requires.
    AttestationCertificateInvalid = "attestation_certificate_invalid",
        "The attestation certificate is not what its format requires.";
    /// The attestation certificate is for another model of authenticator.
    AttestationAaguidMismatch = "attestation_aaguid_mismatch",
        "The attestation certificate is for another model of authenticator.";
    /// The attestation is about another key.
    AttestationKeyMismatch = "attestation_key_mismatch",
        "The attestation is about another key than the credential's.";
    /// The attestation was made for another registration.
    AttestationBindingMismatch = "attestation_binding_mismatch",
        "The attestation was made for another registration.";
    /// The attestation statement does not say what its format requires.
    AttestationStatementInvalid = "attestation_statement_invalid",
        "The attestation statement does not say what its format requires.";
    /// An attestation certificate is not valid at the time of judgement.
    AttestationCertificateOutdated = "attestation_certificate_outdated",
        "An attestation certificate is not valid at this time.";
    /// An attestation has to be trusted and there are no roots.
    TrustAnchorsMissing = "trust_anchors_missing",
        "The attestation has to lead to a trusted root, and no roots are given.";
    /// The attestation does not lead to a trusted root.
    AttestationUntrusted = "attestation_untrusted",
        "The attestation does not lead to a trusted root.";
    /// The relying party does not want authenticators of this model.
    AuthenticatorNotAccepted = "authenticator_not_accepted",
        "The authenticator's model is not one of those accepted.";
    /// The authenticator's model is revoked or known to be compromised.
    AuthenticatorRevoked = "authenticator_revoked",
        "The authenticator's model is revoked or known to be compromised.";
    /// The response is for another credential than the attested one.
    CredentialIdMismatch = "credential_id_mismatch",
        "The response's id is not the attested credential id.";
    /// The credential id is longer than 1023 bytes.
    CredentialIdTooLong = "credential_id_too_long",
        "The credential id is longer than 1023 bytes.";
    /// The credential is registered already.
    CredentialExists = "credential_exists",
        "The credential is registered already.";
    /// Authenticator extension outputs are malformed.
    ExtensionsMalformed = "extensions_malformed",
        "The extension outputs cannot be read.";
    /// The credential is none of those allowed.
    CredentialNotAllowed = "credential_not_allowed",
        "The credential is not one of those allowed.";
    /// The response is for another credential than the recorded one.
    CredentialMismatch = "credential_mismatch",
        "The response is for another credential than the recorded one.";
    /// The response carries no user handle and has to.
    UserHandleMissing = "user_handle_missing",
        "The response has to carry the user handle and does not.";
    /// The user handle is not the account's.
    UserHandleMismatch = "user_handle_mismatch",
        "The user handle is not that of the account.";
    /// The user handle cannot be read.
    UserHandleMalformed = "user_handle_malformed",
        "The user handle cannot be read.";
    /// The signature is not base64url.
    SignatureMalformed = "signature_malformed",
        "The signature cannot be read.";
    /// The signature does not verify.
    SignatureInvalid = "signature_invalid",
        "The signature does not verify with the recorded public key.";
    /// The signature counter did not grow: the authenticator may have been cloned.
    SignCountNotIncreased = "sign_count_not_increased",
        "The signature counter has not grown since the last time.";
    /// There is no credential record to verify against.
    CredentialMissing = "credential_missing",
        "There is no credential record to verify the sign-in against.";
}
