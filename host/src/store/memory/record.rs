//! An account with its credentials in one block of memory: what a passkey takes beside its key and id is
//! little more than the user handle and the name.
//!
//! ```text
//! account     handle  key of the name  name?  display name?  created:8  number of credentials  credential*
//! credential  id  sign count:4  flags:1  last used:8  public key  created:8  algorithm:4
//!             AAGUID  transports  RP ID  format  type  browser?  platform?  name?
//! ```
//!
//! A text is its length and its bytes. From the AAGUID to the platform each is a word: its code, or
//! [`INLINE`] and the text. What may be absent (`?`) is preceded by a byte that says whether it is there, or
//! has the code [`ABSENT`]. The name is absent where it is written as it is compared.

use portcullis_core::Aaguid;

use super::super::{Account, Credential, CredentialState, UserHandle};
use super::words::Words;
use crate::account::Username;
use crate::clock::Timestamp;

const INLINE: u16 = u16::MAX;
const ABSENT: u16 = u16::MAX - 1;

const BACKUP_ELIGIBLE: u8 = 1;
const BACKUP_STATE: u8 = 2;
const USER_VERIFIED: u8 = 4;
const USED: u8 = 8;

/// What a sign-in changes of a credential, in bytes: sign count, flags, last use.
const STATE: usize = 4 + 1 + 8;

/// An account as it is kept.
#[derive(Debug)]
pub(super) struct Record(Box<[u8]>);

/// The place of a credential's state in its record, and the state.
pub(super) struct Place {
    at: usize,
    pub(super) state: CredentialState,
}

impl Record {
    /// Packs an account. The number of its recovery codes is not part of it.
    pub(super) fn pack(account: &Account, words: &mut Words) -> Self {
        let mut out = Writer {
            bytes: Vec::with_capacity(512),
            words,
        };
        let (written, key) = (account.name.as_written(), account.name.key());
        out.text(account.handle.as_bytes());
        out.text(key.as_bytes());
        out.optional((written != key).then_some(written));
        out.optional(account.display_name.as_deref());
        out.fixed(account.created.to_le_bytes());
        out.number(account.credentials.len());
        for credential in &account.credentials {
            out.credential(credential);
        }
        // A copy of the right size: what is given back of a larger piece is too small for the next record.
        Self(Box::from(&*out.bytes))
    }

    /// The account; the number of its recovery codes is not known here.
    pub(super) fn unpack<'a>(&'a self, words: &'a Words) -> Option<Account> {
        let mut from = self.reader();
        let handle = UserHandle::new(from.text())?;
        let key = from.string();
        let written = from.optional().unwrap_or_else(|| key.clone());
        let name = Username::from_stored(written, key);
        let mut account = Account::new(handle, name, 0);
        account.display_name = from.optional();
        account.created = Timestamp::from_le_bytes(from.fixed());
        let credentials = from.number();
        account.credentials = (0..credentials).map(|_| from.credential(words)).collect();
        Some(account)
    }

    /// Bytes of memory.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn handle(&self) -> &[u8] {
        self.reader().text()
    }

    /// The name in the form that is compared.
    pub(super) fn name_key(&self) -> &[u8] {
        let mut from = self.reader();
        from.text();
        from.text()
    }

    /// The number of its credentials.
    pub(super) fn credentials(&self) -> usize {
        self.at_credentials().number()
    }

    /// Where the credential of an id has its state.
    pub(super) fn find(&self, id: &[u8]) -> Option<Place> {
        let mut from = self.at_credentials();
        let credentials = from.number();
        for _ in 0..credentials {
            let is_it = from.text() == id;
            let at = self.0.len().saturating_sub(from.rest.len());
            let (state, _) = from.state();
            if is_it {
                return Some(Place { at, state });
            }
            from.skip_rest_of_credential();
        }
        None
    }

    /// Moves the state of a credential that [`Self::find`] has found.
    pub(super) fn set(&mut self, place: &Place, state: CredentialState, used: Timestamp) {
        let end = place.at.saturating_add(STATE);
        if let Some(bytes) = self.0.get_mut(place.at..end) {
            bytes.copy_from_slice(&written(state, Some(used)));
        }
    }

    fn reader(&self) -> Reader<'_> {
        Reader { rest: &self.0 }
    }

    fn at_credentials(&self) -> Reader<'_> {
        let mut from = self.reader();
        from.text();
        from.text();
        from.skip_optional();
        from.skip_optional();
        from.take(size_of::<Timestamp>());
        from
    }
}

