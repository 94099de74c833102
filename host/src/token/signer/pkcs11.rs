//! A key in a PKCS #11 token.
//!
//! The public half is read once, when the host starts, so verifying works without the token.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::{LoginSigner, Point, SignError};
use crate::config::Pkcs11Uri;
use crate::pkcs11::{Connection, KeyName, Place, Token, TokenError};
use crate::token::keys::CryptoFailure;

/// Signs with a key that never leaves its token.
#[derive(Clone)]
pub struct Pkcs11Signer(Arc<Shared>);

struct Shared {
    uri: Pkcs11Uri,
    token: Token,
    key: KeyName,
    public_key: Point,
    /// The last signature failed, and the log says so.
    away: AtomicBool,
}

impl Pkcs11Signer {
    /// Opens the token, and has it sign once to see that it can.
    ///
    /// # Errors
    /// [`TokenError`] where the token cannot be used, or its key could leave it.
    pub async fn open(uri: Pkcs11Uri) -> Result<Self, TokenError> {
        let token = Token::new(Place {
            module: uri.module_path.clone(),
            label: uri.token.clone(),
            serial: uri.serial.clone(),
            pin_file: uri.pin_source.clone(),
        })?;
        let key = KeyName {
            label: uri.object.clone(),
            id: uri.id.clone(),
        };
        let name = key.clone();
        let public_key = token.call_async(move |connection| {
            let pair = connection.key_pair(&name)?;
            connection.sign(&pair, &[0; 32])?;
            Ok(*pair.public())
        });
        let public_key = public_key.await?;
        Ok(Self(Arc::new(Shared {
            uri,
            token,
            key,
            public_key,
            away: AtomicBool::new(false),
        })))
    }
}

#[rocket::async_trait]
impl LoginSigner for Pkcs11Signer {
    fn public_key(&self) -> &Point {
        &self.0.public_key
    }

    async fn sign(&self, message: &str) -> Result<Vec<u8>, SignError> {
        let digest = digest(&SHA256, message.as_bytes());
        let digest: [u8; 32] = digest.as_ref().try_into().map_err(|_| CryptoFailure)?;
        let (key, public_key) = (self.0.key.clone(), self.0.public_key);
        let signed = self
            .0
            .token
            .call_async(move |connection| sign(connection, &key, &public_key, &digest))
            .await;
        let was_away = self.0.away.swap(signed.is_err(), Ordering::Relaxed);
        match signed {
            Ok(signature) => {
                if was_away {
                    tracing::info!("the token that signs login tokens is available again");
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
}

fn sign(
    connection: &Connection,
    key: &KeyName,
    public_key: &Point,
    digest: &[u8; 32],
) -> Result<Vec<u8>, TokenError> {
    let pair = connection.key_pair(key)?;
    // Another token of the same label may have taken the place of this one.
    if pair.public() != public_key {
        return Err(TokenError::KeyMismatch);
    }
    connection.sign(&pair, digest)
}

impl fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pkcs11Signer").field(&self.0.uri).finish()
    }
}
