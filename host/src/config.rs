//! The settings: the one place where they are read, parsed and held against each other.
//!
//! Raw text comes from the environment (`PORTCULLIS_*`) and, below it, from the table
//! `[default.portcullis]` of `Rocket.toml`. [`Config`] is what remains once every value has been
//! understood; a value that is not understood is a [`ConfigError`] of one line.

use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU32;
use core::str::FromStr;
use core::time::Duration;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use ipnet::IpNet;
use portcullis_core::data::UnixTime;
use rocket::figment::Figment;
use rocket::figment::providers::Env;
use rocket::figment::value::Value;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::clock::Clock;
use crate::encoding::from_hex;
use crate::signer::{Pkcs11Signer, Pkcs11Uri};
use crate::trust::metadata::{self, Metadata, Signer};
use crate::trust::{self, Aaguids, Trust};

/// 43 characters are two bits more than 32 bytes, and whoever types them need not know.
const ANY_BASE64URL: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

const PREFIX: &str = "PORTCULLIS_";

/// No setting: it tells the build of this program where the built verifier lies.
const OF_THE_BUILD: &str = "WASM";

/// Every setting, by the name it has after the prefix.
const NAMES: [&str; 17] = [
    "RP_ID",
    "RP_NAME",
    "ORIGINS",
    "RELATED_ORIGINS",
    "SECRET",
    "SIGNER",
    "STORE",
    "CHALLENGE_TTL",
    "LOGIN_TTL",
    "USER_VERIFICATION",
    "ATTESTATION",
    "ATTESTATION_ROOTS",
    "MDS",
    "MDS_ROOT",
    "AAGUIDS",
    "RATE_LIMIT",
    "TRUSTED_PROXIES",
];

/// The settings of one host, understood and free of contradictions.
#[derive(Clone, Debug)]
pub struct Config {
    /// The RP id: a domain in its ASCII form.
    pub rp_id: String,
    /// The name that authenticators show.
    pub rp_name: String,
    /// Every origin that may use this host, in its ASCII serialisation: web origins, related ones
    /// included, and opaque ones. The first is a web origin and the issuer of all tokens.
    pub origins: Vec<String>,
    /// What every key of the host is derived from.
    pub secret: Secret,
    /// What signs login tokens.
    pub signer: SignerSetting,
    /// Where accounts and spent challenges are kept.
    pub store: StoreKind,
    /// How long a challenge can be answered.
    pub challenge_ttl: Duration,
    /// How long a login token is valid.
    pub login_ttl: Duration,
    /// What is asked of authenticators, and held against the answer.
    pub user_verification: UserVerification,
    /// Which attestation is asked for.
    pub attestation: Attestation,
    /// Which authenticators are trusted.
    pub trust: Arc<Trust>,
    /// Ceremony calls a minute and client; `None` is no limit.
    pub rate_limit: Option<NonZeroU32>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The time of this host.
    pub clock: Clock,
    /// Rocket's own settings.
    pub rocket: Figment,
    /// Variables with the prefix that are no setting: most likely misspelt.
    pub unknown: Vec<String>,
}

/// What signs login tokens.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SignerSetting {
    /// A key derived from the secret.
    Derived,
    /// A key in a PKCS #11 token.
    Token(Pkcs11Signer),
}

/// Where accounts and spent challenges are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreKind {
    /// In this process; a restart forgets everything.
    Memory,
}

/// User verification, as WebAuthn's options name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// An answer without it is refused.
    Required,
    /// Asked for, not insisted on.
    Preferred,
    /// Not wanted.
    Discouraged,
}

/// Attestation conveyance, as WebAuthn's options name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Attestation {
    None,
    Indirect,
    Direct,
    Enterprise,
}

/// Key material of 32 bytes. It is never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

/// A setting that cannot be used: which variable, and the mend, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {mend}")]
pub struct ConfigError {
    name: String,
    mend: String,
}

