//! The time of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

use super::request::Time;

pub(crate) fn now() -> Time {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