fn written(state: CredentialState, used: Option<Timestamp>) -> [u8; STATE] {
    let flags = [
        (state.backup_eligible, BACKUP_ELIGIBLE),
        (state.backup_state, BACKUP_STATE),
        (state.user_verified, USER_VERIFIED),
        (used.is_some(), USED),
    ];
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    let [a, b, c, d] = state.sign_count.to_le_bytes();
    let [e, f, g, h, i, j, k, l] = used.unwrap_or_default().to_le_bytes();
    let flags = set.fold(0, |all, (_, flag)| all | flag);
    [a, b, c, d, flags, e, f, g, h, i, j, k, l]
}

struct Writer<'a> {
    bytes: Vec<u8>,
    words: &'a mut Words,
}

impl Writer<'_> {
    fn fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        self.bytes.extend_from_slice(&bytes);
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn number(&mut self, mut number: usize) {
        while let (low, rest @ 1..) = (number & 0x7f, number >> 7) {
            self.bytes.extend(u8::try_from(low | 0x80));
            number = rest;
        }
        self.bytes.extend(u8::try_from(number));
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len());
        self.bytes.extend_from_slice(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.bytes.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text.as_bytes());
        }
    }

    fn word(&mut self, text: Option<&[u8]>) {
        let Some(text) = text else {
            return self.fixed(ABSENT.to_le_bytes());
        };
        if let Some(code) = self.words.code(text) {
            self.fixed(code.to_le_bytes());
        } else {
            self.fixed(INLINE.to_le_bytes());
            self.text(text);
        }
    }

    fn credential(&mut self, credential: &Credential) {
        self.text(&credential.id);
        self.fixed(written(credential.state, credential.last_used));
        self.text(&credential.public_key);
        self.fixed(credential.created.to_le_bytes());
        self.fixed(credential.algorithm.to_le_bytes());
        self.word(Some(&credential.aaguid.bytes()));
        let mut transports = Writer {
            bytes: Vec::new(),
            words: &mut *self.words,
        };
        for transport in &credential.transports {
            transports.text(transport.as_bytes());
        }
        let transports = transports.bytes;
        self.word(Some(&transports));
        for word in [
            Some(&credential.rp_id),
            Some(&credential.attestation_format),
            Some(&credential.attestation_type),
            credential.browser.as_ref(),
            credential.platform.as_ref(),
        ] {
            self.word(word.map(String::as_bytes));
        }
        self.optional(credential.name.as_deref());
    }
}

