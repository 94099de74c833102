//! What the relying party knows and requires. Attestation statements and ceremonies both read it, so it
//! is a layer below them.

#[cfg(feature = "trust")]
mod models;

#[cfg(feature = "trust")]
pub use models::{Model, Models, Standing};

use crate::data::{ClientDataReader, CoseAlgorithm, Origin, UnixTime};

/// Declares [`Policy`] in one table: each member with its default and its builder method.
macro_rules! policy {
    ($(
        $(#[doc = $doc:literal])+
        $(#[cfg($($feature:tt)+)])?
        $member:ident: $type:ty = $default:expr, $with:ident;
    )+) => {
        /// What the relying party knows and requires: [`Policy::new`] gives the defaults, the
        /// methods change them.
        ///
        /// ```
        /// use portcullis_core::ceremony::UserVerification;
        /// use portcullis_core::{Origin, Policy};
        ///
        /// const POLICY: Policy<'_> =
        ///     Policy::new(&["example.org"], &[Origin::exact("https://example.org")])
        ///         .with_user_verification(UserVerification::Required);
        /// ```
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct Policy<'a> {
            /// RP IDs, any of which the authenticator may have acted for.
            pub rp_ids: &'a [&'a str],
            /// Origins, any of which the client may have run the ceremony on.
            pub origins: &'a [Origin<'a>],
            $(
                $(#[doc = $doc])+
                $(#[cfg($($feature)+)])?
                pub $member: $type,
            )+
        }

        impl<'a> Policy<'a> {
            /// The default policy for these RP IDs and origins.
            #[must_use]
            pub const fn new(rp_ids: &'a [&'a str], origins: &'a [Origin<'a>]) -> Self {
                Self {
                    rp_ids,
                    origins,
                    $(
                        $(#[cfg($($feature)+)])?
                        $member: $default,
                    )+
                }
            }

            $(
                #[doc = concat!("The same policy with this [`", stringify!($member), "`](Self::", stringify!($member), ").")]
                $(#[cfg($($feature)+)])?
                #[must_use]
                pub const fn $with(mut self, $member: $type) -> Self {
                    self.$member = $member;
                    self
                }
            )+
        }
    };
}

policy! {
    /// Whether the ceremony may have run in a frame of another origin.
    cross_origin: CrossOrigin<'a> = CrossOrigin::Refused, with_cross_origin;
    /// Which spellings of the client data are read.
    client_data: ClientDataReader = ClientDataReader::TOLERANT, with_client_data;
    /// Whether the authenticator has to have verified the user.
    user_verification: UserVerification = UserVerification::Preferred, with_user_verification;
    /// How the ceremony was mediated; a conditional registration may lack UP.
    mediation: Mediation = Mediation::Modal, with_mediation;
    /// Algorithms that a new key may have; `None`: all that can be verified.
    algorithms: Option<&'a [CoseAlgorithm]> = None, with_algorithms;
    /// Attestation statement formats that a registration may bring.
    formats: Formats = Formats::ALL, with_formats;
    /// What an attestation statement has to prove.
    attestation: AttestationPolicy = AttestationPolicy::Verify, with_attestation;
    /// Certificates in DER. A trusted attestation has to lead to one of them.
    roots: &'a [&'a [u8]] = &[], with_roots;
    /// Metadata: the roots of each model of authenticator, and whether it may be registered at all.
    #[cfg(feature = "trust")]
    models: Option<&'a dyn Models> = None, with_models;
    /// The time at which an attestation's certificates have to be valid; `None`: dates are not judged.
    time: Option<UnixTime> = None, with_time;
    /// Whether only the properties that secure hardware enforces count for an Android key
    /// ([section 8.4](https://www.w3.org/TR/webauthn-3/#sctn-android-key-attestation)).
    android_key_tee: bool = false, with_android_key_tee;
    /// Credential ids that are registered already.
    existing_credentials: &'a [&'a [u8]] = &[], with_existing_credentials;
    /// Credential ids that the sign-in was requested with; `None` or an empty list: any.
    allow_credentials: Option<&'a [&'a [u8]]> = None, with_allow_credentials;
    /// The account's user handle, if known.
    user_handle: Option<&'a [u8]> = None, with_user_handle;
    /// The response has to carry the user handle, because nothing else identifies the account.
    discoverable: bool = false, with_discoverable;
    /// What to do about a signature counter that did not increase.
    counter: CounterPolicy = CounterPolicy::Reject, with_counter;
    /// What to do about a backup eligibility that differs from the record.
    backup: BackupPolicy = BackupPolicy::Consistent, with_backup;
    /// The FIDO `AppID` that was requested with the `appid` extension
    /// ([section 10.1.1](https://www.w3.org/TR/webauthn-3/#sctn-appid-extension)).
    app_id: Option<&'a str> = None, with_app_id;
    /// A `tpm` attestation may name the TPM's public area by SHA-1
    /// ([section 8.3](https://www.w3.org/TR/webauthn-3/#sctn-tpm-attestation)).
    tpm_sha1_names: bool = true, with_tpm_sha1_names;
    /// What is not of its specified form is refused, also where it harms nothing and is otherwise only noted,
    /// such as a member that the attestation statement's format does not name.
    strict: bool = false, with_strict;
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
///
/// A page that embeds the relying party's learns at least that a ceremony took place, and a relying party that
/// many pages embed can follow its users from one to the next
/// ([section 14.5](https://www.w3.org/TR/webauthn-3/#sctn-privacy-considerations-client)): expect frames only
/// of pages that are named.
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

impl<'a> CrossOrigin<'a> {
    pub(crate) const fn top_origins(self) -> Option<&'a [Origin<'a>]> {
        match self {
            Self::Expected { top_origins } => top_origins,
            Self::Refused => None,
        }
    }
}

/// [`UserVerificationRequirement`](https://www.w3.org/TR/webauthn-3/#enumdef-userverificationrequirement).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// A response without UV is refused.
    Required,
    /// UV is optional.
    Preferred,
    /// UV is not requested.
    Discouraged,
}

/// The mediation that the ceremony was requested with, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mediation {
    /// The user was prompted.
    Modal,
    /// `conditional`: the browser may have acted without a prompt.
    Conditional,
}

/// What an attestation statement has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttestationPolicy {
    /// Nothing: it is ignored.
    Ignore,
    /// That it verifies by its format's procedure.
    Verify,
    /// Also that its certificates lead to one of the policy's roots and are valid at the policy's time.
    Trusted,
}

/// What to do about a signature counter that did not increase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterPolicy {
    /// The sign-in is refused.
    Reject,
    /// It is noted.
    Report,
}

/// What to do about a backup eligibility that differs from the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupPolicy {
    /// The sign-in is refused.
    Consistent,
    /// It is noted.
    Report,
}
