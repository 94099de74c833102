//! Who people are, apart from where they are stored.

pub mod username;

pub use username::{NameError, Username};
