//! One ES256 assertion with the core's own arithmetic.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{Es256Small, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&Es256Small])
);
