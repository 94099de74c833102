//! One ES256 assertion in the smallest image: the core's own arithmetic, client data read by the limited
//! verification.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{Es256Small, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(
    ceremony::limited_authentication,
    Crypto::new(&SoftSha256, &[&Es256Small])
);
