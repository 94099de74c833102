//! A CBOR writer that can also write what it should not: lengths longer than needed, indefinite
//! lengths, tags, duplicate keys, any order, any bytes.

/// One CBOR item, written exactly as given here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cbor {
    /// An integer (major types 0 and 1).
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array of definite length.
    Array(Vec<Self>),
    /// A map of definite length, in the order given, duplicates included.
    Map(Vec<(Self, Self)>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// An array of indefinite length.
    IndefiniteArray(Vec<Self>),
    /// A map of indefinite length.
    IndefiniteMap(Vec<(Self, Self)>),
    /// A byte string of indefinite length, in these chunks.
    IndefiniteBytes(Vec<Vec<u8>>),
    /// A text string of indefinite length, in these chunks.
    IndefiniteText(Vec<String>),
    /// A tagged item.
    Tag(u64, Box<Self>),
    /// The item with its head written in so many bytes after the first: 1, 2, 4 or 8.
    Long(u8, Box<Self>),
    /// These bytes.
    Raw(Vec<u8>),
}

impl Cbor {
    /// A text string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A byte string.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// A map with text keys.
    pub fn text_map<'k>(members: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Map(
            members
                .into_iter()
                .map(|(key, value)| (Self::text(key), value))
                .collect(),
        )
    }

    /// A map with integer keys, such as a COSE key.
    pub fn int_map(members: impl IntoIterator<Item = (i64, Self)>) -> Self {
        Self::Map(
            members
                .into_iter()
                .map(|(key, value)| (Self::Int(key), value))
                .collect(),
        )
    }

    /// The members of a map.
    ///
    /// # Panics
    ///
    /// When the item is not a map of definite length.
    pub fn members_mut(&mut self) -> &mut Vec<(Self, Self)> {
        match self {
            Self::Map(members) => members,
            other => panic!("not a map: {other:?}"),
        }
    }

    /// The item's encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out, None);
        out
    }

    fn write(&self, out: &mut Vec<u8>, width: Option<u8>) {
        match self {
            Self::Int(value) if *value >= 0 => head(out, 0, value.unsigned_abs(), width),
            Self::Int(value) => head(out, 1, value.unsigned_abs() - 1, width),
            Self::Bytes(bytes) => {
                head(out, 2, length(bytes.len()), width);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(out, 3, length(text.len()), width);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(items) => {
                head(out, 4, length(items.len()), width);
                items.iter().for_each(|item| item.write(out, None));
            }
            Self::Map(members) => {
                head(out, 5, length(members.len()), width);
                write_members(out, members);
            }
            Self::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
            Self::Null => out.push(0xf6),
            Self::IndefiniteArray(items) => {
                out.push(0x9f);
                items.iter().for_each(|item| item.write(out, None));
                out.push(0xff);
            }
            Self::IndefiniteMap(members) => {
                out.push(0xbf);
                write_members(out, members);
                out.push(0xff);
            }
            Self::IndefiniteBytes(chunks) => {
                out.push(0x5f);
                chunks
                    .iter()
                    .for_each(|chunk| Self::bytes(chunk.clone()).write(out, None));
                out.push(0xff);
            }
            Self::IndefiniteText(chunks) => {
                out.push(0x7f);
                chunks
                    .iter()
                    .for_each(|chunk| Self::text(chunk.clone()).write(out, None));
                out.push(0xff);
            }
            Self::Tag(tag, item) => {
                head(out, 6, *tag, width);
                item.write(out, None);
            }
            Self::Long(width, item) => item.write(out, Some(*width)),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

fn write_members(out: &mut Vec<u8>, members: &[(Cbor, Cbor)]) {
    for (key, value) in members {
        key.write(out, None);
        value.write(out, None);
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).expect("a length fits 64 bits")
}

/// An item's first bytes: the shortest form, unless a width is asked for.
fn head(out: &mut Vec<u8>, major: u8, value: u64, width: Option<u8>) {
    let shortest = match value {
        0..=23 => 0,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    let width = width.unwrap_or(shortest);
    let low = match width {
        0 => u8::try_from(value).expect("below 24"),
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    out.push(major << 5 | low);
    let bytes = value.to_be_bytes();
    out.extend_from_slice(&bytes[8 - usize::from(width)..]);
}

#[cfg(test)]
mod tests {
    use super::Cbor;

    #[test]
    fn heads_are_the_shortest_unless_asked_otherwise() {
        assert_eq!(Cbor::Int(23).encode(), [0x17]);
        assert_eq!(Cbor::Int(24).encode(), [0x18, 24]);
        assert_eq!(Cbor::Int(-7).encode(), [0x26]);
        assert_eq!(Cbor::Int(-257).encode(), [0x39, 1, 0]);
        assert_eq!(
            Cbor::Long(4, Box::new(Cbor::Int(1))).encode(),
            [0x1a, 0, 0, 0, 1]
        );
        assert_eq!(Cbor::Tag(2, Box::new(Cbor::Null)).encode(), [0xc2, 0xf6]);
        assert_eq!(
            Cbor::IndefiniteBytes(vec![vec![1]]).encode(),
            [0x5f, 0x41, 1, 0xff]
        );
    }
}
