//! The signature of a sign-in, 7.2.7 and 7.2.21: over what it is made, with which key, and how it is
//! written.

use std::sync::Arc;

use num_bigint::BigUint;
use serde_json::{Value, json};

use super::{Cases, assertion, assertion_check};
use crate::{
    authenticator::Assertion,
    encoding::{base64url, sha256},
    keys::{CredentialKey, Ed448, Ed25519, Es256, Es384, Es512, Rsa},
    scene::rsa,
};

const CODE: &str = "signature_invalid";

type Key = Arc<dyn CredentialKey>;

fn keys() -> [(&'static str, Key); 6] {
    [
        ("ES256", Arc::new(Es256::from_secret(&[3; 32]))),
        ("ES384", Arc::new(Es384::from_secret(&[3; 48]))),
        ("ES512", Arc::new(Es512::from_secret(&[1; 65]))),
        ("EdDSA", Arc::new(Ed25519::from_secret(&[3; 32]))),
        ("Ed448", Arc::new(Ed448::from_secret(&[3; 57]))),
        ("RS256", rsa()),
    ]
}

/// A sign-in with this key, and its record.
fn signed_with(key: &Key) -> (Assertion, Value) {
    let (mut assertion, mut record) = assertion();
    assertion.key = Arc::clone(key);
    record["publicKey"] = json!(base64url(&key.cose_key().encode()));
    (assertion, record)
}

/// A sign-in with a key of each algorithm.
pub(super) fn unbroken() -> Vec<Value> {
    let check = |(_, key): (_, Key)| {
        let (assertion, record) = signed_with(&key);
        assertion_check(&assertion, &record)
    };
    keys().into_iter().map(check).collect()
}

pub(super) fn write(cases: &mut Cases) {
    for (name, key) in keys() {
        spoiled(cases, name, &key);
    }
    der(cases);
    rsa_number(cases);
    message(cases);
    for (rule, text) in [
        ("of a length of no bytes", "A"),
        ("padded", "MEUCIQ=="),
        ("in the alphabet of base64", "MEUC+w"),
    ] {
        let rule = format!("the signature is {rule}");
        cases.assertion_check(7, "signature_malformed", &rule, |check| {
            check["response"]["response"]["signature"] = json!(text);
        });
    }
}

fn push(cases: &mut Cases, rule: &str, key: &Key, signature: Vec<u8>) {
    let (mut assertion, record) = signed_with(key);
    assertion.signature = Some(signature);
    let check = assertion_check(&assertion, &record).to_string();
    cases.push("7.2.21".into(), CODE, rule, check);
}

fn spoiled(cases: &mut Cases, name: &str, key: &Key) {
    let good = signed_with(key).0.signature();
    let mut spoiled = |rule: &str, spoil: fn(&mut Vec<u8>)| {
        let mut signature = good.clone();
        spoil(&mut signature);
        push(
            cases,
            &format!("{name}: the signature {rule}"),
            key,
            signature,
        );
    };
    spoiled("is empty", Vec::clear);
    spoiled("has another last bit", |signature| {
        *signature.last_mut().expect("bytes") ^= 1;
    });
    spoiled("has a byte after it", |signature| signature.push(0));
    spoiled("has lost its last byte", |signature| {
        signature.truncate(signature.len() - 1);
    });
    spoiled("is all zeros", |signature| signature.fill(0));
    spoiled("is all ones", |signature| signature.fill(0xff));
    let others = keys();
    let (_, other) = others
        .iter()
        .find(|(other, _)| *other != name)
        .expect("several keys");
    let (mut assertion, _) = signed_with(key);
    assertion.key = Arc::clone(other);
    let signature = assertion.signature();
    push(
        cases,
        &format!("{name}: a key of another algorithm has signed"),
        key,
        signature,
    );
}

/// ECDSA's two numbers in encodings that are not DER, or not numbers of a signature.
fn der(cases: &mut Cases) {
    let key: Key = Arc::new(Es256::from_secret(&[3; 32]));
    let good = signed_with(&key).0.signature();
    // 30 length 02 length r 02 length s
    let r_end = 4 + usize::from(good[3]);
    let (r, s) = (&good[4..r_end], &good[r_end + 2..]);
    let der = |r: &[u8], s: &[u8]| {
        use crate::der::{element, sequence};
        sequence(&[element(&[2], r), element(&[2], s)])
    };
    let fixed = |number: &[u8]| {
        let number = &number[number.len().saturating_sub(32)..];
        [&vec![0; 32 - number.len()], number].concat()
    };
    const ORDER: [u8; 33] = [
        0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
        0x51,
    ];
    let long_form = [&[0x30, 0x81, good[1]], &good[2..]].concat();
    let indefinite = [&[0x30, 0x80], &good[2..], &[0, 0]].concat();
    for (rule, signature) in [
        ("its numbers in fixed length", [fixed(r), fixed(s)].concat()),
        ("its numbers exchanged", der(s, r)),
        (
            "one number alone",
            crate::der::sequence(&[crate::der::element(&[2], r)]),
        ),
        (
            "a third number",
            crate::der::sequence(&[good[2..].to_vec(), crate::der::integer(&[1])]),
        ),
        ("r zero", der(&[0], s)),
        ("s zero", der(r, &[0])),
        ("r the order", der(&ORDER, s)),
        ("s the order", der(r, &ORDER)),
        ("r without bytes", der(&[], s)),
        ("r negative", der(&[&[0x80][..], &r[1..]].concat(), s)),
        (
            "r with a zero more than it needs",
            der(&[&[0, 0][..], r].concat(), s),
        ),
        (
            "a set in the sequence's place",
            [&[0x31], &good[1..]].concat(),
        ),
        ("a length in a byte too many", long_form),
        ("an indefinite length", indefinite),
        (
            "an octet string in a number's place",
            [&good[..2], &[4], &good[3..]].concat(),
        ),
    ] {
        push(
            cases,
            &format!("ES256: the signature has {rule}"),
            &key,
            signature,
        );
    }
}

/// A number that is another number's equal to the modulus, or is written longer.
fn rsa_number(cases: &mut Cases) {
    let key: Key = rsa();
    let good = signed_with(&key).0.signature();
    let modulus = BigUint::from_bytes_be(&Rsa::modulus());
    let larger = (BigUint::from_bytes_be(&good) + &modulus).to_bytes_be();
    assert_eq!(larger.len(), good.len(), "there is room for the sum");
    let opposite = (&modulus - BigUint::from_bytes_be(&good)).to_bytes_be();
    for (rule, signature) in [
        ("is larger than the modulus", larger),
        ("has a zero before it", [&[0][..], &good].concat()),
        ("is the negative of the right one", opposite),
        ("is the modulus", modulus.to_bytes_be()),
        ("is one", [&vec![0; good.len() - 1][..], &[1]].concat()),
    ] {
        push(
            cases,
            &format!("RS256: the signature {rule}"),
            &key,
            signature,
        );
    }
}

/// A right signature over something else.
fn message(cases: &mut Cases) {
    let mut over = |rule: &str, message: fn(&Assertion) -> Vec<u8>| {
        cases.assertion(21, CODE, &format!("the signature is over {rule}"), |made| {
            made.signature = Some(made.key.sign(&message(made)));
        });
    };
    fn data(made: &Assertion) -> Vec<u8> {
        made.authenticator_data.encode()
    }
    fn hash(made: &Assertion) -> [u8; 32] {
        sha256(&[&made.client_data.bytes()])
    }
    over("nothing", |_| Vec::new());
    over("the authenticator data alone", data);
    over("the client data's hash alone", |made| hash(made).to_vec());
    over("the two the other way round", |made| {
        [&hash(made)[..], &data(made)].concat()
    });
    over("the client data in their hash's place", |made| {
        [data(made), made.client_data.bytes()].concat()
    });
    over("the hash of what it is to be over", |made| {
        sha256(&[&data(made), &hash(made)]).to_vec()
    });
    over("another counter", |made| {
        let mut other = made.authenticator_data.clone();
        other.sign_count += 1;
        [&other.encode()[..], &hash(made)].concat()
    });
    over("other flags", |made| {
        let mut other = made.authenticator_data.clone();
        other.flags ^= crate::authenticator::flags::UV;
        [&other.encode()[..], &hash(made)].concat()
    });
    over("no extensions", |made| {
        let mut other = made.authenticator_data.clone();
        other.extensions = None;
        [&other.encode()[..], &hash(made)].concat()
    });
    over("client data with a blank more", |made| {
        let text = [&made.client_data.bytes()[..], b" "].concat();
        [&data(made)[..], &sha256(&[&text])].concat()
    });
    cases.assertion(
        21,
        CODE,
        "another key of the same algorithm has signed",
        |made| {
            made.key = Arc::new(Es256::from_secret(&[9; 32]));
        },
    );
}
