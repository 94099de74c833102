//! What is asked of the database: one statement each, so that an answer is of one moment.

use portcullis_core::Aaguid;

use super::connection::{Row, Value, values};
use super::error::Error;
use crate::account::Username;
use crate::clock::Timestamp;
use crate::store::{
    Account, AccountKey, Counts, Credential, CredentialState, Event, EventKind, EventQuery,
    Invitation, SecretHash, Session, UserHandle,
};

/// A question. It may be asked again where the database wants that.
pub(super) trait Query: Sync {
    type Answer;

    /// What is asked, and its values.
    fn statement(&self) -> (&'static str, Vec<Value>);

    /// What the rows say.
    fn answer(&self, rows: Vec<Row>) -> Result<Self::Answer, Error>;
}

/// An account's columns, and those of one of its credentials, or nulls.
macro_rules! account_columns {
    () => {
        "a.handle, a.name, a.name_key, a.display_name, a.created, \
         (select count(*) from portcullis_recovery_codes r where r.owner = a.handle), \
         c.id, c.public_key, c.algorithm, c.aaguid, c.transports, c.sign_count, c.backup_eligible, \
         c.backup_state, c.user_verified, c.rp_id, c.attestation_format, c.attestation_type, c.name, \
         c.created, c.last_used, c.browser, c.platform"
    };
}

macro_rules! select_accounts {
    ($from:literal) => {
        concat!("select ", account_columns!(), " from ", $from)
    };
}

macro_rules! select_events {
    ($where:literal) => {
        concat!(
            "select kind, time, account, username, credential, network, code, step, document from portcullis_events ",
            $where,
            " order by time desc, id desc limit $2"
        )
    };
}

macro_rules! session_columns {
    () => {
        "s.id, s.hash, s.owner, s.credential, s.auth_time, s.user_verified, s.last_used, s.expires, \
         s.idle_expires, s.browser, s.platform"
    };
}

pub(super) struct Ping;

impl Query for Ping {
    type Answer = ();

    /// The one row of the schema's table that is never empty.
    fn statement(&self) -> (&'static str, Vec<Value>) {
        ("select swept from portcullis_swept", values![])
    }

    fn answer(&self, rows: Vec<Row>) -> Result<(), Error> {
        match rows.len() {
            1 => Ok(()),
            _ => Err(Error::unreadable("portcullis_swept has to have one row")),
        }
    }
}

pub(super) struct AccountBy<'a>(pub(super) AccountKey<'a>);

impl Query for AccountBy<'_> {
    type Answer = Option<Account>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        match self.0 {
            AccountKey::Name(name) => (
                select_accounts!(
                    "portcullis_accounts a left join portcullis_credentials c on c.owner = a.handle \
                     where a.name_key = $1 order by c.position"
                ),
                values![name.key()],
            ),
            AccountKey::Handle(handle) => (
                select_accounts!(
                    "portcullis_accounts a left join portcullis_credentials c on c.owner = a.handle \
                     where a.handle = $1 order by c.position"
                ),
                values![handle.as_bytes()],
            ),
            AccountKey::Credential(id) => (
                select_accounts!(
                    "portcullis_credentials k join portcullis_accounts a on a.handle = k.owner \
                     join portcullis_credentials c on c.owner = a.handle \
                     where k.id = $1 order by c.position"
                ),
                values![id],
            ),
        }
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Option<Account>, Error> {
        Ok(accounts(rows)?.pop())
    }
}

pub(super) struct Accounts<'a> {
    pub(super) after: Option<&'a UserHandle>,
    pub(super) limit: u32,
}

impl Query for Accounts<'_> {
    type Answer = Vec<Account>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        let after = self.after.map_or(&[][..], UserHandle::as_bytes);
        (
            select_accounts!(
                "(select * from portcullis_accounts where handle > $1 order by handle limit $2) a \
                 left join portcullis_credentials c on c.owner = a.handle \
                 order by a.handle, c.position"
            ),
            values![after, self.limit],
        )
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Vec<Account>, Error> {
        accounts(rows)
    }
}

pub(super) struct SessionOf<'a> {
    pub(super) hash: &'a SecretHash,
    pub(super) now: Timestamp,
}

impl Query for SessionOf<'_> {
    type Answer = Option<(Session, Account)>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        (
            concat!(
                "select ",
                session_columns!(),
                ", ",
                account_columns!(),
                " from portcullis_sessions s join portcullis_accounts a on a.handle = s.owner \
                 join portcullis_credentials c on c.owner = a.handle \
                 where s.hash = $1 and s.ends > $2 order by c.position"
            ),
            values![self.hash, self.now],
        )
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Self::Answer, Error> {
        let mut found = None;
        let mut rest = Vec::new();
        for mut row in rows {
            found = Some(session(&mut row)?);
            rest.push(row);
        }
        Ok(found.zip(accounts(rest)?.pop()))
    }
}

pub(super) struct SessionsOf<'a> {
    pub(super) owner: &'a UserHandle,
    pub(super) now: Timestamp,
}

impl Query for SessionsOf<'_> {
    type Answer = Vec<Session>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        (
            concat!(
                "select ",
                session_columns!(),
                " from portcullis_credentials c join portcullis_sessions s on s.credential = c.id \
                 where c.owner = $1 and s.ends > $2 order by s.auth_time desc, s.id desc"
            ),
            values![self.owner.as_bytes(), self.now],
        )
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Vec<Session>, Error> {
        rows.into_iter().map(|mut row| session(&mut row)).collect()
    }
}

pub(super) struct RecoveryCodesOf<'a>(pub(super) &'a UserHandle);

