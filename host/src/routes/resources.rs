//! The table of the resources: what is mounted, and what is described.

use super::resource::Resource;
use super::{
    account, approve, authentication, credentials, forward_auth, health, recovery, registration,
    session, sessions, well_known,
};

/// Below the base.
pub(super) const CALLS: [Resource; 10] = [
    registration::CALLS,
    authentication::CALLS,
    session::CALLS,
    sessions::CALLS,
    credentials::CALLS,
    account::CALLS,
    recovery::CALLS,
    approve::CALLS,
    forward_auth::CALLS,
    health::CALLS,
];

/// At the root of the origin.
pub(super) const WELL_KNOWN: Resource = well_known::CALLS;
