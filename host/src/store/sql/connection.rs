//! One connection, whatever the database: statements with values in, rows out.

use rocket::async_trait;

use super::error::Error;

/// What one statement is given, or gives back.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A connection, in a transaction or not.
#[async_trait]
pub(super) trait Connection: Send {
    /// What this database says in its own way.
    fn dialect(&self) -> &'static Dialect;

    /// Runs a statement; how many rows it has changed.
    async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error>;

    /// Runs a statement; the rows that it gives.
    async fn fetch(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Error>;

    /// Runs a statement, commits it, and asks: the answer is of a moment after that, whatever the isolation.
    /// One round trip, and not within a transaction. How many rows were changed, and the rows of the answer.
    async fn execute_then_fetch(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        then: &'static str,
    ) -> Result<(u64, Vec<Row>), Error>;

    /// Runs a statement that gives at most one row and, where it gives one, the inserts too: all of it or
    /// nothing, in one round trip.
    async fn fetch_then_insert(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
        inserts: Vec<(Insert, Vec<Value>)>,
    ) -> Result<Option<Row>, Error>;

    /// Runs several statements that take no values.
    async fn batch(&mut self, sql: &'static str) -> Result<(), Error>;
}

/// What the databases say differently.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Asks for the database's own time, in seconds since 1970.
    pub(super) clock: &'static str,
    /// Finds an account by its handle, `$1`, and holds everybody else off from what belongs to it, though
    /// not from signing in.
    pub(super) lock_account: &'static str,
    /// Reads up to when spent ids are forgotten, and holds off who would forget more.
    pub(super) lock_swept: &'static str,
}

/// A new row, as a statement of its own and as a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Insert {
    pub(super) sql: &'static str,
    /// The same for each row of `done`, a name that the statement around it gives.
    #[cfg(feature = "postgres")]
    pub(super) for_each_done: &'static str,
}

/// An [`Insert`] from a table with its columns, and the parameters.
macro_rules! insert {
    ($into:literal, $parameters:literal) => {
        $crate::store::sql::connection::Insert {
            sql: concat!("insert into ", $into, " values (", $parameters, ")"),
            #[cfg(feature = "postgres")]
            for_each_done: concat!("insert into ", $into, " select ", $parameters, " from done"),
        }
    };
}
pub(super) use insert;

/// The values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql::connection::Value::from($value)),*] };
}
pub(super) use values;

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

/// Times, and no time is later than the latest that a database can hold.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<Option<u64>> for Value {
    fn from(value: Option<u64>) -> Self {
        value.map_or(Self::Int(None), Self::from)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(value: &[u8; N]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        Self::Bytes(Some(value.clone()))
    }
}

impl From<Option<&[u8]>> for Value {
    fn from(value: Option<&[u8]>) -> Self {
        Self::Bytes(value.map(<[u8]>::to_vec))
    }
}

/// A row, read from its first column to its last.
#[derive(Debug)]
pub(super) struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    fn next(&mut self) -> Result<Value, Error> {
        self.0
            .next()
            .ok_or_else(|| Error::unreadable("a column is missing"))
    }

    pub(super) fn bool(&mut self) -> Result<bool, Error> {
        match self.next()? {
            Value::Bool(value) => Ok(value),
            // SQLite has no type of its own for it.
            Value::Int(Some(value @ 0..=1)) => Ok(value == 1),
            _ => Err(Error::unreadable("a truth value is none")),
        }
    }

    /// A whole number; an error where it is not one of `T`.
    pub(super) fn int<T: TryFrom<i64>>(&mut self) -> Result<T, Error> {
        self.int_or_null()?
            .ok_or_else(|| Error::unreadable("a number is missing"))
    }

    pub(super) fn int_or_null<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, Error> {
        match self.next()? {
            Value::Int(Some(value)) => T::try_from(value)
                .map(Some)
                .map_err(|_| Error::unreadable("a number is out of range")),
            value => value
                .is_null()
                .then_some(None)
                .ok_or_else(|| Error::unreadable("a number is none")),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        self.text_or_null()?
            .ok_or_else(|| Error::unreadable("a text is missing"))
    }

    pub(super) fn text_or_null(&mut self) -> Result<Option<String>, Error> {
        match self.next()? {
            Value::Text(Some(value)) => Ok(Some(value)),
            value => value
                .is_null()
                .then_some(None)
                .ok_or_else(|| Error::unreadable("a text is none")),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        self.bytes_or_null()?
            .ok_or_else(|| Error::unreadable("bytes are missing"))
    }

    pub(super) fn bytes_or_null(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.next()? {
            Value::Bytes(Some(value)) => Ok(Some(value)),
            value => value
                .is_null()
                .then_some(None)
                .ok_or_else(|| Error::unreadable("bytes are none")),
        }
    }

    /// So many bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let bytes = <[u8; N]>::try_from(self.bytes()?);
        bytes.map_err(|_| Error::unreadable("bytes have another length"))
    }
}

impl Value {
    const fn is_null(&self) -> bool {
        matches!(self, Self::Int(None) | Self::Text(None) | Self::Bytes(None))
    }
}
