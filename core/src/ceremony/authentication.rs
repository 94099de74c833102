use super::authenticator_data::{
    check_backup_flags, check_extensions, check_form, check_rp_id, check_user_present,
    check_user_verified,
};
use super::client_data::{self, ClientDataSteps};
use super::client_extensions::check_client_extensions;
use super::run::{
    Checked, Failed, Failure, Run, check, fail, malformed, pass, pass_with, skip, tolerate,
};
use super::{BackupPolicy, CounterPolicy, Error, ErrorKind, Note, Observer, Policy, Step, Value};
use crate::algorithm::{Crypto, Sha256, SignatureError};
use crate::data::{
    AuthenticationResponse, AuthenticatorData, AuthenticatorExtensions, Challenge, CoseAlgorithm,
    CoseKey, CredentialRecord, Flags, PublicKey,
};
use crate::encoding::cbor::Item;
use crate::encoding::{Fault, FaultKind, What};
use crate::limits::USER_HANDLE_MAX;

/// A verified sign-in: only [`verify_authentication`] and [`PendingAuthentication`] construct one.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedAuthentication<'a> {
    credential_id: &'a [u8],
    user_handle: Option<&'a [u8]>,
    flags: Flags,
    sign_count: u32,
    extensions: Option<Item<'a>>,
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
    pub fn extensions(&self) -> AuthenticatorExtensions<'a> {
        AuthenticatorExtensions::of(self.extensions)
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

    /// The backup state for the record.
    #[must_use]
    pub const fn backup_state(&self) -> bool {
        self.flags.backup_state()
    }
}

/// Verifies a sign-in: WebAuthn Level 3,
/// [section 7.2](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion), from step 3.
///
/// Without a `record`, the steps that need one are skipped, all others are performed, and the sign-in is
/// refused at the end with [`ErrorKind::CredentialMissing`].
///
/// # Errors
///
/// [`Error`] at the first step that fails.
pub fn verify_authentication<'a, O: Observer<'a> + ?Sized>(
    response: &AuthenticationResponse<'a>,
    record: Option<&CredentialRecord<'_>>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    crypto: &Crypto<'_>,
    observer: &mut O,
) -> Result<VerifiedAuthentication<'a>, Error> {
    let run = &mut Run::new(observer);
    // Taken by reference: the frames of the steps before and after do not hold copies.
    let verified = match &prepare(run, response, record, challenge, policy, crypto.sha256) {
        Ok(prepared) => {
            let signature = prepared.check_signature(record, crypto, run.observer);
            prepared.finish(run, signature)
        }
        Err(failed) => Err(*failed),
    };
    run.end(verified)
}

/// The same for a signature that something else verifies, such as an asynchronous peripheral. Everything
/// up to the signature is verified here (steps 3 to 20); the result says what to verify with which key,
/// and takes the answer.
///
/// ```
/// # use portcullis_core::algorithm::{SignatureError, SoftSha256};
/// # use portcullis_core::ceremony::{Error, VerifiedAuthentication, begin_authentication};
/// # use portcullis_core::data::PublicKey;
/// # use portcullis_core::{AuthenticationResponse, Challenge, CredentialRecord, Policy};
/// # fn peripheral_verifies(_: &PublicKey<'_>, _: [&[u8]; 2], _: &[u8]) -> Result<(), SignatureError> {
/// #     Ok(())
/// # }
/// # fn sign_in<'a>(
/// #     response: &AuthenticationResponse<'a>,
/// #     record: &CredentialRecord<'_>,
/// #     challenge: Challenge<'_>,
/// #     policy: &Policy<'_>,
/// # ) -> Result<VerifiedAuthentication<'a>, Error> {
/// let pending = begin_authentication(response, record, challenge, policy, &SoftSha256, &mut ())?;
/// let answer = peripheral_verifies(pending.key(), pending.message(), pending.signature());
/// pending.accept(answer, &mut ())
/// # }
/// ```
///
/// # Errors
///
/// [`Error`] at the first step that fails, and at step 21 where the recorded public key cannot
/// be read.
pub fn begin_authentication<'a, 'r, O: Observer<'a> + ?Sized>(
    response: &AuthenticationResponse<'a>,
    record: &CredentialRecord<'r>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    sha256: &dyn Sha256,
    observer: &mut O,
) -> Result<PendingAuthentication<'a, 'r>, Error> {
    let run = &mut Run::new(observer);
    let pending =
        prepare(run, response, Some(record), challenge, policy, sha256).and_then(|prepared| {
            match read_recorded_key(record, policy.strict, run.observer) {
                Ok(key) => Ok(PendingAuthentication { prepared, key }),
                Err(failure) => Err(run.fail(Step::AUTH_SIGNATURE, failure)),
            }
        });
    run.end(pending)
}

