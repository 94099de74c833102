//! What a store keeps, and the commands that change it.

use core::fmt;

use portcullis_core::Aaguid;

use crate::account::Username;
use crate::clock::Timestamp;

/// The most credentials of one account: every sign-in by name lists them.
pub const MAX_CREDENTIALS: usize = 64;

/// The id of a challenge token.
pub type ChallengeId = [u8; 16];

/// SHA-256 of a secret that the store does not know: a session's cookie, a recovery code, an invitation.
pub type SecretHash = [u8; 32];

/// The public id of a session: not the value of its cookie, and not derived from it.
pub type SessionId = [u8; 16];

/// A user handle: 1 to 64 bytes, 64 random ones where this host makes it. Unlike a name it is never
/// reused (<https://www.w3.org/TR/webauthn-3/#user-handle>).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserHandle {
    // Bytes beyond the length are zero, so that the derived comparisons hold.
    bytes: [u8; Self::MAX],
    length: u8,
}

impl UserHandle {
    const MAX: usize = 64;

    /// A handle of these bytes; `None` where there are none, or more than 64.
    #[must_use]
    pub fn new(handle: &[u8]) -> Option<Self> {
        let length = u8::try_from(handle.len())
            .ok()
            .filter(|length| *length > 0)?;
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..handle.len())?.copy_from_slice(handle);
        Some(Self { bytes, length })
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or(&self.bytes)
    }
}

impl From<[u8; 64]> for UserHandle {
    fn from(bytes: [u8; 64]) -> Self {
        Self { bytes, length: 64 }
    }
}

/// A handle is personal data: it says nothing in a log.
impl fmt::Debug for UserHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserHandle({} bytes)", self.length)
    }
}

/// Somebody who has registered, with all of their credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The user handle.
    pub handle: UserHandle,
    /// The name.
    pub name: Username,
    /// The display name, where it differs from the name.
    pub display_name: Option<String>,
    /// When the account was created.
    pub created: Timestamp,
    /// The credentials, oldest first.
    pub credentials: Vec<Credential>,
    /// Recovery codes that are not used.
    pub recovery_codes: u32,
}

impl Account {
    /// An account without credentials.
    #[must_use]
    pub const fn new(handle: UserHandle, name: Username, created: Timestamp) -> Self {
        Self {
            handle,
            name,
            display_name: None,
            created,
            credentials: Vec::new(),
            recovery_codes: 0,
        }
    }

    /// The credential of an id.
    #[must_use]
    pub fn credential(&self, id: &[u8]) -> Option<&Credential> {
        self.credentials.iter().find(|held| held.id == id)
    }

    /// What authenticators and pages show: the display name, or else the name.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        self.display_name
            .as_deref()
            .unwrap_or_else(|| self.name.as_written())
    }
}

/// A credential record (<https://www.w3.org/TR/webauthn-3/#credential-record>), with what the person is
/// shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credential {
    /// The credential id.
    pub id: Vec<u8>,
    /// The public key, COSE.
    pub public_key: Vec<u8>,
    /// The COSE algorithm of the key.
    pub algorithm: i32,
    /// The authenticator's model.
    pub aaguid: Aaguid,
    /// Transports as reported by the browser (unverified).
    pub transports: Vec<String>,
    /// What moves with each sign-in.
    pub state: CredentialState,
    /// The RP ID that it was made for.
    pub rp_id: String,
    /// The attestation statement format, `none` for example.
    pub attestation_format: String,
    /// The attestation type, `self` for example.
    pub attestation_type: String,
    /// The name that its owner gave it.
    pub name: Option<String>,
    /// When it was registered.
    pub created: Timestamp,
    /// When it last signed in.
    pub last_used: Option<Timestamp>,
    /// The browser that registered it.
    pub browser: Option<String>,
    /// The platform of that browser.
    pub platform: Option<String>,
}

impl Credential {
    /// A record of what a registration proves; the rest is unknown.
    #[must_use]
    pub fn new(id: Vec<u8>, public_key: Vec<u8>, algorithm: i32, state: CredentialState) -> Self {
        Self {
            id,
            public_key,
            algorithm,
            aaguid: Aaguid::ZERO,
            transports: Vec::new(),
            state,
            rp_id: String::new(),
            attestation_format: "none".to_owned(),
            attestation_type: "none".to_owned(),
            name: None,
            created: 0,
            last_used: None,
            browser: None,
            platform: None,
        }
    }
}

