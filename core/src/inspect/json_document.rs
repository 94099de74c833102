//! JSON documents: responses, checks, client data, and the two halves of a token.
//!
//! A document is scanned once for its members; those that carry an artefact in base64url are then
//! decoded where they lie and explained in their place.

use heapless::Vec;

use super::{Artefact, Field, Value, Visitor, artefact, guess, names};
use crate::encoding::json::{self, Content, Members};
use crate::encoding::{Fault, FaultKind, Span, base64url};

/// Members of one document that are explained; a response has about fifteen.
const MEMBERS_MAX: usize = 96;
/// Objects within objects that are followed.
const NESTING_MAX: usize = 4;

/// A member, by where it lies.
#[derive(Clone, Copy)]
struct Member {
    name: Span,
    value: Span,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An object, whose members follow up to the matching end.
    Open,
    End,
    /// A string; the span is what stands between its quotes.
    Text,
    Bool(bool),
    /// A number, null or an array, shown as it stands.
    Raw,
    /// A string of base64url that carries this.
    Encoded(Carries),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    Bytes,
    ClientData,
    Token,
    /// An artefact that its own bytes tell.
    Artefact,
}

fn carries(name: &json::JsonStr<'_>) -> Option<Carries> {
    const CARRIERS: [(&str, Carries); 10] = [
        ("rawId", Carries::Bytes),
        ("challenge", Carries::Bytes),
        ("userHandle", Carries::Bytes),
        ("signature", Carries::Artefact),
        ("clientDataJSON", Carries::ClientData),
        ("attestationObject", Carries::Artefact),
        ("authenticatorData", Carries::Artefact),
        ("publicKey", Carries::Artefact),
        ("challenge_token", Carries::Token),
        ("login_token", Carries::Token),
    ];
    CARRIERS
        .iter()
        .find(|(carrier, _)| *name == **carrier)
        .map(|(_, carries)| *carries)
}

type MemberList = Vec<Member, MEMBERS_MAX>;

/// The members of a document from front to back, and whether there are more than are followed.
fn members(document: &[u8], what: &'static str) -> Result<(MemberList, bool), Fault> {
    let value = json::Value::parse(document, what)?;
    let mut open: Vec<Members<'_>, NESTING_MAX> = Vec::new();
    let top = value
        .as_object()
        .ok_or(Fault::new(what, FaultKind::Type, 0))?;
    let mut list = MemberList::new();
    let mut complete = open.push(top).is_ok();
    while let Some(innermost) = open.last_mut() {
        let member = match innermost.next() {
            None => {
                open.pop();
                let nowhere = Span::new(0, 0);
                Member {
                    name: nowhere,
                    value: nowhere,
                    kind: Kind::End,
                }
            }
            Some((name, value)) => {
                let mut span = value.span();
                let kind = match value.content() {
                    Content::Object(members) if open.push(members).is_ok() => Kind::Open,
                    Content::String(text) => {
                        span = text.span();
                        carries(&name).map_or(Kind::Text, Kind::Encoded)
                    }
                    Content::Bool(boolean) => Kind::Bool(boolean),
                    _ => Kind::Raw,
                };
                Member {
                    name: name.span(),
                    value: span,
                    kind,
                }
            }
        };
        // The end of the document itself closes nothing that was opened here.
        if !open.is_empty() || member.kind != Kind::End {
            complete &= list.push(member).is_ok();
        }
    }
    Ok((list, complete))
}

fn text(document: &[u8], span: Span) -> &str {
    core::str::from_utf8(span.of(document).unwrap_or_default()).unwrap_or_default()
}

