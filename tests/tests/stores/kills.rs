//! `kill -9` under load: what was acknowledged is there afterwards, counters have not moved back, spent tokens
//! stay spent.
//!
//! `PORTCULLIS_KILLS=1000` makes it a long run.

use core::mem;
use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex},
};

use portcullis::{
    account::Username,
    store::{AccountKey, Store},
};
use portcullis_tests::{
    authenticator::{Authenticator, Passkey},
    host::{Answer, Host, Request},
    postgres::{Postgres, port},
    program,
};
use rocket::tokio::{
    select,
    sync::watch,
    task::{JoinSet, spawn_blocking},
};
use serde_json::{Value, json};

use super::{Running, folder, postgres, sqlite};

/// Kills of each test, unless the environment says otherwise.
const KILLS: usize = 100;

/// Answers between two kills: so many, and a few more.
const BETWEEN: usize = 6;

/// What a host has acknowledged.
#[derive(Default)]
struct Ledger {
    /// Names with their passkeys, as of the last sign-in that was acknowledged.
    accounts: Mutex<Vec<(String, Passkey)>>,
    /// Bodies whose token is spent, since the last look.
    spent: Mutex<Vec<Value>>,
    answers: watch::Sender<usize>,
}

impl Ledger {
    fn acknowledged(&self) {
        self.answers.send_modify(|answers| *answers += 1);
    }

    fn answers(&self) -> usize {
        *self.answers.borrow()
    }

    /// Waits for so many answers more.
    async fn more(&self, answers: usize) {
        let all = self.answers() + answers;
        let mut answers = self.answers.subscribe();
        answers.wait_for(|have| *have >= all).await.expect("sent");
    }
}

/// Waits until all have ended. What one of them has found wrong is wrong.
async fn ended(people: &mut JoinSet<()>) {
    while let Some(end) = people.join_next().await {
        if let Err(error) = end
            && error.is_panic()
        {
            resume_unwind(error.into_panic());
        }
    }
}

/// The answer, where there is one and the store was there.
async fn post(host: &Host, path: &str, body: &Value) -> Option<Answer> {
    let answer = host.try_send(Request::post(path, body)).await?;
    (answer.status != 503).then_some(answer)
}

/// Somebody who signs up and then in, twice. `None` where the host was killed.
async fn live(host: &Host, name: &str, ledger: &Ledger) -> Option<()> {
    let mut authenticator = Authenticator::new(name);
    let begun = post(host, "/register/begin", &json!({"username": name}))
        .await?
        .ok();
    let (mut passkey, registration) = authenticator.create(&begun["publicKey"], &host.origin);
    let body = json!({"attestation": registration.response(), "challenge_token": begun["challenge_token"]});
    post(host, "/register/complete", &body).await?.ok();
    let mut at = 0;
    {
        let mut accounts = ledger.accounts.lock().expect("whole");
        at += accounts.len();
        accounts.push((name.to_owned(), passkey.clone()));
    }
    ledger.acknowledged();
    for _ in 0..2 {
        let begun = post(host, "/authenticate/begin", &json!({"username": name}))
            .await?
            .ok();
        let assertion = passkey.get(&begun["publicKey"], &host.origin);
        let body =
            json!({"assertion": assertion.response(), "challenge_token": begun["challenge_token"]});
        post(host, "/authenticate/complete", &body).await?.ok();
        ledger.accounts.lock().expect("whole")[at].1 = passkey.clone();
        ledger.spent.lock().expect("whole").push(body);
        ledger.acknowledged();
    }
    Some(())
}

/// Kills one of the hosts again and again; every host is used all the time.
async fn kill(store: &str, hosts: usize, opened: impl AsyncFnOnce() -> Arc<dyn Store>) {
    let kills = std::env::var("PORTCULLIS_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let kills = kills.unwrap_or(KILLS);
    let ports: Vec<u16> = (0..hosts).map(|_| port()).collect();
    let origin = format!("http://localhost:{}", ports[0]);
    let ledger = Arc::new(Ledger::default());
    let start = async |port: u16| {
        let (origin, store) = (origin.clone(), store.to_owned());
        let started =
            spawn_blocking(move || Running::start(program::portcullis(), port, &origin, &store));
        started.await.expect("it starts")
    };
    let mut running = Vec::new();
    for port in &ports {
        running.push(Some(start(*port).await));
    }
    for round in 0..kills {
        let mut people = JoinSet::new();
        for person in 0..4 {
            let (ledger, port) = (Arc::clone(&ledger), ports[person % hosts]);
            let host = Host::elsewhere(port, &origin);
            people.spawn(async move {
                let mut life = 0;
                while live(&host, &format!("user{round}-{person}-{life}"), &ledger)
                    .await
                    .is_some()
                {
                    life += 1;
                    // Those of the other hosts stop some time.
                    if life == 20 {
                        break;
                    }
                }
            });
        }
        let victim = round % hosts;
        select! {
            () = ledger.more(BETWEEN + round % 5) => {}
            () = ended(&mut people) => {}
        }
        running[victim].take().expect("it runs").kill();
        if hosts > 1 {
            select! {
                () = ledger.more(BETWEEN) => {}
                () = ended(&mut people) => {}
            }
        }
        people.abort_all();
        ended(&mut people).await;
        running[victim] = Some(start(ports[victim]).await);
        let host = Host::elsewhere(ports[victim], &origin);
        let spent = mem::take(&mut *ledger.spent.lock().expect("whole"));
        for body in spent {
            host.post("/authenticate/complete", &body)
                .await
                .problem(401, "token_spent");
        }
    }
    drop(running);

    let kind = store.split(':').next().unwrap_or_default();
    let store = opened().await;
    let accounts = ledger.accounts.lock().expect("whole").clone();
    let mut lost = 0;
    for (name, passkey) in &accounts {
        let name = Username::parse(name).expect("a name");
        let account = store
            .account(AccountKey::Name(&name))
            .await
            .expect("it answers");
        let held = account
            .as_ref()
            .and_then(|account| account.credential(&passkey.id));
        lost += usize::from(held.is_none_or(|held| held.state.sign_count < passkey.sign_count));
    }
    println!(
        "{kind}, {kills} kills of {hosts}: {} registrations, {} answers acknowledged, {lost} lost",
        accounts.len(),
        ledger.answers()
    );
    assert_eq!(lost, 0);
}

#[rocket::async_test]
async fn sqlite_loses_nothing_that_was_acknowledged() {
    for hosts in [1, 2] {
        let path = folder("kills").join(format!("of{hosts}.db"));
        let store = format!("sqlite:{}", path.display());
        kill(&store, hosts, async || sqlite(&path).await).await;
    }
}

#[rocket::async_test]
async fn postgres_loses_nothing_that_was_acknowledged() {
    let server = Postgres::start();
    for hosts in [1, 2] {
        let url = server.create(&format!("of{hosts}"));
        kill(&url, hosts, async || postgres(&url).await).await;
    }
}
