//! New recovery codes: shown once, and taken along as a copy, on paper or in a file.

use std::{fs, path::Path};

use serde_json::json;

use crate::{CODES, Desk};

#[rocket::async_test]
async fn recovery_codes_are_copied_printed_and_saved() {
    let desk = Desk::with_account(&[CODES], "alice").await;
    let browser = &desk.browser;
    browser.run("codes-make").await;
    let shown = browser
        .script("return [...document.querySelectorAll('#codes-list > li')].map((item) => item.textContent)")
        .await;
    let shown: Vec<&str> = shown
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|code| code.as_str())
        .collect();
    assert_eq!(shown.len(), 10);
    let text = shown.join("\n");

    let permissions = json!({"origin": desk.host.origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser
        .devtools("Browser.grantPermissions", permissions)
        .await;
    browser
        .script("delete document.getElementById('status').dataset.kind")
        .await;
    browser.press("codes-copy").await;
    browser.wait_for("#status[data-kind='done']").await;
    let copied = browser
        .script("return navigator.clipboard.readText()")
        .await;
    assert_eq!(copied, text);

    // On paper there are the codes and nothing else.
    browser
        .script("window.print = () => { document.body.dataset.printed = ''; }")
        .await;
    browser.press("codes-print").await;
    browser.wait_for("body[data-printed]").await;
    let paper = json!({"media": "print"});
    browser.devtools("Emulation.setEmulatedMedia", paper).await;
    let visible = "return ['codes-list', 'passkeys', 'signout', 'codes-print', 'delete']
        .filter((id) => document.getElementById(id).checkVisibility())";
    assert_eq!(browser.script(visible).await, json!(["codes-list"]));
    let screen = json!({"media": ""});
    browser.devtools("Emulation.setEmulatedMedia", screen).await;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recovery-codes");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let allow = json!({"behavior": "allow", "downloadPath": folder});
    browser.devtools("Browser.setDownloadBehavior", allow).await;
    browser.press("codes-save").await;
    let file = folder.join("recovery-codes.txt");
    let saved = || {
        fs::read_to_string(&file)
            .ok()
            .filter(|saved| !saved.is_empty())
    };
    assert_eq!(browser.until(saved).await, format!("{text}\n"));

    // They are shown this once.
    browser.reload().await;
    browser.wait_for("#codes-new[hidden]").await;
    let left = browser.wait_for("#codes-left").await;
    assert_eq!(left.text().await.expect("text"), "Codes left: 10");
}
