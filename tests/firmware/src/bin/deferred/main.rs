//! A sign-in whose signature a peripheral verifies: the ceremony up to the signature, other work until
//! the interrupt, then the rest. The peripheral is a mock that takes some timer interrupts.
#![no_std]
#![no_main]

mod interrupt;

use portcullis_core::algorithm::{Es256, SignatureError, SoftSha256};
use portcullis_core::ceremony::{PendingAuthentication, begin_authentication};
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Policy, SignatureAlgorithm,
};
use portcullis_firmware::ceremony::{ORIGIN, RP_ID};
use portcullis_firmware::measure::{Fields, read_all};
use portcullis_firmware::{console, entry};

/// Interrupts that a verification takes.
const INTERRUPTS: u32 = 3;

/// The mock: it knows its answer at once, and gives it some interrupts later.
struct Peripheral {
    answer: Result<(), SignatureError>,
    done_at: u32,
}

impl Peripheral {
    fn start(pending: &PendingAuthentication<'_, '_>) -> Self {
        let answer = if pending.algorithm() == Es256.algorithm() {
            Es256.verify(pending.key(), &pending.message(), pending.signature())
        } else {
            Err(SignatureError)
        };
        interrupt::start();
        Self {
            answer,
            done_at: interrupt::count().wrapping_add(INTERRUPTS),
        }
    }

    fn answer(&self) -> Option<Result<(), SignatureError>> {
        (interrupt::count() >= self.done_at).then_some(self.answer)
    }
}

fn main() -> ! {
    let mut buffer = [0; 2048];
    let mut fields = Fields::new(read_all(&mut buffer));
    let challenge = fields.field();
    let id = fields.field();
    let record = CredentialRecord::new(id, fields.field(), 0);
    let response = AuthenticationResponse::new(id, fields.field(), fields.field(), fields.field());
    console::write(sign_in(&response, &record, challenge));
    console::exit(0)
}

fn sign_in(
    response: &AuthenticationResponse<'_>,
    record: &CredentialRecord<'_>,
    challenge: &[u8],
) -> &'static [u8] {
    let Some(challenge) = Challenge::new(challenge) else {
        return b"no challenge\n";
    };
    let policy = Policy::new(&[RP_ID], &[ORIGIN]);
    let Ok(pending) =
        begin_authentication(response, record, challenge, &policy, &SoftSha256, &mut ())
    else {
        return b"refused before the signature\n";
    };
    let peripheral = Peripheral::start(&pending);
    let mut waited = false;
    let answer = loop {
        if let Some(answer) = peripheral.answer() {
            break answer;
        }
        // Here the firmware does its other work.
        waited = true;
        interrupt::wait();
    };
    match (waited, pending.accept(answer, &mut ())) {
        (false, _) => b"the peripheral was not waited for\n",
        (true, Ok(_)) => b"accepted\n",
        (true, Err(_)) => b"refused by the signature\n",
    }
}

entry!(main);
