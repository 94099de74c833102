//! What a host logs of a life in which everything happens: no secret, no user handle, no whole address.

use std::{collections::BTreeSet, fs, sync::Mutex};

use portcullis_tests::{
    authenticator::Authenticator,
    encoding::{base64url, from_base64url},
    host::{Answer, Host, Request, SECRET},
    postgres::{LOCKED, PASSWORD, Postgres, port},
    program::{self, Serving},
};
use rocket::http::Method;
use serde_json::{Value, json};

use super::folder;

const IPV4: &str = "203.0.113.77";
const IPV6: &str = "2001:db8:1:2:3::4";

/// A host, and what no log of it may hold.
struct Watched {
    host: Host,
    secrets: Mutex<BTreeSet<String>>,
}

impl Watched {
    async fn send(&self, request: Request) -> Answer {
        let answer = self.host.send(request).await;
        let mut secrets = self.secrets.lock().expect("whole");
        if let Some((_, value)) = answer
            .cookie()
            .as_deref()
            .and_then(|pair| pair.split_once('='))
        {
            secrets.insert(value.to_owned());
        }
        if let Ok(body) = serde_json::from_slice(&answer.body) {
            harvest(&body, &mut secrets);
        }
        answer
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Request::post(path, body)).await
    }

    /// `begin`, and what `complete` takes for a new passkey.
    async fn make(
        &self,
        path: &str,
        body: &Value,
        device: &mut Authenticator,
        proof: Option<&str>,
    ) -> Value {
        let begun = self
            .send(Request::post(path, body).cookie(proof))
            .await
            .ok();
        let (_, registration) = device.create(&begun["publicKey"], &self.host.origin);
        json!({"attestation": registration.response(), "challenge_token": begun["challenge_token"]})
    }
}

/// Everything of an answer that lets somebody in, or names an account for good.
fn harvest(value: &Value, secrets: &mut BTreeSet<String>) {
    const SECRET_MEMBERS: [&str; 7] = [
        "challenge",
        "challenge_token",
        "login_token",
        "codes",
        "sub",
        "userId",
        "user",
    ];
    let Some(members) = value.as_object() else {
        return;
    };
    for (name, value) in members {
        if name == "user" {
            secrets.extend(value["id"].as_str().map(str::to_owned));
        } else if SECRET_MEMBERS.contains(&name.as_str()) {
            let all = value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()]);
            secrets.extend(
                all.iter()
                    .filter_map(|text| text.as_str().map(str::to_owned)),
            );
        } else {
            harvest(value, secrets);
        }
    }
}

