//! CBOR (RFC 8949) as WebAuthn uses it, borrowed and bounded.
//!
//! A structure is walked once by [`Item::parse`], which proves it well-formed: nesting and item count
//! within [`limits`](crate::limits), no key twice in a map, text in UTF-8, nothing after the end.
//! Indefinite lengths of arrays and maps, any order of keys and overlong heads are accepted and reported as
//! not canonical, because some authenticators send them.
//! Tags and strings of indefinite length are refused: nothing in WebAuthn has them.
//!
//! Heads are read here, because the walk needs to know whether a head was the shortest one, and the same
//! fault on 32 and on 64 bits. With minicbor's `Decoder` for the heads the proof that nothing panics holds
//! as well, but on a Cortex-M4 an assertion takes 1,576 bytes of flash (7.6 %) and 870 instructions (12.6 %)
//! more, with its errors mapped only in part. Credential records, which this crate writes itself, are written
//! and read by minicbor.

use core::cmp::Ordering;

use super::reader::Reader;
use super::{Fault, FaultKind, What};
use crate::limits::{CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, CBOR_UNSORTED_MAX};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Simple,
}

/// The first bytes of a data item: its type and its argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) major: Major,
    /// `None`: indefinite length, or for [`Major::Simple`] the break.
    pub(crate) argument: Option<u64>,
    /// Whether a shorter head would have meant the same.
    pub(crate) overlong: bool,
    /// Bytes of argument that followed the first byte.
    width: u8,
}

impl Head {
    // As a call it costs more than the bytes that it reads.
    #[cfg_attr(feature = "json", inline)]
    pub(crate) fn read(reader: &mut Reader<'_>, what: What) -> Result<Self, Fault> {
        let at = reader.position();
        let first = reader.byte(what)?;
        let major = match first >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => return Err(Fault::new(what, FaultKind::Unexpected, at)),
            _ => Major::Simple,
        };
        let (argument, width) = match first & 0x1f {
            short @ 0..=23 => (Some(u64::from(short)), 0),
            long @ 24..=27 => {
                let width = 1 << (long & 3);
                let bytes = reader.take(usize::from(width), what)?;
                let argument = bytes
                    .iter()
                    .fold(0, |argument, byte| (argument << 8) | u64::from(*byte));
                (Some(argument), width)
            }
            31 if matches!(major, Major::Array | Major::Map | Major::Simple) => (None, 0),
            _ => return Err(Fault::new(what, FaultKind::Syntax, at)),
        };
        Ok(Self {
            major,
            argument,
            // Simple values carry floats in their argument, which have no shorter form here.
            overlong: major != Major::Simple && argument.is_some_and(|value| value < least(width)),
            width,
        })
    }

    /// The argument as the number of bytes or items that follow. What no slice can hold is the same
    /// fault as bytes that are not there, on every target.
    fn length(&self, reader: &Reader<'_>, what: What) -> Result<usize, Fault> {
        self.argument
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| reader.fault(what, FaultKind::Truncated))
    }
}

/// The least argument that needs so many bytes behind the first.
const fn least(width: u8) -> u64 {
    match width {
        0 => 0,
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    }
}

/// An integer within 64 bits of two's complement, as all of COSE's labels and algorithms are.
pub(crate) fn integer(head: &Head) -> Option<i64> {
    let argument = i64::try_from(head.argument?).ok()?;
    match head.major {
        Major::Unsigned => Some(argument),
        Major::Negative => (-1_i64).checked_sub(argument),
        _ => None,
    }
}

/// One data item that has been proven well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    bytes: &'a [u8],
}

/// What a walk over a structure has seen beside the structure itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Shortest heads, definite lengths and sorted keys throughout (CTAP2 canonical CBOR).
    pub(crate) canonical: bool,
}

/// The content of an item, one level deep.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Elements<'a>),
    Map(Members<'a>),
    Bool(bool),
    /// Null, undefined, floats, and integers beyond 64 bits: nothing that WebAuthn reads.
    Other,
}

impl<'a> Item<'a> {
    /// Reads one item that is the whole input.
    pub(crate) fn parse(input: &'a [u8], what: What) -> Result<(Self, Form), Fault> {
        let mut reader = Reader::new(input);
        let parsed = Self::read(&mut reader, what)?;
        reader.finish(what)?;
        Ok(parsed)
    }

