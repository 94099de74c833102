use core::fmt;

/// One of the two ceremonies of WebAuthn Level 3, section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ceremony {
    /// [Section 7.1](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential).
    Registration,
    /// [Section 7.2](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
    Authentication,
}

/// A step of a ceremony, by its number in WebAuthn Level 3. Prints as `7.2.12`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    ceremony: Ceremony,
    number: u8,
}

struct Entry {
    slug: &'static str,
    title: &'static str,
}

/// The first step that a relying party performs after the browser has answered, in both ceremonies.
const FIRST: u8 = 3;

/// Declares the steps of a ceremony in one table: number, constant, slug, and what holds once the step
/// has been performed.
macro_rules! steps {
    ($table:ident, $ceremony:ident, $anchor:literal: $($number:literal $name:ident = $slug:literal, $title:literal;)+) => {
        const $table: &[Entry] = &[$(Entry { slug: $slug, title: $title },)+];

        impl Step {
            $(
                #[doc = concat!("[Step ", $number, "](https://www.w3.org/TR/webauthn-3/#", $anchor, "), `", $slug, "`: ", $title, ".")]
                pub const $name: Self = Self::new(Ceremony::$ceremony, $number);
            )+
        }

        // The numbers are consecutive: an entry is found by its place.
        const _: () = {
            let numbers: &[u8] = &[$($number),+];
            let (mut rest, mut expected) = (numbers, FIRST);
            while let [number, others @ ..] = rest {
                assert!(*number == expected, "the steps of a ceremony are consecutive");
                (rest, expected) = (others, expected.saturating_add(1));
            }
        };
    };
}

steps! {
    REGISTRATION, Registration, "sctn-registering-a-new-credential":
    3 REG_RESPONSE = "reg.response", "The response is an attestation response";
    4 REG_CLIENT_EXTENSIONS = "reg.client-extensions", "The client extension results relied on are readable";
    5 REG_CLIENT_DATA_UTF8 = "reg.client-data-utf8", "The client data is UTF-8 text";
    6 REG_CLIENT_DATA_JSON = "reg.client-data-json", "The client data is JSON";
    7 REG_TYPE = "reg.type", "The client data is of type webauthn.create";
    8 REG_CHALLENGE = "reg.challenge", "The challenge is the one that was issued";
    9 REG_ORIGIN = "reg.origin", "The origin is expected";
    10 REG_CROSS_ORIGIN = "reg.cross-origin", "A frame of another origin is expected";
    11 REG_TOP_ORIGIN = "reg.top-origin", "The embedding page is expected";
    12 REG_CLIENT_DATA_HASH = "reg.client-data-hash", "The client data is hashed";
    13 REG_ATTESTATION_OBJECT = "reg.attestation-object", "The attestation object is readable";
    14 REG_RP_ID = "reg.rp-id", "The authenticator acted for this relying party";
    15 REG_USER_PRESENT = "reg.user-present", "A person was present";
    16 REG_USER_VERIFIED = "reg.user-verified", "The person was verified";
    17 REG_BACKUP_FLAGS = "reg.backup-flags", "The backup flags agree with each other";
    18 REG_BACKUP_ELIGIBILITY = "reg.backup-eligibility", "The backup eligibility suits the policy";
    19 REG_BACKUP_STATE = "reg.backup-state", "The backup state suits the policy";
    20 REG_ALGORITHM = "reg.algorithm", "The key is of an algorithm that was offered";
    21 REG_ATTESTATION_FORMAT = "reg.attestation-format", "The attestation format is known and accepted";
    22 REG_ATTESTATION_STATEMENT = "reg.attestation-statement", "The attestation statement verifies";
    23 REG_TRUST_ANCHORS = "reg.trust-anchors", "Trust anchors are found";
    24 REG_ATTESTATION_TRUST = "reg.attestation-trust", "The attestation is trustworthy";
    25 REG_CREDENTIAL_ID = "reg.credential-id", "The credential id is the attested one, at most 1023 bytes";
    26 REG_CREDENTIAL_UNUSED = "reg.credential-unused", "The credential is not registered yet";
    27 REG_CREDENTIAL_RECORD = "reg.credential-record", "The credential record is made";
    28 REG_EXTENSIONS = "reg.extensions", "The extension outputs are processed";
    29 REG_DONE = "reg.done", "The registration is complete";
}

