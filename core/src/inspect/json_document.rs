//! JSON documents: how their members are found, and those that hold no other artefacts than
//! certificates (client data, the two halves of a token).
//!
//! A document is scanned once for its members; those that carry an artefact in base64url are then
//! decoded in place and explained.

use heapless::Vec;

use super::dump::{Artefact, Break, Field, Value, Visitor};
use super::place::Place;
use super::{guess, names, part};
use crate::data::names_a_person;
use crate::encoding::json::{self, Content, Cut, Elements, JsonStr, Members};
use crate::encoding::{Fault, FaultKind, Span, What};

/// Members of one document that are explained. A response has about fifteen; a verdict has seven for
/// each of its steps, begin and end included.
const MEMBERS_MAX: usize = 256;
/// Objects and arrays within objects that are followed.
const NESTING_MAX: usize = 6;

/// A member, as offsets.
#[derive(Clone, Copy)]
pub(super) struct Member {
    name: Span,
    pub(super) value: Span,
    pub(super) kind: Kind,
    /// Its index, if it is an element of an array.
    index: Option<u16>,
    place: Place,
    /// The account's name, where this is the id of the account.
    account: Option<Span>,
    /// The document is cut within it.
    is_cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An object or an array, whose members follow up to the matching end.
    Open,
    End,
    /// A string; the span is its content without the quotes.
    Text,
    Bool(bool),
    /// A number, null, or an array that is shown verbatim.
    Raw,
    /// A string that carries this.
    Encoded(Carries),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// Bytes in base64url.
    Bytes,
    /// An artefact in base64url; `Unknown`: recognised by its bytes.
    Artefact(Artefact),
    /// A signed token.
    Token,
    /// A certificate in base64.
    Certificate,
    /// A certificate in PEM.
    Pem,
}

fn carries(name: &JsonStr<'_>) -> Option<Carries> {
    static CARRIERS: [(&str, Carries); 12] = [
        ("rawId", Carries::Bytes),
        ("challenge", Carries::Bytes),
        ("userHandle", Carries::Bytes),
        ("signature", Carries::Artefact(Artefact::EcdsaSignature)),
        ("clientDataJSON", Carries::Artefact(Artefact::ClientData)),
        (
            "attestationObject",
            Carries::Artefact(Artefact::AttestationObject),
        ),
        (
            "authenticatorData",
            Carries::Artefact(Artefact::AuthenticatorData),
        ),
        ("publicKey", Carries::Artefact(Artefact::Unknown)),
        ("challenge_token", Carries::Token),
        ("login_token", Carries::Token),
        ("x5c", Carries::Certificate),
        ("roots", Carries::Pem),
    ];
    CARRIERS
        .iter()
        .find(|(carrier, _)| *name == **carrier)
        .map(|(_, carries)| *carries)
}

/// An object or an array that the scan is inside of.
enum Container<'a> {
    Object {
        members: Members<'a>,
        place: Place,
    },
    Array {
        name: JsonStr<'a>,
        elements: Elements<'a>,
        index: u16,
        place: Place,
    },
}

/// A member or an element, whole or cut.
struct Entry<'a> {
    name: JsonStr<'a>,
    index: Option<u16>,
    place: Place,
    value: Result<json::Value<'a>, Cut<'a>>,
}

