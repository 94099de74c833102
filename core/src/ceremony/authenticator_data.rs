//! What both ceremonies check of the authenticator data: steps 7.1.14 to 7.1.17 and 7.1.28, 7.2.15 to
//! 7.2.18 and 7.2.23.

use super::run::{Checked, check, malformed, pass_with, skip, tolerate};
use super::{ErrorKind, Note, Observer, Policy, UserVerification, Value};
use crate::algorithm::Sha256;
use crate::data::{AuthenticatorData, AuthenticatorExtensions, Flags};
use crate::encoding::cbor::Item;
use crate::encoding::{Fault, FaultKind, What};

/// Where they are first looked into, 7.1.13 and 7.2.15: CTAP2 has their CBOR in its canonical form.
pub(super) fn check_form<'a, O: Observer<'a> + ?Sized>(
    auth_data: &AuthenticatorData<'a>,
    policy: &Policy<'_>,
    observer: &mut O,
) -> Result<(), Fault> {
    if auth_data.is_canonical() {
        return Ok(());
    }
    tolerate(
        policy.strict,
        observer,
        Note::AuthenticatorDataNotCanonical,
        Fault::new(What::AuthenticatorData, FaultKind::Form, 0),
    )
}

/// [7.1.14](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.15](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion). If the client
/// acted on the [`appid` extension](https://www.w3.org/TR/webauthn-3/#sctn-appid-extension), the hash may
/// be that of the `AppID`.
pub(super) fn check_rp_id<'a>(
    auth_data: &AuthenticatorData<'a>,
    policy: &Policy<'_>,
    app_id: Option<&str>,
    sha256: &dyn Sha256,
) -> Checked<'a> {
    let is_hash_of = |rp_id: &str| sha256.digest(&[rp_id.as_bytes()]) == *auth_data.rp_id_hash();
    let holds = policy.rp_ids.iter().copied().any(is_hash_of) || app_id.is_some_and(is_hash_of);
    let hash = auth_data.bytes().get(..32).unwrap_or_default();
    check(holds, ErrorKind::RpIdMismatch, Value::Bytes(hash))
}

/// [7.1.15](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.16](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): UP is set.
pub(super) fn check_user_present<'a>(flags: Flags) -> Checked<'a> {
    check(
        flags.user_present(),
        ErrorKind::UserNotPresent,
        Value::Flags(flags),
    )
}

/// [7.1.16](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.17](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): UV is set where the policy requires it.
pub(super) fn check_user_verified<'a>(flags: Flags, policy: &Policy<'_>) -> Checked<'a> {
    match policy.user_verification {
        UserVerification::Required => check(
            flags.user_verified(),
            ErrorKind::UserNotVerified,
            Value::Flags(flags),
        ),
        UserVerification::Preferred | UserVerification::Discouraged => skip(),
    }
}

/// [7.1.17](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.18](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): BS is not set without BE.
pub(super) fn check_backup_flags<'a>(flags: Flags) -> Checked<'a> {
    check(
        flags.backup_eligible() || !flags.backup_state(),
        ErrorKind::BackupStateInvalid,
        Value::Flags(flags),
    )
}

/// [7.1.28](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.23](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the outputs are readable. None
/// of them changes the verdict. Says whether there are some that are not known here.
pub(super) fn check_extensions<'a>(outputs: Option<Item<'a>>) -> Checked<'a, bool> {
    let Some(outputs) = outputs else {
        return skip().map(|skipped| skipped.with(false));
    };
    let extensions = AuthenticatorExtensions::read(outputs)
        .map_err(malformed(ErrorKind::ExtensionsMalformed))?;
    pass_with(Value::None, extensions.unknown)
}
