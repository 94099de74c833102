use core::cell::Cell;

use super::authenticator_data::{
    check_backup_flags, check_extensions, check_form, check_rp_id, check_user_present,
    check_user_verified,
};
use super::client_data::{self, ClientDataSteps};
use super::client_extensions::check_client_extensions;
use super::run::{
    Checked, Failed, Failure, Run, check, fail, malformed, pass, pass_with, skip, tolerate,
};
use super::{AttestationPolicy, Error, ErrorKind, Mediation, Note, Observer, Policy, Step, Value};
use crate::algorithm::Crypto;
use crate::attestation::{self, AttestationType, Format, Statement, StatementError, Verified};
#[cfg(feature = "trust")]
use crate::attestation::{Model, Models, PathError, Standing};
use crate::data::{
    Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, AuthenticatorExtensions,
    Challenge, CoseAlgorithm, CoseKey, CredentialRecord, Flags, RegistrationResponse,
};
use crate::encoding::cbor::Item;
use crate::encoding::{Fault, FaultKind, What};
use crate::limits::CREDENTIAL_ID_MAX;

/// A verified registration: only [`verify_registration`] constructs one.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedRegistration<'a> {
    attested: AttestedCredentialData<'a>,
    aaguid: Aaguid,
    algorithm: CoseAlgorithm,
    flags: Flags,
    sign_count: u32,
    format: Format,
    extensions: Option<Item<'a>>,
    resident_key: Option<bool>,
    /// `None` where the policy had the statement ignored.
    attestation_type: Option<AttestationType>,
}

impl<'a> VerifiedRegistration<'a> {
    /// The credential id, at most [`CREDENTIAL_ID_MAX`] bytes.
    #[must_use]
    pub const fn credential_id(&self) -> &'a [u8] {
        self.attested.credential_id()
    }

    /// The credential public key, in its `COSE_Key` encoding.
    #[must_use]
    pub const fn public_key(&self) -> &'a [u8] {
        self.attested.credential_public_key()
    }

    /// The key's algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }

    /// The authenticator's model: all zeros for a FIDO U2F key, whose attestation does not sign it. Only a
    /// trusted attestation proves it.
    #[must_use]
    pub const fn aaguid(&self) -> Aaguid {
        self.aaguid
    }

    /// The signature counter to start from.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// Whether the authenticator verified the user.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.flags.user_verified()
    }

    /// Whether the credential may be copied to other devices.
    #[must_use]
    pub const fn backup_eligible(&self) -> bool {
        self.flags.backup_eligible()
    }

    /// Whether the credential is currently backed up.
    #[must_use]
    pub const fn backup_state(&self) -> bool {
        self.flags.backup_state()
    }

    /// The attestation statement's format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The authenticator's extension outputs.
    #[must_use]
    pub fn extensions(&self) -> AuthenticatorExtensions<'a> {
        AuthenticatorExtensions::of(self.extensions)
    }

    /// Whether the credential is discoverable, if the client reported it (`credProps`). Nothing proves
    /// it.
    #[must_use]
    pub const fn resident_key(&self) -> Option<bool> {
        self.resident_key
    }

    /// What the attestation proves; `None` where the policy had it ignored.
    #[must_use]
    pub const fn attestation_type(&self) -> Option<AttestationType> {
        self.attestation_type
    }

    /// The record that sign-ins are verified against.
    #[must_use]
    pub const fn record(&self) -> CredentialRecord<'a> {
        CredentialRecord {
            id: self.credential_id(),
            public_key: self.public_key(),
            sign_count: self.sign_count,
            backup_eligible: Some(self.backup_eligible()),
            backup_state: Some(self.backup_state()),
        }
    }
}

/// Verifies a registration: WebAuthn Level 3,
/// [section 7.1](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential), from step 3.
///
/// # Errors
///
/// [`Error`] at the first step that fails.
pub fn verify_registration<'a, O: Observer<'a> + ?Sized>(
    response: &RegistrationResponse<'a>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    crypto: &Crypto<'_>,
    observer: &mut O,
) -> Result<VerifiedRegistration<'a>, Error> {
    let run = &mut Run::new(observer);
    let verified = verify(run, response, challenge, policy, crypto);
    run.end(verified)
}

