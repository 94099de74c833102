//! What a running host does by itself: it takes up new metadata.

use core::time::Duration;
use std::sync::Arc;

use rocket::Shutdown;
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::{select, time};

use crate::app::App;
use crate::attestation::Refresh;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Runs until the host shuts down.
pub(crate) async fn run(app: Arc<App>, mut shutdown: Shutdown) {
    let mut ticks = time::interval(INTERVAL);
    loop {
        select! {
            () = &mut shutdown => return,
            _ = ticks.tick() => {
                if app.trust.can_change() {
                    refresh_metadata(&app).await;
                }
            }
        }
    }
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
