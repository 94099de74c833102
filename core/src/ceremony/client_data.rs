//! What both ceremonies check of the client data: steps 7.1.5 to 7.1.11 and 7.2.8 to 7.2.14.

use super::run::{Checked, Run, check, fail, malformed, pass_with, skip};
use super::{CrossOrigin, Error, ErrorKind, Observer, Policy, Step, Value};
use crate::data::{Expected, Finding, Found, Subject};
use crate::encoding::{Fault, FaultKind, What};
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
    let mut result = Ok(json);
    (policy.client_data.read)(json, expected, &mut |finding| {
        let (step, checked) = judge(steps, &finding, policy.cross_origin);
        match run.step(step, checked) {
            Ok(()) => true,
            Err(error) => {
                result = Err(error);
                false
            }
        }
    });
    result
}

/// [7.1.5](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.8](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion). The specification's decoder
/// replaces what is not UTF-8; here it is refused.
fn check_utf8<'a>(json: Result<&'a [u8], Fault>) -> Checked<'a, &'a [u8]> {
    let json = json.map_err(malformed(ErrorKind::ClientDataMalformed))?;
    if json.len() > CLIENT_DATA_MAX {
        let fault = Fault::new(What::ClientData, FaultKind::Limit, CLIENT_DATA_MAX);
        return fail(ErrorKind::ClientDataMalformed, Value::Fault(fault));
    }
    match core::str::from_utf8(json) {
        Ok(_) => pass_with(Value::None, json),
        Err(error) => fail(
            ErrorKind::ClientDataMalformed,
            Value::Fault(Fault::new(
                What::ClientData,
                FaultKind::Utf8,
                error.valid_up_to(),
            )),
        ),
    }
}

/// The other steps, by what was found:
/// 7.1.6 to 7.1.11 [of a registration](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// 7.2.9 to 7.2.14 [of an authentication](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
fn judge<'a>(
    steps: &ClientDataSteps,
    finding: &Finding<'a>,
    cross_origin: CrossOrigin<'_>,
) -> (Step, Checked<'a>) {
    let (step, mismatch) = match finding.subject {
        Subject::Syntax => (steps.syntax, ErrorKind::ClientDataMalformed),
        Subject::Type => (steps.ty, ErrorKind::TypeMismatch),
        Subject::Challenge => (steps.challenge, ErrorKind::ChallengeMismatch),
        Subject::Origin => (steps.origin, ErrorKind::OriginMismatch),
        Subject::CrossOrigin => (steps.cross_origin, ErrorKind::CrossOriginUnexpected),
        Subject::TopOrigin => (steps.top_origin, ErrorKind::TopOriginMismatch),
    };
    let value = match finding.found {
        Found::Nothing => Value::None,
        Found::Plain(text) => Value::Text(text),
        Found::Json(text) => Value::JsonText(text),
    };
    let refused = matches!(cross_origin, CrossOrigin::Refused);
    let checked = match (finding.subject, finding.holds) {
        (_, Err(fault)) => fail(ErrorKind::ClientDataMalformed, Value::Fault(fault)),
        (Subject::CrossOrigin, Ok(false)) => skip(),
        (Subject::CrossOrigin, Ok(true)) => check(!refused, mismatch, value),
        (Subject::TopOrigin, _) if matches!(finding.found, Found::Nothing) => skip(),
        (Subject::TopOrigin, _) if refused => fail(ErrorKind::TopOriginUnexpected, value),
        (_, Ok(holds)) => check(holds, mismatch, value),
    };
    (step, checked)
}
