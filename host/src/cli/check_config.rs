//! `portcullis check-config`: what a start would do, and what is wrong or worrying, a line each. It writes
//! nothing.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use portcullis_core::diagnose::settings::Examined;

use super::{fail, options};
use crate::app::open_signer;
use crate::attestation::TrustSource;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Look;

/// What one line says.
enum Line {
    /// A start would stop here.
    Stops(String),
    /// A start would go on, and somebody should know.
    Worries(String),
    /// As it should be.
    Fine(String),
}

/// Examines the settings of this host, or what FILE says a relying party asks for.
pub(super) fn check_config(file: Option<&Path>) -> ExitCode {
    match file {
        Some(path) => check_options(path),
        None => print(rocket::execute(lines())),
    }
}

fn check_options(path: &Path) -> ExitCode {
    let examined = fs::read(path).and_then(|input| options::concerns(&input));
    match examined {
        Ok((Examined::NotAnObject, _)) => fail("the input is no JSON object"),
        Ok((_, concerns)) => print(concerns.into_iter().map(Line::from).collect()),
        Err(error) => fail(&format!("{}: {error}", path.display())),
    }
}

impl From<options::Concern> for Line {
    fn from(concern: options::Concern) -> Self {
        let text = format!("{} ({})", concern.text, concern.code);
        if concern.gravity == "stops" {
            Self::Stops(text)
        } else {
            Self::Worries(text)
        }
    }
}

fn print(lines: Vec<Line>) -> ExitCode {
    let mut output = io::stdout().lock();
    let mut stops = false;
    for line in lines {
        let (word, text) = match line {
            Line::Stops(text) => {
                stops = true;
                ("stops", text)
            }
            Line::Worries(text) => ("worries", text),
            Line::Fine(text) => ("fine", text),
        };
        if writeln!(output, "{word}: {text}").is_err() {
            break;
        }
    }
    if stops {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

async fn lines() -> Vec<Line> {
    let config = match Config::read() {
        Ok(config) => config,
        Err(error) => return vec![Line::Stops(error.to_string())],
    };
    let mut lines = vec![Line::Fine(format!(
        "opened at {}, RP ID {}, origins {}",
        config.issuer(),
        config.rp_id(),
        config.origins().collect::<Vec<_>>().join(", ")
    ))];
    lines.extend(config.warnings().into_iter().map(Line::Worries));
    match options::concerns(&options::asked(&config)) {
        Ok((_, concerns)) => lines.extend(concerns.into_iter().map(Line::from)),
        Err(error) => lines.push(Line::Stops(error.to_string())),
    }
    let local = config.rp_id() == "localhost";
    lines.extend(store(&config, local).await);
    lines.extend(secret(&config));
    lines.extend(proxies(&config, local));
    lines.push(match open_signer(&config).await {
        Ok(()) => Line::Fine("the key of login tokens can be used".to_owned()),
        Err(error) => Line::Stops(error.to_string()),
    });
    lines.extend(config.cases.as_deref().map(|folder| {
        Line::Fine(format!(
            "ceremonies that are refused are kept in {}",
            folder.display()
        ))
    }));
    let clock = Clock::start();
    match TrustSource::open(config.trust.clone(), clock.unix_time()) {
        Err(error) => lines.push(Line::Stops(error.to_string())),
        Ok(trust) => {
            let trust = trust.current();
            if config.trust.is_required() {
                lines.push(Line::Fine(format!(
                    "{} attestation roots",
                    trust.roots.len()
                )));
            }
            if let Some(issue) = &trust.metadata {
                let next = issue.next_update();
                lines.push(if issue.is_fresh(clock.unix_time()) {
                    Line::Fine(format!("FIDO metadata number {}, until {next}", issue.number()))
                } else {
                    Line::Worries(format!(
                        "PORTCULLIS_MDS: the next issue was due on {next}; fetch it, this one does not know \
                         of models that were revoked since"
                    ))
                });
            }
        }
    }
    lines
}

async fn store(config: &Config, local: bool) -> Vec<Line> {
    match config.store.look().await {
        Ok(Some(look)) => looked(look),
        Ok(None) if local => vec![Line::Fine(
            "accounts are in memory, until the host ends".to_owned(),
        )],
        Ok(None) => vec![Line::Worries(
            "PORTCULLIS_STORE: is memory, so a restart forgets every account; set it to sqlite:PATH or \
             postgres://..."
                .to_owned(),
        )],
        Err(error) => vec![Line::Stops(format!("PORTCULLIS_STORE: {error}"))],
    }
}

fn looked(look: Look) -> Vec<Line> {
    /// Clocks that differ by more seconds than this make tokens end early.
    const CLOCKS: u64 = 5;
    let Look {
        schema,
        known,
        time,
    } = look;
    let mut lines = vec![match schema {
        0 => Line::Fine(format!(
            "the store answers; a start makes its tables (schema {known})"
        )),
        _ if schema == known => Line::Fine(format!("the store answers, schema {schema}")),
        _ if schema < known => Line::Fine(format!(
            "the store answers; a start brings its schema from {schema} to {known}"
        )),
        _ => Line::Stops(format!(
            "PORTCULLIS_STORE: a newer Portcullis has used it (schema {schema}); run that version, or a \
             later one"
        )),
    }];
    if let Some(time) = time {
        let apart = time.abs_diff(Clock::start().now());
        lines.push(if apart <= CLOCKS {
            Line::Fine("this clock and the database's agree".to_owned())
        } else {
            Line::Worries(format!(
                "this clock and the database's are {apart} seconds apart; instances whose clocks differ \
                 refuse each other's tokens early"
            ))
        });
    }
    lines
}

fn secret(config: &Config) -> Vec<Line> {
    let mut lines = Vec::new();
    if config.is_durable() && config.has_random_secret() {
        lines.push(Line::Worries(
            "PORTCULLIS_SECRET: is not set, so every start makes another one: tokens end with the process, \
             and a second host accepts none of them"
                .to_owned(),
        ));
    }
    if !config.previous_secrets.is_empty() {
        lines.push(Line::Worries(format!(
            "PORTCULLIS_SECRET_PREVIOUS: {} earlier secrets are accepted; take them out once their tokens \
             are over",
            config.previous_secrets.len()
        )));
    }
    lines
}

fn proxies(config: &Config, local: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    if config.https_only() && config.trusted_proxies.is_empty() {
        lines.push(Line::Worries(
            "PORTCULLIS_TRUSTED_PROXIES: is empty; with a proxy that ends TLS every client looks like one, \
             with one rate limit for all"
                .to_owned(),
        ));
    }
    if !local && config.rate_limit.is_none() {
        lines.push(Line::Worries("PORTCULLIS_RATE_LIMIT: is off".to_owned()));
    }
    lines
}
