//! Where a person may be sent after a sign-in: a path of this host, or an address of an allowed origin.
//! What is sent is written here from its parts, so that no reader can take it for another origin.

use rocket::request::Request;
use url::Url;

use super::headers;
use crate::config::Config;

/// The longest address that is looked at.
const MAX_LENGTH: usize = 2_048;

/// The address to send a person to; `None` where it is not allowed. `own` is the origin of the page.
pub(crate) fn target(config: &Config, own: &str, text: &str) -> Option<String> {
    let is_plain = |letter: char| !letter.is_control() && !letter.is_whitespace() && letter != '\\';
    if text.len() > MAX_LENGTH || !text.chars().all(is_plain) {
        return None;
    }
    let url = if text.starts_with('/') {
        // Two slashes begin a host.
        let rest = text.get(1..).filter(|rest| !rest.starts_with('/'))?;
        Url::parse(&format!("{own}/{rest}")).ok()?
    } else {
        let has_scheme = ["http://", "https://"].iter().any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        let has_host = !before_path(text).is_empty();
        Url::parse(text).ok().filter(|_| has_scheme && has_host)?
    };
    let origin = url.origin().ascii_serialization();
    let is_allowed = origin == own || config.return_to.contains(&origin);
    let is_bare =
        url.username().is_empty() && url.password().is_none() && !before_path(text).contains('@');
    (is_allowed && is_bare).then(|| {
        let query = url
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        let fragment = url
            .fragment()
            .map_or_else(String::new, |part| format!("#{part}"));
        format!("{origin}{}{query}{fragment}", url.path())
    })
}

/// Scheme and authority as they are written: a parser drops an empty user name.
fn before_path(text: &str) -> &str {
    text.split('/').nth(2).unwrap_or_default()
}

/// The origin under which a page of this host was asked for.
pub(crate) fn own_origin<'a>(request: &Request<'_>, config: &'a Config) -> &'a str {
    let asked = request.host().and_then(|host| {
        config
            .web_origins()
            .find(|origin| headers::is_under(origin, host))
    });
    asked.unwrap_or_else(|| config.issuer())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://login.example.org";

    fn config() -> Config {
        let settings = [
            ("PORTCULLIS_RP_ID", "example.org"),
            ("PORTCULLIS_SECRET", &"0123".repeat(16)),
            ("PORTCULLIS_ORIGINS", OWN),
            (
                "PORTCULLIS_RETURN_TO",
                "https://app.example.org:8443,https://shop.example.com",
            ),
        ];
        Config::new(settings, rocket::Config::figment()).expect("usable")
    }

    fn target(text: &str) -> Option<String> {
        super::target(&config(), OWN, text)
    }

    #[test]
    fn paths_and_allowed_origins_are_gone_to() {
        for (text, expected) in [
            ("/", "https://login.example.org/"),
            (
                "/app/?a=1&b=//evil#c",
                "https://login.example.org/app/?a=1&b=//evil#c",
            ),
            ("/a/../b", "https://login.example.org/b"),
            (
                "/.//evil.example",
                "https://login.example.org//evil.example",
            ),
            (
                "/%2f%2fevil.example",
                "https://login.example.org/%2f%2fevil.example",
            ),
            ("/@evil.example", "https://login.example.org/@evil.example"),
            ("/a@b:c", "https://login.example.org/a@b:c"),
            ("https://login.example.org/a", "https://login.example.org/a"),
            (
                "HTTPS://APP.example.org:8443",
                "https://app.example.org:8443/",
            ),
            (
                "https://shop.example.com:443/x",
                "https://shop.example.com/x",
            ),
            (
                "https://shop.example.com/a@b",
                "https://shop.example.com/a@b",
            ),
        ] {
            assert_eq!(target(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nothing_leads_anywhere_else() {
        for text in [
            "",
            "app",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " https://login.example.org/",
            "https://evil.example",
            "https://login.example.org.evil.example",
            "https://login.example.org@evil.example/",
            "https://evil.example@login.example.org/",
            "https://@login.example.org/",
            "https://:@login.example.org/",
            "https://login.example.org:444/",
            "http://login.example.org/",
            "https:/login.example.org",
            "https:login.example.org",
            "https:///login.example.org",
            "https://evil.example\\@login.example.org/",
            "https://evil.example%2f@login.example.org",
            "https://login.example.org%2eevil.example/",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "blob:https://login.example.org/x",
            "android:apk-key-hash:AbC",
            "https://app.example.org/",
            "https://\u{ff4c}ogin.example.org.evil.example",
        ] {
            assert_eq!(target(text), None, "{text:?}");
        }
        assert_eq!(target(&format!("/{}", "a".repeat(3_000))), None);
    }
}
