//! What all handlers share.

use std::sync::Arc;

use crate::challenge::Challenges;
use crate::config::{Config, StoreKind};
use crate::decoys::Decoys;
use crate::keys::{CryptoFailure, KeySource};
use crate::limit::Limiter;
use crate::login::LoginTokens;
use crate::store::{MemoryStore, Store};

/// One host: its settings, its keys, its store.
pub(crate) struct Host {
    pub(crate) config: Config,
    pub(crate) challenges: Challenges,
    pub(crate) login: LoginTokens,
    pub(crate) decoys: Decoys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limiter: Option<Limiter>,
}

impl Host {
    pub(crate) fn new(
        config: Config,
        store: Option<Arc<dyn Store>>,
    ) -> Result<Self, CryptoFailure> {
        let keys = KeySource::new(&config.secret);
        Ok(Self {
            challenges: Challenges::new(&config, &keys)?,
            login: LoginTokens::new(&config, &keys)?,
            decoys: Decoys::new(keys)?,
            store: store.unwrap_or_else(|| match config.store {
                StoreKind::Memory => Arc::new(MemoryStore::default()),
            }),
            limiter: config.rate_limit.map(Limiter::new),
            config,
        })
    }
}
