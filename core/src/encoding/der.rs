//! DER (ITU-T X.690) as certificates use it: one element at a time, borrowed, never recursive.
//!
//! Lengths are definite and as short as can be; tags of any number are read, because Android's key
//! description has numbers of three digits.

use super::reader::Reader;
use super::{Fault, FaultKind, What};

/// An identifier: class, whether the content is made of elements, and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    first: u8,
    number: u32,
}

impl Tag {
    pub(crate) const BOOLEAN: Self = Self::universal(1);
    pub(crate) const INTEGER: Self = Self::universal(2);
    pub(crate) const BIT_STRING: Self = Self::universal(3);
    pub(crate) const OCTET_STRING: Self = Self::universal(4);
    pub(crate) const OID: Self = Self::universal(6);
    pub(crate) const ENUMERATED: Self = Self::universal(10);
    pub(crate) const UTF8_STRING: Self = Self::universal(12);
    pub(crate) const PRINTABLE_STRING: Self = Self::universal(19);
    pub(crate) const UTC_TIME: Self = Self::universal(23);
    pub(crate) const GENERALIZED_TIME: Self = Self::universal(24);
    #[cfg(feature = "inspect")]
    pub(crate) const NULL: Self = Self::universal(5);
    #[cfg(feature = "inspect")]
    pub(crate) const NUMERIC_STRING: Self = Self::universal(18);
    #[cfg(feature = "inspect")]
    pub(crate) const TELETEX_STRING: Self = Self::universal(20);
    #[cfg(feature = "inspect")]
    pub(crate) const IA5_STRING: Self = Self::universal(22);
    #[cfg(feature = "inspect")]
    pub(crate) const VISIBLE_STRING: Self = Self::universal(26);
    pub(crate) const SEQUENCE: Self = Self::constructed(16);
    pub(crate) const SET: Self = Self::constructed(17);

    const fn universal(number: u8) -> Self {
        Self::of(number, number)
    }

    const fn constructed(number: u8) -> Self {
        Self::of(0x20 | number, number)
    }

    const fn of(first: u8, number: u8) -> Self {
        Self {
            first,
            #[expect(clippy::as_conversions, reason = "u32::from is not const")]
            number: number as u32,
        }
    }

    /// `[number]` around another element.
    pub(crate) const fn context(number: u32) -> Self {
        Self {
            first: if number < 31 {
                0xa0 | low(number)
            } else {
                0xbf
            },
            number,
        }
    }

    /// `[number]` in place of another element's tag, over content that is not an element.
    pub(crate) const fn context_primitive(number: u32) -> Self {
        Self {
            first: if number < 31 {
                0x80 | low(number)
            } else {
                0x9f
            },
            number,
        }
    }

    /// The tag's name, to be read in a sentence.
    #[cfg(feature = "inspect")]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BOOLEAN => "a BOOLEAN",
            Self::INTEGER => "an INTEGER",
            Self::BIT_STRING => "a BIT STRING",
            Self::OCTET_STRING => "an OCTET STRING",
            Self::NULL => "NULL",
            Self::OID => "an OBJECT IDENTIFIER",
            Self::ENUMERATED => "an ENUMERATED",
            Self::SEQUENCE => "a SEQUENCE",
            Self::SET => "a SET",
            _ => "an element with a tag of its own",
        }
    }

    fn read(reader: &mut Reader<'_>, what: What) -> Result<Self, Fault> {
        let at = reader.position();
        let first = reader.byte(what)?;
        if first & 0x1f != 0x1f {
            return Ok(Self {
                first,
                number: u32::from(first & 0x1f),
            });
        }
        let mut number = 0_u32;
        // Two groups of seven bits hold every number that is in use.
        for _ in 0..2 {
            let group = reader.byte(what)?;
            number = (number << 7) | u32::from(group & 0x7f);
            if group & 0x80 == 0 {
                if number < 31 {
                    break;
                }
                return Ok(Self { first, number });
            }
            if number == 0 {
                break;
            }
        }
        Err(Fault::new(what, FaultKind::Syntax, at))
    }
}

