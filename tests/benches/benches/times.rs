//! How long the core takes beside the signature alone, by the same library and in the same run:
//!
//! ```sh
//! cargo bench -p portcullis-benches             # the times, and what is reached of the goals
//! cargo bench -p portcullis-benches -- --goals  # the goals alone
//! ```
//!
//! Each figure is the least of many rounds, in which all take turns, so that a busy machine disturbs none
//! more than the others. The percentages are of the time that the signature alone takes. What the indented
//! lines need before the core begins, such as a copy of the JSON, is in their time.

use core::cell::RefCell;
use core::hint::black_box;
use core::time::Duration;
use std::env;
use std::io::{self, Write};
use std::time::Instant;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use portcullis_benches::{Constant, POLICY, Passkey};
use portcullis_core::algorithm::{Es256, KeyError, SignatureError, SoftSha256};
use portcullis_core::data::{AuthenticatorData, CoseKey, PublicKey};
use portcullis_core::{
    AuthenticationResponse, CoseAlgorithm, Crypto, Policy, RegistrationResponse, Sha256,
    SignatureAlgorithm,
};

/// How often each is timed.
const ROUNDS: u32 = 400;

/// Long enough for the clock's own cost to vanish.
const ROUND: Duration = Duration::from_micros(400);

/// How many things are timed.
const SUBJECTS: usize = 15;

/// One thing that is timed.
struct Subject<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
    /// How often in a round.
    times: u32,
    least: Duration,
}

impl<'a> Subject<'a> {
    fn new(name: &'static str, run: impl FnMut() + 'a) -> Self {
        let mut subject = Self {
            name,
            run: Box::new(run),
            times: 1,
            least: Duration::MAX,
        };
        while subject.round() < ROUND {
            subject.times = subject.times.saturating_mul(2);
        }
        subject
    }

    fn round(&mut self) -> Duration {
        let before = Instant::now();
        for _ in 0..self.times {
            (self.run)();
        }
        let taken = before.elapsed();
        self.least = self.least.min(taken / self.times);
        taken
    }

    fn nanoseconds(&self) -> f64 {
        self.least.as_secs_f64() * 1e9
    }
}

/// ES256 by AWS-LC, as the server has it.
#[derive(Debug)]
struct AwsLcEs256;

impl SignatureAlgorithm for AwsLcEs256 {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ES256
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        Es256.check_key(key)
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let PublicKey::Ec2 { x, y, .. } = key else {
            return Err(SignatureError);
        };
        let mut digest = digest::Context::new(&digest::SHA256);
        for part in message {
            digest.update(part);
        }
        let point = [&[0x04], *x, *y].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify_digest(&digest.finish(), signature)
            .map_err(|_| SignatureError)
    }
}

/// Puts a response's text where the one before it was.
fn arrive<'b>(json: &str, body: &'b mut Vec<u8>) -> &'b mut [u8] {
    body.clear();
    body.extend_from_slice(json.as_bytes());
    body
}

