//! `portcullis audit`: what has happened, a line each, oldest first.

use core::time::Duration;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::store::Failure;
use crate::account::Username;
use crate::clock::Clock;
use crate::encoding::{base64url, rfc3339};
use crate::store::{AccountKey, Event, EventQuery, Store};

/// The most events that are shown.
const MOST: u32 = 100_000;

pub(super) async fn audit(
    store: Arc<dyn Store>,
    name: Option<&str>,
    since: Option<Duration>,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let mut query = EventQuery::latest(MOST);
    if let Some(span) = since {
        query = query.since(Clock::start().now().saturating_sub(span.as_secs()));
    }
    let name = name.map(Username::parse).transpose();
    let name = name.map_err(|error| Failure::Other(format!("the name: {error}")))?;
    let account = match &name {
        Some(name) => store.account(AccountKey::Name(name)).await?,
        None => None,
    };
    if let Some(account) = &account {
        query = query.of(&account.handle);
    }
    let mut events = store.events(query).await?;
    events.reverse();
    let mut output = BufWriter::new(io::stdout().lock());
    for event in &events {
        // An account that is gone is known by the name that it had.
        if account.is_none() && name.as_ref().is_some_and(|name| !is_of(event, name)) {
            continue;
        }
        if as_json {
            writeln!(output, "{}", record(event))?;
        } else {
            writeln!(output, "{}", line(event))?;
        }
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn is_of(event: &Event, name: &Username) -> bool {
    let written = event.username.as_deref().unwrap_or_default();
    Username::parse(written).is_ok_and(|known| known.key() == name.key())
}

fn line(event: &Event) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let credential = event.credential.as_deref().map(base64url);
    let document = event.document.as_ref().map(|hash| base64url(hash));
    format!(
        "{} {} {} {} {} {} {} {}",
        rfc3339(event.time),
        event.kind,
        text(&event.username),
        text(&credential),
        text(&event.network),
        text(&event.code),
        text(&event.step),
        text(&document),
    )
}

fn record(event: &Event) -> serde_json::Value {
    json!({
        "time": rfc3339(event.time),
        "event": event.kind.as_str(),
        "sub": event.account.map(|handle| base64url(handle.as_bytes())),
        "username": event.username,
        "credentialId": event.credential.as_deref().map(base64url),
        "network": event.network,
        "code": event.code,
        "step": event.step,
        "document": event.document.as_ref().map(|hash| base64url(hash)),
    })
}
