//! Each line of the ledger of the Recommendation names a test or a reason.

use portcullis_tests::ledger::{faults, requirements};

#[test]
fn each_requirement_has_its_test_or_its_reason() {
    let faults = faults(&requirements());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
