//! Everything in this process. A restart forgets it, and the challenge key with it.

mod accounts;
mod record;
mod words;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError, RwLock};

use rocket::async_trait;

use super::{
    Account, AccountKey, ChallengeId, Change, Changed, Counts, Ends, Event, EventQuery, Import,
    Imported, Invitation, OneTimeSecret, OneUse, Registered, Registrant, Registration, SecretHash,
    Session, Sessions, SignIn, SignedIn, Spend, Store, StoreError, Sweep, UserHandle,
};
use crate::clock::Timestamp;
use accounts::{Accounts, Slot};

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
    /// Bytes of accounts, credentials, sessions, recovery codes and invitations together: what they hold,
    /// and the tables' share. A passkey with its account, of ordinary lengths, is some 330.
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
    /// 500 MB, more than a million people with a passkey each; 50 MB for spent challenges, which is 3,000
    /// answered challenges a second with the usual life of five minutes; and the last 10,000 events.
    fn default() -> Self {
        Self {
            bytes: 500_000_000,
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
    accounts: Accounts,
    /// Of the accounts that have some.
    recovery_codes: HashMap<UserHandle, Vec<SecretHash>>,
    sessions: HashMap<SecretHash, Session>,
    /// Of the accounts that have some.
    sessions_of: HashMap<UserHandle, Vec<SecretHash>>,
    invitations: HashMap<SecretHash, Invitation>,
    events: VecDeque<Event>,
    /// What all but the accounts takes.
    bytes: usize,
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

    fn spend_now(
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

    fn room(&self, tables: &Tables, bytes: usize) -> Result<(), StoreError> {
        let used = tables.bytes().saturating_add(bytes);
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

/// What hashes that belong to one account take, in bytes.
fn size_of_hashes(hashes: &[SecretHash]) -> usize {
    if hashes.is_empty() {
        return 0;
    }
    size_of::<(UserHandle, Vec<SecretHash>)>().saturating_add(size_of_val(hashes))
}

fn size_of_session(session: &Session) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    [
        size_of::<(SecretHash, Session)>(),
        // In the list of its account, which may have no other one.
        size_of_hashes(&[session.hash]),
        session.credential.len(),
        text(&session.browser),
        text(&session.platform),
    ]
    .into_iter()
    .sum()
}

impl Tables {
    const fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.accounts.bytes())
    }

    fn count_more(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn count_less(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn account(&self, slot: Slot) -> Option<Account> {
        let mut account = self.accounts.get(slot)?;
        let codes = self.codes(&account.handle).len();
        account.recovery_codes = u32::try_from(codes).unwrap_or(u32::MAX);
        Some(account)
    }

    fn find(&self, by: AccountKey<'_>) -> Option<Account> {
        self.account(self.accounts.find(by)?)
    }

    fn has(&self, by: AccountKey<'_>) -> bool {
        self.accounts.find(by).is_some()
    }

    fn codes(&self, owner: &UserHandle) -> &[SecretHash] {
        self.recovery_codes.get(owner).map_or(&[], Vec::as_slice)
    }

    fn set_codes(&mut self, owner: &UserHandle, codes: Vec<SecretHash>) {
        self.count_more(size_of_hashes(&codes));
        let before = if codes.is_empty() {
            self.recovery_codes.remove(owner)
        } else {
            self.recovery_codes.insert(*owner, codes)
        };
        self.count_less(size_of_hashes(&before.unwrap_or_default()));
    }

    /// Whether a one-time secret can be spent by a new credential of this owner.
    fn can_spend(
        &self,
        secret: Option<OneTimeSecret>,
        owner: Option<&UserHandle>,
        now: Timestamp,
    ) -> bool {
        match secret {
            None => true,
            Some(OneTimeSecret::RecoveryCode(hash)) => {
                owner.is_some_and(|owner| self.codes(owner).contains(&hash))
            }
            Some(OneTimeSecret::Invitation(hash)) => self
                .invitations
                .get(&hash)
                .is_some_and(|invitation| now < invitation.expires),
        }
    }

    fn spend(&mut self, secret: Option<OneTimeSecret>, owner: &UserHandle) {
        match secret {
            Some(OneTimeSecret::RecoveryCode(hash)) => {
                let mut left = self.codes(owner).to_vec();
                left.retain(|code| *code != hash);
                self.set_codes(owner, left);
            }
            Some(OneTimeSecret::Invitation(hash)) if self.invitations.remove(&hash).is_some() => {
                self.count_less(size_of::<Invitation>());
            }
            Some(OneTimeSecret::Invitation(_)) | None => {}
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
        self.count_less(size_of_session(&session));
        if let Some(known) = self.sessions_of.get_mut(&session.owner) {
            known.retain(|known| known != hash);
            if known.is_empty() {
                self.sessions_of.remove(&session.owner);
            }
        }
        true
    }

    /// Ends an account's sessions that fulfil a condition; how many.
    fn end_where(&mut self, owner: &UserHandle, ends: impl Fn(&Session) -> bool) -> u64 {
        let ending: Vec<SecretHash> = self
            .sessions_of(owner)
            .filter(|session| ends(session))
            .map(|session| session.hash)
            .collect();
        for hash in &ending {
            self.end_session(hash);
        }
        u64::try_from(ending.len()).unwrap_or(u64::MAX)
    }

    fn sessions_of(&self, owner: &UserHandle) -> impl Iterator<Item = &Session> {
        let hashes = self.sessions_of.get(owner).into_iter().flatten();
        hashes.filter_map(|hash| self.sessions.get(hash))
    }

    /// Begins a session of an account that is there.
    fn begin(&mut self, session: Option<Session>) {
        let Some(session) = session else { return };
        if self.has(AccountKey::Handle(&session.owner)) {
            self.count_more(size_of_session(&session));
            let known = self.sessions_of.entry(session.owner).or_default();
            known.push(session.hash);
            self.sessions.insert(session.hash, session);
        }
    }

    fn note(&mut self, event: Event, most: usize) {
        self.events.push_back(event);
        while self.events.len() > most {
            self.events.pop_front();
        }
    }

    fn remove_credential(&mut self, slot: Slot, mut account: Account, id: &[u8]) -> Changed {
        let Some(index) = account.credentials.iter().position(|held| held.id == id) else {
            return Changed::CredentialGone;
        };
        if account.credentials.len() == 1 && account.recovery_codes == 0 {
            return Changed::LastCredential;
        }
        account.credentials.remove(index);
        let packed = self.accounts.pack(&account);
        self.accounts.replace(slot, packed, None, Some(id));
        self.end_where(&account.handle, |session| session.credential == id);
        Changed::Done
    }

    fn remove_account(&mut self, slot: Slot, account: &Account) {
        self.end_where(&account.handle, |_| true);
        self.set_codes(&account.handle, Vec::new());
        self.accounts.remove(slot, account);
    }

    fn change(&mut self, owner: &UserHandle, change: Change) -> Changed {
        let slot = self.accounts.find(AccountKey::Handle(owner));
        let found = slot.and_then(|slot| Some((slot, self.account(slot)?)));
        let Some((slot, mut account)) = found else {
            return Changed::AccountGone;
        };
        match change {
            Change::RenameCredential { id, name } => {
                let mut credentials = account.credentials.iter_mut();
                let Some(credential) = credentials.find(|held| held.id == id) else {
                    return Changed::CredentialGone;
                };
                credential.name = name;
                let packed = self.accounts.pack(&account);
                self.accounts.replace(slot, packed, None, None);
            }
            Change::RemoveCredential { id } => return self.remove_credential(slot, account, &id),
            Change::SetDisplayName(name) => {
                account.display_name = name;
                let packed = self.accounts.pack(&account);
                self.accounts.replace(slot, packed, None, None);
            }
            Change::SetRecoveryCodes(codes) => self.set_codes(owner, codes),
            Change::RemoveAccount => self.remove_account(slot, &account),
        }
        Changed::Done
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
        self.spend_now(id, expires, now)
    }

    async fn account(&self, by: AccountKey<'_>) -> Result<Option<Account>, StoreError> {
        Ok(self.read(|tables| tables.find(by)))
    }

    async fn accounts(
        &self,
        after: Option<&UserHandle>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            let found = tables.accounts.list(after, limit).into_iter();
            found.filter_map(|slot| tables.account(slot)).collect()
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
        self.write(|tables| {
            if tables.has(AccountKey::Credential(&credential.id)) {
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
                    if tables.has(AccountKey::Handle(&account.handle))
                        || tables.has(AccountKey::Name(&account.name))
                    {
                        return Ok(Registered::NameTaken);
                    }
                    account.credentials = vec![credential];
                    let packed = tables.accounts.pack(&account);
                    self.room(tables, begun.saturating_add(packed.bytes()))?;
                    tables.accounts.insert(&account, packed)?;
                    account.handle
                }
                Registrant::Existing(handle) => {
                    let slot = tables.accounts.find(AccountKey::Handle(&handle));
                    let found = slot.and_then(|slot| Some((slot, tables.account(slot)?)));
                    let Some((slot, mut account)) = found else {
                        return Ok(Registered::AccountGone);
                    };
                    if account.credentials.len() >= most {
                        return Ok(Registered::AccountFull);
                    }
                    let id = credential.id.clone();
                    account.credentials.push(credential);
                    let packed = tables.accounts.pack(&account);
                    let more = packed.bytes().saturating_sub(tables.accounts.size(slot));
                    self.room(tables, begun.saturating_add(more))?;
                    tables.accounts.replace(slot, packed, Some(&id), None);
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
            let id = &sign_in.credential;
            let slot = tables.accounts.find(AccountKey::Credential(id));
            let found = slot.and_then(|slot| Some((slot, tables.accounts.state(slot, id)?)));
            let Some((slot, place)) = found else {
                return Ok(SignedIn::Gone);
            };
            if place.state != sign_in.before {
                return Ok(SignedIn::Moved(place.state));
            }
            if let Some(OneUse { id, expires }) = sign_in.spends {
                match self.spend_now(&id, expires, sign_in.event.time)? {
                    Spend::First => {}
                    Spend::Again => return Ok(SignedIn::SpentBefore),
                    Spend::Expired => return Ok(SignedIn::Expired),
                }
            }
            let used = sign_in.event.time;
            tables.accounts.set_state(slot, &place, sign_in.after, used);
            if let Some(owner) = tables.accounts.handle(slot) {
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
            let alive = tables.sessions_of(owner);
            let alive = alive.filter(|session| !session.is_over(now));
            alive.cloned().collect()
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
        Ok(self.read(|tables| tables.codes(owner).to_vec()))
    }

    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError> {
        self.write(|tables| {
            self.room(tables, size_of::<Invitation>())?;
            if tables
                .invitations
                .insert(invitation.hash, invitation)
                .is_none()
            {
                tables.count_more(size_of::<Invitation>());
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
            if tables.has(AccountKey::Handle(&account.handle)) {
                return Ok(Imported::HandleTaken);
            }
            if tables.has(AccountKey::Name(&account.name)) {
                return Ok(Imported::NameTaken);
            }
            let mut ids = BTreeSet::new();
            for credential in &account.credentials {
                let is_new = ids.insert(&credential.id);
                if !is_new || tables.has(AccountKey::Credential(&credential.id)) {
                    return Ok(Imported::CredentialExists);
                }
            }
            let packed = tables.accounts.pack(&account);
            let needed = size_of_hashes(&recovery_codes).saturating_add(packed.bytes());
            self.room(tables, needed)?;
            tables.accounts.insert(&account, packed)?;
            tables.set_codes(&account.handle, recovery_codes);
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
            tables.count_less(freed);
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
            accounts: count(tables.accounts.count()),
            credentials: count(tables.accounts.credentials()),
            sessions: count(tables.sessions.len()),
            spent,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::conformance::CASES;
    use super::super::{Credential, CredentialState, EventKind};
    use super::*;
    use crate::account::Username;

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
        let used = |store: &MemoryStore| store.read(|tables| tables.bytes());
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
        let one = probe.read(|tables| tables.bytes());
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
