//! Every store does what the conformance suite asks, alone and as two instances of one database.

use core::time::Duration;

use portcullis::{
    clock::Clock,
    store::{
        Event, EventKind, EventQuery, Invitation, Spend, Sweep, conformance, conformance::CASES,
    },
};
use portcullis_tests::{host::Host, postgres::Postgres};
use rocket::{
    futures::future::join_all,
    tokio::{task::yield_now, time::timeout},
};

use super::{folder, postgres, sqlite};

/// How long a host may take for what it does at once: only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

#[rocket::async_test]
async fn sqlite_conforms_with_one_instance_and_with_two() {
    let folder = folder("conformance");
    for case in CASES {
        println!("{}", case.name);
        let path = folder.join(format!("one_{}", case.name));
        case.run(sqlite(&path).await).await;
        let path = folder.join(format!("two_{}", case.name));
        let both = vec![sqlite(&path).await, sqlite(&path).await];
        case.run(conformance::in_turn(both)).await;
    }
    println!("{} cases", CASES.len());
}

#[rocket::async_test]
async fn postgres_conforms_with_one_instance_and_with_two() {
    let server = Postgres::start();
    for case in CASES {
        println!("{}", case.name);
        let url = server.create(&format!("one_{}", case.name));
        case.run(postgres(&url).await).await;
        let url = server.create(&format!("two_{}", case.name));
        let both = vec![postgres(&url).await, postgres(&url).await];
        case.run(conformance::in_turn(both)).await;
    }
    println!("{} cases", CASES.len());
}

/// Where transactions see only what was there when they began, those that clash are run again.
#[rocket::async_test]
async fn postgres_conforms_where_transactions_are_serializable() {
    let server = Postgres::start();
    for case in CASES {
        println!("{}", case.name);
        let database = format!("serializable_{}", case.name);
        let url = server.create(&database);
        let default = format!(
            "alter database \"{database}\" set default_transaction_isolation = 'serializable'"
        );
        server.sql(&database, &default);
        let both = vec![postgres(&url).await, postgres(&url).await];
        case.run(conformance::in_turn(both)).await;
    }
}

/// More than one write removes.
#[rocket::async_test]
async fn a_host_that_runs_removes_what_is_over() {
    let path = folder("upkeep").join("accounts.db");
    let store = sqlite(&path).await;
    let hash = |number: u16| {
        let mut hash = [0; 32];
        hash[..2].copy_from_slice(&number.to_be_bytes());
        hash
    };
    let numbers = 0..600;
    let made = numbers
        .clone()
        .map(|number| store.invite(Invitation::new(hash(number), None, 10)));
    for made in join_all(made).await {
        made.expect("it answers");
    }
    let url = format!("sqlite:{}", path.display());
    let _host = Host::listening(&[("PORTCULLIS_STORE", &url)]).await;
    let gone = async {
        for number in numbers {
            let there = async || {
                store
                    .invitation(&hash(number), 0)
                    .await
                    .expect("it answers")
            };
            while there().await.is_some() {
                yield_now().await;
            }
        }
    };
    let waited = timeout(PATIENCE, gone).await;
    waited.expect("it removes them");
}

/// A challenge of an instance whose clock is a year ahead is over when it is so by the database's clock; what
/// ended and was forgotten before that would end what everybody else begins.
#[rocket::async_test]
async fn nothing_is_over_before_it_is_so_by_the_databases_clock() {
    const YEAR: u64 = 365 * 86_400;
    let server = Postgres::start();
    let path = folder("the_databases_clock").join("accounts.db");
    for store in [sqlite(&path).await, postgres(&server.create("clock")).await] {
        let now = Clock::start().now();
        let spend = async |id: u8, now: u64| {
            let spent = store.spend(&[id; 16], now + 300, now).await;
            spent.expect("it answers")
        };
        assert_eq!(spend(1, now).await, Spend::First);
        assert_eq!(spend(2, now + YEAR).await, Spend::First);
        let invitation = Invitation::new([1; 32], None, now + 300);
        store.invite(invitation).await.expect("it answers");
        let event = Event::new(EventKind::Refused, now);
        store.record(event).await.expect("it answers");
        let ahead = Sweep::new(now + YEAR + 3_600, now + YEAR, 10);
        assert!(!store.sweep(ahead).await.expect("it answers"));
        assert_eq!(spend(1, now).await, Spend::Again);
        assert_eq!(spend(2, now + YEAR).await, Spend::Again);
        assert_eq!(spend(3, now).await, Spend::First);
        let invitation = store.invitation(&[1; 32], now).await;
        assert!(invitation.expect("it answers").is_some());
        let events = store.events(EventQuery::latest(9)).await;
        assert_eq!(events.expect("it answers").len(), 1);
    }
}
