//! How a value was written, and the bytes that were meant by it.
//!
//! Everything is decoded into room that the caller has given: a decoding that does not fit is not tried.

use core::fmt::{self, Write};

use super::{Diagnosis, Findings};
use crate::encoding::base64url;
use crate::encoding::json::{Content, JsonStr, Value};

/// A way of writing bytes that is not base64url without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// base64url with padding.
    Padded,
    /// base64 in its standard alphabet.
    Standard,
    /// Hexadecimal digits.
    Hexadecimal,
    /// base64url of base64url, or of hexadecimal.
    Twice,
    /// base64 in lines, or with blanks between.
    Blanks,
    /// base64 of a form whose every `+` became a blank.
    PlusLost,
    /// base64 that was escaped for an address.
    Percent,
    /// A list of numbers.
    Array,
    /// A Node.js `Buffer` that went through `JSON.stringify`.
    Buffer,
    /// A typed array that went through `JSON.stringify`.
    Indexed,
    /// What a typed array's `toString` gives.
    Numbers,
    /// A `data:` URL, as `FileReader.readAsDataURL` gives it.
    DataUrl,
    /// base64 in quotes, or in Python's `b'...'`.
    Quoted,
    /// base64 of UTF-8 in which each byte became a character.
    Latin,
}

impl Form {
    /// The forms of a text.
    pub(super) const OF_TEXT: [Self; 11] = [
        Self::DataUrl,
        Self::Quoted,
        Self::PlusLost,
        Self::Standard,
        Self::Padded,
        Self::Blanks,
        Self::Percent,
        Self::Hexadecimal,
        Self::Twice,
        Self::Numbers,
        Self::Latin,
    ];
    /// The forms of a list or an object.
    pub(super) const OF_CONTAINER: [Self; 3] = [Self::Array, Self::Buffer, Self::Indexed];

    /// The form in words, to follow "is".
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Padded => "base64url with padding (`=`)",
            Self::Standard => "base64 in the standard alphabet (`+`, `/`, `=`)",
            Self::Hexadecimal => "hexadecimal",
            Self::Twice => "base64url of a text that is an encoding already",
            Self::Blanks => "base64 with line breaks or blanks in it",
            Self::PlusLost => "base64 in which a form's decoding made a blank of each `+`",
            Self::Percent => "base64 that was escaped for an address (`%2B`, `%3D`)",
            Self::Array => "a list of numbers",
            Self::Buffer => "a Node.js Buffer as JSON.stringify writes it",
            Self::Indexed => {
                "an object of numbered members, as JSON.stringify writes a typed array"
            }
            Self::Numbers => "numbers with commas between, as a typed array's toString() writes it",
            Self::DataUrl => "a `data:` URL",
            Self::Quoted => "base64 in quotes",
            Self::Latin => "base64 of UTF-8 in which every byte became a character",
        }
    }

    /// What to change.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::Padded => "Remove the `=` at its end",
            Self::Standard => "Write `-` for `+` and `_` for `/`, and remove the `=`",
            Self::Hexadecimal => {
                "Encode the bytes in base64url (Node.js: Buffer.from(hex, \"hex\").toString(\"base64url\"))"
            }
            Self::Twice => "Encode the bytes once",
            Self::Blanks => {
                "Write it in one line (PHP: base64_encode, not chunk_split; Java: getUrlEncoder, not getMimeEncoder)"
            }
            Self::PlusLost => {
                "Send JSON, or escape the text (encodeURIComponent) before it goes into a form"
            }
            Self::DataUrl => {
                "Encode the buffer itself (credential.toJSON()), not what FileReader.readAsDataURL makes of it"
            }
            Self::Percent => "Unescape it once (decodeURIComponent), or send JSON",
            Self::Quoted => {
                "Take the quotes away (Python: value.decode(), not str(value); JSON: parse it, or do not stringify a text)"
            }
            Self::Latin => "Encode the bytes themselves, not a text that was made of them",
            Self::Array | Self::Buffer | Self::Indexed | Self::Numbers => {
                "Encode the bytes in base64url (Node.js: Buffer.from(bytes).toString(\"base64url\"); in the page: credential.toJSON())"
            }
        }
    }

    /// The diagnosis of a member of the response that is written so.
    pub(super) const fn of_value(self) -> Diagnosis {
        match self {
            Self::Padded => Diagnosis::ValuePadded,
            Self::Standard => Diagnosis::ValueStandardBase64,
            Self::Hexadecimal => Diagnosis::ValueHexadecimal,
            Self::Twice => Diagnosis::ValueEncodedTwice,
            Self::Blanks => Diagnosis::ValueWithBlanks,
            Self::PlusLost => Diagnosis::ValuePlusLost,
            Self::Percent => Diagnosis::ValuePercentEncoded,
            Self::Array => Diagnosis::BytesAsArray,
            Self::Buffer => Diagnosis::BytesAsBuffer,
            Self::Indexed => Diagnosis::BytesAsIndexedObject,
            Self::Numbers => Diagnosis::BytesAsNumbers,
            Self::DataUrl => Diagnosis::ValueDataUrl,
            Self::Quoted => Diagnosis::ValueQuoted,
            Self::Latin => Diagnosis::ValueThroughText,
        }
    }

    /// The diagnosis of a stored public key that is written so.
    pub(super) const fn of_public_key(self) -> Diagnosis {
        match self {
            Self::Padded => Diagnosis::PublicKeyPadded,
            Self::Standard => Diagnosis::PublicKeyStandardBase64,
            Self::Hexadecimal => Diagnosis::PublicKeyHexadecimal,
            Self::Twice => Diagnosis::PublicKeyEncodedTwice,
            Self::Blanks
            | Self::PlusLost
            | Self::Percent
            | Self::DataUrl
            | Self::Quoted
            | Self::Latin => Diagnosis::PublicKeyChangedInTransit,
            Self::Array | Self::Indexed | Self::Numbers => Diagnosis::PublicKeyArray,
            Self::Buffer => Diagnosis::PublicKeyBuffer,
        }
    }
}

