//! The host with its login key in a token: a real `SoftHSM2` with a token folder of its own.

use core::error::Error;
use std::{
    collections::HashMap,
    fs, io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use cryptoki::{mechanism::Mechanism, object::Attribute, session::UserType, types::AuthPin};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use portcullis::{Config, ConfigError, Portcullis};
use portcullis_core::{Crypto, approval::verify_receipt};
use portcullis_tests::{
    authenticator::{Authenticator, Passkey},
    softhsm::{self, PIN, SoftHsm},
};
use rocket::{
    futures::future::join_all,
    http::{ContentType, Status},
    local::{asynchronous, blocking::Client},
};
use serde_json::{Value, json};

const ORIGIN: &str = "http://localhost:8000";
/// The object identifier of P-256 in DER.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn softhsm(label: &str) -> SoftHsm {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signer");
    let softhsm = SoftHsm::new(&place, label);
    // As the binary does, which has the library to itself.
    portcullis::pkcs11::allow_finalize(true);
    softhsm
}

/// Makes a key pair in the token, as an operator does beforehand.
fn make_key(softhsm: &SoftHsm, label: &str, extractable: bool) {
    let session = softhsm.session();
    // The host under test may have logged in before.
    let _ = session.login(UserType::User, Some(&AuthPin::from(PIN)));
    let label = || Attribute::Label(label.into());
    let public = [
        Attribute::Token(true),
        Attribute::EcParams(P256.to_vec()),
        label(),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(extractable),
        Attribute::Sign(true),
        label(),
    ];
    session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        .expect("a key pair");
}

/// The token is seen by the library once it has been initialised after the token was made.
fn with_key(label: &str) -> SoftHsm {
    let softhsm = softhsm(label);
    let missing = open(&uri(&softhsm, "login")).expect_err("there is no key yet");
    assert!(missing.to_string().contains("private key"), "{missing}");
    make_key(&softhsm, "login", false);
    softhsm
}

fn uri(softhsm: &SoftHsm, object: &str) -> String {
    uri_of(softhsm::module(), softhsm, object)
}

fn uri_of(module: &Path, softhsm: &SoftHsm, object: &str) -> String {
    let label = softhsm.label().replace(' ', "%20");
    let (module, pin) = (module.display(), softhsm.folder.join("pin"));
    let pin = pin.display();
    format!("pkcs11:token={label};object={object}?module-path={module}&pin-source=file:{pin}")
}

fn config(signer: &str) -> Result<Config, ConfigError> {
    let figment = rocket::Config::figment().merge(("log_level", "off"));
    Config::new([("PORTCULLIS_SIGNER", signer)], figment)
}

/// A host whose signer is open, or why it cannot be.
fn open(signer: &str) -> Result<Portcullis, Box<dyn Error>> {
    Ok(rocket::execute(Portcullis::new(config(signer)?).open())?)
}

fn client(softhsm: &SoftHsm) -> Client {
    client_of(softhsm::module(), softhsm)
}

fn client_of(module: &Path, softhsm: &SoftHsm) -> Client {
    let config = config(&uri_of(module, softhsm, "login")).expect("the settings hold");
    Client::untracked(portcullis::rocket(config)).expect("it ignites")
}

fn post(client: &Client, path: &str, body: &Value) -> (Status, Value) {
    let request = client.post(path).header(ContentType::JSON);
    let response = request.body(body.to_string()).dispatch();
    let status = response.status();
    (status, response.into_json().expect("JSON"))
}

fn sign_up(client: &Client, name: &str) -> (Passkey, Status, Value) {
    let (_, begun) = post(client, "/register/begin", &json!({"username": name}));
    let mut authenticator = Authenticator::new(name);
    let (passkey, registration) = authenticator.create(&begun["publicKey"], ORIGIN);
    let complete = json!({
        "attestation": registration.response(), "challenge_token": begun["challenge_token"],
    });
    let (status, answer) = post(client, "/register/complete", &complete);
    (passkey, status, answer)
}

fn sign_in(client: &Client, name: &str, passkey: &mut Passkey) -> (Status, Value) {
    let (_, begun) = post(client, "/authenticate/begin", &json!({"username": name}));
    let assertion = passkey.get(&begun["publicKey"], ORIGIN).response();
    let complete = json!({"assertion": assertion, "challenge_token": begun["challenge_token"]});
    post(client, "/authenticate/complete", &complete)
}

