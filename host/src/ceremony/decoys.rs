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

/// What a decoy's handle and credentials are chosen by, in bytes: one hash, since one is made at every sign-in by
/// name. A handle is as long as what is left of it. Nobody is shown it, so it need not look like a real one.
const MATERIAL: usize = 32;

/// The bytes at the end of a decoy's id that only its maker can compute.
const TAG: usize = 8;

/// The most credentials of a decoy.
const MOST: usize = 5;

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

/// Makes the accounts, and recognises their credential ids.
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
        let key = name.key().as_bytes();
        let material: [u8; MATERIAL] = self.keys.derive(&[b"decoy", key]);
        let (count, rest) = material.split_first().ok_or(CryptoFailure)?;
        let (choices, handle) = rest.split_first_chunk::<MOST>().ok_or(CryptoFailure)?;
        let handle = UserHandle::new(handle).ok_or(CryptoFailure)?;
        let mut account = Account::new(handle, name.clone(), 0);
        let count = credentials(*count);
        account.credentials.reserve_exact(count);
        for (index, choice) in (0_u8..).zip(choices).take(count) {
            let shape = SHAPES
                .get(usize::from(*choice) % SHAPES.len())
                .ok_or(CryptoFailure)?;
            account
                .credentials
                .push(self.credential(key, index, shape)?);
        }
        Ok(account)
    }

    /// Whether an id is that of a decoy. Registering one has to fail as registering a real one does.
    pub(crate) fn made(&self, id: &[u8]) -> bool {
        // Nobody can guess 64 bits, so nothing is learned from where the comparison ends.
        id.split_last_chunk::<TAG>()
            .is_some_and(|(body, tag)| self.tag(body) == *tag)
    }

    fn credential(
        &self,
        name: &[u8],
        index: u8,
        shape: &Shape,
    ) -> Result<Credential, CryptoFailure> {
        let mut id = Vec::with_capacity(shape.id_length);
        id.resize(shape.id_length.saturating_sub(TAG), 0);
        self.keys.fill(&mut id, &[b"decoy id", &[index], name]);
        let tag = self.tag(&id);
        id.extend(tag);
        let state = CredentialState::new(0, shape.backup_eligible, shape.backup_eligible, true);
        let mut credential = Credential::new(id, self.public_key.clone(), ES256, state);
        credential.transports = shape
            .transports
            .iter()
            .map(|&name| name.to_owned())
            .collect();
        Ok(credential)
    }

    fn tag(&self, body: &[u8]) -> [u8; TAG] {
        self.keys.derive(&[b"decoy tag", body])
    }
}

/// Most people have one passkey here, some have two, a few have more.
const fn credentials(byte: u8) -> usize {
    match byte {
        0..=215 => 1,
        216..=245 => 2,
        246..=252 => 3,
        253..=254 => 4,
        255 => MOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn decoys() -> Decoys {
        Decoys::new(KeySource::new(&Secret::new([5; 32]), "localhost")).expect("keys")
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
        let all: Vec<_> = (0..500)
            .map(|n| ids(&decoys, &format!("user{n}")))
            .collect();
        for length in [16, 20, 32, 48, 64] {
            assert!(
                all.iter().flatten().any(|id| id.len() == length),
                "{length}"
            );
        }
        for count in [1, 2, 3] {
            assert!(all.iter().any(|ids| ids.len() == count), "{count}");
        }
    }

    #[test]
    fn only_the_maker_knows_a_decoys_id() {
        let decoys = decoys();
        let other = KeySource::new(&Secret::new([6; 32]), "localhost");
        let other = Decoys::new(other).expect("keys");
        for id in ids(&decoys, "nobody") {
            assert!(decoys.made(&id));
            assert!(!other.made(&id));
            let mut changed = id.clone();
            changed[0] ^= 1;
            assert!(!decoys.made(&changed));
        }
        for id in [&[][..], &[0; 7], &[0; 8], &[0; 64]] {
            assert!(!decoys.made(id));
        }
    }
}
