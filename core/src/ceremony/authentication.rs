use super::{
    BackupPolicy, Ceremony, Checked, CounterPolicy, Error, ErrorKind, Note, Observer, Policy, Run,
    Value, check, check_backup_flags, check_extensions, check_rp_id, check_user_present,
    check_user_verified, client_data, fail, malformed, pass, pass_with, skip,
};
use crate::algorithm::Crypto;
use crate::data::{
    AuthenticationResponse, AuthenticatorData, AuthenticatorExtensions, Challenge,
    ClientExtensionResults, CoseKey, CredentialRecord, Expected, Flags,
};
use crate::encoding::{Fault, FaultKind};
use crate::limits::USER_HANDLE_MAX;

/// A sign-in that was verified: only [`verify_authentication`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedAuthentication<'a> {
    credential_id: &'a [u8],
    user_handle: Option<&'a [u8]>,
    flags: Flags,
    sign_count: u32,
    extensions: AuthenticatorExtensions<'a>,
}

impl<'a> VerifiedAuthentication<'a> {
    /// The credential that signed.
    #[must_use]
    pub const fn credential_id(&self) -> &'a [u8] {
        self.credential_id
    }

    /// The user handle that the response carried.
    #[must_use]
    pub const fn user_handle(&self) -> Option<&'a [u8]> {
        self.user_handle
    }

    /// The signature counter for the record.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// The authenticator's extension outputs.
    #[must_use]
    pub const fn extensions(&self) -> &AuthenticatorExtensions<'a> {
        &self.extensions
    }

    /// Whether the authenticator verified the person.
    #[must_use]
    pub const fn user_verified(&self) -> bool {
        self.flags.user_verified()
    }

    /// Whether the credential may be copied to other devices.
    #[must_use]
    pub const fn backup_eligible(&self) -> bool {
        self.flags.backup_eligible()
    }

    /// The backup state for the record.
    #[must_use]
    pub const fn backup_state(&self) -> bool {
        self.flags.backup_state()
    }
}

/// Verifies a sign-in: WebAuthn Level 3, section 7.2, from step 3.
///
/// Without a `record` everything is judged that can be without one; the steps that need it are
/// skipped, and the sign-in is refused at the end with [`ErrorKind::CredentialMissing`].
///
/// # Errors
///
/// [`Error`] at the first step that does not hold.
pub fn verify_authentication<'a>(
    response: &AuthenticationResponse<'a>,
    record: Option<&CredentialRecord<'_>>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    crypto: &Crypto<'_>,
    observer: &mut dyn Observer<'a>,
) -> Result<VerifiedAuthentication<'a>, Error> {
    let run = &mut Run {
        ceremony: Ceremony::Authentication,
        observer,
    };
    let credential_id = run.step(3, check_response(response))?;
    let client_extensions = run.step(4, check_client_extensions(response))?;
    if client_extensions.unknown {
        run.observer.note(Note::ClientExtensionUnknown);
    }
    // Section 10.1.1: the client has used the AppID in the RP ID's place.
    let app_id = policy.app_id.filter(|_| client_extensions.app_id);
    run.step(5, check_allowed(credential_id, policy))?;
    run.step(6, check_user(response, record, policy))?;
    let values = run.step(7, read_values(response))?;

    let expected = Expected {
        ty: "webauthn.get",
        challenge,
        origins: policy.origins,
    };
    let json = run.step(8, client_data::check_utf8(values.client_data_json))?;
    let client = run.step(9, client_data::parse(json, &expected))?;
    run.step(10, client_data::check_type(&client, &expected))?;
    run.step(11, client_data::check_challenge(&client, &expected))?;
    run.step(12, client_data::check_origin(&client, &expected))?;
    run.step(13, client_data::check_cross_origin(&client, policy))?;
    run.step(14, client_data::check_top_origin(&client, policy))?;

    let auth_data = run.step(15, read_authenticator_data(&values, policy, app_id, crypto))?;
    if !auth_data.is_canonical() {
        run.observer.note(Note::AuthenticatorDataNotCanonical);
    }
    let flags = auth_data.flags();
    run.step(16, check_user_present(flags))?;
    run.step(17, check_user_verified(flags, policy))?;
    run.step(18, check_backup_flags(flags))?;
    let backup = check_backup_eligibility(flags, record, policy, run.observer);
    run.step(19, backup)?;
    let client_data_hash = crypto.sha256.digest(&[json]);
    run.step(20, pass())?;
    let signed = [auth_data.bytes(), &client_data_hash];
    run.step(
        21,
        check_signature(record, &signed, values.signature, crypto),
    )?;
    let counter = check_sign_count(&auth_data, record, policy, run.observer);
    run.step(22, counter)?;
    let extensions = run.step(23, check_extensions(&auth_data))?;
    if extensions.unknown {
        run.observer.note(Note::AuthenticatorExtensionUnknown);
    }
    run.step(24, if record.is_some() { pass() } else { skip() })?;
    run.step(
        25,
        check(record.is_some(), ErrorKind::CredentialMissing, Value::None),
    )?;
    Ok(VerifiedAuthentication {
        credential_id,
        user_handle: response.user_handle(),
        flags,
        sign_count: auth_data.sign_count(),
        extensions,
    })
}

/// 7.2.3.
fn check_response<'a>(response: &AuthenticationResponse<'a>) -> Checked<'a, &'a [u8]> {
    let id = response
        .shape()
        .map_err(malformed(ErrorKind::ResponseMalformed))?;
    pass_with(Value::None, id)
}

