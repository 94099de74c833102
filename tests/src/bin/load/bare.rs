//! What Rocket costs by itself: a POST that reads a body and answers one of the size of a `begin`. Other paths
//! verify or sign before they answer, as the second call of a ceremony has to.

use std::io::{self, Write as _};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use rocket::data::ToByteUnit as _;
use rocket::fairing::AdHoc;
use rocket::http::Header;
use rocket::response::content::RawJson;
use rocket::{Data, State, post, routes};

use super::people::People;

/// The bytes of an answer to `/authenticate/begin` of somebody with one passkey.
const ANSWER: usize = 900;

/// Headers in the number and of the lengths that the host's answers have.
const HEADERS: [(&str, &str); 9] = [
    ("Content-Security-Policy", WORDS),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", WORDS),
    ("Cache-Control", "no-store"),
    ("Vary", "Origin"),
];

const WORDS: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'";

/// What a token's signature is made over, in bytes.
const UNSIGNED: usize = 600;

/// What is verified and signed with.
struct Keys {
    key: UnparsedPublicKey<Vec<u8>>,
    message: Vec<u8>,
    signature: Vec<u8>,
    pair: EcdsaKeyPair,
}

impl Keys {
    fn new() -> Self {
        let (key, message, signature) = People::new(0).signed();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self {
            key,
            message,
            signature,
            pair,
        }
    }

    fn verify(&self) {
        let verified = self.key.verify(&self.message, &self.signature);
        verified.expect("its own signature verifies");
    }

    fn sign(&self) {
        let signed = self.pair.sign(&SystemRandom::new(), &[7; UNSIGNED]);
        signed.expect("it signs");
    }
}

async fn answered(body: Data<'_>, work: impl FnOnce()) -> io::Result<RawJson<String>> {
    let body = body.open(128.kibibytes()).into_bytes().await?;
    work();
    let mut answer = String::with_capacity(ANSWER);
    answer.push('"');
    answer.extend(core::iter::repeat_n(
        'x',
        ANSWER - 2 - usize::from(body.is_empty()),
    ));
    answer.push('"');
    Ok(RawJson(answer))
}

#[post("/", data = "<body>")]
async fn nothing(body: Data<'_>) -> io::Result<RawJson<String>> {
    answered(body, || ()).await
}

#[post("/verify", data = "<body>")]
async fn verify(body: Data<'_>, keys: &State<Keys>) -> io::Result<RawJson<String>> {
    answered(body, || keys.verify()).await
}

#[post("/sign", data = "<body>")]
async fn sign(body: Data<'_>, keys: &State<Keys>) -> io::Result<RawJson<String>> {
    answered(body, || keys.sign()).await
}

#[post("/verify-and-sign", data = "<body>")]
async fn both(body: Data<'_>, keys: &State<Keys>) -> io::Result<RawJson<String>> {
    let work = || {
        keys.verify();
        keys.sign();
    };
    answered(body, work).await
}

/// Serves until it is killed, with the headers that protect answers in a browser or without.
pub(crate) fn serve(headers: bool) {
    let listens = AdHoc::on_liftoff("listens", |_| {
        Box::pin(async {
            let _ = writeln!(io::stdout(), "listens");
        })
    });
    let headers = AdHoc::on_response("headers", move |_, response| {
        Box::pin(async move {
            for (name, value) in HEADERS.into_iter().filter(|_| headers) {
                response.set_header(Header::new(name, value));
            }
        })
    });
    let settings = rocket::Config::figment().merge(("log_level", "off"));
    let rocket = rocket::custom(settings)
        .manage(Keys::new())
        .mount("/", routes![nothing, verify, sign, both])
        .attach(headers)
        .attach(listens);
    let _ = rocket::execute(rocket.launch());
}
