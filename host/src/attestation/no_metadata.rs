use portcullis_core::attestation::Model;
use portcullis_core::data::UnixTime;

/// There are none.
#[derive(Clone, Copy, Debug)]
pub enum Metadata {}

impl Metadata {
    pub(crate) const fn number(&self) -> u64 {
        match *self {}
    }

    pub(crate) const fn next_update(&self) -> &str {
        match *self {}
    }

    pub(crate) const fn is_fresh(&self, _: UnixTime) -> bool {
        match *self {}
    }

    pub(super) const fn root(&self, _: &Model<'_>, _: usize) -> Option<&[u8]> {
        match *self {}
    }

    pub(super) const fn is_revoked(&self, _: &Model<'_>, _: UnixTime) -> bool {
        match *self {}
    }
}
