//! The door: what it answers, what it survives, and that a board answers the same.

use core::fmt::Write as _;

use portcullis_door::{Bench, PAGES, Settings};
use portcullis_tests::{
    authenticator::{Authenticator, Passkey},
    corpora,
};

use crate::toolchain::{Clock, Images, TARGETS, image, run};

const SETTINGS: Settings = Settings {
    rp_id: "example.org",
    origin: "https://example.org",
};

const SEED: &str = "a door";

/// A door on its bench, with everything that went in and came out.
struct Session {
    bench: Bench,
    input: String,
    output: String,
}

impl Session {
    fn new() -> Self {
        Self {
            bench: Bench::new(SETTINGS, SEED.as_bytes()),
            input: format!("{SEED}\n"),
            output: String::new(),
        }
    }

    /// Sends a line and returns the answer.
    fn send(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").expect("a String takes all");
        let mut answer = String::new();
        let mut bytes = line.as_bytes().to_vec();
        self.bench
            .command(&mut bytes, &mut answer)
            .expect("a String takes all");
        self.output.push_str(&answer);
        answer
    }

    fn challenge(&mut self) -> Vec<u8> {
        let answer = self.send("challenge");
        let hex = answer
            .trim()
            .strip_prefix("challenge ")
            .expect("a challenge");
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
            .collect()
    }

    fn enrol(&mut self, authenticator: &mut Authenticator) -> (Passkey, String) {
        let challenge = self.challenge();
        let (passkey, registration) =
            authenticator.make(SETTINGS.rp_id, b"someone", &challenge, SETTINGS.origin);
        let answer = self.send(&format!("enrol {}", registration.response()));
        (passkey, answer)
    }

    fn open(&mut self, passkey: &mut Passkey) -> String {
        let challenge = self.challenge();
        let assertion = passkey.assert(&challenge, SETTINGS.origin);
        self.send(&format!("open {}", assertion.response()))
    }

    fn writes(&mut self) -> u32 {
        let answer = self.send("writes");
        let number = answer.strip_suffix(" writes\n").expect("a number");
        number.parse().expect("a number")
    }

    fn cut_after(&mut self, writes: u32) {
        assert_eq!(self.send(&format!("cut {writes}")), "cut set\n");
    }
}

fn authenticator() -> Authenticator {
    Authenticator::new("door")
}

#[test]
fn whoever_is_enrolled_opens_the_door_and_nobody_else() {
    let mut door = Session::new();
    let mut authenticator = authenticator();
    let (mut first, answer) = door.enrol(&mut authenticator);
    assert_eq!(answer, "enrolled 0\n");
    let (mut second, answer) = door.enrol(&mut authenticator);
    assert_eq!(answer, "enrolled 1\n");
    assert_eq!(door.open(&mut first), "open 0\n");
    assert_eq!(door.open(&mut second), "open 1\n");
    assert_eq!(door.send("list"), "0 used 1 times\n1 used 1 times\nend\n");
    let mut stranger = Authenticator::new("stranger");
    let (mut stranger, _) = stranger.make(SETTINGS.rp_id, b"x", b"x", SETTINGS.origin);
    let answer = door.open(&mut stranger);
    assert!(
        answer.starts_with("refused 7.2.25 credential_missing"),
        "{answer}"
    );
    assert_eq!(door.send("forget 0"), "forgotten 0\n");
    assert!(door.open(&mut first).starts_with("refused 7.2.25"));
    assert_eq!(door.open(&mut second), "open 1\n");
}

#[test]
fn an_answer_opens_once_and_a_copied_counter_never() {
    let mut door = Session::new();
    let (mut passkey, _) = door.enrol(&mut authenticator());
    let challenge = door.challenge();
    let open = format!(
        "open {}",
        passkey.assert(&challenge, SETTINGS.origin).response()
    );
    assert_eq!(door.send(&open), "open 0\n");
    assert_eq!(door.send(&open), "error no challenge is open\n");
    door.challenge();
    assert!(
        door.send(&open)
            .starts_with("refused 7.2.11 challenge_mismatch")
    );
    passkey.sign_count = 0;
    let answer = door.open(&mut passkey);
    assert!(
        answer.starts_with("refused 7.2.22 sign_count_not_increased"),
        "{answer}"
    );
}

#[test]
fn after_a_malformed_line_the_next_command_works() {
    let mut door = Session::new();
    let (mut passkey, _) = door.enrol(&mut authenticator());
    for line in [
        "",
        " ",
        "open",
        "open ",
        "enrol {",
        "\u{1f511}",
        "list 1",
        "forget 99",
        "forget x",
        "challenge x",
        "enrol null",
        "open [[[[",
        "\0\0\0",
    ] {
        let challenge = door.challenge();
        let answer = door.send(line);
        assert!(
            answer.starts_with("error ") || answer.starts_with("refused "),
            "{line:?}: {answer}"
        );
        drop(challenge);
        assert_eq!(door.open(&mut passkey), "open 0\n", "after {line:?}");
    }
}

