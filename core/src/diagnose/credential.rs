//! Credential ids and user handles that are not those of the check.

use super::written::{self, Encoded, Form};
use super::{Diagnosis, Findings, Rejected, Response};
use crate::ceremony::ErrorKind;
use crate::encoding::base64url;
use crate::encoding::json::{Content, JsonStr, Value};

pub(super) fn diagnose(
    case: &Rejected<'_>,
    document: Value<'_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    match (case.error.kind(), case.response) {
        (ErrorKind::CredentialMismatch, Response::Authentication(response, Some(record))) => {
            let sent = response.id().unwrap_or_default();
            let stored = written::at(document, &["credential", "id"]);
            let its = written::at(document, &["response", "id"]);
            let sides = [("credential.id", stored, sent), ("response.id", its, record.id)];
            if !is_written_otherwise(&sides, room, findings) {
                findings.guess(
                    Diagnosis::CredentialOther,
                    format_args!(
                        "The response is of the credential {} and the record of {}: another passkey of the account answered, or the wrong record \
                         was looked up. Look the record up by the response's `id`, not by the account.",
                        Encoded(sent),
                        Encoded(record.id)
                    ),
                );
            }
        }
        (ErrorKind::CredentialNotAllowed, Response::Authentication(response, _)) => {
            not_allowed(document, response.id().unwrap_or_default(), room, findings);
        }
        (ErrorKind::UserHandleMismatch, Response::Authentication(response, _)) => {
            let sent = response.user_handle().unwrap_or_default();
            let expected = case.policy.user_handle.unwrap_or_default();
            let stored = written::at(document, &["userHandle"]);
            let its = written::at(document, &["response", "response", "userHandle"]);
            let sides = [
                ("userHandle", stored, sent),
                ("response.response.userHandle", its, expected),
            ];
            if !is_written_otherwise(&sides, room, findings) {
                findings.guess(
                    Diagnosis::UserHandleOther,
                    format_args!(
                        "The response carries the user handle {} and the check says {}: the passkey belongs to another account, or \
                         `user.id` of the registration was another value (it has to stay the same for an account). Find the account by the \
                         handle, or by the credential's id.",
                        Encoded(sent),
                        Encoded(expected)
                    ),
                );
            }
        }
        (ErrorKind::UserHandleMissing, _) => findings.proven(
            Diagnosis::UserHandleMissing,
            format_args!(
                "The check says `discoverable: true`, and the response has no user handle: the passkey is not discoverable, or the request listed \
                 credentials (`allowCredentials`). Register with `residentKey: \"required\"`, or find the account by the credential's id.",
            ),
        ),
        (ErrorKind::CredentialMissing, _) => findings.proven(
            Diagnosis::CredentialMissing,
            format_args!(
                "All else holds, and there is no record to verify the signature with. Pass the stored record as `credential`: \
                 {{\"id\", \"publicKey\", \"signCount\"}}, as the registration's verdict gave it.",
            ),
        ),
        (ErrorKind::CredentialExists, _) => findings.proven(
            Diagnosis::CredentialExists,
            format_args!(
                "This credential is in `existingCredentials`: the same registration was judged twice, or the passkey is registered. List the \
                 account's credentials in `excludeCredentials` of the options, so that the authenticator refuses to make a second one.",
            ),
        ),
        (ErrorKind::CredentialIdMismatch, Response::Registration(response)) => {
            let sent = response.id().unwrap_or_default();
            let attested = case.response.authenticator_data();
            let attested = attested.and_then(|data| data.attested_credential_data().copied());
            let attested = attested.map(|attested| attested.credential_id());
            let its = written::at(document, &["response", "id"]);
            let sides = [("response.id", its, attested.unwrap_or_default())];
            if !is_written_otherwise(&sides, room, findings) {
                findings.guess(
                    Diagnosis::CredentialOther,
                    format_args!(
                        "The response's `id` is {} and the authenticator data are of the credential {}: parts of two responses were mixed. Take all of \
                         them from one.",
                        Encoded(sent),
                        Encoded(attested.unwrap_or_default())
                    ),
                );
            }
        }
        _ => {}
    }
}

