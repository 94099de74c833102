//! PostgreSQL, and what speaks its protocol.
//!
//! Each question, each spent challenge and each sign-in is one message to the server and its answer.
//!
//! Nothing is kept in a connection from one transaction to the next, except prepared statements where
//! that is known to be right: a pooler that gives each transaction to another connection (pgbouncer in
//! transaction mode) would otherwise run one client's statement for another's of the same name. There,
//! statements are sent as text with their values in them (`literal`).

use core::fmt;
use core::str::FromStr as _;
use core::time::Duration;

use aws_lc_rs::rand;
use rocket::async_trait;
use rocket::futures::TryStreamExt as _;
use rocket::tokio;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Either, Row as _,
    SqlSafeStr as _, SqlStr, TypeInfo as _,
};

use super::connection::{Connection, Dialect, Insert, Row, Value, values};
use super::error::Error;
use super::literal::written_out;
use super::parameters::renumbered;
use super::read::Query;
use super::schema::bring_up_to_date;
#[cfg(feature = "cli")]
use super::schema::version;
use super::write::{Command, End};
use super::{OpenError, PATIENCE, StoreError};
#[cfg(feature = "cli")]
use crate::store::Look;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/postgres/0001_init.sql"),
    include_str!("migrations/postgres/0002_event_document.sql"),
    include_str!("migrations/postgres/0003_sessions_by_credential.sql"),
];

/// The connections of one host.
const CONNECTIONS: u32 = 16;

/// How often a transaction is tried that the database undoes for the sake of another one.
const ATTEMPTS: u32 = 12;

/// After this time without use a connection is tried before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// The lock that migrations are run under: any number that nobody else is likely to use.
const LOCK: i64 = 0x706f_7274_6375_6c6c;

pub(super) struct Postgres {
    pool: PgPool,
    /// Whether connections are a session each: statements may then stay prepared.
    direct: bool,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("direct", &self.direct)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    pub(super) async fn open(url: &str) -> Result<Self, OpenError> {
        let options = options(url)?;
        let direct = is_direct(&options).await.map_err(refused(&options))?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for < RESTED {
                        return Ok(true);
                    }
                    let alive = tokio::time::timeout(RESTED, connection.ping()).await;
                    Ok(matches!(alive, Ok(Ok(()))))
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(refused(&options))?;

        let mut alone = pool.begin().await.map_err(refused(&options))?;
        let mut session = Session {
            inner: &mut alone,
            direct: false,
        };
        let lock = "select pg_advisory_xact_lock($1)";
        let locked = session.execute(lock, values![LOCK]).await;
        locked.map_err(refused(&options))?;
        let current = bring_up_to_date(&mut session, MIGRATIONS).await;
        current.map_err(|error| error.because(|error| reason(&options, error)))?;
        alone.commit().await.map_err(refused(&options))?;
        Ok(Self { pool, direct })
    }

    /// What is in the database, which stays as it is.
    #[cfg(feature = "cli")]
    pub(super) async fn look(url: &str) -> Result<Look, OpenError> {
        let options = options(url)?;
        let mut connection = connect(&options).await.map_err(refused(&options))?;
        let mut session = Session {
            inner: &mut connection,
            direct: false,
        };
        let exists = "select 1 from pg_catalog.pg_class where relname = 'portcullis_schema'";
        let schema = version(&mut session, exists)
            .await
            .map_err(refused(&options))?;
        let clock = session.dialect().clock;
        let mut rows = session
            .fetch(clock, values![])
            .await
            .map_err(refused(&options))?;
        let time = rows
            .pop()
            .map(|mut row| row.int())
            .transpose()
            .map_err(refused(&options))?;
        Ok(Look {
            schema,
            known: MIGRATIONS.len(),
            time,
        })
    }

