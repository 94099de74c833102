//! The ledger of the Recommendation, `tests/ledger.txt`: what it requires of relying parties, and what fails
//! when that is broken.

use core::fmt;
use std::{collections::BTreeSet, fs, path::Path};

use portcullis_core::ceremony::{Ceremony, Step};

use crate::negative;

/// A requirement of a section.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The section's number, in 7.1 and 7.2 with the step's.
    pub section: String,
    /// What it requires, in this project's words.
    pub text: String,
    /// What fails when it is broken.
    pub proofs: Vec<Proof>,
}

/// What fails when a requirement is broken, or why nothing does.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A rule of the negative corpus, with the step that refuses it.
    Rule(String, String),
    /// A test of this package: suite, modules, name.
    Test(String),
    /// A unit test: crate, modules, name.
    Unit(String),
    /// There is none, for this reason.
    None(String),
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(step, rule) => write!(f, "rule {step} {rule}"),
            Self::Test(name) => write!(f, "test {name}"),
            Self::Unit(name) => write!(f, "unit {name}"),
            Self::None(reason) => write!(f, "none {reason}"),
        }
    }
}

/// Sections that the ledger has to have a line on, beside the steps of 7.1 and 7.2.
const SECTIONS: [&str; 25] = [
    "5.8.1.2", "7.1.1", "7.1.2", "7.2.1", "7.2.2", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8",
    "8.9", "13.4.1", "13.4.2", "13.4.3", "13.4.4", "13.4.5", "13.4.6", "13.4.7", "13.4.8",
    "13.4.9", "14.5.1", "14.5.4", "14.5.5",
];

/// The ledger.
///
/// # Panics
///
/// When it cannot be read, or a line of it has not its form.
#[must_use]
pub fn requirements() -> Vec<Requirement> {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ledger.txt");
    let ledger = fs::read_to_string(PATH).expect(PATH);
    let mut requirements: Vec<Requirement> = Vec::new();
    for line in ledger.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.trim_start().split_once(' ').expect(line);
        if !line.starts_with(' ') {
            requirements.push(Requirement {
                section: word.to_owned(),
                text: rest.to_owned(),
                proofs: Vec::new(),
            });
            continue;
        }
        let proof = match word {
            "rule" => {
                let (step, rule) = rest.split_once(' ').expect(line);
                Proof::Rule(step.to_owned(), rule.to_owned())
            }
            "test" => Proof::Test(rest.to_owned()),
            "unit" => Proof::Unit(rest.to_owned()),
            "none" => Proof::None(rest.to_owned()),
            _ => panic!("neither rule, test, unit nor none: {line}"),
        };
        requirements.last_mut().expect(line).proofs.push(proof);
    }
    requirements
}

/// What is wrong with the ledger: requirements without a test or a reason, rules and tests that do not exist,
/// and steps and sections that are left out.
#[must_use]
pub fn faults(requirements: &[Requirement]) -> Vec<String> {
    let rules: BTreeSet<(&str, &str)> = negative::cases()
        .iter()
        .map(|case| (case.step.as_str(), case.rule.as_str()))
        .collect();
    let mut faults = Vec::new();
    for requirement in requirements {
        let Requirement {
            section,
            text,
            proofs,
        } = requirement;
        if proofs.is_empty() {
            faults.push(format!("{section} {text}: neither a test nor a reason"));
        }
        for proof in proofs {
            let exists = match proof {
                Proof::Rule(step, rule) => rules.contains(&(step.as_str(), rule.as_str())),
                Proof::Test(name) => is_test(&format!("tests/tests/{}", name.replace("::", "/"))),
                Proof::Unit(name) => name.split_once("::").is_some_and(|(member, name)| {
                    is_test(&format!("{member}/src/{}", name.replace("::", "/")))
                }),
                Proof::None(_) => true,
            };
            if !exists {
                faults.push(format!("{section} {text}: there is no {proof}"));
            }
        }
    }
    let steps = [Ceremony::Registration, Ceremony::Authentication]
        .into_iter()
        .flat_map(Step::all)
        .map(|step| step.to_string());
    for section in steps.chain(SECTIONS.map(str::to_owned)) {
        if requirements.iter().all(|known| known.section != section) {
            faults.push(format!("{section} is left out"));
        }
    }
    faults
}

/// Whether the last part of the path is a test in the file that the others name.
fn is_test(path: &str) -> bool {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let Some((module, name)) = path.rsplit_once('/') else {
        return false;
    };
    let module = module.strip_suffix("/tests").unwrap_or(module);
    ["", "/main", "/mod"].iter().any(|file| {
        fs::read_to_string(root.join(format!("{module}{file}.rs")))
            .is_ok_and(|source| has_test(&source, name))
    })
}

/// Whether the source has a test of that name which runs.
fn has_test(source: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let mut attributes = Vec::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
            continue;
        }
        let has = |test: fn(&str) -> bool| attributes.iter().any(|attribute| test(attribute));
        let runs = has(|it| it.ends_with("test]")) && !has(|it| it.starts_with(SKIPPED));
        if runs && line.contains(&function) {
            return true;
        }
        attributes.clear();
    }
    false
}

/// How the attribute begins with which a test does not run.
const SKIPPED: &str = concat!("#[", "ignore");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_a_test_where_it_is_marked_as_one() {
        let skipped = format!("{SKIPPED}]\n#[test]\nfn five() {{}}\n");
        let source = "#[test]\n#[cfg(unix)]\nfn one() {}\n\nfn two() {}\n#[rocket::async_test]\nasync fn three() {}\n";
        let source = &*[source, &skipped].concat();
        assert!(has_test(source, "one"));
        assert!(!has_test(source, "two"));
        assert!(has_test(source, "three"));
        assert!(!has_test(source, "thre"));
        assert!(!has_test(source, "four"));
        assert!(!has_test(source, "five"), "it does not run");
    }
}
