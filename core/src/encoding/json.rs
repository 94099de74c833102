//! JSON (RFC 8259) without a tree: a document is scanned once by [`Value::parse`], which proves it
//! well-formed, and is then read in place, member by member.
//!
//! Nesting is bounded and kept in one word, so nothing recurses. Strings stay as they were written,
//! escapes included; they are decoded while they are compared or copied. A document with invalid
//! UTF-8 or with half a surrogate pair is refused as a whole.

#[cfg(feature = "json")]
use super::Span;
use super::reader::Reader;
use super::{Fault, FaultKind, What};
use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

/// One value of a document that has been proven well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    text: &'a [u8],
    /// Where the value begins in the document.
    at: usize,
}

/// A value's type, with its content where that is small.
#[cfg(any(feature = "attestation", feature = "json"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    Null,
    Bool(bool),
    Number(
        #[cfg_attr(
            not(feature = "json"),
            expect(dead_code, reason = "only the JSON forms have numbers")
        )]
        &'a str,
    ),
    String(
        #[cfg_attr(
            not(feature = "diagnose"),
            expect(dead_code, reason = "others ask for a text alone")
        )]
        JsonStr<'a>,
    ),
    Array(Elements<'a>),
    Object(Members<'a>),
}

impl<'a> Value<'a> {
    /// Reads a document that is one value and white space around it.
    pub(crate) fn parse(document: &'a [u8], what: What) -> Result<Self, Fault> {
        utf8(document, what)?;
        let mut reader = Reader::new(document);
        skip_space(&mut reader);
        let value = Self::read(&mut reader, &mut Scanned::default(), what)?;
        skip_space(&mut reader);
        reader.finish(what)?;
        Ok(value)
    }

    fn read(reader: &mut Reader<'a>, scanned: &mut Scanned, what: What) -> Result<Self, Fault> {
        let before = reader.rest();
        let at = reader.position();
        scan(reader, scanned, what)?;
        let length = reader.position().saturating_sub(at);
        let text = before.get(..length).unwrap_or_default();
        Ok(Self { text, at })
    }

    #[cfg(feature = "json")]
    pub(crate) fn span(&self) -> Span {
        Span::new(self.at, self.at.saturating_add(self.text.len()))
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The character that the value begins with, which tells its type.
    #[cfg(feature = "json")]
    pub(crate) fn first(&self) -> u8 {
        self.text.first().copied().unwrap_or_default()
    }

    /// Where the text between a string's quotes lies in the document; `None` for anything else.
    #[cfg(feature = "json")]
    pub(crate) fn string_span(&self) -> Option<Span> {
        let start = self.at.saturating_add(1);
        let end = self.at.saturating_add(self.text.len()).saturating_sub(1);
        (self.text.first() == Some(&b'"')).then(|| Span::new(start, end))
    }

    #[cfg(any(feature = "attestation", feature = "json"))]
    pub(crate) fn content(self) -> Content<'a> {
        match self.text.first() {
            Some(b'"') => Content::String(self.as_str().unwrap_or_default()),
            Some(b'{') => Content::Object(Members(self.inside())),
            Some(b'[') => Content::Array(Elements(self.inside())),
            Some(b't') => Content::Bool(true),
            Some(b'f') => Content::Bool(false),
            Some(b'n') | None => Content::Null,
            Some(_) => Content::Number(core::str::from_utf8(self.text).unwrap_or_default()),
        }
    }

    /// A container's content, its brackets left off.
    fn inside(self) -> Inside<'a> {
        Inside {
            reader: Reader::new(
                self.text
                    .get(1..self.text.len().saturating_sub(1))
                    .unwrap_or_default(),
            ),
            at: self.at.saturating_add(1),
            scanned: true,
        }
    }

    pub(crate) fn as_str(self) -> Option<JsonStr<'a>> {
        let raw = self.text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let has_escapes = raw.contains(&b'\\');
        let raw = core::str::from_utf8(raw).ok()?;
        Some(JsonStr::new(raw, self.at.saturating_add(1), has_escapes))
    }

    pub(crate) fn as_bool(self) -> Option<bool> {
        match self.text {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    pub(crate) fn as_array(self) -> Option<Elements<'a>> {
        (self.text.first() == Some(&b'[')).then(|| Elements(self.inside()))
    }

    #[cfg(any(feature = "attestation", feature = "json"))]
    pub(crate) fn as_object(self) -> Option<Members<'a>> {
        match self.content() {
            Content::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// Reads a document in one pass: what comes next is proven well-formed when it is read. A caller that reads it
/// this way reads every value, also one that does not matter.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    /// What the reader began with.
    text: &'a str,
    reader: Reader<'a>,
    /// Where the reader began in the document.
    at: usize,
    scanned: Scanned,
    /// Whether the brace of an object has just been read, so that its first member comes next.
    opened: bool,
    what: What,
}

impl<'a> Cursor<'a> {
    /// Before the first value of a document.
    fn new(text: &'a str, at: usize, what: What) -> Self {
        Self {
            text,
            reader: Reader::new(text.as_bytes()),
            at,
            scanned: Scanned::default(),
            opened: false,
            what,
        }
    }

    /// Before the first member of a document that is an object.
    pub(crate) fn begin(document: &'a str, what: What) -> Result<Self, Fault> {
        let mut cursor = Self::new(document, 0, what);
        skip_space(&mut cursor.reader);
        if cursor.begins_object() {
            cursor.open()?;
            return Ok(cursor);
        }
        let value = cursor.value()?;
        cursor.finish()?;
        Err(Fault::new(what, FaultKind::Type, value.at()))
    }

    /// Behind a member of a document that is an object. The members so far have been read otherwise.
    pub(crate) fn behind_member(
        document: &'a str,
        reader: Reader<'a>,
        what: What,
    ) -> Result<Self, Fault> {
        let mut cursor = Self::new(document, 0, what);
        cursor.reader = reader;
        cursor.scanned.open(&cursor.reader, what)?;
        Ok(cursor)
    }

    /// Reads a document that is one value, by `read`, and white space around it.
    #[cfg(feature = "json")]
    pub(crate) fn read_document<T>(
        document: &'a [u8],
        what: What,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut cursor = Self::new(utf8(document, what)?, 0, what);
        skip_space(&mut cursor.reader);
        let read = read(&mut cursor)?;
        cursor.finish()?;
        Ok(read)
    }

    /// At the beginning of a value of a document that has been read otherwise.
    #[cfg(feature = "json")]
    pub(crate) fn of(value: Value<'a>, what: What) -> Self {
        let text = core::str::from_utf8(value.text).unwrap_or_default();
        Self::new(text, value.at, what)
    }

    /// Where the next value begins.
    pub(crate) const fn at(&self) -> usize {
        self.at.saturating_add(self.reader.position())
    }

    /// Whether the next value is an object, if it is one at all.
    pub(crate) fn begins_object(&self) -> bool {
        self.reader.peek() == Some(b'{')
    }

    /// Reads the next value, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Fault> {
        let mut value = Value::read(&mut self.reader, &mut self.scanned, self.what)?;
        value.at = value.at.saturating_add(self.at);
        Ok(value)
    }

    /// Reads the next value, an object: `read` is given the name of each member and reads its value.
    #[cfg(feature = "json")]
    pub(crate) fn members(
        &mut self,
        mut read: impl FnMut(&mut Self, JsonStr<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.open()?;
        while let Some(name) = self.next_member()? {
            read(self, name)?;
        }
        Ok(())
    }

    /// Reads the brace that an object begins with.
    fn open(&mut self) -> Result<(), Fault> {
        self.scanned.begin_value(&self.reader, self.what)?;
        self.scanned.open(&self.reader, self.what)?;
        self.reader.byte(self.what)?;
        self.opened = true;
        Ok(())
    }

    /// Reads up to the next member's value and returns its name; nothing where the object ends.
    // As a call it costs more than the text that it reads: the name comes back over the stack, in parts.
    #[cfg_attr(feature = "json", inline(always))]
    pub(crate) fn next_member(&mut self) -> Result<Option<JsonStr<'a>>, Fault> {
        skip_space(&mut self.reader);
        if self.reader.skip_prefix(b"}") {
            self.opened = false;
            self.scanned.close();
            return Ok(None);
        }
        // Before the first member there is only the brace, before the others a comma.
        if !core::mem::replace(&mut self.opened, false) {
            if !self.reader.skip_prefix(b",") {
                return Err(unexpected(&self.reader, self.what));
            }
            skip_space(&mut self.reader);
        }
        let at = self.at().saturating_add(1);
        let start = self.reader.position().saturating_add(1);
        let (end, has_escapes) = scan_name(&mut self.reader, self.what)?;
        let raw = self.text.get(start..end).unwrap_or_default();
        Ok(Some(JsonStr::new(raw, at, has_escapes)))
    }

    /// Fails unless only white space follows.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        skip_space(&mut self.reader);
        self.reader.finish(self.what)
    }
}

