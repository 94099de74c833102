//! What changes the database: each command is one transaction.
//!
//! They are right under READ COMMITTED and under anything stricter. What has to be decided by what is
//! there is decided by a row's own statement (`on conflict do nothing`, `update .. where`), or after
//! the account's row has been locked.

use core::mem;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use rocket::async_trait;

use super::connection::{Connection, Insert, Row, Value, insert, values};
use super::error::Error;
use super::read::state;
use crate::clock::Timestamp;
use crate::store::{
    Account, ChallengeId, Change, Changed, Credential, Ends, Event, Import, Imported, Invitation,
    OneTimeSecret, OneUse, Registered, Registrant, Registration, SecretHash, Session, SessionId,
    SignIn, SignedIn, Spend, Sweep, UserHandle,
};

/// A command. It may be run again where the transaction did not hold.
#[async_trait]
pub(super) trait Command: Send + Sync {
    type Outcome: Send;

    /// Whether its statements have to happen together, or to be undone ([`End::Undo`]) together. Where not, each
    /// may be a transaction of its own.
    fn is_atomic(&self) -> bool {
        true
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<Self::Outcome>, Error>;
}

/// How a command ends.
#[derive(Debug)]
pub(super) enum End<T> {
    /// What it has written is kept.
    Keep(T),
    /// What it has written is undone.
    Undo(T),
}

impl<T> End<T> {
    pub(super) fn outcome(self) -> T {
        match self {
            Self::Keep(outcome) | Self::Undo(outcome) => outcome,
        }
    }
}

#[derive(Debug)]
pub(super) struct SpendChallenge {
    pub(super) id: ChallengeId,
    pub(super) expires: Timestamp,
}

#[async_trait]
impl Command for SpendChallenge {
    type Outcome = Spend;

    fn is_atomic(&self) -> bool {
        false
    }

    /// The row goes in first and the mark is read after it, by a statement that sees all that has been
    /// committed before. A row is only removed together with or after a mark that covers it. So a call that
    /// puts a row where one was removed reads that mark, however long ago it began.
    async fn run(&self, on: &mut dyn Connection) -> Result<End<Spend>, Error> {
        let (inserted, mut rows) = on
            .execute_then_fetch(
                INSERT_SPENT,
                values![self.expires, &self.id],
                "select swept from portcullis_swept",
            )
            .await?;
        let swept = mark(&mut rows)?;
        Ok(End::Keep(spent(inserted, self.expires, swept)))
    }
}

const INSERT_SPENT: &str =
    "insert into portcullis_spent (expires, id) values ($1, $2) on conflict do nothing";

fn mark(rows: &mut Vec<Row>) -> Result<Timestamp, Error> {
    let row = rows.pop();
    row.ok_or_else(|| Error::unreadable("portcullis_swept is empty"))?
        .int()
}

const fn spent(inserted: u64, expires: Timestamp, swept: Timestamp) -> Spend {
    if expires <= swept {
        Spend::Expired
    } else if inserted == 1 {
        Spend::First
    } else {
        Spend::Again
    }
}

/// Spends an id together with the rest of a transaction. The mark is locked before the row goes in: until the
/// transaction ends, nothing is forgotten.
async fn spend_within(on: &mut dyn Connection, once: OneUse) -> Result<Spend, Error> {
    let sql = on.dialect().lock_swept;
    let swept = mark(&mut on.fetch(sql, values![]).await?)?;
    let OneUse { id, expires } = once;
    let inserted = on.execute(INSERT_SPENT, values![expires, &id]).await?;
    Ok(spent(inserted, expires, swept))
}

#[async_trait]
impl Command for Registration {
    type Outcome = Registered;

    async fn run(&self, on: &mut dyn Connection) -> Result<End<Registered>, Error> {
        let (owner, position) = match &self.to {
            Registrant::New(account) => {
                if !insert_account(on, account).await? {
                    // The caller hears of the credential first, as a verifier would say it.
                    let exists = has_credential(on, &self.credential.id).await?;
                    return Ok(End::Undo(if exists {
                        Registered::CredentialExists
                    } else {
                        Registered::NameTaken
                    }));
                }
                (account.handle, 0)
            }
            Registrant::Existing(handle) => {
                if !lock_account(on, handle).await? {
                    return Ok(End::Undo(Registered::AccountGone));
                }
                let (held, position) = credentials(on, handle).await?;
                if held >= self.most {
                    return Ok(End::Undo(Registered::AccountFull));
                }
                (*handle, position)
            }
        };
        if !insert_credential(on, &owner, position, &self.credential).await? {
            return Ok(End::Undo(Registered::CredentialExists));
        }
        if let Some(secret) = self.spends
            && !spend_secret(on, secret, &owner, self.event.time).await?
        {
            return Ok(End::Undo(Registered::SecretSpent));
        }
        end_sessions(on, self.ends, &owner).await?;
        begin_session(on, self.begins.as_ref()).await?;
        insert_event(on, &self.event).await?;
        Ok(End::Keep(Registered::Done))
    }
}

#[async_trait]
impl Command for SignIn {
    type Outcome = SignedIn;

