//! Verifies one assertion from a byte stream and prints the step that failed.
//!
//! The stream has six fields, each after its length in two bytes, big-endian: the challenge that was
//! sent, the credential's id, its public key as a COSE key, and clientDataJSON, authenticatorData and
//! signature of the response. A device of yours keeps the first three itself.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m_rt::entry;
use portcullis_core::algorithm::{Es256Small, SoftSha256};
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Error, Origin, Policy,
    verify_authentication,
};
use semihosting::io::{self, Read as _};
use semihosting::{println, process};

/// What is not listed here is not in the flash.
const CRYPTO: Crypto<'static> = Crypto::new(&SoftSha256, &[&Es256Small]);

/// Whose passkeys are taken.
const RP_ID: &str = "example.org";
/// The page that asks for them, exactly as browsers write its origin.
const ORIGIN: Origin<'static> = Origin::exact("https://example.org");

#[entry]
fn main() -> ! {
    let mut buffer = [0; 2048];
    let mut stream = Stream(read(&mut buffer));
    let Some(challenge) = Challenge::new(stream.field()) else {
        println!("the stream has no challenge");
        process::exit(2)
    };
    match verify(challenge, &mut stream) {
        Ok(count) => {
            println!("accepted, signature counter {count}");
            process::exit(0)
        }
        Err(error) => {
            println!(
                "refused at step {} ({}): {}",
                error.step(),
                error.code(),
                error.message()
            );
            process::exit(1)
        }
    }
}

/// The signature counter, to be stored before anything is done for the user.
fn verify(challenge: Challenge<'_>, stream: &mut Stream<'_>) -> Result<u32, Error> {
    let id = stream.field();
    // The counter that is stored, which has to grow.
    let record = CredentialRecord::new(id, stream.field(), 0);
    let response = AuthenticationResponse::new(id, stream.field(), stream.field(), stream.field());
    let policy = Policy::new(&[RP_ID], &[ORIGIN]);
    verify_authentication(
        &response,
        Some(&record),
        challenge,
        &policy,
        &CRYPTO,
        &mut (),
    )
    .map(|verified| verified.sign_count())
}

/// What is left of the stream.
struct Stream<'a>(&'a [u8]);

impl<'a> Stream<'a> {
    /// The next field; empty where there is none.
    fn field(&mut self) -> &'a [u8] {
        let Some((length, rest)) = self.0.split_first_chunk() else {
            return &[];
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((field, rest)) = rest.split_at_checked(length) else {
            return &[];
        };
        self.0 = rest;
        field
    }
}

/// Reads standard input to its end: your UART.
fn read(buffer: &mut [u8]) -> &[u8] {
    let mut length = 0;
    if let Ok(mut input) = io::stdin() {
        while let Some(rest) = buffer.get_mut(length..)
            && let Ok(read @ 1..) = input.read(rest)
        {
            length += read;
        }
    }
    buffer.get(..length).unwrap_or_default()
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    process::exit(101)
}
