//! `portcullis accounts`: who has an account, what of it is kept, and an end to it.

use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use serde_json::{Value, json};

use super::store::Failure;
use crate::account::Username;
use crate::clock::{Clock, Timestamp};
use crate::encoding::base64url;
use crate::store::{Account, AccountKey, Change, Changed, Credential, Event, EventKind, Store};

/// Accounts that are read at a time.
const PAGE: u32 = 500;

#[derive(Subcommand)]
pub(super) enum AccountsCommand {
    /// Shows an account and its passkeys.
    Show {
        /// The user name.
        name: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Deletes an account with its passkeys, sessions and recovery codes.
    Delete {
        /// The user name.
        name: String,
    },
}

/// One line for each account.
pub(super) async fn list(store: Arc<dyn Store>, as_json: bool) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout().lock());
    let mut after = None;
    loop {
        let page = store.accounts(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.handle);
        for account in &page {
            if as_json {
                writeln!(output, "{}", summary(account))?;
            } else {
                writeln!(output, "{}", line(account))?;
            }
        }
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(
    store: Arc<dyn Store>,
    command: AccountsCommand,
) -> Result<ExitCode, Failure> {
    match command {
        AccountsCommand::Show { name, json } => show(&*store, &name, json).await,
        AccountsCommand::Delete { name } => delete(&*store, &name).await,
    }
}

async fn show(store: &dyn Store, name: &str, as_json: bool) -> Result<ExitCode, Failure> {
    let account = find(store, name).await?;
    let mut output = io::stdout().lock();
    if as_json {
        let credentials: Vec<Value> = account.credentials.iter().map(credential).collect();
        let mut value = summary(&account);
        value["credentials"] = credentials.into();
        writeln!(output, "{value:#}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(output, "{}", line(&account))?;
    writeln!(output, "  sub {}", base64url(account.handle.as_bytes()))?;
    writeln!(output, "  recovery codes: {}", account.recovery_codes)?;
    for held in &account.credentials {
        writeln!(output, "  passkey {}", base64url(&held.id))?;
        let name = held.name.as_deref().unwrap_or("-");
        let (browser, platform) = (&held.browser, &held.platform);
        writeln!(
            output,
            "    name {name}, made {} with {} on {}, last used {}",
            time(held.created),
            browser.as_deref().unwrap_or("-"),
            platform.as_deref().unwrap_or("-"),
            held.last_used.map_or_else(|| "never".to_owned(), time),
        )?;
        let state = held.state;
        writeln!(
            output,
            "    algorithm {}, AAGUID {}, count {}, backup eligible {}, backed up {}, user verified {}, \
             for {}",
            held.algorithm,
            held.aaguid,
            state.sign_count,
            state.backup_eligible,
            state.backup_state,
            state.user_verified,
            held.rp_id,
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn delete(store: &dyn Store, name: &str) -> Result<ExitCode, Failure> {
    let account = find(store, name).await?;
    let event = Event::new(EventKind::AccountDeleted, Clock::start().now())
        .of(account.handle, &account.name);
    match store
        .change(&account.handle, Change::RemoveAccount, event)
        .await?
    {
        Changed::Done => {
            writeln!(io::stdout(), "{} is deleted", account.name)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(unknown(name)),
    }
}

async fn find(store: &dyn Store, name: &str) -> Result<Account, Failure> {
    let parsed =
        Username::parse(name).map_err(|error| Failure::Other(format!("`{name}`: {error}")))?;
    let found = store.account(AccountKey::Name(&parsed)).await?;
    found.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    Failure::Other(format!("no account has the name `{name}`"))
}

/// A user name has no space, but it may hold characters that a terminal or shell interprets.
fn line(account: &Account) -> String {
    let shown = match &account.display_name {
        Some(shown) => format!("{} ({shown})", account.name),
        None => account.name.to_string(),
    };
    let passkeys = account.credentials.len();
    let created = time(account.created);
    format!("{shown}: {passkeys} passkeys, since {created}")
}

fn summary(account: &Account) -> Value {
    json!({
        "username": account.name.as_written(),
        "displayName": account.display_name,
        "sub": base64url(account.handle.as_bytes()),
        "created": time(account.created),
        "credentials": account.credentials.len(),
        "recoveryCodes": account.recovery_codes,
    })
}

fn credential(credential: &Credential) -> Value {
    let state = credential.state;
    json!({
        "id": base64url(&credential.id),
        "name": credential.name,
        "algorithm": credential.algorithm,
        "aaguid": credential.aaguid.to_string(),
        "transports": credential.transports,
        "signCount": state.sign_count,
        "backupEligible": state.backup_eligible,
        "backupState": state.backup_state,
        "userVerified": state.user_verified,
        "rpId": credential.rp_id,
        "attestationFormat": credential.attestation_format,
        "attestationType": credential.attestation_type,
        "created": time(credential.created),
        "lastUsed": credential.last_used.map(time),
        "browser": credential.browser,
        "platform": credential.platform,
    })
}

/// RFC 3339.
fn time(seconds: Timestamp) -> String {
    use rocket::time::OffsetDateTime;
    use rocket::time::format_description::well_known::Rfc3339;
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| seconds.to_string())
}
