use core::cell::RefCell;
use core::fmt;
use core::sync::atomic::Ordering;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::key::{self, P256};
use super::pin::PinHistory;
use super::{KeyName, KeyPair, MAY_FINALIZE, Place, Point, TokenError};

/// What the token's thread has: the connection, and what is needed to make another.
#[derive(Debug)]
pub(super) struct Connector {
    place: Place,
    connection: Option<Connection>,
    pin: PinHistory,
}

/// A session in which the user is logged in.
pub struct Connection {
    // Fields drop in order: the session closes before its library can be let go.
    session: Session,
    module: Pkcs11,
    slot: Slot,
    /// The pairs that were looked up, with handles of this session.
    pairs: RefCell<Vec<(KeyName, KeyPair)>>,
}

impl Connector {
    pub(super) const fn new(place: Place) -> Self {
        Self {
            place,
            connection: None,
            pin: PinHistory::Untried,
        }
    }

    /// Works with a connection that is good, and keeps it when all went well.
    pub(super) fn with<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let connection = match self.connection.take() {
            Some(connection) if connection.is_good(&self.place) => connection,
            // What is left of it closes before another one is opened.
            bad => {
                drop(bad);
                self.connect()?
            }
        };
        let done = work(&connection)?;
        self.connection = Some(connection);
        Ok(done)
    }

    fn connect(&mut self) -> Result<Connection, TokenError> {
        let module = self.initialized()?;
        if let Some(slot) = self.find_slot(&module)? {
            return self.log_in(module, slot);
        }
        if !MAY_FINALIZE.load(Ordering::Relaxed) {
            return Err(TokenError::Absent);
        }
        module.finalize()?;
        let module = self.initialized()?;
        let slot = self.find_slot(&module)?.ok_or(TokenError::Absent)?;
        self.log_in(module, slot)
    }

    fn initialized(&self) -> Result<Pkcs11, TokenError> {
        let module = Pkcs11::new(&self.place.module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
            Err(error) => Err(error.into()),
        }
    }

    fn find_slot(&self, module: &Pkcs11) -> Result<Option<Slot>, TokenError> {
        let slots = module.get_slots_with_token()?;
        let found = slots.into_iter().find(|slot| {
            let info = module.get_token_info(*slot);
            info.is_ok_and(|info| self.place.is_of(&info))
        });
        Ok(found)
    }

    fn log_in(&mut self, module: Pkcs11, slot: Slot) -> Result<Connection, TokenError> {
        let session = module.open_ro_session(slot)?;
        // The login is the whole process's: another session may have made it.
        if !is_logged_in(&session) {
            let pin = std::fs::read_to_string(&self.place.pin_file).map_err(TokenError::PinFile)?;
            let pin = pin.trim_end();
            self.pin.check(pin, &module.get_token_info(slot)?)?;
            match session.login(UserType::User, Some(&AuthPin::from(pin))) {
                Ok(()) => self.pin = PinHistory::Accepted,
                Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(Error::Pkcs11(
                    RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
                    _,
                )) => {
                    self.pin = PinHistory::Refused(pin.to_owned());
                    return Err(TokenError::PinRefused);
                }
                Err(Error::Pkcs11(RvError::PinLocked, _)) => {
                    return Err(TokenError::PinNotTried("the token has locked it"));
                }
                Err(Error::Pkcs11(RvError::PinExpired, _)) => {
                    return Err(TokenError::PinNotTried("it has expired"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Connection {
            session,
            module,
            slot,
            pairs: RefCell::default(),
        })
    }
}

fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| {
        matches!(
            info.session_state(),
            SessionState::RoUser | SessionState::RwUser
        )
    })
}

impl Place {
    fn is_of(&self, info: &TokenInfo) -> bool {
        let is = |wanted: &Option<String>, text: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == text)
        };
        is(&self.label, info.label()) && is(&self.serial, info.serial_number())
    }
}

impl Connection {
    /// A library may go on answering for a token that was pulled, so the token itself is asked.
    fn is_good(&self, place: &Place) -> bool {
        let info = self.module.get_token_info(self.slot);
        info.is_ok_and(|info| place.is_of(&info)) && is_logged_in(&self.session)
    }

    /// The only key pair of that name. Its private key is sensitive and not extractable.
    ///
    /// # Errors
    /// Where there is none, more than one, or one that can be exported.
    pub fn key_pair(&self, name: &KeyName) -> Result<KeyPair, TokenError> {
        let known = self.pairs.borrow();
        if let Some((_, pair)) = known.iter().find(|(known, _)| known == name) {
            return Ok(*pair);
        }
        drop(known);
        let pair = KeyPair::find(&self.session, name)?;
        self.pairs.borrow_mut().push((name.clone(), pair));
        Ok(pair)
    }

    /// Signs a SHA-256 digest; the signature is `r || s`, and verifies with the pair's public key.
    ///
    /// # Errors
    /// Where the token fails, or the two keys are not a pair.
    pub fn sign(&self, pair: &KeyPair, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
        let signature = self.session.sign(&Mechanism::Ecdsa, pair.private, digest)?;
        // Anybody can put a public key of any label into many a token.
        match pair.verifies(digest, &signature) {
            true => Ok(signature),
            false => Err(TokenError::KeyMismatch),
        }
    }

    /// Generates a key pair that does not leave the token.
    ///
    /// # Errors
    /// Where the token holds a key with that label, or fails.
    pub fn generate(&self, label: &str) -> Result<KeyPair, TokenError> {
        let name = KeyName {
            label: Some(label.to_owned()),
            id: None,
        };
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            if !key::find_all(&self.session, &name, class)?.is_empty() {
                return Err(TokenError::KeyExists);
            }
        }
        let session = self.module.open_rw_session(self.slot)?;
        let label = || Attribute::Label(label.into());
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
        self.key_pair(&name)
    }

    /// Has the token say whether `r || s` is a signature of the digest by the key of this point. The
    /// key is imported for this call, as an object of the session.
    ///
    /// # Errors
    /// Where the token fails.
    pub fn verify(
        &self,
        point: &Point,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, TokenError> {
        // CKA_EC_POINT is the point inside a DER octet string.
        let octet_string = [&[0x04, 65][..], point].concat();
        let key = self.session.create_object(&[
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(KeyType::EC),
            Attribute::Token(false),
            Attribute::Private(false),
            Attribute::EcParams(P256.to_vec()),
            Attribute::EcPoint(octet_string),
            Attribute::Verify(true),
        ])?;
        let verified = self
            .session
            .verify(&Mechanism::Ecdsa, key, digest, signature);
        self.session.destroy_object(key)?;
        match verified {
            Ok(()) => Ok(true),
            Err(Error::Pkcs11(RvError::SignatureInvalid | RvError::SignatureLenRange, _)) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Random bytes of the token.
    ///
    /// # Errors
    /// Where the token fails.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], TokenError> {
        let mut bytes = [0; N];
        self.session.generate_random_slice(&mut bytes)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
