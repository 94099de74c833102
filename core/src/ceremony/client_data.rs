//! What both ceremonies check of the client data: steps 7.1.5 to 7.1.11 and 7.2.8 to 7.2.14.

use super::run::{Checked, Run, check, fail, malformed, pass, pass_with, skip};
use super::{CrossOrigin, Error, ErrorKind, Observer, Policy, Step, Value};
use crate::data::{ClientData, Expected, is_any_origin};
use crate::encoding::json::{self, JsonStr};
use crate::encoding::{Fault, FaultKind};
use crate::limits::CLIENT_DATA_MAX;

/// The steps that read the client data, by what each of them checks.
pub(super) struct ClientDataSteps {
    pub(super) utf8: Step,
    pub(super) syntax: Step,
    pub(super) ty: Step,
    pub(super) challenge: Step,
    pub(super) origin: Step,
    pub(super) cross_origin: Step,
    pub(super) top_origin: Step,
}

impl ClientDataSteps {
    pub(super) const REGISTRATION: Self = Self {
        utf8: Step::REG_CLIENT_DATA_UTF8,
        syntax: Step::REG_CLIENT_DATA_JSON,
        ty: Step::REG_TYPE,
        challenge: Step::REG_CHALLENGE,
        origin: Step::REG_ORIGIN,
        cross_origin: Step::REG_CROSS_ORIGIN,
        top_origin: Step::REG_TOP_ORIGIN,
    };
    pub(super) const AUTHENTICATION: Self = Self {
        utf8: Step::AUTH_CLIENT_DATA_UTF8,
        syntax: Step::AUTH_CLIENT_DATA_JSON,
        ty: Step::AUTH_TYPE,
        challenge: Step::AUTH_CHALLENGE,
        origin: Step::AUTH_ORIGIN,
        cross_origin: Step::AUTH_CROSS_ORIGIN,
        top_origin: Step::AUTH_TOP_ORIGIN,
    };
}

/// Performs these steps of a ceremony and returns the text that was read.
#[inline(never)]
pub(super) fn verify<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    steps: &ClientDataSteps,
    json: Result<&'a [u8], Fault>,
    expected: &Expected<'_>,
    policy: &Policy<'_>,
) -> Result<&'a [u8], Error> {
    let json = run.step(steps.utf8, check_utf8(json))?;
    // Borrowed where it was parsed to: a copy on the way would stay on the stack.
    let parsed = ClientData::parse(json, expected);
    let client = run.step(steps.syntax, check_parsed(&parsed))?;
    run.step(steps.ty, check_type(client, expected))?;
    run.step(steps.challenge, check_challenge(client, expected))?;
    run.step(steps.origin, check_origin(client, expected))?;
    run.step(steps.cross_origin, check_cross_origin(client, policy))?;
    run.step(steps.top_origin, check_top_origin(client, policy))?;
    Ok(json)
}

/// [7.1.5](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.8](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion). The specification's decoder
/// replaces what is not UTF-8; here it is refused.
fn check_utf8<'a>(json: Result<&'a [u8], Fault>) -> Checked<'a, &'a [u8]> {
    let json = json.map_err(malformed(ErrorKind::ClientDataMalformed))?;
    if json.len() > CLIENT_DATA_MAX {
        let fault = Fault::new("clientDataJSON", FaultKind::Limit, CLIENT_DATA_MAX);
        return fail(ErrorKind::ClientDataMalformed, Value::Fault(fault));
    }
    match core::str::from_utf8(json) {
        Ok(_) => pass_with(Value::None, json),
        Err(error) => fail(
            ErrorKind::ClientDataMalformed,
            Value::Fault(Fault::new(
                "clientDataJSON",
                FaultKind::Utf8,
                error.valid_up_to(),
            )),
        ),
    }
}

/// [7.1.6](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.9](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the text is JSON.
fn check_parsed<'a, 's>(
    parsed: &'s Result<ClientData<'a>, Fault>,
) -> Checked<'a, &'s ClientData<'a>> {
    match parsed {
        Ok(client) => pass_with(Value::None, client),
        Err(fault) => fail(ErrorKind::ClientDataMalformed, Value::Fault(*fault)),
    }
}

/// [7.1.7](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.10](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the type is the ceremony's.
fn check_type<'a>(data: &ClientData<'a>, expected: &Expected<'_>) -> Checked<'a> {
    let holds = data
        .is_type(expected)
        .map_err(malformed(ErrorKind::ClientDataMalformed))?;
    check(holds, ErrorKind::TypeMismatch, found(data.ty))
}

/// [7.1.8](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.11](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the challenge is the one issued.
fn check_challenge<'a>(data: &ClientData<'a>, expected: &Expected<'_>) -> Checked<'a> {
    let holds = data
        .is_challenge(expected)
        .map_err(malformed(ErrorKind::ClientDataMalformed))?;
    check(holds, ErrorKind::ChallengeMismatch, found(data.challenge))
}

/// [7.1.9](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.12](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the origin is expected.
fn check_origin<'a>(data: &ClientData<'a>, expected: &Expected<'_>) -> Checked<'a> {
    let holds = data
        .is_origin(expected)
        .map_err(malformed(ErrorKind::ClientDataMalformed))?;
    let value = data
        .as_expected
        .map_or_else(|| found(data.origin), Value::Text);
    check(holds, ErrorKind::OriginMismatch, value)
}

/// [7.1.10](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.13](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): a cross-origin frame is expected.
fn check_cross_origin<'a>(data: &ClientData<'a>, policy: &Policy<'_>) -> Checked<'a> {
    let cross_origin = data
        .is_cross_origin()
        .map_err(malformed(ErrorKind::ClientDataMalformed))?;
    match (cross_origin, policy.cross_origin) {
        (false, _) => skip(),
        (true, CrossOrigin::Expected { .. }) => pass(),
        (true, CrossOrigin::Refused) => fail(ErrorKind::CrossOriginUnexpected, Value::None),
    }
}

/// [7.1.11](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.14](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion): the embedding page is expected.
fn check_top_origin<'a>(data: &ClientData<'a>, policy: &Policy<'_>) -> Checked<'a> {
    let top_origin = data
        .top_origin()
        .map_err(malformed(ErrorKind::ClientDataMalformed))?;
    let Some(top_origin) = top_origin else {
        return skip();
    };
    let value = Value::JsonText(top_origin.raw());
    match policy.cross_origin {
        CrossOrigin::Refused => fail(ErrorKind::TopOriginUnexpected, value),
        CrossOrigin::Expected { top_origins: None } => pass_with(value, ()),
        CrossOrigin::Expected {
            top_origins: Some(expected),
        } => check(
            is_any_origin(top_origin, expected),
            ErrorKind::TopOriginMismatch,
            value,
        ),
    }
}

/// What the client wrote.
fn found(member: Option<json::Value<'_>>) -> Value<'_> {
    member
        .and_then(json::Value::as_str)
        .map_or(Value::None, |text| Value::JsonText(JsonStr::raw(text)))
}
