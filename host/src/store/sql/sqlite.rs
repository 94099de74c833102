//! SQLite: one connection that writes, fed by a queue, and several that read.
//!
//! What waits in the queue goes into one transaction, with a savepoint for what may be undone, and everybody is
//! answered after the commit: a disk that takes milliseconds to keep what was written is waited for once.

use core::fmt;
use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use rocket::async_trait;
use rocket::futures::TryStreamExt as _;
use rocket::tokio;
use rocket::tokio::sync::{mpsc, oneshot};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Either, Error, Executor as _,
    Row as _, TypeInfo as _, ValueRef as _,
};

use super::connection::{Connection, Dialect, Insert, Row, Value};
use super::parameters::renumbered;
use super::read::Query;
use super::schema::bring_up_to_date;
#[cfg(feature = "cli")]
use super::schema::version;
use super::write::{Command, End};
use super::{OpenError, PATIENCE, StoreError, store_error};
#[cfg(feature = "cli")]
use crate::store::Look;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/sqlite/0001_init.sql"),
    include_str!("migrations/sqlite/0002_event_document.sql"),
];

/// Connections that read.
const READERS: u32 = 4;

/// How long a start waits for others that start.
const STARTING: Duration = Duration::from_secs(10);

/// Commands that wait; any more fail with `Unavailable`.
const QUEUE: usize = 1_024;

/// The most commands of one transaction.
const GROUP: usize = 64;

/// `SQLITE_FULL`: the disk has no room.
const FULL: &[&str] = &["13"];

pub(super) struct Sqlite {
    readers: SqlitePool,
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self, OpenError> {
        let refused = |error: Error| OpenError(reason(path, &error));
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut writer = connect(&writing, STARTING).await.map_err(refused)?;

        // Several starts at once wait here for each other.
        let mut alone = writer.begin_with(BEGIN).await.map_err(refused)?;
        let current = bring_up_to_date(&mut *alone, MIGRATIONS).await;
        current.map_err(|error| error.because(|error| reason(path, error)))?;
        alone.commit().await.map_err(refused)?;

        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await
            .map_err(refused)?;
        let (queue, commands) = mpsc::channel(QUEUE);
        let writer = Writer {
            options: writing,
            connection: Some(writer),
        };
        tokio::spawn(writer.run(commands));
        Ok(Self { readers, queue })
    }

    /// What is in the file, which stays as it is.
    #[cfg(feature = "cli")]
    pub(super) async fn look(path: &Path) -> Result<Look, OpenError> {
        let refused = |error: Error| OpenError(reason(path, &error));
        let mut look = Look {
            schema: 0,
            known: MIGRATIONS.len(),
            time: None,
        };
        if !path.exists() {
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            if !parent.is_none_or(Path::is_dir) {
                return Err(OpenError(format!(
                    "the folder of `{}` does not exist",
                    path.display()
                )));
            }
            return Ok(look);
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(PATIENCE);
        let mut connection = connect(&options, PATIENCE).await.map_err(refused)?;
        let exists = "select 1 from sqlite_schema where name = 'portcullis_schema'";
        look.schema = version(&mut connection, exists).await.map_err(refused)?;
        Ok(look)
    }

    pub(super) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        let answer = async {
            let mut reader = self.readers.acquire().await?;
            query.run(&mut *reader).await
        };
        answer.await.map_err(|error| store_error(error, FULL))
    }

    pub(super) async fn write<C: Command + 'static>(
        &self,
        command: C,
    ) -> Result<C::Outcome, StoreError> {
        let (answer, answered) = oneshot::channel();
        let task = Task {
            command,
            outcome: None,
            answer,
        };
        self.queue
            .try_send(Box::new(task))
            .map_err(|_| StoreError::unavailable("too many commands wait for the database"))?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the host is stopping")))
    }
}

/// Takes the file before it reads, so that what it has read holds until it writes.
const BEGIN: &str = "begin immediate";

