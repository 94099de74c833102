//! What is known of a ceremony while it runs, for the metrics and the audit where it ends.

use std::time::Instant;

use crate::account::Username;
use crate::app::App;
use crate::audit;
use crate::http::problem::Problem;
use crate::http::visitor::Visitor;
use crate::metrics::{Authenticator, Flow};
use crate::store::{Event, EventKind, UserHandle};

/// A ceremony on its way to an end, and what is known of who is in it.
pub(super) struct Claim {
    pub(super) flow: Flow,
    /// The account, where there is one of the name or the credential.
    pub(super) account: Option<UserHandle>,
    /// The name, whether somebody has it or not.
    pub(super) username: Option<Username>,
    pub(super) credential: Option<Vec<u8>>,
    /// The hash of what is to be approved.
    pub(super) document: Option<[u8; 32]>,
    pub(super) authenticator: Authenticator,
    since: Instant,
}

impl Claim {
    pub(super) fn of(flow: Flow) -> Self {
        Self {
            flow,
            account: None,
            username: None,
            credential: None,
            document: None,
            authenticator: Authenticator::UNKNOWN,
            since: Instant::now(),
        }
    }
}

impl App {
    /// Counts a ceremony that has ended, and keeps that somebody was refused. Where that cannot be, the
    /// answer is the same.
    pub(super) async fn note_end<T: Sync>(
        &self,
        visitor: &Visitor,
        result: &Result<T, Problem>,
        claim: Claim,
    ) {
        let took = claim.since.elapsed();
        let problem = match result {
            Ok(_) => return self.metrics.accepted(claim.flow, claim.authenticator, took),
            Err(problem) => problem,
        };
        self.metrics
            .refused(claim.flow, problem, claim.authenticator, took);
        let mut event = Event::new(EventKind::Refused, self.clock.now());
        event.account = claim.account;
        event.username = claim.username.map(|name| name.as_written().to_owned());
        event.credential = claim.credential;
        event.document = claim.document;
        event.code = Some(problem.code().to_owned());
        event.step = problem.step().map(str::to_owned);
        let event = visitor.sign(event);
        // A store that is away has said so already.
        if let Err(error) = self.store.record(event.clone()).await {
            tracing::debug!(%error, "an event is not kept");
        }
        audit::log(&event);
    }
}
