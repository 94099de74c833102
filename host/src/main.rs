//! The command line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use portcullis::{Config, cli};
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use tracing_subscriber::EnvFilter;

/// A passkey server.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the page and its calls (what the plain command does too).
    Serve,
    /// Judges one check, JSON from FILE or standard input, and prints the verdict: exit 0 accepted,
    /// 1 rejected, 2 not a check.
    Verify {
        /// A check a line, a verdict a line: exit 0 when every line held a check, else 2.
        #[arg(long)]
        ndjson: bool,
        /// The file to read instead of standard input.
        file: Option<PathBuf>,
    },
    /// Explains any one artefact from FILE or standard input: a response, an attestation object,
    /// authenticator data, client data, a COSE key, a token; as JSON, base64url, base64, hexadecimal
    /// digits, bytes, or within a line of a log.
    Inspect {
        /// One JSON object instead of lines for a person.
        #[arg(long)]
        json: bool,
        /// The file to read instead of standard input.
        file: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Verify { ndjson, file } => match verify(ndjson, file.as_deref()) {
            Ok(outcome) => ExitCode::from(outcome.exit_code()),
            Err(error) => {
                eprintln!("portcullis: {error}");
                ExitCode::from(cli::Outcome::NotACheck.exit_code())
            }
        },
        Command::Inspect { json, file } => match inspect(json, file.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
    }
}

fn input(file: Option<&Path>) -> io::Result<Box<dyn BufRead>> {
    Ok(match file {
        Some(path) => Box::new(BufReader::new(File::open(path)?)),
        None => Box::new(io::stdin().lock()),
    })
}

fn inspect(json: bool, file: Option<&Path>) -> io::Result<()> {
    let form = if json {
        cli::Form::Json
    } else {
        cli::Form::Text
    };
    cli::inspect(input(file)?, form, &mut io::stdout().lock())
}

fn verify(ndjson: bool, file: Option<&Path>) -> io::Result<cli::Outcome> {
    let input = input(file)?;
    let mut output = io::stdout().lock();
    if ndjson {
        cli::verify_lines(input, &mut output)
    } else {
        cli::verify(input, &mut output)
    }
}

fn serve() -> ExitCode {
    // Rocket logs a launch as a warning and each failed guard or caught failure on three lines.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "info,rocket=off,portcullis::routes=off".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    let config = match Config::read() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let address = config.issuer().to_owned();
    let rocket = portcullis::rocket(config).attach(AdHoc::on_liftoff("Address", |_| {
        Box::pin(async move {
            // A reader that has gone away is no reason to stop.
            let _ = writeln!(io::stdout(), "Portcullis is ready: open {address}");
        })
    }));
    match rocket::execute(rocket.launch()) {
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

fn fail(reason: &str) -> ExitCode {
    eprintln!("portcullis: {reason}");
    ExitCode::FAILURE
}
