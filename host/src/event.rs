//! How an application that embeds the host follows what happens.

use rocket::async_trait;

use crate::store::Event;

/// Follows what happens, to keep a table of users of its own for example. The answer to the caller
/// waits for it; what fails in it is its own to handle.
///
/// A closure that takes `&Event` follows too.
#[async_trait]
pub trait Events: Send + Sync + 'static {
    /// Something has happened.
    async fn happened(&self, event: &Event);
}

#[async_trait]
impl<F: Fn(&Event) + Send + Sync + 'static> Events for F {
    async fn happened(&self, event: &Event) {
        self(event);
    }
}
