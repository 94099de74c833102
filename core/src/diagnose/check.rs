//! The input is not a check: what is it, or which member is wrong?

use super::written::{self, Cut, Form, Shown};
use super::{Diagnosis, Findings, challenge, credential, origin, response};
use crate::encoding::json::{Content, Value};
use crate::encoding::{Fault, FaultKind, What};

pub(super) fn diagnose(fault: Fault, input: &[u8], room: &mut [u8], findings: &mut Findings<'_>) {
    let document = match Value::parse(input, What::Json) {
        Ok(document) => document,
        Err(fault) => return no_json(fault, input, findings),
    };
    if let Some(text) = document.as_str() {
        let inner = written::text(text.chars(), room);
        let is_json =
            inner.is_some_and(|(text, _)| Value::parse(text.as_bytes(), What::Json).is_ok());
        findings.add(
            Diagnosis::CheckIsText,
            is_json,
            format_args!(
                "The input is one JSON string{}. Give the object itself: JSON.stringify was called twice.",
                if is_json { " that holds JSON" } else { "" }
            ),
        );
        return;
    }
    if document.as_object().is_none() {
        findings.proven(
            Diagnosis::CheckNotJson,
            format_args!("The input is JSON and no object. A check is {SHAPE}."),
        );
        return;
    }
    let is_missing = fault.kind() == FaultKind::Missing;
    if is_missing && whole(document, findings) {
        return;
    }
    if is_missing {
        missing(fault.what(), document, findings);
        return;
    }
    member(fault, document, room, findings);
}

const SHAPE: &str = "{\"kind\": \"registration\" or \"authentication\", \"rpId\", \"origins\": [...], \"challenge\", \
    \"response\", for a sign-in also \"credential\"}";

fn no_json(fault: Fault, input: &[u8], findings: &mut Findings<'_>) {
    let begin = input.trim_ascii_start();
    let at = fault.at();
    let is_trailing = fault.kind() == FaultKind::Trailing;
    if fault.kind() == FaultKind::Truncated && !begin.is_empty() {
        findings.proven(
            Diagnosis::CheckCut,
            format_args!(
                "The input breaks off after {} bytes, inside the JSON: a log line or a copy was cut. Give the whole check.",
                input.len()
            ),
        );
    } else if fault.kind() == FaultKind::Limit {
        findings.proven(
            Diagnosis::CheckNotJson,
            format_args!("The input is deeper or has more values than any check (byte {at})."),
        );
    } else if is_trailing && begin.starts_with(b"{") {
        findings.proven(
            Diagnosis::CheckNotJson,
            format_args!("One JSON value ends at byte {at}, and more follows. Give one check; `portcullis verify --ndjson` takes one a line."),
        );
    } else if begin.starts_with(b"\xef\xbb\xbf") {
        findings.proven(
            Diagnosis::CheckNotJson,
            format_args!("The input begins with a byte order mark, which JSON does not have: save it as UTF-8 without one."),
        );
    } else if begin.starts_with(b"{") || (begin.starts_with(b"[") && !is_trailing) {
        findings.guess(
            Diagnosis::CheckNotJson,
            format_args!(
                "The input is no JSON from byte {at} on. Names and texts are in double quotes, with no comma before a closing bracket: what a console prints is not \
                 JSON, `JSON.stringify(value)` is.",
            ),
        );
    } else {
        findings.guess(
            Diagnosis::CheckNotJson,
            format_args!("The input is no JSON object. A check is {SHAPE}; `portcullis inspect` explains what is none."),
        );
    }
}

/// The whole input is something else.
fn whole(document: Value<'_>, findings: &mut Findings<'_>) -> bool {
    let has = |name| written::member(document, name).is_some();
    let inner = written::member(document, "response");
    let holds = |name| inner.is_some_and(|inner| written::member(inner, name).is_some());
    if !has("kind") && (has("rawId") || holds("clientDataJSON")) {
        let kind = if holds("attestationObject") {
            "registration"
        } else {
            "authentication"
        };
        findings.proven(
            Diagnosis::CheckIsResponse,
            format_args!(
                "The input is a response, not a check. Put it into one: {{\"kind\": \"{kind}\", \"rpId\": ..., \"origins\": [...], \"challenge\": ..., \"response\": \
                 <this>{}}}.",
                if kind == "registration" { "" } else { ", \"credential\": ..." }
            ),
        );
        return true;
    }
    let options = written::member(document, "publicKey").unwrap_or(document);
    let option = |name| written::member(options, name).is_some();
    if option("challenge")
        && (option("pubKeyCredParams") || option("allowCredentials") || option("rp"))
    {
        findings.proven(
            Diagnosis::CheckIsOptions,
            format_args!(
                "The input is the options of a ceremony, what the page gives to the browser. A check holds what came back: {SHAPE}.",
            ),
        );
        return true;
    }
    false
}

