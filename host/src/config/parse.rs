//! Single values: seconds, words, lists, networks.

use core::net::{IpAddr, SocketAddr};
use core::num::NonZeroU32;
use core::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;

pub(super) fn rp_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err("must be 1 to 64 characters without control characters".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn seconds(text: &str, most: u64) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (1..=most).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "must be a whole number of seconds from 1 to {most}"
        )),
    }
}

/// How long a host that is asked to end still takes calls. Who starts and ends programs does not wait for ever.
pub(super) fn drain(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds <= 300 => Ok(Duration::from_secs(seconds)),
        _ => Err("must be a whole number of seconds from 0 to 300".to_owned()),
    }
}

pub(super) fn days(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(days) if (1..=36_500).contains(&days) => Ok(Duration::from_secs(days * 86_400)),
        _ => Err("must be a whole number of days from 1 to 36500".to_owned()),
    }
}

pub(super) fn word<T: for<'de> Deserialize<'de>>(text: &str, words: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|_| format!("must be {words}"))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".to_owned()),
    }
}

pub(super) fn socket(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an address with a port, as 127.0.0.1:9464".to_owned())
}

/// Words that are passed to browsers as they are.
pub(super) fn hints(text: &str) -> Result<Vec<String>, String> {
    let is_word = |text: &str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    list(text)
        .map(|word| {
            is_word(word)
                .then(|| word.to_owned())
                .ok_or_else(|| "must be words such as client-device, hybrid".to_owned())
        })
        .collect()
}

pub(super) fn rate_limit(text: &str) -> Result<Option<NonZeroU32>, String> {
    if text == "off" {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| "must be a number of calls a minute, 1 or more, or `off`".to_owned())
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("`{text}` is not a network; write it as 10.0.0.0/8 or fd00::/8"))
}

/// The parts of a comma separated list; an empty text is an empty list.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    let parts = (!text.is_empty()).then(|| text.split(',').map(str::trim));
    parts.into_iter().flatten()
}
