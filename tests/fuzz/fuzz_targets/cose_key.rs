//! A COSE key: whatever is taken for a key, no signature without its private half verifies with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_core::data::CoseKey;
use portcullis_fuzz::ceremony::takes_signature;

/// Signatures that mathematics without its checks would take: r and s zero or one, in the encodings of
/// ECDSA, `EdDSA` and RSA.
fn degenerate() -> impl Iterator<Item = Vec<u8>> {
    let der = [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[r, s]| vec![0x30, 6, 2, 1, r, 2, 1, s]);
    let fixed = [64, 114, 256, 384, 512].into_iter().flat_map(|length| {
        let zero = vec![0; length];
        let (mut first, mut last) = (zero.clone(), zero.clone());
        first[0] = 1;
        last[length - 1] = 1;
        [zero, first, last]
    });
    der.into_iter().chain(fixed)
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(key) = CoseKey::parse(bytes) else {
        return;
    };
    for signature in degenerate() {
        assert!(!takes_signature(key.key(), &signature), "{key:02x?}");
    }
});
