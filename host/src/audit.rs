//! What is kept of what happens: a line in the log and a row in the store for each event, without a
//! secret, a user handle or a whole address.

use crate::encoding::base64url;
use crate::store::Event;

/// Where the lines come from.
const LOG: &str = "portcullis::audit";

/// The line of an event. Its row is written with what has happened.
pub(crate) fn log(event: &Event) {
    let credential = event.credential.as_deref().map(base64url);
    let document = event.document.as_ref().map(|hash| base64url(hash));
    tracing::info!(
        target: LOG,
        account = event.username.as_deref(),
        credential,
        network = event.network.as_deref(),
        code = event.code.as_deref(),
        step = event.step.as_deref(),
        document,
        "{}",
        event.kind
    );
}