/// The text between a container's brackets, of which the front has been read.
#[derive(Clone, Copy, Debug)]
struct Inside<'a> {
    reader: Reader<'a>,
    at: usize,
    /// Whether all of it was scanned before.
    scanned: bool,
}

impl<'a> Inside<'a> {
    /// The next value, and what separates it from the one after.
    fn value(&mut self) -> Option<Value<'a>> {
        self.reader
            .skip_while(|byte| is_space(byte) || byte == b',' || byte == b':');
        if self.reader.is_empty() {
            return None;
        }
        let before = self.reader.rest();
        let at = self.reader.position();
        if self.scanned {
            skip_scanned(&mut self.reader);
        } else if scan(&mut self.reader, &mut Scanned::default(), What::Json).is_err() {
            // Nothing whole follows what is broken.
            self.reader.skip_while(|_| true);
            return None;
        }
        let length = self.reader.position().saturating_sub(at);
        Some(Value {
            text: before.get(..length)?,
            at: at.saturating_add(self.at),
        })
    }
}

/// Where a text is cut: what is there in place of a whole value.
#[cfg(feature = "inspect")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a> {
    pub(crate) rest: &'a [u8],
    pub(crate) at: usize,
}

#[cfg(feature = "inspect")]
impl<'a> Inside<'a> {
    /// What is inside a container that begins where a text is cut.
    fn of_cut(container: Cut<'a>) -> Self {
        Self {
            reader: Reader::new(container.rest.get(1..).unwrap_or_default()),
            at: container.at.saturating_add(1),
            scanned: false,
        }
    }

