//! The headers of every answer: what a browser may do with it, and which other origins may read it.

use rocket::Response;
use rocket::http::uri::Host;
use rocket::http::{Header, Method, Status};
use rocket::request::Request;
use url::Url;

use super::table::Methods;
use crate::config::Config;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Passkeys are for the page itself, not for frames in it; nobody may act for another origin.
const PERMISSIONS_POLICY: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self), \
     publickey-credentials-remote-client-data-json=()";

/// How long a browser may remember that only https leads here.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// How long a browser may remember the answer to a preflight, in seconds.
const PREFLIGHT_AGE: &str = "600";

/// Sets what protects the page and the answers in a browser.
pub(crate) fn secure(response: &mut Response<'_>, https_only: bool) {
    for (name, value) in [
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", PERMISSIONS_POLICY),
    ] {
        response.set_header(Header::new(name, value));
    }
    if https_only {
        response.set_header(Header::new(
            "Strict-Transport-Security",
            STRICT_TRANSPORT_SECURITY,
        ));
    }
}

/// Lets an allowed origin other than the host's own read the answer, and answers its preflight.
/// `methods` are those of the path that was asked for.
pub(crate) fn share(
    request: &Request<'_>,
    response: &mut Response<'_>,
    config: &Config,
    methods: Methods,
) {
    response.adjoin_header(Header::new("Vary", "Origin"));
    let mut origins = request.headers().get("Origin");
    let (Some(origin), None) = (origins.next(), origins.next()) else {
        return;
    };
    let allowed = config.web_origins().any(|allowed| allowed == origin);
    if !allowed || is_own(origin, request.host(), config) {
        return;
    }

    let wanted = request.headers().get_one("Access-Control-Request-Method");
    if request.method() == Method::Options && wanted.is_some() && !methods.is_empty() {
        *response = Response::build()
            .status(Status::NoContent)
            .raw_header("Vary", "Origin")
            .raw_header("Access-Control-Allow-Methods", methods.to_string())
            .raw_header(
                "Access-Control-Allow-Headers",
                "content-type, authorization",
            )
            .raw_header("Access-Control-Max-Age", PREFLIGHT_AGE)
            .finalize();
    }
    response.set_header(Header::new(
        "Access-Control-Allow-Origin",
        origin.to_owned(),
    ));
}

/// Whether the page that asks was served under the very name that it asks. Who asks under a name that
/// is no origin's, a loopback address or what a proxy makes of it, asks the host's first origin.
fn is_own(origin: &str, host: Option<&Host<'_>>, config: &Config) -> bool {
    let is_asked = |origin: &str| host.is_some_and(|host| is_under(origin, host));
    is_asked(origin) || (origin == config.issuer() && !config.web_origins().any(is_asked))
}

pub(super) fn is_under(origin: &str, host: &Host<'_>) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let default_port = origin.port_or_known_default();
    origin.host_str().is_some_and(|name| host.domain() == name)
        && (host.port() == origin.port() || host.port() == default_port)
}

#[cfg(test)]
mod tests {
    use rocket::http::uri::Authority;

    use super::*;

    #[test]
    fn the_own_origin_is_that_of_the_host_header_or_else_the_first() {
        const FIRST: &str = "https://example.org";
        const SECOND: &str = "https://app.example.org:8443";
        let settings = [
            ("PORTCULLIS_RP_ID", "example.org"),
            ("PORTCULLIS_SECRET", &"0123".repeat(16)),
            ("PORTCULLIS_ORIGINS", &format!("{FIRST},{SECOND}")),
        ];
        let config = Config::new(settings, rocket::Config::figment()).expect("two origins");
        for (host, own) in [
            (Some("example.org"), FIRST),
            (Some("example.org:443"), FIRST),
            (Some("EXAMPLE.org"), FIRST),
            (Some("app.example.org:8443"), SECOND),
            (Some("app.example.org"), FIRST),
            (Some("127.0.0.1:8000"), FIRST),
            (Some("backend"), FIRST),
            (None, FIRST),
        ] {
            let host = host.map(|host| {
                let authority = Authority::parse(host).expect("an authority");
                Host::from(authority)
            });
            for origin in [FIRST, SECOND] {
                let is_own = is_own(origin, host.as_ref(), &config);
                assert_eq!(is_own, origin == own, "{host:?} {origin}");
            }
        }
    }
}
