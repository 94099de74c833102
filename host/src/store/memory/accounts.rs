//! The accounts, found by handle, by name and by credential id through one index.

use core::hash::BuildHasher as _;
use std::collections::BinaryHeap;
use std::hash::RandomState;

use hashbrown::HashTable;

use super::super::{Account, AccountKey, CredentialState, StoreError, UserHandle};
use super::record::{Place, Record};
use super::words::Words;
use crate::clock::Timestamp;

/// What a key takes in the index, in bytes: its entry and its control byte, in a table that is at least
/// seven sixteenths full.
const INDEXED: usize = (size_of::<Entry>() + 1) * 16 / 7;

/// What an account takes beside its record and its credentials, in bytes: its place in the list, which
/// may be half empty, what an allocation is rounded up by, and two keys.
const ACCOUNT: usize = 2 * size_of::<Option<Record>>() + 16 + 2 * INDEXED;

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    records: Vec<Option<Record>>,
    /// Places in `records` that can be used again.
    free: Vec<u32>,
    index: HashTable<Entry>,
    hasher: RandomState,
    words: Words,
    credentials: usize,
    bytes: usize,
}

/// The place of the account of a key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    slot: u32,
}

impl Entry {
    /// The hash as the table wants it: 64 bits that all count.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The place of an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(u32);

/// What accounts are found by.
#[derive(Clone, Copy, Hash)]
enum Key<'a> {
    Handle(&'a [u8]),
    Name(&'a [u8]),
    Credential(&'a [u8]),
}

impl<'a> From<AccountKey<'a>> for Key<'a> {
    fn from(key: AccountKey<'a>) -> Self {
        match key {
            AccountKey::Handle(handle) => Self::Handle(handle.as_bytes()),
            AccountKey::Name(name) => Self::Name(name.key().as_bytes()),
            AccountKey::Credential(id) => Self::Credential(id),
        }
    }
}

/// The keys of an account.
fn keys(account: &Account) -> impl Iterator<Item = Key<'_>> {
    let credentials = account.credentials.iter();
    [
        AccountKey::Handle(&account.handle),
        AccountKey::Name(&account.name),
    ]
    .into_iter()
    .chain(credentials.map(|held| AccountKey::Credential(&held.id)))
    .map(Key::from)
}

impl Accounts {
    /// Bytes that all of them take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn count(&self) -> usize {
        self.records.len().saturating_sub(self.free.len())
    }

    pub(super) const fn credentials(&self) -> usize {
        self.credentials
    }

