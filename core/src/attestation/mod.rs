//! Attestation statement formats (WebAuthn section 8), one file a format.
//!
//! A format's `verify` is the procedure of its subsection, top to bottom. It returns the attestation
//! type; the ceremony decides whether that is enough.

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
#[cfg(all(feature = "attestation", feature = "json"))]
pub(crate) use statement::last_issuer;
pub(crate) use statement::{Statement, StatementError, Verified};
#[cfg(feature = "inspect")]
pub(crate) use tpm::{Attest, PublicArea, Watch};
#[cfg(all(fuzzing, feature = "attestation"))]
pub(crate) use tpm::{is_attest, is_public_area};
#[cfg(feature = "trust")]
pub use trust::{PathError, verify_path};

/// Declares the statement formats in one table: identifier, description, the module with the procedure,
/// and how many of the module's `MEMBERS` are required: the first ones.
macro_rules! formats {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($($feature:tt)+)])?
        $format:ident = $name:literal, $description:literal, $module:ident requires $required:literal;
    )+) => {
        /// A registered attestation statement format (IANA "WebAuthn Attestation Statement Format
        /// Identifiers").
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[doc = $doc])+ $format,)+
        }

        impl Format {
            /// Every format that can be verified here.
            pub const ALL: &'static [Self] = &[
                $($(#[cfg($($feature)+)])? Self::$format,)+
            ];

            /// The identifier that an attestation object carries as `fmt`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$format => $name,)+ }
            }

            /// A short description.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$format => $description,)+ }
            }

            /// The required members of a statement, and the optional ones.
            #[cfg(feature = "inspect")]
            pub(crate) const fn members(
                self,
            ) -> (&'static [&'static str], &'static [&'static str]) {
                match self { $(Self::$format => const { $module::MEMBERS.split_at($required) },)+ }
            }
        }
    };
}

formats! {
    /// No attestation, [section 8.7](https://www.w3.org/TR/webauthn-3/#sctn-none-attestation).
    None = "none", "no attestation", none requires 0;
    /// WebAuthn's own, [section 8.2](https://www.w3.org/TR/webauthn-3/#sctn-packed-attestation).
    /// Without the feature `attestation` only in its self form.
    Packed = "packed", "WebAuthn's own format: the key's own signature, or a certificate's",
        packed requires 2;
    /// Trusted Platform Modules, [section 8.3](https://www.w3.org/TR/webauthn-3/#sctn-tpm-attestation).
    #[cfg(feature = "attestation")]
    Tpm = "tpm", "a Trusted Platform Module certifies the key", tpm requires 6;
    /// Android's key store,
    /// [section 8.4](https://www.w3.org/TR/webauthn-3/#sctn-android-key-attestation).
    #[cfg(feature = "attestation")]
    AndroidKey = "android-key", "the Android keystore certifies the key", android_key requires 3;
    /// Android's `SafetyNet`,
    /// [section 8.5](https://www.w3.org/TR/webauthn-3/#sctn-android-safetynet-attestation): a service
    /// that has ended.
    #[cfg(feature = "attestation")]
    AndroidSafetynet = "android-safetynet", "Google's SafetyNet vouches for the device (legacy)",
        android_safetynet requires 2;
    /// FIDO U2F security keys,
    /// [section 8.6](https://www.w3.org/TR/webauthn-3/#sctn-fido-u2f-attestation).
    #[cfg(feature = "attestation")]
    FidoU2f = "fido-u2f", "a U2F security key", fido_u2f requires 2;
    /// Apple's anonymous attestation,
    /// [section 8.8](https://www.w3.org/TR/webauthn-3/#sctn-apple-anonymous-attestation).
    #[cfg(feature = "attestation")]
    Apple = "apple", "Apple's anonymous attestation", apple requires 1;
    /// Several statements in one,
    /// [section 8.9](https://www.w3.org/TR/webauthn-3/#sctn-compound-attestation).
    #[cfg(feature = "attestation")]
    Compound = "compound", "several statements at once", compound requires 0;
}

impl Format {
    /// Whether what a statement signs has the AAGUID in it.
    pub(crate) const fn signs_aaguid(self) -> bool {
        match self {
            #[cfg(feature = "attestation")]
            Self::FidoU2f => false,
            _ => true,
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

/// Verifies a statement that is not compound.
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
        #[cfg(feature = "attestation")]
        Format::Compound => Err(StatementError::Unsupported),
        #[cfg(not(feature = "attestation"))]
        _ => Err(StatementError::Unsupported),
    }
}

impl Format {
    /// The format of this identifier, if it can be verified here.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
    }

    /// The format's place in a set of formats.
    #[expect(clippy::as_conversions, reason = "a variant's number, far below 16")]
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Formats {
    /// This set and one more format.
    #[must_use]
    pub const fn with(self, format: Format) -> Self {
        Self(self.0 | format.bit())
    }

    /// This set without one format.
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

/// What kind of proof an attestation gives
/// ([attestation types](https://www.w3.org/TR/webauthn-3/#sctn-attestation-types)).
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
