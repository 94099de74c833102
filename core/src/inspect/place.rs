//! Where in a JSON document a member is.

use crate::encoding::json::JsonStr;

/// What a member is in, where its name alone does not say what it means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anything else.
    Elsewhere,
    /// The outputs of client extensions.
    Extensions,
    /// Options that a browser is given.
    Options,
    /// Their relying party.
    RelyingParty,
    /// Their account.
    User,
    /// A kind of key that they offer.
    Parameters,
    /// A credential that they list.
    Descriptor,
}

impl Place {
    /// What a member of this one holds.
    pub(super) fn within(self, name: &JsonStr<'_>) -> Self {
        static PLACES: [(&str, Place); 6] = [
            ("publicKey", Place::Options),
            ("rp", Place::RelyingParty),
            ("user", Place::User),
            ("pubKeyCredParams", Place::Parameters),
            ("allowCredentials", Place::Descriptor),
            ("excludeCredentials", Place::Descriptor),
        ];
        if *name == *"clientExtensionResults" {
            return Self::Extensions;
        }
        let is_known = |(known, place): &&(&str, Self)| {
            *name == **known && (self == Self::Options || *place == Self::Options)
        };
        PLACES
            .iter()
            .find(is_known)
            .map_or(Self::Elsewhere, |(_, place)| *place)
    }
}
