//! `portcullis export`: every account, one a line.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use super::record::AccountRecord;
use super::store::Failure;
use crate::store::Store;

/// Accounts that are read at a time.
const PAGE: u32 = 500;

pub(super) async fn export(store: Arc<dyn Store>) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut progress = Progress::default();
    let mut after = None;
    loop {
        let page = store.accounts(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.handle);
        for account in &page {
            let codes = match account.recovery_codes {
                0 => Vec::new(),
                _ => store.recovery_codes(&account.handle).await?,
            };
            let record = AccountRecord::new(account, &codes);
            serde_json::to_writer(&mut output, &record).map_err(io::Error::from)?;
            output.write_all(b"\n")?;
            progress.one_more();
        }
    }
    output.flush()?;
    progress.end();
    Ok(ExitCode::SUCCESS)
}

/// A line on a terminal that says how far it is.
#[derive(Default)]
pub(super) struct Progress {
    done: u64,
}

impl Progress {
    const STEP: u64 = 1_000;

    pub(super) fn one_more(&mut self) {
        self.done = self.done.saturating_add(1);
        if self.done.is_multiple_of(Self::STEP) && io::stderr().is_terminal() {
            eprint!("\r{} accounts", self.done);
        }
    }

    pub(super) fn end(&self) {
        if self.done >= Self::STEP && io::stderr().is_terminal() {
            eprintln!("\r{} accounts", self.done);
        }
    }
}