async fn connect(
    options: &SqliteConnectOptions,
    patience: Duration,
) -> Result<SqliteConnection, Error> {
    let end = Instant::now() + patience;
    loop {
        match options.connect().await {
            // Two processes that switch a new file to WAL at once get `SQLITE_BUSY` without a wait.
            Err(error) if is_busy(&error) && Instant::now() < end => {}
            connected => return connected,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// `SQLITE_BUSY`, for whatever reason.
fn is_busy(error: &Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| code & 0xff == 5)
}

/// Why the file cannot be opened, in words that say what to do.
fn reason(path: &Path, error: &Error) -> String {
    let path = path.display();
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => format!("`{path}` is locked by another program"),
        Some(8) => format!("`{path}` is read-only; the host has to write to it and to its folder"),
        Some(13) => format!("there is no room on the disk of `{path}`"),
        Some(14) => {
            format!("`{path}` cannot be opened; its folder has to exist and to be writable")
        }
        Some(26) => format!("`{path}` is not a database of SQLite's; name another file"),
        _ => format!("`{path}` cannot be used: {error}"),
    }
}

/// A command that waits for the writer.
#[async_trait]
trait Job: Send {
    /// Whether it may have to be undone without an error.
    fn is_atomic(&self) -> bool;

    /// Runs it; whether what it wrote is to be kept.
    async fn run(&mut self, on: &mut SqliteConnection) -> Result<bool, Error>;

    /// Answers the waiting callers, once what was written is on the disk, or is not.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);

    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
}

struct Task<C: Command> {
    command: C,
    outcome: Option<C::Outcome>,
    answer: oneshot::Sender<Result<C::Outcome, StoreError>>,
}

#[async_trait]
impl<C: Command> Job for Task<C> {
    fn is_atomic(&self) -> bool {
        self.command.is_atomic()
    }

    async fn run(&mut self, on: &mut SqliteConnection) -> Result<bool, Error> {
        let end = self.command.run(on).await?;
        let keep = matches!(end, End::Keep(_));
        self.outcome = Some(end.outcome());
        Ok(keep)
    }

    fn answer(self: Box<Self>, end: Result<(), StoreError>) {
        let Self {
            outcome, answer, ..
        } = *self;
        let outcome = end.and_then(|()| {
            outcome.ok_or_else(|| StoreError::unavailable("the command did not run"))
        });
        // The caller may have gone away.
        let _ = answer.send(outcome);
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}

struct Writer {
    options: SqliteConnectOptions,
    /// `None` after a failure: what state it left the connection in is not known.
    connection: Option<SqliteConnection>,
}

impl Writer {
    /// Until the store is dropped, and the queue with it.
    async fn run(mut self, mut commands: mpsc::Receiver<Box<dyn Job>>) {
        let mut group = Vec::new();
        while commands.recv_many(&mut group, GROUP).await > 0 {
            group.retain(|job| !job.is_abandoned());
            if group.len() > 1 && self.commit(&mut group).await.is_ok() {
                for job in group.drain(..) {
                    job.answer(Ok(()));
                }
                continue;
            }
            // One of them fails, or all: nobody is answered with another one's failure.
            for job in group.drain(..) {
                let mut alone = [job];
                let end = self.commit(&mut alone).await;
                let end = end.map_err(|error| store_error(error, FULL));
                let [job] = alone;
                job.answer(end);
            }
        }
    }

    /// Runs commands in one transaction. After an error none of them has changed anything.
    async fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.options, PATIENCE).await?,
        };
        let committed = commit(&mut connection, jobs).await;
        if committed.is_ok() {
            self.connection = Some(connection);
        }
        committed
    }
}

async fn commit(connection: &mut SqliteConnection, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    for job in jobs {
        if !job.is_atomic() {
            job.run(&mut transaction).await?;
            continue;
        }
        let mut savepoint = transaction.begin().await?;
        if job.run(&mut savepoint).await? {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
    }
    transaction.commit().await
}

const DIALECT: Dialect = Dialect {
    clock: "select unixepoch()",
    // A write transaction has the whole file.
    lock_account: "select 1 from portcullis_accounts where handle = $1",
    lock_swept: "select swept from portcullis_swept",
};

#[async_trait]
impl Connection for SqliteConnection {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let done = sqlx::query_with(sql, arguments(values)?)
            .execute(self)
            .await?;
        Ok(done.rows_affected())
    }

    async fn fetch(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        let rows = sqlx::query_with(sql, arguments(values)?)
            .fetch_all(self)
            .await?;
        rows.iter().map(row).collect()
    }

    /// The writer has the file from before the first statement until after the second.
    async fn execute_then_fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        then: &'static str,
    ) -> Result<(u64, Vec<Row>), Error> {
        together(self, format!("{sql}; {then}"), values).await
    }

    async fn fetch_then_insert(
        &mut self,
        sql: &'static str,
        mut values: Vec<Value>,
        inserts: Vec<(Insert, Vec<Value>)>,
    ) -> Result<Option<Row>, Error> {
        let mut whole = sql.to_owned();
        for (insert, more) in inserts {
            whole.push_str("; ");
            whole.push_str(&renumbered(insert.after_change, values.len()));
            values.extend(more);
        }
        let (_, mut rows) = together(self, whole, values).await?;
        Ok(rows.pop())
    }

    async fn batch(&mut self, sql: &'static str) -> Result<(), Error> {
        sqlx::raw_sql(sql).execute(self).await.map(|_| ())
    }
}

/// Several statements over the same values: how many rows the first has changed, and the rows that they give.
/// The way to the thread that has the file, and back, takes longer than a statement.
async fn together(
    connection: &mut SqliteConnection,
    sql: String,
    values: Vec<Value>,
) -> Result<(u64, Vec<Row>), Error> {
    let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
    let mut results = connection.fetch_many(query);
    let (mut changed, mut rows) = (None, Vec::new());
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(done) => changed = changed.or(Some(done.rows_affected())),
            Either::Right(found) => rows.push(row(&found)?),
        }
    }
    Ok((changed.unwrap_or_default(), rows))
}

fn arguments(values: Vec<Value>) -> Result<SqliteArguments, Error> {
    use sqlx::Arguments as _;
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Bool(value) => arguments.add(value),
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(Error::Encode)?;
    }
    Ok(arguments)
}

fn row(row: &SqliteRow) -> Result<Row, Error> {
    let values = row.columns().iter().map(|column| {
        let at = column.ordinal();
        let raw = row.try_get_raw(at)?;
        if raw.is_null() {
            return Ok(Value::Int(None));
        }
        Ok(match raw.type_info().name() {
            "TEXT" => Value::Text(row.try_get(at)?),
            "BLOB" => Value::Bytes(row.try_get(at)?),
            _ => Value::Int(row.try_get(at)?),
        })
    });
    values.collect::<Result<_, Error>>().map(Row::new)
}