    /// One statement is enough where nothing is spent and no session ends.
    fn is_atomic(&self) -> bool {
        self.spends.is_some() || self.ends != Ends::None
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<SignedIn>, Error> {
        if let Some(once) = self.spends {
            let spent = match once.expires <= self.event.time {
                true => Spend::Expired,
                false => spend_within(on, once).await?,
            };
            match spent {
                Spend::First => {}
                Spend::Again => return Ok(End::Undo(SignedIn::SpentBefore)),
                Spend::Expired => return Ok(End::Undo(SignedIn::Expired)),
            }
        }
        let (before, after) = (self.before, self.after);
        let mut inserts = vec![(EVENT, event_values(&self.event)?)];
        inserts.extend(
            self.begins
                .as_ref()
                .map(|one| (SESSION, session_values(one))),
        );
        // What ends has to end before another session begins.
        let later = match self.ends {
            Ends::None => Vec::new(),
            Ends::One(_) | Ends::All => mem::take(&mut inserts),
        };
        let moved = on
            .fetch_then_insert(
                "update portcullis_credentials set sign_count = $6, backup_eligible = $7, backup_state = $8, \
                 user_verified = $9, last_used = $10 where id = $1 and sign_count = $2 \
                 and backup_eligible = $3 and backup_state = $4 and user_verified = $5 returning owner",
                values![
                    &self.credential,
                    before.sign_count,
                    before.backup_eligible,
                    before.backup_state,
                    before.user_verified,
                    after.sign_count,
                    after.backup_eligible,
                    after.backup_state,
                    after.user_verified,
                    self.event.time,
                ],
                inserts,
            )
            .await?;
        let Some(mut row) = moved else {
            let mut rows = on
                .fetch(
                    "select sign_count, backup_eligible, backup_state, user_verified \
                     from portcullis_credentials where id = $1",
                    values![&self.credential],
                )
                .await?;
            return Ok(End::Undo(match rows.pop() {
                Some(mut row) => SignedIn::Moved(state(&mut row)?),
                None => SignedIn::Gone,
            }));
        };
        let owner = UserHandle::new(&row.bytes()?);
        let owner = owner.ok_or_else(|| Error::unreadable("a credential without an owner"))?;
        end_sessions(on, self.ends, &owner).await?;
        for (insert, values) in later {
            on.execute(insert.sql, values).await?;
        }
        Ok(End::Keep(SignedIn::Done))
    }
}

#[derive(Debug)]
pub(super) struct ChangeAccount {
    pub(super) owner: UserHandle,
    pub(super) change: Change,
    pub(super) event: Event,
}

#[async_trait]
impl Command for ChangeAccount {
    type Outcome = Changed;

    async fn run(&self, on: &mut dyn Connection) -> Result<End<Changed>, Error> {
        let owner = &self.owner;
        if !lock_account(on, owner).await? {
            return Ok(End::Undo(Changed::AccountGone));
        }
        match &self.change {
            Change::RenameCredential { id, name } => {
                let sql =
                    "update portcullis_credentials set name = $3 where owner = $1 and id = $2";
                let renamed = on.execute(sql, values![owner.as_bytes(), id, name]).await?;
                if renamed == 0 {
                    return Ok(End::Undo(Changed::CredentialGone));
                }
            }
            Change::RemoveCredential { id } => {
                let sql = "delete from portcullis_credentials where owner = $1 and id = $2";
                if on.execute(sql, values![owner.as_bytes(), id]).await? == 0 {
                    return Ok(End::Undo(Changed::CredentialGone));
                }
                if !can_come_back(on, owner).await? {
                    return Ok(End::Undo(Changed::LastCredential));
                }
            }
            Change::SetDisplayName(name) => {
                let sql = "update portcullis_accounts set display_name = $2 where handle = $1";
                on.execute(sql, values![owner.as_bytes(), name]).await?;
            }
            Change::SetRecoveryCodes(codes) => {
                let sql = "delete from portcullis_recovery_codes where owner = $1";
                on.execute(sql, values![owner.as_bytes()]).await?;
                insert_recovery_codes(on, owner, codes).await?;
            }
            Change::RemoveAccount => {
                let sql = "delete from portcullis_accounts where handle = $1";
                on.execute(sql, values![owner.as_bytes()]).await?;
            }
        }
        insert_event(on, &self.event).await?;
        Ok(End::Keep(Changed::Done))
    }
}

#[derive(Debug)]
pub(super) struct Touch {
    pub(super) hash: SecretHash,
    pub(super) last_used: Timestamp,
    pub(super) idle_expires: Timestamp,
}

#[async_trait]
impl Command for Touch {
    type Outcome = ();

