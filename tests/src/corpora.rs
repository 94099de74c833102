//! Corpora that lie beside the repository, in `../shared/vectors`, where a checkout has them.
//!
//! They add cases and nothing else: what a test asserts, it makes itself, so that a clone alone passes.
//! `PORTCULLIS_CORPORA=DIR` names another folder, `PORTCULLIS_CORPORA=none` hides them;
//! `./portcullis test` runs each test that reads them once with and once without.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{Write, stderr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use portcullis_core::data::Certificate;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    attestation::PackedCertified,
    chain::{Chain, pem},
    scene::Scene,
    w3c, x5c,
};

/// What a case expects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// The check is accepted.
    Accept,
    /// The check is rejected.
    Reject,
}

/// One line of a corpus.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// The case's name.
    pub id: String,
    /// The verdict expected.
    pub expect: Expected,
    /// False where either verdict can be defended.
    pub mandatory: bool,
    /// The check.
    pub check: Value,
}

/// Where the corpora are looked for; `None` where they are hidden.
fn folder() -> Option<PathBuf> {
    match env::var_os("PORTCULLIS_CORPORA") {
        None => Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors").into()),
        Some(folder) if folder == "none" => None,
        Some(folder) => Some(folder.into()),
    }
}

/// Prints a line that the test harness does not swallow: how much was run is part of the result.
pub fn report(line: &str) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(stderr(), "    {line}");
}

/// A file of the corpora; `None`, and a line that says so, where it is not there.
#[must_use]
pub fn file(name: &str) -> Option<String> {
    let Some(path) = folder().map(|folder| folder.join(name)) else {
        report_missing(name, "PORTCULLIS_CORPORA hides it");
        return None;
    };
    fs::read_to_string(&path)
        .inspect_err(|e| report_missing(name, &format!("{}: {e}", path.display())))
        .ok()
}

/// Says once in a process that a corpus is missing.
fn report_missing(name: &str, why: &str) {
    static REPORTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut reported = REPORTED.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.insert(name.to_owned()) {
        report(&format!("the corpus {name} is missing ({why})"));
    }
}

/// The cases of a corpus; `None`, and a line that says so, where it is not there.
///
/// # Panics
///
/// When a line of it is not a case.
#[must_use]
pub fn cases(name: &str) -> Option<Vec<Case>> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}"));
    Some(file(name)?.lines().map(parse).collect())
}

/// Every check that this machine has: the corpora, and the vectors that are made here.
#[must_use]
pub fn all_checks() -> Vec<(String, Value)> {
    let files = ["w3c.ndjson", "captured.ndjson"];
    let read = files
        .into_iter()
        .filter_map(cases)
        .flatten()
        .map(|case| (case.id, case.check));
    let made = w3c::RECIPES
        .iter()
        .map(w3c::Recipe::make)
        .flat_map(|vector| {
            [
                (
                    format!("made-reg-{}", vector.name),
                    vector.registration_check(),
                ),
                (
                    format!("made-auth-{}", vector.name),
                    vector.authentication_check(),
                ),
            ]
        });
    let outdated = ("made-reg-outdated".to_owned(), outdated());
    read.chain(made).chain([outdated]).collect()
}

/// A registration whose attestation certificate is no longer valid by any clock of today.
fn outdated() -> Value {
    let chain = Chain::new();
    let mut leaf = chain.leaf_certificate();
    "20250101000000Z".clone_into(&mut leaf.not_after);
    Scene::new().check(PackedCertified {
        key: Arc::new(chain.leaf.clone()),
        x5c: chain.x5c_of(&leaf),
    })
}

/// The registrations among these checks as they are when attestation has to be trusted: by nobody, by a
/// stranger, and by the last of their own certificates, at the caller's clock and within their time.
#[must_use]
pub fn trusting(checks: &[(String, Value)]) -> Vec<(String, Value)> {
    let stranger = pem(&Chain::new().root_certificate());
    let mut trusting = Vec::new();
    for (id, check) in checks {
        if check["kind"] != "registration" {
            continue;
        }
        let mut ask = |what: &str, roots: &[&str], time: Option<String>| {
            let mut check = check.clone();
            check["attestation"] = json!({"policy": "trusted", "roots": roots});
            if let Some(time) = time {
                check["attestation"]["time"] = time.into();
            }
            trusting.push((format!("{id}, trusted by {what}"), check));
        };
        ask("nobody", &[], None);
        ask("a stranger", &[&stranger], None);
        for x5c in x5c::chains(check) {
            let last = pem(&x5c[x5c.len() - 1]);
            ask("its last", &[&last], None);
            if let Ok(leaf) = Certificate::parse(&x5c[0]) {
                let time = leaf.not_before().to_string();
                ask("its last in its time", &[&stranger, &last], Some(time));
            }
        }
    }
    trusting
}
