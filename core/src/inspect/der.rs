//! A walk over DER along a grammar: what belongs at each place, as data.
//!
//! The verifier's own readers stop at the first fault and keep no offsets, because they only judge. This
//! walk shares their reading of elements and goes as far as the bytes do: an element that announces
//! more than is there is still entered, and ends where they end.

use heapless::Vec;

use super::dump::{Break, Field, Value, Visitor};
use super::names;
use crate::data::{Aaguid, UnixTime};
use crate::encoding::der::{Head, Tag};
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// Structures within structures: the deepest grammar here, names within an extension of a
/// certificate, has 13.
const DEPTH_MAX: usize = 16;

/// What belongs at one place.
#[derive(Clone, Copy)]
pub(super) struct Node {
    name: &'static str,
    meaning: &'static str,
    /// `None`: any.
    tag: Option<Tag>,
    optional: bool,
    shape: Shape,
}

/// How the content of an element is to be taken.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// As the element's own tag says.
    Plain,
    /// Bytes, whatever the tag says.
    Bytes,
    /// Text, whatever the tag says.
    Text,
    /// A number, some of which have names.
    Number(&'static [(i64, &'static str)]),
    /// Bits with names and meanings, the highest of the first byte first.
    Bits(&'static [(&'static str, &'static str)]),
    /// Milliseconds since 1970.
    Milliseconds,
    /// A time of either kind.
    Time,
    /// NULL: its presence is its meaning.
    Flag,
    /// The sixteen bytes of an AAGUID.
    Aaguid,
    /// These, in this order.
    Fields(&'static [Node]),
    /// These, in this order; the object identifier that comes first names the whole.
    Labelled(&'static [Node]),
    /// Any number of one kind.
    Each(&'static Node),
    /// Any number, each of the kind that its tag identifies.
    Any(&'static [Node]),
    /// One element, shown in this one's place and, where it has one, under this one's name.
    Around(&'static Node),
    /// An object identifier, under its own name where it is known.
    Named,
    /// An object identifier that names what follows it, and is not shown itself where it is known.
    Label,
    /// The object identifier that a labelled structure has shown already.
    Shown,
    /// What the last object identifier says: the content is entered along that grammar.
    ByIdentifier(&'static [(&'static [u8], Node)]),
}

impl Node {
    pub(super) const fn new(name: &'static str, tag: Tag, shape: Shape) -> Self {
        Self {
            name,
            meaning: "",
            tag: Some(tag),
            optional: false,
            shape,
        }
    }

    pub(super) const fn any(name: &'static str, shape: Shape) -> Self {
        Self {
            tag: None,
            ..Self::new(name, Tag::NULL, shape)
        }
    }

    pub(super) const fn meaning(self, meaning: &'static str) -> Self {
        Self { meaning, ..self }
    }

    pub(super) const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    fn takes(&self, tag: Option<Tag>) -> bool {
        match (self.tag, self.shape) {
            (None, Shape::Time) => matches!(tag, Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME)),
            (None, _) => true,
            (expected, _) => expected == tag,
        }
    }

    /// The type that belongs here, to be read in a sentence.
    fn belongs(&self) -> &'static str {
        match (self.tag, self.shape) {
            (None, Shape::Time) => "a UTCTime or a GeneralizedTime",
            (None, _) => "an element",
            (Some(tag), _) => tag.name(),
        }
    }
}

/// A structure that the walk is inside of.
struct Open {
    /// The byte after its last, as announced: there may be fewer.
    end: usize,
    rest: Rest,
    shown: bool,
}

/// What may still come in a structure.
#[derive(Clone, Copy)]
enum Rest {
    Fields(&'static [Node]),
    Each(&'static Node),
    Any(&'static [Node]),
}

/// An element that the grammar does not know.
static UNKNOWN: Node = Node::any("element", Shape::Plain).meaning("not known here");

impl Rest {
    /// The node for what comes next, with this tag; `None` where nothing more belongs there.
    fn next(&mut self, tag: Option<Tag>) -> Option<&'static Node> {
        match self {
            Self::Fields(fields) => loop {
                let (node, rest) = fields.split_first()?;
                *fields = rest;
                // Where nothing can be read any more, whatever may come next was expected.
                if node.takes(tag) || !node.optional || tag.is_none() {
                    return Some(node);
                }
            },
            Self::Each(node) => Some(node),
            Self::Any(nodes) => {
                let of_tag = nodes.iter().find(|node| node.takes(tag));
                Some(of_tag.unwrap_or(&UNKNOWN))
            }
        }
    }

    /// The first thing that is still missing where the structure ends.
    fn missing(&self) -> Option<&'static Node> {
        match self {
            Self::Fields(fields) => fields.iter().find(|node| !node.optional),
            Self::Each(_) | Self::Any(_) => None,
        }
    }
}

/// What a structure that is not shown hands to the first thing within it that is.
#[derive(Clone, Copy, Default)]
struct Handed {
    at: Option<usize>,
    name: &'static str,
    meaning: &'static str,
}

struct Walk<'a, 'v> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    open: Vec<Open, DEPTH_MAX>,
    handed: Handed,
    /// The object identifier that was read last.
    identifier: &'a [u8],
    visitor: &'v mut dyn Visitor,
}

/// Explains bytes that are one element of this grammar.
pub(super) fn explain(
    bytes: &[u8],
    root: &'static Node,
    visitor: &mut dyn Visitor,
) -> Result<(), Break> {
    let mut walk = Walk {
        bytes,
        reader: Reader::new(bytes),
        open: Vec::new(),
        handed: Handed::default(),
        identifier: &[],
        visitor,
    };
    let mut walked = walk.element(root);
    while walked.is_ok() && !walk.open.is_empty() {
        walked = walk.step();
    }
    for open in walk.open.iter().rev() {
        if open.shown {
            walk.visitor.end();
        }
    }
    walked?;
    walk.reader
        .finish(What::Structure)
        .map_err(|fault| Break::of(root.name, fault))
}

impl<'a> Walk<'a, '_> {
    /// Reads what comes next in the innermost structure, or leaves it.
    fn step(&mut self) -> Result<(), Break> {
        let at = self.reader.position();
        let tag = Head::read(&mut self.reader.clone(), What::Structure)
            .ok()
            .map(|head| head.tag);
        let Some(innermost) = self.open.last_mut() else {
            return Ok(());
        };
        if at < innermost.end {
            return match innermost.rest.next(tag) {
                Some(node) => self.element(node),
                None => Err(Fault::new(What::Structure, FaultKind::Trailing, at).into()),
            };
        }
        if let Some(node) = innermost.rest.missing() {
            return Err(expected(node, FaultKind::Missing, at));
        }
        if innermost.shown {
            self.visitor.end();
        } else {
            self.handed = Handed::default();
        }
        self.open.pop();
        Ok(())
    }

    /// Reads one element: a value is shown, a structure entered.
    fn element(&mut self, node: &'static Node) -> Result<(), Break> {
        let at = self.reader.position();
        let head = Head::read(&mut self.reader, What::Structure).map_err(|fault| Break {
            missing: self.announced().saturating_sub(self.bytes.len()),
            ..expected(node, fault.kind(), at)
        })?;
        if !node.takes(Some(head.tag)) {
            return Err(expected(node, FaultKind::Type, at));
        }
        let content_at = self.reader.position();
        let end = content_at.saturating_add(head.length);
        let room = self.open.last().map_or(usize::MAX, |open| open.end);
        if end > room {
            // Longer than its container.
            return Err(expected(node, FaultKind::Length, at));
        }
        self.enter(node, head.tag, at, end)
    }

    fn enter(&mut self, node: &'static Node, tag: Tag, at: usize, end: usize) -> Result<(), Break> {
        match node.shape {
            Shape::Fields(fields) => self.open(node, at, end, Rest::Fields(fields)),
            Shape::Labelled(fields) => self.open_labelled(node, at, end, fields),
            Shape::Each(each) => self.open(node, at, end, Rest::Each(each)),
            Shape::Any(nodes) => self.open(node, at, end, Rest::Any(nodes)),
            Shape::Around(within) => {
                self.hand(at, node.name, node.meaning);
                self.push(end, Rest::Fields(core::slice::from_ref(within)), false)
            }
            Shape::ByIdentifier(grammars) => {
                let of_identifier = grammars
                    .iter()
                    .find(|(identifier, _)| *identifier == self.identifier);
                match of_identifier {
                    Some((_, within)) => {
                        self.hand(at, "", "");
                        if tag == Tag::BIT_STRING {
                            self.reader.byte(What::Structure)?;
                        }
                        self.push(end, Rest::Fields(core::slice::from_ref(within)), false)
                    }
                    None => self.value(node, tag, at, end),
                }
            }
            _ => self.value(node, tag, at, end),
        }
    }

    fn open(&mut self, node: &Node, at: usize, end: usize, rest: Rest) -> Result<(), Break> {
        if node.name.is_empty() {
            self.hand(at, "", "");
            return self.push(end, rest, false);
        }
        let field = self.field(node, at, end, Value::None);
        self.visitor.begin(&field);
        self.push(end, rest, true)
    }

    /// Opens a structure under the name of the object identifier that it begins with.
    fn open_labelled(
        &mut self,
        node: &Node,
        at: usize,
        end: usize,
        fields: &'static [Node],
    ) -> Result<(), Break> {
        let mut ahead = self.reader;
        let label = Head::read(&mut ahead, What::Structure)
            .and_then(|head| ahead.take(head.length, What::Structure))
            .unwrap_or_default();
        let mut field = self.field(node, at, end, Value::Identifier(label));
        if let Some((name, meaning)) = names::identifier(label) {
            field = Field { name, ..field }.meaning(meaning);
        } else if label.is_empty() {
            // The bytes end before it does.
            field = Field {
                value: Value::None,
                ..field
            }
            .meaning("");
        }
        self.visitor.begin(&field);
        self.push(end, Rest::Fields(fields), true)
    }

    fn push(&mut self, end: usize, rest: Rest, shown: bool) -> Result<(), Break> {
        let at = self.reader.position();
        let open = Open { end, rest, shown };
        self.open.push(open).map_err(|_| {
            if shown {
                self.visitor.end();
            }
            Fault::new(What::Structure, FaultKind::Limit, at).into()
        })
    }

    /// Remembers where a structure that is not shown has begun, and its name.
    fn hand(&mut self, at: usize, name: &'static str, meaning: &'static str) {
        self.handed.at = self.handed.at.or(Some(at));
        if !name.is_empty() {
            self.handed.name = name;
            self.handed.meaning = meaning;
        }
    }

    /// The field of a node, with what the structures around it have handed on.
    fn field<'f>(&mut self, node: &Node, at: usize, end: usize, value: Value<'f>) -> Field<'f> {
        let handed = core::mem::take(&mut self.handed);
        let at = handed.at.unwrap_or(at);
        let (name, meaning) = if handed.name.is_empty() {
            (node.name, node.meaning)
        } else {
            (handed.name, handed.meaning)
        };
        // Where it is cut, it announces more than is there.
        let end = end.min(self.bytes.len());
        Field::new(name, at, end.saturating_sub(at), value).meaning(meaning)
    }

    /// Shows an element that is a value.
    fn value(&mut self, node: &Node, tag: Tag, at: usize, end: usize) -> Result<(), Break> {
        let length = end.saturating_sub(self.reader.position());
        let available = length.min(self.reader.rest().len());
        let content = self.reader.take(available, What::Structure)?;
        if available < length {
            let field = self.field(node, at, end, Value::Bytes(content));
            self.visitor.field(&field.problem("is cut"));
            return Err(Break {
                missing: length.saturating_sub(available),
                ..expected(node, FaultKind::Truncated, self.reader.position())
            });
        }
        if tag == Tag::OID {
            self.identifier = content;
        }
        match node.shape {
            Shape::Shown => {}
            Shape::Label => {
                if let Some((name, meaning)) = names::identifier(content) {
                    self.hand(at, name, meaning);
                } else {
                    let field = self.field(node, at, end, Value::Identifier(content));
                    self.visitor.field(&field);
                }
            }
            Shape::Bits(bits) => {
                let set = content.get(1..).unwrap_or_default();
                let field = self.field(node, at, end, Value::Bytes(set));
                self.visitor.begin(&field);
                explain_bits(bits, set, &field, self.visitor);
                self.visitor.end();
            }
            shape => {
                let field = self.field(node, at, end, Value::None);
                self.visitor.field(&interpret(field, shape, tag, content));
            }
        }
        Ok(())
    }

    /// The byte after the last that the structures around have announced.
    fn announced(&self) -> usize {
        self.open.first().map_or(0, |open| open.end)
    }
}