/// 7.2.4.
fn check_client_extensions<'a>(
    response: &AuthenticationResponse<'a>,
) -> Checked<'a, ClientExtensionResults> {
    let results = response
        .client_extension_results()
        .map_err(malformed(ErrorKind::ClientExtensionsMalformed))?;
    pass_with(Value::None, results)
}

/// 7.2.5.
fn check_allowed<'a>(credential_id: &'a [u8], policy: &Policy<'_>) -> Checked<'a> {
    match policy.allow_credentials {
        None | Some([]) => skip(),
        Some(allowed) => check(
            allowed.contains(&credential_id),
            ErrorKind::CredentialNotAllowed,
            Value::Bytes(credential_id),
        ),
    }
}

/// 7.2.6.
fn check_user<'a>(
    response: &AuthenticationResponse<'a>,
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
) -> Checked<'a> {
    let user_handle = response
        .checked_user_handle()
        .map_err(malformed(ErrorKind::UserHandleMalformed))?;
    if user_handle.is_some_and(|sent| sent.len() > USER_HANDLE_MAX) {
        let fault = Fault::new("userHandle", FaultKind::Length, 0);
        return fail(ErrorKind::UserHandleMalformed, Value::Fault(fault));
    }
    if policy.discoverable && user_handle.is_none_or(<[u8]>::is_empty) {
        return fail(ErrorKind::UserHandleMissing, Value::None);
    }
    if let (Some(sent), Some(expected)) = (user_handle, policy.user_handle)
        && sent != expected
    {
        return fail(ErrorKind::UserHandleMismatch, Value::Bytes(sent));
    }
    match (record, response.id()) {
        (None, _) => skip(),
        (Some(record), Some(id)) => check(
            record.id == id,
            ErrorKind::CredentialMismatch,
            Value::Bytes(id),
        ),
        (Some(_), None) => fail(ErrorKind::CredentialMismatch, Value::None),
    }
}

/// What the authenticator and the client have sent.
struct Values<'a> {
    client_data_json: &'a [u8],
    authenticator_data: &'a [u8],
    signature: &'a [u8],
}

/// 7.2.7.
fn read_values<'a>(response: &AuthenticationResponse<'a>) -> Checked<'a, Values<'a>> {
    let values = Values {
        client_data_json: response
            .client_data_json()
            .map_err(malformed(ErrorKind::ClientDataMalformed))?,
        authenticator_data: response
            .authenticator_data()
            .map_err(malformed(ErrorKind::AuthenticatorDataMalformed))?,
        signature: response
            .signature()
            .map_err(malformed(ErrorKind::SignatureMalformed))?,
    };
    pass_with(Value::None, values)
}

/// 7.2.15: the first step that looks into the authenticator data.
fn read_authenticator_data<'a>(
    values: &Values<'a>,
    policy: &Policy<'_>,
    app_id: Option<&str>,
    crypto: &Crypto<'_>,
) -> Checked<'a, AuthenticatorData<'a>> {
    let auth_data = AuthenticatorData::parse(values.authenticator_data)
        .map_err(malformed(ErrorKind::AuthenticatorDataMalformed))?;
    let checked = check_rp_id(&auth_data, policy, app_id, crypto.sha256)?;
    Ok(checked.with(auth_data))
}

/// 7.2.19.
fn check_backup_eligibility<'a>(
    flags: Flags,
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
    observer: &mut dyn Observer<'a>,
) -> Checked<'a> {
    let Some(record) = record else {
        return skip();
    };
    if record
        .backup_state
        .is_some_and(|recorded| recorded != flags.backup_state())
    {
        observer.note(Note::BackupStateChanged);
    }
    let Some(recorded) = record.backup_eligible else {
        return skip();
    };
    let consistent = recorded == flags.backup_eligible();
    if !consistent && policy.backup == BackupPolicy::Report {
        observer.note(Note::BackupEligibilityChanged);
        return pass_with(Value::Flags(flags), ());
    }
    check(
        consistent,
        ErrorKind::BackupEligibilityChanged,
        Value::Flags(flags),
    )
}

/// 7.2.21.
fn check_signature<'a>(
    record: Option<&CredentialRecord<'_>>,
    signed: &[&[u8]],
    signature: &[u8],
    crypto: &Crypto<'_>,
) -> Checked<'a> {
    let Some(record) = record else {
        return skip();
    };
    let key =
        CoseKey::parse(record.public_key).map_err(malformed(ErrorKind::PublicKeyMalformed))?;
    let value = Value::Algorithm(key.algorithm());
    let Some(algorithm) = crypto.algorithm(key.algorithm()) else {
        return fail(ErrorKind::AlgorithmUnsupported, value);
    };
    let verified = algorithm.verify(key.key(), signed, signature);
    check(verified.is_ok(), ErrorKind::SignatureInvalid, value)
}

/// 7.2.22.
fn check_sign_count<'a>(
    auth_data: &AuthenticatorData<'a>,
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
    observer: &mut dyn Observer<'a>,
) -> Checked<'a> {
    let Some(record) = record else {
        return skip();
    };
    let (recorded, received) = (record.sign_count, auth_data.sign_count());
    if recorded == 0 && received == 0 {
        return skip();
    }
    let value = Value::SignCount { recorded, received };
    let grown = received > recorded;
    if !grown && policy.counter == CounterPolicy::Report {
        observer.note(Note::SignCountNotIncreased);
        return pass_with(value, ());
    }
    check(grown, ErrorKind::SignCountNotIncreased, value)
}
