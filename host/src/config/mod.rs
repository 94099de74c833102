//! The settings: the one place where they are read, parsed and checked against each other.
//!
//! Raw text comes from the environment (`PORTCULLIS_*`) and, below it, from the table
//! `[default.portcullis]` of `Rocket.toml`. A [`Config`] holds values alone: it opens no file, no
//! store and no token. What these names lead to is opened by [`crate::Portcullis::open`].

mod aaguids;
mod apps;
mod builder;
mod origins;
mod parse;
mod pkcs11_uri;
mod secret;
mod source;

use core::fmt;
use core::net::SocketAddr;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use rocket::figment::Figment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use source::Settings;

use crate::store::StoreSetting;

pub use aaguids::Aaguids;
pub(crate) use apps::AndroidApp;
pub use builder::Builder;
pub use pkcs11_uri::{Pkcs11Uri, UriError};
pub use secret::Secret;

/// What every variable of the environment begins with.
pub(crate) const PREFIX: &str = "PORTCULLIS_";

/// The longest life of a session, in seconds: ten years.
pub(crate) const SESSION_MAX: u64 = 315_360_000;

/// Not a setting: it names the folder of the WebAssembly modules when this program is built.
const BUILD_ONLY: &str = "WASM";

/// One setting, as the documentation lists it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Setting {
    /// The name after the prefix.
    pub name: &'static str,
    /// The default, in words where it depends on another setting.
    pub default: &'static str,
}

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    setting("RP_ID", "localhost"),
    setting("RP_NAME", "Portcullis"),
    setting("URL", "none"),
    setting("ORIGINS", "http://localhost:<port>, else https://<RP ID>"),
    setting("RELATED_ORIGINS", "none"),
    setting("SECRET", "random for localhost, else required"),
    setting("SECRET_PREVIOUS", "none"),
    setting("SIGNER", "derived"),
    setting("STORE", "memory"),
    setting("AUDIT_LIFE", "400"),
    setting("CASES", "none"),
    setting("SESSION_IDLE", "1209600"),
    setting("SESSION_LIFE", "7776000"),
    setting("SIGNUP", "open"),
    setting("RECOVERY_CODES", "off"),
    setting("RETURN_TO", "none"),
    setting("HINTS", "none"),
    setting("METRICS", "none"),
    setting("DRAIN", "0 for localhost, else 5"),
    setting("ANDROID_APPS", "none"),
    setting("APPLE_APPS", "none"),
    setting("CHALLENGE_TTL", "300"),
    setting("LOGIN_TTL", "600"),
    setting("USER_VERIFICATION", "preferred"),
    setting(
        "ATTESTATION",
        "none; direct where roots or metadata are set",
    ),
    setting("ATTESTATION_ROOTS", "none"),
    setting("MDS", "none"),
    setting("MDS_ROOT", "none"),
    setting("AAGUIDS", "all"),
    setting("BACKUP_CHANGE", "refuse"),
    setting("RATE_LIMIT", "off for localhost, else 300"),
    setting("TRUSTED_PROXIES", "none"),
];

const fn setting(name: &'static str, default: &'static str) -> Setting {
    Setting { name, default }
}

/// The settings of one host, parsed and free of contradictions.
#[derive(Clone)]
pub struct Config {
    pub(crate) rp_id: String,
    pub(crate) rp_name: String,
    pub(crate) origins: Vec<String>,
    /// `PORTCULLIS_URL`, reduced to its origin.
    url: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) previous_secrets: Vec<Secret>,
    #[cfg(feature = "cli")]
    random_secret: bool,
    pub(crate) signer: SignerSetting,
    pub(crate) store: StoreSetting,
    pub(crate) audit_life: Duration,
    /// The folder of failed ceremonies.
    pub(crate) cases: Option<PathBuf>,
    pub(crate) session_idle: Duration,
    pub(crate) session_life: Duration,
    pub(crate) signup: Signup,
    pub(crate) recovery_codes: bool,
    pub(crate) return_to: Vec<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) metrics: Option<SocketAddr>,
    /// How long a host that is asked to end still takes calls.
    #[cfg_attr(
        not(feature = "cli"),
        expect(dead_code, reason = "only the program ends itself")
    )]
    pub(crate) drain: Duration,
    pub(crate) android_apps: Vec<AndroidApp>,
    pub(crate) apple_apps: Vec<String>,
    pub(crate) challenge_ttl: Duration,
    pub(crate) login_ttl: Duration,
    pub(crate) user_verification: UserVerification,
    pub(crate) attestation: Attestation,
    pub(crate) trust: TrustSettings,
    pub(crate) backup_change: BackupChange,
    pub(crate) rate_limit: Option<NonZeroU32>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) rocket: Figment,
    unknown: Vec<String>,
}

