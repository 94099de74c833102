//! `portcullis verify-receipt`: whether the receipt of an approved document verifies.

use std::io::{self, Read, Write};

use aws_lc_rs::digest::{Context, SHA256};
use portcullis_core::Crypto;
use portcullis_core::approval;
use portcullis_core::check::CheckError;

use super::MAX_INPUT;
use super::verify::Outcome;
use crate::encoding::base64url;

/// Reads what is trusted, a document and its receipt, and writes the verdict, a line.
///
/// # Errors
///
/// Where reading or writing fails.
pub(super) fn verify_receipt(
    trust: impl Read,
    mut document: impl Read,
    receipt: impl Read,
    output: &mut impl Write,
) -> io::Result<Outcome> {
    let trust = read_text(trust)?;
    let receipt = read_text(receipt)?;
    let mut hash = Context::new(&SHA256);
    let mut buffer = [0; 8 * 1_024];
    loop {
        match document.read(&mut buffer)? {
            0 => break,
            length => hash.update(buffer.get(..length).unwrap_or_default()),
        }
    }
    let document = base64url(hash.finish().as_ref());
    // What is trusted goes in as it is: the core judges it.
    let receipt = serde_json::to_string(receipt.trim())?;
    let check = format!(r#"{{"receipt":{receipt},"document":"{document}","trust":{trust}}}"#);
    let mut verdict = String::new();
    let mut check = check.into_bytes();
    let outcome = match approval::verify_receipt(&mut check, &Crypto::BUILT_IN, &mut verdict) {
        Ok(Ok(())) => Outcome::Accepted,
        Ok(Err(_)) => Outcome::Rejected,
        Err(CheckError::NotACheck(reason)) => {
            reason.write_json(&mut verdict).map_err(io::Error::other)?;
            Outcome::NotACheck
        }
        Err(error) => return Err(io::Error::other(error)),
    };
    writeln!(output, "{verdict}")?;
    Ok(outcome)
}

fn read_text(input: impl Read) -> io::Result<String> {
    let mut text = String::new();
    input.take(MAX_INPUT).read_to_string(&mut text)?;
    Ok(text)
}
