//! SQLite: one thread that writes, fed by a queue, and a few connections that read.
//!
//! What waits in the queue goes into one transaction, with a savepoint for what may be undone, and everybody is
//! answered after the commit: a disk that takes milliseconds to keep what was written is waited for once.

use core::time::Duration;
use core::{fmt, mem};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rocket::async_trait;
use rocket::futures::FutureExt as _;
use rocket::tokio::sync::mpsc::error::TrySendError;
use rocket::tokio::sync::{Semaphore, mpsc, oneshot};
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::time::timeout;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, Statement, ToSql};

use super::connection::{Connection, Dialect, Insert, Row, Value};
use super::error::Error;
use super::read::Query;
use super::schema::bring_up_to_date;
#[cfg(feature = "cli")]
use super::schema::version;
use super::write::{Command, End};
use super::{OpenError, PATIENCE, StoreError};
#[cfg(feature = "cli")]
use crate::store::Look;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/sqlite/0001_init.sql"),
    include_str!("migrations/sqlite/0002_event_document.sql"),
    include_str!("migrations/sqlite/0003_sessions_by_credential.sql"),
];

/// Connections that read.
const READERS: usize = 4;

/// How long a start waits for others that start.
const STARTING: Duration = Duration::from_secs(10);

/// Commands that wait; any more fail with `Unavailable`.
const QUEUE: usize = 1_024;

/// The most commands of one transaction.
const GROUP: usize = 64;

/// What the writer keeps of the file in memory, in KiB: the pages that a group changes, some five of 4 KiB for
/// each sign-in, several times over.
const CACHE: i64 = 16_000;

/// After so many pages of 4 KiB the log goes back into the file. A page that changes often goes back once.
const LOG: i64 = 4_000;

/// The statements that a connection keeps prepared: more than there are.
const PREPARED: usize = 128;

pub(super) struct Sqlite {
    readers: Arc<Readers>,
    queue: mpsc::Sender<Box<dyn Job>>,
    writer: Option<JoinHandle<()>>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self, OpenError> {
        let path = path.to_owned();
        wait_for(move || Self::open_now(path)).await
    }

    fn open_now(path: PathBuf) -> Result<Self, OpenError> {
        let mut connection =
            open_to_write(&path, STARTING).map_err(|error| OpenError(reason(&path, &error)))?;
        // Several starts at once wait here for each other.
        let current = in_transaction(&mut connection, |connection| {
            at_once(bring_up_to_date(connection, MIGRATIONS))
        });
        current.map_err(|error| error.because(|error| reason(&path, error)))?;

        let (queue, commands) = mpsc::channel(QUEUE);
        let writer = Writer {
            path: path.clone(),
            connection: Some(connection),
        };
        let thread = thread::Builder::new().name("sqlite".to_owned());
        let writer = thread
            .spawn(move || writer.run(commands))
            .map_err(|error| OpenError(format!("no thread for SQLite: {error}")))?;
        Ok(Self {
            readers: Arc::new(Readers::new(path)),
            queue,
            writer: Some(writer),
        })
    }

    /// What is in the file, which stays as it is.
    #[cfg(feature = "cli")]
    pub(super) async fn look(path: &Path) -> Result<Look, OpenError> {
        let path = path.to_owned();
        wait_for(move || Self::look_now(&path)).await
    }

    #[cfg(feature = "cli")]
    fn look_now(path: &Path) -> Result<Look, OpenError> {
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
        let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refused)?;
        let exists = "select 1 from sqlite_schema where name = 'portcullis_schema'";
        look.schema = at_once(version(&mut connection, exists)).map_err(refused)?;
        Ok(look)
    }

    pub(super) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        let (sql, values) = query.statement();
        let rows = self.readers.fetch(sql, values).await?;
        Ok(query.answer(rows)?)
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
        let sent = self.queue.try_send(Box::new(task));
        sent.map_err(|error| match error {
            TrySendError::Full(_) => "too many commands wait for the database",
            TrySendError::Closed(_) => "the thread that writes has ended",
        })
        .map_err(StoreError::unavailable)?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the host is stopping")))
    }
}

