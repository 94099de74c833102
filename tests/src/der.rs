//! A DER writer, as far as certificates need one. What is put together wrongly comes out wrongly.

/// One element: identifier octets, length, content.
#[must_use]
pub fn element(identifier: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = identifier.to_vec();
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match significant[..] {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(short),
        _ => {
            let count = u8::try_from(significant.len()).expect("a length has at most 8 bytes");
            out.push(0x80 | count);
            out.extend_from_slice(&significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of these elements.
#[must_use]
pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    element(&[0x30], &elements.concat())
}

/// SET of these elements, in the order given.
#[must_use]
pub fn set(elements: &[Vec<u8>]) -> Vec<u8> {
    element(&[0x31], &elements.concat())
}

/// `[number]` around an element; numbers up to 16383.
#[must_use]
pub fn context(number: u16, content: &[u8]) -> Vec<u8> {
    let [high, low] = (((number & 0x3f80) << 1) | (number & 0x7f)).to_be_bytes();
    match number {
        0..=30 => element(&[0xa0 | low], content),
        31..=127 => element(&[0xbf, low], content),
        _ => element(&[0xbf, 0x80 | high, low], content),
    }
}

/// INTEGER of this magnitude, big-endian.
#[must_use]
pub fn integer(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    if content.first().is_none_or(|byte| *byte >= 0x80) {
        content.insert(0, 0);
    }
    element(&[2], &content)
}

/// ENUMERATED.
#[must_use]
pub fn enumerated(value: u8) -> Vec<u8> {
    element(&[10], &[value])
}

/// BOOLEAN.
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    element(&[1], &[if value { 0xff } else { 0 }])
}

/// OCTET STRING.
#[must_use]
pub fn octets(content: &[u8]) -> Vec<u8> {
    element(&[4], content)
}

/// BIT STRING of whole bytes.
#[must_use]
pub fn bits(content: &[u8]) -> Vec<u8> {
    element(&[3], &[&[0], content].concat())
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    element(&[5], &[])
}

/// `UTF8String`.
#[must_use]
pub fn utf8(text: &str) -> Vec<u8> {
    element(&[12], text.as_bytes())
}

/// `PrintableString`.
#[must_use]
pub fn printable(text: &str) -> Vec<u8> {
    element(&[19], text.as_bytes())
}

/// OBJECT IDENTIFIER, in the dotted form.
///
/// # Panics
///
/// When the text is not dotted numbers.
#[must_use]
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted
        .split('.')
        .map(|arc| arc.parse::<u32>().expect("a number"));
    let (first, second) = (arcs.next(), arcs.next());
    let first = first.expect("an arc") * 40 + second.expect("two arcs");
    let mut content = Vec::new();
    for arc in core::iter::once(first).chain(arcs) {
        let mut groups = vec![arc & 0x7f];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push(0x80 | (rest & 0x7f));
            rest >>= 7;
        }
        let bytes = groups.iter().rev();
        content.extend(bytes.map(|group| u8::try_from(*group).expect("seven bits and a mark")));
    }
    element(&[6], &content)
}

/// The element with a change made to the elements within the one that a path of indices leads to; all
/// lengths on the way follow. Tags have one byte.
///
/// # Panics
///
/// When the path leads nowhere, or the bytes are not DER.
#[must_use]
pub fn edit(der: &[u8], path: &[usize], change: &dyn Fn(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let (whole, content) = first(der);
    assert_eq!(whole.len(), der.len(), "one element");
    let mut elements = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (whole, _) = first(rest);
        elements.push(whole.to_vec());
        rest = &rest[whole.len()..];
    }
    match path {
        [] => change(&mut elements),
        [index, rest @ ..] => elements[*index] = edit(&elements[*index], rest, change),
    }
    element(&der[..1], &elements.concat())
}

/// The first element, and its content.
fn first(der: &[u8]) -> (&[u8], &[u8]) {
    let (head, length) = match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let count = usize::from(long & 0x7f);
            let bytes = der[2..2 + count].iter();
            let length = bytes.fold(0, |length, byte| length << 8 | usize::from(*byte));
            (2 + count, length)
        }
    };
    (&der[..head + length], &der[head..head + length])
}