fn verify<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    response: &RegistrationResponse<'a>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    crypto: &Crypto<'_>,
) -> Result<VerifiedRegistration<'a>, Failed> {
    run.step(Step::REG_RESPONSE, check_response(response))?;
    let client_extensions = response.client_extension_results();
    let checked = check_client_extensions(client_extensions, policy, run.observer);
    run.step(Step::REG_CLIENT_EXTENSIONS, checked)?;

    let json = response.client_data_json();
    let steps = &ClientDataSteps::REGISTRATION;
    let json = client_data::verify(run, steps, json, challenge, policy)?;
    let client_data_hash = crypto.sha256.digest(&[json]);
    run.step(Step::REG_CLIENT_DATA_HASH, pass())?;

    let attested = read_attestation_object(response, policy, run.observer);
    let Attested {
        object,
        auth_data,
        credential,
    } = run.step(Step::REG_ATTESTATION_OBJECT, attested)?;
    let flags = auth_data.flags();
    run.step(
        Step::REG_RP_ID,
        check_rp_id(&auth_data, policy, None, crypto.sha256),
    )?;
    run.step(
        Step::REG_USER_PRESENT,
        check_user_present_unless_conditional(flags, policy),
    )?;
    run.step(Step::REG_USER_VERIFIED, check_user_verified(flags, policy))?;
    run.step(Step::REG_BACKUP_FLAGS, check_backup_flags(flags))?;
    run.step(Step::REG_BACKUP_ELIGIBILITY, skip())?;
    run.step(Step::REG_BACKUP_STATE, skip())?;
    let key = run.step(
        Step::REG_ALGORITHM,
        check_algorithm(&credential, policy, crypto),
    )?;

    let format = run.step(Step::REG_ATTESTATION_FORMAT, check_format(&object, policy))?;
    let unnamed_members = Cell::new(false);
    let statement = Statement {
        att_stmt: object.att_stmt,
        auth_data: &auth_data,
        client_data_hash: &client_data_hash,
        key: &key,
        crypto,
        policy,
        unnamed_members: &unnamed_members,
    };
    let attestation = run.step(
        Step::REG_ATTESTATION_STATEMENT,
        check_attestation(format, &statement),
    )?;
    if unnamed_members.get() {
        run.observer.note(Note::StatementMemberUnknown);
    }
    let aaguid = read_aaguid(format, attestation.as_ref(), &credential, run.observer);
    if attestation.is_some_and(|attestation| attestation.cts_profile_mismatch) {
        run.observer.note(Note::CtsProfileMismatch);
    }
    if attestation.is_some_and(|attestation| attestation.tpm_key_not_bound) {
        run.observer.note(Note::TpmKeyNotBound);
    }
    run.step(
        Step::REG_TRUST_ANCHORS,
        check_anchors(attestation.as_ref(), policy),
    )?;
    run.step(
        Step::REG_ATTESTATION_TRUST,
        check_trust(attestation.as_ref(), aaguid, policy),
    )?;

    run.step(
        Step::REG_CREDENTIAL_ID,
        check_credential_id(response, &credential),
    )?;
    run.step(
        Step::REG_CREDENTIAL_UNUSED,
        check_unused(&credential, policy),
    )?;
    run.step(Step::REG_CREDENTIAL_RECORD, pass())?;
    let unknown = run.step(
        Step::REG_EXTENSIONS,
        check_extensions(auth_data.extensions_item()),
    )?;
    if unknown {
        run.observer.note(Note::AuthenticatorExtensionUnknown);
    }
    run.step(Step::REG_DONE, pass())?;
    Ok(VerifiedRegistration {
        attested: credential,
        aaguid,
        algorithm: key.algorithm(),
        flags,
        sign_count: auth_data.sign_count(),
        format,
        extensions: auth_data.extensions_item(),
        resident_key: client_extensions.resident_key,
        attestation_type: attestation.map(|attestation| attestation.attestation_type),
    })
}

