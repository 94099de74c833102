//! Client extension results on which the relying party relies, 7.2.4. All others are nobody's proof of
//! anything and refuse nothing, but for a strict check.

use serde_json::{Value, json};

use super::{Cases, fullest_sign_in};

const CODE: &str = "client_extensions_malformed";
const APP_ID: &str = "https://example.org/app-id.json";

pub(super) fn write(cases: &mut Cases) {
    for (rule, results) in [
        ("the results are a list", json!([])),
        ("the results are null", json!(null)),
        ("the results are a text", json!("")),
        ("appid is a number", json!({"appid": 1})),
        ("appid is a text", json!({"appid": "true"})),
        ("appid is null", json!({"appid": null})),
    ] {
        let rule = format!("the AppID was requested, and {rule}");
        cases.assertion_check(4, CODE, &rule, results_are(results));
    }
    let mut check = fullest_sign_in();
    results_are(json!({}))(&mut check);
    let twice = r#""clientExtensionResults":{"appid":false,"appid":true}"#;
    let check = check
        .to_string()
        .replacen(r#""clientExtensionResults":{}"#, twice, 1);
    const RULE: &str = "the AppID was requested, and appid appears twice";
    cases.push("7.2.4".into(), CODE, RULE, check);
}

fn results_are(results: Value) -> impl Fn(&mut Value) {
    move |check| {
        check["appId"] = json!(APP_ID);
        check["response"]["clientExtensionResults"] = results.clone();
    }
}
