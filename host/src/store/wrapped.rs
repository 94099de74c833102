//! A store around other ones: every call goes through one place.

use core::fmt;

use rocket::async_trait;

use super::{
    Account, AccountKey, ChallengeId, Change, Changed, Counts, Event, EventQuery, Import, Imported,
    Invitation, Registered, Registration, SecretHash, Session, Sessions, SignIn, SignedIn, Spend,
    Store, StoreError, Sweep, UserHandle,
};
use crate::clock::Timestamp;

/// Which store answers a call, and what is made of the answer.
pub(crate) trait Around: fmt::Debug + Send + Sync + 'static {
    /// The store that answers the next call.
    fn store(&self) -> &dyn Store;

    /// A call was answered, or failed.
    fn answered(&self, _call: &'static str, _error: Option<&StoreError>) {}
}

/// The store.
#[derive(Debug)]
pub(crate) struct Wrapped<A>(pub(crate) A);

/// Passes calls on, each with its arguments.
macro_rules! pass {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl<A: Around> Store for Wrapped<A> {
            fn is_durable(&self) -> bool {
                self.0.store().is_durable()
            }

            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                let answer = self.0.store().$name($($argument),*).await;
                self.0.answered(stringify!($name), answer.as_ref().err());
                answer
            })*
        }
    };
}

pass! {
    ping() -> ();
    spend(id: &ChallengeId, expires: Timestamp, now: Timestamp) -> Spend;
    account(by: AccountKey<'_>) -> Option<Account>;
    accounts(after: Option<&UserHandle>, limit: u32) -> Vec<Account>;
    register(registration: Registration) -> Registered;
    sign_in(sign_in: SignIn) -> SignedIn;
    change(owner: &UserHandle, change: Change, event: Event) -> Changed;
    session(hash: &SecretHash, now: Timestamp) -> Option<(Session, Account)>;
    touch(hash: &SecretHash, last_used: Timestamp, idle_expires: Timestamp) -> ();
    sessions(owner: &UserHandle, now: Timestamp) -> Vec<Session>;
    end_session(hash: &SecretHash) -> bool;
    end_sessions(which: Sessions<'_>, event: Event) -> u64;
    recovery_codes(owner: &UserHandle) -> Vec<SecretHash>;
    invite(invitation: Invitation) -> ();
    invitation(hash: &SecretHash, now: Timestamp) -> Option<Invitation>;
    import(import: Import) -> Imported;
    record(event: Event) -> ();
    events(query: EventQuery<'_>) -> Vec<Event>;
    sweep(sweep: Sweep) -> bool;
    counts() -> Counts;
}
