//! Judges the checks that come over the console, one a line, and answers each with its verdict: what
//! a board says must be what every other build says, byte for byte.
#![no_std]
#![no_main]

use heapless::String;
use portcullis_core::Crypto;
use portcullis_core::algorithm::{EdDsa, Es256, Rs256, SoftSha256};
use portcullis_core::check::{CheckError, verify_check};
use portcullis_firmware::lines::{Lines, TooLong};
use portcullis_firmware::{console, entry};

const CRYPTO: Crypto<'static> = Crypto::new(&SoftSha256, &[&Es256, &EdDsa, &Rs256]);

const CHECK_MAX: usize = 64 * 1024;
const VERDICT_MAX: usize = 32 * 1024;

fn main() -> ! {
    let mut lines = Lines::<CHECK_MAX>::new();
    let mut verdict = String::<VERDICT_MAX>::new();
    while let Some(line) = lines.next_line() {
        verdict.clear();
        let written = match line {
            Ok(check) => judge(check, &mut verdict),
            Err(TooLong) => Err(core::fmt::Error),
        };
        if written.is_err() {
            console::write(b"a check or its verdict is longer than this image has room for");
        }
        console::write(verdict.as_bytes());
        console::write(b"\n");
    }
    console::exit(0)
}

fn judge(check: &mut [u8], verdict: &mut String<VERDICT_MAX>) -> core::fmt::Result {
    match verify_check(check, &CRYPTO, verdict) {
        Ok(_) => Ok(()),
        Err(CheckError::NotACheck(reason)) => reason.write_json(verdict),
        Err(_) => Err(core::fmt::Error),
    }
}

entry!(main);
