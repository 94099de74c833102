//! Applications that may use the passkeys of this RP ID.

use core::str::FromStr;

use crate::encoding::{base64url, from_hex};

/// An Android application, by its package and the SHA-256 fingerprint of the certificate that signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AndroidApp {
    pub(crate) package: String,
    fingerprint: [u8; 32],
}

impl AndroidApp {
    /// The origin that its client data names.
    pub(crate) fn origin(&self) -> String {
        format!("android:apk-key-hash:{}", base64url(&self.fingerprint))
    }

    /// The fingerprint as Digital Asset Links writes it: pairs of hex digits between colons.
    pub(crate) fn fingerprint(&self) -> String {
        let pairs: Vec<String> = self
            .fingerprint
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        pairs.join(":")
    }
}

impl FromStr for AndroidApp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('#').and_then(|(package, fingerprint)| {
            let fingerprint = from_hex(&fingerprint.replace(':', ""))?;
            Some(Self {
                package: is_identifier(package).then(|| package.to_owned())?,
                fingerprint: fingerprint.try_into().ok()?,
            })
        });
        parsed.ok_or_else(|| {
            format!("`{text}` is not a package, `#` and the SHA-256 fingerprint of its certificate")
        })
    }
}

/// `TEAMID.bundle`, where the team has ten letters or digits.
pub(super) fn apple_app(text: &str) -> Result<String, String> {
    let is_app = text.split_once('.').is_some_and(|(team, bundle)| {
        team.len() == 10
            && team.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && is_identifier(bundle)
    });
    is_app
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is not a team id, `.` and a bundle id"))
}

fn is_identifier(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=255).contains(&text.len()) && text.bytes().all(is_letter)
}
