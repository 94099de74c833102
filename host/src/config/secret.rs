//! Key material.

use core::fmt;
use core::str::FromStr;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

use crate::encoding::from_hex;

/// 43 characters hold two bits more than 32 bytes: a typed secret may set them.
const ANY_BASE64URL: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// Key material of 32 bytes. It is never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Key material from a random source of the caller's.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn random() -> Result<Self, String> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| "the system has no randomness".to_owned())?;
        Ok(Self(bytes))
    }

    /// The spelling that [`FromStr`] reads.
    pub(super) fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = match text.len() {
            64 => from_hex(text),
            43 => ANY_BASE64URL.decode(text).ok(),
            _ => None,
        };
        let bytes = bytes
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(
                "must be 64 hex digits or 43 base64url characters; `openssl rand -hex 32` makes one",
            )?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(
                "is one byte 32 times, which anybody can guess; `openssl rand -hex 32` makes one"
                    .to_owned(),
            );
        }
        Ok(Self(bytes))
    }
}
