use std::sync::Arc;

use serde_json::json;

use super::{Mistakes, registration};
use crate::{
    attestation::Edited,
    chain::{self, Chain},
    scene::{Scene, spoil_signature},
};

pub(super) fn add(mistakes: &mut Mistakes) {
    let trusted = json!({"attestation": {"policy": "trusted", "roots": [chain::pem(&Chain::new().root_certificate())]}});
    mistakes.proven(
        "attestation_removed",
        "the browser removed it",
        &registration(|made| made.policy = trusted.clone()),
    );
    let mut scene = Scene::new();
    scene.policy = trusted.clone();
    mistakes.proven(
        "attestation_self",
        "self attestation",
        &scene.check(scene.packed_self()),
    );
    mistakes.likely(
        "root_not_listed",
        "a maker whose root is missing",
        &scene.check(scene.packed(|_| ())),
    );
    scene.policy = json!({"attestation": {"policy": "trusted"}});
    mistakes.proven(
        "roots_missing",
        "no roots",
        &scene.check(scene.packed(|_| ())),
    );
    scene.policy = json!({});
    let edited = Edited(Arc::new(scene.packed(|_| ())), Arc::new(spoil_signature));
    mistakes.likely(
        "attestation_of_another_registration",
        "a signature of another statement",
        &scene.check(edited),
    );
    scene.policy = json!({"attestation": {"policy": "verify", "time": "1990-01-01T00:00:00Z"}});
    mistakes.proven(
        "attestation_time",
        "long after the certificate",
        &scene.check(scene.packed(|_| ())),
    );
    scene.policy = json!({"formats": ["none"]});
    mistakes.proven(
        "attestation_format",
        "a format that is not listed",
        &scene.check(scene.packed(|_| ())),
    );
}