impl Config {
    /// Reads the environment, and `Rocket.toml` below it.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn read() -> Result<Self, ConfigError> {
        let rocket = rocket::Config::figment();
        let mut settings = file_settings(&rocket)?;
        settings.extend(
            Env::prefixed(PREFIX)
                .iter()
                .map(|(key, value)| (key.as_str().to_ascii_uppercase(), value)),
        );
        Self::from_settings(settings, rocket)
    }

    /// The same from settings in code, for an application that embeds the host and for tests:
    /// `Config::new([("PORTCULLIS_RP_ID", "example.org"), ..], rocket::Config::figment())`.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new<'a>(
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
        rocket: Figment,
    ) -> Result<Self, ConfigError> {
        let settings = settings
            .into_iter()
            .map(|(name, value)| (short_name(name), value.to_owned()))
            .collect();
        Self::from_settings(settings, rocket)
    }

    fn from_settings(
        settings: BTreeMap<String, String>,
        rocket: Figment,
    ) -> Result<Self, ConfigError> {
        let unknown = settings
            .keys()
            .filter(|name| !NAMES.contains(&name.as_str()) && *name != OF_THE_BUILD)
            .map(|name| format!("{PREFIX}{name}"))
            .collect();
        let settings = Settings(settings);
        let server = rocket::Config::try_from(&rocket).map_err(rocket_error)?;

        let rp_id = settings.parse("RP_ID", "localhost", rp_id)?;
        let local = rp_id == "localhost";
        let origins = origins(&settings, &rp_id, server.port)?;
        let default_limit = if local { "off" } else { "300" };
        let clock = Clock::start();
        let trust = trust(&settings, clock.unix_time())?;

        Ok(Self {
            rp_name: settings.parse("RP_NAME", "Portcullis", rp_name)?,
            secret: secret(&settings, local)?,
            signer: settings.parse("SIGNER", "derived", signer)?,
            store: settings.parse("STORE", "memory", store)?,
            challenge_ttl: settings.parse("CHALLENGE_TTL", "300", |text| seconds(text, 3_600))?,
            login_ttl: settings.parse("LOGIN_TTL", "600", |text| seconds(text, 31_536_000))?,
            user_verification: settings.parse("USER_VERIFICATION", "preferred", |text| {
                word(text, "required, preferred or discouraged")
            })?,
            attestation: attestation(&settings, &trust)?,
            trust: Arc::new(trust),
            rate_limit: settings.parse("RATE_LIMIT", default_limit, rate_limit)?,
            trusted_proxies: settings.parse("TRUSTED_PROXIES", "", |text| {
                list(text).map(network).collect()
            })?,
            clock,
            rocket,
            unknown,
            rp_id,
            origins,
        })
    }

    /// The web origins outside the RP id that may use it (WebAuthn section 5.11).
    pub fn related_origins(&self) -> impl Iterator<Item = &str> {
        self.origins
            .iter()
            .filter(|origin| is_web(origin) && !is_within(origin, &self.rp_id))
            .map(String::as_str)
    }

    /// What an operator should know and mend, though the host can run: a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let misspelt = |name: &String| format!("{name}: no setting has this name");
        let mut warnings: Vec<_> = self.unknown.iter().map(misspelt).collect();
        let now = self.clock.unix_time();
        let metadata = self.trust.metadata.as_ref();
        if let Some(stale) = metadata.filter(|metadata| !metadata.is_fresh(now)) {
            warnings.push(format!(
                "{PREFIX}MDS: the next issue was due on {}; fetch it, this one does not know of models that \
                 were revoked since",
                stale.next_update.as_str()
            ));
        }
        if self.trust.aaguids != Aaguids::Any && !self.trust.is_required() {
            warnings.push(format!(
                "{PREFIX}AAGUIDS: nothing proves an AAGUID without {PREFIX}ATTESTATION_ROOTS or {PREFIX}MDS"
            ));
        }
        warnings
    }

    /// The issuer of all tokens: the first web origin.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// Whether every web origin is `https`.
    #[must_use]
    pub fn https_only(&self) -> bool {
        self.web_origins()
            .all(|origin| origin.starts_with("https://"))
    }

    /// The origins that are `http` or `https`.
    pub fn web_origins(&self) -> impl Iterator<Item = &str> {
        self.origins
            .iter()
            .map(String::as_str)
            .filter(|origin| is_web(origin))
    }
}

