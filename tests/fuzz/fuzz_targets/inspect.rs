//! Whatever is inspected: the dump is a JSON document, and the text says what it was taken for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::inspect::{JsonWriter, TextWriter, inspect};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let mut json = JsonWriter::new(String::new());
    inspect(&mut input.to_vec(), &mut json);
    let json = json.finish().expect("a String takes everything");
    let parsed: Result<Value, _> = serde_json::from_str(&json);
    assert!(parsed.is_ok_and(|dump| dump.is_object()), "{json}");

    let mut text = TextWriter::new(String::new());
    inspect(&mut input.to_vec(), &mut text);
    let text = text.finish().expect("a String takes everything");
    assert!(text.starts_with("taken for: "), "{text}");
});
