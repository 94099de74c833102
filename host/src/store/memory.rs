//! Everything in this process. A restart forgets it, and the challenge key with it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError, RwLock};

use rocket::async_trait;

use super::{
    Account, AccountKey, ChallengeId, Change, Changed, Counts, Credential, Ends, Event, EventQuery,
    Import, Imported, Invitation, OneTimeSecret, Registered, Registrant, Registration, SecretHash,
    Session, Sessions, SignIn, SignedIn, Spend, Store, StoreError, Sweep, UserHandle,
};
use crate::account::Username;
use crate::clock::Timestamp;

/// Accounts and sessions in tables, spent challenges in the order in which they expire.
#[derive(Debug)]
pub struct MemoryStore {
    limits: Limits,
    tables: RwLock<Tables>,
    spent: Mutex<Spent>,
}

/// Where the store is full.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of accounts, credentials, sessions and invitations together, counted by [`size`] and the
    /// likes of it: what the fields hold, and the tables' share.
    pub bytes: usize,
    /// Spent challenges that have not expired, each of some 50 bytes.
    pub spent: usize,
    /// Events; the oldest leave.
    pub events: usize,
}

impl Limits {
    /// These limits, and no events.
    #[must_use]
    pub const fn new(bytes: usize, spent: usize) -> Self {
        Self {
            bytes,
            spent,
            events: 0,
        }
    }
}

impl Default for Limits {
    /// 200 MB, some 200,000 people with a passkey each; 50 MB for spent challenges, which is 3,000
    /// answered challenges a second with the usual life of five minutes; and the last 10,000 events.
    fn default() -> Self {
        Self {
            bytes: 200_000_000,
            spent: 1_000_000,
            events: 10_000,
        }
    }
}

#[derive(Debug, Default)]
struct Spent {
    ids: BTreeSet<(Timestamp, ChallengeId)>,
    /// No id that expires at or before this is accepted any more: it may have been forgotten.
    swept: Timestamp,
}

#[derive(Debug, Default)]
struct Tables {
    accounts: BTreeMap<UserHandle, Held>,
    handle_of_name: HashMap<String, UserHandle>,
    handle_of_credential: HashMap<Vec<u8>, UserHandle>,
    sessions: HashMap<SecretHash, Session>,
    invitations: HashMap<SecretHash, Invitation>,
    events: VecDeque<Event>,
    bytes: usize,
}

#[derive(Debug)]
struct Held {
    account: Account,
    recovery_codes: Vec<SecretHash>,
    sessions: Vec<SecretHash>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            tables: RwLock::default(),
            spent: Mutex::default(),
        }
    }

    // No call panics while it holds a lock; if one did, the tables would still be whole, since each
    // call changes them after its last check.
    fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        change(&mut self.tables.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn room(&self, tables: &Tables, bytes: usize) -> Result<(), StoreError> {
        let used = tables.bytes.saturating_add(bytes);
        (used <= self.limits.bytes)
            .then_some(())
            .ok_or(StoreError::Full)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// What a credential takes, in bytes.
#[must_use]
pub(super) fn size(credential: &Credential) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    // The id is in the index too.
    let id = credential.id.len().saturating_mul(2);
    let transports: usize = credential
        .transports
        .iter()
        .map(|name| size_of::<String>().saturating_add(name.len()))
        .sum();
    [
        size_of::<Credential>(),
        size_of::<(Vec<u8>, UserHandle)>(),
        id,
        credential.public_key.len(),
        transports,
        credential.rp_id.len(),
        credential.attestation_format.len(),
        credential.attestation_type.len(),
        text(&credential.name),
        text(&credential.browser),
        text(&credential.platform),
    ]
    .into_iter()
    .sum()
}

/// What an account takes beside its credentials, in bytes.
fn size_of_account(account: &Account) -> usize {
    let name = account.name.as_written().len();
    let key = account.name.key().len().saturating_mul(2);
    let shown = account.display_name.as_ref().map_or(0, String::len);
    [
        size_of::<(UserHandle, Held)>(),
        size_of::<(String, UserHandle)>(),
        name,
        key,
        shown,
    ]
    .into_iter()
    .sum()
}

fn size_of_session(session: &Session) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    [
        size_of::<(SecretHash, Session)>(),
        size_of::<SecretHash>(),
        session.credential.len(),
        text(&session.browser),
        text(&session.platform),
    ]
    .into_iter()
    .sum()
}