    fn cut(mut self) -> Option<Cut<'a>> {
        self.reader
            .skip_while(|byte| is_space(byte) || byte == b',' || byte == b':');
        let rest = self.reader.rest();
        let at = self.at.saturating_add(self.reader.position());
        (!rest.is_empty()).then_some(Cut { rest, at })
    }
}

/// The elements of an array, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a>(Inside<'a>);

#[cfg(feature = "inspect")]
impl<'a> Elements<'a> {
    /// The elements of an array that is cut.
    pub(crate) fn of_cut(array: Cut<'a>) -> Self {
        Self(Inside::of_cut(array))
    }

    /// The element that is cut, where no whole one comes next.
    pub(crate) fn cut(self) -> Option<Cut<'a>> {
        self.0.cut()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.0.value()
    }
}

/// The members of an object, in their order, duplicates included.
#[cfg(any(feature = "attestation", feature = "json"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a>(Inside<'a>);

#[cfg(feature = "inspect")]
impl<'a> Members<'a> {
    /// The members of an object that is cut.
    pub(crate) fn of_cut(object: Cut<'a>) -> Self {
        Self(Inside::of_cut(object))
    }

    /// The member whose value is cut, where no whole one comes next.
    pub(crate) fn cut(mut self) -> Option<(JsonStr<'a>, Cut<'a>)> {
        let name = self.0.value()?.as_str()?;
        Some((name, self.0.cut()?))
    }
}