impl<'a> Container<'a> {
    /// The next member, or the next element under the name of its array.
    fn next(&mut self) -> Option<Entry<'a>> {
        match self {
            Self::Object { members, place } => {
                let here = *members;
                let (name, value) = match members.next() {
                    Some((name, value)) => (name, Ok(value)),
                    None => here.cut().map(|(name, cut)| (name, Err(cut)))?,
                };
                Some(Entry {
                    name,
                    index: None,
                    place: *place,
                    value,
                })
            }
            Self::Array {
                name,
                elements,
                index,
                place,
            } => {
                let here = *elements;
                let value = match elements.next() {
                    Some(value) => Ok(value),
                    None => Err(here.cut()?),
                };
                let current = *index;
                *index = index.saturating_add(1);
                Some(Entry {
                    name: *name,
                    index: Some(current),
                    place: *place,
                    value,
                })
            }
        }
    }

    /// What a value opens: an object, or an array of objects or of certificates. Other arrays are shown
    /// verbatim.
    fn of(entry: &Entry<'a>) -> Option<Self> {
        let (members, elements) = match entry.value {
            Ok(value) => match value.content() {
                Content::Object(members) => (Some(members), None),
                Content::Array(elements) => (None, Some(elements)),
                _ => return None,
            },
            Err(cut) => match cut.rest.first() {
                Some(b'{') => (Some(Members::of_cut(cut)), None),
                Some(b'[') => (None, Some(Elements::of_cut(cut))),
                _ => return None,
            },
        };
        // An element is in what its array is in: the array has said what its elements are.
        let place = if entry.index.is_some() {
            entry.place
        } else {
            entry.place.within(&entry.name)
        };
        if let Some(members) = members {
            return Some(Self::Object { members, place });
        }
        let mut elements = elements?;
        let array = Self::Array {
            name: entry.name,
            elements,
            index: 0,
            place,
        };
        let is_of_certificates = matches!(
            carries(&entry.name),
            Some(Carries::Certificate | Carries::Pem)
        );
        let is_of_objects = elements.any(|element| element.as_object().is_some());
        (is_of_certificates || is_of_objects).then_some(array)
    }
}

impl Entry<'_> {
    /// The span of the value: for a string, its content without the quotes.
    fn span(&self) -> Span {
        match self.value {
            Ok(value) => value
                .as_str()
                .map_or_else(|| value.span(), |text| text.span()),
            Err(Cut { rest, at }) => {
                let quote = usize::from(rest.starts_with(b"\""));
                let end = at.saturating_add(rest.len());
                Span::new(at.saturating_add(quote), end)
            }
        }
    }

    fn kind(&self) -> Kind {
        let is_text = match self.value {
            Ok(value) => match value.content() {
                Content::Bool(boolean) => return Kind::Bool(boolean),
                content => matches!(content, Content::String(_)),
            },
            Err(cut) => cut.rest.starts_with(b"\""),
        };
        if !is_text {
            return Kind::Raw;
        }
        let carried = match self.place {
            Place::User | Place::Descriptor if self.name == *"id" => Some(Carries::Bytes),
            _ => carries(&self.name),
        };
        carried.map_or(Kind::Text, Kind::Encoded)
    }
}

/// What was found of a document's members.
struct Found {
    list: Vec<Member, MEMBERS_MAX>,
    /// There are no more than are followed.
    complete: bool,
    /// Where the document breaks, if it does.
    fault: Option<Fault>,
}

/// The members of a document from front to back, up to where it breaks.
fn members(document: &[u8], place: Place) -> Found {
    let fault = json::Value::parse(document, What::Json).err();
    let end = fault.map_or(document.len(), |fault| {
        usize::try_from(fault.at()).unwrap_or(usize::MAX)
    });
    let whole = document.get(..end).unwrap_or(document);
    let mut found = Found {
        list: Vec::new(),
        complete: true,
        fault,
    };
    let start = whole
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let top = Cut {
        rest: whole.get(start..).unwrap_or_default(),
        at: start,
    };
    if !top.rest.starts_with(b"{") {
        found.fault = fault.or(Some(Fault::new(What::Json, FaultKind::Type, start)));
        return found;
    }
    // The brace that ends a whole object is not a member and ends the walk.
    let members = Members::of_cut(top);
    let mut open: Vec<Container<'_>, NESTING_MAX> = Vec::new();
    found.complete &= open.push(Container::Object { members, place }).is_ok();
    while let Some(innermost) = open.last_mut() {
        let member = match innermost.next() {
            None => {
                open.pop();
                let nowhere = Span::new(0, 0);
                Member {
                    name: nowhere,
                    value: nowhere,
                    kind: Kind::End,
                    index: None,
                    place: Place::Elsewhere,
                    account: None,
                    is_cut: false,
                }
            }
            Some(entry) => {
                let container = Container::of(&entry);
                let opened = container.is_some_and(|container| open.push(container).is_ok());
                Member {
                    name: entry.name.span(),
                    value: entry.span(),
                    kind: if opened { Kind::Open } else { entry.kind() },
                    index: entry.index,
                    place: entry.place,
                    account: None,
                    is_cut: entry.value.is_err(),
                }
            }
        };
        // The end of the document itself closes nothing that was opened here.
        if (!open.is_empty() || member.kind != Kind::End) && found.list.push(member).is_err() {
            found.complete = false;
            break;
        }
    }
    let of_user = |member: &Member| member.place == Place::User && member.kind != Kind::End;
    let account = found
        .list
        .iter()
        .find(|member| of_user(member) && text(document, member.name) == "name")
        .map(|member| member.value);
    for member in found.list.iter_mut().filter(|member| of_user(member)) {
        member.account = account;
    }
    found
}

