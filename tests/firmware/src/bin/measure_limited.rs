//! One assertion without cryptography, its client data read by the limited verification alone.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_firmware::constant::{ConstantAlgorithm, ConstantHash};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::limited_authentication,
    Crypto::new(&ConstantHash, &[&ConstantAlgorithm])
);