impl Secret {
    /// Key material from a random source of the caller's.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn random() -> Result<Self, String> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|_| "the system has no randomness".to_owned())?;
        Ok(Self(bytes))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = match text.len() {
            64 => from_hex(text),
            43 => ANY_BASE64URL.decode(text).ok(),
            _ => None,
        };
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| {
                "must be 64 hex digits or 43 base64url characters; `openssl rand -hex 32` makes one"
                    .to_owned()
            })
    }
}

impl ConfigError {
    fn new(name: &str, mend: impl Into<String>) -> Self {
        // Whatever a value contains, the message stays one line.
        let mend = mend.into().replace(|c: char| c.is_control(), " ");
        Self {
            name: format!("{PREFIX}{name}"),
            mend,
        }
    }
}

/// Raw settings by their name without the prefix.
struct Settings(BTreeMap<String, String>);

impl Settings {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim())
    }

    /// A setting that has no default.
    fn parse_given<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(name)
            .map(parse)
            .transpose()
            .map_err(|mend| ConfigError::new(name, mend))
    }

    fn parse<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        parse(self.get(name).unwrap_or(default)).map_err(|mend| ConfigError::new(name, mend))
    }
}

fn short_name(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix(PREFIX)
        .map_or_else(|| name.clone(), str::to_owned)
}

/// The table `[default.portcullis]` (or that of the selected profile) of `Rocket.toml`.
fn file_settings(rocket: &Figment) -> Result<BTreeMap<String, String>, ConfigError> {
    let Ok(table) = rocket.find_value("portcullis") else {
        return Ok(BTreeMap::new());
    };
    let Value::Dict(_, table) = table else {
        return Err(ConfigError {
            name: "Rocket.toml".to_owned(),
            mend: "`portcullis` must be a table".to_owned(),
        });
    };
    table
        .iter()
        .map(|(name, value)| {
            let name = short_name(name);
            let text = text(value).ok_or_else(|| {
                ConfigError::new(&name, "must be a text or a number in Rocket.toml")
            })?;
            Ok((name, text))
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Num(_, number) => number.to_i128().map(|number| number.to_string()),
        Value::Array(_, items) => {
            let items: Option<Vec<String>> = items.iter().map(text).collect();
            Some(items?.join(","))
        }
        _ => None,
    }
}

fn rocket_error(error: rocket::figment::Error) -> ConfigError {
    let key = error.path.join("_").to_ascii_uppercase();
    let reason = error.kind.to_string();
    let words: Vec<&str> = reason.split_whitespace().collect();
    ConfigError {
        name: match key.as_str() {
            "" => "Rocket.toml".to_owned(),
            key => format!("ROCKET_{key}"),
        },
        mend: words.join(" "),
    }
}

fn rp_id(text: &str) -> Result<String, String> {
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

fn rp_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err("must be 1 to 64 characters without control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn secret(settings: &Settings, local: bool) -> Result<Secret, ConfigError> {
    match settings.get("SECRET") {
        Some(text) => text.parse(),
        None if local => Secret::random(),
        None => Err(
            "must be set for an RP id other than localhost; `openssl rand -hex 32` makes one"
                .to_owned(),
        ),
    }
    .map_err(|mend| ConfigError::new("SECRET", mend))
}

/// Opens the token, where there is one: what cannot sign at the start is a mistake in the settings.
fn signer(text: &str) -> Result<SignerSetting, String> {
    if text == "derived" {
        return Ok(SignerSetting::Derived);
    }
    let uri = Pkcs11Uri::parse(text)
        .map_err(|error| format!("must be `derived` or a PKCS #11 URI: {error}"))?;
    Pkcs11Signer::open(uri)
        .map(SignerSetting::Token)
        .map_err(|error| error.to_string())
}

fn store(text: &str) -> Result<StoreKind, String> {
    let scheme = text.split(':').next().unwrap_or_default();
    match scheme {
        "memory" if text == "memory" => Ok(StoreKind::Memory),
        "sqlite" | "postgres" | "postgresql" => {
            Err(format!("this build has no {scheme} store; use `memory`"))
        }
        _ => Err("must be memory, sqlite:PATH or postgres://...".to_owned()),
    }
}

fn seconds(text: &str, most: u64) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (1..=most).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "must be a whole number of seconds from 1 to {most}"
        )),
    }
}

