//! What every store has to do, as tests: for the stores of this host, and for one of your own.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use portcullis::store::{MemoryStore, Store, conformance};
//! # async fn check() {
//! for case in conformance::CASES {
//!     // Each case gets an empty store.
//!     let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
//!     case.run(store).await;
//! }
//! # }
//! ```

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use portcullis_core::Aaguid;
use rocket::tokio::task::JoinSet;

use super::wrapped::{Around, Wrapped};
use super::{
    Account, AccountKey, Change, Changed, Credential, CredentialState, Ends, Event, EventKind,
    EventQuery, Import, Imported, Invitation, OneTimeSecret, OneUse, Registered, Registrant,
    Registration, Session, Sessions, SignIn, SignedIn, Spend, Store, Sweep, UserHandle,
};
use crate::account::Username;

/// One thing that a store has to do. It panics where the store does not do it.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it is, as a sentence.
    pub name: &'static str,
    run: fn(Arc<dyn Store>) -> Running,
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Case {
    /// Runs it on an empty store.
    pub async fn run(self, store: Arc<dyn Store>) {
        (self.run)(store).await;
    }
}

impl core::fmt::Debug for Case {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

#[derive(Debug)]
struct InTurn {
    stores: Vec<Arc<dyn Store>>,
    next: AtomicUsize,
}

impl Around for InTurn {
    fn store(&self) -> &dyn Store {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.stores.len();
        &*self.stores[next]
    }
}

/// One store that asks several in turn: over instances that share a database, it has to do what each of
/// them has to do alone.
///
/// # Panics
///
/// Without any store, at the first call.
#[must_use]
pub fn in_turn(stores: Vec<Arc<dyn Store>>) -> Arc<dyn Store> {
    let next = AtomicUsize::default();
    Arc::new(Wrapped(InTurn { stores, next }))
}

macro_rules! cases {
    ($($name:ident,)*) => {
        /// All cases.
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            run: |store| Box::pin($name(store)),
        },)*];
    };
}

cases! {
    an_account_comes_back_as_it_was_stored,
    handles_have_1_to_64_bytes,
    names_handles_and_credential_ids_have_one_owner,
    an_account_has_at_most_so_many_credentials,
    of_many_registrations_of_a_name_one_wins,
    a_counter_moves_only_from_the_state_that_was_verified,
    of_many_sign_ins_from_one_state_one_wins,
    a_sign_in_spends_what_goes_with_it_or_changes_nothing,
    of_many_sign_ins_that_spend_one_id_one_wins,
    a_challenge_is_spent_once,
    of_many_who_spend_a_challenge_one_is_first,
    a_spent_challenge_stays_spent_whatever_the_clocks_say,
    a_spent_challenge_stays_spent_while_it_is_forgotten,
    a_clock_that_is_ahead_stops_nobody_else,
    a_session_lives_until_it_is_over_or_ended,
    a_sign_in_ends_the_session_that_it_replaces,
    sessions_of_all_passkeys_are_their_owners,
    a_removed_credential_ends_its_sessions,
    the_last_credential_stays_unless_there_are_recovery_codes,
    a_recovery_code_is_spent_with_the_passkey_that_it_pays_for,
    of_many_who_use_a_recovery_code_one_wins,
    an_invitation_is_good_for_one_registration,
    an_account_changes_as_its_owner_says,
    a_removed_account_leaves_nothing_but_its_events,
    accounts_are_listed_in_pages,
    an_import_stores_all_of_an_account_or_nothing,
    events_are_read_newest_first,
    what_is_over_is_swept,
    counts_count,
}

/// The time at which the cases begin.
const NOW: u64 = 1_700_000_000;

fn handle(number: u8) -> UserHandle {
    UserHandle::from([number; 64])
}

fn name(text: &str) -> Username {
    Username::parse(text).expect("an allowed name")
}

const fn state(sign_count: u32) -> CredentialState {
    CredentialState::new(sign_count, true, false, true)
}

fn credential(id: u8) -> Credential {
    let mut credential = Credential::new(vec![id; 16], vec![id; 77], -7, state(0));
    credential.aaguid = Aaguid::new([id; 16]);
    credential.transports = vec!["hybrid".to_owned(), "internal".to_owned()];
    credential.rp_id = "example.org".to_owned();
    credential.attestation_format = "packed".to_owned();
    credential.attestation_type = "self".to_owned();
    credential.created = NOW;
    credential.browser = Some("Firefox".to_owned());
    credential.platform = Some("Linux".to_owned());
    credential
}

fn event(kind: EventKind) -> Event {
    Event::new(kind, NOW)
}

fn sign_up(number: u8, text: &str, id: u8) -> Registration {
    let (handle, name) = (handle(number), name(text));
    let event = event(EventKind::SignedUp)
        .of(handle, &name)
        .with_credential(&[id; 16]);
    let account = Account::new(handle, name, NOW);
    Registration::new(Registrant::New(account), credential(id), event)
}

