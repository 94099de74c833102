//! What the relying party knows and wants: below the attestation statements and the ceremonies, which
//! both read it.

#[cfg(feature = "trust")]
mod models;

#[cfg(feature = "trust")]
pub use models::{Model, Models, Standing};

use crate::data::{CoseAlgorithm, Origin, UnixTime};

/// What the relying party knows and wants. [`Policy::new`] gives the strict defaults.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// RP ids, any of which the authenticator may have acted for.
    pub rp_ids: &'a [&'a str],
    /// Origins, any of which the client may have run the ceremony on.
    pub origins: &'a [Origin<'a>],
    /// Whether the ceremony may have run in a frame of another origin.
    pub cross_origin: CrossOrigin<'a>,
    /// Whether the authenticator has to have verified the person.
    pub user_verification: UserVerification,
    /// How the ceremony was mediated; a conditional registration may lack UP.
    pub mediation: Mediation,
    /// Algorithms that a new key may have; `None`: all that there is a mechanism for.
    pub algorithms: Option<&'a [CoseAlgorithm]>,
    /// Attestation statement formats that a registration may bring.
    pub formats: Formats,
    /// What an attestation statement has to prove.
    pub attestation: AttestationPolicy,
    /// Certificates, in DER, to one of which an attestation has to lead that has to be trusted.
    pub roots: &'a [&'a [u8]],
    /// Who knows the roots of each model of authenticator, and whether it may be registered at all.
    #[cfg(feature = "trust")]
    pub models: Option<&'a dyn Models>,
    /// The time at which an attestation's certificates have to be valid; `None`: dates are not judged.
    pub time: Option<UnixTime>,
    /// Of an Android key only what its secure hardware enforces counts (section 8.4).
    pub android_key_tee: bool,
    /// Credential ids that are registered already.
    pub existing_credentials: &'a [&'a [u8]],
    /// Credential ids that a sign-in was asked with; none, or an empty list: any.
    pub allow_credentials: Option<&'a [&'a [u8]]>,
    /// The account's user handle, where it is known.
    pub user_handle: Option<&'a [u8]>,
    /// The response has to carry the user handle, because nothing else says whose it is.
    pub discoverable: bool,
    /// What follows from a signature counter that did not grow.
    pub counter: CounterPolicy,
    /// What follows from a backup eligibility that is not the recorded one.
    pub backup: BackupPolicy,
    /// The FIDO `AppID` that was requested with the `appid` extension (section 10.1.1).
    pub app_id: Option<&'a str>,
}

impl<'a> Policy<'a> {
    /// The strict policy for these RP ids and origins.
    #[must_use]
    pub const fn new(rp_ids: &'a [&'a str], origins: &'a [Origin<'a>]) -> Self {
        Self {
            rp_ids,
            origins,
            cross_origin: CrossOrigin::Refused,
            user_verification: UserVerification::Preferred,
            mediation: Mediation::Modal,
            algorithms: None,
            formats: Formats::ALL,
            attestation: AttestationPolicy::Verify,
            roots: &[],
            #[cfg(feature = "trust")]
            models: None,
            time: None,
            android_key_tee: false,
            existing_credentials: &[],
            allow_credentials: None,
            user_handle: None,
            discoverable: false,
            counter: CounterPolicy::Reject,
            backup: BackupPolicy::Consistent,
            app_id: None,
        }
    }
}

/// A set of attestation statement formats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Formats(pub(crate) u16);

impl Formats {
    /// Every format that can be verified here.
    pub const ALL: Self = Self(u16::MAX);
    /// No format at all.
    pub const EMPTY: Self = Self(0);
}

/// Whether a ceremony may have run in a frame that is not same-origin with its ancestors.
#[derive(Clone, Copy, Debug)]
pub enum CrossOrigin<'a> {
    /// It may not.
    Refused,
    /// It may.
    Expected {
        /// Origins that may embed the frame, where the client names one; `None`: any.
        top_origins: Option<&'a [Origin<'a>]>,
    },
}

/// `UserVerificationRequirement` (section 5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// A response without UV is refused.
    Required,
    /// UV is welcome.
    Preferred,
    /// UV is not asked for.
    Discouraged,
}

/// The mediation that the ceremony was asked for with, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mediation {
    /// The person was asked.
    Modal,
    /// `conditional`: the browser acted by itself if it could.
    Conditional,
}

/// What an attestation statement has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttestationPolicy {
    /// Nothing: it is not looked at.
    Ignore,
    /// That it is right in itself.
    Verify,
    /// Also that its certificates lead to one of the policy's roots, each valid at the policy's time.
    Trusted,
}

/// What follows from a signature counter that did not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterPolicy {
    /// The sign-in is refused.
    Reject,
    /// It is noted.
    Report,
}

/// What follows from a backup eligibility that is not the recorded one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupPolicy {
    /// The sign-in is refused.
    Consistent,
    /// It is noted.
    Report,
}