/// A sign-in that is verified up to the signature.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is accepted before the signature is"]
pub struct PendingAuthentication<'a, 'r> {
    prepared: Prepared<'a>,
    key: CoseKey<'r>,
}

impl<'a, 'r> PendingAuthentication<'a, 'r> {
    /// The algorithm to verify with.
    #[must_use]
    pub const fn algorithm(&self) -> CoseAlgorithm {
        self.key.algorithm()
    }

    /// The key to verify with.
    #[must_use]
    pub const fn key(&self) -> &PublicKey<'r> {
        self.key.key()
    }

    /// What was signed, in two parts: authenticator data and the hash of the client data.
    #[must_use]
    pub const fn message(&self) -> [&[u8]; 2] {
        self.prepared.message()
    }

    /// The signature, as the authenticator has encoded it.
    #[must_use]
    pub const fn signature(&self) -> &'a [u8] {
        self.prepared.signature
    }

    /// Takes the answer and completes the ceremony (steps 21 to 25). As with any
    /// [`SignatureAlgorithm`](crate::SignatureAlgorithm), the answer is trusted.
    ///
    /// # Errors
    ///
    /// [`Error`] where the signature does not verify, or a later step does not hold.
    pub fn accept<O: Observer<'a> + ?Sized>(
        &self,
        answer: Result<(), SignatureError>,
        observer: &mut O,
    ) -> Result<VerifiedAuthentication<'a>, Error> {
        let value = Value::Algorithm(self.algorithm());
        let signature = check(answer.is_ok(), ErrorKind::SignatureInvalid, value);
        let run = &mut Run::new(observer);
        let verified = self.prepared.finish(run, signature);
        run.end(verified)
    }
}

/// What steps 3 to 20 leave for those after them.
#[derive(Clone, Copy, Debug)]
struct Prepared<'a> {
    credential_id: &'a [u8],
    user_handle: Option<&'a [u8]>,
    auth_data: Signed<'a>,
    client_data_hash: [u8; 32],
    signature: &'a [u8],
    /// The counter of the record, where there is one.
    recorded: Option<u32>,
    counter: CounterPolicy,
    strict: bool,
}

/// What the authenticator has signed, as far as the steps behind the signature look into it.
#[derive(Clone, Copy, Debug)]
struct Signed<'a> {
    bytes: &'a [u8],
    flags: Flags,
    sign_count: u32,
    extensions: Option<Item<'a>>,
}

/// Steps 3 to 20. In parts that stand beside each other, so that the stack of one is free again in the next.
#[inline]
fn prepare<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    response: &AuthenticationResponse<'a>,
    record: Option<&CredentialRecord<'_>>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
    sha256: &dyn Sha256,
) -> Result<Prepared<'a>, Failed> {
    let credential_id = run.step(Step::AUTH_RESPONSE, check_response(response))?;
    let values = read_response(run, response, credential_id, record, policy)?;
    let json = Ok(values.client_data_json);
    let steps = &ClientDataSteps::AUTHENTICATION;
    client_data::verify(run, steps, json, challenge, policy)?;
    // Step 4 has refused one that cannot be read.
    let app_id = used_app_id(response, policy).unwrap_or_default();
    let auth_data = values.authenticator_data;
    let auth_data = verify_authenticator_data(run, auth_data, record, policy, app_id, sha256)?;
    run.step(Step::AUTH_CLIENT_DATA_HASH, pass())?;
    Ok(Prepared {
        credential_id,
        user_handle: response.user_handle(),
        auth_data,
        client_data_hash: sha256.digest(&[values.client_data_json]),
        signature: values.signature,
        recorded: record.map(|record| record.sign_count),
        counter: policy.counter,
        strict: policy.strict,
    })
}