impl Held {
    fn new(account: Account, recovery_codes: Vec<SecretHash>) -> Self {
        Self {
            account,
            recovery_codes,
            sessions: Vec::new(),
        }
    }

    fn view(&self) -> Account {
        Account {
            recovery_codes: u32::try_from(self.recovery_codes.len()).unwrap_or(u32::MAX),
            ..self.account.clone()
        }
    }
}

impl Tables {
    fn handle(&self, by: AccountKey<'_>) -> Option<UserHandle> {
        match by {
            AccountKey::Name(name) => self.handle_of_name.get(name.key()).copied(),
            AccountKey::Handle(handle) => Some(*handle),
            AccountKey::Credential(id) => self.handle_of_credential.get(id).copied(),
        }
    }

    fn find(&self, by: AccountKey<'_>) -> Option<Account> {
        let handle = self.handle(by)?;
        self.accounts.get(&handle).map(Held::view)
    }

    fn credential_mut(&mut self, id: &[u8]) -> Option<&mut Credential> {
        let handle = self.handle_of_credential.get(id)?;
        let account = &mut self.accounts.get_mut(handle)?.account;
        account.credentials.iter_mut().find(|held| held.id == id)
    }

    /// Why a one-time secret cannot be spent by a new credential of this registrant.
    fn can_spend(
        &self,
        secret: Option<OneTimeSecret>,
        owner: Option<&UserHandle>,
        now: Timestamp,
    ) -> bool {
        match secret {
            None => true,
            Some(OneTimeSecret::RecoveryCode(hash)) => owner
                .and_then(|owner| self.accounts.get(owner))
                .is_some_and(|held| held.recovery_codes.contains(&hash)),
            Some(OneTimeSecret::Invitation(hash)) => self
                .invitations
                .get(&hash)
                .is_some_and(|invitation| now < invitation.expires),
        }
    }

    fn spend(&mut self, secret: Option<OneTimeSecret>, owner: &UserHandle) {
        match secret {
            None => {}
            Some(OneTimeSecret::RecoveryCode(hash)) => {
                if let Some(held) = self.accounts.get_mut(owner) {
                    held.recovery_codes.retain(|code| *code != hash);
                    self.bytes = self.bytes.saturating_sub(size_of::<SecretHash>());
                }
            }
            Some(OneTimeSecret::Invitation(hash)) => {
                let spent = self
                    .invitations
                    .remove(&hash)
                    .map(|_| size_of::<Invitation>());
                self.bytes = self.bytes.saturating_sub(spent.unwrap_or_default());
            }
        }
    }

    fn end(&mut self, ends: Ends, owner: &UserHandle) {
        match ends {
            Ends::None => {}
            Ends::One(hash) => {
                self.end_session(&hash);
            }
            Ends::All => {
                self.end_where(owner, |_| true);
            }
        }
    }

    fn end_session(&mut self, hash: &SecretHash) -> bool {
        let Some(session) = self.sessions.remove(hash) else {
            return false;
        };
        self.bytes = self.bytes.saturating_sub(size_of_session(&session));
        if let Some(held) = self.accounts.get_mut(&session.owner) {
            held.sessions.retain(|known| known != hash);
        }
        true
    }

    /// Ends an account's sessions that fulfil a condition; how many.
    fn end_where(&mut self, owner: &UserHandle, ends: impl Fn(&Session) -> bool) -> u64 {
        let Some(held) = self.accounts.get(owner) else {
            return 0;
        };
        let ending: Vec<SecretHash> = held
            .sessions
            .iter()
            .filter(|hash| self.sessions.get(*hash).is_some_and(&ends))
            .copied()
            .collect();
        for hash in &ending {
            self.end_session(hash);
        }
        u64::try_from(ending.len()).unwrap_or(u64::MAX)
    }

    fn begin(&mut self, session: Option<Session>) {
        let Some(session) = session else { return };
        if let Some(held) = self.accounts.get_mut(&session.owner) {
            held.sessions.push(session.hash);
            self.bytes = self.bytes.saturating_add(size_of_session(&session));
            self.sessions.insert(session.hash, session);
        }
    }

