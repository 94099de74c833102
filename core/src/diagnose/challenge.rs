//! The challenge of the client data is not the one of the check.

use super::written::{self, Cut, Form, is_one_of};
use super::{Diagnosis, Findings, Rejected, Work, client_member};
use crate::encoding::What;
use crate::encoding::base64url;
use crate::encoding::json::Value;

pub(super) fn diagnose(
    case: &Rejected<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    let expected = case.challenge.characters().map(char::from);
    let Some((expected, room)) = written::text(expected, room) else {
        return;
    };
    let client_data = case.response.client_data();
    let Some(got) = client_data.and_then(|json| client_member(json, "challenge")) else {
        return;
    };
    let Some((got, room)) = written::text(got.chars(), room) else {
        return;
    };
    compare(expected, got, room, findings);
    if findings.is_empty() {
        hashed(expected, got, room, work, findings);
    }
    if findings.is_empty() {
        findings.guess(
            Diagnosis::ChallengeOfAnotherCeremony,
            format_args!(
                "The client answers the challenge {} and not {}: the response belongs to another ceremony, for \
                 example one that a second tab began or an earlier one whose challenge the session has forgotten. \
                 Keep the challenge with the ceremony (one a call of `begin`), and judge the response against \
                 the one that its options carried.",
                Cut(got),
                Cut(expected)
            ),
        );
    }
}

/// Finds what makes `got`, as the client has written it, of `expected`.
fn compare(expected: &str, got: &str, room: &mut [u8], findings: &mut Findings<'_>) {
    if got.is_empty() {
        findings.proven(
            Diagnosis::ChallengeEmpty,
            format_args!(
                "The challenge in the client data is empty: the page passed an empty buffer, as \
                 `Uint8Array.from(undefined)` or a promise that was not awaited gives. Pass the bytes of {} \
                 as `publicKey.challenge`.",
                Cut(expected)
            ),
        );
    }
    spelling(expected, got, findings);
    decoded(expected, got, room, findings);
    bytes(expected, got, room, findings);
}

/// The hash of the challenge, of its bytes or of its characters.
fn hashed(
    expected: &str,
    got: &str,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    let of_text = work.sha256(&[expected.as_bytes()]);
    let of_bytes = written::base64(expected.chars(), room)
        .and_then(|(challenge, _)| work.sha256(&[challenge]));
    let is_hash = [of_text, of_bytes]
        .into_iter()
        .flatten()
        .any(|hash| base64url::characters(&hash).eq(got.bytes()));
    if is_hash {
        findings.proven(
            Diagnosis::ChallengeHashed,
            format_args!(
                "The client answers the SHA-256 of {}: something hashed the challenge before it was passed. Pass the \
                 challenge itself; the client does all the hashing.",
                Cut(expected)
            ),
        );
    }
}

/// The same characters but for padding, alphabet, case or length.
fn spelling(expected: &str, got: &str, findings: &mut Findings<'_>) {
    let plain = |character: char| match character {
        '+' => '-',
        '/' => '_',
        character => character,
    };
    let loosened = |text: &str| text.trim_end_matches(is_one_of(&['='])).len();
    let same_but_for_alphabet = {
        let length = loosened(got);
        let mine = got.chars().take(length).map(plain);
        let its = expected.trim_end_matches(is_one_of(&['='])).chars();
        mine.eq(its.map(plain))
    };
    if same_but_for_alphabet && got != expected {
        let standard =
            got.contains(is_one_of(&['+', '/'])) || expected.contains(is_one_of(&['+', '/']));
        let (code, form) = if standard {
            (Diagnosis::ChallengeStandardBase64, Form::Standard)
        } else {
            (Diagnosis::ChallengePadded, Form::Padded)
        };
        let whose = if got.contains(is_one_of(&['+', '/', '='])) {
            "The client's challenge"
        } else {
            "The check's challenge"
        };
        findings.proven(
            code,
            format_args!(
                "{whose} is the right one in another spelling: {}. {}, so that it is {}.",
                form.describe(),
                form.remedy(),
                Cut(if got.contains(is_one_of(&['+', '/', '='])) {
                    expected
                } else {
                    got
                })
            ),
        );
        return;
    }
    if got != expected && got.eq_ignore_ascii_case(expected) {
        findings.proven(
            Diagnosis::ChallengeCase,
            format_args!(
                "{} and {} differ only in the case of letters: the challenge was stored or compared without \
                 regard to case. Keep it as bytes, or in a column whose collation is binary.",
                Cut(got),
                Cut(expected)
            ),
        );
        return;
    }
    let (short, long) = if got.len() < expected.len() {
        (got, expected)
    } else {
        (expected, got)
    };
    if short.len() >= 8 && short.len() < long.len() && long.starts_with(short) {
        findings.proven(
            Diagnosis::ChallengeCut,
            format_args!(
                "One challenge is the beginning of the other: {} has {} characters and {} has {}. Something cut it, \
                 such as a column that is too short.",
                Cut(got),
                got.len(),
                Cut(expected),
                expected.len()
            ),
        );
    }
}