#[cfg(any(feature = "attestation", feature = "json"))]
impl<'a> Iterator for Members<'a> {
    type Item = (JsonStr<'a>, Value<'a>);

    fn next(&mut self) -> Option<(JsonStr<'a>, Value<'a>)> {
        let name = self.0.value()?.as_str()?;
        Some((name, self.0.value()?))
    }
}

/// A string as it was written between its quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JsonStr<'a> {
    raw: &'a str,
    at: usize,
    has_escapes: bool,
}

impl<'a> JsonStr<'a> {
    const fn new(raw: &'a str, at: usize, has_escapes: bool) -> Self {
        Self {
            raw,
            at,
            has_escapes,
        }
    }

    /// Where the text between the quotes lies in the document.
    #[cfg(feature = "json")]
    pub(crate) fn span(&self) -> Span {
        Span::new(self.at, self.at.saturating_add(self.raw.len()))
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// The text between the quotes, escapes and all.
    pub(crate) const fn raw(self) -> &'a str {
        self.raw
    }

    /// The text itself, where it was written without escapes.
    pub(crate) fn plain(self) -> Option<&'a str> {
        (!self.has_escapes).then_some(self.raw)
    }

    /// The characters of the string, escapes decoded.
    pub(crate) fn chars(self) -> Unescape<'a> {
        Unescape {
            rest: self.raw.chars(),
        }
    }
}

impl PartialEq<str> for JsonStr<'_> {
    // Inlined, a name that is known needs no call to be compared with.
    #[cfg_attr(feature = "json", inline(always))]
    fn eq(&self, other: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == other,
            None => self.chars().eq(other.chars()),
        }
    }
}

/// The characters of a string whose escapes have been proven right.
#[derive(Clone, Debug)]
pub(crate) struct Unescape<'a> {
    rest: core::str::Chars<'a>,
}

impl Iterator for Unescape<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let plain = self.rest.next()?;
        if plain != '\\' {
            return Some(plain);
        }
        Some(match self.rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit()?;
                if let Some(single) = char::from_u32(unit) {
                    single
                } else {
                    // The scan has seen the other half.
                    self.rest.next()?;
                    self.rest.next()?;
                    let low = self.unit()?;
                    char::from_u32(pair(unit, low))?
                }
            }
            // A quote, a solidus, a reverse solidus: themselves.
            escaped => escaped,
        })
    }
}

impl Unescape<'_> {
    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0_u32;
        for _ in 0..4 {
            unit = (unit << 4) | self.rest.next()?.to_digit(16)?;
        }
        Some(unit)
    }
}

const fn pair(high: u32, low: u32) -> u32 {
    0x1_0000 | ((high & 0x3ff) << 10) | (low & 0x3ff)
}

