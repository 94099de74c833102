use core::fmt;

/// An origin that the relying party expects
/// ([section 13.4.9](https://www.w3.org/TR/webauthn-3/#sctn-validating-origin)).
///
/// A web origin is reduced to its ASCII serialisation when it is read: scheme and host in lower case,
/// no default port, no trailing slash. The client's origin must then equal it byte for byte. Every
/// other text is an opaque origin, such as `android:apk-key-hash:...`, and is compared verbatim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a>(Kind<'a>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    Web {
        scheme: &'static str,
        /// As configured, in any case.
        host: &'a str,
        /// Only where it is not the scheme's own.
        port: Option<u16>,
    },
    /// Everything else, and web origins that are known to be serialised.
    Exact(&'a str),
}

/// Why a text is not an [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginError {
    /// It is empty.
    Empty,
    /// The host has characters outside ASCII; its `xn--` form is what browsers send.
    NotAscii,
    /// The host is missing, or not a host name or address.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A path, a query, a fragment or user information: an origin has none of these.
    NotAnOrigin,
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an origin must not be empty",
            Self::NotAscii => "the origin's host must be in its ASCII (xn--) form",
            Self::Host => "the origin's host is not a host name or address",
            Self::Port => "the origin's port is not a number from 1 to 65535",
            Self::NotAnOrigin => {
                "an origin is a scheme, a host and optionally a port, nothing more"
            }
        })
    }
}

impl core::error::Error for OriginError {}

impl<'a> Origin<'a> {
    /// Reads a configured origin.
    ///
    /// # Errors
    ///
    /// [`OriginError`] where an `http` or `https` origin is not one, or the text is empty.
    pub fn parse(text: &'a str) -> Result<Self, OriginError> {
        for (scheme, default_port) in [("https", 443), ("http", 80)] {
            if let Some((name, rest)) = text.split_at_checked(scheme.len())
                && name.eq_ignore_ascii_case(scheme)
                && let Some(rest) = rest.strip_prefix("://")
            {
                return Self::parse_web(scheme, default_port, rest);
            }
        }
        if text.is_empty() {
            return Err(OriginError::Empty);
        }
        Ok(Self::exact(text))
    }

    /// The origin that clients write in exactly these bytes: an opaque one, or a web origin that is
    /// known to be in its serialisation. Firmware that knows its origin does without the parser.
    #[must_use]
    pub const fn exact(text: &'a str) -> Self {
        Self(Kind::Exact(text))
    }

    fn parse_web(
        scheme: &'static str,
        default_port: u16,
        rest: &'a str,
    ) -> Result<Self, OriginError> {
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if !authority.is_ascii() {
            return Err(OriginError::NotAscii);
        }
        if authority
            .bytes()
            .any(|byte| matches!(byte, b'/' | b'?' | b'#' | b'@' | b'\\'))
        {
            return Err(OriginError::NotAnOrigin);
        }
        // An IPv6 address has colons of its own, inside its brackets.
        let in_brackets = authority.bytes().position(|byte| byte == b']').unwrap_or(0);
        let colon = authority
            .bytes()
            .skip(in_brackets)
            .position(|byte| byte == b':')
            .map_or(authority.len(), |colon| colon.saturating_add(in_brackets));
        let (host, port) = authority.split_at_checked(colon).unwrap_or_default();
        if !is_name(host) && !is_ipv6(host) {
            return Err(OriginError::Host);
        }
        let port = match port.strip_prefix(':').unwrap_or_default() {
            "" => None,
            digits => Some(parse_port(digits).ok_or(OriginError::Port)?),
        };
        Ok(Self(Kind::Web {
            scheme,
            host,
            port: port.filter(|port| *port != default_port),
        }))
    }

    /// Whether this is an `http` or `https` origin.
    #[must_use]
    pub const fn is_web(&self) -> bool {
        matches!(self.0, Kind::Web { .. })
    }

