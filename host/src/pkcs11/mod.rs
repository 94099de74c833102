//! A PKCS #11 token, for programs that sign with a key in one.
//!
//! A library call can hang: the device waits for somebody, or a network lies between. So one thread
//! owns the connection, callers queue for it and wait for a bounded time, and while a call hangs the
//! next ones fail at once. A token that hangs occupies one thread, however many callers there are.
//!
//! A connection that has failed is dropped; the next call makes a new one. Nothing here calls
//! `C_Finalize` unless the program [says](allow_finalize) that it uses the library for nothing else.

mod connection;
mod key;
mod pin;

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use rocket::tokio::sync::oneshot;
use rocket::tokio::time::timeout;

pub use connection::Connection;
use connection::Connector;
pub use key::{KeyName, KeyPair, Point};

/// How long a caller waits for an answer. A network HSM signs within milliseconds.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Calls that may wait for the thread. What a token can do within [`ANSWER_TIME`] is in the hundreds.
const CALLS_MAX: usize = 64;

static MAY_FINALIZE: AtomicBool = AtomicBool::new(false);

/// Sets whether a [`Token`] may finalize its library (`C_Finalize`) to look for a token again. Some
/// libraries notice a token that comes back in no other way. It ends every session that this process
/// has with the library, so it is off until a program turns it on that has no others: the
/// `portcullis` binary does.
pub fn allow_finalize(allowed: bool) {
    MAY_FINALIZE.store(allowed, Ordering::Relaxed);
}

/// Where a token is found, and how it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The PKCS #11 library.
    pub module: PathBuf,
    /// The token's label.
    pub label: Option<String>,
    /// The token's serial number.
    pub serial: Option<String>,
    /// The file with the user's PIN.
    pub pin_file: PathBuf,
}

/// Why a token did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No slot holds the token.
    #[error("the token is not present")]
    Absent,
    /// The token did not accept the PIN, now or when this process tried it before.
    #[error("the token refuses the PIN")]
    PinRefused,
    /// The PIN was not tried, because a wrong one could lock the token.
    #[error("the PIN was not tried: {0}")]
    PinNotTried(&'static str),
    /// The PIN file cannot be read.
    #[error("the PIN file cannot be read: {0}")]
    PinFile(#[source] std::io::Error),
    /// The token does not hold such a key.
    #[error("the token holds no {0} on P-256 with that label or ID")]
    KeyMissing(&'static str),
    /// The token holds several such keys.
    #[error("the token holds more than one {0} on P-256 with that label or ID")]
    KeyAmbiguous(&'static str),
    /// The token holds such a key already.
    #[error("the token already holds a key with that label")]
    KeyExists,
    /// The private key could be copied out of the token.
    #[error(
        "the private key can be exported: create one with CKA_SENSITIVE true and CKA_EXTRACTABLE false"
    )]
    KeyExportable,
    /// The private key and the public key are not a pair.
    #[error("signatures made by the token do not verify with its public key")]
    KeyMismatch,
    /// The token has not answered in time.
    #[error("the token does not answer")]
    TimedOut,
    /// Too many callers wait for the token.
    #[error("too many calls are waiting for the token")]
    Busy,
    /// The token's thread could not be started, or has ended.
    #[error("the token's thread is not running")]
    Stopped,
    /// Any other error of the library.
    #[error("the token failed: {0}")]
    Failed(#[from] cryptoki::error::Error),
}

type Call = Box<dyn FnOnce(&mut Connector) + Send>;

/// A token, connected to when it is first called.
#[derive(Clone)]
pub struct Token(Arc<Shared>);

struct Shared {
    place: Place,
    calls: SyncSender<Call>,
    /// Since when the thread is in a call.
    busy_since: Arc<Mutex<Option<Instant>>>,
}

impl Token {
    /// Starts the token's thread, which lives as long as the last clone.
    ///
    /// # Errors
    /// [`TokenError::Stopped`] where the system has no thread to give.
    pub fn new(place: Place) -> Result<Self, TokenError> {
        let (calls, queue) = mpsc::sync_channel(CALLS_MAX);
        let busy_since = Arc::new(Mutex::new(None));
        let connector = Connector::new(place.clone());
        let busy = Arc::clone(&busy_since);
        thread::Builder::new()
            .name("pkcs11".to_owned())
            .spawn(move || serve(&queue, connector, &busy))
            .map_err(|_| TokenError::Stopped)?;
        Ok(Self(Arc::new(Shared {
            place,
            calls,
            busy_since,
        })))
    }

    /// Does `work` on the token's thread, and waits for it.
    ///
    /// # Errors
    /// That of `work`; otherwise why it was not done, or, for [`TokenError::TimedOut`], not in time.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let _waiting = self.enqueue(work, move |done| drop(reply.send(done)))?;
        match answer.recv_timeout(ANSWER_TIME) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => Err(TokenError::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(TokenError::Stopped),
        }
    }

    /// The same for a task: no thread waits.
    ///
    /// # Errors
    /// Those of [`Token::call`].
    pub async fn call_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let (reply, answer) = oneshot::channel();
        let _waiting = self.enqueue(work, move |done| drop(reply.send(done)))?;
        match timeout(ANSWER_TIME, answer).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(TokenError::Stopped),
            Err(_) => Err(TokenError::TimedOut),
        }
    }

    /// Queues `work`. It is skipped once the caller has dropped what is returned here, so a token
    /// that answers again does nothing that nobody waits for.
    fn enqueue<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, TokenError> + Send + 'static,
        reply: impl FnOnce(Result<T, TokenError>) + Send + 'static,
    ) -> Result<Arc<()>, TokenError> {
        let since = *lock(&self.0.busy_since);
        if since.is_some_and(|since| since.elapsed() >= ANSWER_TIME) {
            return Err(TokenError::TimedOut);
        }
        let waiting = Arc::new(());
        let waited_for = Arc::downgrade(&waiting);
        let call = Box::new(move |connector: &mut Connector| {
            if waited_for.strong_count() > 0 {
                reply(connector.with(work));
            }
        });
        match self.0.calls.try_send(call) {
            Ok(()) => Ok(waiting),
            Err(TrySendError::Full(_)) => Err(TokenError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(TokenError::Stopped),
        }
    }
}

fn serve(queue: &Receiver<Call>, mut connector: Connector, busy_since: &Mutex<Option<Instant>>) {
    while let Ok(call) = queue.recv() {
        *lock(busy_since) = Some(Instant::now());
        call(&mut connector);
        *lock(busy_since) = None;
    }
}

fn lock(busy_since: &Mutex<Option<Instant>>) -> std::sync::MutexGuard<'_, Option<Instant>> {
    busy_since.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.0.place).finish()
    }
}
