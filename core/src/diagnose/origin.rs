//! The ceremony ran on another origin than the check expects, or in a frame.

use super::written::{self, Cut, is_one_of};
use super::{Diagnosis, Findings, Rejected, client_member};
use crate::ceremony::{CrossOrigin, ErrorKind};
use crate::data::Origin;

pub(super) fn diagnose(case: &Rejected<'_>, room: &mut [u8], findings: &mut Findings<'_>) {
    let client = |name, room| {
        let text = client_member(case.response.client_data()?, name)?;
        written::text(text.chars(), room)
    };
    match case.error.kind() {
        ErrorKind::OriginMismatch => {
            if let Some((got, room)) = client("origin", room) {
                compare_all(got, case.policy.origins, room, findings);
            }
        }
        ErrorKind::TopOriginMismatch => {
            let CrossOrigin::Expected {
                top_origins: Some(expected),
            } = case.policy.cross_origin
            else {
                return;
            };
            if let Some((got, room)) = client("topOrigin", room) {
                findings.proven(
                    Diagnosis::TopOriginNotListed,
                    format_args!(
                        "The page around the frame is {}, and `topOrigins` does not list it. Add it there if that site \
                         may embed your sign-in.",
                        Cut(got)
                    ),
                );
                if let Some((code, want)) = nearest(got, expected, room) {
                    explain(code, got, want, "topOrigins", findings);
                }
            }
        }
        _ => {
            let (top, _) = client("topOrigin", room).unwrap_or_default();
            findings.proven(
                Diagnosis::FrameUnexpected,
                format_args!(
                    "The ceremony ran in a frame whose page has another origin{}{}. If your site is meant to be \
                     embedded, set `crossOrigin: true` and list the embedding pages in `topOrigins`; if not, refuse \
                     frames with `Content-Security-Policy: frame-ancestors 'self'`.",
                    if top.is_empty() { "" } else { ": " },
                    Cut(top)
                ),
            );
        }
    }
}