/// The part of a credential record that a sign-in moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialState {
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the passkey may be backed up. It moves only where the settings allow a change.
    pub backup_eligible: bool,
    /// Whether the passkey is backed up.
    pub backup_state: bool,
    /// Whether user verification has been seen (`uvInitialized`).
    pub user_verified: bool,
}

impl CredentialState {
    /// The state of a new credential.
    #[must_use]
    pub const fn new(
        sign_count: u32,
        backup_eligible: bool,
        backup_state: bool,
        user_verified: bool,
    ) -> Self {
        Self {
            sign_count,
            backup_eligible,
            backup_state,
            user_verified,
        }
    }
}

/// A login session. The store knows the hash of its cookie alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// What its owner knows it by.
    pub id: SessionId,
    /// The hash of the cookie.
    pub hash: SecretHash,
    /// Whose it is.
    pub owner: UserHandle,
    /// The credential that began it.
    pub credential: Vec<u8>,
    /// When the sign-in was.
    pub auth_time: Timestamp,
    /// Whether the authenticator verified the user at the sign-in.
    pub user_verified: bool,
    /// When it was last used.
    pub last_used: Timestamp,
    /// When it is over, used or not.
    pub expires: Timestamp,
    /// When it is over if it is not used.
    pub idle_expires: Timestamp,
    /// The browser.
    pub browser: Option<String>,
    /// The browser's platform.
    pub platform: Option<String>,
}

impl Session {
    /// A session that begins at `auth_time`.
    #[must_use]
    pub const fn new(
        id: SessionId,
        hash: SecretHash,
        owner: UserHandle,
        credential: Vec<u8>,
        auth_time: Timestamp,
    ) -> Self {
        Self {
            id,
            hash,
            owner,
            credential,
            auth_time,
            user_verified: false,
            last_used: auth_time,
            expires: auth_time,
            idle_expires: auth_time,
            browser: None,
            platform: None,
        }
    }

    /// Whether it is over at a time.
    #[must_use]
    pub const fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires || now >= self.idle_expires
    }
}

/// An invitation to register.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// The hash of its token.
    pub hash: SecretHash,
    /// The only name that it is good for, in the form that is compared.
    pub name: Option<String>,
    /// When it is over.
    pub expires: Timestamp,
}

impl Invitation {
    /// An invitation.
    #[must_use]
    pub const fn new(hash: SecretHash, name: Option<String>, expires: Timestamp) -> Self {
        Self {
            hash,
            name,
            expires,
        }
    }
}

/// Something that has happened: a row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What it was.
    pub kind: EventKind,
    /// When, in seconds since 1970.
    pub time: Timestamp,
    /// Whose account it concerns.
    pub account: Option<UserHandle>,
    /// The name of the account, as it was written then.
    pub username: Option<String>,
    /// The credential id that it concerns.
    pub credential: Option<Vec<u8>>,
    /// The network of the client: an IPv4 /24 or an IPv6 /48.
    pub network: Option<String>,
    /// The code of a refusal.
    pub code: Option<String>,
    /// The step of a refusal.
    pub step: Option<String>,
    /// The SHA-256 of the document that an approval, or one that was refused, is of.
    pub document: Option<[u8; 32]>,
}

impl Event {
    /// An event that concerns no account yet.
    #[must_use]
    pub const fn new(kind: EventKind, time: Timestamp) -> Self {
        Self {
            kind,
            time,
            account: None,
            username: None,
            credential: None,
            network: None,
            code: None,
            step: None,
            document: None,
        }
    }

    /// The event of an account.
    #[must_use]
    pub fn of(mut self, handle: UserHandle, name: &Username) -> Self {
        self.account = Some(handle);
        self.username = Some(name.as_written().to_owned());
        self
    }

    /// The event of a credential.
    #[must_use]
    pub fn with_credential(mut self, id: &[u8]) -> Self {
        self.credential = Some(id.to_vec());
        self
    }
}

/// Makes [`EventKind`] from one table of kinds and the words for them.
macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal,)*) => {
        /// The kinds of events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind { $($(#[$doc])* $kind,)* }

        impl EventKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The word for it in logs and in a store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            /// The kind of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
            }
        }
    };
}

