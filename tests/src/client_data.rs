//! clientDataJSON as a browser writes it, and as an attacker might.

use serde_json::{Value, json};

use crate::encoding::base64url;

/// The members of clientDataJSON in their order, or bytes that replace them.
#[derive(Clone, Debug)]
pub struct ClientData {
    members: Vec<(String, Value)>,
    raw: Option<Vec<u8>>,
}

impl ClientData {
    /// What a browser writes: type, challenge, origin, crossOrigin, in the order that the
    /// specification's serialisation fixes.
    #[must_use]
    pub fn new(kind: &str, challenge: &[u8], origin: &str) -> Self {
        let members = [
            ("type", json!(kind)),
            ("challenge", json!(base64url(challenge))),
            ("origin", json!(origin)),
            ("crossOrigin", json!(false)),
        ];
        Self {
            members: members.map(|(name, value)| (name.to_owned(), value)).into(),
            raw: None,
        }
    }

    /// For a registration.
    #[must_use]
    pub fn create(challenge: &[u8], origin: &str) -> Self {
        Self::new("webauthn.create", challenge, origin)
    }

    /// For an assertion.
    #[must_use]
    pub fn get(challenge: &[u8], origin: &str) -> Self {
        Self::new("webauthn.get", challenge, origin)
    }

    /// Sets a member in its place, or appends it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.members.push((name.to_owned(), value)),
        }
        self
    }

    /// Appends a member even where there is one of that name already.
    pub fn duplicate(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.members.push((name.to_owned(), value.into()));
        self
    }

    /// Leaves a member out.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.members.retain(|(known, _)| known != name);
        self
    }

    /// Turns the members' order round.
    pub fn reverse(&mut self) -> &mut Self {
        self.members.reverse();
        self
    }

    /// Puts these bytes in the place of everything.
    pub fn raw(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.raw = Some(bytes.into());
        self
    }

    /// The text that is hashed and sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let members: Vec<String> = self
            .members
            .iter()
            .map(|(name, value)| format!("{}:{value}", json!(name)))
            .collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    }
}
