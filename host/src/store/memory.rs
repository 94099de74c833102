//! Everything in this process. A restart forgets it, and the challenge key with it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError, RwLock};

use rocket::async_trait;

use super::{
    Account, ChallengeId, Credential, CredentialState, Insertion, MAX_CREDENTIALS, Store,
    StoreError, UserHandle,
};
use crate::clock::Timestamp;
use crate::names::Username;

/// Accounts and credentials in tables, spent challenges in the order in which they expire.
#[derive(Debug)]
pub struct MemoryStore {
    limits: Limits,
    accounts: RwLock<Accounts>,
    spent: Mutex<BTreeSet<(Timestamp, ChallengeId)>>,
}

/// Where the store is full.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Credentials of all accounts together, and so accounts too.
    pub credentials: usize,
    /// Spent challenges that have not expired.
    pub spent: usize,
}

impl Default for Limits {
    /// At most some 200 MB for credentials and 50 MB for spent challenges: 3,000 answered
    /// challenges a second with the usual life of five minutes.
    fn default() -> Self {
        Self {
            credentials: 100_000,
            spent: 1_000_000,
        }
    }
}

#[derive(Debug, Default)]
struct Accounts {
    by_handle: HashMap<UserHandle, Account>,
    handle_of_name: HashMap<String, UserHandle>,
    handle_of_credential: HashMap<Vec<u8>, UserHandle>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            accounts: RwLock::default(),
            spent: Mutex::default(),
        }
    }

    // A lock is never held across a panic of ours; were it, the tables would still be whole,
    // since each call changes them after its last check.
    fn read<T>(&self, look: impl FnOnce(&Accounts) -> T) -> T {
        look(&self.accounts.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Accounts) -> T) -> T {
        change(
            &mut self
                .accounts
                .write()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Accounts {
    fn find(&self, handle: Option<&UserHandle>) -> Option<Account> {
        handle
            .and_then(|handle| self.by_handle.get(handle))
            .cloned()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn spend(
        &self,
        id: ChallengeId,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        while spent.first().is_some_and(|(expires, _)| *expires <= now) {
            spent.pop_first();
        }
        if spent.contains(&(expires, id)) {
            return Ok(false);
        }
        if spent.len() >= self.limits.spent {
            return Err(StoreError::Full);
        }
        Ok(spent.insert((expires, id)))
    }

    async fn account_by_name(&self, name: &Username) -> Result<Option<Account>, StoreError> {
        Ok(self.read(|accounts| accounts.find(accounts.handle_of_name.get(name.key()))))
    }

    async fn account_by_handle(&self, handle: &UserHandle) -> Result<Option<Account>, StoreError> {
        Ok(self.read(|accounts| accounts.find(Some(handle))))
    }

    async fn account_by_credential(&self, id: &[u8]) -> Result<Option<Account>, StoreError> {
        Ok(self.read(|accounts| accounts.find(accounts.handle_of_credential.get(id))))
    }

    async fn create_account(
        &self,
        handle: UserHandle,
        name: Username,
        credential: Credential,
    ) -> Result<Insertion, StoreError> {
        self.write(|accounts| {
            if accounts.handle_of_credential.contains_key(&credential.id) {
                return Ok(Insertion::CredentialExists);
            }
            if accounts.handle_of_name.contains_key(name.key())
                || accounts.by_handle.contains_key(&handle)
            {
                return Ok(Insertion::NameTaken);
            }
            if accounts.handle_of_credential.len() >= self.limits.credentials {
                return Err(StoreError::Full);
            }
            accounts
                .handle_of_credential
                .insert(credential.id.clone(), handle);
            accounts
                .handle_of_name
                .insert(name.key().to_owned(), handle);
            let account = Account {
                handle,
                name,
                credentials: vec![credential],
            };
            accounts.by_handle.insert(handle, account);
            Ok(Insertion::Done)
        })
    }

    async fn add_credential(
        &self,
        handle: &UserHandle,
        credential: Credential,
    ) -> Result<Insertion, StoreError> {
        self.write(|accounts| {
            if accounts.handle_of_credential.contains_key(&credential.id) {
                return Ok(Insertion::CredentialExists);
            }
            let in_use = accounts.handle_of_credential.len();
            let Some(account) = accounts.by_handle.get_mut(handle) else {
                return Ok(Insertion::NoAccount);
            };
            if account.credentials.len() >= MAX_CREDENTIALS {
                return Ok(Insertion::AccountFull);
            }
            if in_use >= self.limits.credentials {
                return Err(StoreError::Full);
            }
            accounts
                .handle_of_credential
                .insert(credential.id.clone(), *handle);
            account.credentials.push(credential);
            Ok(Insertion::Done)
        })
    }

    async fn move_credential(
        &self,
        id: &[u8],
        before: CredentialState,
        after: CredentialState,
    ) -> Result<bool, StoreError> {
        self.write(|accounts| {
            let credential = accounts
                .handle_of_credential
                .get(id)
                .and_then(|handle| accounts.by_handle.get_mut(handle))
                .and_then(|account| account.credentials.iter_mut().find(|held| held.id == id));
            match credential {
                Some(credential) if credential.state == before => {
                    credential.state = after;
                    Ok(true)
                }
                _ => Ok(false),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: UserHandle = [1; 64];
    const BOB: UserHandle = [2; 64];

    fn credential(id: u8) -> Credential {
        Credential {
            id: vec![id; 16],
            public_key: vec![0; 77],
            algorithm: -7,
            aaguid: [0; 16],
            transports: Vec::new(),
            backup_eligible: false,
            state: state(0),
        }
    }

    const fn state(sign_count: u32) -> CredentialState {
        CredentialState {
            sign_count,
            backup_state: false,
            user_verified: true,
        }
    }

    fn name(text: &str) -> Username {
        Username::parse(text).expect("allowed")
    }

    fn small() -> MemoryStore {
        MemoryStore::new(Limits {
            credentials: 3,
            spent: 2,
        })
    }

    #[rocket::async_test]
    async fn a_challenge_is_spent_once_until_it_expires() {
        let store = small();
        assert_eq!(store.spend([1; 16], 10, 0).await, Ok(true));
        assert_eq!(store.spend([1; 16], 10, 9).await, Ok(false));
        assert_eq!(store.spend([2; 16], 20, 9).await, Ok(true));
        assert_eq!(store.spend([3; 16], 20, 9).await, Err(StoreError::Full));
        assert_eq!(
            store.spend([1; 16], 10, 9).await,
            Ok(false),
            "full, yet not forgotten"
        );
        assert_eq!(
            store.spend([3; 16], 20, 10).await,
            Ok(true),
            "the first has expired"
        );
        assert_eq!(store.spend([2; 16], 20, 19).await, Ok(false));
    }

    #[rocket::async_test]
    async fn names_and_credential_ids_have_one_owner() {
        let store = small();
        assert_eq!(
            store
                .create_account(ALICE, name("alice"), credential(1))
                .await,
            Ok(Insertion::Done)
        );
        assert_eq!(
            store
                .create_account(BOB, name("ALICE"), credential(2))
                .await,
            Ok(Insertion::NameTaken)
        );
        assert_eq!(
            store.create_account(BOB, name("bob"), credential(1)).await,
            Ok(Insertion::CredentialExists)
        );
        assert_eq!(
            store.account_by_handle(&BOB).await,
            Ok(None),
            "nothing half stored"
        );
        assert_eq!(
            store.add_credential(&BOB, credential(2)).await,
            Ok(Insertion::NoAccount)
        );
        assert_eq!(
            store.add_credential(&ALICE, credential(1)).await,
            Ok(Insertion::CredentialExists)
        );
        let owner = store
            .account_by_credential(&credential(1).id)
            .await
            .expect("memory");
        assert_eq!(owner.map(|account| account.handle), Some(ALICE));
        let found = store.account_by_name(&name("Alice")).await.expect("memory");
        assert_eq!(found.map(|account| account.handle), Some(ALICE));
    }

    #[rocket::async_test]
    async fn nothing_grows_without_bound() {
        let store = small();
        let created = store.create_account(ALICE, name("alice"), credential(1));
        assert_eq!(created.await, Ok(Insertion::Done));
        for id in [2, 3] {
            let added = store.add_credential(&ALICE, credential(id)).await;
            assert_eq!(added, Ok(Insertion::Done));
        }
        let added = store.add_credential(&ALICE, credential(4));
        assert_eq!(added.await, Err(StoreError::Full));
        let created = store.create_account(BOB, name("bob"), credential(4));
        assert_eq!(created.await, Err(StoreError::Full));
    }

    #[rocket::async_test]
    async fn an_account_has_no_more_credentials_than_a_sign_in_can_list() {
        let store = MemoryStore::default();
        let created = store.create_account(ALICE, name("alice"), credential(0));
        assert_eq!(created.await, Ok(Insertion::Done));
        for id in 1..=64 {
            let added = store.add_credential(&ALICE, credential(id)).await;
            let expected = if id < 64 {
                Insertion::Done
            } else {
                Insertion::AccountFull
            };
            assert_eq!(added, Ok(expected), "{id}");
        }
    }

    #[rocket::async_test]
    async fn a_counter_moves_only_from_the_state_that_was_verified() {
        let store = small();
        let id = credential(1).id;
        assert_eq!(
            store
                .create_account(ALICE, name("alice"), credential(1))
                .await,
            Ok(Insertion::Done)
        );
        assert_eq!(
            store.move_credential(&id, state(0), state(5)).await,
            Ok(true)
        );
        assert_eq!(
            store.move_credential(&id, state(0), state(6)).await,
            Ok(false)
        );
        assert_eq!(
            store.move_credential(&[9; 16], state(0), state(6)).await,
            Ok(false)
        );
        let account = store
            .account_by_handle(&ALICE)
            .await
            .expect("memory")
            .expect("alice");
        assert_eq!(account.credentials[0].state, state(5));
    }
}
