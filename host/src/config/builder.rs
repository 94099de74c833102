use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::BTreeMap;

use super::source::Settings;
use super::{Attestation, Config, ConfigError, Secret, UserVerification};

/// Settings in code. [`Builder::build`] checks them as it checks those of the environment.
#[derive(Clone)]
#[must_use]
pub struct Builder {
    settings: BTreeMap<&'static str, String>,
    secret: Option<Secret>,
}

impl Builder {
    pub(super) fn new(rp_id: &str) -> Self {
        Self {
            settings: BTreeMap::from([("RP_ID", rp_id.to_owned())]),
            secret: None,
        }
    }

    /// The name that authenticators show.
    pub fn rp_name(self, name: &str) -> Self {
        self.set("RP_NAME", name)
    }

    /// The origins that may use the host: the first web origin is the issuer of all tokens.
    pub fn origins<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.set("ORIGINS", join(origins))
    }

    /// Web origins outside the RP ID that may use it.
    pub fn related_origins<'a>(self, origins: impl IntoIterator<Item = &'a str>) -> Self {
        self.set("RELATED_ORIGINS", join(origins))
    }

    /// What every key of the host is derived from.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Where accounts are kept: `memory`, `sqlite:PATH` or `postgres://...`. A store of the application's own
    /// is given to [`Portcullis::with_store`](crate::Portcullis::with_store) instead.
    pub fn store(self, address: &str) -> Self {
        self.set("STORE", address)
    }

    /// How long a challenge can be answered, in whole seconds from 1 to 3600.
    pub fn challenge_ttl(self, life: Duration) -> Self {
        self.set("CHALLENGE_TTL", life.as_secs().to_string())
    }

    /// How long a login token is valid, in whole seconds.
    pub fn login_ttl(self, life: Duration) -> Self {
        self.set("LOGIN_TTL", life.as_secs().to_string())
    }

    /// What is asked of authenticators, and checked in the answer.
    pub fn user_verification(self, wanted: UserVerification) -> Self {
        let word = match wanted {
            UserVerification::Required => "required",
            UserVerification::Preferred => "preferred",
            UserVerification::Discouraged => "discouraged",
        };
        self.set("USER_VERIFICATION", word)
    }

    /// Which attestation is asked for.
    pub fn attestation(self, wanted: Attestation) -> Self {
        let word = match wanted {
            Attestation::None => "none",
            Attestation::Indirect => "indirect",
            Attestation::Direct => "direct",
            Attestation::Enterprise => "enterprise",
        };
        self.set("ATTESTATION", word)
    }

    /// Ceremony calls a minute and client; `None` is no limit.
    pub fn rate_limit(self, calls: Option<NonZeroU32>) -> Self {
        let text = calls.map_or_else(|| "off".to_owned(), |calls| calls.to_string());
        self.set("RATE_LIMIT", text)
    }

    /// Any other setting, by the name of its variable and with its text.
    pub fn setting(self, name: &'static str, value: &str) -> Self {
        let name = name.strip_prefix(super::PREFIX).unwrap_or(name);
        self.set(name, value)
    }

    /// The settings, with Rocket's own from the environment and `Rocket.toml`.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn build(self) -> Result<Config, ConfigError> {
        let mut settings: BTreeMap<String, String> = self
            .settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        if let Some(secret) = &self.secret {
            settings.insert("SECRET".to_owned(), secret.to_hex());
        }
        Config::from_settings(Settings(settings), rocket::Config::figment())
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(name, value.into());
        self
    }
}

/// A text may hold a secret or a password, so only the names are shown.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("settings", &self.settings.keys())
            .finish_non_exhaustive()
    }
}

fn join<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().collect::<Vec<_>>().join(",")
}