/// A break at a place where a node belongs.
fn expected(node: &Node, kind: FaultKind, at: usize) -> Break {
    Break {
        belongs: node.belongs(),
        why: node.meaning,
        what: node.name,
        ..Fault::new(What::Structure, kind, at).into()
    }
}

/// A field with the value that its content has.
fn interpret<'a>(mut field: Field<'a>, shape: Shape, tag: Tag, content: &'a [u8]) -> Field<'a> {
    field.value = match (shape, tag) {
        (Shape::Bytes, _) => Value::Bytes(content),
        (Shape::Text, _) => text(content),
        (Shape::Flag, _) => Value::Bool(true),
        (Shape::Aaguid, _) => match content.try_into().map(Aaguid::new) {
            Ok(aaguid) => {
                field.meaning = names::authenticator(aaguid);
                Value::Aaguid(aaguid)
            }
            Err(_) => {
                field.problem = "is not of sixteen bytes";
                Value::Bytes(content)
            }
        },
        (Shape::Number(known), _) => {
            let number = integer(content);
            if let Some((_, meaning)) = known.iter().find(|(known, _)| Some(*known) == number) {
                field.meaning = meaning;
            }
            number.map_or(Value::Bytes(content), Value::Integer)
        }
        (Shape::Milliseconds, _) => integer(content)
            .and_then(|milliseconds| milliseconds.checked_div(1000))
            .map_or(Value::Bytes(content), Value::Time),
        (_, Tag::INTEGER | Tag::ENUMERATED) => {
            integer(content).map_or(Value::Bytes(content), Value::Integer)
        }
        (_, Tag::BOOLEAN) => match content {
            [0] => Value::Bool(false),
            [0xff] => Value::Bool(true),
            _ => {
                field.problem = "is neither 00 nor ff";
                Value::Bytes(content)
            }
        },
        (_, Tag::OID) => {
            if let Some((name, meaning)) = names::identifier(content) {
                field.meaning = meaning;
                if matches!(shape, Shape::Named) {
                    field.name = name;
                }
            }
            Value::Identifier(content)
        }
        (_, Tag::UTC_TIME | Tag::GENERALIZED_TIME) => {
            match UnixTime::parse_certificate(content, tag == Tag::UTC_TIME) {
                Ok(time) => Value::Time(time.seconds()),
                Err(_) => {
                    field.problem = "is not a time in UTC to the second";
                    text(content)
                }
            }
        }
        (Shape::ByIdentifier(_), Tag::OCTET_STRING) if is_printable(content) => text(content),
        (_, Tag::BIT_STRING) => Value::Bytes(content.get(1..).unwrap_or_default()),
        (_, Tag::NULL) => Value::None,
        (
            _,
            Tag::UTF8_STRING
            | Tag::PRINTABLE_STRING
            | Tag::NUMERIC_STRING
            | Tag::TELETEX_STRING
            | Tag::IA5_STRING
            | Tag::VISIBLE_STRING,
        ) => text(content),
        _ => Value::Bytes(content),
    };
    field
}

/// Some extensions hold text without an element around it.
fn is_printable(content: &[u8]) -> bool {
    content
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

fn text(content: &[u8]) -> Value<'_> {
    core::str::from_utf8(content).map_or(Value::Bytes(content), Value::Text)
}

/// A number in two's complement that fits.
fn integer(content: &[u8]) -> Option<i64> {
    let (first, _) = content.split_first()?;
    let fill = if *first < 0x80 { 0 } else { -1 };
    (content.len() <= 8).then(|| {
        content
            .iter()
            .fold(fill, |number: i64, byte| number << 8 | i64::from(*byte))
    })
}

/// Shows the bits that are set.
fn explain_bits(
    bits: &'static [(&'static str, &'static str)],
    set: &[u8],
    whole: &Field<'_>,
    visitor: &mut dyn Visitor,
) {
    let flags = set
        .iter()
        .flat_map(|byte| (0..8).map(move |bit| byte & (0x80_u8 >> bit) != 0));
    for ((name, meaning), flag) in bits.iter().zip(flags) {
        if flag {
            let field = Field::new(name, whole.at, whole.length, Value::Bool(true));
            visitor.field(&field.meaning(meaning));
        }
    }
}
