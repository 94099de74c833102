//! Approvals of documents, and the receipts that prove them elsewhere.

use core::time::Duration;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use portcullis::store::{EventKind, EventQuery, MemoryStore, Store as _};
use portcullis_tests::{
    authenticator::flags,
    encoding::{base64url, from_base64url, sha256},
    host::{Answer, Host, Request},
    person::Person,
    program,
};
use rocket::futures::future::join_all;
use serde_json::{Value, json};

const DOCUMENT: &[u8] = b"Pay 100 EUR to Carol.";

fn hash(document: &[u8]) -> String {
    base64url(&sha256(&[document]))
}

fn ask() -> Value {
    json!({"document": hash(DOCUMENT), "text": "Order 7"})
}

async fn begin(host: &Host, person: &Person, body: &Value) -> Answer {
    let request = Request::post("/approve/begin", body);
    host.send(request.bearer(person.login_token.as_deref()))
        .await
}

/// What `complete` wants of a person.
fn approval(host: &Host, person: &mut Person, begun: &Value) -> Value {
    let assertion = person.passkeys[0].get(&begun["publicKey"], &host.origin);
    json!({"token": begun["token"], "response": assertion.response()})
}

/// The same with earlier receipts.
fn with(mut body: Value, receipts: &[&Value]) -> Value {
    body["receipts"] = json!(receipts);
    body
}

async fn complete(host: &Host, body: &Value) -> Answer {
    host.post("/approve/complete", body).await
}

async fn people<const N: usize>(host: &Host, names: [&str; N]) -> [Person; N] {
    let mut people = Vec::new();
    for name in names {
        people.push(Person::with_account(host, name).await);
    }
    people.try_into().expect("as many")
}

/// The files of one receipt.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("receipts")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The verdict of `portcullis verify-receipt`, as a process.
fn verdict(name: &str, trust: &Value, document: &[u8], receipt: &Value) -> (bool, Value) {
    let folder = folder(name);
    let files = ["trust.json", "document", "receipt.jws"].map(|file| folder.join(file));
    let receipt = receipt.as_str().expect("a receipt");
    fs::write(&files[0], trust.to_string()).expect("a file");
    fs::write(&files[1], document).expect("a file");
    fs::write(&files[2], receipt).expect("a file");
    let output = program::portcullis()
        .arg("verify-receipt")
        .args(&files)
        .output()
        .expect("it starts");
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(verdict["accepted"], output.status.success(), "{verdict}");
    (output.status.success(), verdict)
}

async fn trust(host: &Host, threshold: usize) -> Value {
    let path = format!("/approve/trust?threshold={threshold}");
    host.send(Request::get(&path)).await.ok()
}

/// What a receipt says, unverified.
fn said(receipt: &Value) -> Value {
    let receipt = receipt.as_str().expect("a receipt");
    let payload = receipt.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&from_base64url(payload)).expect("JSON")
}