fn add(number: u8, id: u8) -> Registration {
    let to = Registrant::Existing(handle(number));
    Registration::new(to, credential(id), event(EventKind::PasskeyAdded))
}

async fn register(store: &dyn Store, registration: Registration) -> Registered {
    store.register(registration).await.expect("it answers")
}

/// Alice, with handle 1 and credential 1.
async fn alice(store: &dyn Store) {
    let registered = register(store, sign_up(1, "alice", 1)).await;
    assert_eq!(registered, Registered::Done);
}

async fn by_handle(store: &dyn Store, number: u8) -> Option<Account> {
    let found = store.account(AccountKey::Handle(&handle(number))).await;
    found.expect("it answers")
}

fn session(number: u8, owner: u8, id: u8) -> Session {
    let mut session = Session::new(
        [number; 16],
        [number; 32],
        handle(owner),
        vec![id; 16],
        NOW + u64::from(number),
    );
    session.expires = NOW + 1_000;
    session.idle_expires = NOW + 500;
    session.user_verified = true;
    session.browser = Some("Safari".to_owned());
    session
}

async fn begin(store: &dyn Store, session: Session, ends: Ends) {
    let id = session.credential.clone();
    let mut sign_in = SignIn::new(id, state(0), state(0), event(EventKind::SignedIn));
    sign_in.begins = Some(session);
    sign_in.ends = ends;
    let done = store.sign_in(sign_in).await.expect("it answers");
    assert_eq!(done, SignedIn::Done);
}

async fn lives(store: &dyn Store, number: u8, now: u64) -> bool {
    let found = store.session(&[number; 32], now).await;
    found.expect("it answers").is_some()
}

/// Runs a call many times at once; what each answered.
async fn at_once<T, F>(store: &Arc<dyn Store>, call: impl Fn(Arc<dyn Store>, u8) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running = JoinSet::new();
    for number in 0..20 {
        running.spawn(call(Arc::clone(store), number));
    }
    running.join_all().await
}

async fn an_account_comes_back_as_it_was_stored(store: Arc<dyn Store>) {
    let mut registration = sign_up(1, "Rene\u{301}", 1);
    if let Registrant::New(account) = &mut registration.to {
        account.display_name = Some("René \u{1f600}".to_owned());
    }
    let mut expected = Account::new(handle(1), name("Rene\u{301}"), NOW);
    expected.display_name = Some("René \u{1f600}".to_owned());
    expected.credentials = vec![credential(1)];
    assert_eq!(register(&*store, registration).await, Registered::Done);

    let (name, handle) = (name("ren\u{e9}"), handle(1));
    for key in [
        AccountKey::Name(&name),
        AccountKey::Handle(&handle),
        AccountKey::Credential(&[1; 16]),
    ] {
        let found = store.account(key).await.expect("it answers");
        assert_eq!(found.as_ref(), Some(&expected), "{key:?}");
    }
    assert_eq!(by_handle(&*store, 2).await, None);
}

async fn handles_have_1_to_64_bytes(store: Arc<dyn Store>) {
    for length in [1, 16, 63, 64] {
        let handle = UserHandle::new(&vec![7; length]).expect("a handle");
        let name = name(&format!("user{length}"));
        let account = Account::new(handle, name, NOW);
        let id = u8::try_from(length).expect("small");
        let registration = Registration::new(
            Registrant::New(account),
            credential(id),
            event(EventKind::SignedUp),
        );
        assert_eq!(register(&*store, registration).await, Registered::Done);
        let found = store.account(AccountKey::Handle(&handle)).await;
        let found = found.expect("it answers").expect("an account");
        assert_eq!(found.handle, handle);
    }
}

async fn names_handles_and_credential_ids_have_one_owner(store: Arc<dyn Store>) {
    alice(&*store).await;
    for (registration, expected) in [
        (sign_up(2, "ALICE", 2), Registered::NameTaken),
        (sign_up(1, "bob", 2), Registered::NameTaken),
        (sign_up(2, "bob", 1), Registered::CredentialExists),
        (add(2, 2), Registered::AccountGone),
        (add(1, 1), Registered::CredentialExists),
    ] {
        assert_eq!(register(&*store, registration).await, expected);
    }
    assert_eq!(by_handle(&*store, 2).await, None, "nothing half stored");
    let bob = store.account(AccountKey::Name(&name("bob"))).await;
    assert_eq!(bob.expect("it answers"), None);
    let taken = store.account(AccountKey::Credential(&[2; 16])).await;
    assert_eq!(taken.expect("it answers"), None);
}