fn text(document: &[u8], span: Span) -> &str {
    core::str::from_utf8(span.of(document).unwrap_or_default()).unwrap_or_default()
}

impl Member {
    /// The field of the member, its value left open.
    pub(super) fn field<'a>(&self, document: &'a [u8]) -> Field<'a> {
        let name = text(document, self.name);
        let range = self.value.range();
        let meaning = names::member(self.place, name);
        let index = self
            .index
            .map_or(Value::None, |index| Value::Integer(index.into()));
        let problem = if self.is_cut { "is cut" } else { "" };
        Field::new(name, range.start, range.len(), index)
            .meaning(meaning)
            .problem(problem)
    }

    /// Whether this is the id of an account and says who it belongs to.
    fn names_a_person(&self, document: &[u8], id: &[u8]) -> bool {
        let account = self.account.map(|account| text(document, account).chars());
        self.place == Place::User
            && core::str::from_utf8(id).is_ok_and(|id| names_a_person(id, account))
    }

    /// The field, with what is wrong with the value's encoding.
    pub(super) fn encoded<'a>(&self, document: &'a [u8], problem: &'static str) -> Field<'a> {
        let field = self.field(document);
        if self.is_cut {
            field
        } else {
            field.problem(problem)
        }
    }
}

/// Explains a document that holds no other artefacts than certificates: client data, the halves of a
/// token.
pub(super) fn explain_flat(kind: Artefact, document: &mut [u8], visitor: &mut dyn Visitor) {
    explain_document(kind, document, visitor, explain_flat_member);
}

pub(super) fn explain_document(
    kind: Artefact,
    document: &mut [u8],
    visitor: &mut dyn Visitor,
    explain_member: fn(&mut [u8], &Member, &mut dyn Visitor),
) {
    visitor.begin_artefact(kind, document);
    let offset = document
        .len()
        .saturating_sub(guess::strip_bom(document).len());
    let document = document.get_mut(offset..).unwrap_or_default();
    let place = match kind {
        Artefact::CreationOptions | Artefact::RequestOptions => Place::Options,
        _ => Place::Elsewhere,
    };
    let found = members(document, place);
    for member in &found.list {
        explain_member(document, member, visitor);
    }
    if !found.complete {
        let fault = Fault::new(What::Json, FaultKind::Limit, 0);
        visitor.broken(&Break::of(kind.name(), fault));
        // What the members that are not followed would have ended.
        let count = |kind| {
            found
                .list
                .iter()
                .filter(|member| member.kind == kind)
                .count()
        };
        for _ in count(Kind::End)..count(Kind::Open) {
            visitor.end();
        }
    }
    if let Some(fault) = found.fault {
        visitor.broken(&Break::of(kind.name(), fault));
    }
    visitor.end();
}

/// Decodes base64 in place; a form that WebAuthn's JSON does not allow is a problem.
pub(super) fn decode(document: &mut [u8], span: Span) -> Option<(Span, &'static str)> {
    if span.range().is_empty() {
        return Some((span, ""));
    }
    let decoded = guess::decode_base64(document, span)?;
    let problem = if decoded.is_base64url() {
        ""
    } else {
        NOT_BASE64URL
    };
    Some((decoded.span, problem))
}

pub(super) const NOT_BASE64URL: &str = "is not base64url without padding";
/// What is wrong with the id of an account; the check of a policy has the sentence.
const NAMES_A_PERSON: &str =
    "is a name or an address, and authenticators give it out: it has to be random bytes";

