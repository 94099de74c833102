//! `portcullis serve`: the server.

use core::time::Duration;
use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::tokio::signal::unix::{Signal, SignalKind, signal};
use rocket::tokio::time::{sleep, timeout};
use rocket::{Orbit, Rocket, Shutdown};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{fail, systemd};
use crate::app::App;
use crate::{Config, Portcullis};

pub(super) fn serve() -> ExitCode {
    // Rocket logs a launch as a warning and each failed guard or caught failure on three lines;
    // PostgreSQL gives notice of a table that is there already.
    let asked = env::var("RUST_LOG").ok();
    let asked = asked.filter(|text| !text.trim().is_empty());
    let asked = asked.and_then(|text| text.trim_end_matches(',').parse().ok());
    let filter = asked.unwrap_or_else(|| {
        Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("rocket", LevelFilter::OFF)
            .with_target("portcullis::routes", LevelFilter::OFF)
            .with_target("sqlx::postgres::notice", LevelFilter::WARN)
    });
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .finish()
        .with(filter)
        .init();
    rocket::execute(launch())
}

async fn launch() -> ExitCode {
    let mut config = match Config::read() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    // Rocket would close its door at the signal; here `leave` does, a while later.
    let no_signals: [&str; 0] = [];
    config.rocket = config.rocket.merge(("shutdown.signals", no_signals));
    let asked_to_end = match signal(SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => return fail(&format!("SIGTERM cannot be waited for: {error}")),
    };
    let address = config.issuer().to_owned();
    let host = match Portcullis::new(config).open().await {
        Ok(host) => host,
        Err(error) => return fail(&error.to_string()),
    };
    let rocket = host.rocket().attach(AdHoc::on_liftoff("Ready", |rocket| {
        Box::pin(async move {
            ready(rocket, asked_to_end);
            // A reader that has gone away is no reason to stop.
            let _ = writeln!(io::stdout(), "Portcullis is ready: open {address}");
        })
    }));
    match rocket.launch().await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => match error.kind() {
            ErrorKind::Shutdown(rocket, None) if answers_end(rocket).await => ExitCode::SUCCESS,
            kind => fail(&reason(kind)),
        },
    }
}

/// Waits for answers that are being written, as long as Rocket does; whether all have been. Rocket itself does not
/// wait where it sees that it listens no more before it sees why, and then calls that a failure.
async fn answers_end(rocket: &Arc<Rocket<Orbit>>) -> bool {
    let settings = &rocket.config().shutdown;
    let patience = u64::from(settings.grace).saturating_add(settings.mercy.into());
    let end = async {
        while Arc::strong_count(rocket) > 1 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(patience), end).await.is_ok()
}

/// The host listens.
fn ready(rocket: &Rocket<Orbit>, asked_to_end: Signal) {
    if let Some(app) = rocket.state::<Arc<App>>() {
        rocket::tokio::spawn(leave(Arc::clone(app), asked_to_end, rocket.shutdown()));
    }
    systemd::notify(systemd::READY);
}

/// Ends the host in two steps when it is asked to. `/readyz` says so at once, and calls are answered until every
/// proxy has had the time to look; then the host listens no more, and answers what it has begun. A second
/// signal ends the wait.
async fn leave(app: Arc<App>, mut asked_to_end: Signal, shutdown: Shutdown) {
    let _ = asked_to_end.recv().await;
    app.leave();
    systemd::notify(systemd::STOPPING);
    let _ = timeout(app.config.drain, asked_to_end.recv()).await;
    shutdown.notify();
}

/// The cause on one line, where Rocket itself would panic.
fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Bind(error) => {
            format!("ROCKET_ADDRESS, ROCKET_PORT: cannot listen there: {error}")
        }
        ErrorKind::Config(error) => format!("Rocket's settings: {error}"),
        kind => kind.to_string(),
    }
}
