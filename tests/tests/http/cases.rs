//! `PORTCULLIS_CASES`: failed ceremonies as files that `portcullis verify` takes, and what is not in them.

use core::time::Duration;
use std::{env, fs, path::PathBuf, thread, time::Instant};

use portcullis_tests::{
    authenticator::{Statement, flags},
    encoding::base64url,
    host::{Answer, Host, refused_start},
    person::Person,
    program::portcullis,
    verdict::explain_text,
};
use serde_json::{Value, json};

/// A name that is in nothing else.
const NAME: &str = "Quintessa-Ashgrove";

/// What somebody does to the body of a call.
type Change = Box<dyn Fn(&mut Value)>;

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("portcullis-cases-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    async fn host(&self, settings: &[(&str, &str)]) -> Host {
        let cases = [("PORTCULLIS_CASES", self.0.to_str().expect("text"))];
        Host::local(&[&cases, settings].concat()).await
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("the folder is there");
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect();
        files.sort();
        files
    }

    /// The case that is written next: another thread does that.
    #[track_caller]
    fn next(&self, known: &[PathBuf]) -> (PathBuf, String) {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(path) = self.files().into_iter().find(|path| !known.contains(path)) {
                let text = fs::read_to_string(&path).expect("a case");
                return (path, text);
            }
            assert!(Instant::now() < patience, "no case was written");
            thread::yield_now();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Wants a case to give the verdict that it holds, and that to be what the host answered.
#[track_caller]
fn assert_same_verdict(text: &str, answer: &Answer) -> Value {
    let case: Value = serde_json::from_str(text).expect("JSON");
    let verdict: Value = serde_json::from_str(&explain_text(text)).expect("JSON");
    assert_eq!(verdict, case["verdict"], "{case:#}");
    let problem = answer.json();
    assert_eq!(case["refused"]["code"], problem["code"], "{case:#}");
    assert_eq!(case["refused"]["step"], problem["step"], "{case:#}");
    assert_eq!(verdict["code"], problem["code"], "{case:#}");
    assert_eq!(verdict["step"], problem["step"], "{case:#}");
    case
}

/// What must not be in a case.
#[track_caller]
fn assert_silent(text: &str, secrets: &[&str]) {
    for secret in [NAME, &NAME.to_lowercase()].iter().chain(secrets) {
        assert!(!text.contains(*secret), "{secret} in {text}");
    }
    // Nor encoded.
    let case: Value = serde_json::from_str(text).expect("JSON");
    assert!(
        !case["response"]
            .to_string()
            .contains(&base64url(NAME.as_bytes()))
    );
}

#[rocket::async_test]
async fn a_refused_sign_in_is_a_check_with_the_same_verdict_and_no_name() {
    let folder = Folder::new("sign-in");
    let host = folder
        .host(&[("PORTCULLIS_USER_VERIFICATION", "required")])
        .await;
    let mut person = Person::with_account(&host, NAME).await;
    let id = base64url(&person.passkeys[0].id);
    let handle = base64url(&person.passkeys[0].user_handle);
    let hexadecimal: String = person.passkeys[0]
        .id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let raw: Value = person.passkeys[0].id.clone().into();
    let mistakes: [(&str, Change, Option<&str>); 7] = [
        (
            "a signature of something else",
            Box::new(|body| body["assertion"]["response"]["signature"] = json!("MAYCAQECAQE")),
            Some("signature_of_another_response"),
        ),
        (
            "no challenge",
            Box::new(|body| body["assertion"]["response"]["clientDataJSON"] = json!("e30")),
            None,
        ),
        (
            "rawId in hexadecimal",
            Box::new(move |body| body["assertion"]["rawId"] = json!(hexadecimal)),
            Some("id_not_raw_id"),
        ),
        (
            "bytes as a list",
            Box::new(move |body| body["assertion"]["response"]["userHandle"] = raw.clone()),
            None,
        ),
        (
            "names of another language",
            Box::new(|body| {
                let response = body["assertion"]["response"].clone();
                body["assertion"]["response"] = json!({
                    "client_data_json": response["clientDataJSON"],
                    "authenticator_data": response["authenticatorData"],
                    "signature": response["signature"],
                    "user_handle": response["userHandle"],
                });
            }),
            Some("names_snake_case"),
        ),
        (
            "more than belongs there",
            Box::new(|body| {
                body["assertion"]["username"] = json!(NAME);
                body["assertion"]["clientExtensionResults"] =
                    json!({"prf": {"results": {"first": NAME}}});
                body["assertion"]["response"]["note"] = json!([{"for": NAME}]);
                body["assertion"]["response"]["signature"] = json!("MAYCAQECAQE");
            }),
            Some("signature_of_another_response"),
        ),
        (
            "JSON within a JSON string",
            Box::new(|body| body["assertion"] = json!(body["assertion"].to_string())),
            Some("response_is_text"),
        ),
    ];
    let mut pseudonyms = Vec::new();
    for (name, change, diagnosed) in mistakes {
        let known = folder.files();
        let begun = person.begin_sign_in(&host).await;
        let mut body = begun.body();
        change(&mut body);
        let answer = host.post("/authenticate/complete", &body).await;
        let (_, text) = folder.next(&known);
        let case = assert_same_verdict(&text, &answer);
        assert_silent(&text, &[&id, &handle, &begun.token]);
        let first = &case["verdict"]["diagnosis"][0]["code"];
        if let Some(code) = diagnosed {
            assert_eq!(first, code, "{name}: {case:#}");
        }
        // A response that cannot be read names no record.
        pseudonyms.push(case["allowCredentials"][0].clone());
    }
    pseudonyms.dedup();
    assert_eq!(
        pseudonyms.len(),
        1,
        "the same passkey has the same pseudonym"
    );
}

#[rocket::async_test]
async fn a_refused_registration_keeps_only_what_is_signed() {
    let folder = Folder::new("registration");
    let host = folder.host(&[]).await;
    for (statement, keeps_id) in [(Statement::None, false), (Statement::PackedSelf, true)] {
        let known = folder.files();
        let mut person = Person::new(NAME);
        person.authenticator.statement = statement;
        let mut registering = person.begin_registration(&host).await;
        registering.registration.authenticator_data.flags &= !flags::UP;
        let answer = person.complete_registration(&host, &registering).await;
        answer.refused(400, "7.1.15", "user_not_present");
        let (_, text) = folder.next(&known);
        assert_same_verdict(&text, &answer);
        assert_silent(&text, &[&registering.token]);
        let id = base64url(&registering.passkey.id);
        assert_eq!(text.contains(&id), keeps_id, "{text}");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        let object = case["response"]["response"]["attestationObject"]
            .as_str()
            .expect("text");
        let object = portcullis_tests::encoding::from_base64url(object);
        let holds = object
            .windows(registering.passkey.id.len())
            .any(|part| part == registering.passkey.id);
        assert_eq!(holds, keeps_id, "in the attestation object");
    }
}

#[rocket::async_test]
async fn a_credential_that_is_registered_already_is_a_case_too() {
    let folder = Folder::new("registered");
    let host = folder.host(&[]).await;
    let alice = Person::with_account(&host, NAME).await;
    let mut other = Person::new("other");
    other.authenticator = portcullis_tests::authenticator::Authenticator::new(NAME);
    let registering = other.begin_registration(&host).await;
    assert_eq!(registering.passkey.id, alice.passkeys[0].id);
    let answer = other.complete_registration(&host, &registering).await;
    answer.refused(409, "7.1.26", "credential_exists");
    let (_, text) = folder.next(&[]);
    assert_same_verdict(&text, &answer);
    assert_silent(
        &text,
        &[&base64url(&registering.passkey.id), &registering.token],
    );
}

#[rocket::async_test]
async fn a_challenge_token_in_the_client_data_is_left_out() {
    let folder = Folder::new("token");
    let host = folder.host(&[]).await;
    let mut person = Person::new(NAME);
    let mut registering = person.begin_registration(&host).await;
    let token = registering.token.clone();
    registering.registration.client_data =
        portcullis_tests::client_data::ClientData::create(token.as_bytes(), &host.origin);
    let answer = person.complete_registration(&host, &registering).await;
    answer.refused(400, "7.1.8", "challenge_mismatch");
    let (_, text) = folder.next(&[]);
    assert_silent(&text, &[&token, &base64url(token.as_bytes())]);
    let case: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(case["refused"]["code"], "challenge_mismatch");
    assert_eq!(case["response"]["response"]["clientDataJSON"], "");
}

#[rocket::async_test]
async fn the_program_gives_the_verdict_that_a_case_holds_and_what_is_accepted_leaves_none() {
    let folder = Folder::new("program");
    let host = folder.host(&[]).await;
    let mut person = Person::with_account(&host, NAME).await;
    person.sign_in(&host).await;
    // A stranger's id in the flow without a name.
    let mut begun = person.begin_nameless_sign_in(&host).await;
    begun.assertion.id = vec![7; 16];
    let answer = host.post("/authenticate/complete", &begun.body()).await;
    answer.problem(401, "credential_unknown");
    let (path, text) = folder.next(&[]);
    assert_eq!(folder.files().len(), 1, "only what was refused");
    let output = portcullis()
        .arg("verify")
        .arg(&path)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("a verdict");
    let case: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(verdict, case["verdict"]);
    assert_eq!(
        case["refused"],
        json!({
            "code": "credential_unknown", "step": "7.2.6", "time": case["refused"]["time"],
        })
    );
    assert_silent(&text, &[&base64url(&[7; 16])]);
}

#[rocket::async_test]
async fn at_most_a_thousand_cases_are_kept_and_nothing_else_is_touched() {
    let folder = Folder::new("bound");
    fs::create_dir_all(&folder.0).expect("a folder");
    for number in 0..1_004 {
        let name = format!("20200101T000000Z-{number:06}-00000000-7.2.12-origin_mismatch.json");
        fs::write(folder.0.join(name), "{}").expect("written");
    }
    for other in ["notes.json", "20200101T000000Z.txt"] {
        fs::write(folder.0.join(other), "mine").expect("written");
    }
    let known = folder.files();
    let host = folder.host(&[]).await;
    let mut person = Person::with_account(&host, NAME).await;
    let mut begun = person.begin_sign_in(&host).await;
    begun.assertion.signature = Some(vec![0; 8]);
    host.post("/authenticate/complete", &begun.body()).await;
    let (newest, _) = folder.next(&known);
    let is_case = |path: &PathBuf| !path.ends_with("notes.json");
    let patience = Instant::now() + Duration::from_secs(30);
    let kept = loop {
        let kept: Vec<PathBuf> = folder.files().into_iter().filter(is_case).collect();
        if kept.len() <= 1_000 || Instant::now() > patience {
            break kept;
        }
        thread::yield_now();
    };
    assert_eq!(kept.len(), 1_000);
    assert_eq!(kept.last(), Some(&newest), "the newest stays");
    assert!(
        kept[0]
            .to_str()
            .is_some_and(|path| path.contains("-000005-")),
        "the oldest leave: {:?}",
        kept[0]
    );
    for other in ["notes.json", "20200101T000000Z.txt"] {
        assert_eq!(
            fs::read_to_string(folder.0.join(other)).expect("there"),
            "mine"
        );
    }
    // Only the host's own user may read the folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&newest).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_stops_the_start() {
    let file = env::temp_dir().join(format!("portcullis-cases-file-{}", std::process::id()));
    fs::write(&file, "").expect("written");
    let line = refused_start(&[("PORTCULLIS_CASES", file.to_str().expect("text"))]);
    assert!(line.contains("PORTCULLIS_CASES"), "{line}");
    let _ = fs::remove_file(&file);
}