fn compare_all(got: &str, expected: &[Origin<'_>], room: &mut [u8], findings: &mut Findings<'_>) {
    if let Some((code, want)) = nearest(got, expected, room) {
        explain(code, got, want, "origins", findings);
        return;
    }
    if got == "null" {
        findings.proven(
            Diagnosis::OriginNull,
            format_args!(
                "The page has no origin of its own (`null`): it is in a sandboxed frame or was opened from a file. Serve \
                 it over https, and give the frame `allow-same-origin`.",
            ),
        );
        return;
    }
    // Of several, one of the same kind of client.
    let is_android = |text: &str| text.starts_with("android:");
    let alike = expected.iter().find(|want| {
        is_android(got) && written::printed(want, room).is_some_and(|(want, _)| is_android(want))
    });
    let want = alike
        .or(expected.first())
        .and_then(|want| written::printed(want, room));
    let (want, _) = want.unwrap_or_default();
    if got.starts_with("android:") && want.starts_with("android:") {
        explain(
            Diagnosis::OriginAndroidCertificate,
            got,
            want,
            "origins",
            findings,
        );
    } else if got.starts_with("android:") {
        explain(Diagnosis::OriginAndroidApp, got, want, "origins", findings);
    } else if got.starts_with("ios:") {
        explain(Diagnosis::OriginIosApp, got, want, "origins", findings);
    } else if written::split(got, "-extension://").is_some() {
        explain(Diagnosis::OriginExtension, got, want, "origins", findings);
    } else if host_of(got).is_some_and(is_loopback) {
        explain(Diagnosis::OriginLocal, got, want, "origins", findings);
    } else if written::split(got, "://").is_some() && is_app(want) {
        explain(Diagnosis::OriginOfSite, got, want, "origins", findings);
    } else {
        findings.guess(
            Diagnosis::OriginOtherSite,
            format_args!(
                "The ceremony ran on {}, another site than {}. If it is yours, add it to `origins`; if not, somebody \
                 else's page asked for this passkey, and refusing it is right.",
                Cut(got),
                Cut(want)
            ),
        );
    }
}

fn is_app(origin: &str) -> bool {
    origin.starts_with("android:") || origin.starts_with("ios:")
}

/// The expected origin that differs least, and by what.
fn nearest<'r>(
    got: &str,
    expected: &[Origin<'_>],
    room: &'r mut [u8],
) -> Option<(Diagnosis, &'r str)> {
    let mut best: Option<(usize, Diagnosis, &Origin<'_>)> = None;
    for origin in expected {
        let Some((want, rest)) = written::printed(origin, room) else {
            continue;
        };
        if let Some((rank, code)) = difference(got, want, rest)
            && best.is_none_or(|(before, ..)| rank < before)
        {
            best = Some((rank, code, origin));
        }
    }
    let (_, code, origin) = best?;
    let (want, _) = written::printed(origin, room)?;
    Some((code, want))
}

/// A web origin's parts, whatever follows them, or a host alone.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn of(origin: &'a str) -> Option<Self> {
        let (scheme, rest) = written::split(origin, "://")?;
        Some(Self {
            scheme,
            ..Self::of_host(rest)
        })
    }

    fn of_host(text: &'a str) -> Self {
        let end = text.find(is_one_of(&['/', '?', '#'])).unwrap_or(text.len());
        let (authority, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        // An IPv6 address has colons of its own, inside its brackets.
        let bracket = authority.find(is_one_of(&[']'])).unwrap_or(0);
        let colon = authority
            .get(bracket..)
            .and_then(|tail| tail.find(is_one_of(&[':'])))
            .map_or(authority.len(), |colon| colon.saturating_add(bracket));
        let (host, port) = authority.split_at_checked(colon).unwrap_or((authority, ""));
        Self {
            scheme: "",
            host,
            port: port.strip_prefix(':').unwrap_or_default(),
            rest,
        }
    }
}

/// The host of a web origin.
pub(super) fn host_of(origin: &str) -> Option<&str> {
    Some(Parts::of(origin)?.host)
}

/// The host of an origin, or of what only looks like one: `example.org:8000`.
pub(super) fn host_in(text: &str) -> &str {
    Parts::of(text).unwrap_or_else(|| Parts::of_host(text)).host
}

/// What distinguishes two origins, and how much.
fn difference(got: &str, want: &str, room: &mut [u8]) -> Option<(usize, Diagnosis)> {
    let (mine, its) = match (Parts::of(got), Parts::of(want)) {
        (Some(mine), Some(its)) => (mine, its),
        (Some(mine), None) if !is_app(want) => {
            let its = Parts::of_host(want);
            let same = mine.host.eq_ignore_ascii_case(its.host);
            return same.then_some((2, Diagnosis::OriginWithoutScheme));
        }
        (None, Some(its)) if !is_app(got) => {
            let same = Parts::of_host(got).host.eq_ignore_ascii_case(its.host);
            return same.then_some((2, Diagnosis::OriginWithoutScheme));
        }
        _ => return android(got, want, room).then_some((1, Diagnosis::OriginAndroidFingerprint)),
    };
    let same_scheme = mine.scheme.eq_ignore_ascii_case(its.scheme);
    let same_host = mine.host.eq_ignore_ascii_case(its.host);
    let same_port = mine.port == its.port;
    if same_scheme && same_host && same_port {
        return Some(match (mine.rest, its.rest) {
            ("" | "/", "" | "/") if mine.rest != its.rest => (0, Diagnosis::OriginTrailingSlash),
            (mine, its) if mine != its => (0, Diagnosis::OriginPath),
            _ => (0, Diagnosis::OriginCase),
        });
    }
    if same_host && same_scheme {
        return Some((1, Diagnosis::OriginPort));
    }
    if same_host {
        return Some((2, Diagnosis::OriginScheme));
    }
    if is_loopback(mine.host) && is_loopback(its.host) {
        return Some((3, Diagnosis::OriginLoopback));
    }
    let without_www = |host: &str| strip_prefix_ignoring_case(host, "www.").is_some();
    let is_covered = its.host.strip_prefix("*.").is_some_and(|domain| {
        mine.host.eq_ignore_ascii_case(domain) || is_below(mine.host, domain)
    });
    if its.host == "*" || is_covered {
        return Some((0, Diagnosis::OriginWildcard));
    }
    if is_below(mine.host, its.host) || is_below(its.host, mine.host) {
        let differ_by_www = strip_prefix_ignoring_case(mine.host, "www.")
            .is_some_and(|host| host.eq_ignore_ascii_case(its.host))
            || strip_prefix_ignoring_case(its.host, "www.")
                .is_some_and(|host| host.eq_ignore_ascii_case(mine.host));
        if differ_by_www && (without_www(mine.host) || without_www(its.host)) {
            return Some((4, Diagnosis::OriginWww));
        }
        return Some((5, Diagnosis::OriginSubdomain));
    }
    None
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || matches!(host, "127.0.0.1" | "[::1]")
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Whether a host is a subdomain of another that is more than a top-level domain.
fn is_below(host: &str, domain: &str) -> bool {
    let Some(labels) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    host.split_at_checked(labels).is_some_and(|(labels, tail)| {
        labels.ends_with('.')
            && tail.eq_ignore_ascii_case(domain)
            && domain.contains(is_one_of(&['.']))
    })
}

/// Whether both name the certificate of one Android app, one of them in hexadecimal.
fn android(got: &str, want: &str, room: &mut [u8]) -> bool {
    const PREFIX: &str = "android:apk-key-hash:";
    let fingerprints = got.strip_prefix(PREFIX).zip(want.strip_prefix(PREFIX));
    let Some((got, want)) = fingerprints else {
        return false;
    };
    let Some((meant, room)) = written::base64(got.chars(), room) else {
        return false;
    };
    let hexadecimal = written::decode_text(want.chars(), written::Form::Hexadecimal, room)
        .is_some_and(|(bytes, _)| bytes == meant);
    hexadecimal || written::base64(want.chars(), room).is_some_and(|(bytes, _)| bytes == meant)
}

/// Two origins that differ in one thing.
fn explain(code: Diagnosis, got: &str, want: &str, list: &str, findings: &mut Findings<'_>) {
    let what = match code {
        Diagnosis::OriginScheme => {
            "they differ in their scheme. Serve the page over https everywhere, or list the origin that people use"
        }
        Diagnosis::OriginPort => {
            "they differ in the port, which is part of an origin. List the origin with the port that the page is served from"
        }
        Diagnosis::OriginWww => {
            "they differ in `www`. List both, or redirect to the one before people sign in"
        }
        Diagnosis::OriginSubdomain => {
            "one is a subdomain of the other. List each origin that people sign in on; the RP ID may be the domain that they share"
        }
        Diagnosis::OriginWildcard => {
            "origins are compared as they are, and `*` has no meaning in one. List each origin that people sign in on"
        }
        Diagnosis::OriginTrailingSlash => {
            "they differ in a slash at the end, which no origin has. Take it away"
        }
        Diagnosis::OriginPath => {
            "one has a path, which no origin has. Write scheme, host and port alone (`location.origin`)"
        }
        Diagnosis::OriginCase => {
            "they differ in the case of letters; browsers write hosts in lower case. Whatever wrote the client data did not"
        }
        Diagnosis::OriginLoopback => {
            "both are this machine, and are different origins; WebAuthn does not work under an address. Open the page under http://localhost"
        }
        Diagnosis::OriginWithoutScheme => {
            "one lacks its scheme. Write the whole origin, `https://` included"
        }
        Diagnosis::OriginAndroidFingerprint => {
            "it is the same certificate in two encodings. Write the SHA-256 fingerprint in base64url without padding, as the client does"
        }
        Diagnosis::OriginAndroidApp => {
            "an Android app asked. If the app is yours, list its origin beside the site's, and serve assetlinks.json"
        }
        Diagnosis::OriginAndroidCertificate => {
            "both are Android apps, of two certificates. Debug builds, uploads and Google Play each sign with another: list the SHA-256 of each \
             (`keytool -list -v`; Play Console, App signing), and in assetlinks.json too"
        }
        Diagnosis::OriginLocal => {
            "the page is one of this machine, a development server or an app's web view (Capacitor, Cordova). List it for development only; \
             in an app, call the system's passkey API, whose origin is the app's or the site's"
        }
        Diagnosis::OriginExtension => {
            "a browser extension asked. If it is yours, list its origin; a packed and an unpacked one have different ids"
        }
        Diagnosis::OriginIosApp => {
            "an iOS app asked with an origin of its own. If the app is yours, list that origin beside the site's"
        }
        Diagnosis::OriginOfSite => {
            "a web page asked, and only the app's origin is listed. List the site's origin too"
        }
        _ => return,
    };
    findings.proven(
        code,
        format_args!(
            "The client says {} and `{list}` says {}: {what}.",
            Cut(got),
            Cut(want)
        ),
    );
}

/// An element of the check's `origins` that is no origin, beside the origin of the client where there is one.
pub(super) fn diagnose_text(
    text: &str,
    got: Option<&str>,
    list: &str,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    if !text.is_ascii() {
        findings.guess(
            Diagnosis::OriginNotAscii,
            format_args!(
                "`{list}` says {}: browsers write hosts in their ASCII form (`xn--...`). Write what `location.origin` \
                 gives there{}{}.",
                Cut(text),
                if got.is_some() { ": " } else { "" },
                Cut(got.unwrap_or_default())
            ),
        );
        return;
    }
    if text.contains(is_one_of(&[','])) {
        findings.proven(
            Diagnosis::OriginsNotAList,
            format_args!(
                "An element of `{list}` is {}: several origins in one text. Write each as an element of its own.",
                Cut(text)
            ),
        );
        return;
    }
    if text.trim() != text {
        findings.proven(
            Diagnosis::ValueWithBlanks,
            format_args!(
                "An element of `{list}` has blanks around it. Write \"{}\".",
                Cut(text.trim())
            ),
        );
        return;
    }
    if let Some(got) = got
        && let Some((_, code)) = difference(got, text, room)
    {
        explain(code, got, text, list, findings);
        return;
    }
    let Some(parts) = Parts::of(text) else {
        return;
    };
    if !parts.rest.is_empty() {
        findings.guess(
            Diagnosis::OriginPath,
            format_args!(
                "`{list}` says {}: an origin has no path. Write scheme, host and port alone: {}://{}{}{}.",
                Cut(text),
                Cut(parts.scheme),
                Cut(parts.host),
                if parts.port.is_empty() { "" } else { ":" },
                Cut(parts.port)
            ),
        );
    }
}