/// What signs login tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignerSetting {
    /// A key derived from the secret.
    Derived,
    /// A key in a PKCS #11 token.
    Pkcs11(Pkcs11Uri),
}

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Signup {
    /// Everyone.
    Open,
    /// Who has an invitation.
    Invite,
}

/// Which authenticators are trusted, by the files that say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustSettings {
    /// A folder of certificates that are roots for every model.
    pub roots: Option<PathBuf>,
    /// The FIDO metadata.
    pub metadata: Option<PathBuf>,
    /// The root that has signed the metadata; `None`: the FIDO Alliance's.
    pub metadata_root: Option<PathBuf>,
    /// The models that may register.
    pub aaguids: Aaguids,
}

/// User verification, as WebAuthn's options name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// An answer without it is refused.
    Required,
    /// Asked for, not insisted on.
    Preferred,
    /// Not wanted.
    Discouraged,
}

/// What becomes of a sign-in whose backup eligibility differs from the record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupChange {
    /// It is refused, as the specification has it.
    Refuse,
    /// It is accepted once its signature verifies, the record moves, and the log says so.
    Report,
}

/// Attestation conveyance, as WebAuthn's options name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Attestation {
    None,
    Indirect,
    Direct,
    Enterprise,
}

/// A setting that cannot be used: which variable, and how to fix it, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {hint}")]
pub struct ConfigError {
    name: String,
    hint: String,
}

