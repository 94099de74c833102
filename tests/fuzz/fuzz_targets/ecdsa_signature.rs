//! An ECDSA signature in DER: what the core takes apart, another DER reader does too, to the same
//! numbers, and the other way round up to the length that any curve needs.
#![no_main]

use der::{Decode, Reader, SliceReader, asn1::UintRef};
use libfuzzer_sys::fuzz_target;
use portcullis_core::fuzzing::split_ecdsa_signature;

/// The other reader's numbers, where both are positive.
fn reference(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let read = || -> der::Result<(&[u8], &[u8])> {
        let mut reader = SliceReader::new(signature)?;
        let numbers = reader.sequence(|inner| {
            let (r, s) = (UintRef::decode(inner)?, UintRef::decode(inner)?);
            Ok::<_, der::Error>((r.as_bytes(), s.as_bytes()))
        })?;
        reader.finish()?;
        Ok(numbers)
    };
    let (r, s) = read().ok()?;
    (r != [0] && s != [0]).then_some((r, s))
}

fuzz_target!(|signature: &[u8]| {
    let found = split_ecdsa_signature(signature).ok();
    // Of 256 bytes and more the core reads none.
    if found.is_some() || signature.len() <= 255 {
        assert_eq!(found, reference(signature));
    }
});