/// [7.1.3](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): the response has the form of an attestation response.
fn check_response<'a>(response: &RegistrationResponse<'a>) -> Checked<'a> {
    response
        .shape()
        .map_err(malformed(ErrorKind::ResponseMalformed))?;
    pass()
}

/// An attestation object taken apart.
struct Attested<'a> {
    object: AttestationObject<'a>,
    auth_data: AuthenticatorData<'a>,
    credential: AttestedCredentialData<'a>,
}

/// [7.1.13](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential), down to the
/// authenticator data and the credential in them.
fn read_attestation_object<'a, O: Observer<'a> + ?Sized>(
    response: &RegistrationResponse<'a>,
    policy: &Policy<'_>,
    observer: &mut O,
) -> Checked<'a, Attested<'a>> {
    let object = response
        .attestation_object()
        .and_then(AttestationObject::parse)
        .map_err(malformed(ErrorKind::AttestationObjectMalformed))?;
    let auth_data = AuthenticatorData::parse(object.auth_data)
        .map_err(malformed(ErrorKind::AuthenticatorDataMalformed))?;
    let Some(credential) = auth_data.attested_credential_data().copied() else {
        let fault = Fault::new(What::AttestedCredentialData, FaultKind::Missing, 0);
        return fail(ErrorKind::AuthenticatorDataMalformed, Value::Fault(fault));
    };
    if !object.canonical {
        tolerate(
            policy.strict,
            observer,
            Note::AttestationObjectNotCanonical,
            Fault::new(What::AttestationObject, FaultKind::Form, 0),
        )
        .map_err(malformed(ErrorKind::AttestationObjectMalformed))?;
    }
    check_form(&auth_data, policy, observer)
        .map_err(malformed(ErrorKind::AuthenticatorDataMalformed))?;
    pass_with(
        Value::None,
        Attested {
            object,
            auth_data,
            credential,
        },
    )
}

/// [7.1.15](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): UP is set, except in a conditional registration.
fn check_user_present_unless_conditional<'a>(flags: Flags, policy: &Policy<'_>) -> Checked<'a> {
    match policy.mediation {
        Mediation::Modal => check_user_present(flags),
        Mediation::Conditional => skip(),
    }
}

/// [7.1.20](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): the key is one, of an
/// algorithm that was offered.
fn check_algorithm<'a>(
    credential: &AttestedCredentialData<'a>,
    policy: &Policy<'_>,
    crypto: &Crypto<'_>,
) -> Checked<'a, CoseKey<'a>> {
    let key = CoseKey::parse(credential.credential_public_key())
        .map_err(malformed(ErrorKind::PublicKeyMalformed))?;
    let value = Value::Algorithm(key.algorithm());
    let offered = policy
        .algorithms
        .is_none_or(|offered| offered.contains(&key.algorithm()));
    if !offered {
        return fail(ErrorKind::AlgorithmNotOffered, value);
    }
    let Some(algorithm) = crypto.algorithm(key.algorithm()) else {
        return fail(ErrorKind::AlgorithmUnsupported, value);
    };
    if algorithm.check_key(key.key()).is_err() {
        return fail(ErrorKind::PublicKeyInvalid, value);
    }
    pass_with(value, key)
}

/// [7.1.21](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): the format can be verified and is accepted.
fn check_format<'a>(object: &AttestationObject<'a>, policy: &Policy<'_>) -> Checked<'a, Format> {
    let value = Value::Text(object.fmt);
    let Some(format) = Format::from_name(object.fmt) else {
        return fail(ErrorKind::AttestationFormatUnsupported, value);
    };
    if !policy.formats.contains(format) {
        return fail(ErrorKind::AttestationFormatNotAccepted, value);
    }
    pass_with(value, format)
}

