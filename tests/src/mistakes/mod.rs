//! Mistakes that people make with WebAuthn. Each is a good check in which one thing was done wrongly, with
//! the code of the diagnosis that has to come first and whether it has to be proven.
//!
//! One file a kind of hypothesis, as in the core.

mod attestation;
mod challenge;
mod credential;
mod flags;
mod input;
mod origin;
mod public_key;
mod response;
mod rp_id;
mod signature;

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::{
    authenticator::{Assertion, Authenticator, Passkey, Registration},
    check,
    encoding::base64url,
};

/// The RP ID.
const RP_ID: &str = "example.org";
/// The origin.
const ORIGIN: &str = "https://example.org";
/// The challenge: random bytes, and no text.
const CHALLENGE: &[u8] =
    b"\xf7\x1f\xfb\x5a\x9e\xc3\x00\x42\xd8\x61\x7f\xbe\x93\x2c\xe5\x11\xfe\x08\xaa\x37\x6d\xc1\x94\xf2\x5b\x20\xd7\x8e\x43\xb9\x0c\x66";
/// The user handle.
const USER: &[u8] = b"\x9auser\xff";

/// One mistake.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// What was done.
    pub name: String,
    /// The diagnosis that comes first.
    pub code: &'static str,
    /// Whether it is proven.
    pub proven: bool,
    /// The input: a check, or what somebody took for one.
    pub input: String,
}

/// The mistakes, collected.
#[derive(Debug, Default)]
struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// A mistake that is verified.
    fn proven(&mut self, code: &'static str, name: &str, check: &Value) {
        self.add(code, name, true, check.to_string());
    }

    /// A mistake that is only likely.
    fn likely(&mut self, code: &'static str, name: &str, check: &Value) {
        self.add(code, name, false, check.to_string());
    }

    fn add(&mut self, code: &'static str, name: &str, proven: bool, input: String) {
        self.0.push(Mistake {
            name: name.to_owned(),
            code,
            proven,
            input,
        });
    }
}

/// Every mistake; made once.
pub fn all() -> &'static [Mistake] {
    static ALL: LazyLock<Vec<Mistake>> = LazyLock::new(|| {
        let mut mistakes = Mistakes::default();
        challenge::add(&mut mistakes);
        origin::add(&mut mistakes);
        rp_id::add(&mut mistakes);
        public_key::add(&mut mistakes);
        signature::add(&mut mistakes);
        response::add(&mut mistakes);
        credential::add(&mut mistakes);
        flags::add(&mut mistakes);
        attestation::add(&mut mistakes);
        input::add(&mut mistakes);
        mistakes.0
    });
    &ALL
}

/// The good checks that the mistakes are made from.
#[must_use]
pub fn good() -> Vec<Value> {
    vec![registration(|_| ()), sign_in(|_| ())]
}

/// A registration in the making.
struct NewPasskey {
    registration: Registration,
    policy: Value,
}

/// The check of a registration with something done to it before the response is made.
fn registration(change: impl FnOnce(&mut NewPasskey)) -> Value {
    let (_, registration) = Authenticator::new("mistakes").make(RP_ID, USER, CHALLENGE, ORIGIN);
    let mut made = NewPasskey {
        registration,
        policy: json!({}),
    };
    change(&mut made);
    let response = made.registration.response();
    let check = check::registration(RP_ID, ORIGIN, CHALLENGE, &response);
    with(check, &made.policy)
}

/// A sign-in in the making.
struct SignIn {
    passkey: Passkey,
    assertion: Assertion,
    record: Value,
    policy: Value,
}

impl SignIn {
    /// What the authenticator has to sign.
    fn signed(&self) -> Vec<u8> {
        let hash = crate::encoding::sha256(&[&self.assertion.client_data.bytes()]);
        [&self.assertion.authenticator_data.encode()[..], &hash].concat()
    }
}

/// The check of a sign-in with something done to it before the response is made.
fn sign_in(change: impl FnOnce(&mut SignIn)) -> Value {
    let (mut passkey, _) = Authenticator::new("mistakes").make(RP_ID, USER, CHALLENGE, ORIGIN);
    let mut record = passkey.record();
    record["signCount"] = json!(0);
    let assertion = passkey.assert(CHALLENGE, ORIGIN);
    let mut made = SignIn {
        passkey,
        assertion,
        record,
        policy: json!({}),
    };
    change(&mut made);
    let response = made.assertion.response();
    let check = check::authentication(RP_ID, ORIGIN, CHALLENGE, &made.record, &response);
    with(check, &made.policy)
}

/// Sets members of a check.
fn with(mut check: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().into_iter().flatten() {
        check[name] = value.clone();
    }
    check
}

/// A good check with something done to it afterwards.
fn changed(mut check: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut check);
    check
}

fn good_registration() -> Value {
    registration(|_| ())
}

fn good_sign_in() -> Value {
    sign_in(|_| ())
}

/// base64 in the standard alphabet, with its padding.
fn standard(text: &str) -> String {
    let padding = "=".repeat(text.len().next_multiple_of(4) - text.len());
    text.replace('-', "+").replace('_', "/") + &padding
}

/// base64url with padding.
fn padded(text: &str) -> String {
    text.to_owned() + &"=".repeat(text.len().next_multiple_of(4) - text.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a member that is in base64url.
fn bytes(member: &Value) -> Vec<u8> {
    crate::encoding::from_base64url(member.as_str().expect("a text"))
}

/// base64url of base64url.
fn twice(member: &Value) -> Value {
    json!(base64url(member.as_str().expect("a text").as_bytes()))
}

/// An object of numbered members, as `JSON.stringify` makes of a typed array.
fn indexed(bytes: &[u8]) -> Value {
    let members = bytes.iter().enumerate();
    // serde_json sorts names as texts; a browser sorts these as numbers.
    let members: Vec<String> = members
        .map(|(at, byte)| format!("\"{at}\":{byte}"))
        .collect();
    json!(format!("#{{{}}}#", members.join(",")))
}

/// A check as text, in which [`indexed`] objects are unquoted.
fn with_indexed(check: &Value) -> String {
    check
        .to_string()
        .replace("\"#{", "{")
        .replace("}#\"", "}")
        .replace("\\\"", "\"")
}