fn word<T: for<'de> Deserialize<'de>>(text: &str, words: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|_| format!("must be {words}"))
}

/// Reads every file that has to do with trust: what cannot be read is a mistake in the settings.
fn trust(settings: &Settings, now: UnixTime) -> Result<Trust, ConfigError> {
    let signer = settings.parse_given("MDS_ROOT", |path| {
        let roots = trust::read_file(Path::new(path))?;
        Ok(Signer { roots, host: None })
    })?;
    if signer.is_some() && settings.get("MDS").is_none() {
        let mend = format!("has no use without {PREFIX}MDS; set both, or neither");
        return Err(ConfigError::new("MDS_ROOT", mend));
    }
    let signer = signer.unwrap_or_else(Signer::fido_alliance);
    Ok(Trust {
        roots: settings
            .parse_given("ATTESTATION_ROOTS", trust::read_folder)?
            .unwrap_or_default(),
        metadata: settings.parse_given("MDS", |path| {
            let blob = trust::read_bounded(Path::new(path), metadata::MAX_LENGTH)?;
            Metadata::read(&blob, &signer, now).map_err(|error| {
                format!(
                    "`{path}` {error}; fetch it anew, and name its root in {PREFIX}MDS_ROOT where that is \
                     not the FIDO Alliance's"
                )
            })
        })?,
        aaguids: settings
            .parse_given("AAGUIDS", str::parse)?
            .unwrap_or_default(),
    })
}

/// Attestation that has to be trusted has to be asked for.
fn attestation(settings: &Settings, trust: &Trust) -> Result<Attestation, ConfigError> {
    let default = if trust.is_required() {
        "direct"
    } else {
        "none"
    };
    let asked = settings.parse("ATTESTATION", default, |text| {
        word(text, "none, indirect, direct or enterprise")
    })?;
    if asked == Attestation::None && trust.is_required() {
        let mend = format!(
            "`none` asks for no attestation, and {PREFIX}ATTESTATION_ROOTS and {PREFIX}MDS want one; set it \
             to direct, or leave it out"
        );
        return Err(ConfigError::new("ATTESTATION", mend));
    }
    Ok(asked)
}

fn rate_limit(text: &str) -> Result<Option<NonZeroU32>, String> {
    if text == "off" {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| "must be a number of calls a minute, 1 or more, or `off`".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("`{text}` is not a network; write it as 10.0.0.0/8 or fd00::/8"))
}

/// The parts of a comma separated list; an empty text is an empty list.
fn list(text: &str) -> impl Iterator<Item = &str> {
    let parts = (!text.is_empty()).then(|| text.split(',').map(str::trim));
    parts.into_iter().flatten()
}

