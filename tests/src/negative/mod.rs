//! Broken rules. Each case is a response in which everything is right but for one thing, signed anew
//! so that nothing else is wrong, with the step that has to refuse it and the code that it has to get.
//!
//! One file a room of rules. A case that holds for both ceremonies is made for both.

mod android;
mod attestation_object;
mod authenticator_data;
mod certificate;
mod client_data;
mod client_extensions;
mod codes;
mod compound;
mod credential_key;
mod extensions;
mod origin;
mod packed;
mod policy;
mod response;
mod safetynet;
mod signature;
mod strict;
mod tpm;
mod trust;
mod u2f_and_apple;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::{
    attestation::{Attestation, PackedSelf},
    authenticator::{Assertion, Authenticator, AuthenticatorData, Registration, flags},
    cbor::Cbor,
    check,
    client_data::ClientData,
    encoding::base64url,
    scene::{CHALLENGE, ORIGIN, RP_ID, Scene},
};

/// The page that the ceremonies' frame is embedded in.
const TOP_ORIGIN: &str = "https://embedder.example";
/// The user handle.
const USER: &[u8] = b"user";
/// The id of another credential, in base64url.
const OTHER_ID: &str = "b3RoZXI";

/// One broken rule.
#[derive(Clone, Debug)]
pub struct Case {
    /// The step that refuses it, such as `7.1.22`.
    pub step: String,
    /// The code that it gets.
    pub code: &'static str,
    /// What is wrong.
    pub rule: String,
    /// The check.
    pub check: String,
}

/// Every case, room by room; made once.
#[must_use]
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(make);
    &CASES
}

fn make() -> Vec<Case> {
    let rooms = [
        response::write,
        client_extensions::write,
        client_data::write,
        origin::write,
        attestation_object::write,
        authenticator_data::write,
        credential_key::write,
        packed::write,
        certificate::write,
        tpm::write,
        android::write,
        u2f_and_apple::write,
        safetynet::write,
        compound::write,
        trust::write,
        extensions::write,
        policy::write,
        signature::write,
        strict::write,
    ];
    let mut cases = Cases::default();
    for room in rooms {
        room(&mut cases);
    }
    cases.0
}

/// The checks that the cases are made of: with nothing broken in them they are accepted.
#[must_use]
pub fn unbroken() -> Vec<Value> {
    let mut checks = vec![fullest_registration(), fullest_sign_in()];
    checks.extend(client_data::unbroken());
    checks.extend(signature::unbroken());
    checks.extend(credential_key::unbroken());
    checks.extend(trust::unbroken());
    checks
}

/// The check of a registration that asks for as many steps as there are.
#[must_use]
pub fn fullest_registration() -> Value {
    registration_check(&registration())
}

/// The check of a sign-in that asks for as many steps as there are.
#[must_use]
pub fn fullest_sign_in() -> Value {
    let (assertion, record) = assertion();
    assertion_check(&assertion, &record)
}

/// A registration that asks for as many steps as there are.
fn registration() -> Registration {
    let mut authenticator = Authenticator::new("negative");
    let (passkey, mut registration) = authenticator.make(RP_ID, USER, CHALLENGE, ORIGIN);
    registration.attestation = Arc::new(PackedSelf(passkey.key));
    embed(&mut registration.client_data);
    extend(&mut registration.authenticator_data);
    registration
}

/// A sign-in that asks for as many steps as there are, and the record that it is verified with.
fn assertion() -> (Assertion, Value) {
    let mut authenticator = Authenticator::new("negative");
    let (mut passkey, _) = authenticator.make(RP_ID, USER, CHALLENGE, ORIGIN);
    let record = passkey.record();
    let mut assertion = passkey.assert(CHALLENGE, ORIGIN);
    embed(&mut assertion.client_data);
    extend(&mut assertion.authenticator_data);
    (assertion, record)
}

fn embed(client_data: &mut ClientData) {
    client_data
        .set("crossOrigin", true)
        .set("topOrigin", TOP_ORIGIN);
}

fn extend(data: &mut AuthenticatorData) {
    data.flags |= flags::ED;
    data.extensions = Some(Cbor::text_map([("example.extension", Cbor::Bool(true))]));
}

fn registration_check(registration: &Registration) -> Value {
    let mut check = check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response());
    check["existingCredentials"] = json!([OTHER_ID]);
    strict(check)
}

fn assertion_check(assertion: &Assertion, record: &Value) -> Value {
    let mut check = check::authentication(RP_ID, ORIGIN, CHALLENGE, record, &assertion.response());
    check["allowCredentials"] = json!([OTHER_ID, record["id"]]);
    check["userHandle"] = json!(base64url(USER));
    check["discoverable"] = json!(true);
    strict(check)
}

