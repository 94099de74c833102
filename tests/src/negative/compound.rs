//! Format `compound`, section 8.9.

use std::sync::Arc;

use serde_json::json;

use super::Cases;
use super::codes::{MALFORMED, SIGNATURE};
use crate::{
    attestation::{Attestation, Compound, Edited, Forged, NoAttestation},
    cbor::Cbor,
    scene::{Scene, edited, spoil_signature},
};

type Parts = Vec<Arc<dyn Attestation>>;

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    let packed = || -> Arc<dyn Attestation> { Arc::new(scene.packed(|_| ())) };
    let own = || -> Arc<dyn Attestation> { Arc::new(scene.packed_self()) };
    let mut made_of = |code, rule: &str, parts: Parts| {
        cases.statement(&scene, code, &format!("compound: {rule}"), Compound(parts));
    };
    made_of(MALFORMED, "no statement", vec![]);
    made_of(MALFORMED, "one statement", vec![packed()]);
    made_of(MALFORMED, "five statements", vec![packed(); 5]);
    let nested = Compound(vec![own(), own()]);
    made_of(
        MALFORMED,
        "a compound one within",
        vec![packed(), Arc::new(nested)],
    );
    let forged = |format: &str, statement| -> Arc<dyn Attestation> {
        Arc::new(Forged {
            format: format.into(),
            statement,
        })
    };
    let map = || Cbor::Map(Vec::new());
    made_of(
        "attestation_type_unsupported",
        "a format unheard of",
        vec![packed(), forged("unheard-of", map())],
    );
    made_of(
        MALFORMED,
        "a part without its members",
        vec![packed(), forged("packed", map())],
    );
    let spoiled = |attestation: Arc<dyn Attestation>| -> Arc<dyn Attestation> {
        Arc::new(Edited(attestation, Arc::new(spoil_signature)))
    };
    made_of(
        SIGNATURE,
        "the first signature is another's",
        vec![spoiled(packed()), own()],
    );
    made_of(
        SIGNATURE,
        "the last signature is another's",
        vec![own(), spoiled(packed())],
    );
    let without_country: Arc<dyn Attestation> = Arc::new(scene.packed(|c| c.subject.clear()));
    made_of(
        "attestation_certificate_invalid",
        "a part's certificate has no subject",
        vec![own(), without_country],
    );

    let mut members = |rule: &str, change: fn(&mut Cbor)| {
        let good = Compound(vec![packed(), own()]);
        let statement = edited(good, move |statement| {
            if let Cbor::Array(parts) = statement {
                change(&mut parts[1]);
            }
        });
        cases.statement(&scene, MALFORMED, &format!("compound: {rule}"), statement);
    };
    members("a part is a list", |part| *part = Cbor::Array(Vec::new()));
    members("a part has no format", |part| {
        drop(part.members_mut().remove(0));
    });
    members("a part has no statement", |part| {
        drop(part.members_mut().remove(1));
    });
    members("a part's format is a number", |part| {
        part.members_mut()[0].1 = Cbor::Int(1);
    });
    cases.statement(
        &scene,
        MALFORMED,
        "compound: the statement is a map",
        Forged {
            format: "compound".into(),
            statement: Cbor::Map(Vec::new()),
        },
    );
    let mut accepting = scene.clone();
    accepting.policy = json!({"formats": ["compound", "packed"]});
    let nothing: Arc<dyn Attestation> = Arc::new(NoAttestation);
    let parts = vec![packed(), nothing];
    const RULE: &str = "compound: a part is of a format that is not accepted";
    cases.statement(
        &accepting,
        "attestation_format_not_accepted",
        RULE,
        Compound(parts),
    );
    let mut accepting = scene.clone();
    accepting.policy = json!({"formats": ["packed", "none"]});
    const REFUSED: &str = "compound where it is not accepted";
    cases.statement_at(
        &accepting,
        21,
        "attestation_format_not_accepted",
        REFUSED,
        Compound(vec![packed(), own()]),
    );
}
