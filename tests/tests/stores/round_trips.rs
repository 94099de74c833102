//! How often PostgreSQL is waited for: once for a question, a spent challenge and a sign-in, with a pooler between
//! and without.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use portcullis::{
    account::Username,
    store::{
        Account, AccountKey, Credential, CredentialState, Event, EventKind, Registered, Registrant,
        Registration, Session, SignIn, SignedIn, Spend, UserHandle,
    },
};
use portcullis_tests::postgres::Postgres;

use super::{pooler::Pooler, postgres};

/// A Sync alone: what sqlx's pool sends on a connection that is given back. The next caller may get it later for
/// that, but nobody's answer waits for it.
const AFTER_USE: &[u8] = b"S\0\0\0\x04";

/// Passes on what goes to a port, and counts how often somebody there is asked after an answer.
fn counting(to: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a connection");
            let server = TcpStream::connect(("127.0.0.1", to)).expect("it listens");
            let answered = Arc::new(AtomicBool::new(true));
            let halves = [client.try_clone(), server.try_clone()].map(|half| half.expect("half"));
            let [client_again, server_again] = halves;
            let (question, count) = (Arc::clone(&answered), Arc::clone(&count));
            thread::spawn(move || {
                pass_on(client, server, |asked| {
                    if asked != AFTER_USE && question.swap(false, Ordering::SeqCst) {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                });
            });
            thread::spawn(move || {
                pass_on(server_again, client_again, |_| {
                    answered.store(true, Ordering::SeqCst);
                });
            });
        }
    });
    (port, asked)
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, seen: impl Fn(&[u8])) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let passed = &buffer[..length];
        seen(passed);
        if to.write_all(passed).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// The fewest round trips of several times, until it is one: a connection that has rested is tried before it is
/// used, and the first use of a statement prepares it.
async fn fewest(asked: &AtomicUsize, mut call: impl AsyncFnMut(u8)) -> usize {
    let mut fewest = usize::MAX;
    for number in 1..=200 {
        let before = asked.load(Ordering::SeqCst);
        call(number).await;
        fewest = fewest.min(asked.load(Ordering::SeqCst) - before);
        if fewest <= 1 {
            break;
        }
    }
    fewest
}

#[rocket::async_test]
async fn one_round_trip_for_each_question_challenge_and_sign_in() {
    const NOW: u64 = 1_700_000_000;
    let server = Postgres::start();
    let pooler = Pooler::start(&server);
    for (database, port) in [("direct", server.port()), ("pooled", pooler.port())] {
        let _ = server.create(database);
        let (port, asked) = counting(port);
        let store = postgres(&format!(
            "postgres://portcullis@127.0.0.1:{port}/{database}"
        ))
        .await;
        let (name, handle) = (Username::parse("alice").expect("a name"), [1; 64]);
        let handle = UserHandle::from(handle);
        let state = |count| CredentialState::new(count, false, false, true);
        let event = Event::new(EventKind::SignedUp, NOW);
        let registration = Registration::new(
            Registrant::New(Account::new(handle, name.clone(), NOW)),
            Credential::new(vec![1; 16], vec![1; 77], -7, state(1)),
            event,
        );
        let done = store.register(registration).await.expect("it answers");
        assert_eq!(done, Registered::Done);

        let account = fewest(&asked, async |_| {
            let found = store.account(AccountKey::Name(&name)).await;
            assert!(found.expect("it answers").is_some());
        });
        let account = account.await;
        let spend = fewest(&asked, async |number| {
            let spent = store.spend(&[number; 16], NOW + 300, NOW).await;
            assert_eq!(spent.expect("it answers"), Spend::First);
        });
        let spend = spend.await;
        let sign_in = fewest(&asked, async |number| {
            let (before, after) = (state(number.into()), state(u32::from(number) + 1));
            let event = Event::new(EventKind::SignedIn, NOW);
            let mut sign_in = SignIn::new(vec![1; 16], before, after, event);
            let id = [number; 16];
            sign_in.begins = Some(Session::new(id, [number; 32], handle, vec![1; 16], NOW));
            let done = store.sign_in(sign_in).await.expect("it answers");
            assert_eq!(done, SignedIn::Done);
        });
        let sign_in = sign_in.await;
        println!("{database}: account {account}, spend {spend}, sign-in {sign_in}");
        assert_eq!((account, spend, sign_in), (1, 1, 1), "{database}");
    }
}