    pub(super) fn find(&self, by: AccountKey<'_>) -> Option<Slot> {
        let key = Key::from(by);
        let wanted = self.entry(key, 0);
        let found = self.index.find(wanted.spread(), |entry| {
            entry.hash == wanted.hash && self.has(entry.slot, key)
        });
        found.map(|entry| Slot(entry.slot))
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Account> {
        self.record(slot.0)?.unpack(&self.words)
    }

    pub(super) fn handle(&self, slot: Slot) -> Option<UserHandle> {
        UserHandle::new(self.record(slot.0)?.handle())
    }

    /// Where a credential of an account has its state, and what it is.
    pub(super) fn state(&self, slot: Slot, id: &[u8]) -> Option<Place> {
        self.record(slot.0)?.find(id)
    }

    /// Moves the state of a credential to what a sign-in has made of it.
    pub(super) fn set_state(
        &mut self,
        slot: Slot,
        place: &Place,
        state: CredentialState,
        used: Timestamp,
    ) {
        if let Some(record) = self.record_mut(slot.0) {
            record.set(place, state, used);
        }
    }

    /// An account ready to be stored; what it takes is known before anything has changed.
    pub(super) fn pack(&mut self, account: &Account) -> Packed {
        Packed(Record::pack(account, &mut self.words))
    }

    /// Bytes that an account takes.
    pub(super) fn size(&self, slot: Slot) -> usize {
        self.record(slot.0).map_or(0, size)
    }

    /// Stores a new account, none of whose keys is in use.
    ///
    /// # Errors
    /// Where there is no place for it.
    pub(super) fn insert(&mut self, account: &Account, packed: Packed) -> Result<(), StoreError> {
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(self.records.len()).map_err(|_| StoreError::Full)?;
                self.records.push(None);
                slot
            }
        };
        for key in keys(account) {
            self.index(key, slot);
        }
        self.put(slot, Some(packed.0));
        Ok(())
    }

    /// Stores an account in place of what stood there, with the credential that it has gained or lost.
    pub(super) fn replace(
        &mut self,
        slot: Slot,
        packed: Packed,
        gained: Option<&[u8]>,
        lost: Option<&[u8]>,
    ) {
        if let Some(id) = gained {
            self.index(Key::Credential(id), slot.0);
        }
        if let Some(id) = lost {
            self.forget(Key::Credential(id), slot.0);
        }
        self.put(slot.0, Some(packed.0));
    }

    /// Removes the account at a place.
    pub(super) fn remove(&mut self, slot: Slot, account: &Account) {
        for key in keys(account) {
            self.forget(key, slot.0);
        }
        self.put(slot.0, None);
        self.free.push(slot.0);
    }

    /// Those after a handle in the order of their handles. It looks at all of them: a store that is
    /// listed often has an order of its own.
    pub(super) fn list(&self, after: Option<&UserHandle>, limit: usize) -> Vec<Slot> {
        let mut first = BinaryHeap::new();
        for (slot, record) in (0..).zip(&self.records) {
            let handle = record
                .as_ref()
                .and_then(|record| UserHandle::new(record.handle()));
            let Some(handle) = handle.filter(|handle| after.is_none_or(|after| handle > after))
            else {
                continue;
            };
            first.push((handle, slot));
            if first.len() > limit {
                first.pop();
            }
        }
        let sorted = first.into_sorted_vec();
        sorted.into_iter().map(|(_, slot)| Slot(slot)).collect()
    }

    fn put(&mut self, slot: u32, record: Option<Record>) {
        let count = |record: &Option<Record>| {
            record
                .as_ref()
                .map_or((0, 0), |record| (record.credentials(), size(record)))
        };
        let after = count(&record);
        let Some(place) = self.place(slot) else {
            return;
        };
        let before = count(&core::mem::replace(place, record));
        self.credentials = self
            .credentials
            .saturating_sub(before.0)
            .saturating_add(after.0);
        self.bytes = self.bytes.saturating_sub(before.1).saturating_add(after.1);
    }

    fn index(&mut self, key: Key<'_>, slot: u32) {
        let entry = self.entry(key, slot);
        self.index
            .insert_unique(entry.spread(), entry, |entry| entry.spread());
    }

    fn forget(&mut self, key: Key<'_>, slot: u32) {
        let unwanted = self.entry(key, slot);
        // Two keys of one account that have the same hash have the same entry, each its own.
        let found = self.index.find_entry(unwanted.spread(), |entry| {
            entry.hash == unwanted.hash && entry.slot == slot
        });
        if let Ok(found) = found {
            found.remove();
        }
    }

    fn entry(&self, key: Key<'_>, slot: u32) -> Entry {
        let [a, b, c, d, ..] = self.hasher.hash_one(key).to_le_bytes();
        let hash = u32::from_le_bytes([a, b, c, d]);
        Entry { hash, slot }
    }

    /// Whether the account at a place has a key.
    fn has(&self, slot: u32, key: Key<'_>) -> bool {
        self.record(slot).is_some_and(|record| match key {
            Key::Handle(handle) => record.handle() == handle,
            Key::Name(name) => record.name_key() == name,
            Key::Credential(id) => record.find(id).is_some(),
        })
    }

    fn record(&self, slot: u32) -> Option<&Record> {
        self.records.get(usize::try_from(slot).ok()?)?.as_ref()
    }

    fn record_mut(&mut self, slot: u32) -> Option<&mut Record> {
        self.place(slot)?.as_mut()
    }

    fn place(&mut self, slot: u32) -> Option<&mut Option<Record>> {
        self.records.get_mut(usize::try_from(slot).ok()?)
    }
}

/// An account as it is kept.
pub(super) struct Packed(Record);

impl Packed {
    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size(&self.0)
    }
}

fn size(record: &Record) -> usize {
    let indexed = record.credentials().saturating_mul(INDEXED);
    record.len().saturating_add(ACCOUNT).saturating_add(indexed)
}
