//! What explaining CBOR shares: maps read member by member, and strings that may be cut.

use super::dump::{Break, Field, Value};
use crate::encoding::cbor::{self, Content, Head, Item, Major};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// The members or elements of a map or an array that are still to come.
#[derive(Clone, Copy)]
pub(super) struct Left(Option<u64>);

impl Left {
    /// Reads the head of a map or an array.
    pub(super) fn read(reader: &mut Reader<'_>, major: Major, what: What) -> Result<Self, Fault> {
        let at = reader.position();
        let head = Head::read(reader, what)?;
        if head.major == major {
            Ok(Self(head.argument))
        } else {
            Err(Fault::new(what, FaultKind::Type, at))
        }
    }

    /// How many there are, where the head says so.
    pub(super) fn value(self) -> Value<'static> {
        self.0
            .and_then(|count| i64::try_from(count).ok())
            .map_or(Value::Text("of indefinite length"), Value::Integer)
    }

    /// Whether another one begins here.
    pub(super) fn advance(&mut self, reader: &mut Reader<'_>) -> bool {
        match &mut self.0 {
            Some(0) => false,
            Some(left) => {
                *left = left.saturating_sub(1);
                true
            }
            None => !reader.skip_prefix(&[0xff]),
        }
    }
}

/// The name of a map's member; empty if it is not a text.
pub(super) fn read_name<'a>(reader: &mut Reader<'a>, what: What) -> Result<&'a str, Fault> {
    let (name, _) = Item::read(reader, what)?;
    Ok(name.as_text().unwrap_or_default())
}

/// How many bytes from `start` on the item at `reader` takes: all of them if it is cut.
pub(super) fn extent(reader: &Reader<'_>, start: usize) -> usize {
    let mut ahead = *reader;
    let end = match Item::read(&mut ahead, What::CborItem) {
        Ok(_) => ahead.position(),
        Err(_) => reader.position().saturating_add(reader.rest().len()),
    };
    end.saturating_sub(start)
}

/// A byte string, or as much of one as is there.
pub(super) struct Bytes<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) whole: Result<(), Break>,
}

/// Reads a byte string after its head, whether it is cut or not.
pub(super) fn read_bytes<'a>(reader: &mut Reader<'a>, head: &Head, what: What) -> Bytes<'a> {
    let available = reader.rest();
    match cbor::string(reader, head, what) {
        Ok(bytes) => Bytes {
            bytes,
            whole: Ok(()),
        },
        Err(fault) => {
            let announced = head
                .argument
                .and_then(|length| usize::try_from(length).ok());
            Bytes {
                bytes: available,
                whole: Err(Break {
                    missing: announced.unwrap_or(0).saturating_sub(available.len()),
                    ..fault.into()
                }),
            }
        }
    }
}

/// Whether a byte string comes next.
pub(super) fn is_bytes(reader: &Reader<'_>) -> bool {
    let head = Head::read(&mut reader.clone(), What::CborItem);
    head.is_ok_and(|head| head.major == Major::Bytes)
}

/// A field with an item of any kind as its value.
pub(super) fn item_field<'a>(name: &'a str, at: usize, item: Item<'a>, end: usize) -> Field<'a> {
    let value = match item.content() {
        Content::Integer(number) => Value::Integer(number),
        Content::Bool(boolean) => Value::Bool(boolean),
        Content::Text(text) => Value::Text(text),
        Content::Bytes(bytes) => Value::Bytes(bytes),
        Content::Array(_) | Content::Map(_) | Content::Other => Value::Bytes(item.bytes()),
    };
    Field::new(name, at, end.saturating_sub(at), value)
}
