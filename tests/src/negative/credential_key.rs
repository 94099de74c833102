//! The credential public key, 7.1.20 for a new one and 7.2.21 for a recorded one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Cases, registration, registration_check};
use crate::{
    attestation::NoAttestation,
    authenticator::Registration,
    cbor::Cbor,
    encoding::base64url,
    keys::{CredentialKey, Ed448, Ed25519, Es256, Es384, Es512},
    scene::rsa,
};

const MALFORMED: &str = "public_key_malformed";
const INVALID: &str = "public_key_invalid";

const KTY: i64 = 1;
const ALG: i64 = 3;
/// The curve; of RSA the modulus, of ML-DSA the key.
const CRV: i64 = -1;
/// x; of RSA the exponent.
const X: i64 = -2;
const Y: i64 = -3;

pub(super) fn write(cases: &mut Cases) {
    parameters(cases);
    encoding(cases);
    confusion(cases);
    not_on_the_curve(cases);
    rsa_numbers(cases);
    not_wanted(cases);
}

/// Registrations of good keys of each kind, for which nothing is attested.
pub(super) fn unbroken() -> Vec<Value> {
    let keys = [ec2(), p384(), p521(), ed25519(), ed448(), rsa().cose_key()];
    let check = |key| {
        let mut registration = registration();
        replace(&mut registration, key);
        registration_check(&registration)
    };
    keys.into_iter().map(check).collect()
}

fn ec2() -> Cbor {
    Es256::from_secret(&[3; 32]).cose_key()
}

fn p384() -> Cbor {
    Es384::from_secret(&[3; 48]).cose_key()
}

fn p521() -> Cbor {
    Es512::from_secret(&[1; 65]).cose_key()
}

fn ed25519() -> Cbor {
    Ed25519::from_secret(&[3; 32]).cose_key()
}

fn ed448() -> Cbor {
    Ed448::from_secret(&[3; 57]).cose_key()
}

/// The registration of another key, for which nothing is attested: a statement would be wrong too.
fn replace(registration: &mut Registration, key: Cbor) {
    let data = &mut registration.authenticator_data;
    data.attested.as_mut().expect("a credential").public_key = key;
    registration.attestation = Arc::new(NoAttestation);
}

/// The key with a parameter set, or taken away.
fn with(mut key: Cbor, label: i64, value: impl Into<Option<Cbor>>) -> Cbor {
    let members = key.members_mut();
    let at = members
        .iter()
        .position(|(known, _)| *known == Cbor::Int(label));
    match (at, value.into()) {
        (Some(at), Some(value)) => members[at].1 = value,
        (Some(at), None) => drop(members.remove(at)),
        (None, Some(value)) => members.push((Cbor::Int(label), value)),
        (None, None) => {}
    }
    key
}

/// A key that cannot be read: refused when it is registered, and when it is on record.
fn malformed(cases: &mut Cases, rule: &str, key: &Cbor) {
    let new = key.clone();
    cases.registration(20, MALFORMED, rule, |made| replace(made, new));
    recorded(cases, MALFORMED, rule, key);
}

/// A key that is none of its algorithm's: refused when it is registered. Where it is on record nothing
/// verifies with it.
fn invalid(cases: &mut Cases, rule: &str, key: &Cbor) {
    let new = key.clone();
    cases.registration(20, INVALID, rule, |made| replace(made, new));
    recorded(cases, "signature_invalid", rule, key);
}

fn recorded(cases: &mut Cases, code: &'static str, rule: &str, key: &Cbor) {
    let rule = format!("on record: {rule}");
    cases.assertion_check(21, code, &rule, |check| {
        check["credential"]["publicKey"] = json!(base64url(&key.encode()));
    });
}