fn main() -> io::Result<()> {
    let passkey = &Passkey::new();
    let constant = Constant::new();
    let constants: [&dyn SignatureAlgorithm; 1] = [&constant];
    let without = Crypto::new(&constant, &constants);
    let over_p256 = Crypto::new(&SoftSha256, &[&Es256]);
    let over_aws_lc = Crypto::new(&SoftSha256, &[&AwsLcEs256]);
    // What these end at tells what lies between.
    let not_allowed = POLICY.with_allow_credentials(Some(&[b"another"]));
    let elsewhere = Policy::new(&[], POLICY.origins);

    let mut buffer = passkey.authentication.clone().into_bytes();
    let assertion = AuthenticationResponse::from_json(&mut buffer);
    let sign_in = |crypto: &Crypto<'_>, policy: &Policy<'_>| {
        let verified = passkey.authenticate(black_box(&assertion), policy, crypto, &mut ());
        black_box(verified).is_ok()
    };
    // Where a response arrives, to be decoded in place.
    let body = &RefCell::new(Vec::new());
    let sign_in_from_json = |crypto: &Crypto<'_>| {
        let mut body = body.borrow_mut();
        let response =
            AuthenticationResponse::from_json(arrive(&passkey.authentication, &mut body));
        let verified = passkey.authenticate(&response, &POLICY, crypto, &mut ());
        assert!(black_box(verified).is_ok());
    };
    let mut buffer = passkey.registration.clone().into_bytes();
    let attestation = RegistrationResponse::from_json(&mut buffer);
    let register = |crypto: &Crypto<'_>| {
        let verified = passkey.register(black_box(&attestation), crypto, &mut ());
        black_box(verified).is_ok()
    };
    let register_from_json = |crypto: &Crypto<'_>| {
        let mut body = body.borrow_mut();
        let response = RegistrationResponse::from_json(arrive(&passkey.registration, &mut body));
        let verified = passkey.register(&response, crypto, &mut ());
        assert!(black_box(verified).is_ok());
    };

    let mut subjects: [Subject<'_>; SUBJECTS] = [
        Subject::new("the signature alone, p256", || {
            let key = VerifyingKey::from_sec1_bytes(black_box(&passkey.point)).expect("a key");
            let signature = DerSignature::from_bytes(&passkey.signature).expect("a signature");
            key.verify(&passkey.signed, &signature)
                .expect("it verifies");
        }),
        Subject::new("the signature alone, AWS-LC", || {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, black_box(&passkey.point))
                .verify(&passkey.signed, &passkey.signature)
                .expect("it verifies");
        }),
        Subject::new("sign-in over p256, its JSON included", || {
            sign_in_from_json(&over_p256);
        }),
        Subject::new("sign-in over AWS-LC, its JSON included", || {
            sign_in_from_json(&over_aws_lc);
        }),
        Subject::new(
            "registration with none over p256, its JSON included",
            || {
                register_from_json(&over_p256);
            },
        ),
        Subject::new("  JSON of a sign-in", || {
            let mut body = body.borrow_mut();
            let json = arrive(&passkey.authentication, &mut body);
            black_box(AuthenticationResponse::from_json(json));
        }),
        Subject::new("  JSON of a registration", || {
            let mut body = body.borrow_mut();
            let json = arrive(&passkey.registration, &mut body);
            black_box(RegistrationResponse::from_json(json));
        }),
        Subject::new("  sign-in without hash and signature", || {
            assert!(sign_in(&without, &POLICY));
        }),
        Subject::new("  registration without hash and key", || {
            assert!(register(&without));
        }),
        Subject::new("  sign-in up to the allowed credentials (step 5)", || {
            assert!(!sign_in(&without, &not_allowed));
        }),
        Subject::new("  sign-in up to the RP ID (step 15): client data", || {
            assert!(!sign_in(&without, &elsewhere));
        }),
        Subject::new("  authenticator data of a sign-in", || {
            let bytes = passkey.signed.get(..37).expect("they begin it");
            AuthenticatorData::parse(black_box(bytes)).expect("authenticator data");
        }),
        Subject::new("  COSE key", || {
            CoseKey::parse(black_box(&passkey.public_key)).expect("a key");
        }),
        Subject::new("  COSE key, and that it is a point (p256)", || {
            let key = CoseKey::parse(black_box(&passkey.public_key)).expect("a key");
            Es256.check_key(key.key()).expect("a point");
        }),
        Subject::new("  SHA-256 of what is signed", || {
            black_box(SoftSha256.digest(&[black_box(&passkey.signed)]));
        }),
    ];
    for _ in 0..ROUNDS {
        for subject in &mut subjects {
            subject.round();
        }
    }
    let mut out = io::stdout().lock();
    if !env::args().any(|argument| argument == "--goals") {
        write_times(&subjects, &mut out)?;
        writeln!(out)?;
    }
    write_goals(&subjects, &mut out)
}

fn write_times(subjects: &[Subject<'_>; SUBJECTS], out: &mut impl Write) -> io::Result<()> {
    let [p256, aws_lc, ..] = subjects.each_ref().map(Subject::nanoseconds);
    writeln!(out, "        ns  of p256's  of AWS-LC's")?;
    for subject in subjects {
        let taken = subject.nanoseconds();
        let (of_p256, of_aws_lc) = (taken / p256 * 100.0, taken / aws_lc * 100.0);
        let name = subject.name;
        writeln!(
            out,
            "{taken:>10.0} {of_p256:>8.2} % {of_aws_lc:>10.2} %  {name}"
        )?;
    }
    Ok(())
}

fn write_goals(subjects: &[Subject<'_>; SUBJECTS], out: &mut impl Write) -> io::Result<()> {
    let [p256, aws_lc, over_p256, over_aws_lc, registration, ..] =
        subjects.each_ref().map(Subject::nanoseconds);
    writeln!(out, "| the core | | goal | result |")?;
    writeln!(out, "| --- | ---: | ---: | --- |")?;
    for (library, alone, sign_in, goal) in [
        ("AWS-LC", aws_lc, over_aws_lc, 97.0),
        ("p256", p256, over_p256, 99.0),
    ] {
        let rate = alone / sign_in * 100.0;
        let result = if rate >= goal { "met" } else { "missed" };
        writeln!(
            out,
            "| sign-ins over {library}, of the rate of its signatures alone | {rate:.1} % | {goal} % | {result} |"
        )?;
    }
    // 1.5 µs where AWS-LC took 35.5 for a signature.
    let (ratio, goal) = (registration / aws_lc, 1.5 / 35.5);
    let result = match ratio <= goal {
        true => "met".to_owned(),
        false => format!("{:.2} times the goal", ratio / goal),
    };
    writeln!(
        out,
        "| a registration with `none`, beside one signature of AWS-LC | {ratio:.4} times | {goal:.4} | {result} |"
    )
}
