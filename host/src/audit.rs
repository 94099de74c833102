//! What is kept of what happens: a line in the log and a row in the store for each event, without a
//! secret, a user handle or a whole address.

use std::time::Instant;

use crate::account::Username;
use crate::app::App;
use crate::encoding::base64url;
use crate::http::problem::Problem;
use crate::http::visitor::Visitor;
use crate::metrics::Flow;
use crate::store::{Event, EventKind, UserHandle};

/// Where the lines come from.
const LOG: &str = "portcullis::audit";

/// The line of an event. Its row is written with what has happened.
pub(crate) fn log(event: &Event) {
    let credential = event.credential.as_deref().map(base64url);
    tracing::info!(
        target: LOG,
        account = event.username.as_deref(),
        credential,
        network = event.network.as_deref(),
        code = event.code.as_deref(),
        step = event.step.as_deref(),
        "{}",
        event.kind
    );
}

/// A ceremony on its way to an end, and what is known of who is in it.
pub(crate) struct Claim {
    pub(crate) flow: Flow,
    /// The account, where there is one of the name or the credential.
    pub(crate) account: Option<UserHandle>,
    /// The name, whether somebody has it or not.
    pub(crate) username: Option<Username>,
    pub(crate) credential: Option<Vec<u8>>,
    /// Whether it is a passkey that can be on several devices.
    pub(crate) synced: Option<bool>,
    since: Instant,
}

impl Claim {
    pub(crate) fn of(flow: Flow) -> Self {
        Self {
            flow,
            account: None,
            username: None,
            credential: None,
            synced: None,
            since: Instant::now(),
        }
    }
}

impl App {
    /// Counts a ceremony that has ended, and keeps that somebody was refused. Where that cannot be, the
    /// answer is the same.
    pub(crate) async fn note_end<T: Sync>(
        &self,
        visitor: &Visitor,
        result: &Result<T, Problem>,
        claim: Claim,
    ) {
        let took = claim.since.elapsed();
        let problem = match result {
            Ok(_) => {
                let synced = claim.synced == Some(true);
                return self.metrics.accepted(claim.flow, synced, took);
            }
            Err(problem) => problem,
        };
        self.metrics
            .refused(claim.flow, problem, claim.synced, took);
        let mut event = Event::new(EventKind::Refused, self.clock.now());
        event.account = claim.account;
        event.username = claim.username.map(|name| name.as_written().to_owned());
        event.credential = claim.credential;
        event.code = Some(problem.code().to_owned());
        event.step = problem.step().map(str::to_owned);
        let event = visitor.sign(event);
        // A store that is away has said so already.
        if let Err(error) = self.store.record(event.clone()).await {
            tracing::debug!(%error, "an event is not kept");
        }
        log(&event);
    }
}
