//! How fast the stores are: sign-ins a second, how long they take, and how much room things take.
//!
//! `cargo run -p portcullis-tests --example store_rates -- [ACCOUNTS...]` (10000 and 1000000 where none are
//! given) prints one line for each store and number of accounts. A sign-in here is what one asks of the
//! store: the account twice, the challenge spent, counter, session and event written; no HTTP and no
//! cryptography.

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
    store::{AccountKey, CredentialState, Event, EventKind, Session, SignIn, SqlStore, Store},
};
use portcullis_tests::{encoding::sha256, postgres::Postgres};
use rocket::tokio::task::JoinSet;
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};

/// Sign-ins at the same time.
const AT_ONCE: u64 = 32;

/// How long each is measured.
const SECONDS: u64 = 10;

/// A COSE key of ES256 has 77 bytes.
const ACCOUNTS_SQLITE: &str = "
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ACCOUNTS)
    insert into portcullis_accounts
    select randomblob(64), 'user' || n, 'user' || n, null, 1700000000 from numbers;
    insert into portcullis_credentials
    select randomblob(32), handle, 0, randomblob(77), -7, zeroblob(16), '[\"internal\",\"hybrid\"]', 0, 1, 1, 1,
        'login.example.org', 'none', 'none', null, 1700000000, null, 'Firefox', 'Linux'
    from portcullis_accounts;
    pragma wal_checkpoint(truncate);";

const ACCOUNTS_POSTGRES: &str = "
    insert into portcullis_accounts
    select sha512(int8send(n)), 'user' || n, 'user' || n, null, 1700000000 from generate_series(1, ACCOUNTS) n;
    insert into portcullis_credentials
    select sha256(handle), handle, 0, substr(sha512(handle) || sha512(name::bytea), 1, 77), -7,
        decode(repeat('00', 16), 'hex'), '[\"internal\",\"hybrid\"]', 0, true, true, true, 'login.example.org',
        'none', 'none', null, 1700000000, null, 'Firefox', 'Linux'
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
        "| store | accounts | sign-ins a second | median | 99 of 100 within | bytes a passkey | bytes a spent challenge |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    rocket::execute(async {
        for accounts in counts {
            sqlite(accounts).await;
            postgres(accounts).await;
        }
    });
}

async fn sqlite(accounts: u64) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/store_rates");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("accounts.db");
    let store = SqlStore::sqlite(&path).await.expect("it opens");
    let mut other = SqliteConnectOptions::new()
        .filename(&path)
        .connect()
        .await
        .expect("it opens");
    let before = fs::metadata(&path).expect("a file").len();
    let sql = ACCOUNTS_SQLITE.replace("ACCOUNTS", &accounts.to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut other)
        .await
        .expect("filled");
    let passkey = (fs::metadata(&path).expect("a file").len() - before) / accounts;
    let rates = rates(Arc::new(store), accounts).await;
    let row = sqlx::query("select sum(pgsize) / (select count(*) from portcullis_spent) from dbstat where name = 'portcullis_spent'")
        .fetch_one(&mut other)
        .await
        .expect("its size");
    let spent: i64 = row.get(0);
    println!("| SQLite | {accounts} | {rates} | {passkey} | {spent} |");
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
    for statement in ACCOUNTS_POSTGRES
        .replace("ACCOUNTS", &accounts.to_string())
        .split_terminator(';')
    {
        let _ = server.sql("rates", statement);
    }
    let passkey = (size() - before) / accounts;
    let rates = rates(Arc::new(store), accounts).await;
    let spent = server.sql(
        "rates",
        "select pg_total_relation_size('portcullis_spent') / count(*) from portcullis_spent",
    );
    println!("| PostgreSQL | {accounts} | {rates} | {passkey} | {spent} |");
}

/// Sign-ins for a while; their number a second and how long they took.
async fn rates(store: Arc<dyn Store>, accounts: u64) -> String {
    let next = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let mut people = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        people.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let began = Instant::now();
                sign_in(&*store, number, accounts).await;
                times.push(began.elapsed());
            }
            times
        });
    }
    let mut times: Vec<Duration> = people.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    format!(
        "{} | {:.1} ms | {:.1} ms",
        u64::try_from(times.len()).expect("a number") / SECONDS,
        at(50).as_secs_f64() * 1_000.0,
        at(99).as_secs_f64() * 1_000.0
    )
}

async fn sign_in(store: &dyn Store, number: u64, accounts: u64) {
    // Scattered over all of them.
    let who = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % accounts + 1;
    let name = Username::parse(&format!("user{who}")).expect("a name");
    let begun = store
        .account(AccountKey::Name(&name))
        .await
        .expect("it answers");
    assert!(begun.is_some(), "user{who}");
    let random = sha256(&[&number.to_be_bytes()]);
    let id = *random.first_chunk().expect("16 bytes");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let _ = store.spend(&id, now + 300, now).await.expect("it answers");
    let account = store
        .account(AccountKey::Name(&name))
        .await
        .expect("it answers")
        .expect("there");
    let held = &account.credentials[0];
    let after = CredentialState::new(held.state.sign_count + 1, true, true, true);
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
