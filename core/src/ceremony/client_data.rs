//! What both ceremonies check of the client data: steps 7.1.5 to 7.1.11 and 7.2.8 to 7.2.14.

use super::run::{Checked, Failed, Run, check, fail, malformed, pass_with, skip};
use super::{CrossOrigin, ErrorKind, Observer, Policy, Step, Value};
use crate::data::{Challenge, Expected, Finding, Findings};
use crate::encoding::{Fault, FaultKind, What};
use crate::limits::CLIENT_DATA_MAX;

/// The steps that read the client data.
pub(super) struct ClientDataSteps {
    /// What the client calls the ceremony.
    ty: &'static str,
    utf8: Step,
    syntax: Step,
    /// Those that judge a member, and the refusal of one that is not as expected.
    judged: [(Step, ErrorKind); 5],
}

impl ClientDataSteps {
    pub(super) const REGISTRATION: Self = Self {
        ty: "webauthn.create",
        utf8: Step::REG_CLIENT_DATA_UTF8,
        syntax: Step::REG_CLIENT_DATA_JSON,
        judged: [
            (Step::REG_TYPE, ErrorKind::TypeMismatch),
            (Step::REG_CHALLENGE, ErrorKind::ChallengeMismatch),
            (Step::REG_ORIGIN, ErrorKind::OriginMismatch),
            (Step::REG_CROSS_ORIGIN, ErrorKind::CrossOriginUnexpected),
            (Step::REG_TOP_ORIGIN, ErrorKind::TopOriginMismatch),
        ],
    };
    pub(super) const AUTHENTICATION: Self = Self {
        ty: "webauthn.get",
        utf8: Step::AUTH_CLIENT_DATA_UTF8,
        syntax: Step::AUTH_CLIENT_DATA_JSON,
        judged: [
            (Step::AUTH_TYPE, ErrorKind::TypeMismatch),
            (Step::AUTH_CHALLENGE, ErrorKind::ChallengeMismatch),
            (Step::AUTH_ORIGIN, ErrorKind::OriginMismatch),
            (Step::AUTH_CROSS_ORIGIN, ErrorKind::CrossOriginUnexpected),
            (Step::AUTH_TOP_ORIGIN, ErrorKind::TopOriginMismatch),
        ],
    };
}

/// Performs these steps of a ceremony and returns the text that was read.
#[inline(never)]
pub(super) fn verify<'a, O: Observer<'a> + ?Sized>(
    run: &mut Run<'_, O>,
    steps: &ClientDataSteps,
    json: Result<&'a [u8], Fault>,
    challenge: Challenge<'_>,
    policy: &Policy<'_>,
) -> Result<&'a [u8], Failed> {
    let json = run.step(steps.utf8, check_utf8(json))?;
    let expected = Expected {
        ty: steps.ty,
        challenge,
        origins: policy.origins,
        top_origins: policy.cross_origin.top_origins(),
    };
    let read = &(policy.client_data.read)(json, &expected);
    let found = run.step(steps.syntax, check_syntax(read))?;
    for ((step, mismatch), finding) in steps.judged.iter().zip(found) {
        run.step(*step, judge(finding, *mismatch, policy.cross_origin))?;
    }
    Ok(json.as_bytes())
}

/// [7.1.5](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.8](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion). The specification's decoder
/// replaces what is not UTF-8; here it is refused.
fn check_utf8<'a>(json: Result<&'a [u8], Fault>) -> Checked<'a, &'a str> {
    let json = json.map_err(malformed(ErrorKind::ClientDataMalformed))?;
    if json.len() > CLIENT_DATA_MAX {
        let fault = Fault::new(What::ClientData, FaultKind::Limit, CLIENT_DATA_MAX);
        return fail(ErrorKind::ClientDataMalformed, Value::Fault(fault));
    }
    match core::str::from_utf8(json) {
        Ok(text) => pass_with(Value::None, text),
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

/// [7.1.6](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// [7.2.9](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
fn check_syntax<'a, 'f>(read: &'f Result<Findings<'a>, Fault>) -> Checked<'a, &'f Findings<'a>> {
    match read {
        Ok(findings) => pass_with(Value::None, findings),
        Err(fault) => fail(ErrorKind::ClientDataMalformed, Value::Fault(*fault)),
    }
}

/// The other steps, by what was found:
/// 7.1.7 to 7.1.11 [of a registration](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential),
/// 7.2.10 to 7.2.14 [of an authentication](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
fn judge<'a>(
    finding: &Finding<'a>,
    mismatch: ErrorKind,
    cross_origin: CrossOrigin<'_>,
) -> Checked<'a> {
    let value = finding.found.map_or(Value::None, Value::JsonText);
    let refused = matches!(cross_origin, CrossOrigin::Refused);
    match (mismatch, finding.holds) {
        (_, Err(fault)) => fail(ErrorKind::ClientDataMalformed, Value::Fault(fault)),
        (ErrorKind::CrossOriginUnexpected, Ok(false)) => skip(),
        (ErrorKind::CrossOriginUnexpected, Ok(true)) => check(!refused, mismatch, value),
        (ErrorKind::TopOriginMismatch, _) if finding.found.is_none() => skip(),
        (ErrorKind::TopOriginMismatch, _) if refused => fail(ErrorKind::TopOriginUnexpected, value),
        (_, Ok(holds)) => check(holds, mismatch, value),
    }
}
