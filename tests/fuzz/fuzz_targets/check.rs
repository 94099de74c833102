//! The JSON check as bytes: what is judged at all is JSON to others too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::Crypto;
use serde_json::Value;

fuzz_target!(|check: &[u8]| {
    let verdict = portcullis_invariants::judge(check, &Crypto::BUILT_IN);
    let verdict: Value = serde_json::from_str(&verdict).expect("a verdict is JSON");
    if verdict["code"] != "not_a_check" {
        let parsed: Result<Value, _> = serde_json::from_slice(check);
        assert!(parsed.is_ok_and(|check| check.is_object()), "{verdict}");
    }
});