    fn is_atomic(&self) -> bool {
        false
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<()>, Error> {
        on.execute(
            "update portcullis_sessions set \
             last_used = case when last_used < $2 then $2 else last_used end, \
             idle_expires = case when idle_expires < $3 then $3 else idle_expires end, \
             ends = case when ends >= $3 then ends when expires < $3 then expires else $3 end \
             where hash = $1",
            values![&self.hash, self.last_used, self.idle_expires],
        )
        .await?;
        Ok(End::Keep(()))
    }
}

#[derive(Debug)]
pub(super) struct EndSession(pub(super) SecretHash);

#[async_trait]
impl Command for EndSession {
    type Outcome = bool;

    fn is_atomic(&self) -> bool {
        false
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<bool>, Error> {
        Ok(End::Keep(end_session(on, &self.0).await?))
    }
}

#[derive(Debug)]
pub(super) struct EndSessions {
    pub(super) owner: UserHandle,
    /// All of them where `None`.
    pub(super) id: Option<SessionId>,
    pub(super) event: Event,
}

#[async_trait]
impl Command for EndSessions {
    type Outcome = u64;

    async fn run(&self, on: &mut dyn Connection) -> Result<End<u64>, Error> {
        let ended = match &self.id {
            None => end_all_sessions(on, &self.owner).await?,
            Some(id) => {
                let sql = "delete from portcullis_sessions where owner = $1 and id = $2 \
                           and credential in (select id from portcullis_credentials where owner = $1)";
                on.execute(sql, values![self.owner.as_bytes(), id]).await?
            }
        };
        if ended > 0 {
            insert_event(on, &self.event).await?;
        }
        Ok(End::Keep(ended))
    }
}

#[async_trait]
impl Command for Invitation {
    type Outcome = ();

    fn is_atomic(&self) -> bool {
        false
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<()>, Error> {
        on.execute(
            "insert into portcullis_invitations (hash, name, expires) values ($1, $2, $3) \
             on conflict do nothing",
            values![&self.hash, &self.name, self.expires],
        )
        .await?;
        Ok(End::Keep(()))
    }
}

#[async_trait]
impl Command for Import {
    type Outcome = Imported;

    async fn run(&self, on: &mut dyn Connection) -> Result<End<Imported>, Error> {
        let owner = &self.account.handle;
        if !insert_account(on, &self.account).await? {
            let sql = "select 1 from portcullis_accounts where handle = $1";
            let same = on.fetch(sql, values![owner.as_bytes()]).await?;
            return Ok(End::Undo(if same.is_empty() {
                Imported::NameTaken
            } else {
                Imported::HandleTaken
            }));
        }
        for (position, credential) in (0..).zip(&self.account.credentials) {
            if !insert_credential(on, owner, position, credential).await? {
                return Ok(End::Undo(Imported::CredentialExists));
            }
        }
        insert_recovery_codes(on, owner, &self.recovery_codes).await?;
        Ok(End::Keep(Imported::Done))
    }
}

#[async_trait]
impl Command for Event {
    type Outcome = ();

    fn is_atomic(&self) -> bool {
        false
    }

    async fn run(&self, on: &mut dyn Connection) -> Result<End<()>, Error> {
        insert_event(on, self).await?;
        Ok(End::Keep(()))
    }
}

#[async_trait]
impl Command for Sweep {
    type Outcome = bool;