#[expect(
    clippy::as_conversions,
    reason = "masked to five bits; try_from is not const"
)]
const fn low(number: u32) -> u8 {
    (number & 0x1f) as u8
}

/// What precedes an element's content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) tag: Tag,
    /// Bytes of content that have to follow.
    pub(crate) length: usize,
}

impl Head {
    pub(crate) fn read(reader: &mut Reader<'_>, what: What) -> Result<Self, Fault> {
        let tag = Tag::read(reader, what)?;
        let length = read_length(reader, what)?;
        Ok(Self { tag, length })
    }
}

/// One element: its tag and its content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    pub(crate) content: &'a [u8],
    /// Tag, length and content as they were written.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads one element that is the whole input, of this tag.
    pub(crate) fn parse(input: &'a [u8], tag: Tag, what: What) -> Result<Self, Fault> {
        let mut reader = Reader::new(input);
        let element = Self::expect(&mut reader, tag, what)?;
        reader.finish(what)?;
        Ok(element)
    }

    /// Reads the next element, whatever it is.
    pub(crate) fn read(reader: &mut Reader<'a>, what: What) -> Result<Self, Fault> {
        let before = reader.rest();
        let start = reader.position();
        let Head { tag, length } = Head::read(reader, what)?;
        let content = reader.take(length, what)?;
        let read = reader.position().saturating_sub(start);
        Ok(Self {
            tag,
            content,
            bytes: before.get(..read).unwrap_or_default(),
        })
    }

    /// Reads the next element, which has to be of this tag.
    pub(crate) fn expect(reader: &mut Reader<'a>, tag: Tag, what: What) -> Result<Self, Fault> {
        let at = reader.position();
        let element = Self::read(reader, what)?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(Fault::new(what, FaultKind::Type, at))
        }
    }

    /// Reads the next element if there is one and it is of this tag.
    pub(crate) fn optional(
        reader: &mut Reader<'a>,
        tag: Tag,
        what: What,
    ) -> Result<Option<Self>, Fault> {
        let mut ahead = *reader;
        if ahead.is_empty() {
            return Ok(None);
        }
        let element = Self::read(&mut ahead, what)?;
        if element.tag != tag {
            return Ok(None);
        }
        *reader = ahead;
        Ok(Some(element))
    }

    /// The elements within.
    pub(crate) const fn elements(self, what: What) -> Elements<'a> {
        Elements {
            reader: Reader::new(self.content),
            what,
        }
    }

    pub(crate) const fn reader(self) -> Reader<'a> {
        Reader::new(self.content)
    }

    pub(crate) fn boolean(self, what: What) -> Result<bool, Fault> {
        match (self.tag, self.content) {
            (Tag::BOOLEAN, [0]) => Ok(false),
            (Tag::BOOLEAN, [0xff]) => Ok(true),
            _ => Err(Fault::new(what, FaultKind::Value, 0)),
        }
    }

    /// The magnitude of an INTEGER that is not negative, without leading zeros.
    pub(crate) fn magnitude(self, what: What) -> Result<&'a [u8], Fault> {
        if self.tag != Tag::INTEGER {
            return Err(Fault::new(what, FaultKind::Type, 0));
        }
        match self.content {
            [0] => Ok(&[]),
            [0, rest @ ..] if rest.first().is_some_and(|byte| *byte >= 0x80) => Ok(rest),
            [1..=0x7f, ..] => Ok(self.content),
            _ => Err(Fault::new(what, FaultKind::Value, 0)),
        }
    }

    /// A small number: an INTEGER or ENUMERATED of one byte that is not negative.
    pub(crate) fn small(self, what: What) -> Result<u8, Fault> {
        match (self.tag, self.content) {
            (Tag::INTEGER | Tag::ENUMERATED, [value @ 0..=0x7f]) => Ok(*value),
            _ => Err(Fault::new(what, FaultKind::Value, 0)),
        }
    }

    /// The bytes of a BIT STRING of whole bytes.
    pub(crate) fn bit_string(self, what: What) -> Result<&'a [u8], Fault> {
        match (self.tag, self.content) {
            (Tag::BIT_STRING, [0, bytes @ ..]) => Ok(bytes),
            _ => Err(Fault::new(what, FaultKind::Value, 0)),
        }
    }
}

