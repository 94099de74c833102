//! One RS256 assertion in an image that verifies ES256 too: what RS256 adds to it.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{Es256, Rs256, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::authentication,
    Crypto::new(&SoftSha256, &[&Es256, &Rs256])
);