    fn note(&mut self, event: Event, most: usize) {
        self.events.push_back(event);
        while self.events.len() > most {
            self.events.pop_front();
        }
    }

    fn insert_account(&mut self, account: Account, recovery_codes: Vec<SecretHash>) {
        let codes = recovery_codes.len().saturating_mul(size_of::<SecretHash>());
        self.bytes = self
            .bytes
            .saturating_add(size_of_account(&account))
            .saturating_add(codes);
        self.handle_of_name
            .insert(account.name.key().to_owned(), account.handle);
        for credential in &account.credentials {
            self.bytes = self.bytes.saturating_add(size(credential));
            self.handle_of_credential
                .insert(credential.id.clone(), account.handle);
        }
        let handle = account.handle;
        self.accounts
            .insert(handle, Held::new(account, recovery_codes));
    }

    fn is_taken(&self, handle: &UserHandle, name: &Username) -> bool {
        self.handle_of_name.contains_key(name.key()) || self.accounts.contains_key(handle)
    }

    fn remove_credential(&mut self, owner: &UserHandle, id: &[u8]) -> Changed {
        let Some(held) = self.accounts.get_mut(owner) else {
            return Changed::AccountGone;
        };
        let credentials = &mut held.account.credentials;
        let Some(index) = credentials.iter().position(|held| held.id == id) else {
            return Changed::CredentialGone;
        };
        if credentials.len() == 1 && held.recovery_codes.is_empty() {
            return Changed::LastCredential;
        }
        let removed = credentials.remove(index);
        self.bytes = self.bytes.saturating_sub(size(&removed));
        self.handle_of_credential.remove(id);
        self.end_where(owner, |session| session.credential == id);
        Changed::Done
    }

    fn remove_account(&mut self, owner: &UserHandle) -> Changed {
        if !self.accounts.contains_key(owner) {
            return Changed::AccountGone;
        }
        self.end_where(owner, |_| true);
        if let Some(held) = self.accounts.remove(owner) {
            let codes = held
                .recovery_codes
                .len()
                .saturating_mul(size_of::<SecretHash>());
            let credentials: usize = held.account.credentials.iter().map(size).sum();
            self.bytes = self
                .bytes
                .saturating_sub(size_of_account(&held.account))
                .saturating_sub(codes)
                .saturating_sub(credentials);
            self.handle_of_name.remove(held.account.name.key());
            for credential in &held.account.credentials {
                self.handle_of_credential.remove(&credential.id);
            }
        }
        Changed::Done
    }

    fn change(&mut self, owner: &UserHandle, change: Change) -> Changed {
        let Some(held) = self.accounts.get_mut(owner) else {
            return Changed::AccountGone;
        };
        match change {
            Change::RenameCredential { id, name } => {
                let mut credentials = held.account.credentials.iter_mut();
                let Some(credential) = credentials.find(|held| held.id == id) else {
                    return Changed::CredentialGone;
                };
                let before = size(credential);
                credential.name = name;
                let after = size(credential);
                self.bytes = self.bytes.saturating_sub(before).saturating_add(after);
                Changed::Done
            }
            Change::RemoveCredential { id } => self.remove_credential(owner, &id),
            Change::SetDisplayName(name) => {
                let before = size_of_account(&held.account);
                held.account.display_name = name;
                let after = size_of_account(&held.account);
                self.bytes = self.bytes.saturating_sub(before).saturating_add(after);
                Changed::Done
            }
            Change::SetRecoveryCodes(codes) => {
                let bytes =
                    |codes: &[SecretHash]| codes.len().saturating_mul(size_of::<SecretHash>());
                let (before, after) = (bytes(&held.recovery_codes), bytes(&codes));
                held.recovery_codes = codes;
                self.bytes = self.bytes.saturating_sub(before).saturating_add(after);
                Changed::Done
            }
            Change::RemoveAccount => self.remove_account(owner),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn is_durable(&self) -> bool {
        false
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn spend(
        &self,
        id: &ChallengeId,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Spend, StoreError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.swept = spent.swept.max(now);
        while spent
            .ids
            .first()
            .is_some_and(|(expires, _)| *expires <= spent.swept)
        {
            spent.ids.pop_first();
        }
        if expires <= spent.swept {
            return Ok(Spend::Expired);
        }
        if spent.ids.contains(&(expires, *id)) {
            return Ok(Spend::Again);
        }
        if spent.ids.len() >= self.limits.spent {
            return Err(StoreError::Full);
        }
        spent.ids.insert((expires, *id));
        Ok(Spend::First)
    }

    async fn account(&self, by: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        Ok(self.read(|tables| tables.find(by)))
    }

    async fn accounts(
        &self,
        after: Option<&UserHandle>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        use core::ops::Bound;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            let found = tables.accounts.range((from, Bound::Unbounded));
            found.take(limit).map(|(_, held)| held.view()).collect()
        }))
    }

