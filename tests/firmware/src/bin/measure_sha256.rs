//! One assertion whose signature alone is not verified.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::SoftSha256;
use portcullis_firmware::constant::ConstantAlgorithm;
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&ConstantAlgorithm])
);
