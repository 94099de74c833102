//! What a relying party asks for, examined before anyone fails: the settings of this host, or the options of
//! any relying party.

use std::io;

use portcullis_core::diagnose::settings::{Examined, examine};
use public_suffix::{DEFAULT_PROVIDER, EffectiveTLDProvider as _};
use serde::Deserialize;
use serde_json::json;

use crate::Config;

#[derive(Deserialize)]
struct Answer {
    concerns: Vec<Concern>,
}

/// Something that a relying party should know of what it asks for.
#[derive(Deserialize)]
pub(super) struct Concern {
    pub(super) code: String,
    /// `stops` or `worries`.
    pub(super) gravity: String,
    pub(super) text: String,
}

/// What this host asks for, as far as its settings decide it.
pub(super) fn asked(config: &Config) -> Vec<u8> {
    let origins: Vec<&str> = config.web_origins().collect();
    let related: Vec<&str> = config.related_origins().collect();
    let life = u64::try_from(config.challenge_ttl().as_millis()).unwrap_or(u64::MAX);
    let asked = json!({
        "rpId": config.rp_id(),
        "origins": origins,
        "relatedOrigins": related,
        "challengeLife": life,
        "attestationJudged": config.trust.is_required(),
        "creation": {
            "rp": {"id": config.rp_id()},
            "attestation": config.attestation,
            "authenticatorSelection": {"userVerification": config.user_verification},
            "excludeCredentials": [],
            "timeout": life,
        },
    });
    asked.to_string().into_bytes()
}

/// The concerns about JSON that says what a relying party asks for.
pub(super) fn concerns(input: &[u8]) -> io::Result<(Examined, Vec<Concern>)> {
    let is_public_suffix = |domain: &str| DEFAULT_PROVIDER.effective_tld_plus_one(domain).is_err();
    let mut answer = String::new();
    let mut room = vec![0; input.len()];
    let examined =
        examine(input, &is_public_suffix, &mut room, &mut answer).map_err(io::Error::other)?;
    let answer: Answer = serde_json::from_str(&answer)?;
    Ok((examined, answer.concerns))
}
