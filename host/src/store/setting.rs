//! Which store a host has: the one table of them, from the setting's text to the opened store.

use core::fmt;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use super::SqlStore;
use super::{MemoryStore, Store};
#[cfg(feature = "cli")]
use crate::clock::Timestamp;

/// Where accounts and spent challenges are kept.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreSetting {
    /// In this process; a restart forgets everything.
    Memory,
    /// In a file of SQLite's.
    Sqlite(PathBuf),
    /// In PostgreSQL, at an address that may hold a password.
    Postgres(String),
}

/// Why a store cannot be opened: a sentence, without the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub(super) String);

/// The state of a database, as a check before the start reads it.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The migrations that it has had.
    pub(crate) schema: usize,
    /// The migrations that this build knows.
    pub(crate) known: usize,
    /// The database's own time, where that is another machine's.
    pub(crate) time: Option<Timestamp>,
}

impl StoreSetting {
    /// Reads the text of `PORTCULLIS_STORE`.
    ///
    /// # Errors
    /// What it must be. Nothing of the text is repeated, which may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        match scheme {
            "memory" if text == "memory" => Ok(Self::Memory),
            "sqlite" if !cfg!(feature = "sqlite") => {
                Err("this build has no SQLite; build it with the feature `sqlite`")
            }
            "sqlite" => {
                // Other programs write `sqlite://PATH` for the same.
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let is_file =
                    !path.is_empty() && !path.starts_with(":memory:") && !path.contains('\0');
                is_file
                    .then(|| Self::Sqlite(path.into()))
                    .ok_or("must name a file, as sqlite:/var/lib/portcullis/accounts.db")
            }
            "postgres" | "postgresql" if !cfg!(feature = "postgres") => {
                Err("this build has no PostgreSQL; build it with the feature `postgres`")
            }
            "postgres" | "postgresql" => {
                let url = url::Url::parse(text).ok();
                let is_whole = url.is_some_and(|url| url.has_authority() && url.path().len() > 1);
                is_whole.then(|| Self::Postgres(text.to_owned())).ok_or(
                    "must be postgres://USER:PASSWORD@HOST/DATABASE; what has a meaning in \
                     addresses, such as `/`, `@` or `#` in a password, is written as %2F, %40, %23",
                )
            }
            _ => Err("must be memory, sqlite:PATH or postgres://..."),
        }
    }

    /// Opens the store.
    ///
    /// # Errors
    /// It cannot be reached or written, or a newer build has used it.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Store>, OpenError> {
        Ok(match self {
            Self::Memory => Arc::new(MemoryStore::default()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => Arc::new(SqlStore::sqlite(path).await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => Arc::new(SqlStore::postgres(url).await?),
            // The setting was not read by this build.
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => return Err(OpenError("this build does not have that store".to_owned())),
        })
    }

    /// What is in the database, which stays as it is. `None`: there is none.
    ///
    /// # Errors
    /// It cannot be reached, or is no database.
    #[cfg(feature = "cli")]
    pub(crate) async fn look(&self) -> Result<Option<Look>, OpenError> {
        match self {
            Self::Memory => Ok(None),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => SqlStore::look_at_sqlite(path).await.map(Some),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => SqlStore::look_at_postgres(url).await.map(Some),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => Err(OpenError("this build does not have that store".to_owned())),
        }
    }
}

/// A database's address may hold a password.
impl fmt::Debug for StoreSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Sqlite(_) => "Sqlite(..)",
            Self::Postgres(_) => "Postgres(..)",
        })
    }
}
