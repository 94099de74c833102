//! A key in a PKCS #11 token.
//!
//! The public half is read once, when the host starts, so that what only verifies goes on without
//! the token. A connection that has become bad is dropped; the next signature makes a new one.

use core::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use rocket::tokio::task::spawn_blocking;

use super::{LoginSigner, Point, SignError};
use crate::config::Pkcs11Uri;
use crate::token::keys::CryptoFailure;

/// The object identifier of P-256 in DER: `CKA_EC_PARAMS`.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// Signs with a key that never leaves its token.
#[derive(Clone)]
pub struct Pkcs11Signer(Arc<Shared>);

struct Shared {
    uri: Pkcs11Uri,
    public_key: Point,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// A PIN that the token has refused is not tried again: few attempts lock it for good.
    refused_pin: Option<String>,
    /// The last signature failed, and the log says so.
    away: bool,
}

struct Connection {
    // Fields drop in order: the session closes before its library can be let go.
    session: Session,
    private_key: ObjectHandle,
    module: Pkcs11,
    slot: Slot,
}

/// Why a token cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// No slot has the token.
    #[error("the token is not there")]
    Absent,
    /// The token does not have exactly one such key pair.
    #[error("the token does not hold exactly one {0} on P-256 of that label or id")]
    Key(&'static str),
    /// The key could be copied out of the token.
    #[error(
        "the private key can be exported; make one with CKA_SENSITIVE and without CKA_EXTRACTABLE"
    )]
    Exportable,
    /// The token signs, but not with the key whose public half is published.
    #[error("the token's signatures do not verify with its public key")]
    Mismatch,
    /// The token does not let the user in.
    #[error("the PIN is refused")]
    PinRefused,
    /// The file that `pin-source` names.
    #[error("the PIN cannot be read: {0}")]
    Pin(#[from] std::io::Error),
    /// Anything else that the library says.
    #[error("{0}")]
    Failed(#[from] Error),
}

impl Pkcs11Signer {
    /// Opens the token, and has it sign once to see that it can.
    ///
    /// # Errors
    /// [`SignerError`] where the token cannot be used, or its key could leave it.
    pub fn open(uri: Pkcs11Uri) -> Result<Self, SignerError> {
        let mut state = State::default();
        let connection = state.connect(&uri)?;
        let signer = Shared {
            public_key: connection.public_key(&uri)?,
            state: Mutex::new(State {
                connection: Some(connection),
                ..state
            }),
            uri,
        };
        signer.try_sign(b"portcullis")?;
        Ok(Self(Arc::new(signer)))
    }
}

#[rocket::async_trait]
impl LoginSigner for Pkcs11Signer {
    fn public_key(&self) -> &Point {
        &self.0.public_key
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>, SignError> {
        let shared = Arc::clone(&self.0);
        let message = message.to_owned();
        // A token takes its time, and a network may lie between.
        spawn_blocking(move || shared.sign(message.as_bytes()))
            .await
            .map_err(|_| CryptoFailure)?
    }
}

impl Shared {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = self.try_sign(message);
        let away = signed.is_err();
        let was_away = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            core::mem::replace(&mut state.away, away)
        };
        match signed {
            Ok(signature) => {
                if was_away {
                    tracing::info!("the token that signs login tokens is back");
                }
                Ok(signature)
            }
            Err(error) => {
                if !was_away {
                    tracing::error!(%error, "the token that signs login tokens is not available");
                }
                Err(SignError::Unavailable)
            }
        }
    }

    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match state.connection.take() {
            Some(connection) if connection.is_good(&self.uri) => connection,
            // What is left of it closes before another one is opened.
            bad => {
                drop(bad);
                state.connect(&self.uri)?
            }
        };
        let signature = connection.sign(message)?;
        // Another token of the same label may have taken the place of this one.
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.public_key)
            .verify(message, &signature)
            .map_err(|_| SignerError::Mismatch)?;
        state.connection = Some(connection);
        Ok(signature)
    }
}

impl State {
    fn connect(&mut self, uri: &Pkcs11Uri) -> Result<Connection, SignerError> {
        let module = initialized(uri)?;
        if let Some(slot) = find_slot(&module, uri)? {
            return self.log_in(module, slot, uri);
        }
        // Some libraries look for tokens only while they are initialised. No session is open here,
        // and nobody else in this process has reason to use the library of this key.
        module.finalize()?;
        let module = initialized(uri)?;
        let slot = find_slot(&module, uri)?.ok_or(SignerError::Absent)?;
        self.log_in(module, slot, uri)
    }