/// Whether a text is what a program prints in place of bytes, which are lost then.
pub(super) fn is_placeholder(text: &str) -> bool {
    let is_count = text.strip_suffix(" bytes").is_some_and(|count| {
        !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit())
    });
    is_count
        || text.starts_with("[object ")
        || text.starts_with("[B@")
        || matches!(text, "undefined" | "null" | "None" | "nil" | "NaN")
}

/// A finding on a text that is in place of bytes, or holds what is left of them; whether it is one.
pub(super) fn lost(
    name: &str,
    text: JsonStr<'_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    let printed = self::text(text.chars(), room).is_some_and(|(text, _)| is_placeholder(text));
    if printed {
        findings.proven(
            Diagnosis::ValueLost,
            format_args!(
                "`{name}` is the text {}, which a program prints in place of bytes: they are lost. Encode the buffer in base64url \
                 before it is joined into a text.",
                Shown(text)
            ),
        );
        return true;
    }
    let replaced = base64(text.chars(), room).is_some_and(|(bytes, _)| is_replaced(bytes));
    if replaced {
        findings.proven(
            Diagnosis::ValueThroughText,
            format_args!(
                "`{name}` holds U+FFFD (bytes ef bf bd): its bytes were read as UTF-8, and what was none is lost. Encode the bytes \
                 themselves (Node.js: buffer.toString(\"base64url\"), not buffer.toString()).",
            ),
        );
    }
    replaced
}

/// Whether `received` is `meant` after it was read as Latin-1, or as UTF-8 with replacements, and written as
/// UTF-8.
pub(super) fn is_through_text(meant: &[u8], received: &[u8]) -> bool {
    let Ok(received) = core::str::from_utf8(received) else {
        return false;
    };
    if meant.is_ascii() {
        return false;
    }
    let latin = meant.iter().copied().map(char::from);
    let replaced = meant.utf8_chunks().flat_map(|chunk| {
        let replacement = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(replacement)
    });
    received.chars().eq(latin) || received.chars().eq(replaced)
}

