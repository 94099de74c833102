//! What every call passes on its way in and out. Nothing here knows a single resource.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod cross_site;
pub(crate) mod headers;
pub mod problem;
pub(crate) mod return_to;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod user_agent;
pub(crate) mod visitor;
