//! `portcullis serve`: the server.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use tracing_subscriber::EnvFilter;

use super::fail;
use crate::{Config, Portcullis};

pub(super) fn serve() -> ExitCode {
    // Rocket logs a launch as a warning and each failed guard or caught failure on three lines.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,rocket=off,portcullis::routes=off".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    rocket::execute(launch())
}

async fn launch() -> ExitCode {
    let config = match Config::read() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    let address = config.issuer().to_owned();
    let host = match Portcullis::new(config).open().await {
        Ok(host) => host,
        Err(error) => return fail(&error.to_string()),
    };
    let rocket = host.rocket().attach(AdHoc::on_liftoff("Address", |_| {
        Box::pin(async move {
            // A reader that has gone away is no reason to stop.
            let _ = writeln!(io::stdout(), "Portcullis is ready: open {address}");
        })
    }));
    match rocket.launch().await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail(&reason(&error)),
    }
}

/// The cause on one line, where Rocket itself would panic.
fn reason(error: &rocket::Error) -> String {
    match error.kind() {
        ErrorKind::Bind(error) => {
            format!("ROCKET_ADDRESS, ROCKET_PORT: cannot listen there: {error}")
        }
        ErrorKind::Config(error) => format!("Rocket's settings: {error}"),
        kind => kind.to_string(),
    }
}