    /// Reads one item from the front of the input.
    #[inline(never)]
    pub(crate) fn read(reader: &mut Reader<'a>, what: What) -> Result<(Self, Form), Fault> {
        let before = reader.rest();
        let start = reader.position();
        let form = walk(reader, what)?;
        let length = reader.position().saturating_sub(start);
        let bytes = before.get(..length).unwrap_or_default();
        Ok((Self { bytes }, form))
    }

    /// The item as it was encoded.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn content(self) -> Content<'a> {
        // The walk has proven that none of this can fail.
        let mut reader = Reader::new(self.bytes);
        Self::content_of(&mut reader).unwrap_or(Content::Other)
    }

    fn content_of(reader: &mut Reader<'a>) -> Result<Content<'a>, Fault> {
        let head = Head::read(reader, What::CborItem)?;
        Ok(match head.major {
            Major::Unsigned | Major::Negative => {
                integer(&head).map_or(Content::Other, Content::Integer)
            }
            Major::Bytes => {
                Content::Bytes(reader.take(head.length(reader, What::CborItem)?, What::CborItem)?)
            }
            Major::Text => {
                let bytes = reader.take(head.length(reader, What::CborItem)?, What::CborItem)?;
                core::str::from_utf8(bytes).map_or(Content::Other, Content::Text)
            }
            Major::Array => Content::Array(Elements(Sequence::after(&head, *reader))),
            Major::Map => Content::Map(Members(Sequence::after(&head, *reader))),
            Major::Simple => match (head.width, head.argument) {
                (0, Some(20)) => Content::Bool(false),
                (0, Some(21)) => Content::Bool(true),
                _ => Content::Other,
            },
        })
    }

    pub(crate) fn as_bytes(self) -> Option<&'a [u8]> {
        match self.content() {
            Content::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn as_text(self) -> Option<&'a str> {
        match self.content() {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_integer(self) -> Option<i64> {
        match self.content() {
            Content::Integer(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn as_map(self) -> Option<Members<'a>> {
        match self.content() {
            Content::Map(members) => Some(members),
            _ => None,
        }
    }
}

/// How many elements or members of a container are still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left(u16);

impl Left {
    /// All up to the break.
    const UNTIL_BREAK: Self = Self(u16::MAX);

    /// As the head says. No structure has as many as fit.
    fn of(head: &Head) -> Self {
        head.argument.map_or(Self::UNTIL_BREAK, |argument| {
            Self(u16::try_from(argument).map_or(u16::MAX - 1, |left| left.min(u16::MAX - 1)))
        })
    }

    /// The same in items, where each is a member of a map.
    const fn in_pairs(self) -> Self {
        match self {
            Self::UNTIL_BREAK => self,
            Self(members) => Self(members.saturating_mul(2)),
        }
    }

    /// Whether another one begins here. A break is skipped.
    #[cfg_attr(not(feature = "json"), inline(never))]
    fn advance(&mut self, reader: &mut Reader<'_>) -> bool {
        match self.0 {
            u16::MAX => !reader.skip_prefix(&[BREAK]),
            left => {
                self.0 = left.saturating_sub(1);
                left > 0
            }
        }
    }
}

/// What follows the head of an array or a map, item by item.
#[derive(Clone, Copy, Debug)]
struct Sequence<'a> {
    reader: Reader<'a>,
    left: Left,
}

impl<'a> Sequence<'a> {
    fn after(head: &Head, reader: Reader<'a>) -> Self {
        Self {
            reader,
            left: Left::of(head),
        }
    }

    /// Whether another element or member begins here.
    fn advance(&mut self) -> bool {
        !self.reader.is_empty() && self.left.advance(&mut self.reader)
    }

    fn item(&mut self) -> Option<Item<'a>> {
        let before = self.reader.rest();
        let start = self.reader.position();
        skip(&mut self.reader).ok()?;
        let length = self.reader.position().saturating_sub(start);
        Some(Item {
            bytes: before.get(..length)?,
        })
    }
}

/// The elements of an array, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a>(Sequence<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if !self.0.advance() {
            return None;
        }
        self.0.item()
    }
}

/// The members of a map, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a>(Sequence<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Item<'a>, Item<'a>);

    fn next(&mut self) -> Option<(Item<'a>, Item<'a>)> {
        if !self.0.advance() {
            return None;
        }
        Some((self.0.item()?, self.0.item()?))
    }
}

const BREAK: u8 = 0xff;

/// A map key in a form that compares by value, whatever head it was written with. The order is
/// CTAP2's canonical one: by type, then the shorter or smaller first, then bytewise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    major: Major,
    argument: u64,
    text: &'a [u8],
}

