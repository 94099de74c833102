//! The verifier's exports for the browser; the work is `portcullis_core`'s. The features `verify`, `diagnose`,
//! `inspect`, `receipt` and `settings` make a module each.
//!
//! The modules are built without the standard library, which halves what a page has to load. The list of public
//! suffixes needs it.
#![cfg(target_arch = "wasm32")]
#![cfg_attr(not(feature = "settings"), no_std)]

extern crate alloc;

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// A trap is what JavaScript sees as a `RuntimeError`; the instance is not to be used again.
#[cfg(not(feature = "settings"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Judges one check (JSON) and returns the verdict (JSON), byte for byte that of `portcullis verify`.
/// `now` is the time, in seconds since 1970, at which trust is judged where the check names none.
#[cfg(feature = "diagnose")]
#[wasm_bindgen]
pub fn verify(check: String, now: f64) -> String {
    use alloc::vec;
    use portcullis_core::Crypto;
    use portcullis_core::check::{answer_check, room_for};
    use portcullis_core::data::UnixTime;

    let mut verdict = String::new();
    let mut room = vec![0; room_for(check.len())];
    // A cast from a float keeps within the integer's range.
    let now = UnixTime::new(now as i64);
    // A `String` takes whatever is written to it, and there is room.
    let _ = answer_check(
        check.as_bytes(),
        &mut room,
        Some(now),
        &Crypto::BUILT_IN,
        &mut verdict,
    );
    verdict
}

/// The same without the member `diagnosis`: what a page loads that only wants the verdict.
#[cfg(all(feature = "verify", not(feature = "diagnose")))]
#[wasm_bindgen]
pub fn verify(check: String, now: f64) -> String {
    use portcullis_core::Crypto;
    use portcullis_core::check::{CheckError, verify_check_at};
    use portcullis_core::data::UnixTime;

    let mut verdict = String::new();
    // A cast from a float keeps within the integer's range.
    let now = UnixTime::new(now as i64);
    let mut check = check.into_bytes();
    let judged = verify_check_at(&mut check, Some(now), &Crypto::BUILT_IN, &mut verdict);
    if let Err(CheckError::NotACheck(reason)) = judged {
        // A `String` takes whatever is written to it.
        let _ = reason.write_json(&mut verdict);
    }
    verdict
}

/// Verifies the receipt of an approved document (`portcullis_core::approval`), and returns the verdict
/// (JSON), byte for byte that of `portcullis verify-receipt`.
#[cfg(feature = "receipt")]
#[wasm_bindgen]
pub fn verify_receipt(check: String) -> String {
    use portcullis_core::Crypto;
    use portcullis_core::approval::verify_receipt;
    use portcullis_core::check::CheckError;

    let mut verdict = String::new();
    let judged = verify_receipt(&mut check.into_bytes(), &Crypto::BUILT_IN, &mut verdict);
    if let Err(CheckError::NotACheck(reason)) = judged {
        // A `String` takes whatever is written to it.
        let _ = reason.write_json(&mut verdict);
    }
    verdict
}

/// Explains any one artefact, in whatever form it was pasted, as `portcullis inspect --json` does.
#[cfg(feature = "inspect")]
#[wasm_bindgen]
pub fn inspect(artefact: String) -> String {
    use portcullis_core::inspect::{JsonWriter, inspect as explain};

    let mut json = JsonWriter::new(String::new());
    explain(&mut artefact.into_bytes(), &mut json);
    // A `String` takes whatever is written to it.
    json.finish().unwrap_or_default()
}

/// Examines what a relying party asks for (`portcullis_core::diagnose::settings`), and returns the concerns (JSON)
/// that `portcullis check-config FILE` prints.
#[cfg(feature = "settings")]
#[wasm_bindgen]
pub fn examine(settings: String) -> String {
    use alloc::vec;
    use portcullis_core::diagnose::settings::examine as examined;
    use public_suffix::{DEFAULT_PROVIDER, EffectiveTLDProvider as _};

    let is_public_suffix = |domain: &str| DEFAULT_PROVIDER.effective_tld_plus_one(domain).is_err();
    let mut concerns = String::new();
    let mut room = vec![0; settings.len()];
    // A `String` takes whatever is written to it.
    let _ = examined(
        settings.as_bytes(),
        &is_public_suffix,
        &mut room,
        &mut concerns,
    );
    concerns
}

/// The version of Portcullis that the module was built from.
#[wasm_bindgen]
pub fn version() -> String {
    String::from(env!("CARGO_PKG_VERSION"))
}