    async fn register(&self, registration: Registration) -> Result<Registered, StoreError> {
        let Registration {
            to,
            credential,
            most,
            spends,
            ends,
            begins,
            event,
        } = registration;
        let begun = begins.as_ref().map_or(0, size_of_session);
        let needed = size(&credential).saturating_add(begun);
        self.write(|tables| {
            if tables.handle_of_credential.contains_key(&credential.id) {
                return Ok(Registered::CredentialExists);
            }
            let owner = match &to {
                Registrant::New(_) => None,
                Registrant::Existing(handle) => Some(handle),
            };
            if !tables.can_spend(spends, owner, event.time) {
                return Ok(Registered::SecretSpent);
            }
            let handle = match to {
                Registrant::New(mut account) => {
                    if tables.is_taken(&account.handle, &account.name) {
                        return Ok(Registered::NameTaken);
                    }
                    self.room(tables, needed.saturating_add(size_of_account(&account)))?;
                    let handle = account.handle;
                    account.credentials = vec![credential];
                    tables.insert_account(account, Vec::new());
                    handle
                }
                Registrant::Existing(handle) => {
                    let Some(held) = tables.accounts.get(&handle) else {
                        return Ok(Registered::AccountGone);
                    };
                    if held.account.credentials.len() >= most {
                        return Ok(Registered::AccountFull);
                    }
                    self.room(tables, needed)?;
                    tables.bytes = tables.bytes.saturating_add(size(&credential));
                    tables
                        .handle_of_credential
                        .insert(credential.id.clone(), handle);
                    if let Some(held) = tables.accounts.get_mut(&handle) {
                        held.account.credentials.push(credential);
                    }
                    handle
                }
            };
            tables.spend(spends, &handle);
            tables.end(ends, &handle);
            tables.begin(begins);
            tables.note(event, self.limits.events);
            Ok(Registered::Done)
        })
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn, StoreError> {
        let needed = sign_in.begins.as_ref().map_or(0, size_of_session);
        self.write(|tables| {
            self.room(tables, needed)?;
            let Some(credential) = tables.credential_mut(&sign_in.credential) else {
                return Ok(SignedIn::Gone);
            };
            if credential.state != sign_in.before {
                return Ok(SignedIn::Moved(credential.state));
            }
            credential.state = sign_in.after;
            credential.last_used = Some(sign_in.event.time);
            let owner = tables
                .handle_of_credential
                .get(&sign_in.credential)
                .copied();
            if let Some(owner) = owner {
                tables.end(sign_in.ends, &owner);
            }
            tables.begin(sign_in.begins);
            tables.note(sign_in.event, self.limits.events);
            Ok(SignedIn::Done)
        })
    }

    async fn change(
        &self,
        owner: &UserHandle,
        change: Change,
        event: Event,
    ) -> Result<Changed, StoreError> {
        self.write(|tables| {
            // A rename takes no more room than its longest name, and codes are ten.
            self.room(tables, 1_024)?;
            let changed = tables.change(owner, change);
            if changed == Changed::Done {
                tables.note(event, self.limits.events);
            }
            Ok(changed)
        })
    }

    async fn session(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        Ok(self.read(|tables| {
            let session = tables.sessions.get(hash)?;
            if session.is_over(now) {
                return None;
            }
            let account = tables.find(AccountKey::Handle(&session.owner))?;
            Some((session.clone(), account))
        }))
    }

    async fn touch(
        &self,
        hash: &SecretHash,
        last_used: Timestamp,
        idle_expires: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|tables| {
            if let Some(session) = tables.sessions.get_mut(hash) {
                session.last_used = session.last_used.max(last_used);
                session.idle_expires = session.idle_expires.max(idle_expires);
            }
        });
        Ok(())
    }

