use core::fmt;

use crate::data::{Aaguid, Certificate};

/// An authenticator model, as a registration names it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Model<'a> {
    /// The AAGUID: all zero for FIDO U2F keys, whose AAGUID is not signed.
    pub aaguid: Aaguid,
    /// The attestation certificate, if there is one: it distinguishes the models of FIDO U2F keys.
    pub certificate: Option<Certificate<'a>>,
}

/// What a relying party knows of authenticator models, from the FIDO metadata for example. Consulted in
/// steps 23 and 24 of [section 7.1](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential).
pub trait Models: fmt::Debug + Sync {
    /// The model's root certificates in DER, by index from 0 until `None`. If there are any, the policy's
    /// roots do not apply to the model.
    fn root(&self, model: &Model<'_>, index: usize) -> Option<&[u8]>;

    /// Whether the model may be registered.
    fn standing(&self, model: &Model<'_>) -> Standing;
}

/// Whether an authenticator model may be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Accepted,
    /// The relying party does not accept it.
    NotAccepted,
    /// It is revoked, or known to be compromised.
    Revoked,
}

impl<'a> Model<'a> {
    pub(crate) const fn new(aaguid: Aaguid, certificate: Option<Certificate<'a>>) -> Self {
        Self {
            aaguid,
            certificate,
        }
    }
}
