//! The audit file: one line of JSON for each event. What cannot be recorded does not happen.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::Serialize;

use super::encoding::Bytes;
use super::request::{Request, Time};

#[derive(Clone, Debug)]
pub(crate) struct Audit {
    path: PathBuf,
}

/// An event of a request.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub(crate) enum Event<'a> {
    Begun,
    Approved { approver: &'a str },
    Refused { code: &'a str },
    Signed { approvers: &'a [&'a str] },
}

#[derive(Serialize)]
struct Line<'a> {
    time: Time,
    #[serde(flatten)]
    event: Event<'a>,
    issuer: &'a str,
    id: &'a Bytes,
    document: &'a Bytes,
    text: &'a str,
}

impl Audit {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn append(&self, request: &Request, event: Event<'_>, time: Time) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line {
            time,
            event,
            issuer: &request.issuer,
            id: &request.id,
            document: &request.document,
            text: &request.text,
        })?;
        line.push(b'\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        // In one piece: other processes append to the file as well.
        file.write_all(&line)?;
        file.sync_data()
    }
}