/// [7.1.22](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): the statement verifies, unless the policy ignores it.
fn check_attestation<'a>(
    format: Format,
    statement: &Statement<'_, 'a>,
) -> Checked<'a, Option<Verified>> {
    if statement.policy.attestation == AttestationPolicy::Ignore {
        return skip().map(|skipped| skipped.with(None));
    }
    match attestation::verify(format, statement) {
        Ok(verified) => pass_with(
            Value::Text(verified.attestation_type.name()),
            Some(verified),
        ),
        Err(error) => Err(refuse_statement(error)),
    }
}

/// Maps a statement's error to the ceremony's.
fn refuse_statement<'a>(error: StatementError) -> Failure<'a> {
    let (kind, value) = match error {
        StatementError::Malformed(fault) => (
            ErrorKind::AttestationStatementMalformed,
            Value::Fault(fault),
        ),
        StatementError::Algorithm => (ErrorKind::AttestationAlgorithmMismatch, Value::None),
        StatementError::Signature => (ErrorKind::AttestationSignatureInvalid, Value::None),
        StatementError::Unsupported => (ErrorKind::AttestationTypeUnsupported, Value::None),
        StatementError::AlgorithmUnsupported(algorithm) => (
            ErrorKind::AttestationAlgorithmUnsupported,
            Value::Algorithm(algorithm),
        ),
        #[cfg(feature = "attestation")]
        StatementError::FormatNotAccepted(format) => (
            ErrorKind::AttestationFormatNotAccepted,
            Value::Text(format.name()),
        ),
        #[cfg(feature = "attestation")]
        StatementError::CertificateMalformed(fault) => (
            ErrorKind::AttestationCertificateMalformed,
            Value::Fault(fault),
        ),
        #[cfg(feature = "attestation")]
        StatementError::Certificate(why) => {
            (ErrorKind::AttestationCertificateInvalid, Value::Text(why))
        }
        #[cfg(feature = "attestation")]
        StatementError::Model => (ErrorKind::AttestationAaguidMismatch, Value::None),
        #[cfg(feature = "attestation")]
        StatementError::Key => (ErrorKind::AttestationKeyMismatch, Value::None),
        #[cfg(feature = "attestation")]
        StatementError::Binding => (ErrorKind::AttestationBindingMismatch, Value::None),
        #[cfg(feature = "attestation")]
        StatementError::Content(why) => (ErrorKind::AttestationStatementInvalid, Value::Text(why)),
    };
    Failure { kind, value }
}

/// The AAGUID, unless it came with a FIDO U2F attestation
/// ([section 8.6](https://www.w3.org/TR/webauthn-3/#sctn-fido-u2f-attestation)): that signs none, so that
/// anybody on the way could name a model of their choice. The attestation's certificate may name one.
fn read_aaguid<'a, O: Observer<'a> + ?Sized>(
    format: Format,
    attestation: Option<&Verified>,
    credential: &AttestedCredentialData<'a>,
    observer: &mut O,
) -> Aaguid {
    let is_signed = attestation.map_or(format.signs_aaguid(), |attestation| {
        attestation.aaguid_signed
    });
    if is_signed {
        return credential.aaguid();
    }
    if credential.aaguid() != Aaguid::ZERO {
        observer.note(Note::AaguidNotSigned);
    }
    Aaguid::ZERO
}

/// [7.1.23](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): there are roots, and
/// where certificates name a model, some for that model.
fn check_anchors<'a>(attestation: Option<&Verified>, policy: &Policy<'_>) -> Checked<'a> {
    match policy.attestation {
        AttestationPolicy::Trusted => check(
            has_anchors(attestation, policy),
            ErrorKind::TrustAnchorsMissing,
            Value::None,
        ),
        AttestationPolicy::Verify | AttestationPolicy::Ignore => skip(),
    }
}

#[cfg(feature = "trust")]
fn has_anchors(attestation: Option<&Verified>, policy: &Policy<'_>) -> bool {
    let path = attestation.and_then(|attestation| attestation.path);
    path != Some(Err(PathError::NoAnchors)) && (!policy.roots.is_empty() || policy.models.is_some())
}