fn parameters(cases: &mut Cases) {
    for (name, label) in [
        ("type", KTY),
        ("algorithm", ALG),
        ("curve", CRV),
        ("x", X),
        ("y", Y),
    ] {
        malformed(
            cases,
            &format!("the key has no {name}"),
            &with(ec2(), label, None),
        );
        let text = with(ec2(), label, Cbor::text("1"));
        malformed(cases, &format!("the key's {name} is a text"), &text);
    }
    for (rule, label, value) in [
        ("type is the reserved one", KTY, Cbor::Int(0)),
        ("type is symmetric", KTY, Cbor::Int(4)),
        ("type is negative", KTY, Cbor::Int(-2)),
        (
            "algorithm has more than 32 bits",
            ALG,
            Cbor::Int(-(1 << 40)),
        ),
        ("curve is the reserved one", CRV, Cbor::Int(0)),
        ("curve is X25519", CRV, Cbor::Int(4)),
        ("curve is unheard of", CRV, Cbor::Int(99)),
        ("curve is an Edwards curve", CRV, Cbor::Int(6)),
        ("x is a byte short", X, Cbor::bytes([1; 31])),
        ("x is empty", X, Cbor::bytes([])),
        ("x is a number", X, Cbor::Int(1)),
        ("y is a byte long", Y, Cbor::bytes([1; 33])),
        ("y is only a sign", Y, Cbor::Bool(true)),
        ("point has private company", -4, Cbor::bytes([3; 32])),
        ("id comes along", 2, Cbor::bytes(*b"kid")),
        ("operations come along", 4, Cbor::Array(vec![Cbor::Int(2)])),
    ] {
        malformed(
            cases,
            &format!("the key's {rule}"),
            &with(ec2(), label, value),
        );
    }
    for (rule, key) in [
        (
            "an Ed25519 key has a y",
            with(ed25519(), Y, Cbor::bytes([1; 32])),
        ),
        (
            "an Ed25519 key is a byte short",
            with(ed25519(), X, Cbor::bytes([1; 31])),
        ),
        (
            "an Ed25519 key is said to be on P-256",
            with(ed25519(), CRV, Cbor::Int(1)),
        ),
        (
            "an Ed448 key has 56 bytes",
            with(ed448(), X, Cbor::bytes([1; 56])),
        ),
        (
            "an RSA key has no modulus",
            with(rsa().cose_key(), CRV, None),
        ),
        (
            "an RSA key has no exponent",
            with(rsa().cose_key(), X, None),
        ),
        (
            "an RSA modulus is empty",
            with(rsa().cose_key(), CRV, Cbor::bytes([])),
        ),
        (
            "an RSA exponent is a number",
            with(rsa().cose_key(), X, Cbor::Int(65537)),
        ),
        (
            "an RSA key has its private exponent",
            with(rsa().cose_key(), Y, Cbor::bytes([1; 256])),
        ),
        (
            "an ML-DSA key is not there",
            Cbor::int_map([(KTY, Cbor::Int(7)), (ALG, Cbor::Int(-48))]),
        ),
        (
            "an ML-DSA key has its seed",
            Cbor::int_map([
                (KTY, Cbor::Int(7)),
                (ALG, Cbor::Int(-48)),
                (CRV, Cbor::bytes([1; 1312])),
                (X, Cbor::bytes([1; 32])),
            ]),
        ),
        (
            "an ML-DSA key has a third parameter",
            Cbor::int_map([
                (KTY, Cbor::Int(7)),
                (ALG, Cbor::Int(-48)),
                (CRV, Cbor::bytes([1; 1312])),
                (Y, Cbor::bytes([1; 32])),
            ]),
        ),
    ] {
        malformed(cases, rule, &key);
    }
    // On record they are accepted and noted: nobody signs the form of a record.
    for (rule, key) in [
        (
            "the key's x has a zero before it",
            with(ec2(), X, Cbor::bytes([0; 33])),
        ),
        (
            "an RSA exponent has a zero before it",
            with(rsa().cose_key(), X, Cbor::bytes([0, 1, 0, 1])),
        ),
        (
            "an RSA modulus has a zero before it",
            with(
                rsa().cose_key(),
                CRV,
                Cbor::bytes([&[0][..], &[0x81; 256]].concat()),
            ),
        ),
    ] {
        cases.registration(20, MALFORMED, rule, |made| replace(made, key));
    }
    let zero = with(rsa().cose_key(), X, Cbor::bytes([0, 0]));
    malformed(cases, "an RSA exponent is zero", &zero);
}