/// Names that people write, and those of the check.
const NAMES: [(&str, &str); 27] = [
    ("rp_id", "rpId"),
    ("rpID", "rpId"),
    ("rpid", "rpId"),
    ("RpId", "rpId"),
    ("expectedRPID", "rpId"),
    ("origin", "origins"),
    ("expectedOrigin", "origins"),
    ("expected_origin", "origins"),
    ("Origins", "origins"),
    ("expectedChallenge", "challenge"),
    ("expected_challenge", "challenge"),
    ("Challenge", "challenge"),
    ("type", "kind"),
    ("Kind", "kind"),
    ("ceremony", "kind"),
    ("assertion", "response"),
    ("attestation", "response"),
    ("Response", "response"),
    ("authenticator", "credential"),
    ("credential_public_key", "publicKey"),
    ("public_key", "publicKey"),
    ("sign_count", "signCount"),
    ("counter", "signCount"),
    ("credentialID", "id"),
    ("credentialId", "id"),
    ("credentialPublicKey", "publicKey"),
    ("expected_rp_id", "rpId"),
];

fn missing(what: &str, document: Value<'_>, findings: &mut Findings<'_>) {
    let (owner, name) = match written::split(what, ".") {
        Some((_, name)) => (
            written::member(document, "credential").unwrap_or(document),
            name,
        ),
        None => (document, what),
    };
    let other = owner.as_object().into_iter().flatten().find(|(found, _)| {
        let is = |(other, right): &(&str, &str)| *right == name && *found == **other;
        NAMES.iter().any(is)
    });
    let holds_response = what != name && written::member(owner, "response").is_some();
    match other {
        _ if holds_response => findings.proven(
            Diagnosis::CheckMemberName,
            format_args!("`credential` holds the response, which belongs in `response`; the check's `credential` is the stored record."),
        ),
        Some((other, _)) => findings.proven(
            Diagnosis::CheckMemberName,
            format_args!(
                "The check has `{}`; the member's name is `{what}`.",
                Shown(other)
            ),
        ),
        None => findings.proven(
            Diagnosis::CheckMemberMissing,
            format_args!("`{what}` is missing. A check is {SHAPE}."),
        ),
    }
}

/// What the members take that have a few values only.
const CHOICES: [(&str, &str); 12] = [
    ("kind", "\"registration\" or \"authentication\""),
    ("rpId", "a domain, such as \"example.org\""),
    ("algorithms", "a list of numbers, such as [-7, -257]"),
    (
        "credential",
        "one object, {\"id\", \"publicKey\", \"signCount\"}",
    ),
    ("credential.signCount", "a number"),
    ("response", "the object that the browser gave"),
    (
        "userVerification",
        "\"required\", \"preferred\" or \"discouraged\"",
    ),
    ("mediation", "\"conditional\", or is left out"),
    ("counter", "\"reject\" or \"report\""),
    ("backup", "\"consistent\" or \"report\""),
    (
        "attestation.policy",
        "\"ignore\", \"verify\" or \"trusted\"",
    ),
    (
        "attestation.time",
        "a date and time of RFC 3339, such as \"2026-01-31T12:00:00Z\"",
    ),
];

fn member(fault: Fault, document: Value<'_>, room: &mut [u8], findings: &mut Findings<'_>) {
    let what = fault.what();
    let value = match written::split(what, ".") {
        Some((owner, name)) => written::at(document, &[owner, name]),
        None => written::member(document, what),
    };
    let Some(value) = value else { return };
    let response = written::member(document, "response");
    match what {
        "challenge" => {
            if value.as_str().is_some_and(|text| written::lost(what, text, room, findings)) {
                return;
            }
            let got = response
                .and_then(|response| response::client_text(response, "challenge", room));
            match got {
                Some((got, room)) => {
                    challenge::diagnose_text(value, Some(got), room, findings);
                    container(what, value, got, room, findings);
                }
                None => challenge::diagnose_text(value, None, room, findings),
            }
        }
        "origins" | "topOrigins" => {
            let name = if what == "origins" { "origin" } else { "topOrigin" };
            let got = response.and_then(|response| response::client_text(response, name, room));
            match got {
                Some((got, room)) => origins(what, value, Some(got), room, findings),
                None => origins(what, value, None, room, findings),
            }
        }
        "attestation.roots" => findings.guess(
            Diagnosis::RootNotPem,
            format_args!(
                "An element of `attestation.roots` is no certificate in PEM. Write each as a text of its own, from \
                 -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; `openssl x509 -inform der` converts DER.",
            ),
        ),
        _ => bytes_or_choice(what, value, response, room, findings),
    }
    if findings.is_empty() {
        findings.guess(
            Diagnosis::CheckMemberValue,
            format_args!("The check's `{what}` has a value or a type that it cannot have. A check is {SHAPE}."),
        );
    }
}

