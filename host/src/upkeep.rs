//! What a running host does by itself: it takes up new metadata, and removes from the store what is over.

use core::time::Duration;
use std::sync::Arc;

use rocket::Shutdown;
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::{select, time};

use crate::app::App;
use crate::attestation::Refresh;
use crate::store::Sweep;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// How often the store is swept.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// What is over stays for so long, in seconds: the clocks of instances differ, and what one of them has
/// removed no other one can accept.
const MARGIN: u64 = 60;

/// The most rows of each kind that one write removes: it takes milliseconds, and sign-ins get in between.
const BATCH: u32 = 500;

/// Runs until the host shuts down.
pub(crate) async fn run(app: Arc<App>, mut shutdown: Shutdown) {
    let mut ticks = time::interval(INTERVAL);
    let mut sweeps = time::interval(SWEEP_INTERVAL);
    loop {
        select! {
            () = &mut shutdown => return,
            _ = ticks.tick() => {
                if app.trust.can_change() {
                    refresh_metadata(&app).await;
                }
            }
            _ = sweeps.tick() => select! {
                () = &mut shutdown => return,
                () = sweep(&app) => {}
            },
        }
    }
}

/// Removes what is over, a batch at a time. Of several instances the store lets one at a time do it.
async fn sweep(app: &App) {
    let now = app.clock.now().saturating_sub(MARGIN);
    let events_before = now.saturating_sub(app.config.audit_life.as_secs());
    // Where the store fails, that is in the log already, and the next round goes on.
    while let Ok(true) = app.store.sweep(Sweep::new(now, events_before, BATCH)).await {}
}

async fn refresh_metadata(app: &Arc<App>) {
    let shared = Arc::clone(app);
    // A file of megabytes is read and its signature verified.
    let refreshed = spawn_blocking(move || shared.trust.refresh(shared.clock.unix_time())).await;
    match refreshed {
        Ok(Refresh::Renewed) => {
            let trust = app.trust.current();
            let number = trust.metadata.as_ref().map(|issue| issue.number());
            tracing::info!(number, "the next issue of the FIDO metadata is in use");
        }
        Ok(Refresh::Refused(error)) => {
            tracing::error!("{error}; the issue that was read before stays in use");
        }
        Ok(Refresh::Unchanged) | Err(_) => {}
    }
}
