//! `portcullis verify` and `portcullis inspect` as programs: exit codes, one verdict a line, memory,
//! broken pipes.

use core::time::Duration;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
};

use portcullis::clock::Clock;
use portcullis_tests::{
    corpora,
    deviations::deviations,
    program::portcullis,
    verdict::{explain_text, explain_text_at},
    w3c::RECIPES,
};
use serde_json::{Value, json};

fn good() -> Value {
    RECIPES[0].make().registration_check()
}

fn bad() -> Value {
    let mut check = good();
    check["origins"] = json!(["https://elsewhere.example"]);
    check
}

fn piped(arguments: &[&str]) -> Command {
    piped_word("verify", arguments)
}

fn piped_word(word: &str, arguments: &[&str]) -> Command {
    let mut command = portcullis();
    command.arg(word).args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    feed(&mut piped(arguments), input)
}

fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    // It may stop reading early where it has seen enough.
    let _ = writer.join().expect("the writer does not panic");
    output
}

#[track_caller]
fn assert_verdict(output: &Output, code: i32, verdict: &str) {
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), verdict);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn verify_prints_the_verdict_and_exits_by_it() {
    for (check, code) in [(good(), 0), (bad(), 1)] {
        let check = check.to_string();
        assert_verdict(&run(&[], check.as_bytes()), code, &explain_text(&check));
    }
    for input in ["", "{", "[]", "null", r#"{"kind": "registration"}"#] {
        let output = run(&[], input.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{input}");
    }
}

#[test]
fn verify_reads_a_file() {
    let folder = env::temp_dir().join(format!("portcullis-cli-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let path = folder.join("check.json");
    for (check, code) in [(good(), 0), (bad(), 1), (json!({}), 2)] {
        let check = format!("{check:#}\n");
        fs::write(&path, &check).expect("a temporary file");
        let output = run(&[path.to_str().expect("an ordinary path")], b"");
        assert_verdict(&output, code, &explain_text(&check));
    }
    let output = run(
        &[folder.join("none.json").to_str().expect("an ordinary path")],
        b"",
    );
    assert_eq!(
        output.status.code(),
        Some(2),
        "there is no check in a file that is not there"
    );
    assert!(!output.stderr.is_empty(), "and a line says so");
    fs::remove_dir_all(&folder).expect("the folder goes");
}

#[test]
fn ndjson_gives_a_verdict_a_line_in_order() {
    let mut checks = corpora::all_checks();
    checks.extend(corpora::trusting(&checks));
    let checks = checks
        .into_iter()
        .map(|(id, check)| (id, check.to_string()));
    let tolerated = deviations().iter();
    let tolerated = tolerated.map(|deviation| (deviation.rule.clone(), deviation.check.clone()));
    let (ids, lines): (Vec<String>, Vec<String>) = checks.chain(tolerated).unzip();
    let output = run(&["--ndjson"], (lines.join("\n") + "\n").as_bytes());
    assert_eq!(
        output.status.code(),
        Some(0),
        "rejected is no failure of the run"
    );
    let printed = String::from_utf8(output.stdout).expect("verdicts are UTF-8");
    assert_eq!(printed.lines().count(), lines.len());
    // The program's clock is this one's, and the certificates end years apart.
    let now = Clock::start().unix_time();
    for (id, (line, verdict)) in ids.iter().zip(lines.iter().zip(printed.lines())) {
        assert_eq!(verdict, explain_text_at(line, now), "{id}");
    }
}

#[test]
fn ndjson_goes_on_after_a_line_that_holds_no_check() {
    let good = good().to_string();
    let lines: [&[u8]; 5] = [good.as_bytes(), b"{", b"\xff\xfe", b"{}", good.as_bytes()];
    for end in ["", "\n"] {
        let input = [lines.join(&b'\n').as_slice(), end.as_bytes()].concat();
        let output = run(&["--ndjson"], &input);
        assert_eq!(output.status.code(), Some(2), "one line held no check");
        let printed = String::from_utf8(output.stdout).expect("verdicts are UTF-8");
        let codes: Vec<Value> = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a verdict")["code"].clone())
            .collect();
        let none = json!("not_a_check");
        assert_eq!(
            codes,
            [Value::Null, none.clone(), none.clone(), none, Value::Null]
        );
    }
}

/// A running `verify --ndjson` that is asked one line at a time, and is ended if it does not answer.
struct Conversation {
    child: Child,
    answers: mpsc::Receiver<String>,
}

impl Conversation {
    fn start() -> Self {
        let mut child = piped(&["--ndjson"]).spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (send, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, answers }
    }

    fn ask(&mut self, line: &str) -> String {
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin.write_all(line.as_bytes()).expect("it reads");
        stdin.write_all(b"\n").expect("it reads");
        stdin.flush().expect("it reads");
        self.answers
            .recv_timeout(Duration::from_secs(60))
            .expect("a verdict comes before the next line is written")
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn ndjson_answers_each_line_before_the_next_is_written() {
    let mut conversation = Conversation::start();
    for check in [good(), bad(), good()] {
        let check = check.to_string();
        assert_eq!(conversation.ask(&check), explain_text(&check));
    }
}

/// The largest resident memory so far, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("Linux tells it");
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .expect("a number of KiB")
}

#[cfg(target_os = "linux")]
#[test]
fn ndjson_takes_the_same_memory_whatever_the_number_of_lines() {
    let mut conversation = Conversation::start();
    let check = bad().to_string();
    for _ in 0..200 {
        conversation.ask(&check);
    }
    let early = peak_memory(&conversation.child);
    for _ in 0..20_000 {
        conversation.ask(&check);
    }
    let late = peak_memory(&conversation.child);
    assert!(
        late <= early + 512,
        "{early} KiB after 200 lines, {late} KiB after 20,200"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut child = piped(&["--ndjson"]).spawn().expect("the binary starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("piped");
    let line = good().to_string() + "\n";
    // More than any pipe holds: the program has noticed before the last of them.
    let written = (0..5_000).try_for_each(|_| stdin.write_all(line.as_bytes()));
    drop(stdin);
    assert!(written.is_err(), "nobody reads, so it stops");
    let output = child.wait_with_output().expect("the program ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(!complaint.contains("panicked"), "{complaint}");
    assert_ne!(output.status.code(), Some(101), "{complaint}");
}

#[test]
fn inspect_explains_a_response_in_text_and_as_json() {
    let response = good()["response"].to_string();
    let output = feed(&mut piped_word("inspect", &[]), response.as_bytes());
    let text = String::from_utf8(output.stdout).expect("the dump is UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.starts_with("taken for: registration response in JSON\n"),
        "{text}"
    );
    for field in [
        "origin: https://example.org",
        "fmt: none",
        "kty (1): 2  EC2",
    ] {
        assert!(text.contains(field), "{field}: {text}");
    }

    let output = feed(&mut piped_word("inspect", &["--json"]), response.as_bytes());
    let dump: Value = serde_json::from_slice(&output.stdout).expect("the dump is JSON");
    assert_eq!(dump["guess"]["artefact"], "registration response");
    assert_eq!(dump["artefacts"][0]["artefact"], "registration response");
}

#[test]
fn inspect_says_where_an_assertion_was_cut() {
    let authenticator_data =
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5190000";
    let output = feed(
        &mut piped_word("inspect", &[]),
        authenticator_data.as_bytes(),
    );
    let text = String::from_utf8(output.stdout).expect("the dump is UTF-8");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("UP: true  the user was present"), "{text}");
    assert!(
        text.contains("33           !! breaks here: signCount (4 bytes) ends too early"),
        "{text}"
    );
}

#[test]
fn check_config_examines_the_settings_and_any_options() {
    let settings = |variables: &[(&str, &str)]| {
        let mut command = piped_word("check-config", &[]);
        // That of the tests, under which others write their expected texts anew.
        command.env_remove("PORTCULLIS_EXPECTED");
        for (name, value) in variables {
            command.env(name, value);
        }
        let output = feed(&mut command, b"");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        (output.status.code(), text)
    };
    let secret = ("PORTCULLIS_SECRET", "0123456789abcdef".repeat(4));
    let secret = (secret.0, secret.1.as_str());
    let (code, text) = settings(&[secret, ("PORTCULLIS_RP_ID", "example.org")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("(verification_not_required)"), "{text}");
    let (code, text) = settings(&[
        secret,
        ("PORTCULLIS_RP_ID", "example.org"),
        ("PORTCULLIS_USER_VERIFICATION", "required"),
    ]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("(verification_not_required)"), "{text}");
    let (code, text) = settings(&[
        secret,
        ("PORTCULLIS_RP_ID", "co.uk"),
        ("PORTCULLIS_USER_VERIFICATION", "required"),
    ]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.lines().any(|line| line.starts_with("stops: ")),
        "{text}"
    );

    let path = env::temp_dir().join(format!("portcullis-options-{}.json", std::process::id()));
    let options = json!({"publicKey": {"challenge": "AAAA", "rpId": "example.org", "userVerification": "required"}});
    fs::write(&path, options.to_string()).expect("a temporary file");
    let output = run_word("check-config", &[path.to_str().expect("an ordinary path")]);
    fs::remove_file(&path).expect("it goes");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("(challenge_short)"), "{text}");
}

fn run_word(word: &str, arguments: &[&str]) -> Output {
    feed(&mut piped_word(word, arguments), b"")
}

#[cfg(unix)]
#[test]
fn the_server_says_where_it_is_and_ends_cleanly_when_asked() {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = probe.local_addr().expect("bound").port().to_string();
    drop(probe);
    let mut server = portcullis()
        .arg("serve")
        .env("ROCKET_PORT", &port)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let ready = lines.find_map(|line| line.ok().filter(|line| line.contains("http://")));
    let ready = ready.expect("it says where it is");
    assert!(
        ready.ends_with(&format!("http://localhost:{port}")),
        "{ready}"
    );

    // A connection that waits does not keep it.
    let _open = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let id = server.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &id]).status();
    assert!(killed.expect("kill is there").success());
    assert!(server.wait().expect("it ends").success());
}
