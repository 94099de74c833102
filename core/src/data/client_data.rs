//! [`CollectedClientData`](https://www.w3.org/TR/webauthn-3/#dictionary-client-data).

use core::fmt;

use crate::encoding::base64url;
use crate::encoding::json::{Cursor, JsonStr, Value};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

use super::Origin;

const WHAT: What = What::ClientData;
const TYPE: What = What::ClientDataType;
const CHALLENGE: What = What::ClientDataChallenge;
const ORIGIN: What = What::ClientDataOrigin;
const CROSS_ORIGIN: What = What::ClientDataCrossOrigin;
const TOP_ORIGIN: What = What::ClientDataTopOrigin;

/// A challenge as it was issued: at least one byte. WebAuthn asks for
/// [16 random ones](https://www.w3.org/TR/webauthn-3/#sctn-cryptographic-challenges).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    bytes: &'a [u8],
    /// Their encoding as it was written, in which case there are no bytes.
    text: &'a str,
}

impl<'a> Challenge<'a> {
    /// The challenge of these bytes; none where there are none.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            None
        } else {
            Some(Self { bytes, text: "" })
        }
    }

    /// The challenge with this encoding, which the client data have to repeat exactly.
    #[cfg(feature = "json")]
    pub(crate) const fn from_text(text: &'a str) -> Option<Self> {
        if text.is_empty() {
            None
        } else {
            Some(Self { bytes: &[], text })
        }
    }

    /// The challenge as in client data: in base64url.
    pub(crate) fn characters(&self) -> impl Iterator<Item = u8> + use<'a> {
        base64url::characters(self.bytes).chain(self.text.bytes())
    }

    /// Skips the challenge if it comes next.
    fn skip(&self, reader: &mut Reader<'_>) -> bool {
        base64url::skip(reader, self.bytes) && reader.skip_prefix(self.text.as_bytes())
    }
}

/// What the relying party expects the client to have said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) ty: &'static str,
    pub(crate) challenge: Challenge<'a>,
    pub(crate) origins: &'a [Origin<'a>],
    /// Pages that may embed the ceremony's frame; `None`: any.
    pub(crate) top_origins: Option<&'a [Origin<'a>]>,
}

/// Which spellings of the client data a ceremony reads: a value that the policy carries, so that
/// firmware which takes only one of them links only that.
#[derive(Clone, Copy)]
pub struct ClientDataReader {
    name: &'static str,
    pub(crate) read: Read,
}

/// Reads client data: what they say of each of their members, or why they cannot be read.
type Read = for<'j> fn(&'j str, &Expected<'_>) -> Result<Findings<'j>, Fault>;

/// What the client data say of each of their members, in the order of the ceremonies' steps: type,
/// challenge, origin, whether the frame is of another origin, and the page that it was embedded in, where
/// the client names one.
pub(crate) type Findings<'j> = [Finding<'j>; 5];

/// What the client data say of one of their members.
pub(crate) struct Finding<'j> {
    /// Whether it is as expected.
    pub(crate) holds: Result<bool, Fault>,
    /// The text that the client wrote, as it is between quotes in JSON; nothing where there is no text.
    pub(crate) found: Option<&'j str>,
}

impl ClientDataReader {
    /// Any JSON: members in any order, escapes, white space, members that are not known. What every
    /// client may write that follows the specification, and the default.
    pub const TOLERANT: Self = Self {
        name: "TOLERANT",
        read: tolerant,
    };

    /// Only the [serialisation](https://www.w3.org/TR/webauthn-3/#clientdatajson-serialization) that
    /// clients have to write since Level 2, as the
    /// [limited verification algorithm](https://www.w3.org/TR/webauthn-3/#clientdatajson-verification)
    /// takes it: no JSON parser is linked. Members behind those that a ceremony judges are not read. An
    /// origin with a character that JSON escapes is refused, and so is what a client of Level 1 wrote.
    pub const LIMITED: Self = Self {
        name: "LIMITED",
        read: limited,
    };
}

impl fmt::Debug for ClientDataReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn tolerant<'j>(json: &'j str, expected: &Expected<'_>) -> Result<Findings<'j>, Fault> {
    let mut data = ClientData::default();
    data.read(json, expected)?;
    Ok(data.judge(expected))
}