#[rocket::async_test]
async fn the_log_of_a_whole_life_gives_nothing_away() {
    let mut server = Postgres::start();
    server.sql(
        "postgres",
        &format!("grant all on schema public to {LOCKED}"),
    );
    let store = format!(
        "postgres://{LOCKED}:{}@127.0.0.1:{}/postgres",
        PASSWORD.replace(' ', "%20"),
        server.port()
    );
    let (port, log) = (port(), folder("log").join("log"));
    let origin = format!("http://localhost:{port}");
    let settings = [
        ("PORTCULLIS_ORIGINS", &*origin),
        ("PORTCULLIS_STORE", &*store),
        ("PORTCULLIS_RECOVERY_CODES", "on"),
        ("PORTCULLIS_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("RUST_LOG", "debug,portcullis=trace,rocket=warn,hyper=info"),
    ];
    let serving = Serving::start(port, &settings, Some(&log));
    let watched = Watched {
        host: Host::elsewhere_for(Some(IPV4), port, &origin),
        secrets: Mutex::default(),
    };
    let mut device = Authenticator::new("alice");

    // Signing up, in, and failing to.
    let body = watched
        .make(
            "/register/begin",
            &json!({"username": "alice"}),
            &mut device,
            None,
        )
        .await;
    let signed_up = watched.post("/register/complete", &body).await;
    let cookie = signed_up.cookie();
    let cookie = cookie.as_deref();
    let signed_up = signed_up.ok();
    let id = signed_up["credential"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    watched
        .post("/register/complete", &body)
        .await
        .problem(401, "token_spent");
    for (path, token) in [("/session", "e30.e30.AA"), ("/account", "x")] {
        let request = Request::get(path).bearer(Some(token));
        watched.send(request).await.problem(401, "login_required");
    }
    watched
        .post(
            "/register/complete",
            &json!({"challenge_token": "e30.e30.AA"}),
        )
        .await
        .problem(401, "token_invalid");
    watched
        .post("/authenticate/begin", &json!({"username": "a b"}))
        .await
        .problem(400, "username_invalid");

    // The account, its passkeys, its sessions.
    let own = json!({"username": "alice"});
    let second = watched
        .make("/register/begin", &own, &mut device, cookie)
        .await;
    let second = watched
        .send(Request::post("/register/complete", &second).cookie(cookie))
        .await
        .ok();
    let second = second["credential"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let named = json!({"name": "phone", "displayName": "Alice"});
    for request in [
        Request::json(Method::Patch, &format!("/credentials/{second}"), &named),
        Request::json(Method::Patch, "/account", &named),
        Request::get("/account"),
        Request::get("/credentials"),
        Request::get("/sessions"),
        Request::get("/session"),
        Request::new(Method::Post, "/session/token"),
        Request::delete(&format!("/credentials/{second}")),
    ] {
        watched.send(request.cookie(cookie)).await.ok();
    }
    let codes = watched
        .send(Request::new(Method::Post, "/recovery/codes").cookie(cookie))
        .await
        .ok();
    let code = codes["codes"][0].as_str().expect("a code");
    let elsewhere = Host::elsewhere_for(Some(IPV6), port, &origin);
    let wrong = json!({"username": "alice", "code": "0000-0000-0000-0000"});
    elsewhere
        .post("/recovery/begin", &wrong)
        .await
        .problem(401, "recovery_refused");
    let right = json!({"username": "alice", "code": code});
    let body = watched
        .make("/recovery/begin", &right, &mut device, None)
        .await;
    let recovered = watched.post("/register/complete", &body).await;
    let cookie = recovered.cookie();
    recovered.ok();

    // Signing in with a signature that is none, and by a name that nobody has.
    let begun = watched.post("/authenticate/begin", &own).await.ok();
    let (mut passkey, _) = Authenticator::new("alice").make("localhost", &[], &[], &origin);
    let mut assertion = passkey.get(&begun["publicKey"], &origin).response();
    assertion["response"]["signature"] = json!("AAAA");
    let body = json!({"assertion": assertion, "challenge_token": begun["challenge_token"]});
    assert_eq!(
        watched.post("/authenticate/complete", &body).await.status,
        401
    );
    watched
        .post("/authenticate/begin", &json!({"username": "nobody"}))
        .await
        .ok();
    let begun = watched.post("/authenticate/begin", &own).await.ok();
    let mut assertion = passkey.get(&begun["publicKey"], &origin).response();
    assertion["response"]["userHandle"] = Value::Null;
    let body = json!({"assertion": assertion, "challenge_token": begun["challenge_token"]});
    watched.post("/authenticate/complete", &body).await.ok();

    // An invitation.
    let mut invite = program::portcullis();
    let invited = invite
        .args(["invite", "bob"])
        .envs(settings)
        .env("PORTCULLIS_SECRET", SECRET)
        .output();
    let link = String::from_utf8(invited.expect("it runs").stdout).expect("a link");
    let (_, invitation) = link.trim().split_once("#invite=").expect("an invitation");
    let bob = json!({"username": "bob", "invitation": invitation});
    let body = watched
        .make(
            "/register/begin",
            &bob,
            &mut Authenticator::new("bob"),
            None,
        )
        .await;
    watched.post("/register/complete", &body).await.ok();

    // The store is away for a while.
    server.stop();
    let away = watched.post("/authenticate/begin", &own).await;
    away.problem(503, "store_unavailable");
    server.resume();
    let ready = async || watched.send(Request::get("/readyz")).await.status == 200;
    while !ready().await {
        rocket::tokio::task::yield_now().await;
    }
    watched
        .send(Request::delete("/sessions").cookie(cookie.as_deref()))
        .await;
    serving.terminate();
    rocket::tokio::task::spawn_blocking(|| serving.ended())
        .await
        .expect("it ends");

    let log = fs::read_to_string(&log).expect("a log");
    for expected in [
        "signed_up",
        "signed_in",
        "refused",
        "recovered",
        "passkey_removed",
        "203.0.113.0/24",
        "2001:db8:1::/48",
        &id,
    ] {
        assert!(log.contains(expected), "{expected} is missing:\n{log}");
    }
    let mut secrets = watched.secrets.into_inner().expect("whole");
    assert!(secrets.len() > 30, "{}", secrets.len());
    secrets.extend(
        [
            SECRET,
            invitation,
            "open sesame",
            "open%20sesame",
            IPV4,
            IPV6,
        ]
        .map(str::to_owned),
    );
    secrets.insert(base64url(&hex(SECRET)));
    // A user handle in the other forms that a log could have.
    for handle in secrets.clone() {
        if let Some(bytes) = (handle.len() == 86).then(|| from_base64url(&handle)) {
            secrets.insert(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
            secrets.insert(format!("{bytes:?}"));
        }
    }
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} is in the log");
    }
    // The other way round: the only addresses that are there are networks, and where the servers listen.
    let own = [
        "127.0.0.0/24".to_owned(),
        format!("127.0.0.1:{port}"),
        format!("127.0.0.1:{}", server.port()),
    ];
    for (at, _) in log.match_indices("127.0.0.") {
        let address = &log[at..];
        let is_known = own.iter().any(|known| address.starts_with(known));
        assert!(is_known, "{}", address.lines().next().unwrap_or_default());
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let pair = core::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("hexadecimal")
    };
    digits.map(byte).collect()
}
