//! One EdDSA assertion.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{EdDsa, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&EdDsa])
);
