//! What goes wrong between the store and its database.

#[cfg(feature = "postgres")]
use std::borrow::Cow;
use std::error;

#[cfg(feature = "sqlite")]
use rusqlite::ErrorCode;

use super::StoreError;

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
    /// Something else than the database.
    #[error(transparent)]
    Other(Box<dyn error::Error + Send + Sync>),
}

impl Error {
    pub(super) fn other(error: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// A row that this program has not written.
    pub(super) fn unreadable(what: &'static str) -> Self {
        Self::other(what)
    }

    /// The SQLSTATE of what PostgreSQL refuses.
    #[cfg(feature = "postgres")]
    pub(super) fn sqlstate(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Postgres(error) => error.as_database_error()?.code(),
            _ => None,
        }
    }

    /// The code of what SQLite refuses.
    #[cfg(feature = "sqlite")]
    pub(super) fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    /// Whether the disk of the database has no room.
    fn is_full(&self) -> bool {
        #[cfg(feature = "sqlite")]
        if self.sqlite_code() == Some(ErrorCode::DiskFull) {
            return true;
        }
        // `disk_full`.
        #[cfg(feature = "postgres")]
        if self.sqlstate().as_deref() == Some("53100") {
            return true;
        }
        false
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        if error.is_full() {
            Self::Full
        } else {
            Self::unavailable(error)
        }
    }
}
