//! Who people are, apart from where they are stored.

pub(crate) mod invitation;
pub(crate) mod recovery;
pub(crate) mod session;
pub mod username;

pub use username::{NameError, Username};
