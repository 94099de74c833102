//! The cookie of a session: 32 random bytes in base64url, of which the store knows the SHA-256.

use aws_lc_rs::digest::{SHA256, digest};

use crate::config::Config;
use crate::encoding::{base64url, from_base64url};

/// The cookie of one host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    name: &'static str,
    secure: bool,
}

/// What a request says of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// No cookie of this host.
    Nothing,
    /// A cookie that cannot be one of this host's, or two of them.
    Unreadable,
    /// The hash of a cookie.
    Cookie([u8; 32]),
}

impl SessionCookie {
    pub(crate) fn of(config: &Config) -> Self {
        let secure = config.https_only();
        Self {
            // Browsers keep the prefix to cookies of this very host.
            name: if secure {
                "__Host-portcullis"
            } else {
                "portcullis"
            },
            secure,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        self.name
    }

    /// Finds the cookie in the `Cookie` headers of a request. Of two nobody knows which is this host's:
    /// another host of the same domain can set one, too.
    pub(crate) fn find<'a>(self, headers: impl Iterator<Item = &'a str>) -> Shown {
        let mut values = headers
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (None, _) => Shown::Nothing,
            (Some(value), None) => from_base64url(value)
                .map_or(Shown::Unreadable, |secret: [u8; 32]| {
                    Shown::Cookie(hash(&secret))
                }),
            (Some(_), Some(_)) => Shown::Unreadable,
        }
    }

    /// `Set-Cookie` for a secret that is good for so many seconds.
    pub(crate) fn set(self, secret: &[u8; 32], seconds: u64) -> String {
        self.header(&base64url(secret), seconds)
    }

    /// `Set-Cookie` that has the browser forget it.
    pub(crate) fn clear(self) -> String {
        self.header("", 0)
    }

    fn header(self, value: &str, seconds: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let attributes = "; HttpOnly; SameSite=Lax; Path=/; Max-Age=";
        [
            self.name,
            "=",
            value,
            attributes,
            &seconds.to_string(),
            secure,
        ]
        .concat()
    }
}

/// What the store keeps of a secret that it must not know.
pub(crate) fn hash(secret: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: SessionCookie = SessionCookie {
        name: "portcullis",
        secure: false,
    };

    #[test]
    fn a_cookie_is_found_among_others_and_only_by_its_own_name() {
        let secret = base64url(&[7; 32]);
        let shown = Shown::Cookie(hash(&[7; 32]));
        for header in [
            format!("portcullis={secret}"),
            format!("a=b;portcullis={secret};; c"),
            format!("Portcullis=x; portcullis={secret}; __Host-portcullis=y"),
        ] {
            assert_eq!(COOKIE.find([&*header].into_iter()), shown, "{header}");
        }
        for (header, expected) in [
            ("", Shown::Nothing),
            ("portcullis", Shown::Nothing),
            ("PORTCULLIS=x", Shown::Nothing),
            ("portcullis=", Shown::Unreadable),
            ("portcullis=x", Shown::Unreadable),
            (&format!("portcullis={secret}A"), Shown::Unreadable),
            (&format!("portcullis=\"{secret}\""), Shown::Unreadable),
            (&format!("portcullis={secret}="), Shown::Unreadable),
            (
                &format!("portcullis={secret}; portcullis={secret}"),
                Shown::Unreadable,
            ),
        ] {
            assert_eq!(COOKIE.find([header].into_iter()), expected, "{header}");
        }
        let pair = format!("portcullis={secret}");
        let two = [&*pair, "portcullis=x"];
        assert_eq!(COOKIE.find(two.into_iter()), Shown::Unreadable);
    }
}
