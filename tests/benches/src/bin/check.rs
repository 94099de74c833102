//! A sign-in as a check, and what judging it takes on this machine: what `tests/node/speed.mjs` holds the
//! WebAssembly module against. Prints the least time in nanoseconds, a tab, the check.

use core::error::Error;
use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use portcullis_benches::Passkey;
use portcullis_core::Crypto;
use portcullis_core::check::verify_check;

/// Enough for the least to be that of an idle machine.
const TIMES: u32 = 2000;

fn main() -> Result<(), Box<dyn Error>> {
    let check = Passkey::new().check();
    let mut least = Duration::MAX;
    for _ in 0..TIMES {
        let mut buffer = check.clone().into_bytes();
        let mut verdict = String::new();
        let before = Instant::now();
        verify_check(black_box(&mut buffer), &Crypto::BUILT_IN, &mut verdict)?;
        least = least.min(before.elapsed());
        assert!(verdict.starts_with("{\"accepted\":true"), "{verdict}");
    }
    println!("{}\t{check}", least.as_nanos());
    Ok(())
}