/// Steps 4 to 7.
#[inline(never)]
fn read_response<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    response: &AuthenticationResponse<'a>,
    credential_id: &'a [u8],
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
) -> Result<Values<'a>, Failed> {
    let results = response.client_extension_results();
    let checked = match used_app_id(response, policy) {
        Ok(_) => check_client_extensions(results, policy, run.observer),
        Err(fault) => fail(ErrorKind::ClientExtensionsMalformed, Value::Fault(fault)),
    };
    run.step(Step::AUTH_CLIENT_EXTENSIONS, checked)?;
    run.step(Step::AUTH_ALLOW_LIST, check_allowed(credential_id, policy))?;
    let user = check_user(response, record, policy, run.observer);
    run.step(Step::AUTH_USER, user)?;
    run.step(Step::AUTH_RESPONSE_VALUES, read_values(response))
}

/// Steps 15 to 19. Apart, so that the stack that they take is free again while others run.
#[inline(never)]
fn verify_authenticator_data<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    bytes: &'a [u8],
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
    app_id: Option<&str>,
    sha256: &dyn Sha256,
) -> Result<Signed<'a>, Failed> {
    let parsed = AuthenticatorData::parse(bytes);
    let readable = match &parsed {
        Ok(auth_data) => check_form(auth_data, policy, run.observer).map(|()| auth_data),
        Err(fault) => Err(*fault),
    };
    let auth_data = match readable {
        Ok(auth_data) => auth_data,
        Err(fault) => {
            let failure = malformed(ErrorKind::AuthenticatorDataMalformed)(fault);
            return Err(run.fail(Step::AUTH_RP_ID, failure));
        }
    };
    run.step(
        Step::AUTH_RP_ID,
        check_rp_id(auth_data, policy, app_id, sha256),
    )?;
    let flags = auth_data.flags();
    run.step(Step::AUTH_USER_PRESENT, check_user_present(flags))?;
    run.step(Step::AUTH_USER_VERIFIED, check_user_verified(flags, policy))?;
    run.step(Step::AUTH_BACKUP_FLAGS, check_backup_flags(flags))?;
    let backup = check_backup_eligibility(flags, record, policy, run.observer);
    run.step(Step::AUTH_BACKUP_ELIGIBILITY, backup)?;
    Ok(Signed {
        bytes,
        flags,
        sign_count: auth_data.sign_count(),
        extensions: auth_data.extensions_item(),
    })
}

impl<'a> Prepared<'a> {
    const fn message(&self) -> [&[u8]; 2] {
        [self.auth_data.bytes, &self.client_data_hash]
    }

    /// [7.2.21](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion):
    /// the signature verifies with the recorded key.
    #[inline(never)]
    fn check_signature<O: Observer<'a> + ?Sized>(
        &self,
        record: Option<&CredentialRecord<'_>>,
        crypto: &Crypto<'_>,
        observer: &mut O,
    ) -> Checked<'a> {
        let Some(record) = record else {
            return skip();
        };
        let key = read_recorded_key(record, self.strict, observer)?;
        let value = Value::Algorithm(key.algorithm());
        let Some(algorithm) = crypto.algorithm(key.algorithm()) else {
            return fail(ErrorKind::AlgorithmUnsupported, value);
        };
        let verified = algorithm.verify(key.key(), &self.message(), self.signature);
        check(verified.is_ok(), ErrorKind::SignatureInvalid, value)
    }

    /// Steps 21 to 25.
    #[inline(never)]
    fn finish<O: Observer<'a> + ?Sized>(
        &self,
        run: &mut Run<'_, O>,
        signature: Checked<'a>,
    ) -> Result<VerifiedAuthentication<'a>, Failed> {
        let (auth_data, recorded) = (&self.auth_data, self.recorded);
        run.step(Step::AUTH_SIGNATURE, signature)?;
        let counter = check_sign_count(auth_data.sign_count, recorded, self.counter, run.observer);
        run.step(Step::AUTH_SIGN_COUNT, counter)?;
        let unknown = run.step(
            Step::AUTH_EXTENSIONS,
            check_extensions(auth_data.extensions),
        )?;
        if unknown {
            run.observer.note(Note::AuthenticatorExtensionUnknown);
        }
        run.step(
            Step::AUTH_CREDENTIAL_RECORD,
            if recorded.is_some() { pass() } else { skip() },
        )?;
        run.step(
            Step::AUTH_DONE,
            check(
                recorded.is_some(),
                ErrorKind::CredentialMissing,
                Value::None,
            ),
        )?;
        Ok(VerifiedAuthentication {
            credential_id: self.credential_id,
            user_handle: self.user_handle,
            flags: auth_data.flags,
            sign_count: auth_data.sign_count,
            extensions: auth_data.extensions,
        })
    }
}

