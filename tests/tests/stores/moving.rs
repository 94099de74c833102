//! Accounts move: from one store to another, and from other libraries.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Output, Stdio},
};

use portcullis::{
    account::Username,
    store::{Account, Credential, CredentialState, Import, Imported, UserHandle},
};
use portcullis_tests::{
    authenticator::{Authenticator, Passkey, flags},
    encoding::base64url,
    host::Host,
    person::Person,
    postgres::Postgres,
    program,
};
use rocket::{futures::future::join, tokio::task::spawn_blocking};
use serde_json::{Value, json};

use super::{folder, sqlite};

/// Starts the program on a store.
fn start(store: &str, arguments: &[&str]) -> Child {
    program::portcullis()
        .args(arguments)
        .env("PORTCULLIS_STORE", store)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Runs the program on a store.
fn run(store: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = start(store, arguments);
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writing = std::thread::spawn(move || {
        // It may have ended before it has read all.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("written");
    output
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).expect("UTF-8")
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout).to_owned()
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// A credential with a key of its own.
fn credential(number: u32) -> Credential {
    let handle = [1; 16];
    let mut authenticator = Authenticator::new(&number.to_string());
    let (passkey, _) = authenticator.make("example.org", &handle, &[0; 32], "https://example.org");
    let key = passkey.key.cose_key().encode();
    let state = CredentialState::new(number, number.is_multiple_of(2), false, true);
    let mut credential = Credential::new(passkey.id, key, -7, state);
    credential.transports = vec!["internal".to_owned(), "a \"quoted\" one".to_owned()];
    credential.rp_id = "example.org".to_owned();
    credential.created = 1_700_000_000;
    credential
}

async fn fill(path: &Path, accounts: u32) {
    let store = sqlite(path).await;
    for number in 0..accounts {
        let bytes = [&number.to_be_bytes()[..], b"handle"].concat();
        let length = 4 + usize::try_from(number % 7).expect("small");
        let handle = UserHandle::new(&bytes[..length]).expect("a handle");
        let name = Username::parse(&format!("User{number}-Rene\u{301}")).expect("a name");
        let mut account = Account::new(handle, name, 1_700_000_000 + u64::from(number));
        if number.is_multiple_of(3) {
            account.display_name = Some(format!("René {number}"));
        }
        account.credentials = (0..number % 4)
            .map(|one| credential(number * 10 + one))
            .collect();
        if let Some(credential) = account.credentials.first_mut() {
            credential.name = Some("Phone".to_owned());
            credential.last_used = Some(1_700_000_123);
            credential.browser = Some("Firefox".to_owned());
        }
        let codes = match number % 4 {
            0 => vec![[7; 32], [8; 32]],
            _ => Vec::new(),
        };
        let done = store
            .import(Import::new(account, codes))
            .await
            .expect("it answers");
        assert_eq!(done, Imported::Done);
    }
}

#[rocket::async_test]
async fn a_round_trip_is_equal_and_what_is_there_stays() {
    let folder = folder("a_round_trip");
    let server = Postgres::start();
    let (first, second) = (folder.join("first.db"), folder.join("second.db"));
    fill(&first, 1_200).await;
    let exported = succeeds(&run(&url(&first), &["export"], b""));
    assert_eq!(exported.lines().count(), 1_200);

    let between = server.create("moving");
    let dry = succeeds(&run(
        &between,
        &["import", "--dry-run"],
        exported.as_bytes(),
    ));
    assert_eq!(dry, "1200 would be imported, 0 were there, 0 refused\n");
    let imported = succeeds(&run(&between, &["import"], exported.as_bytes()));
    assert_eq!(imported, "1200 imported, 0 were there, 0 refused\n");
    let again = succeeds(&run(&between, &["import"], exported.as_bytes()));
    assert_eq!(again, "0 imported, 1200 were there, 0 refused\n");
    let exported_again = succeeds(&run(&between, &["export"], b""));
    assert!(
        exported == exported_again,
        "PostgreSQL gives back what it was given"
    );
    succeeds(&run(&url(&second), &["import"], exported_again.as_bytes()));
    let exported_again = succeeds(&run(&url(&second), &["export"], b""));
    assert!(
        exported == exported_again,
        "SQLite gives back what it was given"
    );
}

/// The line of an account that can be imported.
fn line(number: u32) -> String {
    let (handle, id) = (
        base64url(&number.to_be_bytes()),
        base64url(&[number.to_be_bytes(); 4].concat()),
    );
    let key = base64url(&person(1, false).passkeys[0].key.cose_key().encode());
    let account = json!({"userHandle": handle, "username": format!("user{number}"), "credentials": [{"id": id,
        "publicKey": key, "aaguid": "00000000-0000-0000-0000-000000000000", "transports": [], "signCount": 0,
        "backupEligible": false, "backupState": false, "userVerified": true, "rpId": "localhost",
        "attestationFormat": "none", "attestationType": "none"}]});
    format!("{account}\n")
}

/// What comes in is stored while more is to come, and what goes out was not all read before: neither holds more
/// than a part of the accounts.
#[rocket::async_test]
async fn accounts_move_in_a_stream() {
    /// Far more than pipes and buffers hold.
    const ACCOUNTS: u32 = 4_000;
    let path = folder("in_a_stream").join("accounts.db");
    let lines: Vec<String> = (0..ACCOUNTS).map(line).collect();
    let mut import = start(&url(&path), &["import"]);
    let mut into = import.stdin.take().expect("piped");
    let half = lines.len() / 2;
    into.write_all(lines[..half].concat().as_bytes())
        .expect("it reads");
    let store = sqlite(&path).await;
    let stored = async || store.counts().await.expect("it answers").accounts;
    // All but those on their way.
    while stored().await < u64::try_from(half).expect("small") - 200 {
        rocket::tokio::task::yield_now().await;
    }
    into.write_all(lines[half..].concat().as_bytes())
        .expect("it reads");
    drop(into);
    let imported = succeeds(&import.wait_with_output().expect("it ends"));
    assert_eq!(
        imported,
        format!("{ACCOUNTS} imported, 0 were there, 0 refused\n")
    );

    let mut export = start(&url(&path), &["export"]);
    let mut from = BufReader::new(export.stdout.take().expect("piped"));
    let mut first = String::new();
    from.read_line(&mut first).expect("a line");
    assert!(first.contains("\"user0\""), "{first}");
    // After the last handle: somebody who comes while the export waits for its reader.
    let mut late: Value = serde_json::from_str(&lines[0]).expect("JSON");
    late["userHandle"] = base64url(&[255; 8]).into();
    late["username"] = "late".into();
    late["credentials"][0]["id"] = base64url(&[255; 16]).into();
    succeeds(&run(&url(&path), &["import"], late.to_string().as_bytes()));
    let mut rest = String::new();
    from.read_to_string(&mut rest).expect("text");
    assert!(export.wait().expect("it ends").success());
    assert_eq!(rest.lines().count(), lines.len());
    assert!(
        rest.lines()
            .last()
            .is_some_and(|last| last.contains("\"late\""))
    );
}

#[cfg(target_os = "linux")]
#[test]
fn only_a_terminal_is_shown_how_far_it_is() {
    let folder = folder("how_far_it_is");
    let (path, file) = (folder.join("accounts.db"), folder.join("lines"));
    let lines: String = (0..1_000).map(line).collect();
    fs::write(&file, &lines).expect("written");
    let quiet = run(&url(&path), &["import"], lines.as_bytes());
    succeeds(&quiet);
    assert_eq!(text(&quiet.stderr), "");
    // `script` runs a command on a terminal.
    let mut shown = std::process::Command::new("script");
    let binary = program::portcullis();
    let command = format!(
        "'{}' import '{}'",
        binary.get_program().display(),
        file.display()
    );
    shown.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    let shown = shown.env("PORTCULLIS_STORE", url(&path)).output();
    let shown = shown.expect("it starts");
    assert!(
        text(&shown.stdout).contains("\r1000 accounts"),
        "{}",
        text(&shown.stdout)
    );
}

#[rocket::async_test]
async fn a_bad_line_is_named_and_changes_nothing() {
    let folder = folder("a_bad_line");
    let (source, target) = (folder.join("source.db"), folder.join("target.db"));
    fill(&source, 6).await;
    let exported = succeeds(&run(&url(&source), &["export"], b""));
    let lines: Vec<&str> = exported.lines().collect();
    let change = |line: &str, member: &str, value: Value| {
        let mut json: Value = serde_json::from_str(line).expect("JSON");
        json[member] = value;
        json.to_string()
    };
    let other_handle = change(lines[1], "userHandle", "AAAA".into());
    let other_name = change(&other_handle, "username", "somebody".into());
    let other_name = change(&other_name, "comparedUsername", "somebody".into());
    let nobody = change(lines[2], "credentials", json!([]));
    let long = format!("{{\"username\":\"{}\"}}", "x".repeat(2_000_000));
    for (bad, reason) in [
        ("garbage", "not an account"),
        ("{}", "not an account"),
        (&*nobody, "nobody could sign in"),
        (&*other_handle, "another account has the name"),
        (&*other_name, "another account has one of its passkeys"),
        (&*change(lines[2], "userHandle", "".into()), "`userHandle`"),
        (
            &*change(lines[2], "username", "a\u{0}b".into()),
            "`username`",
        ),
        (
            &*lines[2].replacen("\"publicKey\":\"", "\"publicKey\":\"AAAA", 1),
            "public key",
        ),
        (&*long, "longer than"),
    ] {
        let _ = fs::remove_file(&target);
        succeeds(&run(&url(&target), &["import"], lines[1].as_bytes()));
        let input = format!("{}\n{bad}\n", lines[1]);
        let output = run(&url(&target), &["import"], input.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{reason}");
        let error = text(&output.stderr);
        assert!(
            error.contains("line 2") && error.contains(reason),
            "{reason}: {error}"
        );
        let kept = succeeds(&run(&url(&target), &["export"], b""));
        assert_eq!(kept.lines().collect::<Vec<_>>(), &lines[1..2], "{reason}");
    }
}

/// The records of one passkey as each library keeps it. `be`: backup eligible.
fn records(passkey: &Passkey, hex: impl Fn(&[u8]) -> String) -> Vec<(&'static str, Value)> {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD as BASE64;
    let key = passkey.key.cose_key().encode();
    let id = base64url(&passkey.id);
    let handle = base64url(&passkey.user_handle);
    let (count, be) = (passkey.sign_count, passkey.flags & flags::BE != 0);
    let device = if be { "multiDevice" } else { "singleDevice" };
    // ES256: the last 67 bytes are x, a label, and y.
    let (x, y) = (&key[10..42], &key[45..77]);
    let point = [&[4], x, y].concat();
    let spki = [
        &b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"[..],
        &point,
    ]
    .concat();
    let numbered: Value = key
        .iter()
        .enumerate()
        .map(|(at, byte)| (at.to_string(), Value::from(*byte)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    vec![
        (
            "better-auth",
            json!({"userHandle": handle, "passkeys": [{"id": "row1", "credentialID": id, "publicKey": BASE64.encode(&key),
                "counter": count, "deviceType": device, "backedUp": be, "transports": "internal,hybrid",
                "createdAt": "2025-01-02T03:04:05.678Z", "aaguid": "00000000-0000-0000-0000-000000000000"}]}),
        ),
        (
            "simplewebauthn",
            json!({"credentials": [{"id": id, "publicKey": numbered, "webauthnUserID": handle, "counter": count,
                "deviceType": device, "backedUp": be, "transports": ["internal"]}]}),
        ),
        (
            "simplewebauthn",
            json!({"credentials": [{"id": id, "publicKey": {"type": "Buffer", "data": key},
                "webauthn_user_id": handle, "counter": count.to_string(), "device_type": device, "backed_up": be}]}),
        ),
        (
            "go-webauthn",
            json!({"userHandle": BASE64.encode(&passkey.user_handle), "credentials": [{"id": BASE64.encode(&passkey.id),
                "publicKey": BASE64.encode(&key), "attestationType": "none", "transport": ["usb"],
                "flags": {"userPresent": true, "userVerified": true, "backupEligible": be, "backupState": be},
                "authenticator": {"AAGUID": BASE64.encode([0; 16]), "signCount": count, "cloneWarning": false}}]}),
        ),
        (
            "go-webauthn",
            json!({"userHandle": handle, "credentials": [{"ID": BASE64.encode(&passkey.id),
                "PublicKey": BASE64.encode(&key), "AttestationType": "none", "Transport": null,
                "Flags": {"UserPresent": true, "UserVerified": true, "BackupEligible": be, "BackupState": be},
                "Authenticator": {"AAGUID": BASE64.encode([0; 16]), "SignCount": count}}]}),
        ),
        (
            "webauthn-rs",
            json!({"user_unique_id": handle, "credentials": [{"cred": {"cred_id": id,
                "cred": {"type_": "ES256", "key": {"EC_EC2": {"curve": "SECP256R1", "x": base64url(x), "y": base64url(y)}}},
                "counter": count, "transports": null, "user_verified": true, "backup_eligible": be, "backup_state": be,
                "registration_policy": "required", "attestation_format": "none"}}]}),
        ),
        (
            "py_webauthn",
            json!({"user_handle": format!("\\x{}", hex(&passkey.user_handle)), "credentials": [{
                "credential_id": hex(&passkey.id), "credential_public_key": hex(&key), "sign_count": count,
                "credential_device_type": if be { "multi_device" } else { "single_device" },
                "credential_backed_up": be, "user_verified": true, "fmt": "none"}]}),
        ),
        (
            "py_webauthn",
            json!({"user_handle": handle, "credentials": [{"credential_id": id, "public_key": base64url(&point),
                "sign_count": count, "device_type": device, "credential_backed_up": u8::from(be)}]}),
        ),
        (
            "java-webauthn-server",
            json!({"credentials": [{"credentialId": id, "userHandle": handle, "publicKeyCose": base64url(&key),
                "signatureCount": count, "backupEligible": be, "backupState": be}]}),
        ),
        (
            "java-webauthn-server",
            json!({"credentials": [{"credentialId": id, "userHandle": handle, "publicKeyCose": BASE64.encode(&spki),
                "signatureCount": count, "isBackupEligible": be}]}),
        ),
    ]
}

#[rocket::async_test]
async fn passkeys_of_other_libraries_sign_in() {
    let folder = folder("other_libraries");
    let path = folder.join("accounts.db");
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let cases = records(&person(0, false).passkeys[0], hex).len();
    let mut people = Vec::new();
    for case in 0..cases {
        for be in [false, true] {
            let person = person(case, be);
            let (library, mut record) = records(&person.passkeys[0], hex).swap_remove(case);
            record["username"] = person.name.clone().into();
            let line = record.to_string();
            let dry = succeeds(&run(
                &url(&path),
                &["import", "--from", library, "--dry-run"],
                line.as_bytes(),
            ));
            assert_eq!(
                dry, "1 would be imported, 0 were there, 0 refused\n",
                "{library}"
            );
            succeeds(&run(
                &url(&path),
                &["import", "--from", library],
                line.as_bytes(),
            ));
            people.push(person);
        }
    }
    let store = url(&path);
    let host = Host::local(&[("PORTCULLIS_STORE", &store)]).await;
    for mut person in people {
        person.sign_in(&host).await;
        let nameless = person.begin_nameless_sign_in(&host).await;
        host.post("/authenticate/complete", &nameless.body())
            .await
            .ok();
    }
}

/// Somebody with a passkey that another library knows, and a handle of 16 bytes.
fn person(number: usize, be: bool) -> Person {
    let mut person = Person::new(&format!("user{number}{be}"));
    let mut handle = [u8::from(be); 16];
    handle[0] = u8::try_from(number).expect("small");
    if be {
        person.authenticator.flags |= flags::BE | flags::BS;
    }
    let (mut passkey, _) =
        person
            .authenticator
            .make("localhost", &handle, &[0; 32], "http://localhost:8000");
    passkey.sign_count = 7;
    person.passkeys.push(passkey);
    person
}

#[test]
fn what_could_not_sign_in_is_refused_with_what_it_lacks() {
    let folder = folder("could_not_sign_in");
    let store = url(&folder.join("accounts.db"));
    let passkey = &person(1, true).passkeys[0];
    let (_, whole) = records(passkey, |_| String::new()).swap_remove(1);
    let without = |member: &str| {
        let mut record = whole.clone();
        record["username"] = "alice".into();
        record["credentials"][0]
            .as_object_mut()
            .expect("a record")
            .remove(member);
        record
    };
    let mut rows = Vec::new();
    for (member, reason) in [
        ("id", "`id`"),
        ("publicKey", "`publicKey`"),
        ("counter", "`counter`"),
        ("deviceType", "`deviceType`"),
        ("webauthnUserID", "`userHandle`"),
    ] {
        rows.push((without(member), reason));
    }
    let mut nameless = whole.clone();
    nameless["name"] = "x".into();
    rows.push((nameless, "`username`"));
    let mut strange = without("nothing");
    strange["credentials"][0]["publicKey"] = "AAAA".into();
    rows.push((strange, "no public key"));
    for (record, reason) in rows {
        let output = run(
            &store,
            &["import", "--from", "simplewebauthn"],
            record.to_string().as_bytes(),
        );
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{reason}");
        assert!(
            error.contains("line 1: not imported") && error.contains(reason),
            "{reason}: {error}"
        );
        assert_eq!(succeeds(&run(&store, &["export"], b"")), "");
    }
    let (_, mut better_auth) = records(passkey, |_| String::new()).swap_remove(0);
    better_auth["username"] = "alice".into();
    better_auth
        .as_object_mut()
        .expect("a record")
        .remove("userHandle");
    let line = better_auth.to_string();
    let output = run(
        &store,
        &["import", "--from", "better-auth"],
        line.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("does not keep it"));
    // What it can do without is said.
    let output = run(
        &store,
        &["import", "--from", "simplewebauthn"],
        without("transports").to_string().as_bytes(),
    );
    succeeds(&output);
    let error = text(&output.stderr);
    assert!(
        error.contains("lacks: user verification, transports"),
        "{error}"
    );
}

#[rocket::async_test]
async fn accounts_are_listed_shown_and_deleted() {
    let folder = folder("accounts_are_listed");
    let path = folder.join("accounts.db");
    fill(&path, 8).await;
    let store = url(&path);
    let list = succeeds(&run(&store, &["accounts"], b""));
    assert_eq!(list.lines().count(), 8);
    let json = succeeds(&run(&store, &["accounts", "--json"], b""));
    let third: Value = serde_json::from_str(json.lines().nth(3).expect("a line")).expect("JSON");
    assert_eq!(
        (&third["displayName"], &third["credentials"]),
        (&json!("René 3"), &json!(3))
    );
    let name = third["username"].as_str().expect("a name");
    let shown = succeeds(&run(&store, &["accounts", "show", name, "--json"], b""));
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["credentials"][0]["name"], "Phone");
    assert!(succeeds(&run(&store, &["accounts", "show", name], b"")).contains("Phone"));
    succeeds(&run(
        &store,
        &["accounts", "delete", &name.to_uppercase()],
        b"",
    ));
    for command in ["show", "delete"] {
        let output = run(&store, &["accounts", command, name], b"");
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("no account has the name"));
    }
    assert_eq!(
        succeeds(&run(&store, &["accounts"], b"")).lines().count(),
        7
    );
    let memory = run("memory", &["accounts"], b"");
    assert!(text(&memory.stderr).starts_with("portcullis: PORTCULLIS_STORE: "));
}

#[test]
fn the_settings_are_checked_without_a_start() {
    let folder = folder("settings_are_checked");
    let path = folder.join("accounts.db");
    let checked = succeeds(&run(&url(&path), &["check-config"], b""));
    assert!(
        checked.contains("fine: the store answers; a start makes its tables"),
        "{checked}"
    );
    assert!(
        checked.contains("worries: PORTCULLIS_SECRET: "),
        "{checked}"
    );
    assert!(!path.exists(), "nothing is written");
    fs::write(&path, "no database".repeat(200)).expect("a file");
    let output = run(&url(&path), &["check-config"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("stops: PORTCULLIS_STORE: "));
    let server = Postgres::start();
    let checked = succeeds(&run(&server.url("postgres"), &["check-config"], b""));
    assert!(
        checked.contains("fine: this clock and the database's agree"),
        "{checked}"
    );
    let output = run("postgres://x", &["check-config"], b"");
    assert_eq!(output.status.code(), Some(1));
}

/// As SQLite's shell does it.
#[rocket::async_test]
async fn a_file_is_copied_while_a_host_runs() {
    let folder = folder("copied");
    let (path, copy) = (folder.join("accounts.db"), folder.join("copy.db"));
    let store = |path: &Path| format!("sqlite:{}", path.display());
    let host = Host::local(&[("PORTCULLIS_STORE", &store(&path))]).await;
    let mut alice = Person::with_account(&host, "alice").await;
    let shell = rusqlite::Connection::open(&path).expect("it opens");
    let vacuum = format!("vacuum into '{}'", copy.display());
    let copying = spawn_blocking(move || shell.execute_batch(&vacuum));
    let signing_in = async {
        for _ in 0..20 {
            alice.sign_in(&host).await;
        }
    };
    let (copied, ()) = join(copying, signing_in).await;
    copied.expect("it ran").expect("it is copied");
    let host = Host::local(&[("PORTCULLIS_STORE", &store(&copy))]).await;
    alice.sign_in(&host).await;
}