steps! {
    AUTHENTICATION, Authentication, "sctn-verifying-assertion":
    3 AUTH_RESPONSE = "auth.response", "The response is an assertion response";
    4 AUTH_CLIENT_EXTENSIONS = "auth.client-extensions", "The client extension results relied on are readable";
    5 AUTH_ALLOW_LIST = "auth.allow-list", "The credential is one of those allowed";
    6 AUTH_USER = "auth.user", "The credential belongs to the user";
    7 AUTH_RESPONSE_VALUES = "auth.response-values", "Client data, authenticator data and signature are at hand";
    8 AUTH_CLIENT_DATA_UTF8 = "auth.client-data-utf8", "The client data is UTF-8 text";
    9 AUTH_CLIENT_DATA_JSON = "auth.client-data-json", "The client data is JSON";
    10 AUTH_TYPE = "auth.type", "The client data is of type webauthn.get";
    11 AUTH_CHALLENGE = "auth.challenge", "The challenge is the one that was issued";
    12 AUTH_ORIGIN = "auth.origin", "The origin is expected";
    13 AUTH_CROSS_ORIGIN = "auth.cross-origin", "A frame of another origin is expected";
    14 AUTH_TOP_ORIGIN = "auth.top-origin", "The embedding page is expected";
    15 AUTH_RP_ID = "auth.rp-id", "The authenticator acted for this relying party";
    16 AUTH_USER_PRESENT = "auth.user-present", "A person was present";
    17 AUTH_USER_VERIFIED = "auth.user-verified", "The person was verified";
    18 AUTH_BACKUP_FLAGS = "auth.backup-flags", "The backup flags agree with each other";
    19 AUTH_BACKUP_ELIGIBILITY = "auth.backup-eligibility", "The backup eligibility is the recorded one";
    20 AUTH_CLIENT_DATA_HASH = "auth.client-data-hash", "The client data is hashed";
    21 AUTH_SIGNATURE = "auth.signature", "The signature verifies";
    22 AUTH_SIGN_COUNT = "auth.sign-count", "The signature counter has grown";
    23 AUTH_EXTENSIONS = "auth.extensions", "The extension outputs are processed";
    24 AUTH_CREDENTIAL_RECORD = "auth.credential-record", "The credential record is updated";
    25 AUTH_DONE = "auth.done", "The sign-in is complete";
}

impl Step {
    const fn new(ceremony: Ceremony, number: u8) -> Self {
        Self { ceremony, number }
    }

    /// Every step of a ceremony that a relying party performs after the browser has answered.
    pub fn all(ceremony: Ceremony) -> impl Iterator<Item = Self> {
        let steps = match ceremony {
            Ceremony::Registration => REGISTRATION.len(),
            Ceremony::Authentication => AUTHENTICATION.len(),
        };
        (FIRST..)
            .take(steps)
            .map(move |number| Self::new(ceremony, number))
    }

    /// The ceremony that the step belongs to.
    #[must_use]
    pub const fn ceremony(self) -> Ceremony {
        self.ceremony
    }

    /// The step's number within its section.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.number
    }

    /// A short name that stays when the specification renumbers: `auth.origin`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.entry().map_or("", |entry| entry.slug)
    }

    /// What holds once the step has been performed.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.entry().map_or("", |entry| entry.title)
    }

    fn entry(self) -> Option<&'static Entry> {
        let index = usize::from(self.number.checked_sub(FIRST)?);
        match self.ceremony {
            Ceremony::Registration => REGISTRATION.get(index),
            Ceremony::Authentication => AUTHENTICATION.get(index),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = match self.ceremony {
            Ceremony::Registration => 1,
            Ceremony::Authentication => 2,
        };
        write!(f, "7.{section}.{}", self.number)
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