#[rocket::async_test]
async fn one_person_approves_and_the_receipt_verifies_elsewhere() {
    let store = Arc::new(MemoryStore::default());
    let shared = Arc::clone(&store);
    let host = Host::mounted(&[], |host| host.with_store(shared).rocket()).await;
    let [mut alice] = people(&host, ["Alice"]).await;
    let answer = begin(&host, &alice, &ask()).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let begun = answer.ok();
    let options = &begun["publicKey"];
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["rpId"], host.rp_id);
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options["timeout"], 300_000);
    let shown = json!({"token": begun["token"]});
    let shown = host.post("/approve/show", &shown).await.ok();
    assert_eq!(shown["text"], "Order 7");
    assert_eq!(shown["document"], hash(DOCUMENT));
    assert_eq!(shown["issuer"], host.origin);
    assert_eq!(shown["expires"], begun["expires"]);
    assert_eq!(shown["threshold"], 1);
    assert_eq!(shown["approvers"], json!([]));
    assert_eq!(shown["publicKey"]["challenge"], options["challenge"]);

    let body = approval(&host, &mut alice, &begun);
    let answer = complete(&host, &body).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("set-cookie"), None, "nobody is signed in");
    let answer = answer.ok();
    assert_eq!(answer["missing"], 0);
    let receipt = &answer["receipt"];

    // It verifies with what the host says is to be trusted, for this document alone.
    let trust = trust(&host, 1).await;
    let (accepted, found) = verdict("one", &trust, DOCUMENT, receipt);
    assert!(accepted, "{found}");
    assert_eq!(found["text"], "Order 7");
    assert_eq!(found["approvals"][0]["approver"], "Alice");
    let mut other = DOCUMENT.to_vec();
    other[4] ^= 1;
    let (accepted, found) = verdict("one", &trust, &other, receipt);
    assert!(!accepted);
    assert_eq!(found["code"], "document_mismatch");
    // Also by the approvers' list of a verifier who knows them.
    let mut known = trust.clone();
    let listed = Request::get("/credentials").cookie(alice.cookie.as_deref());
    let listed = host.send(listed).await.ok();
    known["approvers"] = json!([{"name": "Alice", "credentials": listed["credentials"]}]);
    let (accepted, found) = verdict("one", &known, DOCUMENT, receipt);
    assert!(accepted, "{found}");
    known["approvers"][0]["name"] = json!("Bob");
    let (_, found) = verdict("one", &known, DOCUMENT, receipt);
    assert_eq!(found["code"], "approver_unknown");

    // The key is that of the JWKS.
    let keys = host.send(Request::get("/.well-known/jwks.json")).await.ok();
    let coordinate = |name: &str| from_base64url(keys["keys"][0][name].as_str().expect("a number"));
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    assert_eq!(trust["receiptKey"], base64url(&point));

    // The credential has moved as with a sign-in, and the audit says what it was for.
    assert_eq!(listed["credentials"][0]["signCount"], 1);
    let events = store.events(EventQuery::latest(1)).await.expect("memory");
    assert_eq!(events[0].kind, EventKind::Approved);
    assert_eq!(events[0].document, Some(sha256(&[DOCUMENT])));
    assert_eq!(events[0].username.as_deref(), Some("Alice"));
    assert_eq!(
        events[0].credential.as_deref(),
        Some(&*alice.passkeys[0].id)
    );
}

