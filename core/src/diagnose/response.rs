//! The response is not what the ceremony can read: how it was serialised, and what became of it.

use super::written::{self, Form, Shown};
use super::{Diagnosis, Findings, Rejected, Response, client_member, credential};
use crate::ceremony::ErrorKind;
use crate::data::{AttestationObject, AuthenticatorData};
use crate::encoding::cbor::{Content as Cbor, Item};
use crate::encoding::json::{Content, JsonStr, Value};
use crate::encoding::reader::Reader;
use crate::encoding::{FaultKind, What};

pub(super) fn diagnose(
    case: &Rejected<'_>,
    document: Value<'_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    let registers = matches!(case.response, Response::Registration(_));
    if case.error.kind() == ErrorKind::TypeMismatch {
        let client_data = case.response.client_data().unwrap_or_default();
        if let Some(ty) = client_member(client_data, "type") {
            other_ceremony(registers, ty == *"webauthn.create", findings);
            if findings.is_empty() {
                findings.guess(
                    Diagnosis::MemberMissing,
                    format_args!(
                        "The client data's `type` is {}, which no browser writes for WebAuthn. Pass `clientDataJSON` on as the browser gave it.",
                        Shown(ty)
                    ),
                );
            }
        }
        return;
    }
    let Some(response) = written::member(document, "response") else {
        return;
    };
    shape(response, registers, room, findings);
}

fn other_ceremony(registers: bool, is_registration: bool, findings: &mut Findings<'_>) {
    if registers && !is_registration {
        findings.proven(
            Diagnosis::ResponseOfSignIn,
            format_args!(
                "The response is one of `navigator.credentials.get` and the check is of a registration. Judge it with \
                 `kind: \"authentication\"`, or call `navigator.credentials.create`.",
            ),
        );
    } else if !registers && is_registration {
        findings.proven(
            Diagnosis::ResponseOfRegistration,
            format_args!(
                "The response is one of `navigator.credentials.create` and the check is of a sign-in. Judge it with \
                 `kind: \"registration\"`, or call `navigator.credentials.get`.",
            ),
        );
    }
}

/// Names that are written in another case, each with its right spelling.
const SNAKE: [(&str, &str); 8] = [
    ("raw_id", "rawId"),
    ("client_data_json", "clientDataJSON"),
    ("attestation_object", "attestationObject"),
    ("authenticator_data", "authenticatorData"),
    ("user_handle", "userHandle"),
    ("client_extension_results", "clientExtensionResults"),
    ("public_key", "publicKey"),
    ("sign_count", "signCount"),
];
/// Names of Apple's `ASAuthorization` and those of WebAuthn's JSON.
const APPLE: [(&str, &str); 6] = [
    ("credentialID", "id"),
    ("rawClientDataJSON", "clientDataJSON"),
    ("rawAttestationObject", "attestationObject"),
    ("rawAuthenticatorData", "authenticatorData"),
    ("rawSignature", "signature"),
    ("userID", "userHandle"),
];
const DOTNET: [(&str, &str); 9] = [
    ("RawId", "rawId"),
    ("Id", "id"),
    ("Response", "response"),
    ("ClientDataJson", "clientDataJSON"),
    ("clientDataJson", "clientDataJSON"),
    ("ClientDataJSON", "clientDataJSON"),
    ("AttestationObject", "attestationObject"),
    ("AuthenticatorData", "authenticatorData"),
    ("Signature", "signature"),
];