impl<'a> Key<'a> {
    fn read(reader: &mut Reader<'a>, what: What) -> Result<(Self, Head), Fault> {
        let at = reader.position();
        let head = Head::read(reader, what)?;
        let (Some(argument), Major::Unsigned | Major::Negative | Major::Bytes | Major::Text) =
            (head.argument, head.major)
        else {
            return Err(Fault::new(what, FaultKind::Type, at));
        };
        let text = match head.major {
            Major::Bytes | Major::Text => string(reader, &head, what)?,
            _ => &[],
        };
        Ok((
            Self {
                major: head.major,
                argument,
                text,
            },
            head,
        ))
    }
}

/// The bytes after the head of a byte or text string.
pub(crate) fn string<'a>(
    reader: &mut Reader<'a>,
    head: &Head,
    what: What,
) -> Result<&'a [u8], Fault> {
    let at = reader.position();
    let bytes = reader.take(head.length(reader, what)?, what)?;
    if head.major == Major::Text && core::str::from_utf8(bytes).is_err() {
        return Err(Fault::new(what, FaultKind::Utf8, at));
    }
    Ok(bytes)
}

/// An array or a map that the walk is inside of.
struct Open<'a> {
    left: Left,
    map: Option<OpenMap<'a>>,
}

/// Where the members of a map begin, how many keys have come, and the last of them.
struct OpenMap<'a> {
    first: &'a [u8],
    last: &'a [u8],
    keys: u16,
    sorted: bool,
}

/// The containers that are open around an item, the innermost last.
type Nesting<T> = heapless::Vec<T, CBOR_DEPTH_MAX, u8>;

/// Walks one item of any depth, without recursion, and proves it well-formed.
fn walk<'a>(reader: &mut Reader<'a>, what: What) -> Result<Form, Fault> {
    let mut open = Nesting::<Open<'a>>::new();
    let mut items = 0_u32;
    let mut form = Form { canonical: true };
    loop {
        // Close what is complete; begin the next element or member of what is not.
        while let Some(container) = open.last_mut() {
            if container.left.advance(reader) {
                if let Some(map) = &mut container.map {
                    items = count(items, reader, what)?;
                    read_key(map, reader, &mut form, what)?;
                }
                break;
            }
            open.pop();
            if open.is_empty() {
                return Ok(form);
            }
        }

        items = count(items, reader, what)?;
        let at = reader.position();
        let head = Head::read(reader, what)?;
        form.canonical &= !head.overlong;
        match head.major {
            Major::Unsigned | Major::Negative => {}
            Major::Bytes | Major::Text => {
                string(reader, &head, what)?;
            }
            Major::Simple => check_simple(&head, at, what)?,
            Major::Array | Major::Map => {
                form.canonical &= head.argument.is_some();
                let map = (head.major == Major::Map).then_some(OpenMap {
                    first: reader.rest(),
                    last: &[],
                    keys: 0,
                    sorted: true,
                });
                let left = Left::of(&head);
                open.push(Open { left, map })
                    .map_err(|_| Fault::new(what, FaultKind::Limit, at))?;
            }
        }
        if open.is_empty() {
            return Ok(form);
        }
    }
}

fn count(items: u32, reader: &Reader<'_>, what: What) -> Result<u32, Fault> {
    if items >= CBOR_ITEMS_MAX {
        return Err(reader.fault(what, FaultKind::Limit));
    }
    Ok(items.saturating_add(1))
}

/// Reads the next key of a map and refuses one that has come before.
fn read_key<'a>(
    map: &mut OpenMap<'a>,
    reader: &mut Reader<'a>,
    form: &mut Form,
    what: What,
) -> Result<(), Fault> {
    let (at, rest) = (reader.position(), reader.rest());
    let (key, head) = Key::read(reader, what)?;
    form.canonical &= !head.overlong;
    // No key has come before the first one.
    let order = Key::read(&mut Reader::new(map.last), what)
        .map_or(Ordering::Less, |(last, _)| last.cmp(&key));
    match order {
        Ordering::Equal => return Err(Fault::new(what, FaultKind::Duplicate, at)),
        Ordering::Greater => map.sorted = false,
        Ordering::Less => {}
    }
    if !map.sorted {
        form.canonical = false;
        if u32::from(map.keys) >= CBOR_UNSORTED_MAX {
            return Err(Fault::new(what, FaultKind::Limit, at));
        }
        let mut earlier = Reader::new(map.first);
        for _ in 0..map.keys {
            if Key::read(&mut earlier, what)?.0 == key {
                return Err(Fault::new(what, FaultKind::Duplicate, at));
            }
            skip(&mut earlier)?;
        }
    }
    map.keys = map.keys.saturating_add(1);
    map.last = rest;
    Ok(())
}