/// Whether bytes are a text in which what was no text was replaced, and is lost.
pub(super) fn is_replaced(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars()
            .any(|character| character == char::REPLACEMENT_CHARACTER)
    })
}

/// Bytes in the caller's room, and the room that is left.
pub(super) type Filled<'r> = (&'r [u8], &'r mut [u8]);

/// The bytes of a value that is written in this form; `None` where it is not.
pub(super) fn decode<'r>(value: Value<'_>, form: Form, room: &'r mut [u8]) -> Option<Filled<'r>> {
    match value.content() {
        Content::String(text) => decode_text(text.chars(), form, room),
        Content::Array(_) if form == Form::Array => numbers(value, room),
        Content::Object(_) if form == Form::Buffer => {
            let is_buffer = member(value, "type")?.as_str()? == *"Buffer";
            numbers(member(value, "data").filter(|_| is_buffer)?, room)
        }
        Content::Object(_) if form == Form::Indexed => indexed(value, room),
        _ => None,
    }
}

/// The same for a text.
pub(super) fn decode_text<'r>(
    text: impl Iterator<Item = char> + Clone,
    form: Form,
    room: &'r mut [u8],
) -> Option<Filled<'r>> {
    match form {
        Form::Padded => {
            let fits = text.clone().any(|character| character == '=')
                && !text.clone().any(|character| matches!(character, '+' | '/'));
            if fits { base64(text, room) } else { None }
        }
        Form::Standard => {
            let fits = text.clone().any(|character| matches!(character, '+' | '/'));
            if fits { base64(text, room) } else { None }
        }
        Form::Hexadecimal => hexadecimal(text, room),
        Form::Twice => {
            let (once, room) = base64(text, room)?;
            let is_text = !once.is_empty() && once.iter().all(u8::is_ascii_graphic);
            let characters = once.iter().copied().map(char::from);
            // A UUID has hyphens between its digits.
            if once
                .iter()
                .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
            {
                hexadecimal(characters, room)
            } else if is_text {
                base64(characters, room)
            } else {
                None
            }
        }
        Form::Blanks => {
            let mut characters = text.clone();
            if characters.any(|character| character.is_ascii_whitespace()) {
                base64(text, room)
            } else {
                None
            }
        }
        Form::PlusLost => {
            let is_blank = |character: char| character == ' ';
            let is_one_line = text
                .clone()
                .all(|character| is_blank(character) || !character.is_ascii_whitespace());
            // What was padded says how long it was.
            let fits =
                is_one_line && text.clone().any(is_blank) && text.clone().count().is_multiple_of(4);
            let restored = text.map(|character| if is_blank(character) { '+' } else { character });
            if fits { base64(restored, room) } else { None }
        }
        Form::Percent => {
            if text.clone().any(|character| character == '%') {
                base64(unescaped(text), room)
            } else {
                None
            }
        }
        Form::Numbers => numbers_in_text(text, room),
        Form::DataUrl => {
            let mut rest = text;
            if !"data:".chars().all(|letter| rest.next() == Some(letter)) {
                return None;
            }
            rest.any(|character| character == ',').then_some(())?;
            base64(rest, room)
        }
        Form::Quoted => {
            let mut rest = text.clone().skip_while(|character| *character == 'b');
            let quote = rest.next().filter(|character| is_quote(*character))?;
            base64(rest.take_while(|character| *character != quote), room)
        }
        Form::Latin => {
            let (once, room) = base64(text, room)?;
            let characters = core::str::from_utf8(once)
                .ok()
                .filter(|text| !text.is_ascii())?;
            let bytes = characters
                .chars()
                .map(|character| u8::try_from(character).ok());
            fill(bytes, room)
        }
        Form::Array | Form::Buffer | Form::Indexed => None,
    }
}

/// Percent-encoding undone; ends where it is none.
fn unescaped(mut text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    core::iter::from_fn(move || match text.next()? {
        '%' => {
            let (high, low) = (text.next()?.to_digit(16)?, text.next()?.to_digit(16)?);
            char::from_u32((high << 4) | low)
        }
        character => Some(character),
    })
}

