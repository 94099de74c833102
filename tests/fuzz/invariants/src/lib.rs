//! What every verdict keeps, whatever was judged. Suites and fuzz targets judge through here, so that
//! each of them also asserts this.

use portcullis_core::ceremony::{Ceremony, Note, Outcome, Value as Observed};
use portcullis_core::check::{CheckError, Judged, verify_check_at};
use portcullis_core::data::UnixTime;
use portcullis_core::{Crypto, Error, Observer, Step};
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