/// One of the two is the encoding of the other's text.
fn decoded(expected: &str, got: &str, room: &mut [u8], findings: &mut Findings<'_>) {
    if let Some((inner, rest)) = written::base64(got.chars(), room) {
        let in_utf16 = expected.bytes().flat_map(|character| [character, 0]);
        if inner == expected.as_bytes() || inner.iter().copied().eq(in_utf16) {
            encoded_text(expected, got, rest, findings);
            return;
        }
        // A digit is its number to `Uint8Array.from`, and any other character is 0.
        let from_text = expected.bytes().map(|character| match character {
            b'0'..=b'9' => character.wrapping_sub(b'0'),
            _ => 0,
        });
        let is_from_text = inner.iter().copied().eq(from_text);
        if !inner.is_empty() && (is_from_text || inner.iter().all(|byte| *byte == 0)) {
            findings.proven(
                Diagnosis::ChallengeZeros,
                format_args!(
                    "The client answers {} {}` gives. Decode {} \
                     (`Uint8Array.fromBase64(text, {{alphabet: \"base64url\"}})`, or parseRequestOptionsFromJSON).",
                    inner.len(),
                    if is_from_text {
                        "bytes, the challenge's digits and zeros for all else, which is what `Uint8Array.from(text)"
                    } else {
                        "zeros, which is what `new Uint8Array(length)"
                    },
                    Cut(expected)
                ),
            );
            return;
        }
        let inside = core::str::from_utf8(inner).ok().map(bare);
        if inside == Some(expected) {
            quoted("The page passed", expected, findings);
            return;
        }
        if let Some(challenge) = core::str::from_utf8(inner)
            .ok()
            .and_then(|text| claimed_challenge(text, rest))
        {
            token(challenge.eq_text(expected), findings);
            return;
        }
    }
    if let Some((inner, _)) = written::base64(expected.chars(), room)
        && inner == got.as_bytes()
    {
        findings.proven(
            Diagnosis::ChallengeEncodedTwice,
            format_args!(
                "The check's challenge is base64url of the text {}, which is base64url already. Store the \
                 challenge's bytes and encode them once.",
                Cut(got)
            ),
        );
    }
}

/// A text without the quotes and blanks around it, and without what Python puts before them.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text
        .strip_prefix('b')
        .filter(|rest| rest.starts_with(written::is_quote))
        .unwrap_or(text);
    text.trim_matches(written::is_quote)
}

fn quoted(who: &str, challenge: &str, findings: &mut Findings<'_>) {
    findings.proven(
        Diagnosis::ValueQuoted,
        format_args!(
            "{who} the challenge with quotes or blanks around it. It is {}: parse the JSON text (Python: decode the bytes, no str()), \
             and strip line breaks.",
            Cut(challenge)
        ),
    );
}

/// The client was given the characters of the text.
fn encoded_text(expected: &str, got: &str, room: &mut [u8], findings: &mut Findings<'_>) {
    let is_bytes = written::base64(expected.chars(), room)
        .is_some_and(|(bytes, _)| core::str::from_utf8(bytes).is_err());
    if is_bytes {
        findings.proven(
            Diagnosis::ChallengeEncodedTwice,
            format_args!(
                "The client's challenge {} is base64url of the text {}: the page passed the characters of the \
                 encoded challenge as its bytes. Decode it first \
                 (PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON), and do not put it \
                 through TextEncoder.",
                Cut(got),
                Cut(expected)
            ),
        );
    } else {
        findings.proven(
            Diagnosis::ChallengeIsText,
            format_args!(
                "The challenge is the text {}, and the client was given its characters as bytes: it answers {}. \
                 Use {} as the check's challenge, or send random bytes in base64url and decode them in the page.",
                Cut(expected),
                Cut(got),
                Cut(got)
            ),
        );
    }
}

