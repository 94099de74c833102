//! Commands on the store of the settings.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use rocket::tokio::runtime::Runtime;

use super::fail;
use crate::app::open_store;
use crate::config::{Config, ConfigError};
use crate::store::{Store, StoreError};

/// Why a command ends early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Setting(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Other(String),
}

/// Opens the store and runs a command on it.
pub(super) fn on_store(
    command: impl AsyncFnOnce(Arc<dyn Store>) -> Result<ExitCode, Failure>,
) -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    let done = runtime.block_on(async {
        let config = Config::read()?;
        if !config.is_durable() {
            return Err(Failure::Other(
                "PORTCULLIS_STORE: `memory` is within the process that serves; set it to the store of your \
                 hosts, sqlite:PATH or postgres://..."
                    .to_owned(),
            ));
        }
        command(open_store(&config.store).await?).await
    });
    match done {
        Ok(code) => code,
        // The reader has closed the pipe.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => fail(&failure.to_string()),
    }
}