/// A challenge that is a list of numbers or an object.
fn container(
    what: &str,
    value: Value<'_>,
    got: &str,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    for form in Form::OF_CONTAINER {
        let Some((bytes, _)) = written::decode(value, form, room) else {
            continue;
        };
        let is_the_one = crate::encoding::base64url::characters(bytes).eq(got.bytes());
        findings.add(
            form.of_value(),
            is_the_one,
            format_args!(
                "The check's `{what}` is {}. Write it in base64url: {}.",
                form.describe(),
                written::Encoded(bytes)
            ),
        );
        return;
    }
}

fn origins(
    list: &str,
    value: Value<'_>,
    got: Option<&str>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    match value.content() {
        Content::String(text) => findings.proven(
            Diagnosis::OriginsNotAList,
            format_args!(
                "`{list}` is one text; it is a list, of one origin too: [\"{}\"].",
                Shown(text)
            ),
        ),
        Content::Array(elements) => {
            for element in elements.take(8) {
                if let Some(text) = element.as_str()
                    && let Some((text, room)) = written::text(text.chars(), room)
                    && crate::data::Origin::parse(text).is_err()
                {
                    origin::diagnose_text(text, got, list, room, findings);
                }
            }
        }
        _ => {}
    }
}

fn bytes_or_choice(
    what: &str,
    value: Value<'_>,
    response: Option<Value<'_>>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    if let Some((_, choices)) = CHOICES.iter().find(|(name, _)| *name == what) {
        let (said, _) = value
            .as_str()
            .and_then(|text| written::text(text.chars(), room))
            .unwrap_or(("of another type", &mut []));
        findings.proven(
            Diagnosis::CheckMemberValue,
            format_args!("`{what}` is {}; it has to be {choices}.", Cut(said)),
        );
        return;
    }
    if !matches!(
        what,
        "credential.id" | "userHandle" | "allowCredentials" | "existingCredentials"
    ) {
        return;
    }
    let value = match value.content() {
        // The first element that is not in base64url.
        Content::Array(mut elements) if what.ends_with("Credentials") => {
            let is_other = |element: &Value<'_>| {
                element
                    .as_str()
                    .is_none_or(|text| !crate::encoding::base64url::is_text(text.raw().as_bytes()))
            };
            match elements.find(is_other) {
                Some(element) => element,
                None => return,
            }
        }
        _ => value,
    };
    if written::member(value, "id").is_some() {
        findings.proven(
            Diagnosis::CheckMemberValue,
            format_args!("`{what}` has the descriptors of the options, {{\"id\", \"type\"}}. A check takes the ids alone, as texts."),
        );
        return;
    }
    if let Some(text) = value.as_str()
        && written::lost(what, text, room, findings)
    {
        return;
    }
    let sent = match what {
        "userHandle" => {
            response.and_then(|response| written::at(response, &["response", "userHandle"]))
        }
        _ => response.and_then(|response| written::member(response, "id")),
    };
    let sent = sent.and_then(Value::as_str);
    let (sent, room) = match sent {
        Some(sent) => match written::base64(sent.chars(), room) {
            Some((sent, room)) => (Some(sent), room),
            None => return,
        },
        None => (None, room),
    };
    if let (Some(text), Some(sent)) = (value.as_str(), sent)
        && credential::damaged(what, text, sent, room, findings)
    {
        return;
    }
    let is_itself = value
        .as_str()
        .and_then(|text| written::text(text.chars(), room))
        .is_some_and(|(text, _)| sent == Some(text.as_bytes()));
    if is_itself {
        findings.proven(
            Diagnosis::ValueNotEncoded,
            format_args!(
                "The check's `{what}` is the text itself, and the response has its encoding. Use {}.",
                written::Encoded(sent.unwrap_or_default())
            ),
        );
        return;
    }
    let form = sent.and_then(|sent| credential::other_form(value, sent, room));
    let likely = form.or_else(|| {
        Form::OF_TEXT
            .into_iter()
            .chain(Form::OF_CONTAINER)
            .find(|form| written::decode(value, *form, room).is_some())
    });
    if let Some(likely) = likely {
        findings.add(
            likely.of_value(),
            form.is_some(),
            format_args!(
                "The check's `{what}` is {}; it belongs in base64url without padding. {}.",
                likely.describe(),
                likely.remedy()
            ),
        );
    }
}