fn encoding(cases: &mut Cases) {
    malformed(cases, "the key is a list", &Cbor::Array(vec![ec2()]));
    malformed(
        cases,
        "the key is a byte string",
        &Cbor::bytes(ec2().encode()),
    );
    let Cbor::Map(members) = ec2() else {
        unreachable!("a key is a map")
    };
    malformed(
        cases,
        "the key is a map of indefinite length",
        &Cbor::IndefiniteMap(members.clone()),
    );
    malformed(cases, "a label is a text", &{
        let mut key = ec2();
        key.members_mut()[0].0 = Cbor::text("kty");
        key
    });
    // Of a new key the authenticator data cannot be read that hold such ones.
    for (rule, key) in [
        ("the key is tagged", Cbor::Tag(1, Box::new(ec2()))),
        (
            "a coordinate is a byte string of indefinite length",
            with(
                ec2(),
                X,
                Cbor::IndefiniteBytes(vec![vec![1; 16], vec![1; 16]]),
            ),
        ),
    ] {
        let new = key.clone();
        cases.registration(13, "authenticator_data_malformed", rule, |made| {
            replace(made, new);
        });
        recorded(cases, MALFORMED, rule, &key);
    }
    let twice = Cbor::Map([&members[..], &members[..1]].concat());
    recorded(cases, MALFORMED, "a parameter appears twice", &twice);
    let longer = Cbor::Raw([ec2().encode(), vec![0]].concat());
    recorded(cases, MALFORMED, "a byte follows the key", &longer);
    let shorter = ec2().encode();
    let shorter = Cbor::Raw(shorter[..shorter.len() - 1].to_vec());
    recorded(cases, MALFORMED, "the key is cut short", &shorter);
    recorded(cases, MALFORMED, "the key is empty", &Cbor::Raw(Vec::new()));
    cases.assertion_check(21, MALFORMED, "on record: the key is no text", |check| {
        check["credential"]["publicKey"] = json!({"kty": "EC"});
    });
}

/// A key of one algorithm under the name of another.
fn confusion(cases: &mut Cases) {
    let alg = |key: Cbor, algorithm: i64| with(key, ALG, Cbor::Int(algorithm));
    for (rule, key) in [
        ("a key on P-384 for ES256", alg(p384(), -7)),
        ("a key on P-521 for ES256", alg(p521(), -7)),
        ("a key on P-256 for ES384", alg(ec2(), -35)),
        ("a key on P-384 for ES512", alg(p384(), -36)),
        ("a key on P-384 for ESP256", alg(p384(), -9)),
        ("a key on P-256 for ES256K", alg(ec2(), -47)),
        ("a key on P-256 for EdDSA", alg(ec2(), -8)),
        ("a key on P-256 for RS256", alg(ec2(), -257)),
        ("a key on P-256 for ML-DSA-44", alg(ec2(), -48)),
        ("an Ed25519 key for ES256", alg(ed25519(), -7)),
        ("an Ed25519 key for Ed448", alg(ed25519(), -53)),
        ("an Ed448 key for EdDSA", alg(ed448(), -8)),
        ("an RSA key for ES256", alg(rsa().cose_key(), -7)),
        ("an RSA key for EdDSA", alg(rsa().cose_key(), -8)),
        (
            "an ML-DSA-44 key for ML-DSA-65",
            Cbor::int_map([
                (KTY, Cbor::Int(7)),
                (ALG, Cbor::Int(-49)),
                (CRV, Cbor::bytes([1; 1312])),
            ]),
        ),
    ] {
        invalid(cases, rule, &key);
    }
}

