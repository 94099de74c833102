//! Key pairs on P-256 inside the token.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::TokenError;

/// The object identifier of P-256 in DER: `CKA_EC_PARAMS`.
pub(super) const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// An uncompressed point of P-256, `04 || x || y`.
pub type Point = [u8; 65];

/// How a key pair is found: by label (`CKA_LABEL`), by ID (`CKA_ID`), or by both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyName {
    /// The label.
    pub label: Option<String>,
    /// The ID.
    pub id: Option<Vec<u8>>,
}

/// A key pair of which the private half does not leave the token.
#[derive(Clone, Copy, Debug)]
pub struct KeyPair {
    pub(super) private: ObjectHandle,
    public: Point,
}

impl KeyPair {
    /// The public half. It is proven to be that with the first signature.
    #[must_use]
    pub const fn public(&self) -> &Point {
        &self.public
    }

    /// Finds the only pair of that name.
    pub(super) fn find(session: &Session, name: &KeyName) -> Result<Self, TokenError> {
        let private = find_one(session, name, ObjectClass::PRIVATE_KEY, "private key")?;
        let wanted = [AttributeType::Sensitive, AttributeType::Extractable];
        let found = session.get_attributes(private, &wanted)?;
        if !found.contains(&Attribute::Sensitive(true))
            || !found.contains(&Attribute::Extractable(false))
        {
            return Err(TokenError::KeyExportable);
        }
        let public = find_one(session, name, ObjectClass::PUBLIC_KEY, "public key")?;
        let attributes = session.get_attributes(public, &[AttributeType::EcPoint])?;
        let octet_string = match attributes.first() {
            Some(Attribute::EcPoint(octet_string)) => octet_string.as_slice(),
            _ => &[],
        };
        // The point is inside a DER octet string.
        let point = octet_string.strip_prefix(&[0x04, 65]).unwrap_or_default();
        Ok(Self {
            private,
            public: point
                .try_into()
                .map_err(|_| TokenError::KeyMissing("public key"))?,
        })
    }

    /// Whether `r || s` is a signature of this pair.
    pub(super) fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        Digest::import_less_safe(digest, &SHA256).is_ok_and(|digest| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.public)
                .verify_digest(&digest, signature)
                .is_ok()
        })
    }
}

/// Keys of that name and class.
pub(super) fn find_all(
    session: &Session,
    name: &KeyName,
    class: ObjectClass,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut template = vec![
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC),
        Attribute::EcParams(P256.to_vec()),
    ];
    let label = name.label.as_ref();
    template.extend(label.map(|label| Attribute::Label(label.as_bytes().to_vec())));
    template.extend(name.id.clone().map(Attribute::Id));
    Ok(session.find_objects(&template)?)
}

fn find_one(
    session: &Session,
    name: &KeyName,
    class: ObjectClass,
    what: &'static str,
) -> Result<ObjectHandle, TokenError> {
    match find_all(session, name, class)?.as_slice() {
        [key] => Ok(*key),
        [] => Err(TokenError::KeyMissing(what)),
        _ => Err(TokenError::KeyAmbiguous(what)),
    }
}