    pub(super) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        let mut tries = Tries::default();
        loop {
            match self.ask(&query).await {
                Err(error) if tries.is_worth_another(&error) => tries.pause().await,
                end => return Ok(end?),
            }
        }
    }

    pub(super) async fn write<C: Command>(&self, command: C) -> Result<C::Outcome, StoreError> {
        let mut tries = Tries::default();
        loop {
            match self.run(&command).await {
                Err(error) if tries.is_worth_another(&error) => tries.pause().await,
                end => return Ok(end?),
            }
        }
    }

    async fn ask<Q: Query>(&self, query: &Q) -> Result<Q::Answer, Error> {
        let mut connection = self.pool.acquire().await?;
        let (sql, values) = query.statement();
        let rows = self.session(&mut connection).fetch(sql, values).await;
        query.answer(keep_if_ok(connection, rows)?)
    }

    async fn run<C: Command>(&self, command: &C) -> Result<C::Outcome, Error> {
        let mut connection = self.pool.acquire().await?;
        let outcome = if command.is_atomic() {
            self.run_in_transaction(command, &mut connection).await
        } else {
            let end = command.run(&mut self.session(&mut connection)).await;
            end.map(End::outcome)
        };
        keep_if_ok(connection, outcome)
    }

    async fn run_in_transaction<C: Command>(
        &self,
        command: &C,
        connection: &mut PgConnection,
    ) -> Result<C::Outcome, Error> {
        let mut transaction = connection.begin().await?;
        match command.run(&mut self.session(&mut transaction)).await? {
            End::Keep(outcome) => {
                transaction.commit().await?;
                Ok(outcome)
            }
            End::Undo(outcome) => {
                transaction.rollback().await?;
                Ok(outcome)
            }
        }
    }

    const fn session<'a>(&self, inner: &'a mut PgConnection) -> Session<'a> {
        Session {
            inner,
            direct: self.direct,
        }
    }
}

/// Gives a connection back to the pool, or closes it after an error: what state it is in is not known then.
fn keep_if_ok<T>(
    mut connection: PoolConnection<sqlx::Postgres>,
    answer: Result<T, Error>,
) -> Result<T, Error> {
    if answer.is_err() {
        connection.close_on_drop();
    }
    answer
}

fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| OpenError("must be postgres://USER:PASSWORD@HOST/DATABASE".to_owned()))?;
    Ok(options
        // A startup parameter that poolers do not know.
        .extra_float_digits(None)
        .disable_statement_logging())
}

/// Whether the other end is PostgreSQL itself: it keeps what a connection sets when it begins, which a
/// pooler refuses or forgets.
async fn is_direct(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let marked = options.clone().options([("portcullis.direct", "1")]);
    let mut connection = match connect(&marked).await {
        Ok(connection) => connection,
        // Whatever else is wrong is wrong without the mark too.
        Err(_) => return connect(options).await.map(|_| false),
    };
    let mark = "select coalesce(current_setting('portcullis.direct', true), '')";
    let row = sqlx::raw_sql(mark).fetch_one(&mut connection).await?;
    Ok(row.try_get::<String, _>(0)? == "1")
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(PATIENCE * 5, options.connect())
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

fn refused<E: Into<Error>>(options: &PgConnectOptions) -> impl Fn(E) -> OpenError {
    |error| OpenError(reason(options, &error.into()))
}

/// Why there is no connection, in words that say what to do. The database's own words have no password.
fn reason(options: &PgConnectOptions, error: &Error) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username();
    match (error.sqlstate().as_deref(), error) {
        (Some("28P01" | "28000"), _) => {
            format!("`{host}` does not accept the user `{user}` with this password")
        }
        (Some("3D000"), _) => format!(
            "`{host}` has no database `{}`; make it with createdb",
            options.get_database().unwrap_or(user)
        ),
        (Some("42501"), _) => {
            format!("`{user}` may not create tables there: {error}; make the database theirs")
        }
        (_, Error::Postgres(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut)) => {
            format!(
                "`{host}` cannot be reached ({error}); is it running, and is the address right?"
            )
        }
        _ => format!("`{host}` cannot be used: {error}"),
    }
}

