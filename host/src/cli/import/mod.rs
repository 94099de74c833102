//! `portcullis import`: accounts from `export`, or from another library's records.

mod foreign;
mod key;

use std::collections::VecDeque;
use std::io::{BufRead, IsTerminal as _, Read as _, Write as _, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use rocket::tokio::task::JoinHandle;

use super::export::Progress;
use super::record::AccountRecord;
use super::store::Failure;
use crate::store::{AccountKey, Import, Imported, Store, StoreError};

pub(super) use foreign::Library;

/// The longest line: an account with as many passkeys as it may have.
const MAX_LINE: u64 = 1024 * 1024;

/// Accounts that are written at the same time.
const AT_ONCE: usize = 64;

/// What was read, and what became of it.
#[derive(Debug, Default)]
struct Counts {
    imported: u64,
    there: u64,
    refused: u64,
}

/// An account on its way into the store.
struct Writing {
    line: u64,
    name: String,
    task: JoinHandle<Result<Imported, StoreError>>,
}

pub(super) async fn import(
    store: Arc<dyn Store>,
    mut input: Box<dyn BufRead>,
    from: Option<Library>,
    dry_run: bool,
) -> Result<ExitCode, Failure> {
    let mut counts = Counts::default();
    let mut progress = Progress::default();
    let mut writing: VecDeque<Writing> = VecDeque::new();
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        number = number.saturating_add(1);
        let read = input
            .by_ref()
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if line.len() > usize::try_from(MAX_LINE).unwrap_or(usize::MAX) {
            return Err(Failure::Other(format!(
                "line {number} is longer than {MAX_LINE} bytes; nothing of it or after it was imported"
            )));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_account(&line, from) {
            Ok((import, notes)) => {
                let name = import.account.name.to_string();
                for note in notes {
                    say(number, &name, &note)?;
                }
                let store = Arc::clone(&store);
                let task = rocket::tokio::spawn(async move {
                    if dry_run {
                        look(&*store, &import).await
                    } else {
                        store.import(import).await
                    }
                });
                writing.push_back(Writing {
                    line: number,
                    name,
                    task,
                });
            }
            Err(reason) => {
                counts.refused = counts.refused.saturating_add(1);
                say(number, "not imported", &reason)?;
            }
        }
        if writing.len() >= AT_ONCE
            && let Some(first) = writing.pop_front()
        {
            first.end(&mut counts).await?;
            progress.one_more();
        }
    }
    while let Some(first) = writing.pop_front() {
        first.end(&mut counts).await?;
        progress.one_more();
    }
    progress.end();
    let Counts {
        imported,
        there,
        refused,
    } = counts;
    let done = if dry_run {
        "would be imported"
    } else {
        "imported"
    };
    writeln!(
        stdout(),
        "{imported} {done}, {there} were there, {refused} refused"
    )?;
    Ok(if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Writing {
    async fn end(self, counts: &mut Counts) -> Result<(), Failure> {
        let Self { line, name, task } = self;
        let written = task
            .await
            .map_err(|error| Failure::Other(error.to_string()))?;
        let written = written.map_err(|error| {
            Failure::Other(format!(
                "line {line} ({name}): {error}; what is before it was imported, the same import can run again"
            ))
        })?;
        let (count, what) = match written {
            Imported::Done => {
                counts.imported = counts.imported.saturating_add(1);
                return Ok(());
            }
            Imported::HandleTaken => (
                &mut counts.there,
                "was there: an account has this user handle",
            ),
            Imported::NameTaken => (
                &mut counts.refused,
                "not imported: another account has the name",
            ),
            Imported::CredentialExists => (
                &mut counts.refused,
                "not imported: another account has one of its passkeys",
            ),
        };
        *count = count.saturating_add(1);
        say(line, &name, what)
    }
}

/// What an import would find, without writing.
async fn look(store: &dyn Store, import: &Import) -> Result<Imported, StoreError> {
    let account = &import.account;
    if store
        .account(AccountKey::Handle(&account.handle))
        .await?
        .is_some()
    {
        return Ok(Imported::HandleTaken);
    }
    if store
        .account(AccountKey::Name(&account.name))
        .await?
        .is_some()
    {
        return Ok(Imported::NameTaken);
    }
    for credential in &account.credentials {
        if store
            .account(AccountKey::Credential(&credential.id))
            .await?
            .is_some()
        {
            return Ok(Imported::CredentialExists);
        }
    }
    Ok(Imported::Done)
}

fn read_account(line: &[u8], from: Option<Library>) -> Result<(Import, Vec<String>), String> {
    match from {
        Some(library) => foreign::read(library, line),
        None => {
            let record: AccountRecord = serde_json::from_slice(line)
                .map_err(|error| format!("it is not an account of `portcullis export`: {error}"))?;
            Ok((record.import()?, Vec::new()))
        }
    }
}

/// One line about one line of the input.
fn say(line: u64, who: &str, what: &str) -> Result<(), Failure> {
    let mut error = std::io::stderr().lock();
    // Over what `Progress` has written there.
    let begin = if error.is_terminal() { "\r" } else { "" };
    writeln!(error, "{begin}line {line}: {who}: {what}")?;
    Ok(())
}
