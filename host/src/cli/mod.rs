//! The command line.

mod accounts;
mod audit;
mod check_config;
mod export;
mod import;
mod inspect;
mod invite;
mod options;
mod receipt;
mod record;
mod serve;
mod store;
mod systemd;
mod verify;

use core::time::Duration;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The longest input: ten times a response with a long certificate chain and its roots.
const MAX_INPUT: u64 = 4 * 1_024 * 1_024;

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
    /// Verifies the receipt of an approved document, offline, and prints the verdict: exit 0
    /// accepted, 1 rejected, 2 not readable.
    VerifyReceipt {
        /// What is trusted: issuer, RP ID, origins, threshold, keys and approvers, as JSON.
        trust: PathBuf,
        /// The document.
        document: PathBuf,
        /// The receipt.
        receipt: PathBuf,
    },
    /// Prints a link that is good for one registration: of NAME, or of any name that is free. Where NAME
    /// has an account, it gets one more passkey.
    Invite {
        /// The user name.
        name: Option<String>,
        /// How long the link can be used: 90s, 30m, 24h, 7d.
        #[arg(long, default_value = "24h", value_parser = invite::span)]
        life: Duration,
    },
    /// Lists what has happened, of NAME or of everybody, oldest first: time, event, name, passkey,
    /// network, code and step of a refusal.
    Audit {
        /// The user name.
        name: Option<String>,
        /// Only what is not older: 90s, 30m, 24h, 7d.
        #[arg(long, value_parser = invite::span)]
        since: Option<Duration>,
        /// A JSON object a line.
        #[arg(long)]
        json: bool,
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
    /// Lists the accounts of the store.
    #[command(args_conflicts_with_subcommands = true)]
    Accounts {
        /// A JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        command: Option<accounts::AccountsCommand>,
    },
    /// Prints every account of the store, one a line: all that is needed to sign in, which is no secret
    /// key.
    Export,
    /// Stores accounts from FILE or standard input, each wholly or not at all: exit 0 when every line
    /// was imported or there already.
    Import {
        /// The library whose records the lines hold, instead of those of `export`.
        #[arg(long)]
        from: Option<import::Library>,
        /// Says what would happen and writes nothing.
        #[arg(long)]
        dry_run: bool,
        /// The file to read instead of standard input.
        file: Option<PathBuf>,
    },
    /// Says what a start would do with the settings, and what would stop it or is worrying: exit 1 when
    /// it would stop. With FILE, examines any relying party's settings and options instead: exit 1 when no
    /// ceremony could succeed.
    CheckConfig {
        /// JSON: a ceremony's options, or `{"rpId", "origins", "relatedOrigins", "creation", "request", ...}`.
        file: Option<PathBuf>,
    },
}

/// Runs the command that the program's arguments name.
#[must_use]
pub fn run() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(),
        Command::Verify { ndjson, file } => exit_code(judge(ndjson, file.as_deref())),
        Command::VerifyReceipt {
            trust,
            document,
            receipt,
        } => exit_code(judge_receipt(&trust, &document, &receipt)),
        Command::Invite { name, life } => {
            store::on_store(async |store| invite::invite(store, name.as_deref(), life).await)
        }
        Command::Audit { name, since, json } => {
            store::on_store(async |store| audit::audit(store, name.as_deref(), since, json).await)
        }
        Command::CheckConfig { file } => check_config::check_config(file.as_deref()),
        Command::Inspect { json, file } => match explain(json, file.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error.to_string()),
        },
        Command::Accounts { json, command } => store::on_store(async |store| match command {
            Some(command) => accounts::run(store, command).await,
            None => accounts::list(store, json).await,
        }),
        Command::Export => store::on_store(export::export),
        Command::Import {
            from,
            dry_run,
            file,
        } => store::on_store(async |store| {
            import::import(store, input(file.as_deref())?, from, dry_run).await
        }),
    }
}

fn input(file: Option<&Path>) -> io::Result<Box<dyn BufRead>> {
    Ok(match file {
        Some(path) => Box::new(BufReader::new(File::open(path)?)),
        None => Box::new(io::stdin().lock()),
    })
}

fn explain(json: bool, file: Option<&Path>) -> io::Result<()> {
    let form = if json {
        inspect::Form::Json
    } else {
        inspect::Form::Text
    };
    inspect::inspect(input(file)?, form, &mut io::stdout().lock())
}

fn judge(ndjson: bool, file: Option<&Path>) -> io::Result<verify::Outcome> {
    let input = input(file)?;
    let mut output = io::stdout().lock();
    if ndjson {
        verify::verify_lines(input, &mut output)
    } else {
        verify::verify(input, &mut output)
    }
}

fn judge_receipt(trust: &Path, document: &Path, receipt: &Path) -> io::Result<verify::Outcome> {
    let open = |path: &Path| {
        File::open(path)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    receipt::verify_receipt(
        open(trust)?,
        open(document)?,
        open(receipt)?,
        &mut io::stdout().lock(),
    )
}

fn exit_code(outcome: io::Result<verify::Outcome>) -> ExitCode {
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("portcullis: {error}");
            ExitCode::from(verify::Outcome::NotACheck.exit_code())
        }
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("portcullis: {reason}");
    ExitCode::FAILURE
}