    async fn sessions(
        &self,
        owner: &UserHandle,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let mut sessions: Vec<Session> = self.read(|tables| {
            let held = tables.accounts.get(owner);
            let hashes = held.into_iter().flat_map(|held| &held.sessions);
            hashes
                .filter_map(|hash| tables.sessions.get(hash))
                .filter(|session| !session.is_over(now))
                .cloned()
                .collect()
        });
        sessions.sort_by_key(|session| core::cmp::Reverse((session.auth_time, session.id)));
        Ok(sessions)
    }

    async fn end_session(&self, hash: &SecretHash) -> Result<bool, StoreError> {
        Ok(self.write(|tables| tables.end_session(hash)))
    }

    async fn end_sessions(&self, which: Sessions<'_>, event: Event) -> Result<u64, StoreError> {
        Ok(self.write(|tables| {
            let ended = match which {
                Sessions::One(owner, id) => tables.end_where(owner, |session| session.id == *id),
                Sessions::All(owner) => tables.end_where(owner, |_| true),
            };
            if ended > 0 {
                tables.note(event, self.limits.events);
            }
            ended
        }))
    }

    async fn recovery_codes(&self, owner: &UserHandle) -> Result<Vec<SecretHash>, StoreError> {
        Ok(self.read(|tables| {
            let held = tables.accounts.get(owner);
            held.map(|held| held.recovery_codes.clone())
                .unwrap_or_default()
        }))
    }

    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError> {
        self.write(|tables| {
            self.room(tables, size_of::<Invitation>())?;
            if tables
                .invitations
                .insert(invitation.hash, invitation)
                .is_none()
            {
                tables.bytes = tables.bytes.saturating_add(size_of::<Invitation>());
            }
            Ok(())
        })
    }

    async fn invitation(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        Ok(self.read(|tables| {
            let invitation = tables.invitations.get(hash);
            invitation
                .filter(|invitation| now < invitation.expires)
                .cloned()
        }))
    }

    async fn import(&self, import: Import) -> Result<Imported, StoreError> {
        let Import {
            account,
            recovery_codes,
        } = import;
        self.write(|tables| {
            if tables.accounts.contains_key(&account.handle) {
                return Ok(Imported::HandleTaken);
            }
            if tables.handle_of_name.contains_key(account.name.key()) {
                return Ok(Imported::NameTaken);
            }
            let mut ids = BTreeSet::new();
            for credential in &account.credentials {
                let is_new = ids.insert(&credential.id);
                if !is_new || tables.handle_of_credential.contains_key(&credential.id) {
                    return Ok(Imported::CredentialExists);
                }
            }
            let credentials: usize = account.credentials.iter().map(size).sum();
            let codes = recovery_codes.len().saturating_mul(size_of::<SecretHash>());
            let needed = size_of_account(&account)
                .saturating_add(credentials)
                .saturating_add(codes);
            self.room(tables, needed)?;
            tables.insert_account(account, recovery_codes);
            Ok(Imported::Done)
        })
    }

    async fn record(&self, event: Event) -> Result<(), StoreError> {
        self.write(|tables| tables.note(event, self.limits.events));
        Ok(())
    }

