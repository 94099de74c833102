//! Accounts in a database: a file of SQLite's, or PostgreSQL.
//!
//! What is asked and what is written is the same SQL for both, in `read` and `write`; how a statement
//! gets to its database and how a transaction ends is in `sqlite` and `postgres`.

mod connection;
mod error;
#[cfg(feature = "postgres")]
mod literal;
#[cfg(feature = "postgres")]
mod parameters;
#[cfg(feature = "postgres")]
mod postgres;
mod read;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod write;

use core::time::Duration;

use rocket::async_trait;

use super::{
    Account, AccountKey, ChallengeId, Change, Changed, Counts, Event, EventQuery, Import, Imported,
    Invitation, OpenError, Registered, Registration, SecretHash, Session, Sessions, SignIn,
    SignedIn, Spend, Store, StoreError, Sweep, UserHandle,
};
use crate::clock::Timestamp;
#[cfg(feature = "cli")]
use crate::store::Look;
use read::Query;
use write::Command;

/// How long a call waits for a connection, or for another process that writes to the same file.
const PATIENCE: Duration = Duration::from_secs(2);

/// A store in a database.
///
/// Several processes may use one database at the same time.
#[derive(Debug)]
pub struct SqlStore(Backend);

#[derive(Debug)]
enum Backend {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Postgres),
}

impl SqlStore {
    /// Opens a file of SQLite's, or makes it, and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be opened or written, is none of SQLite's, or a newer build has used it.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(path: &std::path::Path) -> Result<Self, OpenError> {
        sqlite::Sqlite::open(path)
            .await
            .map(Backend::Sqlite)
            .map(Self)
    }

    /// Connects to PostgreSQL, and brings the schema up to date.
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or a newer build has used the database.
    #[cfg(feature = "postgres")]
    pub async fn postgres(url: &str) -> Result<Self, OpenError> {
        let opened = postgres::Postgres::open(url).await;
        opened.map(Backend::Postgres).map(Self)
    }

    /// What is in a file of SQLite's, which stays as it is.
    #[cfg(all(feature = "cli", feature = "sqlite"))]
    pub(crate) async fn look_at_sqlite(path: &std::path::Path) -> Result<Look, OpenError> {
        sqlite::Sqlite::look(path).await
    }

    /// What is in a database of PostgreSQL's, which stays as it is.
    #[cfg(all(feature = "cli", feature = "postgres"))]
    pub(crate) async fn look_at_postgres(url: &str) -> Result<Look, OpenError> {
        postgres::Postgres::look(url).await
    }

    async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(sqlite) => sqlite.read(query).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.read(query).await,
        }
    }

    async fn write<C: Command + 'static>(&self, command: C) -> Result<C::Outcome, StoreError> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite(sqlite) => sqlite.write(command).await,
            #[cfg(feature = "postgres")]
            Backend::Postgres(postgres) => postgres.write(command).await,
        }
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read(read::Ping).await
    }

    async fn spend(
        &self,
        id: &ChallengeId,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Spend, StoreError> {
        if expires <= now {
            return Ok(Spend::Expired);
        }
        let id = *id;
        self.write(write::SpendChallenge { id, expires }).await
    }

    async fn account(&self, by: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        self.read(read::AccountBy(by)).await
    }

    async fn accounts(
        &self,
        after: Option<&UserHandle>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        self.read(read::Accounts { after, limit }).await
    }

    async fn register(&self, registration: Registration) -> Result<Registered, StoreError> {
        self.write(registration).await
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, StoreError> {
        self.write(sign_in).await
    }

    async fn change(
        &self,
        owner: &UserHandle,
        change: Change,
        event: Event,
    ) -> Result<Changed, StoreError> {
        let owner = *owner;
        let command = write::ChangeAccount {
            owner,
            change,
            event,
        };
        self.write(command).await
    }

    async fn session(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        self.read(read::SessionOf { hash, now }).await
    }

    async fn touch(
        &self,
        hash: &SecretHash,
        last_used: Timestamp,
        idle_expires: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = *hash;
        let command = write::Touch {
            hash,
            last_used,
            idle_expires,
        };
        self.write(command).await
    }

    async fn sessions(
        &self,
        owner: &UserHandle,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        self.read(read::SessionsOf { owner, now }).await
    }

    async fn end_session(&self, hash: &SecretHash) -> Result<bool, StoreError> {
        self.write(write::EndSession(*hash)).await
    }

    async fn end_sessions(&self, which: Sessions<'_>, event: Event) -> Result<u64, StoreError> {
        let (owner, id) = match which {
            Sessions::One(owner, id) => (*owner, Some(*id)),
            Sessions::All(owner) => (*owner, None),
        };
        self.write(write::EndSessions { owner, id, event }).await
    }

    async fn recovery_codes(&self, owner: &UserHandle) -> Result<Vec<SecretHash>, StoreError> {
        self.read(read::RecoveryCodesOf(owner)).await
    }

    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError> {
        self.write(invitation).await
    }

    async fn invitation(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        self.read(read::InvitationOf { hash, now }).await
    }

    async fn import(&self, import: Import) -> Result<Imported, StoreError> {
        self.write(import).await
    }

    async fn record(&self, event: Event) -> Result<(), StoreError> {
        self.write(event).await
    }

    async fn events(&self, query: EventQuery<'_>) -> Result<Vec<Event>, StoreError> {
        self.read(read::EventsOf(query)).await
    }

    async fn sweep(&self, sweep: Sweep) -> Result<bool, StoreError> {
        self.write(sweep).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(read::CountAll).await
    }
}
