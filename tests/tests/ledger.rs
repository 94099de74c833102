//! The ledger of the Recommendation has something behind each of its lines.

use portcullis_tests::ledger::{faults, requirements};

#[test]
fn each_requirement_has_its_test_or_its_reason() {
    let faults = faults(&requirements());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