impl Config {
    /// Reads the environment, and `Rocket.toml` below it.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn read() -> Result<Self, ConfigError> {
        let rocket = rocket::Config::figment();
        Self::from_settings(Settings::read(&rocket)?, rocket)
    }

    /// The same from settings as text, by the names of their variables:
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
            .map(|(name, value)| (source::short_name(name), value.to_owned()))
            .collect();
        Self::from_settings(Settings(settings), rocket)
    }

    /// Settings in code, for an application that embeds the host.
    pub fn builder(rp_id: &str) -> Builder {
        Builder::new(rp_id)
    }

    fn from_settings(settings: Settings, rocket: Figment) -> Result<Self, ConfigError> {
        let server = rocket::Config::try_from(&rocket).map_err(source::rocket_error)?;
        let url = settings.parse_given("URL", origins::address)?;
        let host = url.as_deref().map_or("localhost", origins::host);
        let rp_id = settings.parse("RP_ID", host, origins::rp_id)?;
        let local = rp_id == "localhost";
        let mut origins = origins::origins(&settings, &rp_id, url.as_deref(), server.port)?;
        let android_apps: Vec<AndroidApp> = settings.parse("ANDROID_APPS", "", |text| {
            parse::list(text).map(str::parse).collect()
        })?;
        for origin in android_apps.iter().map(AndroidApp::origin) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let (default_limit, default_drain) = if local { ("off", "0") } else { ("300", "5") };
        let trust = trust(&settings)?;
        Ok(Self {
            rp_name: settings.parse("RP_NAME", "Portcullis", parse::rp_name)?,
            secret: secret(&settings, local)?,
            #[cfg(feature = "cli")]
            random_secret: settings.get("SECRET").is_none(),
            previous_secrets: settings.parse("SECRET_PREVIOUS", "", |text| {
                parse::list(text).map(str::parse).collect()
            })?,
            signer: settings.parse("SIGNER", "derived", signer)?,
            store: settings.parse("STORE", "memory", |text| {
                StoreSetting::parse(text).map_err(str::to_owned)
            })?,
            audit_life: settings.parse("AUDIT_LIFE", "400", parse::days)?,
            cases: settings.get("CASES").map(PathBuf::from),
            session_idle: settings.parse("SESSION_IDLE", "1209600", |text| {
                parse::seconds(text, SESSION_MAX)
            })?,
            session_life: settings.parse("SESSION_LIFE", "7776000", |text| {
                parse::seconds(text, SESSION_MAX)
            })?,
            signup: settings.parse("SIGNUP", "open", |text| parse::word(text, "open or invite"))?,
            recovery_codes: settings.parse("RECOVERY_CODES", "off", parse::switch)?,
            return_to: settings.parse("RETURN_TO", "", origins::return_to)?,
            hints: settings.parse("HINTS", "", parse::hints)?,
            metrics: settings.parse_given("METRICS", parse::socket)?,
            drain: settings.parse("DRAIN", default_drain, parse::drain)?,
            android_apps,
            apple_apps: settings.parse("APPLE_APPS", "", |text| {
                parse::list(text).map(apps::apple_app).collect()
            })?,
            challenge_ttl: settings
                .parse("CHALLENGE_TTL", "300", |text| parse::seconds(text, 3_600))?,
            login_ttl: settings
                .parse("LOGIN_TTL", "600", |text| parse::seconds(text, 31_536_000))?,
            user_verification: settings.parse("USER_VERIFICATION", "preferred", |text| {
                parse::word(text, "required, preferred or discouraged")
            })?,
            attestation: attestation(&settings, &trust)?,
            trust,
            backup_change: settings.parse("BACKUP_CHANGE", "refuse", |text| {
                parse::word(text, "refuse or report")
            })?,
            rate_limit: settings.parse("RATE_LIMIT", default_limit, parse::rate_limit)?,
            trusted_proxies: settings.parse("TRUSTED_PROXIES", "", |text| {
                parse::list(text).map(parse::network).collect()
            })?,
            rocket,
            unknown: unknown(&settings.0),
            rp_id,
            origins,
            url,
        })
    }

    /// The RP ID: a domain in its ASCII form.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }

    /// Every origin that may use this host, in its ASCII serialisation: web origins, related ones
    /// included, and opaque ones. The first is a web origin and the issuer of all tokens.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(String::as_str)
    }

    /// The issuer of all tokens, where people open the host: `PORTCULLIS_URL`, or else the first web
    /// origin.
    #[must_use]
    pub fn issuer(&self) -> &str {
        let address = self.url.as_ref().or(self.origins.first());
        address.map_or("", String::as_str)
    }

    /// The origins that are `http` or `https`.
    pub fn web_origins(&self) -> impl Iterator<Item = &str> {
        self.origins().filter(|origin| origins::is_web(origin))
    }

    /// The web origins outside the RP ID that may use it
    /// (<https://www.w3.org/TR/webauthn-3/#sctn-related-origins>).
    pub fn related_origins(&self) -> impl Iterator<Item = &str> {
        self.web_origins()
            .filter(|origin| !origins::is_within(origin, &self.rp_id))
    }

    /// Whether accounts outlive the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.store != StoreSetting::Memory
    }

    /// Whether the secret was made for this process alone.
    #[cfg(feature = "cli")]
    pub(crate) const fn has_random_secret(&self) -> bool {
        self.random_secret
    }

    /// Whether every web origin is `https`.
    #[must_use]
    pub fn https_only(&self) -> bool {
        self.web_origins()
            .all(|origin| origin.starts_with("https://"))
    }

    /// How long a challenge can be answered.
    #[must_use]
    pub const fn challenge_ttl(&self) -> Duration {
        self.challenge_ttl
    }

    /// How long a login token is valid.
    #[must_use]
    pub const fn login_ttl(&self) -> Duration {
        self.login_ttl
    }

    /// Rocket's own settings.
    #[must_use]
    pub const fn rocket(&self) -> &Figment {
        &self.rocket
    }

    /// What an operator should know, though the host can start: a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let misspelt = |name: &String| format!("{name}: no setting has this name");
        let mut warnings: Vec<_> = self.unknown.iter().map(misspelt).collect();
        if self.trust.aaguids != Aaguids::Any && !self.trust.is_required() {
            warnings.push(format!(
                "{PREFIX}AAGUIDS: nothing proves an AAGUID without {PREFIX}ATTESTATION_ROOTS or {PREFIX}MDS"
            ));
        }
        let insecure = self.web_origins().find(|origin| {
            origin.starts_with("http://") && !origins::is_within(origin, "localhost")
        });
        if let Some(origin) = insecure {
            warnings.push(format!(
                "{PREFIX}ORIGINS: browsers offer no passkeys at `{origin}`, which is not https"
            ));
        }
        warnings
    }
}