event_kinds! {
    /// An account was created, with its first passkey.
    SignedUp = "signed_up",
    /// Somebody signed in.
    SignedIn = "signed_in",
    /// A ceremony was refused; `code` and `step` say why.
    Refused = "refused",
    /// An account has one more passkey.
    PasskeyAdded = "passkey_added",
    /// A passkey has another name.
    PasskeyRenamed = "passkey_renamed",
    /// A passkey was removed.
    PasskeyRemoved = "passkey_removed",
    /// An account has other recovery codes.
    RecoveryCodesMade = "recovery_codes_made",
    /// A recovery code was used for a new passkey.
    Recovered = "recovered",
    /// The account has another display name.
    AccountRenamed = "account_renamed",
    /// Sessions were ended by their owner.
    SessionsEnded = "sessions_ended",
    /// An account was deleted.
    AccountDeleted = "account_deleted",
    /// Somebody approved a document.
    Approved = "approved",
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// ---- commands

/// How an account is looked up.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AccountKey<'a> {
    /// By its name, in the form that is compared.
    Name(&'a Username),
    /// By its user handle.
    Handle(&'a UserHandle),
    /// By the id of one of its credentials.
    Credential(&'a [u8]),
}

/// Stores a credential, with all that belongs to the same write.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registration {
    /// Whose it will be.
    pub to: Registrant,
    /// The credential.
    pub credential: Credential,
    /// The most credentials that the account may have then.
    pub most: usize,
    /// What is spent with it, and must not be spent yet.
    pub spends: Option<OneTimeSecret>,
    /// Sessions that end.
    pub ends: Ends,
    /// The session that begins.
    pub begins: Option<Session>,
    /// The row of the audit.
    pub event: Event,
}

impl Registration {
    /// A registration that spends, ends and begins nothing.
    #[must_use]
    pub const fn new(to: Registrant, credential: Credential, event: Event) -> Self {
        Self {
            to,
            credential,
            most: MAX_CREDENTIALS,
            spends: None,
            ends: Ends::None,
            begins: None,
            event,
        }
    }
}

/// Whose a new credential will be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Registrant {
    /// A new account's. Its list of credentials is empty.
    New(Account),
    /// That of the account with this handle.
    Existing(UserHandle),
}

/// A secret that is good for one registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OneTimeSecret {
    /// A recovery code of the account.
    RecoveryCode(SecretHash),
    /// An invitation.
    Invitation(SecretHash),
}

/// Sessions that end with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ends {
    /// None.
    None,
    /// The one whose cookie was shown.
    One(SecretHash),
    /// All of the account's.
    All,
}

/// What became of a [`Registration`]. Anything but `Done` has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Registered {
    /// It is stored.
    Done,
    /// The name, or the handle, belongs to another account.
    NameTaken,
    /// The credential id is in use.
    CredentialExists,
    /// There is no account of this handle.
    AccountGone,
    /// The account has as many credentials as it may.
    AccountFull,
    /// The one-time secret is spent, over or unknown.
    SecretSpent,
}

/// Moves a credential from the state it was verified against to the one that the assertion gave, with
/// all that belongs to the same write: a sign-in, or an approval.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignIn {
    /// The credential id.
    pub credential: Vec<u8>,
    /// The state it was verified against.
    pub before: CredentialState,
    /// The state it moves to.
    pub after: CredentialState,
    /// What is spent with it, and must not be spent yet.
    pub spends: Option<OneUse>,
    /// Sessions that end.
    pub ends: Ends,
    /// The session that begins.
    pub begins: Option<Session>,
    /// The row of the audit. Its time is when the credential was last used.
    pub event: Event,
}

impl SignIn {
    /// A sign-in that spends nothing, and ends and begins no session.
    #[must_use]
    pub const fn new(
        credential: Vec<u8>,
        before: CredentialState,
        after: CredentialState,
        event: Event,
    ) -> Self {
        Self {
            credential,
            before,
            after,
            spends: None,
            ends: Ends::None,
            begins: None,
            event,
        }
    }
}

/// An id that is good once, as [`Store::spend`](super::Store::spend) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneUse {
    /// The id.
    pub id: ChallengeId,
    /// From then on it cannot be spent.
    pub expires: Timestamp,
}

/// What became of a [`SignIn`]. Anything but `Done` has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum SignedIn {
    /// It is stored.
    Done,
    /// Another sign-in has moved the credential: this is its state now.
    Moved(CredentialState),
    /// The credential is gone.
    Gone,
    /// What it spends was spent before.
    SpentBefore,
    /// What it spends is over.
    Expired,
}

