//! Where accounts, their credentials, sessions and spent challenges are kept.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod memory;
pub(crate) mod observed;
mod setting;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
mod types;
mod wrapped;

use core::error::Error;
use core::fmt;

use rocket::async_trait;

use crate::clock::Timestamp;

pub use memory::{Limits, MemoryStore};
#[cfg(feature = "cli")]
pub(crate) use setting::Look;
pub use setting::{OpenError, StoreSetting};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlStore;
pub use types::*;

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It has no room.
    #[error("the store is full")]
    Full,
    /// It cannot be reached, or fails.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A store that fails, and why.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// A store.
///
/// One call is one transaction: what a call changes happens together or not at all, also against other
/// processes on the same store. Retries, where the database asks for them, stay inside. All times come
/// from the caller, in seconds since 1970.
///
/// [`conformance`](crate::store) (feature `testing`) tests an implementation.
///
/// # Errors
///
/// [`StoreError::Full`] where a limit of the store is reached, [`StoreError::Unavailable`] where it
/// cannot be asked. Both have changed nothing, except that an unavailable store may have stored what it
/// could not confirm.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Whether spent challenges outlive this process. Where not, a challenge token is good only in the
    /// process that made it.
    fn is_durable(&self) -> bool {
        true
    }

    /// Answers where the store can be asked at all.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Spends a challenge whose token is good until `expires`. Of all who try, in every process, one
    /// gets [`Spend::First`].
    ///
    /// A spent id may be forgotten (see [`Store::sweep`]) only once every later call with its `expires`
    /// is answered [`Spend::Expired`], whatever `now` that call has: clocks differ, and the time between
    /// reading a clock and asking the store is not zero. So a store remembers the latest `expires` that it
    /// has forgotten an id of.
    async fn spend(
        &self,
        id: &ChallengeId,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Spend, StoreError>;

    /// An account, with its credentials oldest first.
    async fn account(&self, by: AccountKey<'_>) -> Result<Option<Account>, StoreError>;

    /// Accounts in the order of their handles, at most `limit`, those after a handle.
    async fn accounts(
        &self,
        after: Option<&UserHandle>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError>;

    /// Stores a credential.
    async fn register(&self, registration: Registration) -> Result<Registered, StoreError>;

    /// Stores a sign-in.
    async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, StoreError>;

    /// Changes an account.
    async fn change(
        &self,
        owner: &UserHandle,
        change: Change,
        event: Event,
    ) -> Result<Changed, StoreError>;

    /// The session of a cookie and its account; `None` where it is unknown or over.
    async fn session(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(Session, Account)>, StoreError>;

    /// Notes that a session was used. Nothing happens where it is gone.
    async fn touch(
        &self,
        hash: &SecretHash,
        last_used: Timestamp,
        idle_expires: Timestamp,
    ) -> Result<(), StoreError>;

    /// The sessions of an account that are not over, newest first.
    async fn sessions(
        &self,
        owner: &UserHandle,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError>;

    /// Ends the session of a cookie, without an event; whether there was one.
    async fn end_session(&self, hash: &SecretHash) -> Result<bool, StoreError>;

    /// Ends sessions; how many there were. Where there was none, the event is not stored.
    async fn end_sessions(&self, which: Sessions<'_>, event: Event) -> Result<u64, StoreError>;

    /// The hashes of an account's recovery codes that are not used.
    async fn recovery_codes(&self, owner: &UserHandle) -> Result<Vec<SecretHash>, StoreError>;

    /// Stores an invitation.
    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError>;

    /// The invitation of a token; `None` where it is unknown, spent or over.
    async fn invitation(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError>;

    /// Stores an account that comes from elsewhere, all of it or nothing.
    async fn import(&self, import: Import) -> Result<Imported, StoreError>;

    /// Stores an event that belongs to no other write.
    async fn record(&self, event: Event) -> Result<(), StoreError>;

    /// Events, newest first.
    async fn events(&self, query: EventQuery<'_>) -> Result<Vec<Event>, StoreError>;

    /// Removes what is over, in one short write; whether there is more to remove.
    ///
    /// A caller whose clock is ahead ends nothing that is good for the others: a challenge that they begin
    /// afterwards can be spent. Where the store has a clock of its own, both have to say that a thing is over.
    async fn sweep(&self, sweep: Sweep) -> Result<bool, StoreError>;

    /// How much the store holds.
    async fn counts(&self) -> Result<Counts, StoreError>;
}
