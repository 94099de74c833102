//! A passkey server on Rocket, as a library to mount in another application and as a program.
//!
//! # How a request flows
//!
//! Data enters in two places. Settings come through [`config`], once, before anything listens.
//! Requests come through `http`: the rate limit, the caller, the body; what is refused there becomes
//! a [`problem`] document. A handler in `routes` then sees typed values only:
//!
//! 1. `begin` looks an account up in the [`store`] (or makes a decoy), mints a challenge in
//!    `ceremony`, and answers with the options. Nothing is written.
//! 2. `complete` opens the challenge token, spends it, and hands the browser's response as it came
//!    to the verifier in `portcullis-core`. Only what that has verified is written to the store.
//! 3. A login token (`token`) tells the applications that rely on the host who has signed in.
//!
//! # Layers
//!
//! `fairing`, `cli` > `routes` > `http` > `app` > `ceremony` > `token`, `attestation` > `store` >
//! `account`, `config`, `pkcs11` > `clock`, `encoding`. Nothing imports what is to its left, except that the
//! guards of `http` find the `app` of their request.
//!
//! # Mounting
//!
//! ```no_run
//! use portcullis::{Config, Portcullis};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Portcullis::new(Config::read()?).at("/auth").open().await?;
//! let app = rocket::build().attach(host);
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `cli` | the program and its command line |
//! | `ed448` | signatures with Ed448, over a pre-release of its library |
//! | `metadata` | FIDO metadata, `PORTCULLIS_MDS` |
//! | `page` | the page at `/`, compiled in |
//! | `pkcs11` | a login key in a PKCS #11 token, and module `pkcs11` |
//! | `postgres` | accounts in PostgreSQL |
//! | `sqlite` | accounts in a file; SQLite is compiled in, and a program can link only one |
//! | `testing` | what a test needs: a clock that can be moved, and [`store`]'s conformance suite |
//!
//! All but `sqlite` and `testing` are on by default.

pub mod account;
pub mod attestation;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
pub mod store;

mod app;
mod approval;
mod audit;
mod cases;
mod ceremony;
mod encoding;
mod error;
mod event;
mod fairing;
mod http;
mod limiter;
mod metrics;
mod routes;
mod token;
mod upkeep;

pub use config::{Config, ConfigError};
pub use error::StartError;
pub use event::Events;
pub use fairing::Portcullis;
pub use http::caller::{FreshlySignedIn, SignedIn};
pub use http::problem;
pub use store::{Event, EventKind};
pub use token::login::LOGIN_CLAIMS;
pub use token::signer;

/// What the server verifies with, to hold it against other implementations.
#[cfg(feature = "testing")]
pub const SERVER: portcullis_core::Crypto<'static> = ceremony::algorithms::SERVER;

/// The host alone, as a Rocket of its own.
#[must_use]
pub fn rocket(config: Config) -> rocket::Rocket<rocket::Build> {
    Portcullis::new(config).rocket()
}

// What the README shows has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
