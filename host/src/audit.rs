//! What is kept of what happens: a line in the log and a row in the store for each event, without a
//! secret, a user handle or a whole address.

use crate::account::Username;
use crate::app::App;
use crate::encoding::base64url;
use crate::http::problem::Problem;
use crate::http::visitor::Visitor;
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

/// What is known of somebody who is refused.
#[derive(Default)]
pub(crate) struct Claim {
    /// The account, where there is one of the name or the credential.
    pub(crate) account: Option<UserHandle>,
    /// The name, whether somebody has it or not.
    pub(crate) username: Option<Username>,
    pub(crate) credential: Option<Vec<u8>>,
}

impl App {
    /// Keeps that somebody was refused. Where that cannot be, the answer is the same.
    pub(crate) async fn note_refusal(&self, visitor: &Visitor, problem: &Problem, claim: Claim) {
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