/// base64 in either alphabet, padded or not, blanks between or not.
pub(super) fn base64(text: impl Iterator<Item = char>, room: &mut [u8]) -> Option<Filled<'_>> {
    let characters = text
        .filter(|character| !character.is_ascii_whitespace() && *character != '=')
        .map(|character| match character {
            '+' => b'-',
            '/' => b'_',
            // A character that is in neither alphabet is refused as this one is.
            character => u8::try_from(character).unwrap_or(b'='),
        });
    let length = base64url::decode_into(characters, room)?.len();
    split_room(room, length)
}

/// Whether a character opens or closes a text.
pub(super) const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'')
}

/// Hexadecimal as any program prints it: `0x30...`, `\x30...` (PostgreSQL), `30-45...` (.NET), `30:45...`,
/// `<3045 ...>` (Apple).
fn hexadecimal(
    mut text: impl Iterator<Item = char> + Clone,
    room: &mut [u8],
) -> Option<Filled<'_>> {
    let mut begin = text.clone();
    if matches!((begin.next(), begin.next()), (Some('0' | '\\'), Some('x'))) {
        text.by_ref().take(2).for_each(drop);
    }
    let mut high = None;
    let mut length = 0_usize;
    let is_between = |character: &char| {
        character.is_ascii_whitespace() || matches!(character, ':' | '-' | '<' | '>')
    };
    for character in text.filter(|character| !is_between(character)) {
        let digit = character.to_digit(16)?;
        match high.take() {
            None => high = Some(digit),
            Some(high) => {
                *room.get_mut(length)? = u8::try_from((high << 4) | digit).ok()?;
                length = length.saturating_add(1);
            }
        }
    }
    if high.is_some() || length == 0 {
        return None;
    }
    split_room(room, length)
}

/// A list of bytes, signed ones included, as Java and Kotlin have them.
fn numbers<'r>(value: Value<'_>, room: &'r mut [u8]) -> Option<Filled<'r>> {
    let Content::Array(elements) = value.content() else {
        return None;
    };
    let bytes = elements.map(|element| match element.content() {
        Content::Number(digits) => byte(digits),
        _ => None,
    });
    fill(bytes, room).filter(|(bytes, _)| !bytes.is_empty())
}

fn indexed<'r>(value: Value<'_>, room: &'r mut [u8]) -> Option<Filled<'r>> {
    let members = value.as_object()?.enumerate();
    let bytes = members.map(|(index, (name, value))| {
        let name: usize = name.plain()?.parse().ok()?;
        match value.content() {
            Content::Number(digits) if name == index => byte(digits),
            _ => None,
        }
    });
    fill(bytes, room).filter(|(bytes, _)| !bytes.is_empty())
}

/// A byte, written without or with a sign.
fn byte(digits: &str) -> Option<u8> {
    octet(digits.parse().ok()?)
}

fn octet(number: i16) -> Option<u8> {
    match number {
        0..=255 => u8::try_from(number).ok(),
        -128..=-1 => u8::try_from(number.saturating_add(256)).ok(),
        _ => None,
    }
}

fn numbers_in_text(text: impl Iterator<Item = char>, room: &mut [u8]) -> Option<Filled<'_>> {
    let mut length = 0_usize;
    let mut number: Option<i16> = None;
    let mut is_negative = false;
    // A comma after the last makes every number end in one.
    for character in text.chain(core::iter::once(',')) {
        match (character, number) {
            (',', Some(digits)) => {
                let signed = if is_negative {
                    digits.checked_neg()?
                } else {
                    digits
                };
                *room.get_mut(length)? = octet(signed)?;
                length = length.saturating_add(1);
                (number, is_negative) = (None, false);
            }
            (digit @ '0'..='9', so_far) => {
                let digit = i16::try_from(digit.to_digit(10)?).ok()?;
                let so_far = so_far.unwrap_or(0);
                number = Some(so_far.checked_mul(10)?.checked_add(digit)?);
            }
            ('-', None) => is_negative = true,
            (' ' | '[' | ']', _) => {}
            _ => return None,
        }
    }
    if length < 2 {
        return None;
    }
    split_room(room, length)
}

