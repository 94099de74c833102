//! The commands.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::approval::{Gateway, Outcome};
use super::encoding::Bytes;
use super::receipt::Receipt;
use super::refusal::Refusal;
use super::request::Time;
use super::settings::{Settings, Trust};
use super::token::{Key, Token};

const USAGE: &str = "\
hsm_gateway init    gateway.json
hsm_gateway trust   gateway.json
hsm_gateway sign    gateway.json DOCUMENT
hsm_gateway verify  trust.json DOCUMENT RECEIPT";

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

/// Runs a command. Exit 0 done, 1 refused, 2 not a command.
pub(crate) fn run(
    words: &[&str],
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    messages: &mut dyn Write,
) -> ExitCode {
    let done = match words {
        ["init", settings] => init(settings, output),
        ["trust", settings] => trust(settings, output),
        ["sign", settings, document] => sign(settings, document, input, output, messages),
        ["verify", trust, document, receipt] => verify(trust, document, receipt, output),
        _ => {
            // There is nobody else to tell.
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
    let token = Token::at(settings.token);
    for key in [Key::Document, Key::Receipt] {
        let point = token.generate(key).map_err(Refusal::from)?;
        writeln!(
            output,
            "{}",
            json!({"key": key.label(), "point": Bytes(point.to_vec())})
        )?;
    }
    Ok(())
}

fn trust(settings: &str, output: &mut dyn Write) -> Result<(), Failure> {
    let gateway = Gateway::new(Settings::read(Path::new(settings))?)?;
    let trust = serde_json::to_string_pretty(&gateway.trust()?)?;
    Ok(writeln!(output, "{trust}")?)
}

fn sign(
    settings: &str,
    document: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
    messages: &mut dyn Write,
) -> Result<(), Failure> {
    let mut gateway = Gateway::new(Settings::read(Path::new(settings))?)?;
    let (request, options) = gateway.begin(&std::fs::read(document)?, now())?;
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
        reason: "no more approvals come, and they are not enough".to_owned(),
    })
}

fn verify(
    trust: &str,
    document: &str,
    receipt: &str,
    output: &mut dyn Write,
) -> Result<(), Failure> {
    let trust: Trust = serde_json::from_slice(&std::fs::read(trust)?)?;
    let document = std::fs::read(document)?;
    let receipt = std::fs::read_to_string(receipt)?;
    let receipt = Receipt::verify(&receipt, &document, &trust).map_err(|error| Failure {
        code: error.code(),
        reason: error.to_string(),
    })?;
    Ok(writeln!(
        output,
        "{}",
        serde_json::to_string_pretty(&receipt)?
    )?)
}

fn now() -> Time {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
