//! The schema, brought up to date by migrations that only go forward.

use super::OpenError;
use super::connection::{Connection, values};
use super::error::Error;

/// Runs the migrations that the database has not had. The caller holds a lock, in a transaction.
///
/// sqlx's own migrator names the statements that it prepares, which a pooler does not allow.
pub(super) async fn bring_up_to_date(
    on: &mut dyn Connection,
    migrations: &[&'static str],
) -> Result<(), SchemaError> {
    on.batch("create table if not exists portcullis_schema (version bigint not null)")
        .await?;
    let had = version(on, "select 1").await?;
    if had > migrations.len() {
        return Err(SchemaError::Newer(had));
    }
    for (version, migration) in (1_i64..).zip(migrations).skip(had) {
        on.batch(migration).await?;
        let sql = "insert into portcullis_schema (version) values ($1)";
        on.execute(sql, values![version]).await?;
    }
    Ok(())
}

/// The version of the schema, without changing it. `exists` is what says whether its table is there.
pub(super) async fn version(on: &mut dyn Connection, exists: &'static str) -> Result<usize, Error> {
    if on.fetch(exists, values![]).await?.is_empty() {
        return Ok(0);
    }
    let sql = "select coalesce(max(version), 0) from portcullis_schema";
    let mut rows = on.fetch(sql, values![]).await?;
    let mut row = rows
        .pop()
        .ok_or_else(|| Error::unreadable("there is no version"))?;
    row.int()
}

/// Why the schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    /// The database has had migrations that this build does not know.
    #[error("a newer Portcullis has used it (schema {0}); run that version, or a later one")]
    Newer(usize),
    #[error(transparent)]
    Database(#[from] Error),
}

impl SchemaError {
    /// `reason` words what the database says.
    pub(super) fn because(self, reason: impl FnOnce(&Error) -> String) -> OpenError {
        OpenError(match self {
            Self::Newer(_) => self.to_string(),
            Self::Database(error) => reason(&error),
        })
    }
}
