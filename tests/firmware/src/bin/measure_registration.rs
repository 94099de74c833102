//! One ES256 registration with self attestation.
#![no_std]
#![no_main]

use portcullis_core::Crypto;
use portcullis_core::algorithm::{Es256, SoftSha256};
use portcullis_firmware::{ceremony, measured};

measured!(ceremony::registration, Crypto::new(&SoftSha256, &[&Es256]));