/// Explains a document and the artefacts in it.
pub(super) fn explain(kind: Artefact, document: &mut [u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(kind, document.len());
    match members(document, kind.name()) {
        Ok((list, complete)) => {
            for member in &list {
                explain_member(document, member, visitor);
            }
            end_list(kind, &list, complete, visitor);
        }
        Err(fault) => visitor.broken(&fault),
    }
    visitor.end();
}

/// Says that there were more members than are followed, and ends the structures that this left open.
fn end_list(kind: Artefact, list: &MemberList, complete: bool, visitor: &mut dyn Visitor) {
    if complete {
        return;
    }
    visitor.broken(&Fault::new(kind.name(), FaultKind::Limit, 0));
    let count = |kind| list.iter().filter(|member| member.kind == kind).count();
    for _ in count(Kind::End)..count(Kind::Open) {
        visitor.end();
    }
}

fn explain_member(document: &mut [u8], member: &Member, visitor: &mut dyn Visitor) {
    let Kind::Encoded(carried) = member.kind else {
        show(document, member, visitor);
        return;
    };
    if carried == Carries::Token {
        begin(document, member, visitor);
        if let Some(token) = document.get_mut(member.value.range()) {
            explain_token(token, visitor);
        }
        visitor.end();
        return;
    }
    let Some(decoded) = base64url::decode(document, member.value) else {
        let name = text(document, member.name);
        let field = Field::new(
            name,
            member.value.range().start,
            member.value.range().len(),
            Value::None,
        );
        visitor.field(
            &field
                .meaning(names::member(name))
                .problem("is not base64url without padding"),
        );
        return;
    };
    let bytes = decoded.of(document).unwrap_or_default();
    match carried {
        Carries::Bytes => {
            let name = text(document, member.name);
            let range = member.value.range();
            let field = Field::new(name, range.start, range.len(), Value::Bytes(bytes));
            visitor.field(&field.meaning(names::member(name)));
        }
        Carries::ClientData => {
            begin(document, member, visitor);
            explain_flat(Artefact::ClientData, bytes, visitor);
            visitor.end();
        }
        Carries::Artefact | Carries::Token => {
            begin(document, member, visitor);
            artefact::explain_bytes(bytes, visitor);
            visitor.end();
        }
    }
}

fn begin(document: &[u8], member: &Member, visitor: &mut dyn Visitor) {
    let name = text(document, member.name);
    let range = member.value.range();
    let field = Field::new(name, range.start, range.len(), Value::None);
    visitor.begin(&field.meaning(names::member(name)));
}

/// Shows a member as it stands.
fn show(document: &[u8], member: &Member, visitor: &mut dyn Visitor) {
    let name = text(document, member.name);
    let value = text(document, member.value);
    let range = member.value.range();
    let field =
        |value| Field::new(name, range.start, range.len(), value).meaning(names::member(name));
    match member.kind {
        Kind::Open => visitor.begin(&field(Value::None)),
        Kind::End => visitor.end(),
        Kind::Bool(boolean) => visitor.field(&field(Value::Bool(boolean))),
        Kind::Raw => match (name, value.parse()) {
            ("iat" | "exp" | "nbf" | "auth_time", Ok(seconds)) => {
                visitor.field(&field(Value::Time(seconds)));
            }
            (_, Ok(number)) => visitor.field(&field(Value::Integer(number))),
            (_, Err(_)) => visitor.field(&field(Value::Text(value))),
        },
        Kind::Text | Kind::Encoded(_) => visitor.field(&field(Value::Text(value))),
    }
}

/// Explains a document in which nothing is looked into any further: client data, a token's halves.
fn explain_flat(kind: Artefact, document: &[u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(kind, document.len());
    match members(guess::strip_bom(document), kind.name()) {
        Ok((list, complete)) => {
            for member in &list {
                show(guess::strip_bom(document), member, visitor);
            }
            end_list(kind, &list, complete, visitor);
        }
        Err(fault) => visitor.broken(&fault),
    }
    visitor.end();
}

/// Explains a signed token (RFC 7515, compact serialisation). Nothing here verifies its signature.
pub(super) fn explain_token(token: &mut [u8], visitor: &mut dyn Visitor) {
    visitor.begin_artefact(Artefact::Token, token.len());
    let mut start = 0_usize;
    for (name, meaning) in [
        ("header", "how the token is signed"),
        ("claims", "what the token says"),
        ("signature", "over header and claims; not verified here"),
    ] {
        let rest = token.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| *byte == b'.')
            .unwrap_or(rest.len());
        let part = Span::new(start, start.saturating_add(length));
        let field = Field::new(name, start, length, Value::None).meaning(meaning);
        let decoded = base64url::decode(token, part);
        match decoded.and_then(|decoded| decoded.of(token)) {
            None => visitor.field(&field.problem("is not base64url without padding")),
            Some(bytes) if name == "signature" => {
                visitor.field(&Field {
                    value: Value::Bytes(bytes),
                    ..field
                });
            }
            Some(bytes) => {
                visitor.begin(&field);
                explain_flat(Artefact::Json, bytes, visitor);
                visitor.end();
            }
        }
        start = part.range().end.saturating_add(1);
    }
    visitor.end();
}
