//! The dearest responses of up to 128 KiB that an attacker can send, after an ordinary one to compare with:
//! a line each, its name, a tab, the check. The core's benchmark `judge` reads them.

use std::{
    io::{self, Write},
    sync::Arc,
};

use num_bigint::BigUint;
use portcullis_tests::{
    attestation::{Attestation, Compound, Forged, PackedCertified, PackedSelf},
    authenticator::{Authenticator, Passkey, Registration},
    cbor::Cbor,
    chain::{Chain, pem},
    check, der,
    encoding::sha256,
    keys::{CredentialKey, Ed448, Es256, Es512},
};
use serde_json::{Value, json};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8; 32] = b"the challenge is 32 bytes long..";

/// The host's limit for a body.
const BODY: usize = 128 * 1024;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let checks = ordinary()
        .into_iter()
        .chain(keys())
        .chain(encodings())
        .chain(trust());
    for (name, check) in checks {
        writeln!(out, "{name}\t{check}")?;
    }
    Ok(())
}

fn registration(key: &Arc<dyn CredentialKey>) -> (Passkey, Registration) {
    let (mut passkey, mut registration) =
        Authenticator::new("worst").make(RP_ID, b"user", CHALLENGE, ORIGIN);
    passkey.key = Arc::clone(key);
    if let Some(attested) = &mut registration.authenticator_data.attested {
        attested.public_key = key.cose_key();
    }
    (passkey, registration)
}

fn check_of(registration: &Registration) -> Value {
    check::registration(RP_ID, ORIGIN, CHALLENGE, &registration.response())
}

fn es256() -> Arc<dyn CredentialKey> {
    Arc::new(Es256::from_secret(&[7; 32]))
}

/// What nearly every sign-in is, and a registration with one signature.
fn ordinary() -> Vec<(String, Value)> {
    let (mut passkey, mut registration) = registration(&es256());
    let record = passkey.record();
    let assertion = passkey.assert(CHALLENGE, ORIGIN).response();
    let sign_in = check::authentication(RP_ID, ORIGIN, CHALLENGE, &record, &assertion);
    registration.attestation = Arc::new(PackedSelf(es256()));
    vec![
        ("ordinary: ES256, sign-in".to_owned(), sign_in),
        (
            "ordinary: ES256, registration, self attestation".to_owned(),
            check_of(&registration),
        ),
    ]
}

/// The dearest keys, and as many signatures of them as a response can have.
fn keys() -> Vec<(String, Value)> {
    let keys: [(&str, Arc<dyn CredentialKey>); 4] = [
        ("ES512", Arc::new(Es512::from_secret(&[7; 32]))),
        ("Ed448", Arc::new(Ed448::from_secret(&[7; 57]))),
        (
            "RS256 of 4089 bits, exponent of 33",
            Arc::new(Rsa4089::new()),
        ),
        ("ES256", es256()),
    ];
    let mut checks = Vec::new();
    for (name, key) in keys {
        let (_, mut once) = registration(&key);
        once.attestation = Arc::new(PackedSelf(Arc::clone(&key)));
        checks.push((format!("{name}, self attestation"), check_of(&once)));
        let part = Arc::clone(&once.attestation);
        once.attestation = Arc::new(Compound(vec![part; 2]));
        let mut check = check_of(&once);
        checks.push((format!("{name}, compound of two"), check.clone()));
        let room = BODY - check.to_string().len() - 64;
        check["response"]["extra"] = escapes(room).into();
        checks.push((format!("{name}, compound of two, and escapes"), check));
    }
    checks
}

/// What trust paths cost, an ordinary one first.
fn trust() -> Vec<(String, Value)> {
    let trusted = |attestation: Arc<dyn Attestation>| {
        let (_, mut registration) = registration(&es256());
        registration.attestation = attestation;
        let mut check = check_of(&registration);
        let roots = [pem(&Chain::new().root_certificate())];
        let time = "2026-01-01T00:00:00Z";
        check["attestation"] = json!({"policy": "trusted", "roots": roots, "time": time});
        check
    };
    // Seven issuers of the same name, and not one has signed.
    let key: Arc<dyn CredentialKey> = Arc::new(Ed448::from_secret(&[7; 57]));
    let chain = Chain::new();
    let mut leaf = chain.leaf_certificate();
    leaf.public_key = ed448_info(&*key);
    leaf.issuer = chain.lower_certificate().subject;
    let mut x5c = vec![leaf.sign_with(ED448, &Ed448::from_secret(&[8; 57]))];
    x5c.extend((0..7).map(|serial| {
        let mut issuer = chain.lower_certificate();
        issuer.serial = vec![1, serial];
        issuer.public_key = leaf.public_key.clone();
        issuer.sign_with(ED448, &*key)
    }));
    let part: Arc<dyn Attestation> = Arc::new(PackedCertified { key, x5c });
    vec![
        (
            "trusted: ordinary, a path of four certificates".to_owned(),
            trusted(chain.packed()),
        ),
        (
            "trusted: Ed448, seven issuers of one name, compound of two".to_owned(),
            trusted(Arc::new(Compound(vec![part; 2]))),
        ),
    ]
}

const ED448: &str = "1.3.101.113";

