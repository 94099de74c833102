//! Which authenticators are trusted: roots of the operator's, the FIDO metadata, and a list of models, as
//! the verifier asks for them.

mod aaguids;
pub mod metadata;
mod roots;

use portcullis_core::attestation::{Model, Models, Standing};
use portcullis_core::data::UnixTime;

pub use aaguids::Aaguids;
pub use metadata::Metadata;
pub(crate) use roots::{read_bounded, read_file, read_folder};

/// What the settings say of authenticators.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Certificates in DER that are roots for every model.
    pub roots: Vec<Vec<u8>>,
    /// The FIDO metadata: roots for single models, and what has become of these.
    pub metadata: Option<Metadata>,
    /// The models that are wanted.
    pub aaguids: Aaguids,
}

impl Trust {
    /// Whether an attestation has to lead to a root.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        !self.roots.is_empty() || self.metadata.is_some()
    }

    /// What is known of models at a time; `None` where nothing is.
    pub(crate) fn models(&self, now: UnixTime) -> Option<Known<'_>> {
        let knows = self.metadata.is_some() || self.aaguids != Aaguids::Any;
        knows.then_some(Known { trust: self, now })
    }
}

/// What is known of models of authenticators at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'t> {
    trust: &'t Trust,
    now: UnixTime,
}

impl Models for Known<'_> {
    fn root(&self, model: &Model<'_>, index: usize) -> Option<&[u8]> {
        self.trust.metadata.as_ref()?.root(model, index)
    }

    fn standing(&self, model: &Model<'_>) -> Standing {
        let metadata = self.trust.metadata.as_ref();
        if metadata.is_some_and(|metadata| metadata.is_revoked(model, self.now)) {
            Standing::Revoked
        } else if self.trust.aaguids.accept(model.aaguid) {
            Standing::Accepted
        } else {
            Standing::NotAccepted
        }
    }
}