/// Rocket's own settings may hold the secret of a `Rocket.toml`, so they are left out.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("rp_id", &self.rp_id)
            .field("origins", &self.origins)
            .field("store", &self.store)
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}

impl TrustSettings {
    /// Whether an attestation has to lead to a root.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.roots.is_some() || self.metadata.is_some()
    }
}

impl ConfigError {
    pub(crate) fn new(name: &str, hint: impl Into<String>) -> Self {
        // Whatever a value contains, the message stays one line.
        let hint = hint.into().replace(|c: char| c.is_control(), " ");
        Self {
            name: format!("{PREFIX}{name}"),
            hint,
        }
    }
}

fn unknown(settings: &BTreeMap<String, String>) -> Vec<String> {
    let is_known = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
    settings
        .keys()
        .filter(|name| !is_known(name) && *name != BUILD_ONLY)
        .map(|name| format!("{PREFIX}{name}"))
        .collect()
}

fn secret(settings: &Settings, local: bool) -> Result<Secret, ConfigError> {
    match settings.get("SECRET") {
        Some(text) => text.parse(),
        None if local => Secret::random(),
        None => Err(
            "must be set for an RP ID other than localhost; `openssl rand -hex 32` makes one"
                .to_owned(),
        ),
    }
    .map_err(|hint| ConfigError::new("SECRET", hint))
}

fn signer(text: &str) -> Result<SignerSetting, String> {
    if text == "derived" {
        return Ok(SignerSetting::Derived);
    }
    Pkcs11Uri::parse(text)
        .map(SignerSetting::Pkcs11)
        .map_err(|error| format!("must be `derived` or a PKCS #11 URI: {error}"))
}

fn trust(settings: &Settings) -> Result<TrustSettings, ConfigError> {
    let path = |name| settings.get(name).map(|path| Path::new(path).to_owned());
    let trust = TrustSettings {
        roots: path("ATTESTATION_ROOTS"),
        metadata: path("MDS"),
        metadata_root: path("MDS_ROOT"),
        aaguids: settings
            .parse_given("AAGUIDS", str::parse)?
            .unwrap_or_default(),
    };
    if trust.metadata_root.is_some() && trust.metadata.is_none() {
        let hint = format!("has no use without {PREFIX}MDS; set both, or neither");
        return Err(ConfigError::new("MDS_ROOT", hint));
    }
    Ok(trust)
}

