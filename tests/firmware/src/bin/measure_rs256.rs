//! One RS256 assertion, with a key of 2048 bits.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{Rs256, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&Rs256])
);
