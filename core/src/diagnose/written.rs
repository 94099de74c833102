//! How a value was written, and the bytes that were meant by it.
//!
//! Everything is decoded into room that the caller has given: a decoding that does not fit is not tried.

use core::fmt::{self, Write};

use super::Diagnosis;
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
}

impl Form {
    /// The forms of a text.
    pub(super) const OF_TEXT: [Self; 9] = [
        Self::DataUrl,
        Self::PlusLost,
        Self::Standard,
        Self::Padded,
        Self::Blanks,
        Self::Percent,
        Self::Hexadecimal,
        Self::Twice,
        Self::Numbers,
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
        }
    }

    /// The diagnosis of a stored public key that is written so.
    pub(super) const fn of_public_key(self) -> Diagnosis {
        match self {
            Self::Padded => Diagnosis::PublicKeyPadded,
            Self::Standard => Diagnosis::PublicKeyStandardBase64,
            Self::Hexadecimal => Diagnosis::PublicKeyHexadecimal,
            Self::Twice => Diagnosis::PublicKeyEncodedTwice,
            Self::Blanks | Self::PlusLost | Self::Percent | Self::DataUrl => {
                Diagnosis::PublicKeyChangedInTransit
            }
            Self::Array | Self::Indexed | Self::Numbers => Diagnosis::PublicKeyArray,
            Self::Buffer => Diagnosis::PublicKeyBuffer,
        }
    }
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
            if once.iter().all(u8::is_ascii_hexdigit) {
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

fn hexadecimal(text: impl Iterator<Item = char>, room: &mut [u8]) -> Option<Filled<'_>> {
    let mut high = None;
    let mut length = 0_usize;
    let is_between = |character: &char| character.is_ascii_whitespace() || *character == ':';
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
    let number: i16 = digits.parse().ok()?;
    match number {
        0..=255 => u8::try_from(number).ok(),
        -128..=-1 => u8::try_from(number.saturating_add(256)).ok(),
        _ => None,
    }
}

fn numbers_in_text(text: impl Iterator<Item = char>, room: &mut [u8]) -> Option<Filled<'_>> {
    let mut length = 0_usize;
    let mut number: Option<u16> = None;
    let mut numbers = 0_usize;
    // A comma after the last makes every number end in one.
    for character in text.chain(core::iter::once(',')) {
        match (character, number) {
            (',', Some(byte)) => {
                *room.get_mut(length)? = u8::try_from(byte).ok()?;
                length = length.saturating_add(1);
                numbers = numbers.saturating_add(1);
                number = None;
            }
            (digit @ '0'..='9', so_far) => {
                let digit = u16::try_from(digit.to_digit(10)?).ok()?;
                let so_far = so_far.unwrap_or(0);
                number = Some(so_far.checked_mul(10)?.checked_add(digit)?);
            }
            (' ' | '[' | ']', _) => {}
            _ => return None,
        }
    }
    if numbers < 2 {
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
