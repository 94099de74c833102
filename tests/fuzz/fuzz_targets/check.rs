//! The JSON check as bytes: what is judged at all is JSON to others too.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use portcullis_core::Crypto;
use serde::de::IgnoredAny;

fuzz_target!(|check: &[u8]| {
    let verdict = portcullis_invariants::judge(check, &Crypto::BUILT_IN).json;
    if verdict["code"] != "not_a_check" {
        // What is skipped may be a number that this parser has no room for.
        let parsed: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_slice(check);
        assert!(parsed.is_ok(), "{verdict}");
    }
});