/// How often something was tried that the database undid to let another transaction through.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    /// `serialization_failure` and `deadlock_detected`: nothing of the transaction was kept.
    fn is_worth_another(&mut self, error: &Error) -> bool {
        self.0 += 1;
        self.0 < ATTEMPTS && matches!(error.sqlstate().as_deref(), Some("40001" | "40P01"))
    }

    /// So that not all come back at the same time.
    async fn pause(&self) {
        let mut byte = [0];
        let _ = rand::fill(&mut byte);
        let most = u64::from(self.0).saturating_mul(8);
        let millis = most.saturating_mul(byte[0].into()) / 255;
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

const DIALECT: Dialect = Dialect {
    clock: "select extract(epoch from now())::bigint",
    lock_account: "select 1 from portcullis_accounts where handle = $1 for no key update",
    lock_swept: "select swept from portcullis_swept for share",
};

/// A connection, within a transaction or not.
struct Session<'a> {
    inner: &'a mut PgConnection,
    direct: bool,
}

#[async_trait]
impl Connection for Session<'_> {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let done = if self.direct {
            let query = sqlx::query_with(sql, arguments(values)?);
            query.execute(&mut *self.inner).await?
        } else {
            let text = sqlx::raw_sql(AssertSqlSafe(written_out(sql, &values)));
            text.execute(&mut *self.inner).await?
        };
        Ok(done.rows_affected())
    }

    async fn fetch(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.fetch_sql(sql.into_sql_str(), values).await
    }

    async fn execute_then_fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        then: &'static str,
    ) -> Result<(u64, Vec<Row>), Error> {
        // One message, in which each statement sees what was committed before that statement. Without `begin`
        // all of it would be one transaction, which a default isolation of REPEATABLE READ would give one
        // moment to see.
        let text = format!("begin; {}; commit; {then}", written_out(sql, &values));
        let mut answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut *self.inner);
        let mut changed = Vec::new();
        let mut rows = Vec::new();
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) => changed.push(done.rows_affected()),
                Either::Right(fetched) => rows.push(row(&fetched)?),
            }
        }
        let changed = changed.get(1).copied();
        Ok((
            changed.ok_or_else(|| Error::unreadable("an answer is missing"))?,
            rows,
        ))
    }

    async fn fetch_then_insert(
        &mut self,
        sql: &'static str,
        mut values: Vec<Value>,
        inserts: Vec<(Insert, Vec<Value>)>,
    ) -> Result<Option<Row>, Error> {
        let mut whole = format!("with done as ({sql})");
        for (at, (insert, more)) in inserts.into_iter().enumerate() {
            let insert = renumbered(insert.for_each_done, values.len());
            whole.push_str(&format!(", inserted{at} as ({insert})"));
            values.extend(more);
        }
        whole.push_str(" select * from done");
        let rows = self.fetch_sql(AssertSqlSafe(whole).into_sql_str(), values);
        Ok(rows.await?.pop())
    }

    async fn batch(&mut self, sql: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(sql).execute(&mut *self.inner).await?;
        Ok(())
    }
}

impl Session<'_> {
    async fn fetch_sql(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        let rows = if self.direct {
            let query = sqlx::query_with(sql, arguments(values)?);
            query.fetch_all(&mut *self.inner).await?
        } else {
            let text = sqlx::raw_sql(AssertSqlSafe(written_out(sql.as_str(), &values)));
            text.fetch_all(&mut *self.inner).await?
        };
        rows.iter().map(row).collect()
    }
}

fn arguments(values: Vec<Value>) -> Result<PgArguments, Error> {
    use sqlx::Arguments as _;
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Bool(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(Error::other)?;
    }
    Ok(arguments)
}

fn row(row: &PgRow) -> Result<Row, Error> {
    let values = row.columns().iter().map(|column| {
        let at = column.ordinal();
        Ok(match column.type_info().name() {
            "BOOL" => match row.try_get(at)? {
                Some(value) => Value::Bool(value),
                None => Value::Int(None),
            },
            "INT8" => Value::Int(row.try_get(at)?),
            "INT4" => Value::Int(row.try_get::<Option<i32>, _>(at)?.map(i64::from)),
            "TEXT" => Value::Text(row.try_get(at)?),
            "BYTEA" => Value::Bytes(row.try_get(at)?),
            _ => {
                return Err(Error::unreadable(
                    "a column is of a type that is not used here",
                ));
            }
        })
    });
    values.collect::<Result<_, Error>>().map(Row::new)
}