fn shape(response: Value<'_>, registers: bool, room: &mut [u8], findings: &mut Findings<'_>) {
    match response.content() {
        Content::Object(_) => {}
        Content::String(text) => {
            if written::lost("response", text, room, findings) {
                return;
            }
            let inner = written::text(text.chars(), room);
            let is_json = inner.is_some_and(|(text, _)| text.trim_start().starts_with('{'));
            findings.add(
                Diagnosis::ResponseIsText,
                is_json,
                format_args!(
                    "`response` is a text{}. Put the object itself there: JSON.stringify was called twice, or JSON.parse \
                     was not called.",
                    if is_json { " that holds JSON" } else { "" }
                ),
            );
            return;
        }
        Content::Array(_) => {
            findings.proven(
                Diagnosis::ResponseWrapped,
                format_args!(
                    "`response` is a list. Give the one response in it; a check holds one."
                ),
            );
            return;
        }
        _ => {
            findings.proven(
                Diagnosis::ResponseMissing,
                format_args!(
                    "`response` is no object: `navigator.credentials.create` or `get` gave null, or its promise was not awaited. Await it, and send \
                     `credential.toJSON()`.",
                ),
            );
            return;
        }
    }
    if written::is_empty(response) {
        findings.proven(
            Diagnosis::ResponseEmpty,
            format_args!(
                "The response is {{}}: JSON.stringify does not see the members of a PublicKeyCredential in a browser without `toJSON`, as they are \
                 getters. Send `credential.toJSON()`, or build the object from `credential.rawId` and `credential.response`, \
                 bytes in base64url.",
            ),
        );
        return;
    }
    names(response, findings);
    let Some(inner) = written::member(response, "response") else {
        without_inner(response, room, findings);
        return;
    };
    names(inner, findings);
    if !findings.is_empty() {
        return;
    }
    if inner.as_str().is_some() {
        findings.proven(
            Diagnosis::ResponseIsText,
            format_args!("`response.response` is a text. Put the object itself there: a part of the response was put through JSON.stringify on its own."),
        );
        return;
    }
    if written::is_empty(inner) {
        findings.proven(
            Diagnosis::BuffersLost,
            format_args!(
                "`response.response` is {{}}: its members are getters, which JSON.stringify does not see. Send `credential.toJSON()`, or copy \
                 `clientDataJSON` and the others one by one, bytes in base64url.",
            ),
        );
        return;
    }
    let has = |name| written::member(inner, name).is_some();
    if registers && !has("attestationObject") && has("signature") {
        return other_ceremony(true, false, findings);
    }
    if !registers && !has("signature") && has("attestationObject") {
        return other_ceremony(false, true, findings);
    }
    if swapped(inner, room, findings) {
        return;
    }
    let required: &[&str] = if registers {
        &["clientDataJSON", "attestationObject"]
    } else {
        &["clientDataJSON", "authenticatorData", "signature"]
    };
    for name in required {
        member(inner, name, room, findings);
    }
    if !registers && has("userHandle") {
        member(inner, "userHandle", room, findings);
    }
    envelope(response, room, findings);
}

/// A response whose inner object is missing.
fn without_inner(response: Value<'_>, room: &mut [u8], findings: &mut Findings<'_>) {
    if !findings.is_empty() {
        return;
    }
    if written::member(response, "clientDataJSON").is_some() {
        findings.proven(
            Diagnosis::ResponseFlattened,
            format_args!(
                "`clientDataJSON` is beside `id`. It belongs in an inner object: \
                 {{\"id\", \"rawId\", \"type\", \"response\": {{\"clientDataJSON\", ...}}}}, as `credential.toJSON()` gives it.",
            ),
        );
        return;
    }
    let inside = response
        .as_object()
        .into_iter()
        .flatten()
        .find(|(_, value)| {
            written::member(*value, "response").is_some()
                || written::member(*value, "rawId").is_some()
                || value
                    .as_str()
                    .is_some_and(|text| is_response_text(text, room))
        });
    match inside {
        Some((name, _)) => findings.proven(
            Diagnosis::ResponseWrapped,
            format_args!(
                "The response is inside the member `{}`. Give that object itself as `response`, parsed where it is a text.",
                Shown(name)
            ),
        ),
        None => findings.guess(
            Diagnosis::MemberMissing,
            format_args!(
                "`response.response` is missing. A response is {{\"id\", \"rawId\", \"type\": \"public-key\", \"response\": {{...}}, \
                 \"clientExtensionResults\"}}; `credential.toJSON()` gives it.",
            ),
        ),
    }
}

/// Whether a text is an object of JSON that names a member of a response.
fn is_response_text(text: JsonStr<'_>, room: &mut [u8]) -> bool {
    written::text(text.chars(), room).is_some_and(|(text, _)| {
        text.trim_start().starts_with('{')
            && ["\"rawId\"", "\"clientDataJSON\"", "\"response\""]
                .into_iter()
                .any(|name| written::split(text, name).is_some())
    })
}

fn names(object: Value<'_>, findings: &mut Findings<'_>) {
    for (name, _) in object.as_object().into_iter().flatten() {
        let is = |(other, _): &&(&str, &str)| name == **other;
        if let Some((other, right)) = APPLE.iter().find(is) {
            findings.proven(
                Diagnosis::NamesApple,
                format_args!(
                    "The response has `{other}`, as Apple's ASAuthorization calls what is `{right}` in WebAuthn's JSON. Build {{\"id\", \"rawId\", \"type\": \
                     \"public-key\", \"response\": {{...}}}} in the app, each value's bytes in base64url.",
                ),
            );
        }
        if let Some((other, right)) = SNAKE.iter().find(is) {
            findings.proven(
                Diagnosis::NamesSnakeCase,
                format_args!(
                    "The response has `{other}` where WebAuthn's JSON has `{right}`: a serialiser changed the names (Python and Ruby do). Send the \
                     browser's object through unchanged.",
                ),
            );
        } else if let Some((other, right)) = DOTNET.iter().find(is) {
            findings.proven(
                Diagnosis::NamesDotnet,
                format_args!(
                    "The response has `{other}` where WebAuthn's JSON has `{right}`: a serialiser changed the names (.NET does). Configure the names of the \
                     specification to it, or send the browser's object through unchanged.",
                ),
            );
        }
    }
}

