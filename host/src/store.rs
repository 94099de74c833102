//! Where accounts, their credentials and spent challenges are kept.

mod memory;

use rocket::async_trait;

use crate::clock::Timestamp;
use crate::names::Username;

pub use memory::{Limits, MemoryStore};

/// The most credentials of one account: every sign-in by name lists them.
pub const MAX_CREDENTIALS: usize = 64;

/// A user handle: 64 random bytes, as WebAuthn recommends. Unlike a name it is never reused.
pub type UserHandle = [u8; 64];

/// The id of a challenge token.
pub type ChallengeId = [u8; 16];

/// Someone who has registered, with all of their credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user handle.
    pub handle: UserHandle,
    /// The name.
    pub name: Username,
    /// The credentials, oldest first.
    pub credentials: Vec<Credential>,
}

/// A credential record, as section 4 of WebAuthn names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The credential id.
    pub id: Vec<u8>,
    /// The public key, COSE.
    pub public_key: Vec<u8>,
    /// The COSE algorithm of the key.
    pub algorithm: i32,
    /// The authenticator's model.
    pub aaguid: [u8; 16],
    /// How the client may reach the authenticator, in its own words.
    pub transports: Vec<String>,
    /// Whether the passkey may be backed up. It never changes.
    pub backup_eligible: bool,
    /// What moves with each sign-in.
    pub state: CredentialState,
}

/// The part of a credential record that a sign-in moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialState {
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the passkey is backed up.
    pub backup_state: bool,
    /// Whether user verification has been seen.
    pub user_verified: bool,
}

/// What became of an attempt to store a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Insertion {
    /// It is stored.
    Done,
    /// The name belongs to somebody.
    NameTaken,
    /// The credential id is in use.
    CredentialExists,
    /// There is no account of this handle.
    NoAccount,
    /// The account has as many credentials as it may, see [`MAX_CREDENTIALS`].
    AccountFull,
}

/// Why the store could not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It has no room.
    #[error("the store is full")]
    Full,
    /// It cannot be reached.
    #[error("the store cannot be reached")]
    Unavailable,
}

/// A store. Each call is atomic, also against other processes on the same store.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Notes that a challenge was answered; false if it had been before. The note stays until
    /// `expires`, after which no token of this id is accepted any more.
    ///
    /// # Errors
    /// Where there is no room for the note, or the store cannot be reached.
    async fn spend(
        &self,
        id: ChallengeId,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The account of a name.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    async fn account_by_name(&self, name: &Username) -> Result<Option<Account>, StoreError>;

    /// The account of a user handle.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    async fn account_by_handle(&self, handle: &UserHandle) -> Result<Option<Account>, StoreError>;

    /// The account that a credential belongs to.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    async fn account_by_credential(&self, id: &[u8]) -> Result<Option<Account>, StoreError>;

    /// Creates an account with its first credential.
    ///
    /// # Errors
    /// Where there is no room, or the store cannot be reached.
    async fn create_account(
        &self,
        handle: UserHandle,
        name: Username,
        credential: Credential,
    ) -> Result<Insertion, StoreError>;

    /// Adds a credential to an account.
    ///
    /// # Errors
    /// Where there is no room, or the store cannot be reached.
    async fn add_credential(
        &self,
        handle: &UserHandle,
        credential: Credential,
    ) -> Result<Insertion, StoreError>;

    /// Moves a credential from the state it was verified against to the one that the assertion
    /// gave; false if the stored state is no longer `before`.
    ///
    /// # Errors
    /// Where the store cannot be reached.
    async fn move_credential(
        &self,
        id: &[u8],
        before: CredentialState,
        after: CredentialState,
    ) -> Result<bool, StoreError>;
}
