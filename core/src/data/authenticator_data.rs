use super::Aaguid;
use crate::encoding::cbor::Item;
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

/// [Authenticator data](https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data), borrowed from the response.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticatorData<'a> {
    bytes: &'a [u8],
    rp_id_hash: &'a [u8; 32],
    flags: Flags,
    sign_count: u32,
    attested: Option<AttestedCredentialData<'a>>,
    extensions: Option<Item<'a>>,
    canonical: bool,
}

/// The flags byte of authenticator data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

/// [Attested credential data](https://www.w3.org/TR/webauthn-3/#sctn-attested-credential-data).
#[derive(Clone, Copy, Debug)]
pub struct AttestedCredentialData<'a> {
    aaguid: &'a [u8; 16],
    credential_id: &'a [u8],
    credential_public_key: &'a [u8],
}

const WHAT: What = What::AuthenticatorData;

impl Flags {
    /// The flags of a byte.
    #[must_use]
    pub const fn new(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte itself.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// UP: the user was present.
    #[must_use]
    pub const fn user_present(self) -> bool {
        self.has(0)
    }

    /// UV: the authenticator verified the user.
    #[must_use]
    pub const fn user_verified(self) -> bool {
        self.has(2)
    }

    /// BE: the credential may be copied to other devices.
    #[must_use]
    pub const fn backup_eligible(self) -> bool {
        self.has(3)
    }

    /// BS: the credential is currently backed up.
    #[must_use]
    pub const fn backup_state(self) -> bool {
        self.has(4)
    }

    /// AT: attested credential data follow.
    #[must_use]
    pub const fn attested_credential_data(self) -> bool {
        self.has(6)
    }

    /// ED: extension data follow.
    #[must_use]
    pub const fn extension_data(self) -> bool {
        self.has(7)
    }

    const fn has(self, bit: u8) -> bool {
        self.0 & (1 << bit) != 0
    }
}

impl<'a> AuthenticatorData<'a> {
    /// Reads authenticator data that are the whole input.
    ///
    /// # Errors
    ///
    /// [`Fault`] where the bytes are not what their flags announce, or more.
    #[inline(never)]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let parsed = Self::read(bytes);
        #[cfg(feature = "json")]
        let parsed = parsed.map_err(|fault| fault.or_encoded(bytes));
        parsed
    }

    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(bytes);
        let rp_id_hash = reader.array_ref(WHAT)?;
        let flags = Flags::new(reader.byte(WHAT)?);
        let sign_count = u32::from_be_bytes(reader.array(WHAT)?);
        let mut canonical = true;
        let attested = if flags.attested_credential_data() {
            Some(AttestedCredentialData::read(&mut reader, &mut canonical)?)
        } else {
            None
        };
        let extensions = if flags.extension_data() {
            Some(read_extensions(&mut reader, &mut canonical)?)
        } else {
            None
        };
        reader.finish(WHAT)?;
        Ok(Self {
            bytes,
            rp_id_hash,
            flags,
            sign_count,
            attested,
            extensions,
            canonical,
        })
    }

    /// The bytes that were read: what the authenticator has signed.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// SHA-256 of the RP ID that the authenticator acted for.
    #[must_use]
    pub const fn rp_id_hash(&self) -> &'a [u8; 32] {
        self.rp_id_hash
    }

    /// The flags.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The signature counter.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// The new credential, in a registration.
    #[must_use]
    pub const fn attested_credential_data(&self) -> Option<&AttestedCredentialData<'a>> {
        self.attested.as_ref()
    }

    /// The authenticator extension outputs: one CBOR map, as it was encoded.
    #[must_use]
    pub fn extensions(&self) -> Option<&'a [u8]> {
        self.extensions.map(Item::bytes)
    }

    pub(crate) const fn extensions_item(&self) -> Option<Item<'a>> {
        self.extensions
    }

    pub(crate) const fn is_canonical(&self) -> bool {
        self.canonical
    }
}

#[inline(never)]
fn read_extensions<'a>(reader: &mut Reader<'a>, canonical: &mut bool) -> Result<Item<'a>, Fault> {
    const WHAT: What = What::AuthenticatorExtensionOutputs;
    let at = reader.position();
    let (item, form) = Item::read(reader, WHAT)?;
    *canonical &= form.canonical;
    if item.as_map().is_none() {
        return Err(Fault::new(WHAT, FaultKind::Type, at));
    }
    Ok(item)
}

impl<'a> AttestedCredentialData<'a> {
    #[inline(never)]
    fn read(reader: &mut Reader<'a>, canonical: &mut bool) -> Result<Self, Fault> {
        const WHAT: What = What::AttestedCredentialData;
        let aaguid = reader.array_ref(WHAT)?;
        let length = u16::from_be_bytes(reader.array(WHAT)?);
        let credential_id = reader.take(usize::from(length), WHAT)?;
        // Only walking the key shows where it ends.
        let (key, form) = Item::read(reader, What::CredentialPublicKey)?;
        *canonical &= form.canonical;
        Ok(Self {
            aaguid,
            credential_id,
            credential_public_key: key.bytes(),
        })
    }

    /// The authenticator's model; all zero if it does not identify it.
    #[must_use]
    pub const fn aaguid(&self) -> Aaguid {
        Aaguid::new(*self.aaguid)
    }

    /// The credential id.
    #[must_use]
    pub const fn credential_id(&self) -> &'a [u8] {
        self.credential_id
    }

    /// The credential public key, in its `COSE_Key` encoding.
    #[must_use]
    pub const fn credential_public_key(&self) -> &'a [u8] {
        self.credential_public_key
    }
}
