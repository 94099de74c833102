//! Judges one check from standard input: `cargo run -p portcullis-core --features json --example verify_offline < check.json`.

use std::io::{Read, Write};

use portcullis_core::Crypto;
use portcullis_core::check::{CheckError, verify_check};

fn main() -> std::io::Result<()> {
    let mut json = Vec::new();
    std::io::stdin().read_to_end(&mut json)?;
    let mut verdict = String::new();
    if let Err(CheckError::NotACheck(reason)) =
        verify_check(&mut json, &Crypto::BUILT_IN, &mut verdict)
    {
        reason
            .write_json(&mut verdict)
            .map_err(std::io::Error::other)?;
    }
    writeln!(std::io::stdout(), "{verdict}")
}