fn strict(mut check: Value) -> Value {
    check["userVerification"] = json!("required");
    check["crossOrigin"] = json!(true);
    check["topOrigins"] = json!([TOP_ORIGIN]);
    check
}

/// What is done to one part.
type Change<T> = fn(&mut T);

/// A pair of numbers: the step of section 7.1 and the one of section 7.2 that say the same.
type Steps = (u8, u8);

/// The cases so far.
#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn push(&mut self, step: String, code: &'static str, rule: &str, check: String) {
        self.0.push(Case {
            step,
            code,
            rule: rule.to_owned(),
            check,
        });
    }

    /// A registration that is changed before it is attested and encoded, and then its check.
    fn registration_and_check(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Registration),
        change_check: impl FnOnce(&mut Value),
    ) {
        let mut registration = registration();
        change(&mut registration);
        let mut check = registration_check(&registration);
        change_check(&mut check);
        self.push(format!("7.1.{step}"), code, rule, check.to_string());
    }

    /// A registration that is changed before it is attested and encoded.
    fn registration(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Registration),
    ) {
        self.registration_and_check(step, code, rule, change, |_| {});
    }

    /// A registration's check that is changed: what nothing signs.
    fn registration_check(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Value),
    ) {
        self.registration_and_check(step, code, rule, |_| {}, change);
    }

    /// A sign-in that is changed before it is signed and encoded, and then its check.
    fn assertion_and_check(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Assertion),
        change_check: impl FnOnce(&mut Value),
    ) {
        let (mut assertion, record) = assertion();
        change(&mut assertion);
        let mut check = assertion_check(&assertion, &record);
        change_check(&mut check);
        self.push(format!("7.2.{step}"), code, rule, check.to_string());
    }

    /// A sign-in that is changed before it is signed and encoded.
    fn assertion(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Assertion),
    ) {
        self.assertion_and_check(step, code, rule, change, |_| {});
    }

    /// A sign-in's check that is changed.
    fn assertion_check(
        &mut self,
        step: u8,
        code: &'static str,
        rule: &str,
        change: impl FnOnce(&mut Value),
    ) {
        self.assertion_and_check(step, code, rule, |_| {}, change);
    }

    /// The check of either ceremony, changed in the same way.
    fn checks(
        &mut self,
        (registration, assertion): Steps,
        code: &'static str,
        rule: &str,
        change: impl Fn(&mut Value),
    ) {
        self.registration_check(registration, code, rule, &change);
        self.assertion_check(assertion, code, rule, &change);
    }

    /// The text of either ceremony's check: what no JSON value can say.
    fn texts(
        &mut self,
        (registering, asserting): Steps,
        code: &'static str,
        rule: &str,
        change: impl Fn(&str) -> String,
    ) {
        let check = fullest_registration().to_string();
        self.push(format!("7.1.{registering}"), code, rule, change(&check));
        let check = fullest_sign_in().to_string();
        self.push(format!("7.2.{asserting}"), code, rule, change(&check));
    }

    /// The client data of either ceremony, before they are signed.
    fn client_data(
        &mut self,
        (registration, assertion): Steps,
        code: &'static str,
        rule: &str,
        change: impl Fn(&mut ClientData),
    ) {
        self.registration(registration, code, rule, |made| {
            change(&mut made.client_data);
        });
        self.assertion(assertion, code, rule, |made| change(&mut made.client_data));
    }

    /// The authenticator data of either ceremony, before they are signed.
    fn authenticator_data(
        &mut self,
        (registration, assertion): Steps,
        code: &'static str,
        rule: &str,
        change: impl Fn(&mut AuthenticatorData),
    ) {
        self.registration(registration, code, rule, |made| {
            change(&mut made.authenticator_data);
        });
        self.assertion(assertion, code, rule, |made| {
            change(&mut made.authenticator_data);
        });
    }

    /// A statement about the registration of a scene.
    fn statement(
        &mut self,
        scene: &Scene,
        code: &'static str,
        rule: &str,
        attestation: impl Attestation + 'static,
    ) {
        self.statement_at(scene, 22, code, rule, attestation);
    }

    /// The same, refused at another step than the statement's own.
    fn statement_at(
        &mut self,
        scene: &Scene,
        step: u8,
        code: &'static str,
        rule: &str,
        attestation: impl Attestation + 'static,
    ) {
        let check = scene.check(attestation).to_string();
        self.push(format!("7.1.{step}"), code, rule, check);
    }
}
