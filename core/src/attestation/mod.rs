//! Attestation statement formats (WebAuthn section 8), one file a format.
//!
//! A format's `verify` is the procedure of its subsection, top to bottom. It says of what type the
//! attestation is; whether that is enough is the ceremony's to judge.

mod none;
mod packed;

use core::fmt;

use crate::algorithm::Crypto;
use crate::data::{AuthenticatorData, CoseKey};
use crate::encoding::Fault;
use crate::encoding::cbor::Item;

/// A registered attestation statement format (IANA "WebAuthn Attestation Statement Format Identifiers").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// No attestation, section 8.7.
    None,
    /// WebAuthn's own, section 8.2.
    Packed,
}

impl Format {
    /// Every format that can be verified here.
    pub const ALL: &'static [Self] = &[Self::None, Self::Packed];

    /// The identifier that an attestation object carries as `fmt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
        }
    }

    /// The format of this identifier, where it can be verified here.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
    }

    const fn bit(self) -> u16 {
        match self {
            Self::None => 1,
            Self::Packed => 1 << 1,
        }
    }
}

/// A set of formats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Formats(u16);

impl Formats {
    /// Every format that can be verified here.
    pub const ALL: Self = Self(u16::MAX);
    /// No format at all.
    pub const EMPTY: Self = Self(0);

    /// This set and one more format.
    #[must_use]
    pub const fn with(self, format: Format) -> Self {
        Self(self.0 | format.bit())
    }

    /// Whether the set has the format.
    #[must_use]
    pub const fn contains(self, format: Format) -> bool {
        self.0 & format.bit() != 0
    }
}

impl fmt::Debug for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formats = Format::ALL.iter().filter(|format| self.contains(**format));
        f.debug_set().entries(formats).finish()
    }
}

/// What kind of proof an attestation gives (WebAuthn section 6.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttestationType {
    /// None.
    None,
    /// The new key's own signature.
    SelfAttestation,
}

impl AttestationType {
    /// The type's name in a verdict.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfAttestation => "self",
        }
    }
}

/// A statement and what it is about.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'s, 'a> {
    pub(crate) att_stmt: Item<'a>,
    pub(crate) auth_data: &'s AuthenticatorData<'a>,
    pub(crate) client_data_hash: &'s [u8; 32],
    /// The new credential's key.
    pub(crate) key: &'s CoseKey<'a>,
    pub(crate) crypto: &'s Crypto<'s>,
}

/// Why a statement does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatementError {
    /// Not of its format's syntax.
    Malformed(Fault),
    /// Its algorithm does not fit its key.
    Algorithm,
    /// Its signature does not verify.
    Signature,
    /// A kind of statement that cannot be verified here.
    Unsupported,
}

/// Verifies a statement by its format's procedure.
#[inline(never)]
pub(crate) fn verify(
    format: Format,
    statement: &Statement<'_, '_>,
) -> Result<AttestationType, StatementError> {
    match format {
        Format::None => none::verify(statement),
        Format::Packed => packed::verify(statement),
    }
}
