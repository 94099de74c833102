//! One assertion without cryptography: hash and algorithm return constants.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_firmware::constant::{ConstantAlgorithm, ConstantHash};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&ConstantHash, &[&ConstantAlgorithm])
);