/// Reads what a [`Writer`] wrote. Where there is nothing left, it reads zeros and empty texts.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn fixed<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap_or([0; N])
    }

    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let [byte] = self.fixed();
            number |= usize::from(byte & 0x7f)
                .checked_shl(shift)
                .unwrap_or_default();
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.number();
        self.take(length)
    }

    fn string(&mut self) -> String {
        String::from_utf8_lossy(self.text()).into_owned()
    }

    fn optional(&mut self) -> Option<String> {
        let [is_there] = self.fixed();
        (is_there != 0).then(|| self.string())
    }

    fn skip_optional(&mut self) {
        let [is_there] = self.fixed();
        if is_there != 0 {
            self.text();
        }
    }

    fn word(&mut self, words: &'a Words) -> Option<&'a [u8]> {
        match u16::from_le_bytes(self.fixed()) {
            ABSENT => None,
            INLINE => Some(self.text()),
            code => Some(words.text(code)),
        }
    }

    fn state(&mut self) -> (CredentialState, Option<Timestamp>) {
        let sign_count = u32::from_le_bytes(self.fixed());
        let [flags] = self.fixed();
        let used = Timestamp::from_le_bytes(self.fixed());
        let state = CredentialState::new(
            sign_count,
            flags & BACKUP_ELIGIBLE != 0,
            flags & BACKUP_STATE != 0,
            flags & USER_VERIFIED != 0,
        );
        (state, (flags & USED != 0).then_some(used))
    }

    fn credential(&mut self, words: &'a Words) -> Credential {
        let string = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let id = self.text().to_vec();
        let (state, last_used) = self.state();
        let public_key = self.text().to_vec();
        let created = Timestamp::from_le_bytes(self.fixed());
        let algorithm = i32::from_le_bytes(self.fixed());
        let aaguid = self.word(words).and_then(|bytes| bytes.try_into().ok());
        let mut listed = Self {
            rest: self.word(words).unwrap_or_default(),
        };
        let mut transports = Vec::new();
        while !listed.rest.is_empty() {
            transports.push(listed.string());
        }
        let mut optional = || self.word(words).map(string);
        // In the order in which they were written.
        Credential {
            id,
            public_key,
            algorithm,
            aaguid: aaguid.map_or(Aaguid::ZERO, Aaguid::new),
            transports,
            state,
            rp_id: optional().unwrap_or_default(),
            attestation_format: optional().unwrap_or_default(),
            attestation_type: optional().unwrap_or_default(),
            browser: optional(),
            platform: optional(),
            name: self.optional(),
            created,
            last_used,
        }
    }

    /// What follows the state.
    fn skip_rest_of_credential(&mut self) {
        self.text();
        self.take(size_of::<Timestamp>() + size_of::<i32>());
        for _ in 0..7 {
            if u16::from_le_bytes(self.fixed()) == INLINE {
                self.text();
            }
        }
        self.skip_optional();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &dyn Fn(usize) -> String, credentials: usize) -> Account {
        let name = Username::from_stored(text(1), text(2));
        let handle = UserHandle::new(&[7; 33]).expect("a handle");
        let mut account = Account::new(handle, name, u64::MAX);
        account.display_name = Some(text(3));
        for number in 0..credentials {
            let state = CredentialState::new(u32::MAX, number % 2 == 0, number % 3 == 0, true);
            let id = text(number).into_bytes();
            let key = vec![number.to_le_bytes()[0]; 2_000];
            let mut credential = Credential::new(id, key, -257, state);
            credential.aaguid = Aaguid::new([number.to_le_bytes()[0]; 16]);
            credential.transports = (0..number % 9).map(text).collect();
            credential.rp_id = text(4);
            credential.attestation_format = text(5);
            credential.attestation_type = text(6);
            credential.name = (number % 2 == 0).then(|| text(7));
            credential.created = 1;
            credential.last_used = (number % 2 == 1).then_some(2);
            credential.browser = (number % 3 == 0).then(|| text(8));
            credential.platform = (number % 3 == 1).then(|| text(9));
            account.credentials.push(credential);
        }
        account
    }

    #[test]
    fn what_is_packed_comes_back_whatever_its_lengths() {
        for length in [0, 1, 127, 128, 129, 1_000, 20_000] {
            let text = |number: usize| format!("{number}{}", "\u{e9}".repeat(length));
            let mut words = Words::default();
            for credentials in [0, 1, 2, 64, 130] {
                let account = account(&text, credentials);
                let record = Record::pack(&account, &mut words);
                assert_eq!(record.unpack(&words).as_ref(), Some(&account));
                assert_eq!(record.handle(), account.handle.as_bytes());
                assert_eq!(record.name_key(), account.name.key().as_bytes());
                assert_eq!(record.credentials(), credentials);
            }
        }
        let nothing = account(&|_| String::new(), 1);
        let mut words = Words::default();
        let record = Record::pack(&nothing, &mut words);
        assert_eq!(record.unpack(&words), Some(nothing));
    }

    #[test]
    fn a_state_moves_in_its_place() {
        let mut words = Words::default();
        let mut account = account(&|number| format!("text{number}"), 9);
        let mut record = Record::pack(&account, &mut words);
        for credential in &mut account.credentials {
            let place = record.find(&credential.id).expect("it is there");
            assert_eq!(place.state, credential.state);
            credential.state = CredentialState::new(5, true, false, false);
            credential.last_used = Some(9);
            record.set(&place, credential.state, 9);
        }
        assert_eq!(record.unpack(&words), Some(account));
        assert!(record.find(b"another").is_none());
    }
}
