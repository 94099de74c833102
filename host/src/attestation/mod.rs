//! Which authenticators are trusted: the operator's roots, the FIDO metadata, and a list of models, as
//! the verifier asks for them.

#[cfg(feature = "metadata")]
pub mod metadata;
/// A build that reads no metadata.
#[cfg(not(feature = "metadata"))]
#[path = "no_metadata.rs"]
pub mod metadata;
mod roots;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use portcullis_core::attestation::{Model, Models, Standing};
use portcullis_core::data::UnixTime;

use crate::config::{Aaguids, ConfigError, TrustSettings};

pub use metadata::Metadata;
use roots::read_folder;

/// What the settings say of authenticators, read from their files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// Certificates in DER that are roots for every model.
    pub(crate) roots: Vec<Vec<u8>>,
    /// The FIDO metadata: roots for single models, and their status.
    pub(crate) metadata: Option<Metadata>,
    /// The models that are wanted.
    pub(crate) aaguids: Aaguids,
}

/// The trust in use, and how to read it again when a file of it changes.
#[derive(Debug)]
pub(crate) struct TrustSource {
    settings: TrustSettings,
    current: RwLock<Arc<Trust>>,
    /// When the metadata that are in use were written.
    written: RwLock<Option<SystemTime>>,
}

/// What became of an attempt to read the metadata again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// The file is the one that is in use.
    Unchanged,
    /// The next issue is in use.
    Renewed,
    /// The new file cannot be used, so the issue that was read before stays in use.
    Refused(ConfigError),
}

impl Trust {
    /// Reads every file that the settings name.
    fn open(settings: &TrustSettings, now: UnixTime) -> Result<Self, ConfigError> {
        let roots = match &settings.roots {
            Some(folder) => {
                read_folder(folder).map_err(|hint| ConfigError::new("ATTESTATION_ROOTS", hint))?
            }
            None => Vec::new(),
        };
        Ok(Self {
            roots,
            metadata: read_metadata(settings, now)?,
            aaguids: settings.aaguids.clone(),
        })
    }

    /// Whether an attestation has to lead to a root.
    #[must_use]
    pub(crate) const fn is_required(&self) -> bool {
        !self.roots.is_empty() || self.metadata.is_some()
    }

    /// What is known of models at a time; `None` where nothing is.
    pub(crate) fn models(&self, now: UnixTime) -> Option<Known<'_>> {
        let knows = self.metadata.is_some() || self.aaguids != Aaguids::Any;
        knows.then_some(Known { trust: self, now })
    }
}

impl TrustSource {
    pub(crate) fn open(settings: TrustSettings, now: UnixTime) -> Result<Self, ConfigError> {
        // Before the content: a file that changes meanwhile is read again.
        let written = written(&settings);
        Ok(Self {
            current: RwLock::new(Arc::new(Trust::open(&settings, now)?)),
            written: RwLock::new(written),
            settings,
        })
    }

    pub(crate) fn current(&self) -> Arc<Trust> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is a file that can change.
    pub(crate) const fn can_change(&self) -> bool {
        self.settings.metadata.is_some()
    }

    /// Reads the metadata again where their file has changed. An issue older than the one in use is
    /// refused: it would not know of models that were revoked since.
    pub(crate) fn refresh(&self, now: UnixTime) -> Refresh {
        let found = written(&self.settings);
        {
            let mut known = self.written.write().unwrap_or_else(PoisonError::into_inner);
            if found.is_none() || *known == found {
                return Refresh::Unchanged;
            }
            *known = found;
        }
        let metadata = match read_metadata(&self.settings, now) {
            Ok(metadata) => metadata,
            Err(error) => return Refresh::Refused(error),
        };
        let before = self.current();
        let number = |metadata: &Option<Metadata>| metadata.as_ref().map(Metadata::number);
        if number(&metadata) < number(&before.metadata) {
            let hint = "the file now holds an older issue than the one in use; fetch it anew";
            return Refresh::Refused(ConfigError::new("MDS", hint));
        }
        let renewed = Trust {
            metadata,
            ..Trust::clone(&before)
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(renewed);
        Refresh::Renewed
    }
}

fn written(settings: &TrustSettings) -> Option<SystemTime> {
    let path = settings.metadata.as_ref()?;
    std::fs::metadata(path)
        .and_then(|file| file.modified())
        .ok()
}

#[cfg(feature = "metadata")]
fn read_metadata(settings: &TrustSettings, now: UnixTime) -> Result<Option<Metadata>, ConfigError> {
    use crate::config::PREFIX;
    use roots::{read_bounded, read_file};

    let Some(path) = &settings.metadata else {
        return Ok(None);
    };
    let issuer = match &settings.metadata_root {
        Some(root) => metadata::Issuer {
            roots: read_file(root).map_err(|hint| ConfigError::new("MDS_ROOT", hint))?,
            host: None,
        },
        None => metadata::Issuer::fido_alliance(),
    };
    let blob =
        read_bounded(path, metadata::MAX_LENGTH).map_err(|hint| ConfigError::new("MDS", hint))?;
    Metadata::read(&blob, &issuer, now)
        .map(Some)
        .map_err(|error| {
            let hint = format!(
                "`{}` {error}; fetch it anew, and name its root in {PREFIX}MDS_ROOT where that is not the \
                 FIDO Alliance's",
                path.display()
            );
            ConfigError::new("MDS", hint)
        })
}

#[cfg(not(feature = "metadata"))]
fn read_metadata(settings: &TrustSettings, _: UnixTime) -> Result<Option<Metadata>, ConfigError> {
    match settings.metadata {
        Some(_) => Err(ConfigError::new(
            "MDS",
            "this build reads no metadata; leave it out",
        )),
        None => Ok(None),
    }
}

/// What is known of models of authenticators at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'t> {
    trust: &'t Trust,
    now: UnixTime,
}

impl Models for Known<'_> {
    fn root(&self, model: &Model<'_>, index: usize) -> Option<&[u8]> {
        self.trust.metadata.as_ref()?.root(model, index)
    }

    fn standing(&self, model: &Model<'_>) -> Standing {
        let metadata = self.trust.metadata.as_ref();
        if metadata.is_some_and(|metadata| metadata.is_revoked(model, self.now)) {
            Standing::Revoked
        } else if self.trust.aaguids.accept(model.aaguid) {
            Standing::Accepted
        } else {
            Standing::NotAccepted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_names_its_variable() {
        let nowhere = Some("/nowhere".into());
        let roots = TrustSettings {
            roots: nowhere.clone(),
            ..TrustSettings::default()
        };
        let metadata = TrustSettings {
            metadata: nowhere.clone(),
            ..TrustSettings::default()
        };
        let root = TrustSettings {
            metadata_root: nowhere,
            ..metadata.clone()
        };
        for (settings, variable) in [
            (roots, "PORTCULLIS_ATTESTATION_ROOTS"),
            (metadata, "PORTCULLIS_MDS"),
            (root, "PORTCULLIS_MDS_ROOT"),
        ] {
            let error = TrustSource::open(settings, UnixTime::new(0)).expect_err("no file");
            assert!(
                error.to_string().starts_with(&format!("{variable}: ")),
                "{error}"
            );
        }
    }
}