fn check_simple(head: &Head, at: usize, what: What) -> Result<(), Fault> {
    match (head.width, head.argument) {
        // false, true, null, undefined
        (0, Some(20..=23)) => Ok(()),
        // half, single, double
        (2 | 4 | 8, Some(_)) => Ok(()),
        // A break where no container is open, or undefined simple values.
        _ => Err(Fault::new(what, FaultKind::Syntax, at)),
    }
}

/// Skips one item that a walk has proven well-formed.
fn skip(reader: &mut Reader<'_>) -> Result<(), Fault> {
    const WHAT: What = What::CborItem;
    let mut open = Nesting::<Left>::new();
    loop {
        let head = Head::read(reader, WHAT)?;
        let left = Left::of(&head);
        let opened = match head.major {
            Major::Bytes | Major::Text => {
                reader.take(head.length(reader, WHAT)?, WHAT)?;
                Ok(())
            }
            Major::Array => open.push(left),
            Major::Map => open.push(left.in_pairs()),
            Major::Unsigned | Major::Negative | Major::Simple => Ok(()),
        };
        opened.map_err(|_| reader.fault(WHAT, FaultKind::Limit))?;
        while let Some(left) = open.last_mut()
            && !left.advance(reader)
        {
            open.pop();
        }
        if open.is_empty() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::{Content, Form, Item};
    use crate::encoding::{FaultKind, What};
    use crate::limits::{CBOR_DEPTH_MAX, CBOR_ITEMS_MAX};

    fn parse(bytes: &[u8]) -> Result<Form, FaultKind> {
        Item::parse(bytes, What::CborItem)
            .map(|(_, form)| form)
            .map_err(|fault| fault.kind())
    }

    const CANONICAL: Result<Form, FaultKind> = Ok(Form { canonical: true });
    const LOOSE: Result<Form, FaultKind> = Ok(Form { canonical: false });

    #[test]
    fn every_kind_of_item_is_read() {
        for bytes in [
            &[0x00][..],
            &[0x17],
            &[0x18, 24],
            &[0x39, 0x01, 0x00],
            &[0x43, 1, 2, 3],
            &[0x62, b'o', b'k'],
            &[0x82, 0x01, 0x80],
            &[0xa2, 0x01, 0x02, 0x20, 0xa0],
            &[0xf4],
            &[0xf6],
            &[0xf9, 0x3c, 0x00],
            &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(parse(bytes), CANONICAL, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_is_inside_an_element_is_no_element() {
        // A map, an array and a map of indefinite length, each with containers in it, before a number.
        let bytes = [
            0x84, 0xa2, 0x01, 0x82, 0x02, 0x03, 0x04, 0xa1, 0x05, 0x06, 0x9f, 0xbf, 0xff, 0x80,
            0xff, 0xbf, 0x61, b'a', 0xa1, 0x07, 0x9f, 0x08, 0xff, 0xff, 0x18, 99,
        ];
        let (item, _) = Item::parse(&bytes, What::CborItem).unwrap();
        let Content::Array(elements) = item.content() else {
            panic!("an array");
        };
        let lengths: Vec<usize> = elements.map(|element| element.bytes().len()).collect();
        assert_eq!(lengths, [9, 5, 9, 2]);
    }

    #[test]
    fn other_forms_of_the_same_are_read_and_reported() {
        for bytes in [
            // Overlong heads, for a number, a length and a key.
            &[0x18, 23][..],
            &[0x58, 1, 0],
            &[0xa1, 0x18, 1, 0],
            // Indefinite lengths, nested too.
            &[0x9f, 0x01, 0x9f, 0xff, 0xff],
            &[0xbf, 0x01, 0x02, 0x03, 0x04, 0xff],
            // Keys out of order.
            &[0xa2, 0x20, 0x00, 0x01, 0x00],
            &[0xa2, 0x62, b'a', b'a', 0x00, 0x61, b'b', 0x00],
        ] {
            assert_eq!(parse(bytes), LOOSE, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for (bytes, kind) in [
            (&[][..], FaultKind::Truncated),
            (&[0x18], FaultKind::Truncated),
            (&[0x42, 0x00], FaultKind::Truncated),
            (&[0x82, 0x00], FaultKind::Truncated),
            (&[0xa1, 0x00], FaultKind::Truncated),
            (&[0x9f, 0x00], FaultKind::Truncated),
            // A length that no slice has, on 32 and on 64 bits.
            (
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                FaultKind::Truncated,
            ),
            (&[0x5a, 0xff, 0xff, 0xff, 0xff], FaultKind::Truncated),
            (
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                FaultKind::Truncated,
            ),
            (&[0x00, 0x00], FaultKind::Trailing),
            // Reserved heads, a lone break, a break for a value, undefined simple values.
            (&[0x1c], FaultKind::Syntax),
            (&[0xff], FaultKind::Syntax),
            (&[0x81, 0xff], FaultKind::Syntax),
            (&[0xbf, 0x01, 0xff], FaultKind::Syntax),
            (&[0xe0], FaultKind::Syntax),
            (&[0xf8, 0x20], FaultKind::Syntax),
            // Strings of indefinite length, tags.
            (&[0x5f, 0xff], FaultKind::Syntax),
            (&[0x7f, 0xff], FaultKind::Syntax),
            (&[0xc0, 0x00], FaultKind::Unexpected),
            (&[0x61, 0xff], FaultKind::Utf8),
            // A container as a key.
            (&[0xa1, 0x80, 0x00], FaultKind::Type),
        ] {
            assert_eq!(parse(bytes), Err(kind), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_key_stands_once_however_it_is_written() {
        for bytes in [
            &[0xa2, 0x01, 0x00, 0x01, 0x00][..],
            &[0xa2, 0x01, 0x00, 0x18, 0x01, 0x00],
            &[0xa3, 0x61, b'b', 0x00, 0x61, b'a', 0x00, 0x61, b'b', 0x00],
            &[0xa3, 0x03, 0x00, 0x01, 0x81, 0xa0, 0x03, 0x00],
            &[0xbf, 0x02, 0x00, 0x01, 0x9f, 0xff, 0x02, 0x00, 0xff],
            // In a map within a map.
            &[0xa1, 0x01, 0xa2, 0x01, 0x00, 0x01, 0x00],
        ] {
            assert_eq!(parse(bytes), Err(FaultKind::Duplicate), "{bytes:02x?}");
        }
    }

    #[test]
    fn nesting_and_item_count_are_bounded() {
        let mut deep = vec![0x81; CBOR_DEPTH_MAX];
        deep.push(0x00);
        assert_eq!(parse(&deep), CANONICAL);
        deep.insert(0, 0x81);
        assert_eq!(parse(&deep), Err(FaultKind::Limit));

        let items = u16::try_from(CBOR_ITEMS_MAX).unwrap();
        let many = |count: u16| {
            let mut bytes = vec![0x99];
            bytes.extend(count.to_be_bytes());
            bytes.resize(3 + usize::from(count), 0x00);
            bytes
        };
        assert_eq!(parse(&many(items - 1)), CANONICAL);
        assert_eq!(parse(&many(items)), Err(FaultKind::Limit));
    }

    #[test]
    fn a_maps_members_come_in_the_order_in_which_they_stand() {
        let bytes = [0xbf, 0x20, 0x82, 0x01, 0x02, 0x61, b'k', 0xf5, 0xff];
        let (item, _) = Item::parse(&bytes, What::CborItem).unwrap();
        let mut members = item.as_map().unwrap();
        let (key, value) = members.next().unwrap();
        assert_eq!(key.as_integer(), Some(-1));
        assert_eq!(value.bytes(), [0x82, 0x01, 0x02]);
        let (key, value) = members.next().unwrap();
        assert_eq!(key.as_text(), Some("k"));
        assert!(matches!(value.content(), Content::Bool(true)));
        assert!(members.next().is_none());
    }

    /// Whatever the walk accepts, another decoder reads to the same end.
    #[test]
    fn another_decoder_agrees_about_what_is_accepted() {
        let mut state = 1_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 24).unwrap()
        };
        let mut accepted = 0;
        for _ in 0..200_000 {
            let length = usize::from(random() % 12) + 1;
            let bytes: Vec<u8> = (0..length).map(|_| random()).collect();
            if parse(&bytes).is_err() {
                continue;
            }
            accepted += 1;
            let mut tokens = minicbor::decode::Tokenizer::new(&bytes);
            assert!(tokens.all(|token| token.is_ok()), "{bytes:02x?}");
        }
        assert!(accepted > 1000, "{accepted}");
    }
}
