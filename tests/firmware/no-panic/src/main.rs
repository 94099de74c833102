//! The proof that the core has no branch that panics: this program links only if none has survived,
//! because what a panic would call does not exist.
//!
//! It is only linked, never run, so it needs no board: the same program is the proof for a
//! microcontroller and for this machine. Inputs are opaque to the optimiser, results are used.
//! What is proven is everything the core reads and decides, with its own SHA-256 and ES256, and with an
//! algorithm of the caller's, as it would be with a crypto peripheral.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::panic::PanicInfo;

use portcullis_core::algorithm::{Es256Small, KeyError, SignatureError, SoftSha256};
use portcullis_core::check::{CheckError, answer_check, verify_check};
use portcullis_core::data::{ClientDataReader, PublicKey, UnixTime};
use portcullis_core::diagnose::settings::examine;
use portcullis_core::inspect::{JsonWriter, TextWriter, inspect};
use portcullis_core::limits::TRACE_STEPS_MAX;
use portcullis_core::{
    AuthenticationResponse, Challenge, CoseAlgorithm, CredentialRecord, Crypto, Error, Origin,
    Policy, RegistrationResponse, SignatureAlgorithm, StoredCredential, TraceLog,
    verify_authentication, verify_registration,
};

unsafe extern "C" {
    /// Nowhere defined.
    fn a_branch_that_panics_survived() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: never linked, and so never called.
    unsafe { a_branch_that_panics_survived() }
}

/// An algorithm that the optimiser knows nothing about.
struct Unknown;

impl SignatureAlgorithm for Unknown {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::new(black_box(-7))
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        black_box(key);
        black_box(Err(KeyError))
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        black_box((key, message, signature));
        black_box(Err(SignatureError))
    }
}

/// Takes text and keeps none of it.
struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        black_box(text);
        black_box(Ok(()))
    }
}

const CRYPTO: Crypto<'static> =
    Crypto::new(&SoftSha256, &[&Es256Small, &Unknown]).with_attestation_algorithms(&[&Unknown]);

/// Bytes of which nothing is known, not even how many there are.
fn bytes<'a>() -> &'a [u8] {
    black_box(&[])
}

fn bytes_mut<'a>() -> &'a mut [u8] {
    black_box(&mut [])
}

fn text<'a>() -> &'a str {
    core::str::from_utf8(bytes()).unwrap_or_default()
}

fn show(error: Error) {
    let shown = write!(
        Sink,
        "{error} {} {} {} {}",
        error.code(),
        error.message(),
        error.step().slug(),
        error.step().title()
    );
    black_box(shown.is_ok());
}

fn show_trace(trace: &TraceLog<'_, TRACE_STEPS_MAX>) {
    for entry in trace.entries() {
        let shown = write!(Sink, "{} {}", entry.step, entry.outcome.name());
        black_box((shown.is_ok(), entry.value));
    }
    for note in trace.notes() {
        black_box(note.message());
    }
}

fn register(response: &RegistrationResponse<'_>, challenge: Challenge<'_>, policy: &Policy<'_>) {
    let mut trace = TraceLog::new();
    for transport in response.transports() {
        black_box(transport);
    }
    match verify_registration(response, challenge, policy, &CRYPTO, &mut trace) {
        Ok(verified) => keep(&verified.record()),
        Err(error) => show(error),
    }
    show_trace(&trace);
}

fn sign_in(response: &AuthenticationResponse<'_>, challenge: Challenge<'_>, policy: &Policy<'_>) {
    let mut trace = TraceLog::new();
    let record = CredentialRecord::new(bytes(), bytes(), black_box(0))
        .with_backup_eligible(black_box(None))
        .with_backup_state(black_box(None));
    let record = black_box(Some(&record));
    match verify_authentication(response, record, challenge, policy, &CRYPTO, &mut trace) {
        Ok(verified) => {
            black_box((verified.sign_count(), verified.user_handle()));
        }
        Err(error) => show(error),
    }
    show_trace(&trace);
}

fn keep(record: &CredentialRecord<'_>) {
    if let Ok(mut stored) = StoredCredential::<64, 96>::new(record) {
        stored.update(black_box(1), black_box(true));
        black_box(stored.to_cbor(bytes_mut()).is_ok());
    }
    if let Ok(stored) = StoredCredential::<64, 96>::from_cbor(bytes()) {
        black_box(stored.record());
    }
}

/// The first function of the program, as every linker calls it.
///
/// # Safety
///
/// It is never called.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    let rp_ids = [text()];
    if let (Some(challenge), Ok(origin)) = (Challenge::new(bytes()), Origin::parse(text())) {
        let origins = [origin];
        let reader = black_box(ClientDataReader::LIMITED);
        let policy = black_box(Policy::new(&rp_ids, &origins).with_client_data(reader));
        register(
            &RegistrationResponse::new(bytes(), bytes(), bytes()),
            challenge,
            &policy,
        );
        register(
            &RegistrationResponse::from_json(bytes_mut()),
            challenge,
            &policy,
        );
        let plain = AuthenticationResponse::new(bytes(), bytes(), bytes(), bytes());
        sign_in(&plain.with_user_handle(bytes()), challenge, &policy);
        sign_in(
            &AuthenticationResponse::from_json(bytes_mut()),
            challenge,
            &policy,
        );
    }
    black_box(UnixTime::parse_rfc3339(text()).ok());
    match verify_check(bytes_mut(), &CRYPTO, &mut Sink) {
        Err(CheckError::NotACheck(reason)) => drop(black_box(reason.write_json(&mut Sink))),
        judged => drop(black_box(judged)),
    }
    black_box(answer_check(bytes(), bytes_mut(), None, &CRYPTO, &mut Sink).is_ok());
    let is_public_suffix = |domain: &str| !black_box(domain).is_empty();
    black_box(examine(bytes(), &is_public_suffix, bytes_mut(), &mut Sink).is_ok());
    inspect(bytes_mut(), &mut TextWriter::new(&mut Sink));
    inspect(bytes_mut(), &mut JsonWriter::new(&mut Sink));
    #[cfg(feature = "a-panic")]
    black_box(bytes()[black_box(7)]);
    loop {
        core::hint::spin_loop();
    }
}
