//! What all handlers share: the opened store, the keys, and the settings they come from.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;

use crate::account::recovery::Attempts;
use crate::account::session::SessionCookie;
use crate::approval::receipt::Receipts;
use crate::approval::request::Requests;
use crate::attestation::TrustSource;
use crate::audit;
use crate::cases::{Cases, Known};
use crate::ceremony::challenge::Challenges;
use crate::ceremony::decoys::Decoys;
use crate::clock::{Clock, Timestamp};
use crate::config::{Config, ConfigError};
use crate::encoding::base64url;
use crate::error::StartError;
use crate::event::Events;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::store::observed::observed;
use crate::store::{Event, Store, StoreSetting};
use crate::token::keys::{self, CryptoFailure, KeySource};
use crate::token::login::LoginTokens;
use crate::token::signer::{self, DerivedSigner, LoginSigner, Point};

/// One running host.
pub(crate) struct App {
    pub(crate) config: Config,
    /// Where the host is mounted, without a slash at its end.
    pub(crate) base: String,
    pub(crate) clock: Clock,
    pub(crate) trust: TrustSource,
    pub(crate) challenges: Challenges,
    pub(crate) login: LoginTokens,
    pub(crate) requests: Requests,
    pub(crate) receipts: Receipts,
    pub(crate) decoys: Decoys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) cookie: SessionCookie,
    pub(crate) attempts: Attempts,
    pub(crate) metrics: Metrics,
    /// Names this process, where its accounts end with it: so a page can tell a restart from a session that
    /// is over.
    #[cfg_attr(
        not(feature = "page"),
        expect(dead_code, reason = "only the page looks at it")
    )]
    pub(crate) process: Option<String>,
    cases: Option<Cases>,
    /// The description of the calls, once somebody has asked for it.
    pub(crate) openapi: OnceLock<String>,
    events: Vec<Arc<dyn Events>>,
    /// It ends soon, and no more requests should be sent to it.
    is_leaving: AtomicBool,
}

/// What an application brings in place of what the settings name.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    pub(crate) base: String,
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) signer: Option<Arc<dyn LoginSigner>>,
    pub(crate) clock: Option<Clock>,
    pub(crate) events: Vec<Arc<dyn Events>>,
}

impl App {
    /// Opens what the settings name: the store, the signer, the files of trust.
    pub(crate) async fn open(config: Config, parts: Parts) -> Result<Self, StartError> {
        let clock = parts.clock.unwrap_or_else(Clock::start);
        let secrets = [&config.secret].into_iter().chain(&config.previous_secrets);
        let keys: Vec<KeySource> = secrets
            .map(|secret| KeySource::new(secret, &config.rp_id))
            .collect();
        let (current, previous) = keys.split_first().ok_or(CryptoFailure)?;
        let store = match parts.store {
            Some(store) => store,
            None => open_store(&config.store).await?,
        };
        // Its names are all different.
        let metrics = Metrics::new().map_err(|_| CryptoFailure)?;
        let store = observed(store, metrics.store_calls());
        let process = if store.is_durable() {
            None
        } else {
            Some(base64url(&keys::random::<12>()?))
        };
        let signer = match parts.signer {
            Some(signer) => signer,
            None => signer::open(&config.signer, current).await?,
        };
        let signed_before = previous
            .iter()
            .map(|keys| DerivedSigner::new(keys).map(|signer| *signer.public_key()));
        let signed_before: Vec<Point> = signed_before.collect::<Result<_, _>>()?;
        let trust = TrustSource::open(config.trust.clone(), clock.unix_time())?;
        let cases = config
            .cases
            .as_deref()
            .map(|folder| Cases::open(folder, current));
        let cases = cases
            .transpose()
            .map_err(|error| ConfigError::new("CASES", error.to_string()))?;
        Ok(Self {
            cases,
            challenges: Challenges::new(&config, &clock, &keys, store.is_durable())?,
            login: LoginTokens::new(&config, &clock, Arc::clone(&signer), &signed_before)?,
            requests: Requests::new(&config, &clock, &keys, store.is_durable())?,
            receipts: Receipts::new(signer, &signed_before)?,
            // By the oldest secret, so that they stay while secrets change.
            decoys: Decoys::new(previous.last().unwrap_or(current).clone())?,
            process,
            store,
            limiter: config.rate_limit.map(Limiter::new),
            cookie: SessionCookie::of(&config),
            attempts: Attempts::new(),
            openapi: OnceLock::new(),
            metrics,
            base: parts.base,
            events: parts.events,
            is_leaving: AtomicBool::new(false),
            trust,
            clock,
            config,
        })
    }

    /// From now on `/readyz` says that this host is not to be sent requests. It answers those that come.
    #[cfg(feature = "cli")]
    pub(crate) fn leave(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// When a session that is used now is over if it is not used again.
    pub(crate) fn idle_expires(&self, now: Timestamp, expires: Timestamp) -> Timestamp {
        now.saturating_add(self.config.session_idle.as_secs())
            .min(expires)
    }

    /// Logs what has happened, and tells the application.
    pub(crate) async fn tell(&self, event: &Event) {
        audit::log(event);
        for events in &self.events {
            events.happened(event).await;
        }
    }

    /// Keeps a ceremony that was refused, where the settings say so. `known` is what it was judged by.
    pub(crate) fn keep_case(
        &self,
        (code, step): (&'static str, Option<&str>),
        response: Option<&RawValue>,
        token: &str,
        known: impl FnOnce() -> Known,
    ) {
        if let Some(cases) = &self.cases {
            cases.keep(known(), response, token, (code, step), self.clock.now());
        }
    }

    /// What an operator should know of the host as it runs: a sentence each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let now = self.clock.unix_time();
        let trust = self.trust.current();
        let stale = trust.metadata.as_ref().filter(|issue| !issue.is_fresh(now));
        let mut warnings = self.config.warnings();
        warnings.extend(stale.map(|issue| {
            format!(
                "PORTCULLIS_MDS: the next issue was due on {}; fetch it, this one does not know of models \
                 that were revoked since",
                issue.next_update()
            )
        }));
        warnings
    }
}

/// Whether the signer that the settings name can be opened.
#[cfg(feature = "cli")]
pub(crate) async fn open_signer(config: &Config) -> Result<(), StartError> {
    let keys = KeySource::new(&config.secret, &config.rp_id);
    signer::open(&config.signer, &keys).await.map(|_| ())
}

/// Opens the store that the settings name.
pub(crate) async fn open_store(setting: &StoreSetting) -> Result<Arc<dyn Store>, ConfigError> {
    let opened = setting.open().await;
    opened.map_err(|error| ConfigError::new("STORE", error.to_string()))
}