#[test]
fn a_damaged_record_is_refused_and_the_others_stay() {
    // The record lies in the first page; every bit of what counts there.
    for word in 0..4 + 30 {
        for bit in [0, 7, 18, 31] {
            let mut door = Session::new();
            let mut authenticator = authenticator();
            let (mut first, _) = door.enrol(&mut authenticator);
            let (mut second, _) = door.enrol(&mut authenticator);
            door.send(&format!("damage 0 {word} {bit}"));
            assert_eq!(
                door.send("list"),
                "0 damaged\n1 used 0 times\nend\n",
                "{word} {bit}"
            );
            assert!(
                door.open(&mut first).starts_with("refused 7.2.25"),
                "{word} {bit}"
            );
            assert_eq!(door.open(&mut second), "open 1\n");
            assert_eq!(door.send("forget 0"), "forgotten 0\n");
            assert_eq!(door.enrol(&mut authenticator).1, "enrolled 0\n");
        }
    }
}

/// Lets the power go away after every number of writes that `perform` makes, and holds what the door
/// knows afterwards against what it knew before and should know after.
fn cut_at_every_write(
    prepare: impl Fn() -> (Session, Passkey),
    perform: impl Fn(&mut Session, &mut Passkey) -> String,
) -> u32 {
    let (mut door, mut passkey) = prepare();
    let (before, start) = (door.send("list"), door.writes());
    perform(&mut door, &mut passkey);
    let (after, total) = (door.send("list"), door.writes() - start);
    assert_ne!(before, after);
    assert!(total > 0);
    for writes in 0..total {
        let (mut door, mut passkey) = prepare();
        door.cut_after(writes);
        let answer = perform(&mut door, &mut passkey);
        assert!(answer.ends_with("power up\n"), "{writes}: {answer}");
        let found = door.send("list");
        assert!(found == before || found == after, "{writes}: {found}");
        // What it has done before the power went away, it has done.
        if !answer.starts_with("error ") {
            assert_eq!(found, after, "{writes}");
        }
        let again = perform(&mut door, &mut passkey);
        assert!(!again.starts_with("error "), "{writes}: {again}");
    }
    total
}

#[test]
fn a_power_cut_between_any_two_writes_leaves_the_old_record_or_the_new_one() {
    let empty = || {
        let mut unused = authenticator();
        let passkey = unused.make(SETTINGS.rp_id, b"x", b"x", SETTINGS.origin).0;
        (Session::new(), passkey)
    };
    let enrolled = || {
        let mut door = Session::new();
        let (mut passkey, _) = door.enrol(&mut authenticator());
        door.open(&mut passkey);
        (door, passkey)
    };
    let enrol = cut_at_every_write(empty, |door, _| {
        door.enrol(&mut Authenticator::new("new")).1
    });
    let open = cut_at_every_write(enrolled, |door, passkey| door.open(passkey));
    let forget = cut_at_every_write(enrolled, |door, _| door.send("forget 0"));
    corpora::report(&format!(
        "power cut at each of {enrol} writes of an enrolment, {open} of a sign-in, {forget} of a removal"
    ));
}

#[test]
fn every_board_answers_as_the_bench_here_does() {
    let mut door = Session::new();
    let mut authenticator = authenticator();
    let (mut passkey, _) = door.enrol(&mut authenticator);
    door.open(&mut passkey);
    for writes in [0, 1, 5, 20, 40] {
        door.cut_after(writes);
        door.open(&mut passkey);
        door.send("list");
        door.open(&mut passkey);
    }
    for line in ["nonsense", "open {\"id\":", "\0"] {
        door.send(line);
    }
    door.enrol(&mut authenticator);
    for page in 0..PAGES {
        door.send(&format!("damage {page} 5 3"));
    }
    door.send("list");
    door.open(&mut passkey);
    let long = "x".repeat(20_000);
    door.input.push_str(&long);
    door.input.push('\n');
    door.output.push_str("error the line is too long\n");
    door.send("reboot");
    door.send("list");
    for target in &TARGETS {
        let image = image(target, Images::Json, "door");
        let (status, output) = run(target, &image, door.input.as_bytes(), Clock::Free);
        let output = String::from_utf8(output).expect("answers are text");
        assert_eq!(output, door.output, "{}", target.triple);
        assert!(status.success(), "{}: {status}", target.triple);
    }
}

/// An authenticator at the other end of the door's CTAP messages.
mod ctap {
    use ciborium::Value;
    use portcullis_tests::{
        authenticator::{Authenticator, Passkey},
        cbor::Cbor,
    };

    use super::SETTINGS;

