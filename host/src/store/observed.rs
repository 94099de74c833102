//! A store whose failures are seen in the log: a line when it goes away, with the cause, and one when it
//! is back, however many calls have failed in between.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use prometheus::IntCounterVec;

use super::wrapped::{Around, Wrapped};
use super::{Store, StoreError};

/// A store that has not failed for so long is back.
const BACK: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Observed {
    store: Arc<dyn Store>,
    calls: IntCounterVec,
    outage: Mutex<Option<Outage>>,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    began: Instant,
    last: Instant,
    failed: u64,
}

impl Around for Observed {
    fn store(&self) -> &dyn Store {
        &*self.store
    }

    fn answered(&self, call: &'static str, error: Option<&StoreError>) {
        let outcome = match error {
            None => "ok",
            Some(StoreError::Full) => "full",
            Some(_) => "unavailable",
        };
        self.calls.with_label_values(&[call, outcome]).inc();
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        if error.is_none() && outage.is_none() {
            return;
        }
        let now = Instant::now();
        match (error, &mut *outage) {
            (Some(StoreError::Unavailable(_)), Some(since)) => {
                since.last = now;
                since.failed = since.failed.saturating_add(1);
            }
            (Some(StoreError::Unavailable(cause)), none) => {
                *none = Some(Outage {
                    began: now,
                    last: now,
                    failed: 1,
                });
                tracing::error!(%cause, "the store is not available");
            }
            (None, Some(since)) if now.duration_since(since.last) >= BACK => {
                let seconds = now.duration_since(since.began).as_secs();
                tracing::info!(
                    seconds,
                    failed = since.failed,
                    "the store is available again"
                );
                *outage = None;
            }
            _ => {}
        }
    }
}

/// The store, its calls counted by name and outcome, and its failures logged.
pub(crate) fn observed(store: Arc<dyn Store>, calls: IntCounterVec) -> Arc<dyn Store> {
    let outage = Mutex::default();
    Arc::new(Wrapped(Observed {
        store,
        calls,
        outage,
    }))
}