async fn an_account_has_at_most_so_many_credentials(store: Arc<dyn Store>) {
    alice(&*store).await;
    for id in 2..=4 {
        let mut registration = add(1, id);
        registration.most = 3;
        let expected = if id <= 3 {
            Registered::Done
        } else {
            Registered::AccountFull
        };
        assert_eq!(register(&*store, registration).await, expected, "{id}");
    }
    let account = by_handle(&*store, 1).await.expect("alice");
    let ids: Vec<u8> = account.credentials.iter().map(|held| held.id[0]).collect();
    assert_eq!(ids, [1, 2, 3], "oldest first");

    // At the limit, with many at once.
    let limit = 5;
    let outcomes = at_once(&store, |store, number| async move {
        let mut registration = add(1, 10 + number);
        registration.most = limit;
        register(&*store, registration).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Registered::Done);
    assert_eq!(done.count(), 2);
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(account.credentials.len(), limit);
}

async fn of_many_registrations_of_a_name_one_wins(store: Arc<dyn Store>) {
    let outcomes = at_once(&store, |store, number| async move {
        register(&*store, sign_up(number, "alice", number)).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Registered::Done);
    assert_eq!(done.count(), 1);
    let lost = outcomes.iter().filter(|one| **one == Registered::NameTaken);
    assert_eq!(lost.count(), 19);

    let outcomes = at_once(&store, |store, number| async move {
        let text = format!("user{number}");
        register(&*store, sign_up(100 + number, &text, 200)).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Registered::Done);
    assert_eq!(done.count(), 1);
    let counts = store.counts().await.expect("it answers");
    assert_eq!((counts.accounts, counts.credentials), (2, 2));
}

async fn a_counter_moves_only_from_the_state_that_was_verified(store: Arc<dyn Store>) {
    alice(&*store).await;
    let moved = |before, after| {
        let event = Event::new(EventKind::SignedIn, NOW + 7);
        let sign_in = SignIn::new(vec![1; 16], before, after, event);
        let store = Arc::clone(&store);
        async move { store.sign_in(sign_in).await.expect("it answers") }
    };
    assert_eq!(moved(state(0), state(5)).await, SignedIn::Done);
    assert_eq!(
        moved(state(0), state(6)).await,
        SignedIn::Moved(state(5)),
        "the state that was verified is no longer the stored one"
    );
    for other in [
        CredentialState {
            backup_state: true,
            ..state(5)
        },
        CredentialState {
            backup_eligible: false,
            ..state(5)
        },
        CredentialState {
            user_verified: false,
            ..state(5)
        },
        CredentialState {
            sign_count: u32::MAX,
            ..state(5)
        },
    ] {
        assert_eq!(moved(other, state(6)).await, SignedIn::Moved(state(5)));
    }
    let all = CredentialState::new(u32::MAX, false, true, false);
    assert_eq!(moved(state(5), all).await, SignedIn::Done);
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(account.credentials[0].state, all);
    assert_eq!(account.credentials[0].last_used, Some(NOW + 7));
    let nobodys = SignIn::new(vec![9; 16], all, all, event(EventKind::SignedIn));
    let gone = store.sign_in(nobodys).await.expect("it answers");
    assert_eq!(gone, SignedIn::Gone);
}

async fn of_many_sign_ins_from_one_state_one_wins(store: Arc<dyn Store>) {
    alice(&*store).await;
    let outcomes = at_once(&store, |store, number| async move {
        let after = state(1 + u32::from(number));
        let event = event(EventKind::SignedIn);
        let mut sign_in = SignIn::new(vec![1; 16], state(0), after, event);
        sign_in.begins = Some(session(number, 1, 1));
        store.sign_in(sign_in).await.expect("it answers")
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == SignedIn::Done);
    assert_eq!(done.count(), 1);
    let sessions = store.sessions(&handle(1), NOW).await.expect("it answers");
    assert_eq!(sessions.len(), 1, "who lost began no session");
}

async fn a_sign_in_spends_what_goes_with_it_or_changes_nothing(store: Arc<dyn Store>) {
    alice(&*store).await;
    let spending = |id: u8, expires, before, after| {
        let mut sign_in = SignIn::new(vec![1; 16], before, after, event(EventKind::Approved));
        let id = [id; 16];
        sign_in.spends = Some(OneUse { id, expires });
        let store = Arc::clone(&store);
        async move { store.sign_in(sign_in).await.expect("it answers") }
    };
    let later = NOW + 300;
    // What is not stored spends nothing.
    let lost = spending(1, later, state(5), state(6)).await;
    assert_eq!(lost, SignedIn::Moved(state(0)));
    assert_eq!(spending(1, later, state(0), state(1)).await, SignedIn::Done);
    // What cannot be spent stores nothing.
    for (id, expires, refused) in [
        (1, later, SignedIn::SpentBefore),
        (2, NOW, SignedIn::Expired),
    ] {
        assert_eq!(spending(id, expires, state(1), state(2)).await, refused);
    }
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(account.credentials[0].state, state(1));
    let events = store.events(EventQuery::latest(10)).await;
    let events = events.expect("it answers");
    let approved = events
        .iter()
        .filter(|event| event.kind == EventKind::Approved);
    assert_eq!(approved.count(), 1);
    // It is the same id to who spends it alone.
    let again = store.spend(&[1; 16], later, NOW).await.expect("it answers");
    assert_eq!(again, Spend::Again);
}

async fn of_many_sign_ins_that_spend_one_id_one_wins(store: Arc<dyn Store>) {
    alice(&*store).await;
    let outcomes = at_once(&store, |store, _| async move {
        // A counter that does not count, as synced passkeys have it.
        let mut sign_in = SignIn::new(vec![1; 16], state(0), state(0), event(EventKind::Approved));
        let (id, expires) = ([1; 16], NOW + 300);
        sign_in.spends = Some(OneUse { id, expires });
        store.sign_in(sign_in).await.expect("it answers")
    })
    .await;
    let of = |outcome| outcomes.iter().filter(move |one| **one == outcome).count();
    assert_eq!((of(SignedIn::Done), of(SignedIn::SpentBefore)), (1, 19));
}

async fn a_challenge_is_spent_once(store: Arc<dyn Store>) {
    let spend = |id: u8, expires, now| {
        let store = Arc::clone(&store);
        async move {
            store
                .spend(&[id; 16], expires, now)
                .await
                .expect("it answers")
        }
    };
    assert_eq!(spend(1, NOW + 300, NOW).await, Spend::First);
    assert_eq!(spend(1, NOW + 300, NOW).await, Spend::Again);
    assert_eq!(spend(1, NOW + 300, NOW + 299).await, Spend::Again);
    assert_eq!(spend(2, NOW + 300, NOW + 299).await, Spend::First);
    assert_eq!(spend(3, NOW, NOW).await, Spend::Expired, "over at `exp`");
    // Another clock is past all of them, and then this one still is not.
    assert_eq!(spend(4, NOW + 900, NOW + 400).await, Spend::First);
    for id in [1, 2] {
        assert_ne!(spend(id, NOW + 300, NOW + 10).await, Spend::First, "{id}");
    }
}

async fn of_many_who_spend_a_challenge_one_is_first(store: Arc<dyn Store>) {
    for round in 0..5 {
        let outcomes = at_once(&store, |store, _| async move {
            let spent = store.spend(&[round; 16], NOW + 300, NOW).await;
            spent.expect("it answers")
        })
        .await;
        let first = outcomes.iter().filter(|one| **one == Spend::First);
        assert_eq!(first.count(), 1);
    }
}

async fn a_spent_challenge_stays_spent_whatever_the_clocks_say(store: Arc<dyn Store>) {
    let expires = NOW + 300;
    let first = store.spend(&[1; 16], expires, expires - 1).await;
    assert_eq!(first.expect("it answers"), Spend::First);
    // The clock passes the end, here or in another instance, and what is over is removed, twice.
    for now in [expires, expires + 1] {
        let late = store.spend(&[1; 16], expires, now).await;
        assert_ne!(late.expect("it answers"), Spend::First, "{now}");
        let sweep = Sweep::new(now, 0, 1_000);
        let _ = store.sweep(sweep).await.expect("it answers");
    }
    let far = Sweep::new(expires + 100_000, 0, 1_000);
    for _ in 0..3 {
        let _ = store.sweep(far).await.expect("it answers");
    }
    // An instance whose clock is slow, or whose reading is old, asks again.
    for now in [expires - 1, expires - 300, 0] {
        let again = store.spend(&[1; 16], expires, now).await;
        assert_ne!(again.expect("it answers"), Spend::First, "{now}");
    }
}

async fn a_spent_challenge_stays_spent_while_it_is_forgotten(store: Arc<dyn Store>) {
    for round in 0..20 {
        let now = NOW + u64::from(round) * 10;
        let first = store.spend(&[round; 16], now + 5, now).await;
        assert_eq!(first.expect("it answers"), Spend::First);
        let again = at_once(&store, |store, number| async move {
            if number == 10 {
                let sweep = Sweep::new(now + 6, 0, 1_000);
                let _ = store.sweep(sweep).await.expect("it answers");
            }
            let spent = store.spend(&[round; 16], now + 5, now).await;
            spent.expect("it answers")
        })
        .await;
        assert!(!again.contains(&Spend::First), "{again:?}");
    }
}

async fn a_clock_that_is_ahead_stops_nobody_else(store: Arc<dyn Store>) {
    let spend = |id: u8, now: u64| {
        let store = Arc::clone(&store);
        async move {
            let spent = store.spend(&[id; 16], now + 300, now).await;
            spent.expect("it answers")
        }
    };
    for id in 1..=5 {
        assert_eq!(spend(id, NOW + u64::from(id)).await, Spend::First);
    }
    // An instance whose clock is a year ahead removes what is over by that clock.
    let ahead = Sweep::new(NOW + 365 * 86_400, 0, 2);
    while store.sweep(ahead).await.expect("it answers") {}
    assert_eq!(spend(6, NOW + 6).await, Spend::First, "begun since");
    for id in 1..=6 {
        assert_ne!(spend(id, NOW + u64::from(id)).await, Spend::First, "{id}");
    }
}

async fn a_session_lives_until_it_is_over_or_ended(store: Arc<dyn Store>) {
    alice(&*store).await;
    begin(&*store, session(1, 1, 1), Ends::None).await;
    let (found, account) = store
        .session(&[1; 32], NOW + 499)
        .await
        .expect("it answers")
        .expect("a session");
    assert_eq!(found, session(1, 1, 1));
    assert_eq!(account.handle, handle(1));
    assert!(!lives(&*store, 1, NOW + 500).await, "idle for too long");

    let touched = store.touch(&[1; 32], NOW + 400, NOW + 900).await;
    touched.expect("it answers");
    assert!(lives(&*store, 1, NOW + 899).await);
    let touched = store.touch(&[1; 32], NOW + 450, NOW + 5_000).await;
    touched.expect("it answers");
    assert!(!lives(&*store, 1, NOW + 1_000).await, "its life is over");
    // A touch that comes late moves nothing back.
    let late = store.touch(&[1; 32], NOW + 1, NOW + 2).await;
    late.expect("it answers");
    assert!(lives(&*store, 1, NOW + 999).await);

    begin(&*store, session(2, 1, 1), Ends::None).await;
    begin(&*store, session(3, 1, 1), Ends::None).await;
    let listed = store.sessions(&handle(1), NOW).await.expect("it answers");
    let ids: Vec<u8> = listed.iter().map(|session| session.id[0]).collect();
    assert_eq!(ids, [3, 2, 1], "newest first");
    assert_eq!(listed[2].last_used, NOW + 450);

    let ended = event(EventKind::SessionsEnded);
    let other = handle(2);
    let foreign = store.end_sessions(Sessions::One(&other, &[2; 16]), ended.clone());
    assert_eq!(foreign.await.expect("it answers"), 0, "another account's");
    let owner = handle(1);
    let one = store.end_sessions(Sessions::One(&owner, &[2; 16]), ended.clone());
    assert_eq!(one.await.expect("it answers"), 1);
    assert!(!lives(&*store, 2, NOW).await && lives(&*store, 3, NOW).await);
    assert!(store.end_session(&[3; 32]).await.expect("it answers"));
    assert!(!store.end_session(&[3; 32]).await.expect("it answers"));
    let all = store.end_sessions(Sessions::All(&owner), ended.clone());
    assert_eq!(all.await.expect("it answers"), 1);
    let none = store.end_sessions(Sessions::All(&owner), ended);
    assert_eq!(none.await.expect("it answers"), 0);
}

async fn a_sign_in_ends_the_session_that_it_replaces(store: Arc<dyn Store>) {
    alice(&*store).await;
    begin(&*store, session(1, 1, 1), Ends::None).await;
    begin(&*store, session(2, 1, 1), Ends::One([1; 32])).await;
    assert!(!lives(&*store, 1, NOW).await && lives(&*store, 2, NOW).await);
    begin(&*store, session(3, 1, 1), Ends::All).await;
    assert!(!lives(&*store, 2, NOW).await && lives(&*store, 3, NOW).await);
}

async fn sessions_of_all_passkeys_are_their_owners(store: Arc<dyn Store>) {
    alice(&*store).await;
    assert_eq!(register(&*store, add(1, 2)).await, Registered::Done);
    let bob = register(&*store, sign_up(2, "bob", 3)).await;
    assert_eq!(bob, Registered::Done);
    begin(&*store, session(1, 1, 1), Ends::None).await;
    begin(&*store, session(2, 1, 2), Ends::None).await;
    begin(&*store, session(3, 2, 3), Ends::None).await;
    let listed = store.sessions(&handle(1), NOW).await.expect("it answers");
    let ids: Vec<u8> = listed.iter().map(|session| session.id[0]).collect();
    assert_eq!(ids, [2, 1]);

    begin(&*store, session(4, 1, 1), Ends::All).await;
    assert!(!lives(&*store, 1, NOW).await && !lives(&*store, 2, NOW).await);
    begin(&*store, session(5, 1, 2), Ends::None).await;
    let owner = handle(1);
    let all = store.end_sessions(Sessions::All(&owner), event(EventKind::SessionsEnded));
    assert_eq!(all.await.expect("it answers"), 2);
    assert!(lives(&*store, 3, NOW).await, "another account's");
}

async fn change(store: &dyn Store, number: u8, change: Change) -> Changed {
    let event = event(EventKind::PasskeyRemoved);
    let changed = store.change(&handle(number), change, event).await;
    changed.expect("it answers")
}

async fn a_removed_credential_ends_its_sessions(store: Arc<dyn Store>) {
    alice(&*store).await;
    assert_eq!(register(&*store, add(1, 2)).await, Registered::Done);
    begin(&*store, session(1, 1, 1), Ends::None).await;
    begin(&*store, session(2, 1, 2), Ends::None).await;
    let remove = |id: u8| Change::RemoveCredential { id: vec![id; 16] };
    assert_eq!(change(&*store, 1, remove(9)).await, Changed::CredentialGone);
    assert_eq!(change(&*store, 2, remove(1)).await, Changed::AccountGone);
    assert_eq!(change(&*store, 1, remove(1)).await, Changed::Done);
    assert!(!lives(&*store, 1, NOW).await && lives(&*store, 2, NOW).await);
    let free = store.account(AccountKey::Credential(&[1; 16])).await;
    assert_eq!(free.expect("it answers"), None);
    // The id is free again.
    assert_eq!(register(&*store, add(1, 1)).await, Registered::Done);
}

async fn the_last_credential_stays_unless_there_are_recovery_codes(store: Arc<dyn Store>) {
    alice(&*store).await;
    for id in 2..=20 {
        assert_eq!(register(&*store, add(1, id)).await, Registered::Done);
    }
    // All at once: one stays.
    let outcomes = at_once(&store, |store, number| async move {
        let id = vec![number + 1; 16];
        change(&*store, 1, Change::RemoveCredential { id }).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Changed::Done);
    assert_eq!(done.count(), 19);
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(account.credentials.len(), 1);

    let last = Change::RemoveCredential {
        id: account.credentials[0].id.clone(),
    };
    assert_eq!(
        change(&*store, 1, last.clone()).await,
        Changed::LastCredential
    );
    let codes = Change::SetRecoveryCodes(vec![[1; 32]]);
    assert_eq!(change(&*store, 1, codes).await, Changed::Done);
    assert_eq!(change(&*store, 1, last).await, Changed::Done);
    let left = by_handle(&*store, 1).await.expect("alice");
    assert_eq!((left.credentials, left.recovery_codes), (Vec::new(), 1));
    let listed = store.accounts(None, 9).await.expect("it answers");
    assert_eq!(listed.len(), 1);
}

async fn a_recovery_code_is_spent_with_the_passkey_that_it_pays_for(store: Arc<dyn Store>) {
    alice(&*store).await;
    let codes = Change::SetRecoveryCodes(vec![[1; 32], [2; 32], [3; 32]]);
    assert_eq!(change(&*store, 1, codes).await, Changed::Done);
    begin(&*store, session(1, 1, 1), Ends::None).await;
    let with_code = |id, code: u8| {
        let mut registration = add(1, id);
        registration.spends = Some(OneTimeSecret::RecoveryCode([code; 32]));
        registration.ends = Ends::All;
        registration.begins = Some(session(id, 1, id));
        registration
    };
    // What does not get stored spends nothing and ends nothing.
    let taken = register(&*store, with_code(1, 1)).await;
    assert_eq!(taken, Registered::CredentialExists);
    assert!(lives(&*store, 1, NOW).await);
    let mut full = with_code(2, 1);
    full.most = 1;
    assert_eq!(register(&*store, full).await, Registered::AccountFull);
    assert_eq!(
        register(&*store, with_code(2, 9)).await,
        Registered::SecretSpent
    );
    assert_eq!(
        by_handle(&*store, 1).await.expect("alice").recovery_codes,
        3
    );

    assert_eq!(register(&*store, with_code(2, 1)).await, Registered::Done);
    assert!(!lives(&*store, 1, NOW).await && lives(&*store, 2, NOW).await);
    assert_eq!(
        register(&*store, with_code(3, 1)).await,
        Registered::SecretSpent
    );
    assert!(lives(&*store, 2, NOW).await);
    let mut left = store.recovery_codes(&handle(1)).await.expect("it answers");
    left.sort_unstable();
    assert_eq!(left, [[2; 32], [3; 32]]);
    let replaced = Change::SetRecoveryCodes(vec![[4; 32]]);
    assert_eq!(change(&*store, 1, replaced).await, Changed::Done);
    assert_eq!(
        register(&*store, with_code(3, 2)).await,
        Registered::SecretSpent
    );
}

async fn of_many_who_use_a_recovery_code_one_wins(store: Arc<dyn Store>) {
    alice(&*store).await;
    let codes = Change::SetRecoveryCodes(vec![[1; 32], [2; 32]]);
    assert_eq!(change(&*store, 1, codes).await, Changed::Done);
    let outcomes = at_once(&store, |store, number| async move {
        let mut registration = add(1, 100 + number);
        registration.spends = Some(OneTimeSecret::RecoveryCode([1; 32]));
        register(&*store, registration).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Registered::Done);
    assert_eq!(done.count(), 1);
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!((account.credentials.len(), account.recovery_codes), (2, 1));
}

async fn an_invitation_is_good_for_one_registration(store: Arc<dyn Store>) {
    let invitation = Invitation::new([1; 32], Some("alice".to_owned()), NOW + 100);
    store.invite(invitation.clone()).await.expect("it answers");
    let found = store.invitation(&[1; 32], NOW + 99).await;
    assert_eq!(found.expect("it answers"), Some(invitation));
    let over = store.invitation(&[1; 32], NOW + 100).await;
    assert_eq!(over.expect("it answers"), None);

    let outcomes = at_once(&store, |store, number| async move {
        let mut registration = sign_up(number, &format!("user{number}"), number);
        registration.spends = Some(OneTimeSecret::Invitation([1; 32]));
        register(&*store, registration).await
    })
    .await;
    let done = outcomes.iter().filter(|one| **one == Registered::Done);
    assert_eq!(done.count(), 1);
    let spent = store.invitation(&[1; 32], NOW).await;
    assert_eq!(spent.expect("it answers"), None);

    let late = Invitation::new([2; 32], None, NOW);
    store.invite(late).await.expect("it answers");
    let mut registration = sign_up(99, "late", 99);
    registration.spends = Some(OneTimeSecret::Invitation([2; 32]));
    let registered = register(&*store, registration).await;
    assert_eq!(registered, Registered::SecretSpent);
    assert_eq!(by_handle(&*store, 99).await, None);
}

async fn an_account_changes_as_its_owner_says(store: Arc<dyn Store>) {
    alice(&*store).await;
    let rename = |id: u8, name: Option<&str>| Change::RenameCredential {
        id: vec![id; 16],
        name: name.map(str::to_owned),
    };
    assert_eq!(
        change(&*store, 1, rename(1, Some("phone"))).await,
        Changed::Done
    );
    assert_eq!(
        change(&*store, 1, rename(2, None)).await,
        Changed::CredentialGone
    );
    let display = Change::SetDisplayName(Some("Alice".to_owned()));
    assert_eq!(change(&*store, 1, display.clone()).await, Changed::Done);
    assert_eq!(change(&*store, 2, display).await, Changed::AccountGone);
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(account.credentials[0].name.as_deref(), Some("phone"));
    assert_eq!(account.display_name.as_deref(), Some("Alice"));
    assert_eq!(change(&*store, 1, rename(1, None)).await, Changed::Done);
    assert_eq!(
        change(&*store, 1, Change::SetDisplayName(None)).await,
        Changed::Done
    );
    let account = by_handle(&*store, 1).await.expect("alice");
    assert_eq!(
        (account.display_name, account.credentials[0].name.clone()),
        (None, None)
    );
}

async fn a_removed_account_leaves_nothing_but_its_events(store: Arc<dyn Store>) {
    alice(&*store).await;
    begin(&*store, session(1, 1, 1), Ends::None).await;
    let codes = Change::SetRecoveryCodes(vec![[1; 32]]);
    assert_eq!(change(&*store, 1, codes).await, Changed::Done);
    assert_eq!(
        change(&*store, 1, Change::RemoveAccount).await,
        Changed::Done
    );
    assert_eq!(
        change(&*store, 1, Change::RemoveAccount).await,
        Changed::AccountGone
    );
    assert_eq!(by_handle(&*store, 1).await, None);
    assert!(!lives(&*store, 1, NOW).await);
    assert_eq!(
        store.recovery_codes(&handle(1)).await.expect("it answers"),
        <[[u8; 32]; 0]>::default()
    );
    let counts = store.counts().await.expect("it answers");
    assert_eq!(
        (counts.accounts, counts.credentials, counts.sessions),
        (0, 0, 0)
    );
    // Name and credential id are free.
    let again = register(&*store, sign_up(2, "Alice", 1)).await;
    assert_eq!(again, Registered::Done);
}

async fn accounts_are_listed_in_pages(store: Arc<dyn Store>) {
    for number in [3, 1, 2, 5, 4] {
        let registration = sign_up(number, &format!("user{number}"), number);
        assert_eq!(register(&*store, registration).await, Registered::Done);
    }
    assert_eq!(register(&*store, add(2, 22)).await, Registered::Done);
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = store.accounts(after.as_ref(), 2).await.expect("it answers");
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.handle);
        seen.extend(page);
    }
    let handles: Vec<u8> = seen.iter().map(|one| one.handle.as_bytes()[0]).collect();
    assert_eq!(handles, [1, 2, 3, 4, 5]);
    assert_eq!(seen[1].credentials.len(), 2);
}

async fn an_import_stores_all_of_an_account_or_nothing(store: Arc<dyn Store>) {
    alice(&*store).await;
    let account = |number, text: &str, ids: &[u8]| {
        let mut account = Account::new(handle(number), name(text), NOW);
        account.credentials = ids.iter().map(|id| credential(*id)).collect();
        account
    };
    for (account, expected) in [
        (account(1, "bob", &[2]), Imported::HandleTaken),
        (account(2, "Alice", &[2]), Imported::NameTaken),
        (account(2, "bob", &[2, 1]), Imported::CredentialExists),
        (account(2, "bob", &[2, 2]), Imported::CredentialExists),
    ] {
        let imported = store.import(Import::new(account, vec![[9; 32]])).await;
        assert_eq!(imported.expect("it answers"), expected);
        assert_eq!(by_handle(&*store, 2).await, None, "{expected:?}");
        let free = store.account(AccountKey::Credential(&[2; 16])).await;
        assert_eq!(free.expect("it answers"), None, "{expected:?}");
    }
    let mut bob = account(2, "bob", &[2, 3]);
    bob.display_name = Some("Bob".to_owned());
    bob.credentials[1].name = Some("key".to_owned());
    bob.credentials[1].last_used = Some(NOW + 1);
    let imported = store.import(Import::new(bob.clone(), vec![[1; 32], [2; 32]]));
    assert_eq!(imported.await.expect("it answers"), Imported::Done);
    bob.recovery_codes = 2;
    assert_eq!(by_handle(&*store, 2).await, Some(bob));
}

async fn events_are_read_newest_first(store: Arc<dyn Store>) {
    alice(&*store).await;
    for offset in 1..=3 {
        let mut event = Event::new(EventKind::Refused, NOW + offset);
        event.network = Some("192.0.2.0/24".to_owned());
        event.code = Some("signature_invalid".to_owned());
        event.step = Some("7.2.21".to_owned());
        event.document = Some([9; 32]);
        store.record(event).await.expect("it answers");
    }
    let all = store
        .events(EventQuery::latest(10))
        .await
        .expect("it answers");
    let times: Vec<u64> = all.iter().map(|event| event.time - NOW).collect();
    assert_eq!(times, [3, 2, 1, 0]);
    assert_eq!(all[0].code.as_deref(), Some("signature_invalid"));
    assert_eq!(all[0].step.as_deref(), Some("7.2.21"));
    assert_eq!(all[0].network.as_deref(), Some("192.0.2.0/24"));
    assert_eq!(all[0].document, Some([9; 32]));
    let signed_up = event(EventKind::SignedUp).of(handle(1), &name("alice"));
    assert_eq!(all[3], signed_up.with_credential(&[1; 16]));
    let some = store
        .events(EventQuery::latest(2))
        .await
        .expect("it answers");
    assert_eq!(some, all[..2]);
    let recent = EventQuery::latest(10).since(NOW + 2);
    assert_eq!(store.events(recent).await.expect("it answers").len(), 2);
    let (one, two) = (handle(1), handle(2));
    let hers = store.events(EventQuery::latest(10).of(&one)).await;
    assert_eq!(hers.expect("it answers").len(), 1);
    let nobodys = store.events(EventQuery::latest(10).of(&two)).await;
    assert_eq!(nobodys.expect("it answers"), []);
}

async fn what_is_over_is_swept(store: Arc<dyn Store>) {
    alice(&*store).await;
    for number in 1..=5 {
        begin(&*store, session(number, 1, 1), Ends::None).await;
        let invitation = Invitation::new([number; 32], None, NOW + 10);
        store.invite(invitation).await.expect("it answers");
        let spent = store.spend(&[number; 16], NOW + 10, NOW).await;
        assert_eq!(spent.expect("it answers"), Spend::First);
    }
    let none = Sweep::new(NOW + 1, NOW, 2);
    while store.sweep(none).await.expect("it answers") {}
    assert_eq!(store.counts().await.expect("it answers").sessions, 5);
    assert!(
        !store
            .events(EventQuery::latest(9))
            .await
            .expect("it answers")
            .is_empty()
    );

    // What is over may take more than one round to leave.
    let all = Sweep::new(NOW + 100_000, NOW + 1, 2);
    for _ in 0..3 {
        while store.sweep(all).await.expect("it answers") {}
    }
    let spent = store.spend(&[200; 16], NOW + 200_000, NOW + 100_000).await;
    assert_eq!(spent.expect("it answers"), Spend::First);
    let counts = store.counts().await.expect("it answers");
    assert_eq!((counts.sessions, counts.spent), (0, 1));
    assert_eq!(
        store
            .events(EventQuery::latest(9))
            .await
            .expect("it answers"),
        []
    );
    assert!(by_handle(&*store, 1).await.is_some());
    // A clock that has gone back finds what is forgotten spent all the same.
    for number in 1..=5 {
        let spent = store.spend(&[number; 16], NOW + 10, NOW).await;
        assert_ne!(spent.expect("it answers"), Spend::First);
    }
}

async fn counts_count(store: Arc<dyn Store>) {
    alice(&*store).await;
    assert_eq!(
        register(&*store, sign_up(2, "bob", 2)).await,
        Registered::Done
    );
    assert_eq!(register(&*store, add(2, 3)).await, Registered::Done);
    begin(&*store, session(1, 1, 1), Ends::None).await;
    let spent = store.spend(&[1; 16], NOW + 10, NOW).await;
    assert_eq!(spent.expect("it answers"), Spend::First);
    store.ping().await.expect("it answers");
    let counts = store.counts().await.expect("it answers");
    assert_eq!(
        (
            counts.accounts,
            counts.credentials,
            counts.sessions,
            counts.spent
        ),
        (2, 3, 1, 1)
    );
}