fn read_length(reader: &mut Reader<'_>, what: What) -> Result<usize, Fault> {
    let at = reader.position();
    let first = reader.byte(what)?;
    let (length, least) = match first {
        short @ 0..=0x7f => (u32::from(short), 0),
        0x81 => (u32::from(reader.byte(what)?), 0x80),
        0x82 => (u32::from(u16::from_be_bytes(reader.array(what)?)), 0x100),
        0x83 => {
            let [a, b, c] = reader.array(what)?;
            (u32::from_be_bytes([0, a, b, c]), 0x1_0000)
        }
        _ => return Err(Fault::new(what, FaultKind::Syntax, at)),
    };
    if length < least {
        return Err(Fault::new(what, FaultKind::Syntax, at));
    }
    usize::try_from(length).map_err(|_| reader.fault(what, FaultKind::Truncated))
}

/// The elements of a constructed one, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    reader: Reader<'a>,
    what: What,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let element = Element::read(&mut self.reader, self.what);
        if element.is_err() {
            // What follows a malformed element means nothing.
            self.reader = Reader::new(&[]);
        }
        Some(element)
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Tag};
    use crate::encoding::reader::Reader;
    use crate::encoding::{Fault, FaultKind, What};

    fn read(bytes: &[u8]) -> Result<Element<'_>, FaultKind> {
        let mut reader = Reader::new(bytes);
        Element::read(&mut reader, What::Certificate).map_err(|fault: Fault| fault.kind())
    }

    #[test]
    fn lengths_are_definite_and_the_shortest() {
        assert_eq!(
            read(&[4, 1, 7]).map(|element| element.content),
            Ok(&[7][..])
        );
        let mut long = [9; 0x83];
        long[..3].copy_from_slice(&[4, 0x81, 0x80]);
        assert_eq!(read(&long).map(|element| element.content.len()), Ok(0x80));
        for wrong in [
            &[4, 0x80, 0, 0][..],
            &[4, 0x81, 1, 7],
            &[4, 0x82, 0, 1, 7],
            &[4, 0x84, 0, 0, 0, 1, 7],
        ] {
            assert_eq!(read(wrong).err(), Some(FaultKind::Syntax), "{wrong:x?}");
        }
        for short in [&[4, 2, 7][..], &[4], &[], &[4, 0x83, 0xff, 0xff, 0xff]] {
            assert_eq!(read(short).err(), Some(FaultKind::Truncated), "{short:x?}");
        }
    }

    #[test]
    fn tags_have_numbers_beyond_thirty() {
        // [702], as Android's key description has it.
        let origin = read(&[0xbf, 0x85, 0x3e, 0]).map(|element| element.tag);
        assert_eq!(origin, Ok(Tag::context(702)));
        for wrong in [
            &[0xbf, 0x1e, 0][..],
            &[0xbf, 0x80, 0x7f, 0],
            &[0xbf, 0x81, 0x81, 1, 0],
        ] {
            assert_eq!(read(wrong).err(), Some(FaultKind::Syntax), "{wrong:x?}");
        }
    }

    #[test]
    fn numbers_are_not_negative_and_the_shortest() {
        let magnitude = |bytes: &'static [u8]| read(bytes).ok()?.magnitude(What::Json).ok();
        assert_eq!(magnitude(&[2, 1, 0]), Some(&[][..]));
        assert_eq!(magnitude(&[2, 2, 0, 0x80]), Some(&[0x80][..]));
        assert_eq!(magnitude(&[2, 1, 0x7f]), Some(&[0x7f][..]));
        for wrong in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 1], &[10, 1, 1]] {
            assert_eq!(magnitude(wrong), None, "{wrong:x?}");
        }
    }
}