/// `id`, `rawId` and `type`.
fn envelope(response: Value<'_>, room: &mut [u8], findings: &mut Findings<'_>) {
    for name in ["id", "rawId", "type"] {
        if written::member(response, name).is_none() {
            findings.proven(
                Diagnosis::MemberMissing,
                format_args!(
                    "`{name}` is missing from the response, as JSON.stringify leaves it in some browsers. Send `credential.toJSON()`, which has \
                     `id`, `rawId` and `type: \"public-key\"`.",
                ),
            );
        }
    }
    if let Some(ty) = written::member(response, "type").and_then(Value::as_str)
        && ty != *"public-key"
    {
        findings.proven(
            Diagnosis::ResponseTypeOther,
            format_args!(
                "The response's `type` is {}, and a credential's is `public-key`: `webauthn.create` and `webauthn.get` are types of the client data.",
                Shown(ty)
            ),
        );
    }
    let (Some(id), Some(raw_id)) = (
        written::member(response, "id"),
        written::member(response, "rawId"),
    ) else {
        return;
    };
    for (name, value) in [("id", id), ("rawId", raw_id)] {
        if value.as_str().is_none() {
            container(name, value, None, room, findings);
        }
    }
    let (Some(id_text), Some(raw_text)) = (id.as_str(), raw_id.as_str()) else {
        return;
    };
    if id_text.chars().eq(raw_text.chars()) {
        member(response, "id", room, findings);
        return;
    }
    for (name, other, value, wanted) in [
        ("rawId", "id", raw_id, id_text),
        ("id", "rawId", id, raw_text),
    ] {
        let Some((wanted, room)) = written::base64(wanted.chars(), room) else {
            continue;
        };
        if let Some(form) = credential::other_form(value, wanted, room) {
            findings.proven(
                Diagnosis::IdNotRawId,
                format_args!(
                    "`{name}` is the same id as `{other}` in another encoding: {}. {}; both are {} then.",
                    form.describe(),
                    form.remedy(),
                    written::Encoded(wanted)
                ),
            );
            return;
        }
    }
    if findings.is_empty() {
        findings.proven(
            Diagnosis::IdNotRawId,
            format_args!(
                "`id` is {} and `rawId` is {}: they have to be the same id, both in base64url. Take both from one credential.",
                Shown(id_text),
                Shown(raw_text)
            ),
        );
    }
}

/// Client data and authenticator data in each other's place.
fn swapped(inner: Value<'_>, room: &mut [u8], findings: &mut Findings<'_>) -> bool {
    let text = |name| written::member(inner, name).and_then(Value::as_str);
    let other = if text("authenticatorData").is_some() {
        "authenticatorData"
    } else {
        "attestationObject"
    };
    let (Some(client_data), Some(theirs)) = (text("clientDataJSON"), text(other)) else {
        return false;
    };
    let is_json =
        written::base64(theirs.chars(), room).is_some_and(|(bytes, _)| is_client_data(bytes));
    let is_lost = written::text(client_data.chars(), room)
        .is_some_and(|(text, _)| written::is_placeholder(text));
    if !is_json || is_lost {
        return false;
    }
    let Some((bytes, _)) = written::base64(client_data.chars(), room) else {
        return false;
    };
    if bytes.is_empty() {
        return false;
    }
    let (whose, what) = if is_client_data(bytes) {
        (
            " does too",
            "one variable was used twice. Take each from its own member",
        )
    } else {
        (" does not", "they are in each other's place. Swap them")
    };
    findings.proven(
        Diagnosis::ClientDataSwapped,
        format_args!("`{other}` holds the client data and `clientDataJSON`{whose}: {what} where the response is built."),
    );
    true
}

fn is_client_data(bytes: &[u8]) -> bool {
    client_member(bytes, "type").is_some() && client_member(bytes, "challenge").is_some()
}

