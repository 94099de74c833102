//! What every call passes on its way in and out. Nothing here knows a single resource.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod headers;
pub mod problem;
pub(crate) mod table;
