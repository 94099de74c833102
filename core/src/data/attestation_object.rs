use crate::encoding::cbor::{Content, Item};
use crate::encoding::{Fault, FaultKind, What};

/// An [attestation object](https://www.w3.org/TR/webauthn-3/#attestation-object), its parts not looked into
/// yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttestationObject<'a> {
    pub(crate) fmt: &'a str,
    pub(crate) att_stmt: Item<'a>,
    pub(crate) auth_data: &'a [u8],
    pub(crate) canonical: bool,
}

impl<'a> AttestationObject<'a> {
    /// Reads an attestation object that is the whole input: a map of exactly `fmt`, `attStmt` and
    /// `authData`, in any order.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let parsed = Self::read(bytes);
        #[cfg(feature = "json")]
        let parsed = parsed.map_err(|fault| fault.or_encoded(bytes));
        parsed
    }

    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        const WHAT: What = What::AttestationObject;
        let (object, form) = Item::parse(bytes, WHAT)?;
        let members = object
            .as_map()
            .ok_or(Fault::new(WHAT, FaultKind::Type, 0))?;
        let (mut fmt, mut att_stmt, mut auth_data) = (None, None, None);
        for (name, value) in members {
            match name.as_text() {
                Some("fmt") => fmt = Some(value),
                Some("attStmt") => att_stmt = Some(value),
                Some("authData") => auth_data = Some(value),
                _ => {
                    return Err(Fault::new(
                        What::AttestationObjectMember,
                        FaultKind::Unexpected,
                        0,
                    ));
                }
            }
        }
        Ok(Self {
            fmt: member(fmt, Item::as_text, What::Fmt)?,
            att_stmt: member(
                att_stmt,
                |item| is_statement(item).then_some(item),
                What::AttStmt,
            )?,
            auth_data: member(auth_data, Item::as_bytes, What::AuthData)?,
            canonical: form.canonical,
        })
    }
}

/// Every statement is a map, but for a compound one, which is an array of them.
fn is_statement(item: Item<'_>) -> bool {
    matches!(item.content(), Content::Map(_) | Content::Array(_))
}

fn member<'a, T>(
    item: Option<Item<'a>>,
    read: impl FnOnce(Item<'a>) -> Option<T>,
    what: What,
) -> Result<T, Fault> {
    let item = item.ok_or(Fault::new(what, FaultKind::Missing, 0))?;
    read(item).ok_or(Fault::new(what, FaultKind::Type, 0))
}