/// Writes bytes to the front of the room; `None` where one is none, or there is no room.
pub(super) fn fill(bytes: impl Iterator<Item = Option<u8>>, room: &mut [u8]) -> Option<Filled<'_>> {
    let mut length = 0_usize;
    for byte in bytes {
        *room.get_mut(length)? = byte?;
        length = length.saturating_add(1);
    }
    split_room(room, length)
}

/// What is before and after a mark, as `str::split_once` would say, which has branches that panic.
pub(super) fn split<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    text.char_indices().find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        Some((before, rest.strip_prefix(mark)?))
    })
}

/// A pattern of these characters; one of a character itself has branches that panic.
pub(super) fn is_one_of(characters: &[char]) -> impl Fn(char) -> bool + Copy + '_ {
    |character| characters.contains(&character)
}

/// The characters of a text, in UTF-8.
pub(super) fn text(
    characters: impl Iterator<Item = char>,
    room: &mut [u8],
) -> Option<(&str, &mut [u8])> {
    let mut written = Slice { room, length: 0 };
    for character in characters {
        written.write_char(character).ok()?;
    }
    written.finish()
}

/// What a value prints.
pub(super) fn printed(value: impl fmt::Display, room: &mut [u8]) -> Option<(&str, &mut [u8])> {
    let mut written = Slice { room, length: 0 };
    write!(written, "{value}").ok()?;
    written.finish()
}

fn split_room(room: &mut [u8], length: usize) -> Option<Filled<'_>> {
    let (filled, rest) = room.split_at_mut_checked(length)?;
    Some((filled, rest))
}

/// Text that is written into the caller's room.
struct Slice<'r> {
    room: &'r mut [u8],
    length: usize,
}

impl<'r> Slice<'r> {
    fn finish(self) -> Option<(&'r str, &'r mut [u8])> {
        let (filled, rest) = self.room.split_at_mut_checked(self.length)?;
        Some((core::str::from_utf8(filled).ok()?, rest))
    }
}

impl Write for Slice<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.room.get_mut(self.length).ok_or(fmt::Error)? = byte;
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}

/// The member of an object; the first where there are several.
pub(super) fn member<'a>(object: Value<'a>, name: &str) -> Option<Value<'a>> {
    object
        .as_object()?
        .find(|(found, _)| *found == *name)
        .map(|(_, value)| value)
}

/// The member at the end of a path of names.
pub(super) fn at<'a>(mut value: Value<'a>, path: &[&str]) -> Option<Value<'a>> {
    for name in path {
        value = member(value, name)?;
    }
    Some(value)
}

/// Whether an object has no member.
pub(super) fn is_empty(value: Value<'_>) -> bool {
    value
        .as_object()
        .is_some_and(|mut members| members.next().is_none())
}

/// Characters of a value that a sentence shows.
const SHOWN: usize = 160;

/// A text of the input, cut where it is long.
pub(super) struct Shown<'a>(pub(super) JsonStr<'a>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(self.0.chars(), f)
    }
}

/// The same for a text that was decoded.
pub(super) struct Cut<'a>(pub(super) &'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(self.0.chars(), f)
    }
}

/// Bytes in base64url, cut where they are many.
pub(super) struct Encoded<'a>(pub(super) &'a [u8]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(base64url::characters(self.0).map(char::from), f)
    }
}

fn write_cut(characters: impl Iterator<Item = char>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, character) in characters.enumerate() {
        if index == SHOWN {
            return f.write_str("...");
        }
        f.write_char(character)?;
    }
    Ok(())
}

/// A text of the input, whole.
#[derive(Clone, Copy)]
pub(super) struct Unescaped<'a>(pub(super) JsonStr<'a>);

impl fmt::Display for Unescaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .chars()
            .try_for_each(|character| f.write_char(character))
    }
}
