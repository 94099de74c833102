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
use portcullis_tests::{
    authenticator::{Authenticator, Passkey},
    softhsm::{self, PIN, SoftHsm},
};
use rocket::{
    http::{ContentType, Status},
    local::blocking::Client,
};
use serde_json::{Value, json};

const ORIGIN: &str = "http://localhost:8000";
/// The object identifier of P-256 in DER.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn softhsm(label: &str) -> SoftHsm {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signer");
    SoftHsm::new(&place, label)
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
    let label = softhsm.label().replace(' ', "%20");
    let (module, pin) = (softhsm::module().display(), softhsm.folder.join("pin"));
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
    let config = config(&uri(softhsm, "login")).expect("the settings hold");
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
    assert_eq!(log.lines_with("ERROR portcullis::token::signer::pkcs11: the token that signs login tokens is not available error=the token is not there"), 1, "{}", log.text());
    // The account that nobody got a login token for was not made.
    let (_, status, answer) = sign_up(&client, "bob");
    assert_eq!(status, Status::Ok, "{answer}");
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
    let client = client(&softhsm);
    let (mut passkey, _, _) = sign_up(&client, "alice");
    let session = softhsm.session();
    let pin = |text: &str| AuthPin::from(text);
    session
        .set_pin(&pin(PIN), &pin("another PIN"))
        .expect("the PIN changes");
    session.logout().expect("locks");
    drop(session);
    for _ in 0..2 {
        let (status, answer) = sign_in(&client, "alice", &mut passkey);
        assert_eq!(status, Status::ServiceUnavailable, "{answer}");
    }
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
    assert!(refused(&good.replace("token=start", "token=another")).contains("not there"));
    assert!(refused(&good.replace("/pin", "/none")).contains("PIN cannot be read"));
    refused(&good.replace("libsofthsm2", "none"));
    let wrong = softhsm.folder.join("pin");
    fs::write(&wrong, "wrong").expect("a PIN file");
    let session = softhsm.session();
    let _ = session.logout();
    drop(session);
    assert!(refused(&good).contains("PIN is refused"));
    fs::write(&wrong, PIN).expect("a PIN file");
    make_key(&softhsm, "login", false);
    // Two keys of one label: which is meant?
    assert!(refused(&good).contains("exactly one"));
}
