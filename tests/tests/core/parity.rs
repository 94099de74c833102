//! The WebAssembly build gives the verdict of the native one, byte for byte.

use std::collections::BTreeMap;

use portcullis_core::{
    data::UnixTime,
    inspect::{JsonWriter, inspect},
};
use portcullis_tests::{
    corpora,
    deviations::deviations,
    mistakes, negative,
    verdict::{explain_text_at, judge_text_at},
    w3c::RECIPES,
    webassembly::ask_webassembly,
};
use serde_json::Value;

/// The caller's clock, 2026-05-28: some certificates are over by then, and some are not.
const NOW: i64 = 1_780_000_000;

/// Checks that are none, or whose text is odd.
fn oddities() -> Vec<String> {
    let good = RECIPES[1].make().registration_check().to_string();
    let mut lines: Vec<String> = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "{}",
        "\"\\ud800\"",
        "{\"kind\":\"registration\"}",
        "\u{feff}{}",
    ]
    .map(str::to_owned)
    .into();
    lines.push(good.replace(':', " : "));
    lines.push(good.replace("registration", "r\\u0065gistration"));
    lines.push(good.replace("example.org", "ex\u{2028}ample.org"));
    lines.push(format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    lines.extend(
        (0..good.len())
            .step_by(97)
            .map(|end| good[..end].to_owned()),
    );
    lines
}

#[test]
fn webassembly_gives_the_native_verdicts_byte_for_byte() {
    let checks = corpora::all_checks();
    let trusting = corpora::trusting(&checks);
    let first_other = trusting.len();
    let corpus = trusting.into_iter().chain(checks);
    let corpus = corpus.map(|(_, check)| check.to_string());
    let negative = negative::cases().iter().map(|case| case.check.clone());
    let tolerated = deviations().iter().map(|deviation| deviation.check.clone());
    let lines: Vec<String> = corpus
        .chain(negative)
        .chain(tolerated)
        .chain(oddities())
        .collect();
    let verdicts = ask_webassembly(&["verify", &NOW.to_string()], &lines);
    let mut trusted = BTreeMap::<String, usize>::new();
    for (index, (line, verdict)) in lines.iter().zip(verdicts).enumerate() {
        let native = judge_text_at(line, UnixTime::new(NOW));
        assert_eq!(verdict, native, "{line}");
        if index < first_other {
            let verdict: Value = serde_json::from_str(&verdict).expect("a verdict is JSON");
            let code = verdict["code"].as_str().unwrap_or("trusted");
            *trusted.entry(code.to_owned()).or_default() += 1;
        }
    }
    let outcomes = [
        "trusted",
        "trust_anchors_missing",
        "attestation_untrusted",
        "attestation_certificate_outdated",
    ];
    let outcomes = outcomes.map(|code| {
        let count = trusted.get(code).copied().unwrap_or(0);
        assert!(count > 0, "{code}: {trusted:?}");
        format!("{count} {code}")
    });
    corpora::report(&format!(
        "{} verdicts the same natively and in WebAssembly; with roots {}",
        lines.len(),
        outcomes.join(", ")
    ));
}

#[test]
fn webassembly_diagnoses_as_the_native_build_does() {
    let mistakes = mistakes::all().iter().map(|mistake| mistake.input.clone());
    let good = mistakes::good().into_iter().map(|check| check.to_string());
    let negative = negative::cases().iter().map(|case| case.check.clone());
    // A line is what is between two line ends.
    let lines: Vec<String> = mistakes
        .chain(good)
        .chain(negative.step_by(7))
        .chain(oddities())
        .filter(|line| !line.contains('\n'))
        .collect();
    let verdicts = ask_webassembly(&["diagnose", &NOW.to_string()], &lines);
    let mut diagnosed = 0_usize;
    for (line, verdict) in lines.iter().zip(verdicts) {
        let native = explain_text_at(line, UnixTime::new(NOW));
        assert_eq!(verdict, native, "{line}");
        diagnosed += usize::from(verdict.contains(r#","diagnosis":["#));
    }
    assert!(diagnosed > mistakes::all().len() / 2, "{diagnosed}");
    corpora::report(&format!(
        "{diagnosed} diagnoses the same natively and in WebAssembly"
    ));
}

#[test]
fn webassembly_explains_as_the_native_build_does() {
    let corpus = corpora::all_checks().into_iter().map(|(_, check)| check);
    let responses: Vec<String> = corpus.map(|check| check["response"].to_string()).collect();
    let cut = responses
        .iter()
        .map(|response| response[..response.len() / 2].to_owned());
    let artefacts: Vec<String> = cut
        .chain(responses.iter().cloned())
        .chain(oddities())
        .collect();
    let lines: Vec<String> = artefacts
        .iter()
        .map(|artefact| Value::from(artefact.as_str()).to_string())
        .collect();
    let dumps = ask_webassembly(&["inspect"], &lines);
    for (artefact, dump) in artefacts.iter().zip(dumps) {
        let mut json = JsonWriter::new(String::new());
        inspect(&mut artefact.clone().into_bytes(), &mut json);
        let native = json.finish().expect("a String takes everything");
        assert_eq!(dump, native, "{artefact}");
    }
    corpora::report(&format!(
        "{} artefacts explained the same natively and in WebAssembly",
        artefacts.len()
    ));
}