#[rocket::async_test]
async fn two_of_three_approve_and_their_receipts_become_one() {
    let host = Host::local(&[]).await;
    let names = ["alice", "bob", "carol"];
    let [mut alice, mut bob, mut carol] = people(&host, names).await;
    let mut body = ask();
    body["threshold"] = json!(2);
    body["approvers"] = json!(["Alice", "bob", "carol"]);
    let begun = begin(&host, &alice, &body).await.ok();
    let shown = json!({"token": begun["token"]});
    let shown = host.post("/approve/show", &shown).await.ok();
    assert_eq!(shown["approvers"], json!(["Alice", "bob", "carol"]));
    let trust = trust(&host, 2).await;

    // One after the other.
    let one = complete(&host, &approval(&host, &mut alice, &begun)).await;
    let one = one.ok();
    assert_eq!(one["missing"], 1);
    let (_, found) = verdict("two", &trust, DOCUMENT, &one["receipt"]);
    assert_eq!(found["code"], "approvals_missing");
    let body = approval(&host, &mut bob, &begun);
    let two = complete(&host, &with(body, &[&one["receipt"]])).await.ok();
    assert_eq!(two["missing"], 0);
    let (accepted, found) = verdict("two", &trust, DOCUMENT, &two["receipt"]);
    assert!(accepted, "{found}");
    let names: Vec<&Value> = found["approvals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|approval| &approval["approver"])
        .collect();
    assert_eq!(names, ["alice", "bob"]);

    // At the same time: each has a receipt, and anybody makes one of them. What both have counts once.
    let alone = complete(&host, &approval(&host, &mut carol, &begun)).await;
    let alone = alone.ok();
    assert_eq!(alone["missing"], 1);
    let receipts = json!([one["receipt"], alone["receipt"], two["receipt"]]);
    let body = json!({"token": begun["token"], "receipts": receipts});
    let merged = complete(&host, &body).await.ok();
    assert_eq!(merged["missing"], 0);
    let three = self::trust(&host, 3).await;
    let (accepted, found) = verdict("two", &three, DOCUMENT, &merged["receipt"]);
    assert!(accepted, "{found}");
}

#[rocket::async_test]
async fn of_a_hundred_with_one_assertion_one_is_counted() {
    // With a counter that counts, and with one that does not, as synced passkeys have it.
    for counts in [true, false] {
        let host = Host::local(&[]).await;
        let [mut alice] = people(&host, ["alice"]).await;
        let begun = begin(&host, &alice, &ask()).await.ok();
        let mut assertion = alice.passkeys[0].get(&begun["publicKey"], &host.origin);
        if !counts {
            assertion.authenticator_data.sign_count = 0;
        }
        let body = json!({"token": begun["token"], "response": assertion.response()});
        let answers = join_all((0..100).map(|_| complete(&host, &body))).await;
        let (done, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(done.len(), 1, "{counts}");
        for answer in refused {
            match answer.json()["code"].as_str() {
                Some("sign_count_not_increased") if counts => {}
                _ => drop(answer.problem(409, "already_approved")),
            }
        }
    }
}

#[rocket::async_test]
async fn an_account_counts_once_whatever_it_shows() {
    let host = Host::local(&[]).await;
    let [mut alice, mut bob] = people(&host, ["alice", "bob"]).await;
    alice.authenticator = Person::new("another device").authenticator;
    alice.add_passkey(&host).await;
    let mut body = ask();
    body["threshold"] = json!(2);
    let begun = begin(&host, &alice, &body).await.ok();
    let first = complete(&host, &approval(&host, &mut alice, &begun)).await;
    let receipt = first.ok()["receipt"].clone();
    // Another assertion, with and without the receipt, and another passkey.
    let again = approval(&host, &mut alice, &begun);
    complete(&host, &again)
        .await
        .problem(409, "already_approved");
    let again = with(approval(&host, &mut alice, &begun), &[&receipt]);
    complete(&host, &again)
        .await
        .problem(409, "already_approved");
    let other = alice.passkeys[1].get(&begun["publicKey"], &host.origin);
    let other = json!({"token": begun["token"], "response": other.response()});
    complete(&host, &other)
        .await
        .problem(409, "already_approved");
    // Of another request of the same document it may approve, and others may of this one.
    let second = begin(&host, &alice, &body).await.ok();
    complete(&host, &approval(&host, &mut alice, &second))
        .await
        .ok();
    let body = with(approval(&host, &mut bob, &begun), &[&receipt]);
    assert_eq!(complete(&host, &body).await.ok()["missing"], 0);
}

#[rocket::async_test]
async fn a_refused_approval_is_kept_in_the_audit_and_may_be_made_again() {
    let store = Arc::new(MemoryStore::default());
    let shared = Arc::clone(&store);
    let host = Host::mounted(&[], |host| host.with_store(shared).rocket()).await;
    let [mut alice] = people(&host, ["alice"]).await;
    let begun = begin(&host, &alice, &ask()).await.ok();
    let good = approval(&host, &mut alice, &begun);
    let mut unsigned = good.clone();
    unsigned["response"]["response"]["signature"] = json!("AAAA");
    complete(&host, &unsigned)
        .await
        .refused(401, "7.2.21", "signature_invalid");
    let events = store.events(EventQuery::latest(1)).await.expect("memory");
    assert_eq!(events[0].kind, EventKind::Refused);
    assert_eq!(events[0].document, Some(sha256(&[DOCUMENT])));
    assert_eq!(events[0].code.as_deref(), Some("signature_invalid"));
    assert_eq!(events[0].username.as_deref(), Some("alice"));
    let mut unverified = alice.passkeys[0].get(&begun["publicKey"], &host.origin);
    unverified.authenticator_data.flags &= !flags::UV;
    let unverified = json!({"token": begun["token"], "response": unverified.response()});
    complete(&host, &unverified)
        .await
        .refused(401, "7.2.17", "user_not_verified");
    complete(&host, &good).await.ok();
}

#[rocket::async_test]
async fn an_assertion_is_good_for_what_it_was_made_for() {
    let host = Host::local(&[]).await;
    let [mut alice] = people(&host, ["alice"]).await;
    let begun = begin(&host, &alice, &ask()).await.ok();
    let mut other = ask();
    other["document"] = json!(hash(b"Pay 900 EUR to Mallory."));
    let mut text = ask();
    text["text"] = json!("Order 8");
    for body in [other, text, ask()] {
        let other = begin(&host, &alice, &body).await.ok();
        let mut crossed = approval(&host, &mut alice, &other);
        crossed["token"] = begun["token"].clone();
        complete(&host, &crossed)
            .await
            .refused(401, "7.2.11", "challenge_mismatch");
    }
    // Nor does an approval sign anybody in, or a sign-in approve.
    let signing_in = alice.begin_nameless_sign_in(&host).await;
    let mut crossed = signing_in.body();
    crossed["assertion"] = approval(&host, &mut alice, &begun)["response"].clone();
    host.post("/authenticate/complete", &crossed).await.refused(
        401,
        "7.2.11",
        "challenge_mismatch",
    );
    let mut crossed = approval(&host, &mut alice, &begun);
    crossed["token"] = json!(alice.begin_nameless_sign_in(&host).await.token);
    complete(&host, &crossed)
        .await
        .problem(401, "token_invalid");
    let body = json!({"assertion": crossed["response"], "challenge_token": begun["token"]});
    host.post("/authenticate/complete", &body)
        .await
        .problem(401, "token_invalid");
}

#[rocket::async_test]
async fn a_request_ends_and_is_of_one_host() {
    let host = Host::local(&[]).await;
    let [mut alice] = people(&host, ["alice"]).await;
    let mut long = ask();
    long["life"] = json!(86_400);
    let [short, long] = [
        begin(&host, &alice, &ask()).await.ok(),
        begin(&host, &alice, &long).await.ok(),
    ];
    assert_eq!(long["publicKey"]["timeout"], 86_400_000);
    // Another process with the same secret has another store, another host another name.
    let settings = [("PORTCULLIS_ORIGINS", "http://localhost:9000")];
    for other in [Host::local(&[]).await, Host::local(&settings).await] {
        let mut elsewhere = Person::with_account(&other, "alice").await;
        let body = approval(&other, &mut elsewhere, &short);
        for path in ["/approve/show", "/approve/complete"] {
            let answer = other.post(path, &body).await;
            answer.problem(401, "token_invalid");
        }
    }
    host.clock.advance(Duration::from_secs(300));
    for path in ["/approve/show", "/approve/complete"] {
        let body = approval(&host, &mut alice, &short);
        let answer = host.post(path, &body).await;
        answer.problem(401, "token_expired");
    }
    let late = complete(&host, &approval(&host, &mut alice, &long)).await;
    let late = late.ok();
    // A receipt cannot be made of earlier ones once the request is over.
    host.clock.advance(Duration::from_secs(86_400));
    let body = json!({"token": long["token"], "receipts": [late["receipt"]]});
    complete(&host, &body).await.problem(401, "token_expired");
    let trust = trust(&host, 1).await;
    assert!(verdict("ended", &trust, DOCUMENT, &late["receipt"]).0);
}

#[rocket::async_test]
async fn only_those_who_are_named_approve_and_begin_does_not_say_who_exists() {
    let host = Host::local(&[]).await;
    let [alice, mut mallory] = people(&host, ["alice", "mallory"]).await;
    let mut body = ask();
    body["approvers"] = json!(["alice"]);
    let known = begin(&host, &alice, &body).await;
    body["approvers"] = json!(["nobody"]);
    let unknown = begin(&host, &alice, &body).await;
    let members = |answer: &Answer| -> Vec<String> {
        let answer = answer.ok();
        answer.as_object().expect("it").keys().cloned().collect()
    };
    assert_eq!(members(&known), members(&unknown));
    for begun in [known.ok(), unknown.ok()] {
        let answer = complete(&host, &approval(&host, &mut mallory, &begun)).await;
        answer.problem(403, "approver_refused");
    }
    // The next owner of the name was not meant.
    let begun = begin(&host, &alice, &body).await.ok();
    host.clock.advance(Duration::from_secs(1));
    let mut nobody = Person::with_account(&host, "nobody").await;
    let answer = complete(&host, &approval(&host, &mut nobody, &begun)).await;
    answer.problem(403, "approver_refused");
    // A passkey that nobody has.
    let mut stranger = Person::new("stranger");
    let registering = stranger.begin_registration(&host).await;
    stranger.passkeys.push(registering.passkey);
    let answer = complete(&host, &approval(&host, &mut stranger, &begun)).await;
    let problem = answer.problem(401, "credential_unknown");
    assert!(problem["signal"].is_object(), "{problem}");
}

#[rocket::async_test]
async fn earlier_receipts_have_to_be_this_hosts_and_of_this_request() {
    let host = Host::local(&[]).await;
    let [mut alice, mut bob] = people(&host, ["alice", "bob"]).await;
    let begun = begin(&host, &alice, &ask()).await.ok();
    let other = begin(&host, &alice, &ask()).await.ok();
    let of_other = complete(&host, &approval(&host, &mut alice, &other)).await;
    let of_other = of_other.ok()["receipt"].clone();
    let good = complete(&host, &approval(&host, &mut alice, &begun)).await;
    let good = good.ok()["receipt"].as_str().expect("it").to_owned();
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let (header, _) = message.split_once('.').expect("a header");
    let mut said = said(&json!(good));
    said["approvals"][0]["approver"] = json!("carol");
    let forged = base64url(said.to_string().as_bytes());
    let token = alice.login_token.clone();
    for receipt in [
        of_other,
        json!(format!("{header}.{forged}.{signature}")),
        json!(message),
        json!(good[1..]),
        json!(token),
        json!(""),
        json!(".."),
    ] {
        let body = with(approval(&host, &mut bob, &begun), &[&receipt]);
        complete(&host, &body).await.problem(400, "receipt_refused");
        let body = json!({"token": begun["token"], "receipts": [receipt]});
        complete(&host, &body).await.problem(400, "receipt_refused");
    }
    // Nothing was spent by that.
    let body = with(approval(&host, &mut bob, &begun), &[&json!(good)]);
    complete(&host, &body).await.ok();
}

#[rocket::async_test]
async fn what_is_asked_and_sent_is_bounded() {
    let host = Host::local(&[]).await;
    let [mut alice] = people(&host, ["alice"]).await;
    let mut refused = Vec::new();
    for (member, values) in [
        ("document", vec![json!(null), json!("AAAA"), json!(7)]),
        (
            "text",
            vec![
                json!(""),
                json!("x".repeat(257)),
                json!("a\nb"),
                json!("pay 1\u{202e}00 EUR"),
                json!(null),
            ],
        ),
        (
            "threshold",
            vec![json!(0), json!(17), json!(-1), json!("1")],
        ),
        ("life", vec![json!(0), json!(86_401), json!("1")]),
        (
            "approvers",
            vec![
                json!(["alice", "ALICE"]),
                json!((0..17).map(|n| format!("user{n}")).collect::<Vec<_>>()),
                json!("alice"),
            ],
        ),
    ] {
        for value in values {
            let mut body = ask();
            body[member] = value;
            refused.push(body);
        }
    }
    let mut few = ask();
    few["threshold"] = json!(2);
    few["approvers"] = json!(["alice"]);
    refused.push(few);
    for body in refused {
        let answer = begin(&host, &alice, &body).await;
        answer.problem(400, "body_invalid");
    }
    let mut body = ask();
    body["approvers"] = json!(["a\u{0}"]);
    let answer = begin(&host, &alice, &body).await;
    answer.problem(400, "username_invalid");

    let begun = begin(&host, &alice, &ask()).await.ok();
    let good = approval(&host, &mut alice, &begun);
    let mut large = good.clone();
    large["response"]["padding"] = json!("x".repeat(13 * 1024));
    let many = with(good.clone(), &[&json!("x"); 17]);
    let nothing = json!({"token": begun["token"]});
    for body in [large, many, nothing, json!({"response": good["response"]})] {
        complete(&host, &body).await.problem(400, "body_invalid");
    }
    for query in ["0", "17", "x", "", "2&threshold=2"] {
        let request = Request::get(&format!("/approve/trust?threshold={query}"));
        host.send(request).await.problem(400, "body_invalid");
    }
    assert_eq!(
        host.send(Request::get("/approve/trust")).await.ok()["threshold"],
        1
    );
    complete(&host, &good).await.ok();
}

#[rocket::async_test]
async fn who_begins_is_signed_in_at_a_page_of_this_host() {
    let host = Host::local(&[]).await;
    let [alice] = people(&host, ["alice"]).await;
    let request = Request::post("/approve/begin", &ask());
    host.send(request.clone())
        .await
        .problem(401, "login_required");
    let session = request.cookie(alice.cookie.as_deref());
    host.send(session.clone()).await.ok();
    let foreign = session.header("sec-fetch-site", "cross-site");
    host.send(foreign).await.problem(403, "cross_site");
}

#[rocket::async_test]
async fn receipts_of_many_fit_a_call_and_no_more_than_sixteen_count() {
    let host = Host::local(&[]).await;
    let mut everybody = Vec::new();
    for number in 0..17 {
        everybody.push(Person::with_account(&host, &format!("user{number}")).await);
    }
    let mut body = ask();
    body["threshold"] = json!(16);
    let begun = begin(&host, &everybody[0], &body).await.ok();
    let mut receipts: Vec<Value> = Vec::new();
    for (number, person) in everybody.iter_mut().enumerate() {
        let body = approval(&host, person, &begun);
        let body = with(body, &receipts.iter().collect::<Vec<_>>());
        let answer = complete(&host, &body).await;
        if number == 16 {
            answer.problem(400, "receipt_refused");
        } else {
            let answer = answer.ok();
            assert_eq!(answer["missing"], 15 - number);
            receipts = vec![answer["receipt"].clone()];
        }
    }
    let trust = trust(&host, 16).await;
    let (accepted, found) = verdict("sixteen", &trust, DOCUMENT, &receipts[0]);
    assert!(accepted, "{found}");
}