/// Whether bytes are what belongs into a member.
fn is_right(name: &str, bytes: &[u8]) -> bool {
    match name {
        "clientDataJSON" => is_client_data(bytes),
        "attestationObject" => AttestationObject::parse(bytes).is_ok(),
        "authenticatorData" => AuthenticatorData::parse(bytes).is_ok(),
        "signature" => matches!(bytes, [0x30, ..]),
        _ => false,
    }
}

/// A member that carries bytes, in whatever form it is.
fn member(object: Value<'_>, name: &str, room: &mut [u8], findings: &mut Findings<'_>) {
    let Some(value) = written::member(object, name) else {
        findings.proven(
            Diagnosis::MemberMissing,
            format_args!(
                "`{name}` is missing from the response. `credential.toJSON()` gives all members; in a browser without it, copy each from \
                 `credential.response`.",
            ),
        );
        return;
    };
    let is_nothing = match value.content() {
        Content::Null => true,
        Content::String(text) => text.raw().is_empty(),
        _ => false,
    };
    if is_nothing && name != "userHandle" {
        let owner = match name {
            "id" | "rawId" => "credential",
            _ => "credential.response",
        };
        findings.proven(
            Diagnosis::MemberMissing,
            format_args!(
                "`{name}` is empty or null: it was read from a member of another name, or before the client had answered. Take it from \
                 `{owner}`, bytes in base64url.",
            ),
        );
        return;
    }
    if let Some(text) = value.as_str() {
        let right =
            written::base64(text.chars(), room).is_some_and(|(bytes, _)| is_right(name, bytes));
        // Client data may hold U+FFFD themselves. A signature is right by its first byte, which proves less.
        let holds_client_data = right && name == "clientDataJSON";
        if !holds_client_data && written::lost(name, text, room, findings) {
            return;
        }
        if name == "clientDataJSON" && text.chars().find(|c| !c.is_whitespace()) == Some('{') {
            not_encoded(findings);
            return;
        }
        let is_base64url = text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
        if right && is_base64url {
            return;
        }
        if name == "clientDataJSON" && is_utf16(text.chars(), room) {
            findings.proven(
                Diagnosis::ClientDataUtf16,
                format_args!(
                    "`clientDataJSON` holds the client data in UTF-16, and the signature is over the bytes that the browser gave, which are UTF-8. Encode \
                     the buffer itself (`credential.toJSON()`), not a text that was made of it (.NET: not Encoding.Unicode).",
                ),
            );
            return;
        }
        let mut likely = None;
        for form in Form::OF_TEXT {
            let Some((bytes, _)) = written::decode(value, form, room) else {
                continue;
            };
            if is_right(name, bytes) {
                text_form(name, form, true, findings);
                return;
            }
            // Every digit of hexadecimal is one of base64url too.
            let is_evident = !matches!(form, Form::Hexadecimal) || !is_base64url;
            if is_evident && form != Form::Twice {
                likely = likely.or(Some(form));
            }
        }
        if name == "attestationObject" {
            let is_data = written::base64(text.chars(), room).is_some_and(|(bytes, _)| {
                AuthenticatorData::parse(bytes)
                    .is_ok_and(|data| data.attested_credential_data().is_some())
            });
            if is_data {
                findings.proven(
                    Diagnosis::AttestationObjectIsAuthenticatorData,
                    format_args!(
                        "`attestationObject` holds authenticator data alone (what `getAuthenticatorData()` gives). Send `response.attestationObject`, the \
                         CBOR map of `fmt`, `attStmt` and `authData`.",
                    ),
                );
                return;
            }
        }
        if name == "authenticatorData" {
            let is_hash =
                written::base64(text.chars(), room).is_some_and(|(bytes, _)| bytes.len() == 32);
            if is_hash {
                findings.guess(
                    Diagnosis::AuthenticatorDataIsHash,
                    format_args!(
                        "`authenticatorData` has 32 bytes, as a SHA-256 has: a hash of it, or the RP ID's hash that it begins with. Send \
                         `response.authenticatorData` whole, of at least 37 bytes; the verifier hashes what has to be hashed.",
                    ),
                );
                return;
            }
        }
        if let Some(form) = likely {
            text_form(name, form, false, findings);
        } else if let Some((bytes, _)) = written::base64(text.chars(), room) {
            ends_elsewhere(name, bytes, findings);
        }
        return;
    }
    container(name, value, Some(name), room, findings);
}