fn limited<'j>(json: &'j str, expected: &Expected<'_>) -> Result<Findings<'j>, Fault> {
    let mut reader = Reader::new(json.as_bytes());
    let Some(data) = Serialised::read(json, &mut reader) else {
        return Err(reader.fault(WHAT, FaultKind::Syntax));
    };
    let is_any =
        |text: &str, origins: &[Origin<'_>]| origins.iter().any(|origin| origin.matches(text));
    let mut challenge = Reader::new(data.challenge.as_bytes());
    let is_challenge = expected.challenge.skip(&mut challenge) && challenge.is_empty();
    let is_origin = is_any(data.origin, expected.origins);
    let is_top_origin = match (data.top_origin, expected.top_origins) {
        (Some(text), Some(expected)) => is_any(text, expected),
        _ => true,
    };
    let finding = |holds, found| Finding {
        holds: Ok(holds),
        found,
    };
    Ok([
        finding(data.ty == expected.ty, Some(data.ty)),
        finding(is_challenge, Some(data.challenge)),
        finding(is_origin, Some(data.origin)),
        finding(data.cross_origin, None),
        finding(is_top_origin, data.top_origin),
    ])
}

/// Client data in the one serialisation that they have, with nothing escaped.
struct Serialised<'j> {
    ty: &'j str,
    challenge: &'j str,
    origin: &'j str,
    cross_origin: bool,
    top_origin: Option<&'j str>,
}

impl<'j> Serialised<'j> {
    /// Stops where the text is not as it has to be.
    fn read(json: &'j str, reader: &mut Reader<'j>) -> Option<Self> {
        let mut behind = |before| text_behind(json, reader, before);
        let data = Self {
            ty: behind(b"{\"type\":\"")?,
            challenge: behind(b",\"challenge\":\"")?,
            origin: behind(b",\"origin\":\"")?,
            cross_origin: reader.skip_prefix(b",\"crossOrigin\":true"),
            top_origin: None,
        };
        if !data.cross_origin && !reader.skip_prefix(b",\"crossOrigin\":false") {
            return None;
        }
        let top_origin = text_behind(json, reader, b",\"topOrigin\":\"");
        // What follows is for later versions of the specification to say, up to the last brace.
        match (reader.rest(), top_origin) {
            (b"}" | [b',', .., b'}'], _) => Some(Self { top_origin, ..data }),
            _ => None,
        }
    }
}

/// The text behind these bytes, which end with its quotation mark. One with an escape has no place in
/// the serialisation of what a ceremony expects.
#[inline(never)]
fn text_behind<'j>(json: &'j str, reader: &mut Reader<'j>, before: &[u8]) -> Option<&'j str> {
    let mut ahead = *reader;
    if !ahead.skip_prefix(before) {
        return None;
    }
    let text = take_text(json, &mut ahead)?;
    if !ahead.skip_prefix(b"\"") {
        return None;
    }
    *reader = ahead;
    Some(text)
}

/// The text before the next quotation mark, escape or character that no JSON string has. The reader is
/// one of this JSON.
fn take_text<'j>(json: &'j str, reader: &mut Reader<'j>) -> Option<&'j str> {
    let start = reader.position();
    reader.skip_while(|byte| !matches!(byte, b'"' | b'\\' | ..=0x1f));
    json.get(start..reader.position())
}

/// The client data. Each member is judged later, at its step.
#[derive(Clone, Copy, Debug, Default)]
struct ClientData<'a> {
    /// The origin, if the text began with exactly what was expected
    /// ([section 5.8.1.2](https://www.w3.org/TR/webauthn-3/#clientdatajson-verification)): type, challenge
    /// and origin are right and no frame is involved.
    as_expected: Option<&'a str>,
    ty: Option<Value<'a>>,
    challenge: Option<Value<'a>>,
    origin: Option<Value<'a>>,
    cross_origin: Option<Value<'a>>,
    top_origin: Option<Value<'a>>,
}