/// Explains a member in which nothing else than a certificate is looked into.
pub(super) fn explain_flat_member(document: &mut [u8], member: &Member, visitor: &mut dyn Visitor) {
    match member.kind {
        Kind::Encoded(Carries::Bytes) => match decode(document, member.value) {
            Some((decoded, problem)) => {
                let bytes = decoded.of(document).unwrap_or_default();
                let problem = if problem.is_empty() && member.names_a_person(document, bytes) {
                    NAMES_A_PERSON
                } else {
                    problem
                };
                let value = Value::Bytes(bytes);
                let field = member.encoded(document, problem);
                visitor.field(&Field { value, ..field });
            }
            None => visitor.field(&member.encoded(document, NOT_BASE64URL)),
        },
        Kind::Encoded(Carries::Certificate) => {
            let decoded = guess::decode_base64(document, member.value);
            explain_certificate(
                document,
                member,
                decoded.map(|decoded| decoded.span),
                visitor,
            );
        }
        Kind::Encoded(Carries::Pem) => {
            let plain = json::unescape(document, member.value);
            let block = document
                .get_mut(..plain.range().end)
                .and_then(|text| guess::next_pem_block(text, plain.range().start));
            let decoded = block.and_then(|block| block.decoded);
            explain_certificate(document, member, decoded, visitor);
        }
        _ => show(document, member, visitor),
    }
}

fn explain_certificate(
    document: &[u8],
    member: &Member,
    decoded: Option<Span>,
    visitor: &mut dyn Visitor,
) {
    let field = member.field(document);
    match decoded.and_then(|decoded| decoded.of(document)) {
        Some(bytes) => {
            visitor.begin(&field);
            part::explain(Artefact::Certificate, bytes, visitor);
            visitor.end();
        }
        None => visitor.field(&field.problem("is not base64")),
    }
}

/// Shows a member verbatim.
fn show(document: &[u8], member: &Member, visitor: &mut dyn Visitor) {
    let field = member.field(document);
    let value = text(document, member.value);
    let value = match member.kind {
        Kind::Open => return visitor.begin(&field),
        Kind::End => return visitor.end(),
        Kind::Bool(boolean) => Value::Bool(boolean),
        Kind::Raw => match (field.name, value.parse::<i64>()) {
            ("iat" | "exp" | "nbf" | "auth_time", Ok(seconds)) => Value::Time(seconds),
            ("timestampMs", Ok(milliseconds)) => {
                Value::Time(milliseconds.checked_div(1000).unwrap_or(0))
            }
            ("alg", Ok(number)) if member.place == Place::Parameters => {
                let meaning = names::algorithm(number);
                let value = Value::Integer(number);
                return visitor.field(&Field {
                    value,
                    meaning,
                    ..field
                });
            }
            (_, Ok(number)) => Value::Integer(number),
            (_, Err(_)) => Value::Text(value),
        },
        Kind::Text | Kind::Encoded(_) => Value::Text(value),
    };
    visitor.field(&Field { value, ..field });
}

/// Explains a signed token (RFC 7515, compact serialisation). Nothing here verifies its signature.
pub(super) fn explain_token(token: &mut [u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(Artefact::Token, token);
    let mut start = 0_usize;
    for (name, meaning) in [
        ("header", "how the token is signed"),
        ("claims", "what the token says"),
        ("signature", "over header and claims; not verified here"),
    ] {
        let Some(rest) = token.get(start..) else {
            visitor.broken(&Break {
                why: "a dot separates its parts",
                ..Fault::new(
                    What::SignedTokenThreeParts,
                    FaultKind::Truncated,
                    token.len(),
                )
                .into()
            });
            break;
        };
        let length = rest
            .iter()
            .position(|byte| *byte == b'.')
            .unwrap_or(rest.len());
        let part = Span::new(start, start.saturating_add(length));
        let field = Field::new(name, start, length, Value::None).meaning(meaning);
        match decode(token, part) {
            None => visitor.field(&field.problem(NOT_BASE64URL)),
            Some((decoded, problem)) if name == "signature" => {
                let value = Value::Bytes(decoded.of(token).unwrap_or_default());
                let field = field.problem(problem);
                visitor.field(&Field { value, ..field });
            }
            Some((decoded, problem)) => {
                visitor.begin(&field.problem(problem));
                if let Some(bytes) = token.get_mut(decoded.range()) {
                    explain_flat(Artefact::Json, bytes, visitor);
                }
                visitor.end();
            }
        }
        start = part.range().end.saturating_add(1);
    }
    visitor.end();
}