/// Closes the file, so that all of it is in it: the last connection takes the log back, and it has to be one that
/// writes.
impl Drop for Sqlite {
    fn drop(&mut self) {
        self.readers.idle().clear();
        // Its other end hears that nothing comes any more.
        drop(mem::replace(&mut self.queue, mpsc::channel(1).0));
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Opening waits for the disk, and for other programs.
async fn wait_for<T: Send + 'static>(
    open: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let opened = spawn_blocking(open).await;
    opened.unwrap_or_else(|error| Err(OpenError(error.to_string())))
}

fn open(path: &Path, flags: OpenFlags) -> Result<rusqlite::Connection, Error> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

fn open_to_write(path: &Path, patience: Duration) -> Result<rusqlite::Connection, Error> {
    let end = Instant::now() + patience;
    loop {
        match try_open_to_write(path) {
            // Two processes that switch a new file to WAL at once get `SQLITE_BUSY` without a wait.
            Err(error) if is_busy(&error) && Instant::now() < end => {}
            opened => return opened,
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn try_open_to_write(path: &Path) -> Result<rusqlite::Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open(path, flags)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG)?;
    Ok(connection)
}

fn is_busy(error: &Error) -> bool {
    error.sqlite_code() == Some(ErrorCode::DatabaseBusy)
}

/// Why the file cannot be opened, in words that say what to do.
fn reason(path: &Path, error: &Error) -> String {
    let path = path.display();
    match error.sqlite_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("`{path}` is locked by another program")
        }
        Some(ErrorCode::ReadOnly) => {
            format!("`{path}` is read-only; the host has to write to it and to its folder")
        }
        Some(ErrorCode::DiskFull) => format!("there is no room on the disk of `{path}`"),
        Some(ErrorCode::CannotOpen) => {
            format!("`{path}` cannot be opened; its folder has to exist and to be writable")
        }
        Some(ErrorCode::NotADatabase) => {
            format!("`{path}` is not a database of SQLite's; name another file")
        }
        _ => format!("`{path}` cannot be used: {error}"),
    }
}

/// The connections that read. A question waits for the disk, so it is asked on a thread that may wait.
struct Readers {
    path: PathBuf,
    free: Arc<Semaphore>,
    /// Those that are open and not in use.
    idle: Mutex<Vec<rusqlite::Connection>>,
}

impl Readers {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            free: Arc::new(Semaphore::new(READERS)),
            idle: Mutex::default(),
        }
    }

    fn idle(&self) -> impl core::ops::DerefMut<Target = Vec<rusqlite::Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(
        self: &Arc<Self>,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let free = timeout(PATIENCE, Arc::clone(&self.free).acquire_owned()).await;
        let permit = free.map_err(Error::other)?.map_err(Error::other)?;
        let readers = Arc::clone(self);
        let rows = spawn_blocking(move || {
            let rows = readers.fetch_now(sql, &values);
            drop(permit);
            rows
        });
        rows.await.unwrap_or_else(|error| Err(Error::other(error)))
    }

    /// A connection that fails is closed.
    fn fetch_now(&self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let reader = self.idle().pop();
        let reader = match reader {
            Some(reader) => reader,
            None => open(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let rows = fetch(&reader, sql, values)?;
        self.idle().push(reader);
        Ok(rows)
    }
}

/// A command that waits for the writer.
trait Job: Send {
    /// Whether it may have to be undone without an error.
    fn is_atomic(&self) -> bool;

    /// Runs it; whether what it wrote is to be kept.
    fn run(&mut self, on: &mut rusqlite::Connection) -> Result<bool, Error>;

    /// Answers the waiting caller, once what was written is on the disk, or is not.
    fn answer(self: Box<Self>, end: Result<(), StoreError>);

    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
}

struct Task<C: Command> {
    command: C,
    outcome: Option<C::Outcome>,
    answer: oneshot::Sender<Result<C::Outcome, StoreError>>,
}

impl<C: Command> Job for Task<C> {
    fn is_atomic(&self) -> bool {
        self.command.is_atomic()
    }

    fn run(&mut self, on: &mut rusqlite::Connection) -> Result<bool, Error> {
        let end = at_once(self.command.run(on))?;
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
    path: PathBuf,
    /// `None` after a failure: what state it left the connection in is not known.
    connection: Option<rusqlite::Connection>,
}

impl Writer {
    /// Until the store is dropped, and the queue with it.
    fn run(mut self, mut commands: mpsc::Receiver<Box<dyn Job>>) {
        let mut group = Vec::new();
        while commands.blocking_recv_many(&mut group, GROUP) > 0 {
            group.retain(|job| !job.is_abandoned());
            if group.len() > 1 && self.commit(&mut group).is_ok() {
                for job in group.drain(..) {
                    job.answer(Ok(()));
                }
                continue;
            }
            // One of them fails, or all: nobody is answered with another one's failure.
            for job in group.drain(..) {
                let mut alone = [job];
                let end = self.commit(&mut alone).map_err(StoreError::from);
                let [job] = alone;
                job.answer(end);
            }
        }
    }

    /// Runs commands in one transaction. After an error none of them has changed anything.
    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => open_to_write(&self.path, PATIENCE)?,
        };
        in_transaction(&mut connection, |connection| {
            jobs.iter_mut().try_for_each(|job| run(connection, job))
        })?;
        self.connection = Some(connection);
        Ok(())
    }
}