impl Query for RecoveryCodesOf<'_> {
    type Answer = Vec<SecretHash>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        (
            "select hash from portcullis_recovery_codes where owner = $1 order by hash",
            values![self.0.as_bytes()],
        )
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Vec<SecretHash>, Error> {
        rows.into_iter().map(|mut row| row.array()).collect()
    }
}

pub(super) struct InvitationOf<'a> {
    pub(super) hash: &'a SecretHash,
    pub(super) now: Timestamp,
}

impl Query for InvitationOf<'_> {
    type Answer = Option<Invitation>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        (
            "select name, expires from portcullis_invitations where hash = $1 and expires > $2",
            values![self.hash, self.now],
        )
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Option<Invitation>, Error> {
        rows.into_iter()
            .next()
            .map(|mut row| Ok(Invitation::new(*self.hash, row.text_or_null()?, row.int()?)))
            .transpose()
    }
}

pub(super) struct EventsOf<'a>(pub(super) EventQuery<'a>);

impl Query for EventsOf<'_> {
    type Answer = Vec<Event>;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        let EventQuery {
            account,
            since,
            limit,
        } = self.0;
        match account {
            None => (select_events!("where time >= $1"), values![since, limit]),
            Some(account) => (
                select_events!("where account = $3 and time >= $1"),
                values![since, limit, account.as_bytes()],
            ),
        }
    }

    fn answer(&self, rows: Vec<Row>) -> Result<Vec<Event>, Error> {
        rows.into_iter().map(event).collect()
    }
}

pub(super) struct CountAll;

impl Query for CountAll {
    type Answer = Counts;

    fn statement(&self) -> (&'static str, Vec<Value>) {
        (
            "select (select count(*) from portcullis_accounts), \
             (select count(*) from portcullis_credentials), \
             (select count(*) from portcullis_sessions), (select count(*) from portcullis_spent)",
            values![],
        )
    }

    fn answer(&self, mut rows: Vec<Row>) -> Result<Counts, Error> {
        let row = rows.pop();
        let mut row = row.ok_or_else(|| Error::unreadable("there are no counts"))?;
        Ok(Counts::new(row.int()?, row.int()?, row.int()?, row.int()?))
    }
}

/// The accounts of rows in which those of one account follow each other.
fn accounts(rows: Vec<Row>) -> Result<Vec<Account>, Error> {
    let mut accounts: Vec<Account> = Vec::new();
    for mut row in rows {
        let handle = handle(&row.bytes()?)?;
        let name = Username::from_stored(row.text()?, row.text()?);
        let display_name = row.text_or_null()?;
        let created = row.int()?;
        let recovery_codes = row.int()?;
        if accounts.last().is_none_or(|last| last.handle != handle) {
            let mut account = Account::new(handle, name, created);
            account.display_name = display_name;
            account.recovery_codes = recovery_codes;
            accounts.push(account);
        }
        let credential = credential(row)?;
        if let Some(account) = accounts.last_mut() {
            account.credentials.extend(credential);
        }
    }
    Ok(accounts)
}

fn handle(bytes: &[u8]) -> Result<UserHandle, Error> {
    UserHandle::new(bytes)
        .ok_or_else(|| Error::unreadable("a user handle has to have 1 to 64 bytes"))
}

/// `None` where an account has no credential.
fn credential(mut row: Row) -> Result<Option<Credential>, Error> {
    let Some(id) = row.bytes_or_null()? else {
        return Ok(None);
    };
    let public_key = row.bytes()?;
    let algorithm = row.int()?;
    let aaguid = Aaguid::new(row.array()?);
    let transports = serde_json::from_str(&row.text()?)
        .map_err(|_| Error::unreadable("transports have to be a JSON list"))?;
    Ok(Some(Credential {
        id,
        public_key,
        algorithm,
        aaguid,
        transports,
        state: state(&mut row)?,
        rp_id: row.text()?,
        attestation_format: row.text()?,
        attestation_type: row.text()?,
        name: row.text_or_null()?,
        created: row.int()?,
        last_used: row.int_or_null()?,
        browser: row.text_or_null()?,
        platform: row.text_or_null()?,
    }))
}

/// What a sign-in moves, from `sign_count` to `user_verified`.
pub(super) fn state(row: &mut Row) -> Result<CredentialState, Error> {
    Ok(CredentialState::new(
        row.int()?,
        row.bool()?,
        row.bool()?,
        row.bool()?,
    ))
}

fn session(row: &mut Row) -> Result<Session, Error> {
    Ok(Session {
        id: row.array()?,
        hash: row.array()?,
        owner: handle(&row.bytes()?)?,
        credential: row.bytes()?,
        auth_time: row.int()?,
        user_verified: row.bool()?,
        last_used: row.int()?,
        expires: row.int()?,
        idle_expires: row.int()?,
        browser: row.text_or_null()?,
        platform: row.text_or_null()?,
    })
}

fn event(mut row: Row) -> Result<Event, Error> {
    let kind = EventKind::from_word(&row.text()?)
        .ok_or_else(|| Error::unreadable("an event of no kind"))?;
    let mut event = Event::new(kind, row.int()?);
    event.account = row
        .bytes_or_null()?
        .map(|bytes| handle(&bytes))
        .transpose()?;
    event.username = row.text_or_null()?;
    event.credential = row.bytes_or_null()?;
    event.network = row.text_or_null()?;
    event.code = row.text_or_null()?;
    event.step = row.text_or_null()?;
    event.document = row
        .bytes_or_null()?
        .map(|bytes| {
            let hash = bytes.try_into();
            hash.map_err(|_| Error::unreadable("the SHA-256 of a document has to have 32 bytes"))
        })
        .transpose()?;
    Ok(event)
}