/// Bytes that are right up to a place, or from one on.
fn ends_elsewhere(name: &str, bytes: &[u8], findings: &mut Findings<'_>) {
    if name == "authenticatorData"
        && let Ok((item, _)) = Item::parse(bytes, What::CborItem)
        && let Cbor::Bytes(inner) = item.content()
        && is_right(name, inner)
    {
        findings.proven(
            Diagnosis::ValueCborBytes,
            format_args!(
                "`{name}` is inside a CBOR byte string (its first {} bytes), as CTAP sends it. Take the string's content.",
                bytes.len().saturating_sub(inner.len())
            ),
        );
        return;
    }
    if name != "attestationObject" {
        return;
    }
    match Item::read(&mut Reader::new(bytes), What::AttestationObject) {
        Ok((item, _)) if is_right(name, item.bytes()) => findings.proven(
            Diagnosis::ValueTrailingBytes,
            format_args!(
                "`{name}` ends after {} bytes, and {} came: a buffer larger than its content was encoded whole (Node.js: `buffer.buffer`; \
                 Java: `ByteBuffer.array()`). Encode the bytes that are in use.",
                item.bytes().len(),
                bytes.len()
            ),
        ),
        Err(fault) if fault.kind() == FaultKind::Truncated && matches!(bytes, [0xa3, 0x60..=0x7f, ..]) => {
            findings.proven(
                Diagnosis::ValueCut,
                format_args!(
                    "`{name}` breaks off after {} bytes, before what it announces: a column, a log line or a limit on requests cut it. Pass it whole.",
                    bytes.len()
                ),
            );
        }
        _ => {}
    }
}

/// Whether a text is the base64 of client data in UTF-16, in either order of bytes.
fn is_utf16(text: impl Iterator<Item = char>, room: &mut [u8]) -> bool {
    let Some((bytes, room)) = written::base64(text, room) else {
        return false;
    };
    let bytes = match bytes {
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => rest,
        all => all,
    };
    let (units, []) = bytes.as_chunks::<2>() else {
        return false;
    };
    // Client data are ASCII, but for a page's name in another alphabet: `?` is good enough for that.
    let unit = |[a, b]: [u8; 2], first: [u8; 2]| match first {
        [0, _] if a == 0 => b,
        [_, 0] if b == 0 => a,
        _ => b'?',
    };
    let Some(first @ ([0, b'{'] | [b'{', 0])) = units.first().copied() else {
        return false;
    };
    let narrow = units.iter().map(|pair| Some(unit(*pair, first)));
    written::fill(narrow, room).is_some_and(|(text, _)| is_client_data(text))
}

fn not_encoded(findings: &mut Findings<'_>) {
    findings.proven(
        Diagnosis::ClientDataNotEncoded,
        format_args!(
            "`clientDataJSON` is the JSON itself. It is sent as the base64url of its bytes, because the signature is over those: \
             encode the buffer that the browser gave (`credential.toJSON()` does), and do not parse it before.",
        ),
    );
}

fn text_form(name: &str, form: Form, proven: bool, findings: &mut Findings<'_>) {
    findings.add(
        form.of_value(),
        proven,
        format_args!(
            "`{name}` is {}; WebAuthn's JSON has base64url without padding. {}.",
            form.describe(),
            form.remedy()
        ),
    );
}

/// A member that is a list or an object and not a text.
fn container(
    name: &str,
    value: Value<'_>,
    holds: Option<&str>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    if written::is_empty(value) {
        findings.proven(
            Diagnosis::BuffersLost,
            format_args!(
                "`{name}` is {{}}, which JSON.stringify makes of an ArrayBuffer: its bytes are lost. Send `credential.toJSON()`, or encode each buffer in \
                 base64url before.",
            ),
        );
        return;
    }
    if name == "clientDataJSON" && written::member(value, "challenge").is_some() {
        not_encoded(findings);
        return;
    }
    for form in Form::OF_CONTAINER {
        if let Some((bytes, _)) = written::decode(value, form, room) {
            let proven = holds.is_some_and(|name| is_right(name, bytes));
            let text = form.describe();
            findings.add(
                form.of_value(),
                proven,
                format_args!(
                    "`{name}` is {text} ({} bytes); WebAuthn's JSON has base64url without padding. {}.",
                    bytes.len(),
                    form.remedy()
                ),
            );
            return;
        }
    }
}

/// The challenge that the client data of a response carry, whatever the response is written in.
pub(super) fn client_text<'r>(
    response: Value<'_>,
    name: &str,
    room: &'r mut [u8],
) -> Option<(&'r str, &'r mut [u8])> {
    let member = written::at(response, &["response", "clientDataJSON"])?.as_str()?;
    let (client_data, rest) = written::base64(member.chars(), room)?;
    let text = client_member(client_data, name)?;
    written::text(text.chars(), rest)
}
