use serde_json::json;

use super::{Mistakes, registration, sign_in};
use crate::authenticator::flags;

pub(super) fn add(mistakes: &mut Mistakes) {
    let flagged = |bits: u8, policy: serde_json::Value| {
        sign_in(|made| {
            made.assertion.authenticator_data.flags = bits;
            made.policy = policy;
        })
    };
    mistakes.proven(
        "user_not_verified",
        "verification was only preferred",
        &flagged(flags::UP, json!({"userVerification": "required"})),
    );
    mistakes.proven(
        "user_not_present",
        "a test authenticator without UP",
        &flagged(flags::UV, json!({})),
    );
    mistakes.proven(
        "user_not_present",
        "a conditional registration that the check does not know of",
        &registration(|made| made.registration.authenticator_data.flags &= !flags::UP),
    );
    mistakes.proven(
        "backup_state_without_eligibility",
        "BS without BE",
        &flagged(flags::UP | flags::BS, json!({})),
    );
    mistakes.likely(
        "backup_eligibility_changed",
        "synced later",
        &flagged(flags::UP | flags::BE, json!({})),
    );
    let counted = |recorded: u32, received: u32| {
        sign_in(|made| {
            made.record["signCount"] = json!(recorded);
            made.assertion.authenticator_data.sign_count = received;
        })
    };
    mistakes.likely(
        "counter_always_zero",
        "a synced passkey and a count of one's own",
        &counted(3, 0),
    );
    mistakes.likely("counter_replayed", "judged twice", &counted(3, 3));
    mistakes.likely(
        "counter_of_another",
        "another credential's counter",
        &counted(300, 3),
    );
}