/// What is not UTF-8 is no JSON.
fn utf8(document: &[u8], what: What) -> Result<&str, Fault> {
    core::str::from_utf8(document)
        .map_err(|error| Fault::new(what, FaultKind::Utf8, error.valid_up_to()))
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn skip_space(reader: &mut Reader<'_>) {
    reader.skip_while(is_space);
}

/// What has been read of a document, as far as it is bounded.
#[derive(Clone, Copy, Debug, Default)]
struct Scanned {
    values: u32,
    /// Containers that are open around the value that comes next.
    depth: u32,
}

impl Scanned {
    fn begin_value(&mut self, reader: &Reader<'_>, what: What) -> Result<(), Fault> {
        self.values = self.values.saturating_add(1);
        if self.values > JSON_VALUES_MAX {
            return Err(reader.fault(what, FaultKind::Limit));
        }
        Ok(())
    }

    fn open(&mut self, reader: &Reader<'_>, what: What) -> Result<(), Fault> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(reader.fault(what, FaultKind::Limit));
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// Skips one value of any depth and proves it well-formed.
fn scan(reader: &mut Reader<'_>, scanned: &mut Scanned, what: What) -> Result<(), Fault> {
    // One bit a level, the innermost lowest: set for an object.
    let mut objects = 0_u64;
    let around = scanned.depth;
    let mut value_ended = false;
    loop {
        if !value_ended {
            scanned.begin_value(reader, what)?;
            value_ended = scan_scalar_or_open(reader, &mut objects, scanned, what)?;
            continue;
        }
        // A value has ended: so may the container around it.
        if scanned.depth == around {
            return Ok(());
        }
        skip_space(reader);
        let object = objects & 1 == 1;
        match reader.peek() {
            Some(b',') => {
                reader.byte(what)?;
                skip_space(reader);
                if object {
                    scan_name(reader, what)?;
                }
                value_ended = false;
            }
            Some(close @ (b'}' | b']')) if object == (close == b'}') => {
                reader.byte(what)?;
                objects >>= 1;
                scanned.close();
            }
            _ => return Err(unexpected(reader, what)),
        }
    }
}

/// Moves over a value that is complete in itself, or into a container up to where its first value
/// begins. Says whether a value has ended.
#[cfg_attr(not(feature = "json"), inline(never))]
fn scan_scalar_or_open(
    reader: &mut Reader<'_>,
    objects: &mut u64,
    scanned: &mut Scanned,
    what: What,
) -> Result<bool, Fault> {
    match reader.peek() {
        Some(b'"') => {
            scan_string(reader, what)?;
        }
        Some(b'-' | b'0'..=b'9') => scan_number(reader, what)?,
        Some(open @ (b'{' | b'[')) => {
            scanned.open(reader, what)?;
            reader.byte(what)?;
            skip_space(reader);
            let object = open == b'{';
            if !reader.skip_prefix(if object { b"}" } else { b"]" }) {
                *objects = (*objects << 1) | u64::from(object);
                if object {
                    scan_name(reader, what)?;
                }
                return Ok(false);
            }
            scanned.close();
        }
        Some(_) => {
            let words = [&b"true"[..], b"false", b"null"];
            if !words.iter().any(|word| reader.skip_prefix(word)) {
                return Err(reader.fault(what, FaultKind::Syntax));
            }
        }
        None => return Err(reader.fault(what, FaultKind::Truncated)),
    }
    Ok(true)
}

/// A member's name and the colon, up to where its value begins. Returns where the name's closing quote is, and
/// whether the name has escapes.
fn scan_name(reader: &mut Reader<'_>, what: What) -> Result<(usize, bool), Fault> {
    if reader.peek() != Some(b'"') {
        return Err(unexpected(reader, what));
    }
    let has_escapes = scan_string(reader, what)?;
    let end = reader.position().saturating_sub(1);
    skip_space(reader);
    if !reader.skip_prefix(b":") {
        return Err(unexpected(reader, what));
    }
    skip_space(reader);
    Ok((end, has_escapes))
}

/// The fault of what comes next where something else has to: another character, or the end.
fn unexpected(reader: &Reader<'_>, what: What) -> Fault {
    let kind = if reader.is_empty() {
        FaultKind::Truncated
    } else {
        FaultKind::Syntax
    };
    reader.fault(what, kind)
}

/// Skips the characters of a string that stand for themselves.
fn skip_plain(reader: &mut Reader<'_>) {
    // Only the JSON forms have strings that are long.
    #[cfg(feature = "json")]
    reader.skip_words_until(stops);
    reader.skip_while(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
}

/// Of each of eight characters the highest bit, where it does not stand for itself: right at least for the
/// first such one.
#[cfg(feature = "json")]
const fn stops(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGHEST: u64 = EACH << 7;
    let controls = word.wrapping_sub(EACH * 0x20) & !word;
    let quotes = word ^ (EACH * 0x22);
    let quotes = quotes.wrapping_sub(EACH) & !quotes;
    let backslashes = word ^ (EACH * 0x5c);
    let backslashes = backslashes.wrapping_sub(EACH) & !backslashes;
    (controls | quotes | backslashes) & HIGHEST
}

/// Says whether the string has escapes.
fn scan_string(reader: &mut Reader<'_>, what: What) -> Result<bool, Fault> {
    reader.byte(what)?;
    let mut has_escapes = false;
    loop {
        skip_plain(reader);
        let at = reader.position();
        match reader.byte(what)? {
            b'"' => return Ok(has_escapes),
            b'\\' => {
                scan_escape(reader, what)?;
                has_escapes = true;
            }
            _ => return Err(Fault::new(what, FaultKind::Syntax, at)),
        }
    }
}

/// Skips a value that was scanned before, as part of its container.
fn skip_scanned(reader: &mut Reader<'_>) {
    let mut depth = 0_u32;
    loop {
        match reader.peek() {
            None => return,
            Some(b'"') => skip_scanned_string(reader),
            Some(bracket @ (b'[' | b'{' | b']' | b'}')) => {
                reader.skip_prefix(&[bracket]);
                depth = match bracket {
                    b'[' | b'{' => depth.saturating_add(1),
                    _ => depth.saturating_sub(1),
                };
            }
            Some(_) if depth == 0 => {
                reader.skip_while(|byte| !is_space(byte) && !matches!(byte, b',' | b']' | b'}'));
            }
            Some(_) => {
                reader.skip_while(|byte| !matches!(byte, b'"' | b'[' | b'{' | b']' | b'}'));
            }
        }
        if depth == 0 {
            return;
        }
    }
}

fn skip_scanned_string(reader: &mut Reader<'_>) {
    reader.skip_prefix(b"\"");
    loop {
        skip_plain(reader);
        // What an escape begins with may be a quote.
        match reader.byte(What::Json) {
            Ok(b'\\') => reader.skip_prefix(reader.rest().get(..1).unwrap_or_default()),
            _ => return,
        };
    }
}

fn scan_escape(reader: &mut Reader<'_>, what: What) -> Result<(), Fault> {
    let at = reader.position();
    match reader.byte(what)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
        b'u' => match scan_unit(reader, what)? {
            0xd800..=0xdbff => {
                if reader.skip_prefix(b"\\u") && matches!(scan_unit(reader, what)?, 0xdc00..=0xdfff)
                {
                    Ok(())
                } else {
                    Err(Fault::new(what, FaultKind::Utf8, at))
                }
            }
            0xdc00..=0xdfff => Err(Fault::new(what, FaultKind::Utf8, at)),
            _ => Ok(()),
        },
        _ => Err(Fault::new(what, FaultKind::Syntax, at)),
    }
}

fn scan_unit(reader: &mut Reader<'_>, what: What) -> Result<u32, Fault> {
    let mut unit = 0_u32;
    for _ in 0..4 {
        let at = reader.position();
        let digit = char::from(reader.byte(what)?)
            .to_digit(16)
            .ok_or(Fault::new(what, FaultKind::Syntax, at))?;
        unit = (unit << 4) | digit;
    }
    Ok(unit)
}

fn scan_number(reader: &mut Reader<'_>, what: What) -> Result<(), Fault> {
    reader.skip_prefix(b"-");
    if !reader.skip_prefix(b"0") {
        scan_digits(reader, what)?;
    }
    if reader.skip_prefix(b".") {
        scan_digits(reader, what)?;
    }
    if reader.skip_prefix(b"e") || reader.skip_prefix(b"E") {
        if !reader.skip_prefix(b"+") {
            reader.skip_prefix(b"-");
        }
        scan_digits(reader, what)?;
    }
    Ok(())
}

fn scan_digits(reader: &mut Reader<'_>, what: What) -> Result<(), Fault> {
    if !reader.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        return Err(reader.fault(what, FaultKind::Syntax));
    }
    reader.skip_while(|byte| byte.is_ascii_digit());
    Ok(())
}

/// Replaces a string's escapes by their characters, in place, and returns the span of the text,
/// which begins where the string began. The span is one of a string that a scan has proven right.
#[cfg(feature = "json")]
pub(crate) fn unescape(buffer: &mut [u8], span: Span) -> Span {
    let range = span.range();
    let start = range.start;
    let Some(string) = buffer.get_mut(range) else {
        return Span::new(start, start);
    };
    let (mut read, mut written) = (0_usize, 0_usize);
    while let Some(&byte) = string.get(read) {
        let mut utf8 = [0_u8; 4];
        let (text, length): (&[u8], usize) = if byte == b'\\' {
            let (character, length) = escape_at(string, read);
            (character.encode_utf8(&mut utf8).as_bytes(), length)
        } else {
            (&[byte], 1)
        };
        // An escape is longer than its character, so this only overwrites what has been read.
        for (to, from) in string.iter_mut().skip(written).zip(text) {
            *to = *from;
        }
        written = written.saturating_add(text.len());
        read = read.saturating_add(length);
    }
    Span::new(start, start.saturating_add(written))
}

/// The character of the escape at `at`, and the escape's length.
#[cfg(feature = "json")]
fn escape_at(string: &[u8], at: usize) -> (char, usize) {
    // The longest escape is a surrogate pair.
    let end = at.saturating_add(12).min(string.len());
    let escape = string.get(at..end).unwrap_or_default();
    // What follows a short escape may be cut within a character.
    let escape = match core::str::from_utf8(escape) {
        Ok(escape) => escape,
        Err(error) => {
            let valid = escape.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(valid).unwrap_or_default()
        }
    };
    let mut characters = Unescape {
        rest: escape.chars(),
    };
    let character = characters.next().unwrap_or(char::REPLACEMENT_CHARACTER);
    let left = characters.rest.as_str().len();
    (character, escape.len().saturating_sub(left).max(1))
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::{Content, Value};
    use crate::encoding::{FaultKind, What};
    use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

    fn fault(document: &[u8]) -> Option<FaultKind> {
        Value::parse(document, What::Json)
            .err()
            .map(|fault| fault.kind())
    }

    #[test]
    fn documents_of_every_kind_are_read() {
        for document in [
            "null",
            " true ",
            "false",
            "0",
            "-0.5e+10",
            "1E3",
            "\"\"",
            "[]",
            "{}",
            "[1,[2,{}],\"x\"]",
            "{\"a\":{\"b\":[]},\"c\":null}",
            "\r\n\t{ \"a\" : [ 1 , 2 ] }\r\n",
            r#""\ud83d\ude00\/\"""#,
        ] {
            assert_eq!(fault(document.as_bytes()), None, "{document}");
        }
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for (document, kind) in [
            (&b""[..], FaultKind::Truncated),
            (b"{\"a\":1", FaultKind::Truncated),
            (b"\"a", FaultKind::Truncated),
            (b"[1,", FaultKind::Truncated),
            (b"{} {}", FaultKind::Trailing),
            (b"nul", FaultKind::Syntax),
            (b"01", FaultKind::Trailing),
            (b"1.", FaultKind::Syntax),
            (b"-", FaultKind::Syntax),
            (b"+1", FaultKind::Syntax),
            (b"[1,]", FaultKind::Syntax),
            (b"[1 2]", FaultKind::Syntax),
            (b"[1}", FaultKind::Syntax),
            (b"{\"a\":1]", FaultKind::Syntax),
            (b"{a:1}", FaultKind::Syntax),
            (b"{\"a\" 1}", FaultKind::Syntax),
            (b"{\"a\":1,}", FaultKind::Syntax),
            (b"'a'", FaultKind::Syntax),
            (b"\"\n\"", FaultKind::Syntax),
            (b"\"\\x\"", FaultKind::Syntax),
            (b"\"\\u12g4\"", FaultKind::Syntax),
            (b"\"\xff\"", FaultKind::Utf8),
            // Half of a surrogate pair, either half.
            (b"\"\\ud83d\"", FaultKind::Utf8),
            (b"\"\\ud83d\\u0041\"", FaultKind::Utf8),
            (b"\"\\ude00\"", FaultKind::Utf8),
            (b"// comment\n1", FaultKind::Syntax),
        ] {
            assert_eq!(
                fault(document),
                Some(kind),
                "{}",
                String::from_utf8_lossy(document)
            );
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let depth = usize::try_from(JSON_DEPTH_MAX).unwrap();
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert_eq!(fault(nested(depth).as_bytes()), None);
        assert_eq!(fault(nested(depth + 1).as_bytes()), Some(FaultKind::Limit));
        assert_eq!(
            fault("[".repeat(1 << 17).as_bytes()),
            Some(FaultKind::Limit)
        );
    }

    #[test]
    fn values_are_bounded() {
        let values = usize::try_from(JSON_VALUES_MAX).unwrap();
        // The array is one as well.
        let array = |values: usize| ["[0", &",0".repeat(values - 2), "]"].concat();
        assert_eq!(fault(array(values).as_bytes()), None);
        assert_eq!(fault(array(values + 1).as_bytes()), Some(FaultKind::Limit));
    }

    #[test]
    fn members_come_in_order_with_their_places() {
        let document = br#" {"a" : [1, {"x": 2}] , "\u0062":"c\n", "a":null} "#;
        let value = Value::parse(document, What::Json).unwrap();
        let members: Vec<_> = value.as_object().unwrap().collect();
        assert_eq!(members.len(), 3);
        assert!(members[0].0 == *"a" && members[1].0 == *"b" && members[2].0 == *"a");
        let Content::Array(elements) = members[0].1.content() else {
            panic!("no array");
        };
        assert_eq!(elements.count(), 2);
        let text = members[1].1.as_str().unwrap();
        assert!(text == *"c\n" && text.plain().is_none());
        assert_eq!(document.get(text.at()..text.at() + 3), Some(&br"c\n"[..]));
        assert!(matches!(members[2].1.content(), Content::Null));
    }

    #[cfg(feature = "json")]
    #[test]
    fn escapes_are_replaced_in_place() {
        for (string, text) in [
            ("plain", "plain"),
            (r"https:\/\/a\/", "https://a/"),
            (r"\u00e9\u20ac\ud83d\ude00", "é€😀"),
            ("\\\\\\\"\\n€\\t€€€€€", "\\\"\n€\t€€€€€"),
            ("", ""),
        ] {
            let mut document = ["\"", string, "\""].concat().into_bytes();
            let span = Value::parse(&document, What::Json)
                .unwrap()
                .as_str()
                .unwrap()
                .span();
            let span = super::unescape(&mut document, span);
            assert_eq!(span.of(&document), Some(text.as_bytes()), "{string}");
        }
    }

    /// Reads every object member by member, whatever it is in.
    #[cfg(feature = "json")]
    fn read_members(cursor: &mut super::Cursor<'_>) -> Result<(), crate::encoding::Fault> {
        if cursor.begins_object() {
            cursor.members(|cursor, _| read_members(cursor))
        } else {
            cursor.value().map(|_| ())
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_document_read_member_by_member_has_the_fault_that_the_scan_finds() {
        let depth = usize::try_from(JSON_DEPTH_MAX).unwrap();
        let values = usize::try_from(JSON_VALUES_MAX).unwrap();
        let nested = |depth: usize| [&"{\"a\":".repeat(depth), "1", &"}".repeat(depth)].concat();
        let members = |values: usize| {
            let members = std::vec!["\"a\":{}"; values - 1];
            ["{", &members.join(","), "}"].concat()
        };
        let whole = " {\"a\" : {\"b\":[{}, 1], \"\\u0063\":{ } },\"a\":\"x\\n\"}\n".as_bytes();
        let mut documents: Vec<Vec<u8>> = (0..=whole.len())
            .map(|end| whole.get(..end).unwrap().to_vec())
            .collect();
        for at in 0..whole.len() {
            for wrong in *b"{}[]\",:\\\x01\xff 0n" {
                let mut changed = whole.to_vec();
                *changed.get_mut(at).unwrap() = wrong;
                documents.push(changed);
            }
        }
        documents.extend([depth, depth + 1].map(|depth| nested(depth).into_bytes()));
        documents.extend([values, values + 1].map(|values| members(values).into_bytes()));
        for document in documents {
            let scanned = Value::parse(&document, What::Json).err();
            let read = super::Cursor::read_document(&document, What::Json, read_members).err();
            assert_eq!(read, scanned, "{}", String::from_utf8_lossy(&document));
        }
    }
}