/// What the host has logged.
struct Log {
    since: usize,
}

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn lines() -> MutexGuard<'static, Vec<u8>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    fn from_here() -> Self {
        // The first test to ask sets it up; the log is the whole program's.
        let log = tracing_subscriber::fmt().with_ansi(false);
        let _ = log.with_writer(|| Line).try_init();
        Self {
            since: lines().len(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&lines()[self.since..]).into_owned()
    }

    fn lines_with(&self, text: &str) -> usize {
        self.text()
            .lines()
            .filter(|line| line.contains(text))
            .count()
    }
}

struct Line;

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lines().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The claims of a login token, verified with what the host publishes.
fn claims(client: &Client, token: &Value) -> HashMap<String, Value> {
    let token = token.as_str().expect("a login token");
    let keys = client.get("/.well-known/jwks.json").dispatch();
    let keys: JwkSet = keys.into_json().expect("a JWKS");
    let kid = jsonwebtoken::decode_header(token).expect("a JWT").kid;
    let key = keys.find(&kid.expect("a kid")).expect("a published key");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["localhost"]);
    let key = DecodingKey::from_jwk(key).expect("a key");
    jsonwebtoken::decode(token, &key, &validation)
        .expect("verifies")
        .claims
}

#[test]
fn a_key_in_a_token_signs_login_tokens() {
    let softhsm = with_key("signs");
    let client = client(&softhsm);
    let (mut passkey, status, answer) = sign_up(&client, "alice");
    assert_eq!(status, Status::Ok, "{answer}");
    assert_eq!(
        claims(&client, &answer["login_token"])["preferred_username"],
        "alice"
    );
    let (status, answer) = sign_in(&client, "alice", &mut passkey);
    assert_eq!(status, Status::Ok, "{answer}");
    let claims = claims(&client, &answer["login_token"]);
    assert_eq!(
        (&claims["iss"], &claims["uv"]),
        (&json!(ORIGIN), &json!(true))
    );
}