/// [7.2.3](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion):
/// the response has the form of an assertion response.
fn check_response<'a>(response: &AuthenticationResponse<'a>) -> Checked<'a, &'a [u8]> {
    let id = response
        .shape()
        .map_err(malformed(ErrorKind::ResponseMalformed))?;
    pass_with(Value::None, id)
}

/// [7.2.4](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the `AppID` where the client has
/// used it in the RP ID's place
/// ([section 10.1.1](https://www.w3.org/TR/webauthn-3/#sctn-appid-extension)). Who has requested that
/// relies on the result.
fn used_app_id<'p>(
    response: &AuthenticationResponse<'_>,
    policy: &Policy<'p>,
) -> Result<Option<&'p str>, Fault> {
    let Some(app_id) = policy.app_id else {
        return Ok(None);
    };
    let is_used = response.client_extension_results().app_id?;
    Ok(is_used.then_some(app_id))
}

/// [7.2.5](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion):
/// the credential is one of those asked for.
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

/// [7.2.6](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion):
/// the credential is the recorded one and its user handle the account's. Clients that know of no user
/// handle have sent `null`, or one of no bytes.
fn check_user<'a, O: Observer<'a> + ?Sized>(
    response: &AuthenticationResponse<'a>,
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
    observer: &mut O,
) -> Checked<'a> {
    const KIND: ErrorKind = ErrorKind::UserHandleMalformed;
    let length = Fault::new(What::UserHandle, FaultKind::Length, 0);
    let mut user_handle = response.checked_user_handle().map_err(malformed(KIND))?;
    if user_handle.is_some_and(<[u8]>::is_empty) {
        tolerate(policy.strict, observer, Note::UserHandleEmpty, length)
            .map_err(malformed(KIND))?;
        user_handle = None;
    }
    if user_handle.is_some_and(|sent| sent.len() > USER_HANDLE_MAX) {
        return fail(KIND, Value::Fault(length));
    }
    if policy.discoverable && user_handle.is_none() {
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

/// What the authenticator and the client sent.
struct Values<'a> {
    client_data_json: &'a [u8],
    authenticator_data: &'a [u8],
    signature: &'a [u8],
}

/// [7.2.7](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the three values are readable.
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

/// The key of a record.
fn read_recorded_key<'a, 'r, O: Observer<'a> + ?Sized>(
    record: &CredentialRecord<'r>,
    strict: bool,
    observer: &mut O,
) -> Result<CoseKey<'r>, Failure<'a>> {
    const KIND: ErrorKind = ErrorKind::PublicKeyMalformed;
    let mut overlong = None;
    let key = CoseKey::parse_recorded(record.public_key, &mut overlong).map_err(malformed(KIND))?;
    if let Some(fault) = overlong {
        tolerate(strict, observer, Note::PublicKeyOverlong, fault).map_err(malformed(KIND))?;
    }
    Ok(key)
}

/// [7.2.19](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): BE is as recorded.
fn check_backup_eligibility<'a, O: Observer<'a> + ?Sized>(
    flags: Flags,
    record: Option<&CredentialRecord<'_>>,
    policy: &Policy<'_>,
    observer: &mut O,
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

/// [7.2.22](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the signature counter has grown.
fn check_sign_count<'a, O: Observer<'a> + ?Sized>(
    received: u32,
    recorded: Option<u32>,
    policy: CounterPolicy,
    observer: &mut O,
) -> Checked<'a> {
    let Some(recorded) = recorded else {
        return skip();
    };
    if recorded == 0 && received == 0 {
        return skip();
    }
    let value = Value::SignCount { recorded, received };
    let grown = received > recorded;
    if !grown && policy == CounterPolicy::Report {
        observer.note(Note::SignCountNotIncreased);
        return pass_with(value, ());
    }
    check(grown, ErrorKind::SignCountNotIncreased, value)
}
