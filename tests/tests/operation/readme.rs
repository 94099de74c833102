//! What the README shows at a shell, run literally.

use std::{fs, path::Path, process::Command};

use portcullis_tests::{host::Host, mistakes, person::Person, program};
use serde_json::{Value, json};

use super::{ROOT, blocks, folder, read};

/// A session's life with curl.
#[rocket::async_test]
async fn a_sessions_life_with_curl() {
    const PASSKEY: &str = "cargo run -q -p portcullis-tests --example passkey --";
    let readme = read("README.md");
    let blocks = blocks(&readme, "sh");
    let [script] = &*blocks
        .iter()
        .filter(|block| block.contains(PASSKEY))
        .collect::<Vec<_>>()
    else {
        panic!("one block with a passkey");
    };
    let host = Host::listening(&[]).await;
    assert!(script.contains("host=http://localhost:8000\n"));
    let passkey = program::example("passkey");
    let script = script
        .replace("http://localhost:8000", &host.origin)
        .replace(PASSKEY, &passkey.get_program().to_string_lossy());
    let folder = folder("curl");
    let file = folder.join("script");
    fs::write(&file, script).expect("a file");
    // One that does not answer with success ends it.
    let mut shell = Command::new("sh");
    shell.current_dir(&folder).args([
        "-e",
        "-c",
        "curl() { command curl --fail-with-body --noproxy '*' \"$@\"; }; . ./script",
    ]);
    let run = rocket::tokio::task::spawn_blocking(move || shell.output());
    let output = run.await.expect("it ends").expect("sh is there");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    let answers: Vec<Value> = said
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let [signed_up, session, sessions, token, signed_in, account] = &*answers else {
        panic!("six answers: {said}");
    };
    assert_eq!(signed_up["username"], "alice");
    assert_eq!(session["fresh"], true);
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1));
    assert!(token["login_token"].is_string());
    assert_eq!(signed_in["status"], "OK");
    assert_eq!(account["credentials"], 1);
}

/// What `verify` prints of an example, and of a check with a public key in PEM, up to what is left out.
#[test]
fn verdicts_are_as_they_are_shown() {
    let readme = read("README.md");
    let pem = mistakes::all()
        .iter()
        .find(|mistake| mistake.code == "public_key_pem");
    let folder = folder("verdicts");
    let check = folder.join("check.json");
    fs::write(&check, &pem.expect("a mistake").input).expect("a file");
    let mut shown = 0;
    for command in blocks(&readme, "console")
        .iter()
        .flat_map(|block| block.split("$ "))
    {
        let Some((command, output)) = command.split_once('\n') else {
            continue;
        };
        let Some(file) = command.strip_prefix("./portcullis verify ") else {
            continue;
        };
        let file = match file {
            "check.json" => check.clone(),
            "--ndjson < checks.ndjson > verdicts.ndjson" => continue,
            file => Path::new(ROOT).join(file),
        };
        let printed = program::portcullis().arg("verify").arg(file).output();
        let printed = String::from_utf8(printed.expect("it starts").stdout).expect("UTF-8");
        let mut rest = printed.trim_end();
        let output = output.trim_end().replace('\n', " ");
        for part in output.split('…') {
            let (before, after) = rest
                .split_once(part)
                .unwrap_or_else(|| panic!("{part}: {rest}"));
            assert!(
                rest.len() < printed.trim_end().len() || before.is_empty(),
                "{before}"
            );
            rest = after;
        }
        assert!(output.ends_with('…') || rest.is_empty(), "{rest}");
        shown += 1;
    }
    assert_eq!(shown, 2);
}

/// What is asked for at a shell, three people approve two of, and what verifies the receipt at a shell.
#[rocket::async_test]
async fn approvals_over_http_from_the_question_to_the_receipt() {
    let readme = read("README.md");
    let blocks = blocks(&readme, "sh");
    let [ask, verify] = &*blocks
        .iter()
        .filter(|block| block.contains("/approve/"))
        .collect::<Vec<_>>()
    else {
        panic!("one block that asks, and one that verifies");
    };
    let host = Host::listening(&[]).await;
    let mut people = Vec::new();
    for name in ["alice", "bob", "carol"] {
        people.push(Person::with_account(&host, name).await);
    }
    let folder = folder("approvals");
    fs::write(folder.join("order.txt"), "Order 7: 100 to Bob\n").expect("a file");
    let token = people[0].login_token.clone().expect("a login token");
    let program = program::portcullis();
    let program = program.get_program().to_string_lossy().into_owned();
    let run = async |script: &str| {
        let script = script
            .replace("http://localhost:8000", &host.origin)
            .replace("./portcullis", &program);
        let mut shell = Command::new("sh");
        shell
            .current_dir(&folder)
            .env("LOGIN_TOKEN", &token)
            .env("NO_PROXY", "*")
            .args(["-ec", &script]);
        let run = rocket::tokio::task::spawn_blocking(move || shell.output());
        let output = run.await.expect("it ends").expect("sh is there");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{complained}");
        serde_json::from_str::<Value>(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    let begun = run(ask).await;
    let mut receipts: Vec<Value> = Vec::new();
    for person in &mut people[1..] {
        let assertion = person.passkeys[0].get(&begun["publicKey"], &host.origin);
        let body = json!({
            "token": begun["token"], "response": assertion.response(), "receipts": receipts,
        });
        let answer = host.post("/approve/complete", &body).await.ok();
        receipts = vec![answer["receipt"].clone()];
    }
    let receipt = receipts[0].as_str().expect("a receipt");
    fs::write(folder.join("receipt.jws"), receipt).expect("a file");
    let verdict = run(verify).await;
    assert_eq!(verdict["accepted"], true, "{verdict}");
    assert_eq!(verdict["text"], "Order 7: 100 to Bob");
}