impl<'a> ClientData<'a> {
    /// Reads client data by the limited verification of section 5.8.1.2 if that applies, else by a
    /// scanner that takes members in any order. What either skips must still be JSON and must not repeat
    /// a member that a ceremony judges.
    #[inline(never)]
    fn read(&mut self, json: &'a str, expected: &Expected<'_>) -> Result<(), Fault> {
        let mut reader = Reader::new(json.as_bytes());
        self.as_expected = skip_expected(json, &mut reader, expected);
        let members = if self.as_expected.is_none() {
            let text = json.strip_prefix('\u{feff}').unwrap_or(json);
            Cursor::begin(text, WHAT)
        } else if reader.rest() == b"}" {
            return Ok(());
        } else {
            Cursor::behind_member(json, reader, WHAT)
        };
        self.collect(&mut members?)
    }

    /// Reads the members that the cursor is at.
    #[inline(never)]
    fn collect(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        // It is reported once the rest is known to be JSON.
        let mut repeated = Ok(());
        while let Some(name) = cursor.next_member()? {
            let value = cursor.value()?;
            let Some((slot, what, seen)) = self.member(name) else {
                continue;
            };
            if seen || slot.is_some() {
                repeated = repeated.and(Err(Fault::new(what, FaultKind::Duplicate, name.at())));
            } else {
                *slot = Some(value);
            }
        }
        cursor.finish()?;
        repeated
    }

    /// The slot of a member that a ceremony judges, and whether the expected beginning held it.
    fn member(&mut self, name: JsonStr<'_>) -> Option<(&mut Option<Value<'a>>, What, bool)> {
        let seen = self.as_expected.is_some();
        [
            ("type", &mut self.ty, TYPE, seen),
            ("challenge", &mut self.challenge, CHALLENGE, seen),
            ("origin", &mut self.origin, ORIGIN, seen),
            ("crossOrigin", &mut self.cross_origin, CROSS_ORIGIN, seen),
            ("topOrigin", &mut self.top_origin, TOP_ORIGIN, false),
        ]
        .into_iter()
        .find(|(known, ..)| name == **known)
        .map(|(_, slot, what, seen)| (slot, what, seen))
    }

    /// What the members say.
    #[inline(never)]
    fn judge(&self, expected: &Expected<'_>) -> Findings<'a> {
        let [ty, challenge, origin] = match self.as_expected {
            Some(origin) => [None, None, Some(origin)].map(|found| Finding {
                holds: Ok(true),
                found,
            }),
            None => [
                finding(self.ty, TYPE, |text| text == *expected.ty),
                finding(self.challenge, CHALLENGE, |text| {
                    let characters = expected.challenge.characters().map(char::from);
                    text.chars().eq(characters)
                }),
                finding(self.origin, ORIGIN, |text| {
                    is_any_origin(text, expected.origins)
                }),
            ],
        };
        let cross_origin = Finding {
            holds: self.is_cross_origin(),
            found: None,
        };
        let top_origin = match self.top_origin {
            None => Finding {
                holds: Ok(true),
                found: None,
            },
            member => finding(member, TOP_ORIGIN, |text| {
                expected
                    .top_origins
                    .is_none_or(|origins| is_any_origin(text, origins))
            }),
        };
        [ty, challenge, origin, cross_origin, top_origin]
    }

    /// Whether the client says that the ceremony ran in a frame of another origin.
    fn is_cross_origin(&self) -> Result<bool, Fault> {
        match self.cross_origin {
            None => Ok(false),
            Some(value) => {
                value
                    .as_bool()
                    .ok_or(Fault::new(CROSS_ORIGIN, FaultKind::Type, value.at()))
            }
        }
    }
}

/// What a member says, of which this has to hold.
fn finding<'a>(
    member: Option<Value<'a>>,
    what: What,
    holds: impl FnOnce(JsonStr<'a>) -> bool,
) -> Finding<'a> {
    match text(member, what) {
        Ok(text) => Finding {
            found: Some(text.raw()),
            holds: Ok(holds(text)),
        },
        Err(fault) => Finding {
            holds: Err(fault),
            found: None,
        },
    }
}

fn is_any_origin(text: JsonStr<'_>, origins: &[Origin<'_>]) -> bool {
    origins.iter().any(|origin| match text.plain() {
        Some(plain) => origin.matches(plain),
        None => origin.matches_chars(&mut text.chars()),
    })
}

fn text<'a>(value: Option<Value<'a>>, what: What) -> Result<JsonStr<'a>, Fault> {
    let value = value.ok_or(Fault::new(what, FaultKind::Missing, 0))?;
    value
        .as_str()
        .ok_or(Fault::new(what, FaultKind::Type, value.at()))
}

