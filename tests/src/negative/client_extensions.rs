//! Client extension results, 7.1.4 and 7.2.4.

use serde_json::{Value, json};

use super::Cases;

const CODE: &str = "client_extensions_malformed";

pub(super) fn write(cases: &mut Cases) {
    let secret = "A".repeat(43);
    for (rule, results) in [
        ("the results are a list", json!([])),
        ("the results are null", json!(null)),
        ("appid is a number", json!({"appid": 1})),
        ("uvm is empty", json!({"uvm": []})),
        (
            "uvm has four methods",
            json!({"uvm": [[2, 4, 2], [2, 4, 2], [2, 4, 2], [2, 4, 2]]}),
        ),
        ("a method of uvm has two numbers", json!({"uvm": [[2, 4]]})),
        ("a number of uvm is negative", json!({"uvm": [[2, 4, -2]]})),
        ("prf is a truth value", json!({"prf": true})),
        (
            "prf has no first output",
            json!({"prf": {"results": {"second": secret}}}),
        ),
        (
            "an output of prf has three bytes",
            json!({"prf": {"results": {"first": "AAAA"}}}),
        ),
        ("largeBlob is a text", json!({"largeBlob": "AAAA"})),
        ("payment is a list", json!({"payment": []})),
    ] {
        cases.checks((4, 4), CODE, rule, results_are(results));
    }
    for (rule, results) in [
        ("appidExclude is null", json!({"appidExclude": null})),
        ("credProps is a truth value", json!({"credProps": true})),
        (
            "credProps.rk is a text",
            json!({"credProps": {"rk": "true"}}),
        ),
        ("prf.enabled is a number", json!({"prf": {"enabled": 1}})),
        (
            "hmacCreateSecret is a number",
            json!({"hmacCreateSecret": 1}),
        ),
        (
            "largeBlob.supported is a text",
            json!({"largeBlob": {"supported": "yes"}}),
        ),
        ("credBlob is a text", json!({"credBlob": "AAAA"})),
    ] {
        cases.registration_check(4, CODE, rule, results_are(results));
    }
    for (rule, results) in [
        ("hmacGetSecret has no output", json!({"hmacGetSecret": {}})),
        (
            "the large blob is no base64url",
            json!({"largeBlob": {"blob": "A A A"}}),
        ),
        (
            "largeBlob.written is a number",
            json!({"largeBlob": {"written": 1}}),
        ),
        (
            "getCredBlob has a length of no bytes",
            json!({"getCredBlob": "A"}),
        ),
        (
            "the browser-bound signature is no base64url",
            json!({"payment": {"browserBoundSignature": {"signature": "=="}}}),
        ),
    ] {
        cases.assertion_check(4, CODE, rule, results_are(results));
    }
    cases.texts((4, 4), CODE, "appid stands twice", |check| {
        let twice = r#""clientExtensionResults":{"appid":false,"appid":true}"#;
        check.replacen(r#""clientExtensionResults":{}"#, twice, 1)
    });
}

fn results_are(results: Value) -> impl Fn(&mut Value) {
    move |check| check["response"]["clientExtensionResults"] = results.clone()
}
