//! How fast the stores are: sign-ins a second, how long they take, and how much room things take.
//!
//! `cargo run --release -p portcullis-tests --example store_rates -- [ACCOUNTS...]` (10000 and 1000000 where
//! none are given) prints a line for each store and number of accounts, and what it is worth that SQLite
//! commits together what waits. A login here is both calls of a host in this process, with the work of the
//! authenticator and without a network. "Of the store" is what a login asks of it and nothing else: the account
//! twice, the challenge spent, counter, session and event written.

use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{
    env, fs,
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use portcullis::{
    account::Username,
    store::{
        Account, AccountKey, Credential, CredentialState, Event, EventKind, Import, Limits,
        MemoryStore, Session, SignIn, SqlStore, Store, UserHandle,
    },
};
use portcullis_tests::{
    authenticator::{Authenticator, Passkey},
    encoding::{from_base64url, sha256},
    host::Host,
    postgres::Postgres,
};
use rocket::tokio::task::JoinSet;
use serde_json::json;

/// Sign-ins at the same time.
const AT_ONCE: u64 = 32;

/// As many as a busy host has to wait for its disk.
const CROWD: u64 = 256;

/// How long each is measured.
const SECONDS: u64 = 10;

/// `KEY` is the public key of all passkeys, in hexadecimal digits.
const ACCOUNTS_SQLITE: &str = "
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ACCOUNTS)
    insert into portcullis_accounts
    select randomblob(64), 'user' || n, 'user' || n, null, 1700000000 from numbers;
    insert into portcullis_credentials
    select randomblob(32), handle, 0, x'KEY', -7, zeroblob(16), '[\"internal\",\"hybrid\"]', 0, 0, 0, 1,
        'localhost', 'none', 'none', null, 1700000000, null, 'Firefox', 'Linux'
    from portcullis_accounts;
    pragma wal_checkpoint(truncate);";

const ACCOUNTS_POSTGRES: &str = "
    insert into portcullis_accounts
    select sha512(int8send(n)), 'user' || n, 'user' || n, null, 1700000000 from generate_series(1, ACCOUNTS) n;
    insert into portcullis_credentials
    select sha256(handle), handle, 0, decode('KEY', 'hex'), -7, decode(repeat('00', 16), 'hex'),
        '[\"internal\",\"hybrid\"]', 0, false, false, true, 'localhost', 'none', 'none', null, 1700000000, null,
        'Firefox', 'Linux'
    from portcullis_accounts;
    vacuum analyze;";

fn main() {
    let counts: Vec<u64> = env::args()
        .skip(1)
        .map(|text| text.parse().expect("a number"))
        .collect();
    let counts = if counts.is_empty() {
        vec![10_000, 1_000_000]
    } else {
        counts
    };
    println!(
        "| store | accounts | logins a second | 99 of 100 within | of the store: a second | 99 of 100 within \
         | bytes a passkey | bytes a spent challenge |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    rocket::execute(async {
        for accounts in counts {
            memory(accounts).await;
            sqlite(accounts).await;
            postgres(accounts).await;
        }
        together().await;
    });
}

/// The one passkey that everybody has, under an id of their own.
fn passkey() -> Passkey {
    let (passkey, _) = Authenticator::new("rates").make("localhost", &[0; 64], &[0; 32], "");
    passkey
}

fn public_key() -> Vec<u8> {
    passkey().key.cose_key().encode()
}

fn filling(sql: &str, accounts: u64) -> String {
    let key: String = public_key()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    sql.replace("ACCOUNTS", &accounts.to_string())
        .replace("KEY", &key)
}

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/store_rates");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

async fn memory(accounts: u64) {
    // Room for all that comes in the time that is measured.
    let limits = Limits::new(usize::MAX, usize::MAX);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(limits));
    let before = resident();
    let key = public_key();
    for number in 1..=accounts {
        let random = sha256(&[&number.to_be_bytes()]);
        let handle = UserHandle::new(&[random, random].concat()).expect("64 bytes");
        let name = Username::parse(&format!("user{number}")).expect("a name");
        let mut account = Account::new(handle, name, 1_700_000_000);
        let state = CredentialState::new(0, false, false, true);
        let mut credential = Credential::new(random.to_vec(), key.clone(), -7, state);
        credential.transports = vec!["internal".to_owned(), "hybrid".to_owned()];
        credential.rp_id = "localhost".to_owned();
        account.credentials.push(credential);
        let imported = store.import(Import::new(account, Vec::new())).await;
        let _ = imported.expect("there is room");
    }
    let passkey = resident().saturating_sub(before) / accounts;
    let host = Host::with_store(Arc::clone(&store)).await;
    let logins = logins(host, accounts).await;
    let rates = store_rates(store, accounts).await;
    println!("| memory | {accounts} | {logins} | {rates} | {passkey} | |");
}