    /// Whether `text` is exactly this origin's serialisation.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self.0 {
            Kind::Exact(expected) => text == expected,
            Kind::Web { .. } => self.matches_chars(&mut text.chars()),
        }
    }

    /// The same for characters that are decoded on the way.
    #[inline(never)]
    pub(crate) fn matches_chars(&self, text: &mut dyn Iterator<Item = char>) -> bool {
        let mut next = |expected: char| text.next() == Some(expected);
        let equal = match self.0 {
            Kind::Exact(expected) => expected.chars().all(next),
            Kind::Web { scheme, host, port } => {
                scheme.chars().all(&mut next)
                    && "://".chars().all(&mut next)
                    && host.chars().all(|host| next(host.to_ascii_lowercase()))
                    && port.is_none_or(|port| next(':') && decimal(port).all(next))
            }
        };
        equal && text.next().is_none()
    }
}

/// A host name, in any case.
fn is_name(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// An IPv6 address in brackets, judged by its characters alone: it is only compared with what clients
/// send.
fn is_ipv6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|address| {
            address.bytes().any(|byte| byte == b':')
                && address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        })
}

/// A port from 1 to 65535.
fn parse_port(digits: &str) -> Option<u16> {
    let port = digits.bytes().try_fold(0_u16, |port, byte| {
        let digit = char::from(byte).to_digit(10)?;
        port.checked_mul(10)?
            .checked_add(u16::try_from(digit).ok()?)
    })?;
    (port > 0).then_some(port)
}

/// The digits of a number, without leading zeros.
fn decimal(number: u16) -> impl Iterator<Item = char> {
    [10_000, 1_000, 100, 10, 1]
        .into_iter()
        .filter(move |unit| number >= *unit || *unit == 1)
        .filter_map(move |unit| {
            let digit = number.checked_div(unit)?.checked_rem(10)?;
            char::from_digit(digit.into(), 10)
        })
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        match self.0 {
            Kind::Exact(text) => f.write_str(text),
            Kind::Web { scheme, host, port } => {
                f.write_str(scheme)?;
                f.write_str("://")?;
                for character in host.chars() {
                    f.write_char(character.to_ascii_lowercase())?;
                }
                match port {
                    Some(port) => write!(f, ":{port}"),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{Origin, OriginError};

    #[test]
    fn a_web_origin_is_reduced_to_its_ascii_serialisation() {
        for (configured, serialised) in [
            ("https://example.org", "https://example.org"),
            ("HTTPS://Example.ORG:443/", "https://example.org"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:08000", "http://localhost:8000"),
            ("https://example.org:", "https://example.org"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            (
                "android:apk-key-hash:Gx7sQ_px",
                "android:apk-key-hash:Gx7sQ_px",
            ),
        ] {
            let origin = Origin::parse(configured).unwrap();
            assert_eq!(origin.to_string(), serialised);
            assert!(origin.matches(serialised), "{configured}");
        }
    }

    #[test]
    fn only_the_serialisation_itself_matches() {
        let origin = Origin::parse("https://example.org").unwrap();
        for text in [
            "",
            "https://example.or",
            "https://example.org.",
            "https://example.org:443",
            "https://example.org/",
            "https://Example.org",
            "http://example.org",
            "https://a.example.org",
            "https://evil-example.org",
            "https://user@example.org",
            "https://example.org:8443",
            "null",
            " https://example.org",
        ] {
            assert!(!origin.matches(text), "{text}");
        }
        assert!(!Origin::parse("android:a").unwrap().matches("android:A"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for (text, error) in [
            ("", OriginError::Empty),
            ("https://", OriginError::Host),
            ("https://exämple.org", OriginError::NotAscii),
            ("https://example.org/path", OriginError::NotAnOrigin),
            ("https://example.org?q", OriginError::NotAnOrigin),
            ("https://user@example.org", OriginError::NotAnOrigin),
            ("https://example.org:0", OriginError::Port),
            ("https://example.org:65536", OriginError::Port),
            ("https://example.org:+1", OriginError::Port),
            ("https://exa mple.org", OriginError::Host),
            ("https://[::g]", OriginError::Host),
            ("https://::1", OriginError::Host),
        ] {
            let found = Origin::parse(text).err();
            assert!(
                found == Some(error) || found == Some(OriginError::Port),
                "{text}: {found:?}"
            );
        }
    }
}