/// A change to an account by its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Gives a credential another name, or none.
    RenameCredential {
        /// The credential id.
        id: Vec<u8>,
        /// The name.
        name: Option<String>,
    },
    /// Removes a credential and ends the sessions that it began.
    RemoveCredential {
        /// The credential id.
        id: Vec<u8>,
    },
    /// Sets the display name.
    SetDisplayName(Option<String>),
    /// Replaces the recovery codes.
    SetRecoveryCodes(Vec<SecretHash>),
    /// Removes the account with all that belongs to it. Its events stay.
    RemoveAccount,
}

/// What became of a [`Change`]. Anything but `Done` has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Changed {
    /// It is stored.
    Done,
    /// There is no account of this handle.
    AccountGone,
    /// The account has no such credential.
    CredentialGone,
    /// It is the last credential of an account that has no recovery code left.
    LastCredential,
}

/// Sessions to end.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Sessions<'a> {
    /// One of an account, by its public id.
    One(&'a UserHandle, &'a SessionId),
    /// All of an account.
    All(&'a UserHandle),
}

/// An account that comes from another store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// The account, with its credentials.
    pub account: Account,
    /// The hashes of its recovery codes that are not used.
    pub recovery_codes: Vec<SecretHash>,
}

impl Import {
    /// An account with its recovery codes.
    #[must_use]
    pub const fn new(account: Account, recovery_codes: Vec<SecretHash>) -> Self {
        Self {
            account,
            recovery_codes,
        }
    }
}

/// What became of an [`Import`]. Anything but `Done` has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Imported {
    /// It is stored.
    Done,
    /// There is an account of this handle.
    HandleTaken,
    /// Another account has the name.
    NameTaken,
    /// Another account has one of the credential ids.
    CredentialExists,
}

/// Which events to read, newest first.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EventQuery<'a> {
    /// Those of one account.
    pub account: Option<&'a UserHandle>,
    /// Those at or after a time.
    pub since: Timestamp,
    /// The most to read.
    pub limit: u32,
}

impl<'a> EventQuery<'a> {
    /// The latest events, at most `limit`.
    #[must_use]
    pub const fn latest(limit: u32) -> Self {
        Self {
            account: None,
            since: 0,
            limit,
        }
    }

    /// Those of one account.
    #[must_use]
    pub const fn of(mut self, account: &'a UserHandle) -> Self {
        self.account = Some(account);
        self
    }

    /// Those at or after a time.
    #[must_use]
    pub const fn since(mut self, time: Timestamp) -> Self {
        self.since = time;
        self
    }
}

/// What is to be removed because its time is over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sweep {
    /// The time: spent ids, sessions and invitations that are over then go.
    pub now: Timestamp,
    /// Events before this go.
    pub events_before: Timestamp,
    /// The most rows of each kind to remove in one call.
    pub most: u32,
}

impl Sweep {
    /// Removes what is over, at most `most` rows of each kind.
    #[must_use]
    pub const fn new(now: Timestamp, events_before: Timestamp, most: u32) -> Self {
        Self {
            now,
            events_before,
            most,
        }
    }
}

/// Whether a challenge could be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Spend {
    /// It was not spent before, and is now.
    First,
    /// It was spent before.
    Again,
    /// Its token is over, or may have been spent and forgotten.
    Expired,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Accounts.
    pub accounts: u64,
    /// Credentials of all accounts.
    pub credentials: u64,
    /// Sessions, also those that are over and not yet removed.
    pub sessions: u64,
    /// Spent challenges that are still remembered.
    pub spent: u64,
}

impl Counts {
    /// The four figures.
    #[must_use]
    pub const fn new(accounts: u64, credentials: u64, sessions: u64, spent: u64) -> Self {
        Self {
            accounts,
            credentials,
            sessions,
            spent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_has_1_to_64_bytes_and_says_nothing_of_them() {
        assert_eq!(UserHandle::new(&[]), None);
        assert_eq!(UserHandle::new(&[0; 65]), None);
        for length in 1..=64 {
            let bytes = vec![7; length];
            let handle = UserHandle::new(&bytes).expect("a handle");
            assert_eq!(handle.as_bytes(), bytes);
        }
        assert_ne!(UserHandle::new(&[0]), UserHandle::new(&[0, 0]));
        let handle = UserHandle::from([9; 64]);
        assert_eq!(format!("{handle:?}"), "UserHandle(64 bytes)");
    }

    #[test]
    fn every_kind_of_event_has_a_word_of_its_own() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_word(kind.as_str()), Some(*kind));
        }
    }
}