/// The memory of this process, in bytes; 0 where the system does not say it.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|text| text.parse().ok())
        .map_or(0, |kilobytes: u64| kilobytes * 1_024)
}

async fn sqlite(accounts: u64) {
    let folder = folder();
    let path = folder.join("accounts.db");
    let store = SqlStore::sqlite(&path).await.expect("it opens");
    let other = rusqlite::Connection::open(&path).expect("it opens");
    let before = fs::metadata(&path).expect("a file").len();
    let filled = other.execute_batch(&filling(ACCOUNTS_SQLITE, accounts));
    filled.expect("filled");
    let passkey = (fs::metadata(&path).expect("a file").len() - before) / accounts;
    let url = format!("sqlite:{}", path.display());
    let host = Host::local(&[("PORTCULLIS_STORE", &url)]).await;
    let logins = logins(host, accounts).await;
    let rates = store_rates(Arc::new(store), accounts).await;
    let size = "select sum(pgsize) / (select count(*) from portcullis_spent) from dbstat where name = 'portcullis_spent'";
    let spent: i64 = other
        .query_one(size, (), |row| row.get(0))
        .expect("its size");
    println!("| SQLite | {accounts} | {logins} | {rates} | {passkey} | {spent} |");
    drop(other);
    fs::remove_dir_all(&folder).expect("the folder goes");
}

async fn postgres(accounts: u64) {
    let server = Postgres::start_durable();
    let url = server.create("rates");
    let store = SqlStore::postgres(&url).await.expect("it opens");
    let size = || -> u64 {
        let sql = "select pg_total_relation_size('portcullis_accounts') + pg_total_relation_size('portcullis_credentials')";
        server.sql("rates", sql).parse().expect("a size")
    };
    let before = size();
    for statement in filling(ACCOUNTS_POSTGRES, accounts).split_terminator(';') {
        let _ = server.sql("rates", statement);
    }
    let passkey = (size() - before) / accounts;
    let host = Host::local(&[("PORTCULLIS_STORE", &url)]).await;
    let logins = logins(host, accounts).await;
    let rates = store_rates(Arc::new(store), accounts).await;
    let spent = server.sql(
        "rates",
        "select pg_total_relation_size('portcullis_spent') / count(*) from portcullis_spent",
    );
    println!("| PostgreSQL | {accounts} | {logins} | {rates} | {passkey} | {spent} |");
}

/// What one commit for all that waits is worth in SQLite: challenges spent, and logins as the store has them,
/// one after the other, each with commits of its own, and many at once.
async fn together() {
    const ACCOUNTS: u64 = 10_000;

    let folder = folder();
    let path = folder.join("accounts.db");
    let store: Arc<dyn Store> = Arc::new(SqlStore::sqlite(&path).await.expect("it opens"));
    let other = rusqlite::Connection::open(&path).expect("it opens");
    let filled = other.execute_batch(&filling(ACCOUNTS_SQLITE, ACCOUNTS));
    filled.expect("filled");
    println!("\n| of SQLite alone, a second | one by one | {AT_ONCE} at once | {CROWD} at once |");
    println!("| --- | ---: | ---: | ---: |");
    let spending = Arc::clone(&store);
    crowded("challenges spent", 1 << 40, move |number| {
        let store = Arc::clone(&spending);
        async move {
            let id = sha256(&[&number.to_be_bytes()]);
            let id = id.first_chunk().expect("16 bytes");
            let _ = store
                .spend(id, now() + 300, now())
                .await
                .expect("it answers");
        }
    })
    .await;
    crowded("logins", 1 << 50, move |number| {
        let store = Arc::clone(&store);
        async move { sign_in(&*store, number, ACCOUNTS).await }
    })
    .await;
    drop(other);
    fs::remove_dir_all(&folder).expect("the folder goes");
}