    pub(super) fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The parameters of the request in the door's answer, by their numbers.
    pub(super) fn parameters(answer: &str, command: u8) -> impl Fn(i128) -> Value {
        let hex = answer.trim().strip_prefix("ctap ").expect("a message");
        let message: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
            .collect();
        assert_eq!(message[0], command);
        let map: Value = ciborium::from_reader(&message[1..]).expect("CBOR");
        let map = map.into_map().expect("a map");
        move |number| {
            let found = map.iter().find(|(key, _)| {
                key.as_integer()
                    .is_some_and(|key| i128::from(key) == number)
            });
            found.expect("it is there").1.clone()
        }
    }

    /// The response to `authenticatorMakeCredential`.
    pub(super) fn make(authenticator: &mut Authenticator, request: &str) -> (Passkey, String) {
        let request = parameters(request, 1);
        assert_eq!(
            request(2).as_map().expect("a map")[0].1.as_text(),
            Some(SETTINGS.rp_id)
        );
        // Format `none`: nothing in it depends on the client data.
        let (passkey, registration) =
            authenticator.make(SETTINGS.rp_id, b"", b"x", SETTINGS.origin);
        let response = Cbor::int_map([
            (1, Cbor::text("none")),
            (2, Cbor::bytes(registration.authenticator_data.encode())),
            (3, Cbor::text_map([])),
        ]);
        (passkey, format!("00{}", hex(&response.encode())))
    }

    /// The response to `authenticatorGetAssertion`.
    pub(super) fn get(passkey: &mut Passkey, request: &str, names_itself: bool) -> String {
        let request = parameters(request, 2);
        assert_eq!(request(1).as_text(), Some(SETTINGS.rp_id));
        let hash = request(2).into_bytes().expect("a hash");
        let data = passkey
            .assert(b"x", SETTINGS.origin)
            .authenticator_data
            .encode();
        let signature = passkey.key.sign(&[&data[..], &hash].concat());
        let id = Cbor::text_map([
            ("id", Cbor::bytes(passkey.id.clone())),
            ("type", Cbor::text("public-key")),
        ]);
        let mut members = vec![(2, Cbor::bytes(data)), (3, Cbor::bytes(signature))];
        if names_itself {
            members.insert(0, (1, id));
        }
        format!("00{}", hex(&Cbor::int_map(members).encode()))
    }
}

#[test]
fn a_passkey_is_made_and_used_over_ctap_alone() {
    let mut door = Session::new();
    let mut authenticator = authenticator();
    let request = door.send("ctap-enrol");
    let (mut first, response) = ctap::make(&mut authenticator, &request);
    assert_eq!(
        door.send(&format!("ctap-enrolled {response}")),
        "enrolled 0\n"
    );
    let request = door.send("ctap-open");
    // With one passkey to choose from it need not say which it is.
    let response = ctap::get(&mut first, &request, false);
    assert_eq!(door.send(&format!("ctap-opened {response}")), "open 0\n");
    assert_eq!(
        door.send(&format!("ctap-opened {response}")),
        "error no challenge is open\n"
    );
    let request = door.send("ctap-enrol");
    assert_eq!(
        ctap::parameters(&request, 1)(5)
            .into_array()
            .map(|known| known.len()),
        Ok(1)
    );
    let (mut second, response) = ctap::make(&mut authenticator, &request);
    assert_eq!(
        door.send(&format!("ctap-enrolled {response}")),
        "enrolled 1\n"
    );
    let request = door.send("ctap-open");
    let response = ctap::get(&mut second, &request, false);
    assert_eq!(
        door.send(&format!("ctap-opened {response}")),
        "error not an authenticator's response\n"
    );
    let request = door.send("ctap-open");
    let response = ctap::get(&mut second, &request, true);
    assert_eq!(door.send(&format!("ctap-opened {response}")), "open 1\n");
    // And the same passkey through a browser.
    assert_eq!(door.open(&mut first), "open 0\n");
}

#[test]
fn what_an_authenticator_refuses_or_garbles_opens_nothing() {
    let mut door = Session::new();
    let (mut passkey, _) = door.enrol(&mut authenticator());
    let request = door.send("ctap-open");
    let old = ctap::get(&mut passkey, &request, true);
    for (response, expected) in [
        ("27", "error the authenticator has refused: 0x27\n"),
        ("2", "error not an authenticator's response\n"),
        ("zz", "error not an authenticator's response\n"),
        ("00", "error not an authenticator's response\n"),
        ("00a0", "error not an authenticator's response\n"),
        (
            "00a30040024003a0",
            "error not an authenticator's response\n",
        ),
        (
            &old[..old.len() - 2],
            "error not an authenticator's response\n",
        ),
        // Signed for another challenge.
        (&old, "refused 7.2.21 signature_invalid"),
    ] {
        door.send("ctap-open");
        let answer = door.send(&format!("ctap-opened {response}"));
        assert!(answer.starts_with(expected), "{response}: {answer}");
        door.send("ctap-enrol");
        let answer = door.send(&format!("ctap-enrolled {response}"));
        assert!(
            answer.starts_with("error ") || answer.starts_with("refused "),
            "{response}"
        );
        assert_eq!(door.open(&mut passkey), "open 0\n");
    }
}