#[test]
fn a_token_that_goes_away_is_503_for_what_needs_it_until_it_is_back() {
    let softhsm = with_key("goes away");
    let client = client(&softhsm);
    let (mut passkey, _, answer) = sign_up(&client, "alice");
    let proof = format!(
        "Bearer {}",
        answer["login_token"].as_str().expect("a login token")
    );

    let log = Log::from_here();
    let beside = softhsm.session();
    let put_back = softhsm.pull();
    // The library has noticed, and would not see the token again by itself.
    assert_eq!(beside.find_objects(&[]).map_err(drop), Ok(vec![]));
    drop(beside);
    for _ in 0..2 {
        let (status, answer) = sign_in(&client, "alice", &mut passkey);
        assert_eq!(status, Status::ServiceUnavailable, "{answer}");
        assert_eq!(answer["code"], "signer_unavailable");
    }
    let (_, status, answer) = sign_up(&client, "bob");
    assert_eq!(
        (status, &answer["code"]),
        (Status::ServiceUnavailable, &json!("signer_unavailable"))
    );
    // What verifies goes on: the keys are published, and a login token still proves its user.
    let keys = client.get("/.well-known/jwks.json").dispatch();
    assert_eq!(keys.status(), Status::Ok);
    let request = client.post("/register/begin").header(ContentType::JSON);
    let request = request.header(rocket::http::Header::new("authorization", proof));
    let begun = request.body(r#"{"username": "alice"}"#).dispatch();
    assert_eq!(begun.status(), Status::Ok);

    put_back();
    let (status, answer) = sign_in(&client, "alice", &mut passkey);
    assert_eq!(status, Status::Ok, "{answer}");
    claims(&client, &answer["login_token"]);
    assert_eq!(
        log.lines_with("that signs login tokens"),
        2,
        "{}",
        log.text()
    );
    assert_eq!(log.lines_with("ERROR portcullis::token::signer::pkcs11: the token that signs login tokens is not available error=the token is not present"), 1, "{}", log.text());
    // The account that nobody got a login token for was not made.
    let (_, status, answer) = sign_up(&client, "bob");
    assert_eq!(status, Status::Ok, "{answer}");
}

#[test]
fn a_key_in_a_token_signs_receipts_and_an_approval_waits_while_it_is_away() {
    let softhsm = with_key("receipts");
    let client = client(&softhsm);
    let (mut passkey, _, answer) = sign_up(&client, "alice");
    let proof = answer["login_token"].as_str().expect("a login token");
    let proof = rocket::http::Header::new("authorization", format!("Bearer {proof}"));
    let document = "A".repeat(43);
    let asked = json!({"document": document, "text": "Order 7"});
    let request = client.post("/approve/begin").header(ContentType::JSON);
    let begun = request.header(proof).body(asked.to_string()).dispatch();
    let begun: Value = begun.into_json().expect("JSON");
    let response = passkey.get(&begun["publicKey"], ORIGIN).response();
    let complete = json!({"token": begun["token"], "response": response});

    let put_back = softhsm.pull();
    let (status, answer) = post(&client, "/approve/complete", &complete);
    assert_eq!(
        (status, &answer["code"]),
        (Status::ServiceUnavailable, &json!("signer_unavailable"))
    );
    put_back();
    // Nothing was spent, and the counter has not moved.
    let (status, answer) = post(&client, "/approve/complete", &complete);
    assert_eq!(status, Status::Ok, "{answer}");
    let trust = client.get("/approve/trust").dispatch();
    let trust: Value = trust.into_json().expect("JSON");
    let check = json!({"receipt": answer["receipt"], "document": document, "trust": trust});
    let mut verdict = String::new();
    let judged = verify_receipt(
        &mut check.to_string().into_bytes(),
        &Crypto::BUILT_IN,
        &mut verdict,
    );
    assert!(matches!(judged, Ok(Ok(()))), "{verdict}");
}

#[test]
fn a_token_that_hangs_is_503_and_occupies_one_thread() {
    const CALLERS: usize = 100;
    let softhsm = with_key("hangs");
    let shim = softhsm.shim();
    let config = config(&uri_of(&shim.library, &softhsm, "login")).expect("the settings hold");
    rocket::execute(async {
        let client = asynchronous::Client::untracked(portcullis::rocket(config)).await;
        let client = &client.expect("it ignites");
        let begin = json!({"username": "alice"});
        let (_, begun) = post_async(client, "/register/begin", &begin).await;
        let mut authenticator = Authenticator::new("alice");
        let (mut passkey, registration) = authenticator.create(&begun["publicKey"], ORIGIN);
        let token = &begun["challenge_token"];
        let complete = json!({"attestation": registration.response(), "challenge_token": token});
        let (status, answer) = post_async(client, "/register/complete", &complete).await;
        assert_eq!(status, Status::Ok, "{answer}");
        let mut sign_in = async || {
            let (_, begun) = post_async(client, "/authenticate/begin", &begin).await;
            let mut assertion = passkey.get(&begun["publicKey"], ORIGIN);
            // In whatever order they arrive.
            assertion.authenticator_data.sign_count = 0;
            let token = &begun["challenge_token"];
            json!({"assertion": assertion.response(), "challenge_token": token})
        };

        let log = Log::from_here();
        let before = shim.calls("C_Sign");
        let held = shim.hold_signatures();
        let mut completes = Vec::new();
        for _ in 0..CALLERS {
            completes.push(sign_in().await);
        }
        // All of them at once: each is answered, though the token never answers.
        let answers = completes
            .iter()
            .map(|complete| post_async(client, "/authenticate/complete", complete));
        for (status, answer) in join_all(answers).await {
            assert_eq!(status, Status::ServiceUnavailable, "{answer}");
            assert_eq!(answer["code"], "signer_unavailable");
        }
        assert_eq!(shim.calls("C_Sign"), before + 1);
        assert_eq!(log.lines_with("is not available"), 1, "{}", log.text());

        drop(held);
        // The call that hung comes back; of the others the token never hears.
        let (status, answer) = loop {
            let complete = sign_in().await;
            let (status, answer) = post_async(client, "/authenticate/complete", &complete).await;
            if status != Status::ServiceUnavailable {
                break (status, answer);
            }
        };
        assert_eq!(status, Status::Ok, "{answer}");
        assert_eq!(shim.calls("C_Sign"), before + 2);
        assert_eq!(log.lines_with("available again"), 1, "{}", log.text());
    });
}

async fn post_async(client: &asynchronous::Client, path: &str, body: &Value) -> (Status, Value) {
    let request = client.post(path).header(ContentType::JSON);
    let response = request.body(body.to_string()).dispatch().await;
    let status = response.status();
    (status, response.into_json().await.expect("JSON"))
}

#[test]
fn a_token_that_hangs_stops_the_start() {
    let softhsm = with_key("hangs at the start");
    let shim = softhsm.shim();
    let _held = shim.hold_signatures();
    let line = open(&uri_of(&shim.library, &softhsm, "login")).expect_err("it must not start");
    assert!(line.to_string().contains("does not answer"), "{line}");
}

/// An application that embeds the host may have sessions of its own with the library.
#[test]
fn an_embedded_host_leaves_the_library_to_its_application() {
    let softhsm = with_key("embedded");
    let shim = softhsm.shim();
    let client = client_of(&shim.library, &softhsm);
    let (mut passkey, _, _) = sign_up(&client, "alice");
    portcullis::pkcs11::allow_finalize(false);
    let of_the_application = softhsm.session();
    let put_back = softhsm.pull();
    assert_eq!(
        of_the_application.find_objects(&[]).map_err(drop),
        Ok(vec![])
    );
    let before = shim.calls("C_Finalize");
    for _ in 0..2 {
        let (status, answer) = sign_in(&client, "alice", &mut passkey);
        assert_eq!(status, Status::ServiceUnavailable, "{answer}");
    }
    assert_eq!(shim.calls("C_Finalize"), before);
    assert!(of_the_application.get_session_info().is_ok());
    put_back();
}

#[test]
fn restarts_with_a_wrong_pin_do_not_lock_the_token() {
    let softhsm = with_key("restarts");
    let shim = softhsm.shim();
    let uri = uri_of(&shim.library, &softhsm, "login");
    let refused = || open(&uri).expect_err("it must not start").to_string();
    let _ = softhsm.session().logout();
    let pin = softhsm.folder.join("pin");
    fs::write(&pin, "wrong").expect("a PIN file");
    let before = shim.calls("C_Login");
    assert!(refused().contains("refuses the PIN"));
    for _ in 0..5 {
        assert!(refused().contains("CKF_USER_PIN_COUNT_LOW"));
    }
    // Not even the right one: nobody but its owner knows that it is right.
    fs::write(&pin, PIN).expect("a PIN file");
    assert!(refused().contains("CKF_USER_PIN_COUNT_LOW"));
    assert_eq!(shim.calls("C_Login"), before + 1);

    let owner = softhsm.session();
    owner
        .login(UserType::User, Some(&AuthPin::from(PIN)))
        .expect("the owner logs in");
    owner.logout().expect("and out");
    drop(open(&uri).expect("starts"));
    let _ = owner.logout();
    for (flag, reason) in softhsm::PIN_FLAGS.into_iter().zip([
        "CKF_USER_PIN_COUNT_LOW",
        "CKF_USER_PIN_FINAL_TRY",
        "has locked it",
    ]) {
        shim.add_flags(flag);
        let before = shim.calls("C_Login");
        let line = refused();
        assert!(line.contains(reason), "{line}");
        assert_eq!(shim.calls("C_Login"), before);
    }
}

#[test]
fn a_registration_that_fails_has_the_token_sign_nothing() {
    let softhsm = with_key("conflict");
    let shim = softhsm.shim();
    let client = client_of(&shim.library, &softhsm);
    let begin = |name: &str| post(&client, "/register/begin", &json!({"username": name})).1;
    let (first, second, other) = (begin("alice"), begin("alice"), begin("bob"));
    let mut authenticator = Authenticator::new("conflict");
    let complete = |begun: &Value, response: Value| {
        let token = &begun["challenge_token"];
        let complete = json!({"attestation": response, "challenge_token": token});
        post(&client, "/register/complete", &complete)
    };
    let (passkey, registration) = authenticator.create(&first["publicKey"], ORIGIN);
    let (status, answer) = complete(&first, registration.response());
    assert_eq!(status, Status::Ok, "{answer}");

    let before = shim.calls("C_Sign");
    let (_, registration) = authenticator.create(&second["publicKey"], ORIGIN);
    let (status, answer) = complete(&second, registration.response());
    assert_eq!(
        (status, &answer["code"]),
        (Status::Conflict, &json!("username_taken"))
    );
    let (_, mut registration) = authenticator.create(&other["publicKey"], ORIGIN);
    registration.id.clone_from(&passkey.id);
    if let Some(attested) = &mut registration.authenticator_data.attested {
        attested.id.clone_from(&passkey.id);
    }
    let (status, answer) = complete(&other, registration.response());
    assert_eq!(
        (status, &answer["code"]),
        (Status::Conflict, &json!("credential_exists"))
    );
    assert_eq!(shim.calls("C_Sign"), before);
}

#[test]
fn nothing_prints_a_pin() {
    let softhsm = with_key("prints");
    let pin = softhsm.folder.join("pin");
    let client = client(&softhsm);
    let (mut passkey, _, _) = sign_up(&client, "alice");
    let config = config(&uri(&softhsm, "login")).expect("the settings hold");
    let session = softhsm.session();
    session.logout().expect("locks");
    drop(session);
    fs::write(&pin, "a refused PIN").expect("a PIN file");
    let (status, _) = sign_in(&client, "alice", &mut passkey);
    assert_eq!(status, Status::ServiceUnavailable);
    let printed = format!("{config:?}{:?}", client.rocket());
    for pin in [PIN, "a refused PIN"] {
        assert!(!printed.contains(pin), "{printed}");
    }
}

/// A token of the same name with another key in it, or the same token after somebody's mistake.
#[test]
fn a_signature_that_the_published_key_does_not_verify_is_not_handed_out() {
    let softhsm = with_key("replaced");
    let client = client(&softhsm);
    let (mut passkey, _, _) = sign_up(&client, "alice");
    let session = softhsm.session();
    for key in session.find_objects(&[]).expect("the key pair") {
        session.destroy_object(key).expect("destroyed");
    }
    make_key(&softhsm, "login", false);
    for _ in 0..3 {
        let (status, answer) = sign_in(&client, "alice", &mut passkey);
        assert_eq!(status, Status::ServiceUnavailable, "{answer}");
    }
}

#[test]
fn a_token_that_is_locked_is_503_until_the_pin_is_right_again() {
    let softhsm = with_key("locked");
    let shim = softhsm.shim();
    let client = client_of(&shim.library, &softhsm);
    let (mut passkey, _, _) = sign_up(&client, "alice");
    let session = softhsm.session();
    let pin = |text: &str| AuthPin::from(text);
    session
        .set_pin(&pin(PIN), &pin("another PIN"))
        .expect("the PIN changes");
    session.logout().expect("locks");
    drop(session);
    let before = shim.calls("C_Login");
    for _ in 0..5 {
        let (status, answer) = sign_in(&client, "alice", &mut passkey);
        assert_eq!(status, Status::ServiceUnavailable, "{answer}");
    }
    assert_eq!(shim.calls("C_Login"), before + 1, "a PIN is tried once");
    fs::write(softhsm.folder.join("pin"), "another PIN").expect("a PIN file");
    let (status, answer) = sign_in(&client, "alice", &mut passkey);
    assert_eq!(status, Status::Ok, "{answer}");
}

#[test]
fn a_signer_that_cannot_be_used_stops_the_start_with_one_line() {
    let softhsm = with_key("start");
    make_key(&softhsm, "copyable", true);
    let refused = |signer: &str| {
        let line = open(signer).expect_err("it must not start").to_string();
        assert!(line.starts_with("PORTCULLIS_SIGNER: "), "{line}");
        assert!(!line.contains('\n'), "{line}");
        line
    };
    let good = uri(&softhsm, "login");
    assert!(refused("a key").contains("`pkcs11:`"));
    assert!(refused(&uri(&softhsm, "copyable")).contains("can be exported"));
    assert!(refused(&uri(&softhsm, "another")).contains("private key"));
    assert!(refused(&good.replace("token=start", "token=another")).contains("not present"));
    assert!(refused(&good.replace("/pin", "/none")).contains("PIN file cannot be read"));
    refused(&good.replace("libsofthsm2", "none"));
    let wrong = softhsm.folder.join("pin");
    fs::write(&wrong, "wrong").expect("a PIN file");
    let session = softhsm.session();
    let _ = session.logout();
    drop(session);
    assert!(refused(&good).contains("refuses the PIN"));
    fs::write(&wrong, PIN).expect("a PIN file");
    // Logs in, too.
    make_key(&softhsm, "login", false);
    // Two keys of one label: which is meant?
    assert!(refused(&good).contains("more than one private key"));
}
