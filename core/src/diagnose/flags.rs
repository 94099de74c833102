//! Flags and counter of the authenticator data.

use super::{Diagnosis, Findings, Rejected, Response};
use crate::ceremony::ErrorKind;

pub(super) fn diagnose(case: &Rejected<'_>, findings: &mut Findings<'_>) {
    let Some(data) = case.response.authenticator_data() else {
        return;
    };
    match case.error.kind() {
        ErrorKind::UserNotVerified => findings.proven(
            Diagnosis::UserNotVerified,
            format_args!(
                "The authenticator did not verify the person (UV is 0), and the check requires it. Ask for it: \
                 `userVerification: \"required\"` in the options (for a registration in `authenticatorSelection`), the default is \
                 `preferred`; or, where a second factor came first, set `preferred` in the check.",
            ),
        ),
        ErrorKind::UserNotPresent => findings.proven(
            Diagnosis::UserNotPresent,
            format_args!(
                "The authenticator did not see a person (UP is 0). Only a conditional registration may do without: set \
                 `mediation: \"conditional\"` in the check where `navigator.credentials.create` was called so; a test authenticator \
                 has to set bit 0 of the flags.",
            ),
        ),
        ErrorKind::BackupStateInvalid => findings.proven(
            Diagnosis::BackupStateWithoutEligibility,
            format_args!(
                "BS is 1 and BE is 0: the authenticator says that the passkey is backed up and cannot be. No authenticator does \
                 both; flags of a test (bits 3 and 4) were set by hand, or authenticator data were changed.",
            ),
        ),
        ErrorKind::BackupEligibilityChanged => {
            let now = data.flags().backup_eligible();
            let (was, is) = if now { (0, 1) } else { (1, 0) };
            findings.guess(
                Diagnosis::BackupEligibilityChanged,
                format_args!(
                    "The record says BE {was} and the response BE {is}. BE never changes for one credential, so the record was written with \
                     a wrong or default value, or a password manager has turned a device-bound passkey into a synced one. \
                     Record BE at registration; `backup: \"report\"` accepts the change and notes it.",
                ),
            );
        }
        _ => counter(case, data.sign_count(), findings),
    }
}

fn counter(case: &Rejected<'_>, received: u32, findings: &mut Findings<'_>) {
    let Response::Authentication(_, Some(record)) = case.response else {
        return;
    };
    let recorded = record.sign_count;
    if received == 0 {
        findings.guess(
            Diagnosis::CounterAlwaysZero,
            format_args!(
                "The response's counter is 0 and the record's is {recorded}. Synced passkeys always send 0, so the record was given a number of its \
                 own, such as a count of sign-ins. Store `signCount` of the verdict; `counter: \"report\"` accepts the sign-in \
                 and notes it.",
            ),
        );
    } else if received == recorded {
        findings.guess(
            Diagnosis::CounterReplayed,
            format_args!(
                "The counter is {received}, as recorded: the same response was judged twice, or the record was updated before the check. \
                 Judge against the record as it was before this sign-in, once.",
            ),
        );
    } else {
        findings.guess(
            Diagnosis::CounterOfAnother,
            format_args!(
                "The counter went back, from {recorded} to {received}: the record has the counter of another credential, was written by \
                 another environment, or the authenticator was cloned. Keep a counter for each credential.",
            ),
        );
    }
}