#[cfg(not(feature = "trust"))]
fn has_anchors(_: Option<&Verified>, policy: &Policy<'_>) -> bool {
    !policy.roots.is_empty()
}

/// [7.1.24](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential). No attestation and
/// self attestation lead to no root. The model is judged last: it is proven by a trusted attestation,
/// or not at all.
#[cfg_attr(
    not(feature = "trust"),
    expect(unused_variables, reason = "there is no metadata to ask")
)]
fn check_trust<'a>(
    attestation: Option<&Verified>,
    aaguid: Aaguid,
    policy: &Policy<'_>,
) -> Checked<'a> {
    if attestation.is_some_and(|attestation| attestation.outdated) {
        return fail(ErrorKind::AttestationCertificateOutdated, Value::None);
    }
    let trusted = match policy.attestation {
        AttestationPolicy::Trusted => check_path(attestation)?,
        AttestationPolicy::Verify | AttestationPolicy::Ignore => skip()?,
    };
    #[cfg(feature = "trust")]
    if let Some(models) = policy.models {
        return check_model(attestation, aaguid, models);
    }
    Ok(trusted)
}

#[cfg(feature = "trust")]
fn check_model<'a>(
    attestation: Option<&Verified>,
    aaguid: Aaguid,
    models: &dyn Models,
) -> Checked<'a> {
    let standing = attestation
        .and_then(|attestation| attestation.standing)
        .unwrap_or_else(|| models.standing(&Model::new(aaguid, None)));
    match standing {
        Standing::Accepted => pass_with(Value::Aaguid(aaguid), ()),
        Standing::NotAccepted => fail(ErrorKind::AuthenticatorNotAccepted, Value::Aaguid(aaguid)),
        Standing::Revoked => fail(ErrorKind::AuthenticatorRevoked, Value::Aaguid(aaguid)),
    }
}

#[cfg(feature = "trust")]
fn check_path<'a>(attestation: Option<&Verified>) -> Checked<'a> {
    match attestation.and_then(|attestation| attestation.path) {
        Some(Ok(())) => pass(),
        Some(Err(PathError::Outdated)) => {
            fail(ErrorKind::AttestationCertificateOutdated, Value::None)
        }
        Some(Err(PathError::Malformed(fault))) => fail(
            ErrorKind::AttestationCertificateMalformed,
            Value::Fault(fault),
        ),
        Some(Err(PathError::Invalid(why))) => {
            fail(ErrorKind::AttestationUntrusted, Value::Text(why))
        }
        Some(Err(PathError::NoRoot | PathError::NoAnchors)) | None => {
            fail(ErrorKind::AttestationUntrusted, Value::None)
        }
    }
}

#[cfg(not(feature = "trust"))]
fn check_path<'a>(_: Option<&Verified>) -> Checked<'a> {
    fail(ErrorKind::AttestationUntrusted, Value::None)
}

/// [7.1.25](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential), and that the
/// response's id is the attested one.
fn check_credential_id<'a>(
    response: &RegistrationResponse<'a>,
    credential: &AttestedCredentialData<'a>,
) -> Checked<'a> {
    let id = credential.credential_id();
    if id.len() > CREDENTIAL_ID_MAX {
        return fail(ErrorKind::CredentialIdTooLong, Value::None);
    }
    check(
        response.id() == Some(id),
        ErrorKind::CredentialIdMismatch,
        Value::Bytes(id),
    )
}

/// [7.1.26](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential): no credential of this id is registered.
fn check_unused<'a>(credential: &AttestedCredentialData<'a>, policy: &Policy<'_>) -> Checked<'a> {
    if policy.existing_credentials.is_empty() {
        return skip();
    }
    check(
        !policy
            .existing_credentials
            .contains(&credential.credential_id()),
        ErrorKind::CredentialExists,
        Value::Bytes(credential.credential_id()),
    )
}