fn origins(settings: &Settings, rp_id: &str, port: u16) -> Result<Vec<String>, ConfigError> {
    let related = settings.parse("RELATED_ORIGINS", "", related_origins)?;
    let default = match (rp_id, port) {
        ("localhost", 0) if settings.get("ORIGINS").is_none() => {
            return Err(ConfigError::new(
                "ORIGINS",
                "must be set where ROCKET_PORT is 0, the port is not known yet",
            ));
        }
        ("localhost", port) => format!("http://localhost:{port}"),
        _ => format!("https://{rp_id}"),
    };
    settings.parse("ORIGINS", &default, |text| {
        allowed_origins(text, rp_id, related)
    })
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

    // What the URL parser would mend or decode is more likely a mistake.
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

fn is_web(origin: &str) -> bool {
    origin.starts_with("http://") || origin.starts_with("https://")
}

fn is_within(origin: &str, rp_id: &str) -> bool {
    let url = Url::parse(origin).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host == rp_id
        || host
            .strip_suffix(rp_id)
            .is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::new(settings.iter().copied(), figment(8000))
    }

    fn figment(port: u16) -> Figment {
        Figment::from(rocket::Config::debug_default()).merge(("port", port))
    }

    fn refused(settings: &[(&str, &str)]) -> String {
        let message = config(settings)
            .map(|_| ())
            .expect_err("refused")
            .to_string();
        assert!(!message.contains('\n'), "{message}");
        message
    }

    #[test]
    fn nothing_set_is_localhost() {
        let config = config(&[]).expect("defaults");
        assert_eq!(config.rp_id, "localhost");
        assert_eq!(config.origins, ["http://localhost:8000"]);
        assert_eq!(config.challenge_ttl, Duration::from_secs(300));
        assert_eq!(config.login_ttl, Duration::from_secs(600));
        assert_eq!(config.rate_limit, None);
        assert!(!config.https_only());
    }

    #[test]
    fn another_rp_id_needs_a_secret_and_gets_https_and_a_limit() {
        let message = refused(&[("PORTCULLIS_RP_ID", "example.org")]);
        assert!(message.starts_with("PORTCULLIS_SECRET: "), "{message}");

        let settings = [
            ("PORTCULLIS_RP_ID", "example.org"),
            ("PORTCULLIS_SECRET", HEX),
        ];
        let config = config(&settings).expect("with a secret");
        assert_eq!(config.origins, ["https://example.org"]);
        assert_eq!(config.rate_limit, NonZeroU32::new(300));
        assert!(config.https_only());
    }

    #[test]
    fn origins_are_reduced_to_their_ascii_serialisation() {
        let settings = [
            ("PORTCULLIS_RP_ID", "BÜCHER.example"),
            ("PORTCULLIS_SECRET", HEX),
            (
                "PORTCULLIS_ORIGINS",
                "HTTPS://Bücher.Example:443/, android:apk-key-hash:AbC, https://shop.bücher.example:8443",
            ),
        ];
        let config = config(&settings).expect("international names");
        assert_eq!(config.rp_id, "xn--bcher-kva.example");
        assert_eq!(
            config.origins,
            [
                "https://xn--bcher-kva.example",
                "https://shop.xn--bcher-kva.example:8443",
                "android:apk-key-hash:AbC",
            ]
        );
    }

    #[test]
    fn an_origin_outside_the_rp_id_must_be_listed_as_related() {
        let base = [
            ("PORTCULLIS_RP_ID", "example.org"),
            ("PORTCULLIS_SECRET", HEX),
        ];
        for outside in [
            "https://example.com",
            "https://notexample.org",
            "https://example.org.",
        ] {
            let origins = format!("https://example.org,{outside}");
            let settings = [&base[..], &[("PORTCULLIS_ORIGINS", &*origins)]].concat();
            assert!(refused(&settings).starts_with("PORTCULLIS_ORIGINS: "));

            let related = [&settings[..], &[("PORTCULLIS_RELATED_ORIGINS", outside)]].concat();
            let config = config(&related).expect("listed as related");
            assert_eq!(config.origins, ["https://example.org", outside]);
        }
    }

    #[test]
    fn a_value_that_does_not_parse_names_its_variable() {
        for (name, value) in [
            ("PORTCULLIS_RP_ID", "https://example.org"),
            ("PORTCULLIS_RP_ID", "127.0.0.1"),
            ("PORTCULLIS_RP_ID", ""),
            ("PORTCULLIS_RP_ID", "*.example.org"),
            ("PORTCULLIS_RP_ID", ".example.org"),
            ("PORTCULLIS_RP_ID", "example..org"),
            ("PORTCULLIS_RP_ID", "example.org."),
            ("PORTCULLIS_RP_ID", "-a.org"),
            ("PORTCULLIS_RP_ID", "ex%61mple.org"),
            ("PORTCULLIS_RP_ID", &"a".repeat(64)),
            ("PORTCULLIS_RP_ID", &("a.".repeat(127) + "a")),
            ("PORTCULLIS_RP_NAME", ""),
            ("PORTCULLIS_ORIGINS", ""),
            ("PORTCULLIS_ORIGINS", "android:apk-key-hash:AbC"),
            ("PORTCULLIS_ORIGINS", "http://localhost/path"),
            ("PORTCULLIS_ORIGINS", "http://user@localhost"),
            ("PORTCULLIS_ORIGINS", "http://@localhost"),
            ("PORTCULLIS_ORIGINS", "http:localhost"),
            ("PORTCULLIS_ORIGINS", "http:///localhost"),
            ("PORTCULLIS_ORIGINS", "http://\\localhost"),
            ("PORTCULLIS_ORIGINS", "http://local%68ost"),
            ("PORTCULLIS_ORIGINS", "http://*.localhost"),
            ("PORTCULLIS_ORIGINS", "http://localhost,shop.localhost:8443"),
            ("PORTCULLIS_ORIGINS", "http://localhost,localhost:8443"),
            ("PORTCULLIS_RELATED_ORIGINS", "http://127.0.0.1:8000"),
            ("PORTCULLIS_RELATED_ORIGINS", "http://[::1]:8000"),
            ("PORTCULLIS_ORIGINS", "null"),
            ("PORTCULLIS_ORIGINS", "*"),
            ("PORTCULLIS_RELATED_ORIGINS", "android:apk-key-hash:AbC"),
            ("PORTCULLIS_SECRET", "0123"),
            (
                "PORTCULLIS_SECRET",
                "+123456789012345678901234567890123456789012",
            ),
            ("PORTCULLIS_STORE", "memory:"),
            ("PORTCULLIS_STORE", "sqlite:/tmp/x"),
            ("PORTCULLIS_STORE", "postgres://localhost/x"),
            ("PORTCULLIS_CHALLENGE_TTL", "0"),
            ("PORTCULLIS_CHALLENGE_TTL", "3601"),
            ("PORTCULLIS_CHALLENGE_TTL", "5m"),
            ("PORTCULLIS_LOGIN_TTL", "-1"),
            ("PORTCULLIS_USER_VERIFICATION", "Required"),
            ("PORTCULLIS_ATTESTATION", "yes"),
            ("PORTCULLIS_ATTESTATION_ROOTS", "/nowhere"),
            ("PORTCULLIS_MDS", "/nowhere"),
            ("PORTCULLIS_MDS_ROOT", "/nowhere"),
            ("PORTCULLIS_AAGUIDS", "allow:"),
            ("PORTCULLIS_RATE_LIMIT", "0"),
            ("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("PORTCULLIS_TRUSTED_PROXIES", "proxy.example.org"),
        ] {
            let message = refused(&[(name, value)]);
            assert!(
                message.starts_with(&format!("{name}: ")),
                "{name}={value}: {message}"
            );
        }
    }

    #[test]
    fn port_zero_needs_its_origins_named() {
        let message = Config::new([], figment(0))
            .map(|_| ())
            .expect_err("no port")
            .to_string();
        assert!(message.starts_with("PORTCULLIS_ORIGINS: "), "{message}");
        Config::new(
            [("PORTCULLIS_ORIGINS", "http://localhost:8000")],
            figment(0),
        )
        .expect("origins named");
    }

    #[test]
    fn the_secret_is_read_in_both_spellings_and_never_printed() {
        let hex: Secret = HEX.parse().expect("hex");
        let base64: Secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
            .parse()
            .expect("base64url");
        assert_eq!(hex.as_bytes(), base64.as_bytes());
        assert_eq!(format!("{hex:?}"), "Secret(..)");
        for text in ["b".repeat(43), "_".repeat(43)] {
            text.parse::<Secret>().expect("any 43 characters");
        }
    }

    #[test]
    fn the_file_lies_below_the_environment() {
        let toml = rocket::figment::providers::Data::<rocket::figment::providers::Toml>::string(
            "[default.portcullis]\nrp_name = \"From the file\"\nchallenge_ttl = 60\n\
             origins = [\"http://localhost:1\", \"http://localhost:2\"]",
        );
        let settings = file_settings(&figment(8000).merge(toml.nested())).expect("a table");
        let config = Config::from_settings(settings, figment(8000)).expect("usable");
        assert_eq!(config.rp_name, "From the file");
        assert_eq!(config.challenge_ttl, Duration::from_secs(60));
        assert_eq!(config.origins, ["http://localhost:1", "http://localhost:2"]);
    }

    #[test]
    fn a_misspelt_name_is_reported() {
        let config = config(&[("PORTCULLIS_RPID", "example.org")]).expect("defaults");
        assert_eq!(config.unknown, ["PORTCULLIS_RPID"]);
    }

    #[test]
    fn the_variable_of_the_build_is_not_taken_for_a_misspelt_one() {
        let config = config(&[("PORTCULLIS_WASM", "wasm/pkg")]).expect("defaults");
        assert!(config.unknown.is_empty());
    }
}
