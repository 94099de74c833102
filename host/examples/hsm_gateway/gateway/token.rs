//! The token: its two keys, and what the gateway has it do.
//!
//! A connection that has become bad is an error where it is noticed, and the next call makes a new
//! one: a token that comes back needs no restart.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use serde::Deserialize;

/// The object identifier of P-256 in DER: `CKA_EC_PARAMS`.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// An uncompressed point, `04 || x || y`.
pub(crate) type Point = [u8; 65];

/// Where the token is found, and how it is opened.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    /// The PKCS #11 library.
    pub(crate) module: PathBuf,
    /// The token's label.
    pub(crate) label: String,
    /// The file with the user's PIN.
    pub(crate) pin_file: PathBuf,
}

/// A key pair in the token, by its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Signs documents, and nothing else.
    Document,
    /// Signs receipts, and nothing else: no receipt can be taken for a document.
    Receipt,
}

impl Key {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Receipt => "receipt",
        }
    }
}

/// Why the token did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is not there")]
    Absent,
    #[error("the token is locked: {0}")]
    Locked(&'static str),
    #[error("the token has no {0} key; `init` makes it")]
    NoKey(&'static str),
    #[error("the token has a {0} key already")]
    KeyExists(&'static str),
    #[error("the PIN cannot be read: {0}")]
    Pin(#[from] std::io::Error),
    #[error("the token has failed: {0}")]
    Failed(#[from] Error),
}

impl TokenError {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Absent => "token_absent",
            Self::Locked(_) => "token_locked",
            Self::NoKey(_) => "token_key_missing",
            Self::KeyExists(_) => "token_key_exists",
            Self::Pin(_) => "token_pin_unreadable",
            Self::Failed(_) => "token_failed",
        }
    }
}

/// The token, connected to when it is needed.
#[derive(Debug)]
pub(crate) struct Token {
    place: Place,
    connection: Mutex<Option<Connection>>,
    /// A PIN that the token has refused is not tried again: few attempts lock it for good.
    refused_pin: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Connection {
    // Fields drop in order: the session closes before its library can be let go.
    session: Session,
    module: Pkcs11,
    slot: Slot,
}

impl Token {
    pub(crate) fn at(place: Place) -> Self {
        Self {
            place,
            connection: Mutex::new(None),
            refused_pin: Mutex::new(None),
        }
    }

    /// Generates a key pair that does not leave the token, and returns its public point.
    pub(crate) fn generate(&self, key: Key) -> Result<Point, TokenError> {
        let label = || Attribute::Label(key.label().into());
        self.with(|connection| {
            if connection.find(key, ObjectClass::PRIVATE_KEY)?.is_some() {
                return Err(TokenError::KeyExists(key.label()));
            }
            let session = connection.module.open_rw_session(connection.slot)?;
            let public = [
                Attribute::Token(true),
                Attribute::Private(false),
                label(),
                Attribute::EcParams(P256.to_vec()),
                Attribute::Verify(true),
            ];
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                label(),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
            ];
            session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
            connection.public_point(key)
        })
    }

    /// The public point of a key.
    pub(crate) fn public_point(&self, key: Key) -> Result<Point, TokenError> {
        self.with(|connection| connection.public_point(key))
    }

    /// Signs a SHA-256 digest; the signature is `r || s`.
    pub(crate) fn sign(&self, key: Key, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        self.with(|connection| {
            let private = connection
                .find(key, ObjectClass::PRIVATE_KEY)?
                .ok_or(TokenError::NoKey(key.label()))?;
            Ok(connection
                .session
                .sign(&Mechanism::Ecdsa, private, digest)?)
        })
    }

    /// Whether `r || s` is a signature of the digest by the key of this point. The key is imported
    /// for the time of this call, as an object of the session.
    pub(crate) fn verify(
        &self,
        point: &Point,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, TokenError> {
        // CKA_EC_POINT is the point inside a DER octet string.
        let octet_string = [&[0x04, 65][..], point].concat();
        self.with(|connection| {
            let session = &connection.session;
            let key = session.create_object(&[
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::KeyType(KeyType::EC),
                Attribute::Token(false),
                Attribute::Private(false),
                Attribute::EcParams(P256.to_vec()),
                Attribute::EcPoint(octet_string),
                Attribute::Verify(true),
            ])?;
            let verified = session.verify(&Mechanism::Ecdsa, key, digest, signature);
            session.destroy_object(key)?;
            match verified {
                Ok(()) => Ok(true),
                Err(Error::Pkcs11(RvError::SignatureInvalid | RvError::SignatureLenRange, _)) => {
                    Ok(false)
                }
                Err(error) => Err(error.into()),
            }
        })
    }

    /// Random bytes of the token's.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], TokenError> {
        self.with(|connection| {
            let mut bytes = [0; N];
            connection.session.generate_random_slice(&mut bytes)?;
            Ok(bytes)
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut slot = locked(&self.connection);
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let done = work(&connection);
        // What a library answers for a token that has gone differs: some go on as if it were there.
        connection.check(&self.place.label)?;
        *slot = Some(connection);
        done
    }

    fn connect(&self) -> Result<Connection, TokenError> {
        let module = self.module()?;
        if let Some(slot) = find_slot(&module, &self.place.label)? {
            return self.log_in(module, slot);
        }
        // Some modules look for tokens only while they are initialised. The gateway is the only
        // one in this process to use the module, and it has no session open here.
        module.finalize()?;
        let module = self.module()?;
        let slot = find_slot(&module, &self.place.label)?.ok_or(TokenError::Absent)?;
        self.log_in(module, slot)
    }

    fn module(&self) -> Result<Pkcs11, TokenError> {
        let module = Pkcs11::new(&self.place.module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
            Err(error) => Err(error.into()),
        }
    }

    fn log_in(&self, module: Pkcs11, slot: Slot) -> Result<Connection, TokenError> {
        let pin = std::fs::read_to_string(&self.place.pin_file)?;
        let pin = pin.trim_end();
        if locked(&self.refused_pin).as_deref() == Some(pin) {
            return Err(TokenError::Locked("this PIN was refused before"));
        }
        let session = module.open_ro_session(slot)?;
        match session.login(UserType::User, Some(&AuthPin::from(pin))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(Connection {
                session,
                module,
                slot,
            }),
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _)) => {
                *locked(&self.refused_pin) = Some(pin.to_owned());
                Err(TokenError::Locked("the PIN is refused"))
            }
            Err(Error::Pkcs11(RvError::PinLocked | RvError::PinExpired, _)) => {
                Err(TokenError::Locked("the PIN is locked or has expired"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Connection {
    /// Whether the token is there and open: it is asked itself.
    fn check(&self, label: &str) -> Result<(), TokenError> {
        let there = self
            .module
            .get_token_info(self.slot)
            .is_ok_and(|info| info.label() == label);
        let state = self
            .session
            .get_session_info()
            .map(|info| info.session_state());
        match state {
            _ if !there => Err(TokenError::Absent),
            Ok(SessionState::RoUser | SessionState::RwUser) => Ok(()),
            Ok(_) => Err(TokenError::Locked("nobody is logged in any more")),
            Err(_) => Err(TokenError::Absent),
        }
    }

    fn find(&self, key: Key, class: ObjectClass) -> Result<Option<ObjectHandle>, TokenError> {
        let found = self.session.find_objects(&[
            Attribute::Class(class),
            Attribute::KeyType(KeyType::EC),
            Attribute::Label(key.label().into()),
        ])?;
        Ok(found.first().copied())
    }

    fn public_point(&self, key: Key) -> Result<Point, TokenError> {
        let missing = || TokenError::NoKey(key.label());
        let public = self
            .find(key, ObjectClass::PUBLIC_KEY)?
            .ok_or_else(missing)?;
        let attributes = self
            .session
            .get_attributes(public, &[AttributeType::EcPoint])?;
        let Some(Attribute::EcPoint(octet_string)) = attributes.first() else {
            return Err(missing());
        };
        let point = octet_string.strip_prefix(&[0x04, 65]).unwrap_or_default();
        point.try_into().map_err(|_| missing())
    }
}

/// What a mutex holds. A call that has panicked leaves no connection and no half of a PIN behind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The slot whose token has this label.
fn find_slot(module: &Pkcs11, label: &str) -> Result<Option<Slot>, TokenError> {
    let slots = module.get_slots_with_token()?;
    let found = slots.into_iter().find(|slot| {
        module
            .get_token_info(*slot)
            .is_ok_and(|info| info.label() == label)
    });
    Ok(found)
}
