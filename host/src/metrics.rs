//! What a monitoring system reads, in Prometheus' text format.
//!
//! Labels come from fixed tables alone, so nobody can make the host remember more series.

use core::time::Duration;

use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::http::problem::Problem;
use crate::store::Counts;

/// The media type of the format.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the seconds that a call takes: a verification takes a tenth of a millisecond, a
/// store over a network some milliseconds, a token that signs some hundred.
const SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];

/// A ceremony.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flow {
    Registration,
    Authentication,
    Recovery,
}

impl Flow {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Authentication => "authentication",
            Self::Recovery => "recovery",
        }
    }
}

/// The series of one host.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    begun: IntCounterVec,
    completed: IntCounterVec,
    seconds: HistogramVec,
    store_calls: IntCounterVec,
    accounts: IntGauge,
    credentials: IntGauge,
    sessions: IntGauge,
    spent: IntGauge,
}

impl Metrics {
    /// # Errors
    /// Where two series have one name.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let begun = IntCounterVec::new(
            Opts::new(
                "portcullis_ceremonies_begun_total",
                "Ceremonies that were begun.",
            ),
            &["flow"],
        )?;
        let completed = IntCounterVec::new(
            Opts::new(
                "portcullis_ceremonies_total",
                "Ceremonies that came to an end: accepted, or refused with a code at a step. \
                 `authenticator` is `synced`, `device_bound`, or empty where it is not known.",
            ),
            &["flow", "outcome", "code", "step", "authenticator"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "portcullis_ceremony_seconds",
                "How long the host took to judge and store.",
            )
            .buckets(SECONDS.to_vec()),
            &["flow"],
        )?;
        let store_calls = IntCounterVec::new(
            Opts::new(
                "portcullis_store_calls_total",
                "Calls of the store: `ok`, or failed as `full` or `unavailable`.",
            ),
            &["call", "outcome"],
        )?;
        let build = IntCounterVec::new(
            Opts::new(
                "portcullis_build_info",
                "The version of this host; always 1.",
            ),
            &["version"],
        )?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).inc();
        let gauge = |name: &str, help: &str| IntGauge::new(name, help);
        let metrics = Self {
            begun,
            completed,
            seconds,
            store_calls,
            accounts: gauge("portcullis_accounts", "Accounts in the store.")?,
            credentials: gauge("portcullis_credentials", "Passkeys in the store.")?,
            sessions: gauge("portcullis_sessions", "Sessions in the store.")?,
            spent: gauge(
                "portcullis_spent_tokens",
                "Challenge tokens that are spent and have not expired.",
            )?,
            registry,
        };
        let registry = &metrics.registry;
        registry.register(Box::new(metrics.begun.clone()))?;
        registry.register(Box::new(metrics.completed.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.store_calls.clone()))?;
        registry.register(Box::new(build))?;
        for gauge in [
            &metrics.accounts,
            &metrics.credentials,
            &metrics.sessions,
            &metrics.spent,
        ] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(metrics)
    }

    /// The series of the store's calls.
    pub(crate) fn store_calls(&self) -> IntCounterVec {
        self.store_calls.clone()
    }

    pub(crate) fn begun(&self, flow: Flow) {
        self.begun.with_label_values(&[flow.as_str()]).inc();
    }

    pub(crate) fn accepted(&self, flow: Flow, synced: bool, took: Duration) {
        let authenticator = if synced { "synced" } else { "device_bound" };
        self.ended([flow.as_str(), "accepted", "", "", authenticator], took);
    }

    pub(crate) fn refused(
        &self,
        flow: Flow,
        problem: &Problem,
        synced: Option<bool>,
        took: Duration,
    ) {
        let authenticator = match synced {
            Some(true) => "synced",
            Some(false) => "device_bound",
            None => "",
        };
        let step = problem.step().unwrap_or_default();
        let labels = [
            flow.as_str(),
            "refused",
            problem.code(),
            step,
            authenticator,
        ];
        self.ended(labels, took);
    }

    fn ended(&self, labels: [&str; 5], took: Duration) {
        self.completed.with_label_values(&labels).inc();
        self.seconds
            .with_label_values(&labels[..1])
            .observe(took.as_secs_f64());
    }

    /// All series, with what the store holds where it can say so.
    pub(crate) fn text(&self, counts: Option<Counts>) -> Result<Vec<u8>, prometheus::Error> {
        if let Some(counts) = counts {
            for (gauge, count) in [
                (&self.accounts, counts.accounts),
                (&self.credentials, counts.credentials),
                (&self.sessions, counts.sessions),
                (&self.spent, counts.spent),
            ] {
                gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