/// Prints how many calls there are a second, one by one and with ever more at once.
async fn crowded<F>(what: &str, first: u64, call: impl Fn(u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (alone, _) = measured(1, first, &call).await;
    let mut cells = format!("{alone}");
    for at_once in [AT_ONCE, CROWD] {
        let (a_second, _) = measured(at_once, first * at_once, &call).await;
        let times = |number: u64| f64::from(u32::try_from(number).expect("small"));
        let ratio = times(a_second) / times(alone.max(1));
        cells += &format!(" | {a_second}, {ratio:.1} times");
    }
    println!("| {what} | {cells} |");
}

/// Calls for a while, so many at once, numbered from `first` on: how many a second, and in how many milliseconds
/// 99 of 100 were done.
async fn measured<F>(at_once: u64, first: u64, call: impl Fn(u64) -> F) -> (u64, f64)
where
    F: Future<Output = ()> + Send + 'static,
{
    let next = Arc::new(AtomicU64::new(first));
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let mut times = Vec::new();
    let mut running = JoinSet::new();
    let timed = |call: F| async move {
        let began = Instant::now();
        call.await;
        began.elapsed()
    };
    for _ in 0..at_once {
        running.spawn(timed(call(next.fetch_add(1, Ordering::Relaxed))));
    }
    while let Some(time) = running.join_next().await {
        times.push(time.expect("it did not fail"));
        if Instant::now() < end {
            running.spawn(timed(call(next.fetch_add(1, Ordering::Relaxed))));
        }
    }
    times.sort_unstable();
    let slow = times[(times.len() * 99 / 100).min(times.len() - 1)];
    let number = u64::try_from(times.len()).expect("a number");
    (number / SECONDS, slow.as_secs_f64() * 1_000.0)
}

/// The account of a number: scattered over all of them.
const fn who(number: u64, accounts: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % accounts + 1
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs()
}

async fn logins(host: Host, accounts: u64) -> String {
    let (host, passkey) = (Arc::new(host), passkey());
    let (a_second, slow) = measured(AT_ONCE, 0, move |number| {
        let (host, passkey) = (Arc::clone(&host), passkey.clone());
        async move { login(&host, passkey, number, accounts).await }
    })
    .await;
    format!("{a_second} | {slow:.1} ms")
}

async fn login(host: &Host, mut passkey: Passkey, number: u64, accounts: u64) {
    let body = json!({"username": format!("user{}", who(number, accounts))});
    let begun = host.post("/authenticate/begin", &body).await.ok();
    let options = &begun["publicKey"];
    let id = options["allowCredentials"][0]["id"].as_str();
    passkey.id = from_base64url(id.expect("an id"));
    passkey.sign_count = u32::try_from(number).expect("small");
    let mut assertion = passkey.get(options, &host.origin);
    assertion.user_handle = None;
    let body =
        json!({"assertion": assertion.response(), "challenge_token": begun["challenge_token"]});
    host.post("/authenticate/complete", &body).await.ok();
}

async fn store_rates(store: Arc<dyn Store>, accounts: u64) -> String {
    // Other ids than those of the logins.
    let (a_second, slow) = measured(AT_ONCE, 1 << 40, move |number| {
        let store = Arc::clone(&store);
        async move { sign_in(&*store, number, accounts).await }
    })
    .await;
    format!("{a_second} | {slow:.1} ms")
}

async fn sign_in(store: &dyn Store, number: u64, accounts: u64) {
    let name = Username::parse(&format!("user{}", who(number, accounts))).expect("a name");
    let begun = store.account(AccountKey::Name(&name)).await;
    assert!(begun.expect("it answers").is_some(), "{name}");
    let random = sha256(&[&number.to_be_bytes()]);
    let id = *random.first_chunk().expect("16 bytes");
    let now = now();
    let _ = store.spend(&id, now + 300, now).await.expect("it answers");
    let account = store.account(AccountKey::Name(&name)).await;
    let account = account.expect("it answers").expect("there");
    let held = &account.credentials[0];
    let after = CredentialState::new(held.state.sign_count + 1, false, false, true);
    let event = Event::new(EventKind::SignedIn, now)
        .of(account.handle, &account.name)
        .with_credential(&held.id);
    let mut sign_in = SignIn::new(held.id.clone(), held.state, after, event);
    let mut session = Session::new(id, random, account.handle, held.id.clone(), now);
    session.expires = now + 86_400;
    session.idle_expires = now + 3_600;
    sign_in.begins = Some(session);
    let _ = store.sign_in(sign_in).await.expect("it answers");
}
