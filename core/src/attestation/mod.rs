//! Attestation statement formats (WebAuthn section 8), one file a format.
//!
//! A format's `verify` is the procedure of its subsection, top to bottom. It says of what type the
//! attestation is; whether that is enough is the ceremony's to judge.

#[cfg(feature = "attestation")]
mod android_key;
#[cfg(feature = "attestation")]
mod android_safetynet;
#[cfg(feature = "attestation")]
mod apple;
#[cfg(feature = "attestation")]
mod certificate;
#[cfg(feature = "attestation")]
mod compound;
#[cfg(feature = "attestation")]
mod fido_u2f;
mod none;
mod packed;
mod statement;
#[cfg(feature = "attestation")]
mod tpm;
#[cfg(feature = "trust")]
mod trust;

use core::fmt;

pub use crate::policy::Formats;
#[cfg(feature = "trust")]
pub use crate::policy::{Model, Models, Standing};
pub(crate) use statement::{Statement, StatementError, Verified};
#[cfg(feature = "inspect")]
pub(crate) use tpm::{Attest, PublicArea, Watch};
#[cfg(all(fuzzing, feature = "attestation"))]
pub(crate) use tpm::{is_attest, is_public_area};
#[cfg(feature = "trust")]
pub use trust::{PathError, verify_path};

/// A registered attestation statement format (IANA "WebAuthn Attestation Statement Format Identifiers").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// No attestation, section 8.7.
    None,
    /// WebAuthn's own, section 8.2. Without the feature `attestation` only in its self form.
    Packed,
    /// Trusted platform modules, section 8.3.
    Tpm,
    /// Android's key store, section 8.4.
    AndroidKey,
    /// Android's `SafetyNet`, section 8.5: a service that has ended.
    AndroidSafetynet,
    /// FIDO U2F security keys, section 8.6.
    FidoU2f,
    /// Apple's anonymous attestation, section 8.8.
    Apple,
    /// Several statements in one, section 8.9.
    Compound,
}

impl Format {
    /// Every format that can be verified here.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::Packed,
        #[cfg(feature = "attestation")]
        Self::Tpm,
        #[cfg(feature = "attestation")]
        Self::AndroidKey,
        #[cfg(feature = "attestation")]
        Self::AndroidSafetynet,
        #[cfg(feature = "attestation")]
        Self::FidoU2f,
        #[cfg(feature = "attestation")]
        Self::Apple,
        #[cfg(feature = "attestation")]
        Self::Compound,
    ];

    /// The identifier that an attestation object carries as `fmt`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
            Self::Tpm => "tpm",
            Self::AndroidKey => "android-key",
            Self::AndroidSafetynet => "android-safetynet",
            Self::FidoU2f => "fido-u2f",
            Self::Apple => "apple",
            Self::Compound => "compound",
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
            Self::Tpm => 1 << 2,
            Self::AndroidKey => 1 << 3,
            Self::AndroidSafetynet => 1 << 4,
            Self::FidoU2f => 1 << 5,
            Self::Apple => 1 << 6,
            Self::Compound => 1 << 7,
        }
    }
}

impl Formats {
    /// This set and one more format.
    #[must_use]
    pub const fn with(self, format: Format) -> Self {
        Self(self.0 | format.bit())
    }

    /// This set but for one format.
    #[must_use]
    pub const fn without(self, format: Format) -> Self {
        Self(self.0 & !format.bit())
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
    /// A key that authenticators of one model share.
    Basic,
    /// A key of this authenticator, certified by an attestation CA.
    AttestationCa,
    /// A key of this credential, certified by an anonymization CA.
    AnonymizationCa,
}

impl AttestationType {
    /// The type's name in a verdict.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SelfAttestation => "self",
            Self::Basic => "basic",
            Self::AttestationCa => "AttCA",
            Self::AnonymizationCa => "AnonCA",
        }
    }
}

/// Verifies a statement by its format's procedure.
#[inline(never)]
pub(crate) fn verify(
    format: Format,
    statement: &Statement<'_, '_>,
) -> Result<Verified, StatementError> {
    match format {
        #[cfg(feature = "attestation")]
        Format::Compound => compound::verify(statement),
        _ => verify_simple(format, statement),
    }
}

/// Verifies a statement that is not made of others.
fn verify_simple(
    format: Format,
    statement: &Statement<'_, '_>,
) -> Result<Verified, StatementError> {
    match format {
        Format::None => none::verify(statement),
        Format::Packed => packed::verify(statement),
        #[cfg(feature = "attestation")]
        Format::Tpm => tpm::verify(statement),
        #[cfg(feature = "attestation")]
        Format::AndroidKey => android_key::verify(statement),
        #[cfg(feature = "attestation")]
        Format::AndroidSafetynet => android_safetynet::verify(statement),
        #[cfg(feature = "attestation")]
        Format::FidoU2f => fido_u2f::verify(statement),
        #[cfg(feature = "attestation")]
        Format::Apple => apple::verify(statement),
        _ => Err(StatementError::Unsupported),
    }
}
