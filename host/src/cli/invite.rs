//! `portcullis invite`: a link that is good for one registration.

use core::time::Duration;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use super::store::Failure;
use crate::account::{Username, invitation};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Invitation, Store};
use crate::token::keys;

/// Prints the link of a new invitation.
pub(super) async fn invite(
    store: Arc<dyn Store>,
    name: Option<&str>,
    life: Duration,
) -> Result<ExitCode, Failure> {
    let config = Config::read()?;
    let name = name.map(Username::parse).transpose();
    let name = name.map_err(|error| Failure::Other(format!("the name: {error}")))?;
    let secret = keys::random::<32>().map_err(|error| Failure::Other(error.to_string()))?;
    let invitation = Invitation::new(
        invitation::hash(&secret),
        name.map(|name| name.key().to_owned()),
        Clock::start().now().saturating_add(life.as_secs()),
    );
    store.invite(invitation).await?;
    let link = invitation::link(config.issuer(), &secret);
    writeln!(io::stdout(), "{link}")?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a time span such as `90s`, `30m`, `24h` or `7d`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .unwrap_or_default();
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 0_u64,
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| (1..=MAX_SPAN).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            "must be a number with s, m, h or d, such as 24h, of at most ten years".to_owned()
        })
}

/// Ten years.
const MAX_SPAN: u64 = 315_360_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("24h", 86_400),
            ("7d", 604_800),
        ] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "s",
            "24",
            "0h",
            "-1h",
            "1.5h",
            "1w",
            "1\u{e9}",
            "99999d",
            "99999999999999999999s",
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