    fn log_in(
        &mut self,
        module: Pkcs11,
        slot: Slot,
        uri: &Pkcs11Uri,
    ) -> Result<Connection, SignerError> {
        let pin = std::fs::read_to_string(&uri.pin_source)?;
        let pin = pin.trim_end();
        if self.refused_pin.as_deref() == Some(pin) {
            return Err(SignerError::PinRefused);
        }
        let session = module.open_ro_session(slot)?;
        match session.login(UserType::User, Some(&AuthPin::from(pin))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _)) => {
                self.refused_pin = Some(pin.to_owned());
                return Err(SignerError::PinRefused);
            }
            Err(error) => return Err(error.into()),
        }
        let private_key = find_key(&session, uri, ObjectClass::PRIVATE_KEY)?
            .ok_or(SignerError::Key("private key"))?;
        if !stays(&session, private_key)? {
            return Err(SignerError::Exportable);
        }
        Ok(Connection {
            session,
            private_key,
            module,
            slot,
        })
    }
}

impl Connection {
    /// A library may go on answering for a token that was pulled, so the token itself is asked.
    fn is_good(&self, uri: &Pkcs11Uri) -> bool {
        let info = self.module.get_token_info(self.slot);
        info.is_ok_and(|info| is_named(&info, uri))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let digest = digest(&SHA256, message);
        let mechanism = Mechanism::Ecdsa;
        Ok(self
            .session
            .sign(&mechanism, self.private_key, digest.as_ref())?)
    }

    fn public_key(&self, uri: &Pkcs11Uri) -> Result<Point, SignerError> {
        let missing = || SignerError::Key("public key");
        let key = find_key(&self.session, uri, ObjectClass::PUBLIC_KEY)?.ok_or_else(missing)?;
        let attributes = self
            .session
            .get_attributes(key, &[AttributeType::EcPoint])?;
        let Some(Attribute::EcPoint(octet_string)) = attributes.first() else {
            return Err(missing());
        };
        // The point inside a DER octet string.
        let point = octet_string.strip_prefix(&[0x04, 65]).unwrap_or_default();
        point.try_into().map_err(|_| missing())
    }
}

fn initialized(uri: &Pkcs11Uri) -> Result<Pkcs11, SignerError> {
    let module = Pkcs11::new(&uri.module_path)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(error.into()),
    }
}

fn find_slot(module: &Pkcs11, uri: &Pkcs11Uri) -> Result<Option<Slot>, SignerError> {
    let slots = module.get_slots_with_token()?;
    let found = slots.into_iter().find(|slot| {
        let info = module.get_token_info(*slot);
        info.is_ok_and(|info| is_named(&info, uri))
    });
    Ok(found)
}

fn is_named(info: &TokenInfo, uri: &Pkcs11Uri) -> bool {
    let is =
        |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
    is(&uri.token, info.label()) && is(&uri.serial, info.serial_number())
}

/// The one key of that class, label and id.
fn find_key(
    session: &Session,
    uri: &Pkcs11Uri,
    class: ObjectClass,
) -> Result<Option<ObjectHandle>, SignerError> {
    let mut template = vec![
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC),
        Attribute::EcParams(P256.to_vec()),
    ];
    let label = uri.object.as_ref();
    template.extend(label.map(|label| Attribute::Label(label.as_bytes().to_vec())));
    template.extend(uri.id.clone().map(Attribute::Id));
    Ok(match session.find_objects(&template)?.as_slice() {
        [key] => Some(*key),
        _ => None,
    })
}

/// Whether the token keeps a key to itself.
fn stays(session: &Session, key: ObjectHandle) -> Result<bool, SignerError> {
    let wanted = [AttributeType::Sensitive, AttributeType::Extractable];
    let found = session.get_attributes(key, &wanted)?;
    Ok(found.contains(&Attribute::Sensitive(true))
        && found.contains(&Attribute::Extractable(false)))
}

impl fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pkcs11Signer").field(&self.0.uri).finish()
    }
}
