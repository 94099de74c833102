//! One ceremony for callgrind, which counts the instructions of each step: `instructions registration`, or
//! `authentication`. Prints a line for each part, in order. The test `instructions` runs it.

use core::hint::black_box;
use std::env;

use portcullis_benches::{Constant, POLICY, Passkey};
use portcullis_core::ceremony::{Note, Outcome, Value};
use portcullis_core::{
    AuthenticationResponse, Crypto, Observer, RegistrationResponse, SignatureAlgorithm, Step,
};

/// Callgrind writes down what it has counted whenever this is called.
#[inline(never)]
fn part_ends(name: &'static str) {
    black_box(name);
}

/// Names the parts of a ceremony as they end.
struct Parts {
    names: Vec<&'static str>,
}

impl Parts {
    fn end(&mut self, name: &'static str) {
        part_ends(name);
        self.names.push(name);
    }
}

impl<'a> Observer<'a> for Parts {
    fn step(&mut self, step: Step, _: Outcome, _: Value<'a>) {
        self.end(step.slug());
    }

    fn note(&mut self, _: Note) {}
}

/// What callgrind counts.
#[inline(never)]
fn counted(ceremony: impl FnOnce()) {
    ceremony();
}

fn main() {
    let passkey = Passkey::new();
    let constant = Constant::new();
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&constant];
    let crypto = Crypto::new(&constant, &algorithms);
    let mut parts = Parts {
        names: Vec::with_capacity(64),
    };
    match env::args().nth(1).as_deref() {
        Some("registration") => {
            let mut json = passkey.registration.clone().into_bytes();
            counted(|| {
                let response = RegistrationResponse::from_json(black_box(&mut json));
                parts.end("reg.json");
                let verified = passkey.register(&response, &crypto, &mut parts);
                black_box(verified).expect("it verifies");
            });
        }
        Some("authentication") => {
            let mut json = passkey.authentication.clone().into_bytes();
            counted(|| {
                let response = AuthenticationResponse::from_json(black_box(&mut json));
                parts.end("auth.json");
                let verified = passkey.authenticate(&response, &POLICY, &crypto, &mut parts);
                black_box(verified).expect("it verifies");
            });
        }
        _ => panic!("instructions registration|authentication"),
    }
    for name in parts.names {
        println!("{name}");
    }
}
