//! A person with a software authenticator, going through the host's ceremonies.

use serde_json::{Value, json};

use crate::{
    authenticator::{Assertion, Authenticator, Passkey, Registration},
    host::{Answer, Host, Request},
};

/// A registration that has begun.
#[derive(Clone, Debug)]
pub struct Registering {
    /// What the authenticator made.
    pub passkey: Passkey,
    /// What it answers.
    pub registration: Registration,
    /// The challenge token.
    pub token: String,
}

impl Registering {
    /// The body of `register/complete`.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"attestation": self.registration.response(), "challenge_token": self.token})
    }
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct SigningIn {
    /// What the authenticator answers.
    pub assertion: Assertion,
    /// The options that the host gave.
    pub options: Value,
    /// The challenge token.
    pub token: String,
}

impl SigningIn {
    /// The body of `authenticate/complete`.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"assertion": self.assertion.response(), "challenge_token": self.token})
    }
}

/// A person who has, or wants, an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user name.
    pub name: String,
    /// The authenticator.
    pub authenticator: Authenticator,
    /// The passkeys of the account.
    pub passkeys: Vec<Passkey>,
    /// The last login token.
    pub login_token: Option<String>,
    /// The session of the last sign-in, as a browser sends it. These calls do not.
    pub cookie: Option<String>,
}

fn token_of(begun: &Value) -> String {
    begun["challenge_token"]
        .as_str()
        .expect("begin gives a challenge token")
        .to_owned()
}

impl Person {
    /// A person without an account.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            authenticator: Authenticator::new(name),
            passkeys: Vec::new(),
            login_token: None,
            cookie: None,
        }
    }

    /// A person whose account has one passkey.
    pub async fn with_account(host: &Host, name: &str) -> Self {
        let mut person = Self::new(name);
        person.add_passkey(host).await;
        person
    }

    /// `register/begin`, with the login token where there is one, and the authenticator's answer.
    pub async fn begin_registration(&mut self, host: &Host) -> Registering {
        let proof = self.login_token.clone();
        let body = json!({"username": self.name});
        let request = Request::post("/register/begin", &body).bearer(proof.as_deref());
        let begun = host.send(request).await.ok();
        let (passkey, registration) = self.authenticator.create(&begun["publicKey"], &host.origin);
        Registering {
            passkey,
            registration,
            token: token_of(&begun),
        }
    }

    /// `register/complete`, with the login token where there is one.
    pub async fn complete_registration(&self, host: &Host, registering: &Registering) -> Answer {
        let request = Request::post("/register/complete", &registering.body());
        host.send(request.bearer(self.login_token.as_deref())).await
    }

    /// Both calls; the account is created, or gets another passkey.
    pub async fn add_passkey(&mut self, host: &Host) -> Value {
        let registering = self.begin_registration(host).await;
        let answer = self.complete_registration(host, &registering).await;
        if let Some(cookie) = answer.cookie() {
            self.cookie = Some(cookie);
        }
        let answer = answer.ok();
        self.passkeys.push(registering.passkey);
        if let Some(token) = answer["login_token"].as_str() {
            self.login_token = Some(token.to_owned());
        }
        answer
    }

    /// `authenticate/begin` by name, and the first passkey's answer.
    pub async fn begin_sign_in(&mut self, host: &Host) -> SigningIn {
        self.begin_sign_in_with(host, &json!({"username": self.name}))
            .await
    }

    /// `authenticate/begin` without a name, and the first passkey's answer.
    pub async fn begin_nameless_sign_in(&mut self, host: &Host) -> SigningIn {
        self.begin_sign_in_with(host, &json!({})).await
    }

    async fn begin_sign_in_with(&mut self, host: &Host, body: &Value) -> SigningIn {
        let begun = host.post("/authenticate/begin", body).await.ok();
        let options = begun["publicKey"].clone();
        let passkey = self.passkeys.first_mut().expect("a passkey");
        SigningIn {
            assertion: passkey.get(&options, &host.origin),
            options,
            token: token_of(&begun),
        }
    }

    /// Both calls, by name; keeps the login token.
    pub async fn sign_in(&mut self, host: &Host) -> Value {
        let signing_in = self.begin_sign_in(host).await;
        let answer = host
            .post("/authenticate/complete", &signing_in.body())
            .await;
        self.cookie = answer.cookie();
        let answer = answer.ok();
        self.login_token = answer["login_token"].as_str().map(str::to_owned);
        answer
    }
}
