//! The RP ID, the origins that may use it, and whether they fit.

use url::{Host, Url};

use super::parse::list;
use super::source::Settings;
use super::{ConfigError, PREFIX};

pub(super) fn rp_id(text: &str) -> Result<String, String> {
    match Host::parse(text) {
        Ok(Host::Domain(domain)) if is_domain(&domain) && !text.contains('%') => Ok(domain),
        _ => Err(format!(
            "`{text}` is not a domain; give a host name alone, such as example.org"
        )),
    }
}

/// Whether a name in its ASCII form can be a host's.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

pub(super) fn origins(
    settings: &Settings,
    rp_id: &str,
    url: Option<&str>,
    port: u16,
) -> Result<Vec<String>, ConfigError> {
    let related = settings.parse("RELATED_ORIGINS", "", related_origins)?;
    let default = match (url, rp_id, port) {
        (Some(url), ..) => url.to_owned(),
        (None, "localhost", 0) if settings.get("ORIGINS").is_none() => {
            return Err(ConfigError::new(
                "ORIGINS",
                "must be set where ROCKET_PORT is 0, the port is not known yet",
            ));
        }
        (None, "localhost", port) => format!("http://localhost:{port}"),
        (None, ..) => format!("https://{rp_id}"),
    };
    let origins = settings.parse("ORIGINS", &default, |text| {
        allowed_origins(text, rp_id, related)
    })?;
    match url {
        Some(url) if !origins.iter().any(|origin| origin == url) => Err(ConfigError::new(
            "ORIGINS",
            format!("must list `{url}` too, the address of {PREFIX}URL"),
        )),
        _ => Ok(origins),
    }
}

/// The origin of the address that people open.
pub(super) fn address(text: &str) -> Result<String, String> {
    match origin(text) {
        Ok(origin) if !is_web(&origin) => Err(format!(
            "`{text}` is not an address of the web; write it as https://login.example.org"
        )),
        read => read,
    }
}

/// The host of a web origin.
pub(super) fn host(origin: &str) -> &str {
    let (_, rest) = origin.split_once("://").unwrap_or(("", origin));
    rest.split_once(':').map_or(rest, |(host, _)| host)
}

/// Web origins to which the page may send a person back.
pub(super) fn return_to(text: &str) -> Result<Vec<String>, String> {
    list(text)
        .map(|item| match origin(item) {
            Ok(origin) if !is_web(&origin) => Err(format!(
                "`{item}` is not a web origin; write it as https://example.org"
            )),
            read => read,
        })
        .collect()
}

fn related_origins(text: &str) -> Result<Vec<String>, String> {
    list(text)
        .map(|item| match origin(item) {
            Ok(origin) if !is_web(&origin) => Err(format!(
                "`{item}` is not a web origin; only those can be related"
            )),
            read => read,
        })
        .collect()
}

/// Web origins first, since the first of all is the issuer.
fn allowed_origins(text: &str, rp_id: &str, related: Vec<String>) -> Result<Vec<String>, String> {
    let listed = list(text).map(origin).collect::<Result<Vec<_>, _>>()?;
    let (web, opaque): (Vec<_>, Vec<_>) = listed.into_iter().partition(|origin| is_web(origin));
    if web.is_empty() {
        return Err("must name a web origin, the address that the page is opened at".to_owned());
    }
    if let Some(outside) = web
        .iter()
        .find(|origin| !is_within(origin, rp_id) && !related.contains(origin))
    {
        return Err(format!(
            "`{outside}` is outside the RP id `{rp_id}`; list it in PORTCULLIS_RELATED_ORIGINS, or set \
             PORTCULLIS_RP_ID to its domain"
        ));
    }
    let mut origins: Vec<String> = Vec::new();
    for origin in web.into_iter().chain(related).chain(opaque) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

/// One origin, a web origin reduced to its ASCII serialisation.
fn origin(text: &str) -> Result<String, String> {
    let (scheme, rest) = text
        .split_once(':')
        .filter(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
        .ok_or_else(|| format!("`{text}` is not an origin; write it as https://example.org"))?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        // A host and its port look like one where the scheme was forgotten.
        let is_host = scheme.contains('.') || rest.bytes().all(|byte| byte.is_ascii_digit());
        let is_text = !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if is_host || rest.starts_with("//") || !is_text {
            return Err(format!(
                "`{text}` is neither a web origin such as https://example.org nor one such as \
                 android:apk-key-hash:..."
            ));
        }
        return Ok(text.to_owned());
    }

    // What the URL parser would correct or decode is more likely a mistake.
    let has_host = rest
        .strip_prefix("//")
        .is_some_and(|rest| !rest.starts_with('/'))
        && !text.contains(|c: char| matches!(c, '\\' | '%') || c.is_whitespace() || c.is_control());
    let bare = |url: &Url| {
        has_host
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !text.contains('@')
    };
    let url = Url::parse(text).ok().filter(bare);
    match url.as_ref().and_then(|url| Some((url, url.host()?))) {
        Some((url, Host::Domain(name))) if is_domain(name.strip_suffix('.').unwrap_or(name)) => {
            Ok(url.origin().ascii_serialization())
        }
        Some((_, Host::Ipv4(_) | Host::Ipv6(_))) => Err(format!(
            "`{text}` is an IP address, where WebAuthn does not work; give a host name, on this \
             machine localhost"
        )),
        _ => Err(format!(
            "`{text}` is not an origin; write scheme, host and port alone, as https://example.org"
        )),
    }
}

pub(super) fn is_web(origin: &str) -> bool {
    origin.starts_with("http://") || origin.starts_with("https://")
}

pub(super) fn is_within(origin: &str, rp_id: &str) -> bool {
    let url = Url::parse(origin).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host == rp_id
        || host
            .strip_suffix(rp_id)
            .is_some_and(|rest| rest.ends_with('.'))
}
