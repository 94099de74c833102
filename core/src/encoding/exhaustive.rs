//! The readers that move over offsets, on every short input there is, each against a second definition
//! of what it reads that is too slow or too simple to be the first.

use std::collections::BTreeSet;
use std::vec;
use std::vec::Vec;

use super::What;
use super::base64url;
use super::cbor::Item;
use super::der::Head;
use super::reader::Reader;
use crate::data::AuthenticatorData;

/// Every sequence of so many of these bytes.
fn sequences(symbols: &[u8], length: u32) -> impl Iterator<Item = Vec<u8>> + '_ {
    let count = symbols.len();
    (0..count.pow(length)).map(move |mut index| {
        let mut sequence = Vec::new();
        for _ in 0..length {
            sequence.extend(symbols.get(index % count));
            index /= count;
        }
        sequence
    })
}

fn all_bytes() -> Vec<u8> {
    (0..=u8::MAX).collect()
}

/// What is left of the input after one item: the pseudocode of RFC 8949, appendix C, less what is
/// not read here. It recurses, and remembers a map's keys.
fn after_item(input: &[u8]) -> Option<&[u8]> {
    let (first, mut rest) = input.split_first()?;
    let (major, short) = (first >> 5, first & 0x1f);
    let width = match short {
        0..=23 | 31 => 0,
        24..=27 => 1 << (short - 24),
        _ => return None,
    };
    let (argument, after) = rest.split_at_checked(width)?;
    rest = after;
    let argument = match argument {
        [] => u64::from(short),
        bytes => bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    let indefinite = short == 31;
    match major {
        0 | 1 if !indefinite => Some(rest),
        2 | 3 if !indefinite => {
            let (content, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            (major == 2 || core::str::from_utf8(content).is_ok()).then_some(rest)
        }
        4 => after_items(rest, (!indefinite).then_some(argument), false),
        5 => after_items(rest, (!indefinite).then_some(argument), true),
        // false, true, null, undefined and the floats; no other simple value has a meaning.
        7 if matches!(short, 20..=23 | 25..=27) => Some(rest),
        _ => None,
    }
}

/// The same after the items of an array or the pairs of a map.
fn after_items(mut rest: &[u8], count: Option<u64>, pairs: bool) -> Option<&[u8]> {
    let mut keys = BTreeSet::new();
    let mut seen = 0;
    while count != Some(seen) {
        if count.is_none() && rest.first() == Some(&0xff) {
            return rest.get(1..);
        }
        if pairs {
            let after = after_item(rest)?;
            let key = rest.get(..rest.len() - after.len())?;
            if !keys.insert(key_of(key)?) {
                return None;
            }
            rest = after;
        }
        rest = after_item(rest)?;
        seen += 1;
    }
    Some(rest)
}

/// A key in the one form that all its encodings have; only numbers and strings are keys.
fn key_of(key: &[u8]) -> Option<(u8, Vec<u8>)> {
    let (first, rest) = key.split_first()?;
    let width = match first & 0x1f {
        24..=27 => 1 << ((first & 0x1f) - 24),
        _ => 0,
    };
    match first >> 5 {
        major @ (0 | 1) => {
            let short = [first & 0x1f];
            let argument = if width == 0 { &short } else { rest };
            let zeros = argument.iter().take_while(|byte| **byte == 0).count();
            Some((major, argument.get(zeros..)?.to_vec()))
        }
        major @ (2 | 3) => Some((major, rest.get(width..)?.to_vec())),
        _ => None,
    }
}

#[test]
fn cbor_is_read_where_the_specifications_pseudocode_reads_it() {
    // Heads of every kind, what their arguments may be, and text that is and is not UTF-8.
    let symbols = [
        0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x20, 0x38, 0x40, 0x41, 0x42, 0x58, 0x5f,
        0x60, 0x61, 0x62, 0x78, 0x80, 0x81, 0x82, 0x98, 0x9f, 0xa0, 0xa1, 0xa2, 0xb8, 0xbf, 0xc0,
        0xe0, 0xf4, 0xf7, 0xf8, 0xf9, 0xff,
    ];
    let short = (0..=2).flat_map(|length| {
        let all = all_bytes();
        sequences(&all, length).collect::<Vec<_>>()
    });
    let longer = (3..=4).flat_map(|length| sequences(&symbols, length).collect::<Vec<_>>());
    // Maps of two pairs, whose keys may be the same.
    let maps = sequences(&symbols[..12], 4).flat_map(|items| {
        [vec![0xa2], vec![0xbf]].map(|head| [&head[..], &items, &[0xff]].concat())
    });
    for input in short.chain(longer).chain(maps) {
        let mut reader = Reader::new(&input);
        let found = Item::read(&mut reader, What::CborItem).map(|(item, _)| {
            assert_eq!(item.bytes().len(), reader.position(), "{input:02x?}");
            reader.rest()
        });
        assert_eq!(found.ok(), after_item(&input), "{input:02x?}");
    }
}

#[test]
fn authenticator_data_are_their_parts_and_nothing_beside() {
    let key = [0xa1, 0x01, 0x02];
    for flags in [0, 0x40, 0x80, 0xc0, 0xff] {
        for id_length in (0..=40_u16).chain([255, 256, 257, 1023, 1024, 0xffff]) {
            let mut bytes = vec![7; 32];
            bytes.push(flags);
            bytes.extend([0, 0, 1, 2]);
            if flags & 0x40 != 0 {
                bytes.extend([9; 16]);
                bytes.extend(id_length.to_be_bytes());
                bytes.resize(bytes.len() + usize::from(id_length), 5);
                bytes.extend(key);
            }
            if flags & 0x80 != 0 {
                bytes.push(0xa0);
            }
            let data = AuthenticatorData::parse(&bytes).expect("whole");
            let mut parts = [&data.rp_id_hash()[..], &[data.flags().bits()]].concat();
            parts.extend(data.sign_count().to_be_bytes());
            if let Some(attested) = data.attested_credential_data() {
                parts.extend(attested.aaguid().bytes());
                let length = u16::try_from(attested.credential_id().len()).expect("as written");
                parts.extend(length.to_be_bytes());
                parts.extend(attested.credential_id());
                parts.extend(attested.credential_public_key());
            }
            parts.extend(data.extensions().unwrap_or_default());
            assert_eq!(parts, bytes);

            // One byte less at any place is not the whole, and one more is too much.
            for end in (0..bytes.len()).rev().take(80) {
                let cut = AuthenticatorData::parse(&bytes[..end]);
                assert!(cut.is_err(), "{flags:x} {id_length} {end}");
            }
            bytes.push(0);
            assert!(AuthenticatorData::parse(&bytes).is_err());
        }
    }
}

#[test]
fn a_der_length_has_one_encoding() {
    let shortest = |length: u32| match length.to_be_bytes() {
        [0, 0, 0, short @ 0..=0x7f] => vec![short],
        [0, 0, 0, a] => vec![0x81, a],
        [0, 0, a, b] => vec![0x82, a, b],
        [0, a, b, c] => vec![0x83, a, b, c],
        bytes => [&[0x84], &bytes[..]].concat(),
    };
    let read = |encoding: &[u8]| {
        let input = [&[0x30], encoding].concat();
        let mut reader = Reader::new(&input);
        let head = Head::read(&mut reader, What::Certificate).ok()?;
        Some((head.length, reader.position() - 1))
    };
    // What is read is what would be written.
    let tails = [0x00, 0x01, 0x7f, 0x80, 0xff];
    for first in all_bytes() {
        for tail in (0..=4).flat_map(|length| sequences(&tails, length).collect::<Vec<_>>()) {
            let encoding = [&[first], &tail[..]].concat();
            if let Some((length, width)) = read(&encoding) {
                let written = shortest(u32::try_from(length).expect("three bytes"));
                assert_eq!(encoding[..width], written, "{encoding:02x?}");
            }
        }
    }
    // And what is written is read.
    let lengths = (0..0x1_0100)
        .chain((0..24).map(|bit| 1 << bit))
        .chain([0xff_ffff]);
    for length in lengths {
        let encoding = shortest(length);
        let expected = (usize::try_from(length).expect("24 bits"), encoding.len());
        assert_eq!(read(&encoding), Some(expected));
    }
}

#[test]
fn base64url_is_what_would_be_written() {
    let decode = |text: &[u8]| {
        let mut buffer = [b"##", text, b"##"].concat();
        let decoded = base64url::decode(&mut buffer, super::Span::new(2, 2 + text.len()))?;
        assert!(buffer.starts_with(b"##") && buffer.ends_with(b"##"));
        decoded.of(&buffer).map(<[u8]>::to_vec)
    };
    let assert_strict = |text: &[u8]| {
        if let Some(bytes) = decode(text) {
            assert!(
                base64url::characters(&bytes).eq(text.iter().copied()),
                "{text:?}"
            );
        }
    };
    let all = all_bytes();
    for length in 0..=2 {
        sequences(&all, length).for_each(|text| assert_strict(&text));
    }
    let symbols = b"AB/Pgw0127-_=+ \n";
    for length in 3..=5 {
        sequences(symbols, length).for_each(|text| assert_strict(&text));
    }
    let some = [
        0, 1, 2, 3, 0x0f, 0x10, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
    ];
    let short = (0..=2).flat_map(|length| sequences(&all, length).collect::<Vec<_>>());
    let longer = (3..=4).flat_map(|length| sequences(&some, length).collect::<Vec<_>>());
    for bytes in short.chain(longer) {
        let text: Vec<u8> = base64url::characters(&bytes).collect();
        assert_eq!(decode(&text), Some(bytes), "{text:?}");
    }
}