    /// Nothing is over before it is so by the database's clock too: a host whose clock is ahead would
    /// otherwise end what others hold to be good, and the mark would refuse all that they begin.
    async fn run(&self, on: &mut dyn Connection) -> Result<End<bool>, Error> {
        let clock = on.dialect().clock;
        let clock: Timestamp = number(on, clock).await?;
        let now = self.now.min(clock);
        let ahead = self.now.saturating_sub(now);
        // Written, though it does not move here: of several sweeps at once, the others wait.
        let lock = "update portcullis_swept set swept = swept returning swept";
        let mark: Timestamp = number(on, lock).await?;
        let spent = on
            .fetch(
                "delete from portcullis_spent where (expires, id) in (select expires, id \
                 from portcullis_spent where expires <= $1 order by expires, id limit $2) \
                 returning expires",
                values![now, self.most],
            )
            .await?;
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let mut more = spent.len() >= most;
        // No further than what is forgotten.
        let mut last = mark;
        for mut row in spent {
            last = last.max(row.int()?);
        }
        if last > mark {
            let sql = "update portcullis_swept set swept = $1";
            on.execute(sql, values![last]).await?;
        }
        for (sql, until) in [
            (
                "delete from portcullis_sessions where hash in (select hash from portcullis_sessions \
                 where ends <= $1 order by ends limit $2)",
                now,
            ),
            (
                "delete from portcullis_invitations where hash in (select hash \
                 from portcullis_invitations where expires <= $1 order by expires limit $2)",
                now,
            ),
            (
                "delete from portcullis_events where (time, id) in (select time, id \
                 from portcullis_events where time < $1 order by time, id limit $2)",
                self.events_before.saturating_sub(ahead),
            ),
        ] {
            let removed = on.execute(sql, values![until, self.most]).await?;
            more |= removed >= u64::from(self.most);
        }
        Ok(End::Keep(more))
    }
}

/// The one number that a statement gives.
async fn number<T: TryFrom<i64>>(on: &mut dyn Connection, sql: &'static str) -> Result<T, Error> {
    let mut rows = on.fetch(sql, values![]).await?;
    let mut row = rows
        .pop()
        .ok_or_else(|| Error::unreadable("a row is missing"))?;
    row.int()
}

/// False where handle or name are another account's.
async fn insert_account(on: &mut dyn Connection, account: &Account) -> Result<bool, Error> {
    let inserted = on
        .execute(
            "insert into portcullis_accounts (handle, name, name_key, display_name, created) \
             values ($1, $2, $3, $4, $5) on conflict do nothing",
            values![
                account.handle.as_bytes(),
                account.name.as_written(),
                account.name.key(),
                &account.display_name,
                account.created,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// Locks an account. False where it is gone.
async fn lock_account(on: &mut dyn Connection, handle: &UserHandle) -> Result<bool, Error> {
    let sql = on.dialect().lock_account;
    let rows = on.fetch(sql, values![handle.as_bytes()]).await?;
    Ok(!rows.is_empty())
}

async fn has_credential(on: &mut dyn Connection, id: &Vec<u8>) -> Result<bool, Error> {
    let sql = "select created from portcullis_credentials where id = $1";
    Ok(!on.fetch(sql, values![id]).await?.is_empty())
}

/// How many credentials an account has, and the position of the next.
async fn credentials(on: &mut dyn Connection, owner: &UserHandle) -> Result<(usize, i64), Error> {
    let sql = "select count(*), coalesce(max(position), -1) + 1 from portcullis_credentials \
               where owner = $1";
    let mut rows = on.fetch(sql, values![owner.as_bytes()]).await?;
    let mut row = rows
        .pop()
        .ok_or_else(|| Error::unreadable("there is no count"))?;
    Ok((row.int()?, row.int()?))
}

/// Whether a credential or a recovery code is left.
async fn can_come_back(on: &mut dyn Connection, owner: &UserHandle) -> Result<bool, Error> {
    let sql = "select (select count(*) from portcullis_credentials where owner = $1) + \
               (select count(*) from portcullis_recovery_codes where owner = $1)";
    let mut rows = on.fetch(sql, values![owner.as_bytes()]).await?;
    let mut row = rows
        .pop()
        .ok_or_else(|| Error::unreadable("there is no count"))?;
    Ok(row.int::<i64>()? > 0)
}

/// False where the id is in use.
async fn insert_credential(
    on: &mut dyn Connection,
    owner: &UserHandle,
    position: i64,
    credential: &Credential,
) -> Result<bool, Error> {
    let transports = serde_json::to_string(&credential.transports);
    let transports = transports.map_err(Error::other)?;
    let state = credential.state;
    let inserted = on
        .execute(
            "insert into portcullis_credentials (id, owner, position, public_key, algorithm, aaguid, \
             transports, sign_count, backup_eligible, backup_state, user_verified, rp_id, \
             attestation_format, attestation_type, name, created, last_used, browser, platform) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
             on conflict do nothing",
            values![
                &credential.id,
                owner.as_bytes(),
                position,
                &credential.public_key,
                credential.algorithm,
                &credential.aaguid.bytes(),
                transports,
                state.sign_count,
                state.backup_eligible,
                state.backup_state,
                state.user_verified,
                credential.rp_id.as_str(),
                credential.attestation_format.as_str(),
                credential.attestation_type.as_str(),
                &credential.name,
                credential.created,
                credential.last_used,
                &credential.browser,
                &credential.platform,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

async fn insert_recovery_codes(
    on: &mut dyn Connection,
    owner: &UserHandle,
    codes: &[SecretHash],
) -> Result<(), Error> {
    for hash in codes {
        let sql = "insert into portcullis_recovery_codes (owner, hash) values ($1, $2) \
                   on conflict do nothing";
        on.execute(sql, values![owner.as_bytes(), hash]).await?;
    }
    Ok(())
}

/// False where it is spent, over or unknown.
async fn spend_secret(
    on: &mut dyn Connection,
    secret: OneTimeSecret,
    owner: &UserHandle,
    now: Timestamp,
) -> Result<bool, Error> {
    let spent = match secret {
        OneTimeSecret::RecoveryCode(hash) => {
            let sql = "delete from portcullis_recovery_codes where owner = $1 and hash = $2";
            on.execute(sql, values![owner.as_bytes(), &hash]).await?
        }
        OneTimeSecret::Invitation(hash) => {
            let sql = "delete from portcullis_invitations where hash = $1 and expires > $2";
            on.execute(sql, values![&hash, now]).await?
        }
    };
    Ok(spent == 1)
}

async fn end_session(on: &mut dyn Connection, hash: &SecretHash) -> Result<bool, Error> {
    let sql = "delete from portcullis_sessions where hash = $1";
    Ok(on.execute(sql, values![hash]).await? == 1)
}

async fn end_sessions(
    on: &mut dyn Connection,
    ends: Ends,
    owner: &UserHandle,
) -> Result<(), Error> {
    match ends {
        Ends::None => {}
        Ends::One(hash) => {
            end_session(on, &hash).await?;
        }
        Ends::All => {
            end_all_sessions(on, owner).await?;
        }
    }
    Ok(())
}

/// Sessions are found by their credentials: an index by owner would be one more page to write for each sign-in.
async fn end_all_sessions(on: &mut dyn Connection, owner: &UserHandle) -> Result<u64, Error> {
    let sql = "delete from portcullis_sessions \
               where credential in (select id from portcullis_credentials where owner = $1)";
    on.execute(sql, values![owner.as_bytes()]).await
}

const SESSION: Insert = insert!(
    "portcullis_sessions (hash, id, owner, credential, auth_time, user_verified, last_used, expires, \
     idle_expires, ends, browser, platform)",
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12"
);

fn session_values(session: &Session) -> Vec<Value> {
    values![
        &session.hash,
        &session.id,
        session.owner.as_bytes(),
        &session.credential,
        session.auth_time,
        session.user_verified,
        session.last_used,
        session.expires,
        session.idle_expires,
        session.expires.min(session.idle_expires),
        &session.browser,
        &session.platform,
    ]
}

async fn begin_session(on: &mut dyn Connection, session: Option<&Session>) -> Result<(), Error> {
    if let Some(session) = session {
        on.execute(SESSION.sql, session_values(session)).await?;
    }
    Ok(())
}

const EVENT: Insert = insert!(
    "portcullis_events (time, id, kind, account, username, credential, network, code, step, document)",
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10"
);

fn event_values(event: &Event) -> Result<Vec<Value>, Error> {
    Ok(values![
        event.time,
        &event_id()?,
        event.kind.as_str(),
        event.account.as_ref().map(UserHandle::as_bytes),
        &event.username,
        event.credential.as_deref(),
        &event.network,
        &event.code,
        &event.step,
        event.document.as_ref().map(<[u8; 32]>::as_slice),
    ])
}

async fn insert_event(on: &mut dyn Connection, event: &Event) -> Result<(), Error> {
    on.execute(EVENT.sql, event_values(event)?)
        .await
        .map(|_| ())
}

/// Nanoseconds since 1970 and eight random bytes: in order where one process writes, and nobody's twice.
fn event_id() -> Result<[u8; 16], Error> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = time.unwrap_or(Duration::ZERO).as_nanos();
    let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
    let mut id = [0; 16];
    rand::fill(&mut id).map_err(Error::other)?;
    if let Some(head) = id.first_chunk_mut::<8>() {
        *head = nanos.to_be_bytes();
    }
    Ok(id)
}