/// The bytes of one are those of the other in another form.
fn bytes(expected: &str, got: &str, room: &mut [u8], findings: &mut Findings<'_>) {
    let Some((received, room)) = written::base64(got.chars(), room) else {
        return;
    };
    if let Some((meant, _)) = written::decode_text(expected.chars(), Form::Hexadecimal, room)
        && meant == received
    {
        findings.proven(
            Diagnosis::ChallengeHexadecimal,
            format_args!(
                "The check's challenge is hexadecimal, and the client answers with the bytes that it encodes. Write it in \
                 base64url: {}.",
                Cut(got)
            ),
        );
        return;
    }
    let Some((meant, room)) = written::base64(expected.chars(), room) else {
        return;
    };
    // A UUID has hyphens between its digits.
    let digits = received.iter().copied().filter(|byte| *byte != b'-');
    let as_text = digits.map(char::from);
    if let Some((bytes, _)) = written::decode_text(as_text, Form::Hexadecimal, room)
        && bytes == meant
    {
        findings.proven(
            Diagnosis::ChallengeHexadecimal,
            format_args!(
                "The client was given the challenge's bytes in hexadecimal (a UUID is too), and used the digits as the \
                 bytes. Decode {} in the page and pass its bytes.",
                Cut(expected)
            ),
        );
        return;
    }
    if written::is_through_text(meant, received) {
        findings.proven(
            Diagnosis::ChallengeBytesAsText,
            format_args!(
                "The challenge's bytes went through a text on their way to the client, which changed every byte from \
                 128 on (`new TextEncoder().encode(atob(challenge))`, or `toString()` on the server). Keep them bytes: \
                 Uint8Array.from(atob(challenge), c => c.charCodeAt(0)), or parseRequestOptionsFromJSON.",
            ),
        );
    }
}

/// The challenge that a token claims.
struct Claimed<'r>(Option<&'r [u8]>);

impl Claimed<'_> {
    fn eq_text(&self, expected: &str) -> bool {
        self.0 == Some(expected.as_bytes())
    }
}

/// What a signed token says of the challenge, where the text is one.
fn claimed_challenge<'r>(text: &str, room: &'r mut [u8]) -> Option<Claimed<'r>> {
    if !text.starts_with("eyJ") {
        return None;
    }
    let mut parts = text.split(is_one_of(&['.']));
    let (_, claims) = (parts.next()?, parts.next()?);
    parts.next()?;
    let Some((claims, rest)) = written::base64(claims.chars(), room) else {
        return Some(Claimed(None));
    };
    let claimed = Value::parse(claims, What::Json)
        .ok()
        .and_then(|claims| written::member(claims, "challenge")?.as_str())
        .and_then(|challenge| written::text(challenge.chars(), rest));
    Some(Claimed(claimed.map(|(text, _)| text.as_bytes())))
}

fn token(is_the_one: bool, findings: &mut Findings<'_>) {
    findings.add(
        Diagnosis::ChallengeIsToken,
        is_the_one,
        format_args!(
            "The challenge token is where the challenge belongs. The token goes back to the server beside the \
             response; the challenge is `publicKey.challenge` of the options, which the token also claims.",
        ),
    );
}

/// The check's challenge is no base64url; `got` is the client's.
pub(super) fn diagnose_text(
    written: Value<'_>,
    got: Option<&str>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) {
    let Some(text) = written.as_str() else {
        return;
    };
    let Some((text, room)) = written::text(text.chars(), room) else {
        return;
    };
    if text.is_empty() {
        findings.proven(
            Diagnosis::ChallengeEmpty,
            format_args!(
                "The check's challenge is empty. It is the one that the options carried, in base64url{}{}.",
                if got.is_some() { "; the client answers " } else { "" },
                Cut(got.unwrap_or_default())
            ),
        );
        return;
    }
    if let Some(challenge) = claimed_challenge(text, room) {
        token(got.is_some_and(|got| challenge.eq_text(got)), findings);
        return;
    }
    let before = got.unwrap_or_default();
    if !before.is_empty() {
        if bare(text) == before {
            quoted("The check has", before, findings);
            return;
        }
        let is_its_text = base64url::characters(text.as_bytes()).eq(before.bytes());
        if is_its_text {
            findings.proven(
                Diagnosis::ChallengeIsText,
                format_args!(
                    "The check's challenge {} is the text itself, and the client answers its encoding. Use {}.",
                    Cut(text),
                    Cut(before)
                ),
            );
            return;
        }
        spelling(text, before, findings);
        bytes(text, before, room, findings);
    }
    if !findings.is_empty() {
        return;
    }
    let (code, form) = if text.contains(is_one_of(&['+', '/'])) {
        (Diagnosis::ChallengeStandardBase64, Form::Standard)
    } else if text.ends_with('=') {
        (Diagnosis::ChallengePadded, Form::Padded)
    } else {
        return;
    };
    findings.guess(
        code,
        format_args!(
            "The check's challenge {} is {}. {}.",
            Cut(text),
            form.describe(),
            form.remedy()
        ),
    );
}
