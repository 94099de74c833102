//! What a monitoring system reads, in Prometheus' text format.
//!
//! Labels come from fixed tables alone, so nobody can make the host remember more series.

use core::time::Duration;

use portcullis_core::data::Aaguid;
use portcullis_core::inspect::product;
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::http::problem::Problem;
use crate::store::{Counts, Credential};

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
    Approval,
}

impl Flow {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Authentication => "authentication",
            Self::Recovery => "recovery",
            Self::Approval => "approval",
        }
    }
}

/// What the names of products begin with, and the family that they are counted in. What begins otherwise is
/// `other`: the label has as many values as this table has, and two more.
const FAMILIES: [(&str, &str); 16] = [
    ("1Password", "1password"),
    ("Android", "google"),
    ("Apple", "apple"),
    ("Bitwarden", "bitwarden"),
    ("Dashlane", "dashlane"),
    ("Feitian", "feitian"),
    ("Google", "google"),
    ("KeePass", "keepass"),
    ("Keeper", "keeper"),
    ("LastPass", "lastpass"),
    ("NordPass", "nordpass"),
    ("Proton", "proton"),
    ("Samsung", "samsung"),
    ("Windows Hello", "windows_hello"),
    ("iCloud", "apple"),
    ("YubiKey", "yubico"),
];

/// Yubico's cheaper keys do not begin with its name.
const BY_YUBICO: &str = "by Yubico";

/// An authenticator, as labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authenticator {
    /// `synced`, `device_bound`, or empty where it is not known.
    kind: &'static str,
    /// The family of its product, by its AAGUID; empty where it gives none.
    family: &'static str,
}

impl Authenticator {
    pub(crate) const UNKNOWN: Self = Self {
        kind: "",
        family: "",
    };

    pub(crate) fn of(credential: &Credential) -> Self {
        Self {
            kind: if credential.state.backup_eligible {
                "synced"
            } else {
                "device_bound"
            },
            ..Self::of_model(credential.aaguid)
        }
    }

    pub(crate) fn of_model(aaguid: Aaguid) -> Self {
        let family = match product(aaguid) {
            None if aaguid == Aaguid::ZERO => "",
            None => "other",
            Some(product) if product.contains(BY_YUBICO) => "yubico",
            Some(product) => FAMILIES
                .iter()
                .find(|(start, _)| product.starts_with(start))
                .map_or("other", |(_, family)| family),
        };
        Self {
            family,
            ..Self::UNKNOWN
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
                 `authenticator` is `synced`, `device_bound`, or empty where it is not known; `family` is \
                 that of its product, by the AAGUID that it gives, or empty where it gives none.",
            ),
            &["flow", "outcome", "code", "step", "authenticator", "family"],
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

    pub(crate) fn accepted(&self, flow: Flow, authenticator: Authenticator, took: Duration) {
        self.ended(flow, ["accepted", "", ""], authenticator, took);
    }

    pub(crate) fn refused(
        &self,
        flow: Flow,
        problem: &Problem,
        authenticator: Authenticator,
        took: Duration,
    ) {
        let step = problem.step().unwrap_or_default();
        self.ended(flow, ["refused", problem.code(), step], authenticator, took);
    }

    fn ended(&self, flow: Flow, end: [&str; 3], authenticator: Authenticator, took: Duration) {
        let [outcome, code, step] = end;
        let Authenticator { kind, family } = authenticator;
        let labels = [flow.as_str(), outcome, code, step, kind, family];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_counted_by_their_families() {
        for (aaguid, family) in [
            (
                0x0898_7058_cadc_4b81_b6e1_30de_50dc_be96_u128,
                "windows_hello",
            ),
            (0x0bb4_3545_fd2c_4185_87dd_feb0_b291_6ace, "yubico"),
            (0x1908_3c3d_8383_4b18_bc03_8f1c_9ab2_fd1b, "yubico"),
            (0x42b4_fb4a_2866_43b2_9bf7_6c66_69c2_e5d3, "google"),
            (0x2cd2_f727_f6ca_44da_8f48_5c2e_5da0_00a2, "other"),
            (1, "other"),
            (0, ""),
        ] {
            let aaguid = Aaguid::new(aaguid.to_be_bytes());
            let found = Authenticator::of_model(aaguid).family;
            assert_eq!(found, family, "{:?}", product(aaguid));
        }
    }
}