/// Skips the beginning that clients of Level 2 and later write in a top-level page, if it matches what is
/// expected, and returns the origin in it. Frames are left to the scanner.
#[inline(never)]
fn skip_expected<'a>(
    json: &'a str,
    reader: &mut Reader<'a>,
    expected: &Expected<'_>,
) -> Option<&'a str> {
    let begins = reader.skip_prefix(b"{\"type\":\"")
        && reader.skip_prefix(expected.ty.as_bytes())
        && reader.skip_prefix(b"\",\"challenge\":\"")
        && expected.challenge.skip(reader)
        && reader.skip_prefix(b"\",\"origin\":\"");
    if !begins {
        return None;
    }
    // What ends with anything else than a quotation mark is left to the scanner.
    let origin = take_text(json, reader)?;
    let holds = expected
        .origins
        .iter()
        .any(|expected| expected.matches(origin))
        && reader.skip_prefix(b"\",\"crossOrigin\":false")
        && matches!(reader.peek(), Some(b',' | b'}'));
    holds.then_some(origin)
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::{Challenge, ClientData, ClientDataReader, Expected, Findings};
    use crate::data::Origin;
    use crate::encoding::FaultKind;

    const ORIGIN: &str = "https://example.org";

    fn parse(json: &str) -> Result<(bool, bool), FaultKind> {
        let origins = [
            Origin::parse("https://other.example").unwrap(),
            Origin::parse(ORIGIN).unwrap(),
        ];
        let expected = Expected {
            ty: "webauthn.get",
            challenge: Challenge::new(&[0xfb, 0xff]).unwrap(),
            origins: &origins,
            top_origins: None,
        };
        let mut data = ClientData::default();
        data.read(json, &expected).map_err(|fault| fault.kind())?;
        Ok((data.as_expected.is_some(), hold(&data.judge(&expected))))
    }

    /// Whether all is as expected, in a page that is in no frame.
    fn hold([ty, challenge, origin, cross_origin, top_origin]: &Findings<'_>) -> bool {
        let right = [ty, challenge, origin, top_origin];
        right.iter().all(|finding| finding.holds == Ok(true))
            && cross_origin.holds == Ok(false)
            && top_origin.found.is_none()
    }

    /// Whether a reader takes the client data, up to the last step.
    fn takes(reader: ClientDataReader, json: &[u8]) -> bool {
        let origins = [Origin::parse(ORIGIN).unwrap()];
        let expected = Expected {
            ty: "webauthn.get",
            challenge: Challenge::new(&[0xfb, 0xff]).unwrap(),
            origins: &origins,
            top_origins: None,
        };
        core::str::from_utf8(json)
            .is_ok_and(|json| (reader.read)(json, &expected).is_ok_and(|findings| hold(&findings)))
    }

    #[test]
    fn the_limited_reader_takes_the_one_serialisation() {
        for rest in ["}", r#","extra":{"a":[1]}}"#, r#","not JSON }"#] {
            let json = [BEGINNING, rest].concat();
            assert!(takes(ClientDataReader::LIMITED, json.as_bytes()), "{rest}");
        }
        let text = [BEGINNING, "}"].concat();
        for json in [
            text.replace("https://", r"https:\/\/"),
            text.replace(':', ": "),
            text.replace(r#","crossOrigin":false"#, ""),
            text.replace("false", "true"),
            text.replace("false", "falsy"),
            text.replace("-_8", "-_9"),
            text.replace("get", "create"),
            text.replace("example.org", "example.org.evil"),
            text.replace('}', r#","topOrigin":"https://example.com"}"#),
            text.replace('}', ""),
            format!("{text} "),
            format!(" {text}"),
            format!("\u{feff}{text}"),
        ] {
            assert!(!takes(ClientDataReader::LIMITED, json.as_bytes()), "{json}");
        }
    }

    /// Wherever the text is cut or a byte of it is another one, what the limited reader takes is taken
    /// by the tolerant one, unless it is where only that one looks.
    #[test]
    fn the_limited_reader_takes_nothing_more_in_what_it_reads() {
        let text = [BEGINNING, "}"].concat();
        assert!(takes(ClientDataReader::TOLERANT, text.as_bytes()));
        for at in 0..text.len() {
            let mut damaged = text.as_bytes().to_vec();
            for byte in 0..=u8::MAX {
                damaged[at] = byte;
                let limited = takes(ClientDataReader::LIMITED, &damaged);
                assert!(
                    !limited || takes(ClientDataReader::TOLERANT, &damaged),
                    "{damaged:?}"
                );
            }
            assert!(!takes(ClientDataReader::LIMITED, &text.as_bytes()[..at]));
        }
    }

    const BEGINNING: &str = r#"{"type":"webauthn.get","challenge":"-_8","origin":"https://example.org","crossOrigin":false"#;

    #[test]
    fn what_a_browser_writes_is_taken_by_the_limited_verification() {
        for rest in [
            "}",
            r#","extra":{"a":[1]}}"#,
            r#", "type2":"webauthn.create" }"#,
        ] {
            assert_eq!(
                parse(&[BEGINNING, rest].concat()),
                Ok((true, true)),
                "{rest}"
            );
        }
    }

    #[test]
    fn any_other_spelling_of_the_same_is_taken_by_the_scanner() {
        let text = [BEGINNING, "}"].concat();
        let escaped = text
            .replace("https://", r"https:\/\/")
            .replace("get", r"g\u0065t");
        for json in [
            format!("\u{feff}{text}"),
            text.replace(',', ",\r\n    "),
            text.replace(r#","crossOrigin":false"#, ""),
            escaped,
            format!(
                r#"{{"tokenBinding":{{"status":"supported"}},{}"#,
                text.strip_prefix('{').unwrap()
            ),
        ] {
            assert_eq!(parse(&json), Ok((false, true)), "{json}");
        }
    }

    #[test]
    fn behind_the_expected_beginning_the_rest_must_still_be_json_and_say_nothing_twice() {
        for (rest, kind) in [
            ("", FaultKind::Truncated),
            ("}}", FaultKind::Trailing),
            (",}", FaultKind::Syntax),
            (r#","a":}"#, FaultKind::Syntax),
            (r#","origin":"https://evil.example"}"#, FaultKind::Duplicate),
            (r#","\u0074ype":"webauthn.create"}"#, FaultKind::Duplicate),
            (r#","crossOrigin":true}"#, FaultKind::Duplicate),
            (r#","topOrigin":"a","topOrigin":"b"}"#, FaultKind::Duplicate),
            (",\"a\":\"\u{1}\"}", FaultKind::Syntax),
        ] {
            assert_eq!(parse(&[BEGINNING, rest].concat()), Err(kind), "{rest}");
        }
    }

    /// An opaque origin may be configured with characters that JSON has to escape.
    #[test]
    fn an_origin_that_stands_in_no_json_string_is_not_taken_unescaped() {
        for origin in ["opaque:\u{1}", "opaque:\n", "opaque:\\", "opaque:\""] {
            let origins = [Origin::parse(origin).unwrap()];
            let expected = Expected {
                ty: "webauthn.get",
                challenge: Challenge::new(&[0xfb, 0xff]).unwrap(),
                origins: &origins,
                top_origins: None,
            };
            let json = [&BEGINNING.replace(ORIGIN, origin), "}"].concat();
            let mut data = ClientData::default();
            let holds =
                data.read(&json, &expected).is_ok() && data.judge(&expected)[2].holds == Ok(true);
            assert!(!holds, "{origin:?}");
        }
    }

    /// Wherever the limited verification accepts, so does the scanner alone.
    #[test]
    fn the_limited_verification_accepts_nothing_that_the_scanner_refuses() {
        let rests = [
            "}",
            ",}",
            r#","a":1}"#,
            r#","a":1,"a":2}"#,
            r#","type":1}"#,
            "}x",
            r#","topOrigin":"x"}"#,
            "",
        ];
        for rest in rests {
            let text = [BEGINNING, rest].concat();
            // A blank in front keeps the beginning from being the expected one.
            let scanned = parse(&String::from_iter([" ", &text]));
            let limited = parse(&text);
            assert_eq!(
                limited.map(|(_, holds)| holds),
                scanned.map(|(_, holds)| holds),
                "{rest}"
            );
        }
    }
}
