//! What every verdict keeps, whatever was judged. Suites and fuzz targets judge through here, so that
//! each of them also asserts this.

use core::sync::atomic::{AtomicU32, Ordering};
use std::collections::BTreeSet;

use portcullis_core::algorithm::{KeyError, SignatureAlgorithm, SignatureError};
use portcullis_core::ceremony::{Ceremony, Note, Outcome, Value as Observed};
use portcullis_core::check::{
    Answered, CheckError, Judged, answer_check, room_for, verify_check_at,
};
use portcullis_core::data::PublicKey;
use portcullis_core::data::UnixTime;
use portcullis_core::diagnose::{Diagnosis, FINDINGS_MAX, HASHES_MAX, SIGNATURES_MAX};
use portcullis_core::{CoseAlgorithm, Crypto, Error, Observer, Sha256, Step};
use serde_json::Value;

/// What is printed for a check: its verdict, or the object in the place of one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As it is printed.
    pub text: String,
    /// What it says.
    pub json: Value,
}

/// Judges a check. The answer is always one JSON object that keeps what [`assert_verdict`] wants.
///
/// # Panics
///
/// When it does not, or when what is returned and what is written contradict each other.
#[must_use]
pub fn judge(check: &[u8], crypto: &Crypto<'_>) -> Answer {
    judge_at(check, None, crypto)
}

/// The same with a clock.
///
/// # Panics
///
/// As [`judge`] does.
#[must_use]
pub fn judge_at(check: &[u8], now: Option<UnixTime>, crypto: &Crypto<'_>) -> Answer {
    let mut text = String::new();
    match verify_check_at(&mut check.to_vec(), now, crypto, &mut text) {
        Ok(judged) => {
            let json = parse(&text);
            let accepted = judged == Judged::Accepted;
            assert_eq!(accepted, json["accepted"] == true, "{text}");
            assert_verdict(&json);
            Answer { text, json }
        }
        Err(CheckError::NotACheck(reason)) => {
            assert_eq!(text, "", "nothing is written before an error");
            reason
                .write_json(&mut text)
                .expect("a String takes everything");
            let json = parse(&text);
            assert_no_verdict(&json);
            Answer { text, json }
        }
        Err(error) => panic!("{error}: a String takes everything"),
    }
}

/// What is printed for a check with the diagnosis in it, as the command line and the WebAssembly build print it.
///
/// # Panics
///
/// When anything but the diagnosis differs from [`judge_at`]'s answer, or the diagnosis does not keep what
/// [`assert_diagnosis`] wants.
#[must_use]
pub fn explain_at(check: &[u8], now: Option<UnixTime>, crypto: &Crypto<'_>) -> Answer {
    explain_with_cost(check, now, crypto).0
}

/// The same, and what the diagnosis cost beside the verdict: signatures verified, hashes computed.
///
/// # Panics
///
/// As [`explain_at`] does, and when the cost is out of bounds.
#[must_use]
pub fn explain_with_cost(
    check: &[u8],
    now: Option<UnixTime>,
    crypto: &Crypto<'_>,
) -> (Answer, [u32; 2]) {
    let mut room = vec![0; room_for(check.len())];
    let mut text = String::new();
    let mut answered = None;
    let (plain, verdict) = counted(crypto, |crypto| judge_at(check, now, crypto));
    let ((), explained) = counted(crypto, |crypto| {
        answered = answer_check(check, &mut room, now, crypto, &mut text).ok();
    });
    let answered = answered.expect("there is room, and a String takes everything");
    let cost = [explained[0] - verdict[0], explained[1] - verdict[1]];
    assert!(cost[0] <= u32::from(SIGNATURES_MAX), "{cost:?}: {text}");
    assert!(cost[1] <= u32::from(HASHES_MAX), "{cost:?}: {text}");
    let json = parse(&text);
    let accepted = answered == Answered::Judged(Judged::Accepted);
    assert_eq!(accepted, json["accepted"] == true, "{text}");
    assert_diagnosis(&json);
    let mut without = json.clone();
    if let Some(members) = without.as_object_mut() {
        members.remove("diagnosis");
    }
    assert_eq!(without, plain.json, "only the diagnosis is added");
    (Answer { text, json }, cost)
}

/// Counts what an algorithm verifies.
struct Counted<'c>(&'c dyn SignatureAlgorithm, &'c AtomicU32);

impl SignatureAlgorithm for Counted<'_> {
    fn algorithm(&self) -> CoseAlgorithm {
        self.0.algorithm()
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        self.0.check_key(key)
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.verify(key, message, signature)
    }
}

/// Counts what is hashed.
struct CountedHash<'c>(&'c dyn Sha256, &'c AtomicU32);

impl Sha256 for CountedHash<'_> {
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.digest(parts)
    }
}

/// Runs something with cryptography that counts: signatures, and hashes.
fn counted<T>(crypto: &Crypto<'_>, run: impl FnOnce(&Crypto<'_>) -> T) -> (T, [u32; 2]) {
    let [signatures, hashes] = [AtomicU32::new(0), AtomicU32::new(0)];
    let algorithms: Vec<Counted<'_>> = crypto
        .algorithms
        .iter()
        .map(|algorithm| Counted(*algorithm, &signatures))
        .collect();
    let others: Vec<Counted<'_>> = crypto
        .attestation_algorithms
        .iter()
        .map(|algorithm| Counted(*algorithm, &signatures))
        .collect();
    let sha256 = CountedHash(crypto.sha256, &hashes);
    let (algorithms, others) = (each(&algorithms), each(&others));
    let result = run(&Crypto::new(&sha256, &algorithms).with_attestation_algorithms(&others));
    let counts = [&signatures, &hashes].map(|count| count.load(Ordering::Relaxed));
    (result, counts)
}