fn run(connection: &mut rusqlite::Connection, job: &mut Box<dyn Job>) -> Result<(), Error> {
    if !job.is_atomic() {
        return job.run(connection).map(drop);
    }
    execute(connection, "savepoint command", &[])?;
    if !job.run(connection)? {
        execute(connection, "rollback to command", &[])?;
    }
    execute(connection, "release command", &[])?;
    Ok(())
}

/// After an error the connection is to be closed, which undoes what was begun.
fn in_transaction<E: From<Error>>(
    connection: &mut rusqlite::Connection,
    run: impl FnOnce(&mut rusqlite::Connection) -> Result<(), E>,
) -> Result<(), E> {
    // Takes the file before it reads, so that what it has read holds until it writes.
    execute(connection, "begin immediate", &[])?;
    run(connection)?;
    execute(connection, "commit", &[])?;
    Ok(())
}

/// What a future gives that has only SQLite to wait for, whose calls return when they are done.
fn at_once<T, E: From<Error>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let waits = || Error::other("a command waits for something else than SQLite");
    future.now_or_never().ok_or_else(waits)?
}

const DIALECT: Dialect = Dialect {
    clock: "select unixepoch()",
    // A write transaction has the whole file.
    lock_account: "select 1 from portcullis_accounts where handle = $1",
    lock_swept: "select swept from portcullis_swept",
};

#[async_trait]
impl Connection for rusqlite::Connection {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        execute(self, sql, &values)
    }

    async fn fetch(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        fetch(self, sql, &values)
    }

    /// The writer has the file from before the first statement until after the second.
    async fn execute_then_fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        then: &'static str,
    ) -> Result<(u64, Vec<Row>), Error> {
        let changed = execute(self, sql, &values)?;
        Ok((changed, fetch(self, then, &[])?))
    }

    async fn fetch_then_insert(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        inserts: Vec<(Insert, Vec<Value>)>,
    ) -> Result<Option<Row>, Error> {
        let found = fetch(self, sql, &values)?.pop();
        if found.is_some() {
            for (insert, values) in inserts {
                execute(self, insert.sql, &values)?;
            }
        }
        Ok(found)
    }

    async fn batch(&mut self, sql: &'static str) -> Result<(), Error> {
        Ok(self.execute_batch(sql)?)
    }
}

fn execute(on: &rusqlite::Connection, sql: &str, values: &[Value]) -> Result<u64, Error> {
    let mut statement = on.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    let changed = statement.raw_execute()?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// All the rows: a statement that also writes has written when it has given the last.
fn fetch(on: &rusqlite::Connection, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
    let mut statement = on.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    let columns = statement.column_count();
    let mut found = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..columns).map(|at| value(row.get_ref(at)?));
        rows.push(Row::new(values.collect::<Result<_, Error>>()?));
    }
    Ok(rows)
}

/// Gives `$1` the first value, and so on. To SQLite `$1` is a name, and parameters are in the order in which their
/// names come.
fn bind(statement: &mut Statement<'_>, values: &[Value]) -> Result<(), Error> {
    for at in 1..=statement.parameter_count() {
        let name = statement.parameter_name(at);
        let number = name.and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| Error::other("a parameter has no value"))?;
        statement.raw_bind_parameter(at, value)?;
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Bool(value) => ValueRef::Integer((*value).into()),
            Self::Int(Some(value)) => ValueRef::Integer(*value),
            Self::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(Some(value)) => ValueRef::Blob(value),
            Self::Int(None) | Self::Text(None) | Self::Bytes(None) => ValueRef::Null,
        }))
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Int(None),
        ValueRef::Integer(value) => Value::Int(Some(value)),
        ValueRef::Text(text) => {
            let text = String::from_utf8(text.to_vec());
            Value::Text(Some(
                text.map_err(|_| Error::unreadable("a text is not UTF-8"))?,
            ))
        }
        ValueRef::Blob(bytes) => Value::Bytes(Some(bytes.to_vec())),
        ValueRef::Real(_) => return Err(Error::unreadable("a number is not a whole one")),
    })
}
