use core::fmt;

/// One of the two ceremonies of WebAuthn Level 3, section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ceremony {
    /// Section 7.1.
    Registration,
    /// Section 7.2.
    Authentication,
}

/// A step of a ceremony, by its number in WebAuthn Level 3. Prints as `7.2.12`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    ceremony: Ceremony,
    number: u8,
}

/// The first step that a relying party performs after the browser has answered, in both ceremonies.
const FIRST: u8 = 3;

struct Entry {
    slug: &'static str,
    title: &'static str,
}

const fn entry(slug: &'static str, title: &'static str) -> Entry {
    Entry { slug, title }
}

/// Section 7.1, steps 3 to 29.
const REGISTRATION: [Entry; 27] = [
    entry("reg.response", "The response is an attestation response"),
    entry(
        "reg.client-extensions",
        "The client extension results are readable",
    ),
    entry("reg.client-data-utf8", "The client data is UTF-8 text"),
    entry("reg.client-data-json", "The client data is JSON"),
    entry("reg.type", "The client data is of type webauthn.create"),
    entry("reg.challenge", "The challenge is the one that was issued"),
    entry("reg.origin", "The origin is expected"),
    entry("reg.cross-origin", "A frame of another origin is expected"),
    entry("reg.top-origin", "The embedding page is expected"),
    entry("reg.client-data-hash", "The client data is hashed"),
    entry(
        "reg.attestation-object",
        "The attestation object is readable",
    ),
    entry(
        "reg.rp-id",
        "The authenticator acted for this relying party",
    ),
    entry("reg.user-present", "A person was present"),
    entry("reg.user-verified", "The person was verified"),
    entry("reg.backup-flags", "The backup flags agree with each other"),
    entry(
        "reg.backup-eligibility",
        "The backup eligibility suits the policy",
    ),
    entry("reg.backup-state", "The backup state suits the policy"),
    entry(
        "reg.algorithm",
        "The key is of an algorithm that was offered",
    ),
    entry(
        "reg.attestation-format",
        "The attestation format is known and accepted",
    ),
    entry(
        "reg.attestation-statement",
        "The attestation statement verifies",
    ),
    entry("reg.trust-anchors", "Trust anchors are found"),
    entry("reg.attestation-trust", "The attestation is trustworthy"),
    entry(
        "reg.credential-id",
        "The credential id is the attested one, at most 1023 bytes",
    ),
    entry(
        "reg.credential-unused",
        "The credential is not registered yet",
    ),
    entry("reg.credential-record", "The credential record is made"),
    entry("reg.extensions", "The extension outputs are processed"),
    entry("reg.done", "The registration is complete"),
];

/// Section 7.2, steps 3 to 25.
const AUTHENTICATION: [Entry; 23] = [
    entry("auth.response", "The response is an assertion response"),
    entry(
        "auth.client-extensions",
        "The client extension results are readable",
    ),
    entry("auth.allow-list", "The credential is one of those allowed"),
    entry("auth.user", "The credential belongs to the user"),
    entry(
        "auth.response-values",
        "Client data, authenticator data and signature are at hand",
    ),
    entry("auth.client-data-utf8", "The client data is UTF-8 text"),
    entry("auth.client-data-json", "The client data is JSON"),
    entry("auth.type", "The client data is of type webauthn.get"),
    entry("auth.challenge", "The challenge is the one that was issued"),
    entry("auth.origin", "The origin is expected"),
    entry("auth.cross-origin", "A frame of another origin is expected"),
    entry("auth.top-origin", "The embedding page is expected"),
    entry(
        "auth.rp-id",
        "The authenticator acted for this relying party",
    ),
    entry("auth.user-present", "A person was present"),
    entry("auth.user-verified", "The person was verified"),
    entry(
        "auth.backup-flags",
        "The backup flags agree with each other",
    ),
    entry(
        "auth.backup-eligibility",
        "The backup eligibility is the recorded one",
    ),
    entry("auth.client-data-hash", "The client data is hashed"),
    entry("auth.signature", "The signature verifies"),
    entry("auth.sign-count", "The signature counter has grown"),
    entry("auth.extensions", "The extension outputs are processed"),
    entry("auth.credential-record", "The credential record is updated"),
    entry("auth.done", "The sign-in is complete"),
];

impl Step {
    pub(crate) const fn new(ceremony: Ceremony, number: u8) -> Self {
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
