//! The table of the resources: what is mounted, and what is described.

use super::resource::Resource;
use super::{
    account, authentication, credentials, forward_auth, health, recovery, registration, session,
    sessions, well_known,
};

/// Below the base.
pub(super) const CALLS: [Resource; 9] = [
    registration::CALLS,
    authentication::CALLS,
    session::CALLS,
    sessions::CALLS,
    credentials::CALLS,
    account::CALLS,
    recovery::CALLS,
    forward_auth::CALLS,
    health::CALLS,
];

/// At the root of the origin.
pub(super) const WELL_KNOWN: Resource = well_known::CALLS;