fn not_on_the_curve(cases: &mut Cases) {
    /// The prime of P-256.
    const P: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    ];
    for (rule, key) in [
        (
            "a point that is not on P-256",
            with(ec2(), Y, Cbor::bytes([1; 32])),
        ),
        (
            "a point that is not on P-384",
            with(p384(), Y, Cbor::bytes([1; 48])),
        ),
        (
            "a point that is not on P-521",
            with(p521(), Y, Cbor::bytes([0; 66])),
        ),
        (
            "a coordinate that is the prime",
            with(ec2(), X, Cbor::bytes(P)),
        ),
        (
            "a coordinate above the prime",
            with(ec2(), X, Cbor::bytes([0xff; 32])),
        ),
        (
            "a coordinate of P-521 of 528 bits",
            with(p521(), X, Cbor::bytes([0xff; 66])),
        ),
        (
            "both coordinates zero",
            with(
                with(ec2(), X, Cbor::bytes([0; 32])),
                Y,
                Cbor::bytes([0; 32]),
            ),
        ),
        (
            "a point of P-256 on secp256k1",
            with(with(ec2(), CRV, Cbor::Int(8)), ALG, Cbor::Int(-47)),
        ),
    ] {
        invalid(cases, rule, &key);
    }
    let edwards = |first: u8, rest: u8, last: u8| {
        let mut point = [rest; 32];
        (point[0], point[31]) = (first, last);
        with(ed25519(), X, Cbor::bytes(point))
    };
    let mut order_8 = [0; 32];
    order_8.copy_from_slice(&hex(
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ));
    for (rule, key) in [
        ("Ed25519's identity", edwards(1, 0, 0)),
        ("Ed25519's point of order two", edwards(0xec, 0xff, 0x7f)),
        ("Ed25519's point of order four", edwards(0, 0, 0)),
        (
            "Ed25519's point of order eight",
            with(ed25519(), X, Cbor::bytes(order_8)),
        ),
        ("a y that is on no point of Ed25519", edwards(2, 0, 0)),
        (
            "Ed25519's identity with the prime added to its y",
            edwards(0xee, 0xff, 0x7f),
        ),
        (
            "a point of Ed25519 with the prime added to its y",
            edwards(0xf0, 0xff, 0x7f),
        ),
        (
            "Ed448's identity",
            with(ed448(), X, Cbor::bytes([&[1][..], &[0; 56]].concat())),
        ),
        (
            "an encoding of Ed448 beyond the prime",
            with(ed448(), X, Cbor::bytes([0xff; 57])),
        ),
        (
            "an ML-DSA-44 key that is a byte short",
            Cbor::int_map([
                (KTY, Cbor::Int(7)),
                (ALG, Cbor::Int(-48)),
                (CRV, Cbor::bytes([1; 1311])),
            ]),
        ),
    ] {
        invalid(cases, rule, &key);
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("two digits"))
        .collect()
}

fn rsa_numbers(cases: &mut Cases) {
    let modulus = |first: u8, length: usize, last: u8| {
        let mut n = vec![0x55; length];
        (n[0], n[length - 1]) = (first, last);
        with(rsa().cose_key(), CRV, Cbor::Bytes(n))
    };
    let exponent = |e: &[u8]| with(rsa().cose_key(), X, Cbor::bytes(e));
    for (rule, key) in [
        ("an RSA modulus of 1024 bits", modulus(0x80, 128, 1)),
        ("an RSA modulus of 2047 bits", modulus(0x7f, 256, 1)),
        ("an RSA modulus of 4097 bits", modulus(1, 513, 1)),
        ("an RSA modulus of 16384 bits", modulus(0x80, 2048, 1)),
        ("an even RSA modulus", modulus(0x80, 256, 2)),
        ("an RSA exponent of one", exponent(&[1])),
        ("an RSA exponent of two", exponent(&[2])),
        ("an even RSA exponent", exponent(&[1, 0, 0])),
        (
            "an RSA exponent as long as the modulus",
            exponent(&[0x55; 256]),
        ),
    ] {
        invalid(cases, rule, &key);
    }
}

fn not_wanted(cases: &mut Cases) {
    for (rule, algorithms) in [
        ("none", json!([])),
        ("another alone", json!([-8])),
        ("the same under its other number", json!([-9])),
        ("those that a TPM has", json!([-257, -35])),
    ] {
        let rule = format!("an ES256 key where there was offered: {rule}");
        cases.registration_check(20, "algorithm_not_offered", &rule, |check| {
            check["algorithms"] = algorithms;
        });
    }
    const UNSUPPORTED: &str = "algorithm_unsupported";
    for (rule, key) in [
        (
            "an algorithm unheard of",
            with(ec2(), ALG, Cbor::Int(-4711)),
        ),
        (
            "a message authentication code",
            with(ec2(), ALG, Cbor::Int(5)),
        ),
        (
            "RSA with SHA-1, which only attests",
            with(rsa().cose_key(), ALG, Cbor::Int(-65535)),
        ),
    ] {
        let new = key.clone();
        cases.registration(20, UNSUPPORTED, rule, |made| replace(made, new));
        recorded(cases, UNSUPPORTED, rule, &key);
    }
}
