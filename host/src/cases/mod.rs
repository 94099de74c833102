//! Cases (`PORTCULLIS_CASES`): each ceremony that was refused, kept as one JSON check that `portcullis verify` and the
//! inspector take, with the verdict and what is wrong.
//!
//! A case is no record of a person: [`Pseudonyms`] says what is taken out of it, and what cannot be.

mod known;
mod pseudonyms;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use portcullis_core::Crypto;
use portcullis_core::check::{answer_check, room_for};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

pub(crate) use known::{authentication, registration};
use pseudonyms::Pseudonyms;

use crate::clock::Timestamp;
use crate::encoding::rfc3339;
use crate::token::keys::{self, KeySource};

/// Files that are kept; the oldest leave.
const CASES_MAX: usize = 1_000;

/// Cases that wait to be written. Where they come faster, the next ones are not kept.
const WAITING_MAX: usize = 64;

/// Where failed ceremonies go. Written by a thread of its own: no answer waits for a disk or a diagnosis.
pub(crate) struct Cases(SyncSender<Case>);

/// What was known of a ceremony: the members of a check but for the response.
pub(crate) type Known = Map<String, Value>;

/// A ceremony that was refused, as it came.
struct Case {
    known: Known,
    response: String,
    /// Never written: what holds it is left out.
    token: String,
    code: &'static str,
    step: Option<String>,
    time: Timestamp,
}

impl Cases {
    /// Opens the folder, and makes it where there is none.
    pub(crate) fn open(folder: &Path, keys: &KeySource) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // A folder that cannot be written to is found out now, and not at the first case.
        let probe = folder.join(".portcullis");
        create(&probe, b"")?;
        fs::remove_file(&probe)?;
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let (folder, pseudonyms) = (folder.to_owned(), Pseudonyms::new(keys.clone()));
        thread::Builder::new()
            .name("cases".to_owned())
            .spawn(move || write_all(&folder, &pseudonyms, &receiver))?;
        Ok(Self(sender))
    }

    /// Keeps a ceremony that was refused.
    pub(crate) fn keep(
        &self,
        known: Known,
        response: Option<&RawValue>,
        token: &str,
        (code, step): (&'static str, Option<&str>),
        time: Timestamp,
    ) {
        let case = Case {
            known,
            response: response.map_or("null", RawValue::get).to_owned(),
            token: token.to_owned(),
            code,
            step: step.map(str::to_owned),
            time,
        };
        if self.0.try_send(case).is_err() {
            tracing::debug!("a case is not kept: others are being written");
        }
    }
}

fn write_all(folder: &Path, pseudonyms: &Pseudonyms, cases: &Receiver<Case>) {
    for (number, case) in cases.iter().enumerate() {
        let written = case
            .write(folder, pseudonyms, number)
            .and_then(|()| remove_oldest(folder));
        if let Err(error) = written {
            tracing::warn!(%error, "PORTCULLIS_CASES: a case is not kept");
        }
    }
}

impl Case {
    /// One line: the check, what the host answered, and the verdict of the check as written.
    fn write(mut self, folder: &Path, pseudonyms: &Pseudonyms, number: usize) -> io::Result<()> {
        let path = folder.join(self.name(number)?);
        let time = rfc3339(self.time);
        let (code, step) = (self.code, self.step.take());
        let mut check = pseudonyms.replace(self.known, &self.response, &self.token);
        check.insert(
            "refused".to_owned(),
            json!({"code": code, "step": step, "time": time}),
        );
        let mut line = serde_json::to_string(&check)?;
        let mut verdict = String::new();
        let mut room = vec![0; room_for(line.len())];
        answer_check(
            line.as_bytes(),
            &mut room,
            None,
            &Crypto::BUILT_IN,
            &mut verdict,
        )
        .map_err(io::Error::other)?;
        line.truncate(line.len().saturating_sub(1));
        line.push_str(&format!(",\"verdict\":{verdict}}}\n"));
        // A reader of the folder sees only whole files.
        let partial = path.with_extension("part");
        create(&partial, line.as_bytes())?;
        fs::rename(&partial, &path)
    }

    /// Names sort by time; several hosts may share a folder.
    fn name(&self, number: usize) -> io::Result<String> {
        let time = rfc3339(self.time).replace(['-', ':'], "");
        let random = u32::from_be_bytes(keys::random().map_err(io::Error::other)?);
        let step = self.step.as_deref().unwrap_or("none");
        Ok(format!(
            "{time}-{number:06}-{random:08x}-{step}-{}.json",
            self.code
        ))
    }
}

fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(content)
}

/// Whether a file is one of ours: nothing else in the folder is counted or removed.
fn is_case(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.split_once('-'))
        .is_some_and(|(time, rest)| {
            time.len() == "20261128T034731Z".len() && rest.ends_with(".json")
        })
}

fn remove_oldest(folder: &Path) -> io::Result<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_case(path))
        .collect();
    paths.sort_unstable();
    for path in paths.iter().take(paths.len().saturating_sub(CASES_MAX)) {
        fs::remove_file(path)?;
    }
    Ok(())
}