fn each<'c>(algorithms: &'c [Counted<'c>]) -> Vec<&'c dyn SignatureAlgorithm> {
    let each = algorithms.iter();
    each.map(|algorithm| algorithm as &dyn SignatureAlgorithm)
        .collect()
}

/// A diagnosis is of what was not accepted: one to three findings, no code twice, every text a sentence.
///
/// # Panics
///
/// When it is not.
pub fn assert_diagnosis(verdict: &Value) {
    let Some(diagnosis) = verdict.get("diagnosis") else {
        return;
    };
    assert_eq!(verdict["accepted"], false, "{verdict}");
    let findings = diagnosis.as_array().expect("a list of findings");
    assert!((1..=FINDINGS_MAX).contains(&findings.len()), "{verdict}");
    let codes: BTreeSet<_> = findings
        .iter()
        .map(|finding| finding["code"].as_str())
        .collect();
    assert_eq!(codes.len(), findings.len(), "{verdict}");
    for finding in findings {
        let known = Diagnosis::ALL
            .iter()
            .any(|known| finding["code"] == known.code());
        assert!(known, "{finding}");
        let text = finding["text"].as_str().expect("a text");
        assert!(text.ends_with('.') || text.ends_with("..."), "{finding}");
        assert!(finding["proven"].is_boolean(), "{finding}");
        assert_eq!(
            finding.as_object().map(serde_json::Map::len),
            Some(3),
            "{finding}"
        );
    }
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The answer to what is no check has a code and a reason, and nothing else.
fn assert_no_verdict(answer: &Value) {
    assert_eq!(answer["accepted"], false, "{answer}");
    assert_eq!(answer["code"], "not_a_check", "{answer}");
    assert!(answer["detail"].is_string(), "{answer}");
    let members = answer.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(members, 3, "{answer}");
}

/// A verdict tells its trace: the ceremony's steps in the specification's order, each once, one failure
/// exactly where it is a rejection, at its end and at the step that the verdict names.
///
/// # Panics
///
/// When it does not.
pub fn assert_verdict(verdict: &Value) {
    let trace = verdict["trace"]
        .as_array()
        .unwrap_or_else(|| panic!("no trace: {verdict}"));
    let mut order = Order::default();
    for entry in trace {
        let step = step(&entry["step"]);
        let outcome = match entry["outcome"].as_str() {
            Some("pass") => Outcome::Pass,
            Some("skip") => Outcome::Skip,
            Some("fail") => Outcome::Fail,
            _ => panic!("an unknown outcome: {entry}"),
        };
        order.follow(step, outcome);
        assert_eq!(entry["slug"], step.slug(), "{entry}");
        assert_eq!(entry["title"], step.title(), "{entry}");
    }
    if verdict["accepted"] == true {
        order.assert_complete();
        assert!(verdict["credential"].is_object(), "{verdict}");
        for member in ["code", "step", "slug", "detail"] {
            assert!(verdict.get(member).is_none(), "{member}: {verdict}");
        }
    } else {
        order.assert_failed_at(step(&verdict["step"]));
        let last = trace.last().unwrap_or(&Value::Null);
        assert_eq!(verdict["slug"], last["slug"], "{verdict}");
        for member in ["code", "detail"] {
            assert!(verdict[member].is_string(), "{member}: {verdict}");
        }
        assert!(verdict.get("credential").is_none(), "{verdict}");
    }
}

/// The step that is written so: `7.2.12`.
fn step(value: &Value) -> Step {
    let read = || {
        let (section, number) = value.as_str()?.rsplit_once('.')?;
        let ceremony = match section {
            "7.1" => Ceremony::Registration,
            "7.2" => Ceremony::Authentication,
            _ => return None,
        };
        let number: u8 = number.parse().ok()?;
        Step::all(ceremony).find(|step| step.number() == number)
    };
    read().unwrap_or_else(|| panic!("not a step: {value}"))
}

/// Watches a ceremony that is called without a check, and wants the same of its steps.
#[derive(Debug, Default)]
pub struct Watch(Order);

impl Watch {
    /// Holds the steps against what the ceremony has returned.
    ///
    /// # Panics
    ///
    /// When they contradict each other.
    pub fn assert_tells<T>(&self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.0.assert_complete(),
            Err(error) => self.0.assert_failed_at(error.step()),
        }
    }
}

impl<'a> Observer<'a> for Watch {
    fn step(&mut self, step: Step, outcome: Outcome, _: Observed<'a>) {
        self.0.follow(step, outcome);
    }

    fn note(&mut self, _: Note) {}
}

/// The steps of one ceremony so far.
#[derive(Debug, Default)]
struct Order {
    last: Option<(Step, Outcome)>,
}

impl Order {
    /// The next step is the one that the specification has next, and none comes after a failure.
    fn follow(&mut self, step: Step, outcome: Outcome) {
        let before = match self.last {
            Some((before, outcome)) => {
                assert_ne!(outcome, Outcome::Fail, "{step} after {before} has failed");
                Some(before)
            }
            None => None,
        };
        let next = Step::all(step.ceremony()).find(|next| before.is_none_or(|it| *next > it));
        assert_eq!(Some(step), next, "after {before:?}");
        self.last = Some((step, outcome));
    }

    fn assert_complete(&self) {
        let (step, outcome) = self.last.expect("an accepted ceremony has steps");
        assert_ne!(outcome, Outcome::Fail, "accepted, and {step} has failed");
        let last = Step::all(step.ceremony()).last();
        assert_eq!(Some(step), last, "accepted before its end");
    }

    fn assert_failed_at(&self, step: Step) {
        assert_eq!(self.last, Some((step, Outcome::Fail)));
    }
}