    async fn events(&self, query: EventQuery<'_>) -> Result<Vec<Event>, StoreError> {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            let newest_first = tables.events.iter().rev();
            newest_first
                .filter(|event| event.time >= query.since)
                .filter(|event| {
                    query
                        .account
                        .is_none_or(|account| event.account.as_ref() == Some(account))
                })
                .take(limit)
                .cloned()
                .collect()
        }))
    }

    async fn sweep(&self, sweep: Sweep) -> Result<bool, StoreError> {
        // Spent ids leave with each spend.
        let most = usize::try_from(sweep.most).unwrap_or(usize::MAX);
        Ok(self.write(|tables| {
            let over: Vec<SecretHash> = tables
                .sessions
                .values()
                .filter(|session| session.is_over(sweep.now))
                .map(|session| session.hash)
                .take(most)
                .collect();
            for hash in &over {
                tables.end_session(hash);
            }
            let before = tables.invitations.len();
            tables
                .invitations
                .retain(|_, invitation| sweep.now < invitation.expires);
            let gone = before.saturating_sub(tables.invitations.len());
            let freed = gone.saturating_mul(size_of::<Invitation>());
            tables.bytes = tables.bytes.saturating_sub(freed);
            tables
                .events
                .retain(|event| event.time >= sweep.events_before);
            over.len() == most
        }))
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = count(spent.ids.len());
        Ok(self.read(|tables| Counts {
            accounts: count(tables.accounts.len()),
            credentials: count(tables.handle_of_credential.len()),
            sessions: count(tables.sessions.len()),
            spent,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::conformance::CASES;
    use super::super::{CredentialState, EventKind};
    use super::*;

    #[rocket::async_test]
    async fn it_does_what_every_store_has_to_do() {
        for case in CASES {
            println!("{}", case.name);
            case.run(Arc::new(MemoryStore::default())).await;
        }
    }

    fn sign_up(number: u8, id_length: usize) -> Registration {
        let state = CredentialState::new(0, false, false, true);
        let credential = Credential::new(vec![number; id_length], vec![0; 77], -7, state);
        let name = Username::parse(&format!("user{number}")).expect("allowed");
        let account = Account::new(UserHandle::from([number; 64]), name, 1);
        let event = Event::new(EventKind::SignedUp, 1);
        Registration::new(Registrant::New(account), credential, event)
    }

    /// A store where every call that keeps something is counted, down to the last byte.
    #[rocket::async_test]
    async fn bytes_are_counted_and_come_back() {
        let store = MemoryStore::default();
        let used = |store: &MemoryStore| store.read(|tables| tables.bytes);
        let owner = UserHandle::from([1; 64]);
        let done = store.register(sign_up(1, 16)).await.expect("room");
        assert_eq!(done, Registered::Done);
        assert!(used(&store) > 0);
        let event = Event::new(EventKind::AccountDeleted, 1);
        let changes = [
            Change::SetRecoveryCodes(vec![[1; 32]; 10]),
            Change::SetDisplayName(Some("A long display name".to_owned())),
            Change::RenameCredential {
                id: vec![1; 16],
                name: Some("phone".to_owned()),
            },
            Change::RemoveAccount,
        ];
        for change in changes {
            let before = used(&store);
            let done = store.change(&owner, change, event.clone()).await;
            assert_eq!(done.expect("room"), Changed::Done);
            assert_ne!(used(&store), before);
        }
        assert_eq!(used(&store), 0);
    }

    #[rocket::async_test]
    async fn it_is_full_by_bytes_whatever_their_number() {
        let probe = MemoryStore::default();
        let done = probe.register(sign_up(1, 16)).await.expect("room");
        assert_eq!(done, Registered::Done);
        let one = probe.read(|tables| tables.bytes);
        let store = MemoryStore::new(Limits::new(2 * one, 10));
        for number in 1..=2 {
            let done = store.register(sign_up(number, 16)).await.expect("room");
            assert_eq!(done, Registered::Done);
        }
        let full = store.register(sign_up(3, 16)).await;
        assert!(matches!(full, Err(StoreError::Full)), "{full:?}");

        let store = MemoryStore::new(Limits::new(2 * one, 10));
        let large = store.register(sign_up(1, 1_023)).await;
        assert!(matches!(large, Err(StoreError::Full)), "{large:?}");
    }

    #[rocket::async_test]
    async fn spent_challenges_are_never_forgotten_to_make_room() {
        let store = MemoryStore::new(Limits::new(0, 2));
        for id in 1..=2 {
            let spent = store.spend(&[id; 16], 100, 1).await.expect("room");
            assert_eq!(spent, Spend::First);
        }
        let full = store.spend(&[3; 16], 100, 1).await;
        assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
        let again = store
            .spend(&[1; 16], 100, 99)
            .await
            .expect("no room needed");
        assert_eq!(again, Spend::Again);
        let later = store.spend(&[3; 16], 200, 100).await.expect("room again");
        assert_eq!(later, Spend::First);
    }
}
