//! The commands.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use portcullis::pkcs11::TokenError;
use serde_json::json;

use super::clock::now;
use super::encoding::Bytes;
use super::gateway::{Gateway, Outcome};
use super::http;
use super::refusal::Refusal;
use super::request::Document;
use super::settings::Settings;
use super::token::{RECEIPT_KEY, Token};

const USAGE: &str = "\
hsm_gateway init   gateway.json
hsm_gateway trust  gateway.json ISSUER
hsm_gateway sign   gateway.json ISSUER DOCUMENT
hsm_gateway serve  gateway.json";

/// Why a command did not do what was asked.
#[derive(Debug)]
struct Failure {
    code: &'static str,
    reason: String,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            code: "not_readable",
            reason: error.to_string(),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code(),
            reason: refusal.to_string(),
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Refusal::from(error).into()
    }
}

/// Runs a command. Exit 0 done, 1 refused, 2 not a command.
pub(crate) fn run(
    words: &[&str],
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    messages: &mut dyn Write,
) -> ExitCode {
    let done = match words {
        ["init", settings] => init(settings, output),
        ["trust", settings, issuer] => trust(settings, issuer, output),
        ["sign", settings, issuer, document] => {
            sign(settings, issuer, document, input, output, messages)
        }
        ["serve", settings] => serve(settings, output),
        _ => {
            // There is nowhere else to report that the reader has gone away.
            let _ = writeln!(messages, "{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(messages, "{}: {}", failure.code, failure.reason);
            ExitCode::FAILURE
        }
    }
}

fn init(settings: &str, output: &mut dyn Write) -> Result<(), Failure> {
    let settings = Settings::read(Path::new(settings))?;
    let token = Token::new(settings.token.clone())?;
    let keys = settings.policies.iter().map(|policy| policy.key.as_str());
    for key in keys.chain([RECEIPT_KEY]) {
        let point = Bytes(token.generate(key)?.to_vec());
        writeln!(output, "{}", json!({"key": key, "point": point}))?;
    }
    Ok(())
}

fn trust(settings: &str, issuer: &str, output: &mut dyn Write) -> Result<(), Failure> {
    let gateway = Gateway::new(Settings::read(Path::new(settings))?)?;
    let trust = serde_json::to_string_pretty(&gateway.trust(issuer)?)?;
    Ok(writeln!(output, "{trust}")?)
}

fn sign(
    settings: &str,
    issuer: &str,
    document: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    messages: &mut dyn Write,
) -> Result<(), Failure> {
    let mut gateway = Gateway::new(Settings::read(Path::new(settings))?)?;
    let path = Path::new(document);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let document = Document::new(name, &std::fs::read(path)?);
    let (request, options) = gateway.begin(issuer, document, now())?;
    writeln!(messages, "{options}")?;
    for line in input.lines() {
        match gateway.approve(&request.id, &line?, now()) {
            Ok(Outcome::Signed { receipt }) => return Ok(writeln!(output, "{receipt}")?),
            Ok(Outcome::Waiting { missing }) => writeln!(messages, "approvals missing: {missing}")?,
            Err(refusal) => writeln!(messages, "{}: {refusal}", refusal.code())?,
        }
    }
    Err(Failure {
        code: "approvals_missing",
        reason: "there are not enough approvals, and no more input".to_owned(),
    })
}

fn serve(settings: &str, output: &mut dyn Write) -> Result<(), Failure> {
    let settings = Settings::read(Path::new(settings))?;
    let origin = settings.relying_party.origins.first().cloned();
    let figment = rocket::Config::figment();
    let rocket = http::rocket(settings, figment)?;
    writeln!(output, "open {}", origin.unwrap_or_default())?;
    match rocket::execute(rocket.launch()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure {
            code: "not_served",
            reason: error.kind().to_string(),
        }),
    }
}
