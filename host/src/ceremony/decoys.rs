//! Accounts that do not exist, for names that do not exist.
//!
//! A sign-in by name must not tell whether the name is registered. So an unknown name gets a whole
//! account: a handle and credentials derived from the name, the same each time, in the shapes that
//! authenticators make, with a public key that nobody can sign for. It goes through the same code
//! as a real one.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

use crate::account::username::Username;
use crate::store::{Account, Credential, CredentialState, UserHandle};
use crate::token::keys::{CryptoFailure, KeySource};

const ES256: i32 = -7;
const HANDLE: usize = 64;
const LONGEST_ID: usize = 64;
const ENTRY: usize = LONGEST_ID + 1;
const MATERIAL: usize = HANDLE + 1 + 2 * ENTRY;

/// A credential as some family of authenticators makes it.
struct Shape {
    id_length: usize,
    transports: &'static [&'static str],
    backup_eligible: bool,
}

/// Password managers, platforms, security keys.
const SHAPES: [Shape; 8] = [
    shape(16, &["hybrid", "internal"], true),
    shape(16, &["internal"], true),
    shape(20, &["hybrid", "internal"], true),
    shape(20, &["internal"], true),
    shape(32, &["internal"], false),
    shape(32, &["internal"], false),
    shape(48, &["nfc", "usb"], false),
    shape(64, &["usb"], false),
];

const fn shape(
    id_length: usize,
    transports: &'static [&'static str],
    backup_eligible: bool,
) -> Shape {
    Shape {
        id_length,
        transports,
        backup_eligible,
    }
}

/// Makes the accounts.
#[derive(Debug)]
pub(crate) struct Decoys {
    keys: KeySource,
    public_key: Vec<u8>,
}

impl Decoys {
    pub(crate) fn new(keys: KeySource) -> Result<Self, CryptoFailure> {
        // The private half is dropped here.
        let pair =
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| CryptoFailure)?;
        let point = pair.public_key().as_ref();
        let (x, y) = point
            .get(1..)
            .and_then(|coordinates| coordinates.split_at_checked(32))
            .ok_or(CryptoFailure)?;
        // COSE: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        let head: &[u8] = &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        Ok(Self {
            keys,
            public_key: [head, x, &[0x22, 0x58, 0x20], y].concat(),
        })
    }

    pub(crate) fn account(&self, name: &Username) -> Result<Account, CryptoFailure> {
        let material: [u8; MATERIAL] = self.keys.derive(&[b"decoy", name.key().as_bytes()])?;
        let (handle, rest) = material
            .split_first_chunk::<HANDLE>()
            .ok_or(CryptoFailure)?;
        let (count, entries) = rest.split_first().ok_or(CryptoFailure)?;
        // Most people have one passkey here, some have two.
        let count = if count % 8 == 0 { 2 } else { 1 };
        let mut account = Account::new(UserHandle::from(*handle), name.clone(), 0);
        account.credentials = entries
            .chunks_exact(ENTRY)
            .take(count)
            .filter_map(|entry| self.credential(entry))
            .collect();
        Ok(account)
    }

    fn credential(&self, entry: &[u8]) -> Option<Credential> {
        let (choice, id) = entry.split_first()?;
        let shape = SHAPES.get(usize::from(*choice) % SHAPES.len())?;
        let state = CredentialState::new(0, shape.backup_eligible, shape.backup_eligible, true);
        let id = id.get(..shape.id_length)?.to_vec();
        let mut credential = Credential::new(id, self.public_key.clone(), ES256, state);
        credential.transports = shape
            .transports
            .iter()
            .map(|&name| name.to_owned())
            .collect();
        Some(credential)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn decoys() -> Decoys {
        Decoys::new(KeySource::new(&Secret::new([5; 32]))).expect("keys")
    }

    fn ids(decoys: &Decoys, name: &str) -> Vec<Vec<u8>> {
        let name = Username::parse(name).expect("allowed");
        let account = decoys.account(&name).expect("derived");
        account
            .credentials
            .into_iter()
            .map(|credential| credential.id)
            .collect()
    }

    #[test]
    fn a_name_has_the_same_ids_however_it_is_written_and_after_a_restart() {
        assert_eq!(ids(&decoys(), "nobody"), ids(&decoys(), "NoBody"));
        assert_ne!(ids(&decoys(), "nobody"), ids(&decoys(), "nobody2"));
    }

    #[test]
    fn the_shapes_vary_from_name_to_name() {
        let decoys = decoys();
        let all: Vec<_> = (0..200)
            .map(|n| ids(&decoys, &format!("user{n}")))
            .collect();
        for length in [16, 20, 32, 48, 64] {
            assert!(
                all.iter().flatten().any(|id| id.len() == length),
                "{length}"
            );
        }
        assert!(all.iter().all(|ids| (1..=2).contains(&ids.len())));
        assert!(all.iter().any(|ids| ids.len() == 2));
    }
}