/// Attestation that has to be trusted has to be asked for.
fn attestation(settings: &Settings, trust: &TrustSettings) -> Result<Attestation, ConfigError> {
    let default = if trust.is_required() {
        "direct"
    } else {
        "none"
    };
    let asked = settings.parse("ATTESTATION", default, |text| {
        parse::word(text, "none, indirect, direct or enterprise")
    })?;
    if asked == Attestation::None && trust.is_required() {
        let hint = format!(
            "`none` asks for no attestation, and {PREFIX}ATTESTATION_ROOTS and {PREFIX}MDS want one; set it \
             to direct, or leave it out"
        );
        return Err(ConfigError::new("ATTESTATION", hint));
    }
    Ok(asked)
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
            ("PORTCULLIS_SECRET", &"42".repeat(32)),
            (
                "PORTCULLIS_SECRET",
                "+123456789012345678901234567890123456789012",
            ),
            ("PORTCULLIS_STORE", "memory:"),
            ("PORTCULLIS_STORE", "sqlite:"),
            ("PORTCULLIS_STORE", "sqlite::memory:"),
            ("PORTCULLIS_STORE", "postgres:"),
            ("PORTCULLIS_STORE", "postgres://localhost"),
            ("PORTCULLIS_STORE", "postgres://user:pa#ss@localhost/x"),
            ("PORTCULLIS_STORE", "mysql://localhost/x"),
            ("PORTCULLIS_AUDIT_LIFE", "0"),
            ("PORTCULLIS_SECRET_PREVIOUS", "0123"),
            ("PORTCULLIS_URL", "login.example.org"),
            ("PORTCULLIS_URL", "https://login.example.org/path"),
            ("PORTCULLIS_URL", "https://127.0.0.1"),
            ("PORTCULLIS_URL", "android:apk-key-hash:AbC"),
            ("PORTCULLIS_SESSION_IDLE", "0"),
            ("PORTCULLIS_SESSION_LIFE", "90d"),
            ("PORTCULLIS_SIGNUP", "closed"),
            ("PORTCULLIS_RECOVERY_CODES", "yes"),
            ("PORTCULLIS_RETURN_TO", "example.org"),
            ("PORTCULLIS_RETURN_TO", "javascript:alert(1)"),
            ("PORTCULLIS_RETURN_TO", "https://example.org/path"),
            ("PORTCULLIS_HINTS", "hybrid,"),
            ("PORTCULLIS_HINTS", "a b"),
            ("PORTCULLIS_METRICS", "9464"),
            ("PORTCULLIS_DRAIN", "301"),
            ("PORTCULLIS_DRAIN", "5s"),
            ("PORTCULLIS_ANDROID_APPS", "org.example.app"),
            ("PORTCULLIS_ANDROID_APPS", "org.example.app#AB:CD"),
            ("PORTCULLIS_APPLE_APPS", "org.example.app"),
            ("PORTCULLIS_CHALLENGE_TTL", "0"),
            ("PORTCULLIS_CHALLENGE_TTL", "3601"),
            ("PORTCULLIS_CHALLENGE_TTL", "5m"),
            ("PORTCULLIS_LOGIN_TTL", "-1"),
            ("PORTCULLIS_USER_VERIFICATION", "Required"),
            ("PORTCULLIS_ATTESTATION", "yes"),
            ("PORTCULLIS_MDS_ROOT", "/nowhere"),
            ("PORTCULLIS_AAGUIDS", "allow:"),
            ("PORTCULLIS_BACKUP_CHANGE", "accept"),
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
    fn the_address_gives_rp_id_and_origin_and_issues_the_tokens() {
        let url = ("PORTCULLIS_URL", "https://Login.Example.org/");
        let secret = ("PORTCULLIS_SECRET", HEX);
        let alone = config(&[url, secret]).expect("usable");
        assert_eq!(alone.rp_id, "login.example.org");
        assert_eq!(alone.origins, ["https://login.example.org"]);
        assert_eq!(alone.issuer(), "https://login.example.org");

        let rp_id = ("PORTCULLIS_RP_ID", "example.org");
        let origins = "https://example.org,https://login.example.org";
        let apart = config(&[url, secret, rp_id, ("PORTCULLIS_ORIGINS", origins)]);
        let apart = apart.expect("usable");
        assert_eq!(apart.rp_id, "example.org");
        assert_eq!(apart.issuer(), "https://login.example.org");

        let without = ("PORTCULLIS_ORIGINS", "https://example.org");
        let message = refused(&[url, secret, rp_id, without]);
        assert!(message.starts_with("PORTCULLIS_ORIGINS: "), "{message}");
        let local = config(&[("PORTCULLIS_URL", "http://localhost:9000")]).expect("usable");
        assert_eq!(local.rp_id, "localhost");
        assert_eq!(local.issuer(), "http://localhost:9000");
    }

    #[test]
    fn a_database_is_named_and_its_password_is_never_printed() {
        for (text, shown) in [
            ("memory", "Memory"),
            #[cfg(feature = "sqlite")]
            ("sqlite:/tmp/x.db", "Sqlite(..)"),
            #[cfg(feature = "postgres")]
            ("postgres://user:hunter2@localhost/x", "Postgres(..)"),
        ] {
            let config = config(&[("PORTCULLIS_STORE", text)]).expect(text);
            assert_eq!(format!("{:?}", config.store), shown);
        }
        #[cfg(feature = "postgres")]
        for text in [
            "postgres://user:hunter2#@localhost/x",
            "postgres://user:hunter2@localhost",
        ] {
            let message = refused(&[("PORTCULLIS_STORE", text)]);
            assert!(!message.contains("hunter2"), "{message}");
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
        for text in ["b".repeat(43), "_9".repeat(21) + "_"] {
            text.parse::<Secret>().expect("any 43 characters");
        }
    }

    #[test]
    fn debug_shows_no_secret_of_a_file() {
        let toml = rocket::figment::providers::Data::<rocket::figment::providers::Toml>::string(
            &format!("[default.portcullis]\nsecret = \"{HEX}\""),
        );
        let figment = figment(8000).merge(toml.nested());
        let settings = source::file_settings(&figment).expect("a table");
        let config = Config::from_settings(Settings(settings), figment).expect("usable");
        let shown = format!("{config:?} {:?}", crate::Portcullis::new(config.clone()));
        assert!(!shown.contains(&HEX[..16]), "{shown}");
    }

    #[test]
    fn debug_of_a_builder_shows_no_text_of_a_setting() {
        let builder = Config::builder("localhost")
            .setting("PORTCULLIS_SECRET", HEX)
            .store("postgres://user:hunter2@localhost/x");
        let shown = format!("{builder:?}");
        assert!(shown.contains("STORE"), "{shown}");
        assert!(
            !shown.contains(&HEX[..16]) && !shown.contains("hunter2"),
            "{shown}"
        );
    }

    #[test]
    fn an_origin_without_https_is_warned_of() {
        for (origin, warned) in [("http://example.org", true), ("https://example.org", false)] {
            let settings = [
                ("PORTCULLIS_RP_ID", "example.org"),
                ("PORTCULLIS_SECRET", HEX),
                ("PORTCULLIS_ORIGINS", origin),
            ];
            let warnings = config(&settings).expect("usable").warnings();
            assert_eq!(!warnings.is_empty(), warned, "{warnings:?}");
        }
        assert!(config(&[]).expect("localhost").warnings().is_empty());
    }

    #[test]
    fn the_builder_is_checked_like_the_environment() {
        let built = Config::builder("example.org")
            .origins(["https://login.example.org", "https://example.org"])
            .secret(Secret::new(core::array::from_fn(|index| {
                u8::try_from(index).expect("small")
            })))
            .challenge_ttl(Duration::from_secs(60))
            .user_verification(UserVerification::Required)
            .build()
            .expect("usable");
        assert_eq!(built.issuer(), "https://login.example.org");
        assert_eq!(built.challenge_ttl(), Duration::from_secs(60));
        let refused = Config::builder("example.org").build();
        let message = refused.expect_err("no secret").to_string();
        assert!(message.starts_with("PORTCULLIS_SECRET: "), "{message}");
    }

    #[test]
    fn the_file_lies_below_the_environment() {
        let toml = rocket::figment::providers::Data::<rocket::figment::providers::Toml>::string(
            "[default.portcullis]\nrp_name = \"From the file\"\nchallenge_ttl = 60\n\
             origins = [\"http://localhost:1\", \"http://localhost:2\"]",
        );
        let settings = source::file_settings(&figment(8000).merge(toml.nested()));
        let settings = Settings(settings.expect("a table"));
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