fn ed448_info(key: &dyn CredentialKey) -> Vec<u8> {
    let Cbor::Map(parameters) = key.cose_key() else {
        unreachable!("a COSE key is a map");
    };
    let x = parameters
        .into_iter()
        .find_map(|(name, value)| match (name, value) {
            (Cbor::Int(-2), Cbor::Bytes(x)) => Some(x),
            _ => None,
        });
    der::sequence(&[
        der::sequence(&[der::oid(ED448)]),
        der::bits(&x.expect("an OKP key has x")),
    ])
}

/// 128 KiB of whatever is slowest to read.
fn encodings() -> Vec<(String, Value)> {
    let (_, plain) = registration(&es256());
    let room = BODY - check_of(&plain).to_string().len() - 64;
    let mut checks = Vec::new();
    let mut json_member = |name: &str, value: Value| {
        let mut check = check_of(&plain);
        check["response"]["extra"] = value;
        checks.push((format!("JSON: {name}"), check));
    };
    json_member("a long string", "x".repeat(room).into());
    json_member("escapes", escapes(room).into());
    json_member("an array of numbers", vec![0; room / 2].into());
    json_member("many members", many_members(room / 10));
    json_member("nesting", nesting(room));

    // Within base64url, three bytes take four.
    let room = room / 4 * 3;
    let mut client_data = |name: &str, value: Value| {
        let mut registration = plain.clone();
        registration.client_data.set("extra", value);
        checks.push((format!("clientDataJSON: {name}"), check_of(&registration)));
    };
    client_data("a long string", "x".repeat(room).into());
    client_data("escapes", escapes(room).into());
    client_data("many members", many_members(room / 10));
    let mut registration = plain.clone();
    registration.client_data.set("origin", escapes(room));
    checks.push((
        "clientDataJSON: an origin of escapes".to_owned(),
        check_of(&registration),
    ));

    let mut statement = |name: &str, statement: Cbor| {
        let mut registration = plain.clone();
        registration.attestation = Arc::new(Forged {
            format: "packed".to_owned(),
            statement,
        });
        checks.push((format!("CBOR: {name}"), check_of(&registration)));
    };
    statement(
        "a long string",
        Cbor::text_map([("sig", Cbor::bytes(vec![0; room]))]),
    );
    statement("many items", Cbor::text_map([("x5c", numbers(1000))]));
    statement(
        "more items than allowed",
        Cbor::text_map([("x5c", numbers(room))]),
    );
    statement(
        "unsorted keys",
        Cbor::Map(
            (0..64_i64)
                .rev()
                .map(|key| (Cbor::text(format!("{key:01000}")), Cbor::Int(0)))
                .collect(),
        ),
    );
    statement(
        "certificates of nothing",
        Cbor::text_map([
            ("alg", Cbor::Int(-7)),
            ("sig", Cbor::bytes([0; 70])),
            (
                "x5c",
                Cbor::Array(vec![
                    Cbor::bytes(der::sequence(&vec![
                        der::null();
                        room / 20
                    ]));
                    8
                ]),
            ),
        ]),
    );
    checks
}

/// As JSON writes it, six bytes for each.
fn escapes(length: usize) -> String {
    "\u{1}".repeat(length / 6)
}

fn nesting(length: usize) -> Value {
    let deep = (0..60).fold(json!(0), |inner, _| json!([inner]));
    vec![deep; length / 122].into()
}

fn numbers(count: usize) -> Cbor {
    Cbor::Array(vec![Cbor::Int(0); count])
}

fn many_members(count: usize) -> Value {
    (0..count)
        .map(|number| (format!("{number:05}"), json!(0)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// An RSA key whose modulus is a product of three Mersenne primes, and whose exponent is the longest that
/// is allowed: nothing is secret here.
#[derive(Debug)]
struct Rsa4089 {
    modulus: BigUint,
    exponent: BigUint,
    private: BigUint,
}

impl Rsa4089 {
    fn new() -> Self {
        let one = BigUint::from(1_u8);
        let primes = [607_u32, 1279, 2203].map(|bits| (&one << bits) - &one);
        let order: BigUint = primes.iter().map(|prime| prime - &one).product();
        let (exponent, private) = (1_u64..1 << 33)
            .rev()
            .step_by(2)
            .map(BigUint::from)
            .find_map(|exponent| Some((exponent.clone(), exponent.modinv(&order)?)))
            .expect("some odd number divides none of them");
        Self {
            modulus: primes.iter().product(),
            exponent,
            private,
        }
    }
}

impl CredentialKey for Rsa4089 {
    fn algorithm(&self) -> i64 {
        -257
    }

    fn cose_key(&self) -> Cbor {
        Cbor::int_map([
            (1, Cbor::Int(3)),
            (3, Cbor::Int(self.algorithm())),
            (-1, Cbor::bytes(self.modulus.to_bytes_be())),
            (-2, Cbor::bytes(self.exponent.to_bytes_be())),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let algorithm = der::sequence(&[der::oid("2.16.840.1.101.3.4.2.1"), der::null()]);
        let info = der::sequence(&[algorithm, der::octets(&sha256(&[message]))]);
        let length = self.modulus.to_bytes_be().len();
        let mut encoded = vec![0, 1];
        encoded.resize(length - info.len() - 1, 0xff);
        encoded.push(0);
        encoded.extend_from_slice(&info);
        let signature = BigUint::from_bytes_be(&encoded).modpow(&self.private, &self.modulus);
        let bytes = signature.to_bytes_be();
        [vec![0; length - bytes.len()], bytes].concat()
    }
}