/// Whether one side gives the other's bytes when it is read in another form.
fn is_written_otherwise(
    sides: &[(&str, Option<Value<'_>>, &[u8])],
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    for (name, value, wanted) in sides {
        let Some(value) = *value else { continue };
        if let Some(form) = other_form(value, wanted, room) {
            findings.proven(
                form.of_value(),
                format_args!(
                    "`{name}` is {}; decoded so, it is {}, as it should be. {}.",
                    form.describe(),
                    Encoded(wanted),
                    form.remedy()
                ),
            );
            return true;
        }
        if let Some(text) = value.as_str()
            && damaged(name, text, wanted, room, findings)
        {
            return true;
        }
        let is_itself = value
            .as_str()
            .and_then(|text| written::text(text.chars(), room))
            .is_some_and(|(text, _)| text.as_bytes() == *wanted);
        if is_itself {
            findings.proven(
                Diagnosis::ValueNotEncoded,
                format_args!(
                    "`{name}` is the text itself, and the other side is its encoding. Use {}.",
                    Encoded(wanted)
                ),
            );
            return true;
        }
    }
    false
}

/// Whether a text was the encoding of these bytes before something happened to it.
pub(super) fn damaged(
    name: &str,
    text: JsonStr<'_>,
    wanted: &[u8],
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    let right = || base64url::characters(wanted).map(char::from);
    let length = text.chars().count();
    let is_cut = length >= 8 && length < right().count() && text.chars().eq(right().take(length));
    let is_folded = !text.chars().eq(right())
        && text
            .chars()
            .map(|c| c.to_ascii_lowercase())
            .eq(right().map(|c| c.to_ascii_lowercase()));
    let is_through_text = written::base64(text.chars(), room)
        .is_some_and(|(bytes, _)| written::is_through_text(wanted, bytes));
    let (code, what) = if is_cut {
        (
            Diagnosis::ValueCut,
            "is cut, as by a column that is too short",
        )
    } else if is_folded {
        (
            Diagnosis::ValueCase,
            "lost the case of its letters: give its column a binary collation",
        )
    } else if is_through_text {
        (
            Diagnosis::ValueThroughText,
            "went through a text that changed every byte from 128 on: encode the bytes themselves",
        )
    } else {
        return false;
    };
    findings.proven(
        code,
        format_args!("`{name}` {what}. It has to be {}.", Encoded(wanted)),
    );
    true
}

/// The form in which a value has to be read to give these bytes.
pub(super) fn other_form(value: Value<'_>, wanted: &[u8], room: &mut [u8]) -> Option<Form> {
    Form::OF_TEXT
        .into_iter()
        .chain(Form::OF_CONTAINER)
        .find(|form| written::decode(value, *form, room).is_some_and(|(bytes, _)| bytes == wanted))
}

fn not_allowed(document: Value<'_>, sent: &[u8], room: &mut [u8], findings: &mut Findings<'_>) {
    let list = written::member(document, "allowCredentials").map(Value::content);
    let Some(Content::Array(list)) = list else {
        return;
    };
    let mut first = None;
    for allowed in list {
        let sides = [("allowCredentials", Some(allowed), sent)];
        if is_written_otherwise(&sides, room, findings) {
            return;
        }
        first = first.or(allowed.as_str());
    }
    let (first, _) = first
        .and_then(|text| written::text(text.chars(), room))
        .unwrap_or_default();
    findings.guess(
        Diagnosis::CredentialNotAllowed,
        format_args!(
            "The credential {} is none of those that were allowed (the first is {}): another account's passkey answered, or the list in the check is not \
             the one of the options. Judge with the same `allowCredentials` that the page got.",
            Encoded(sent),
            written::Cut(first)
        ),
    );
}
