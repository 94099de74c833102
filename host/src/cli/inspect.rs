//! `portcullis inspect`: the core's explained dump.

use std::io::{self, BufRead, Read as _, Write};

use portcullis_core::inspect::{JsonWriter, TextWriter, inspect as explain};

use super::MAX_INPUT;

/// How an explained dump is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines for a person.
    Text,
    /// One JSON object.
    Json,
}

/// Reads one artefact in whatever form it was pasted, and explains it.
///
/// # Errors
///
/// Where reading or writing fails, or the input is longer than any artefact.
pub(super) fn inspect(
    mut input: impl BufRead,
    form: Form,
    output: &mut impl Write,
) -> io::Result<()> {
    let mut artefact = Vec::new();
    input.by_ref().take(MAX_INPUT).read_to_end(&mut artefact)?;
    if !input.fill_buf()?.is_empty() {
        let reason = format!("the input is longer than {MAX_INPUT} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    let explained = match form {
        Form::Text => {
            let mut text = TextWriter::new(String::new());
            explain(&mut artefact, &mut text);
            text.finish()
        }
        Form::Json => {
            let mut json = JsonWriter::new(String::new());
            explain(&mut artefact, &mut json);
            json.finish().map(|json| json + "\n")
        }
    };
    output.write_all(explained.map_err(io::Error::other)?.as_bytes())
}
