use super::attestation_object::AttestationObject;
use super::{Aaguid, AuthenticatorData, ClientExtensionResults};
use crate::encoding::json::Value;
use crate::encoding::{Fault, FaultKind, What};

/// Bytes of a response, or why there are none: malformed ones wait for the step that reads them.
pub(crate) type Field<'a> = Result<&'a [u8], Fault>;

/// What both kinds of response have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'a> {
    /// The credential id, where the response has the form of its ceremony.
    pub(crate) id: Field<'a>,
    pub(crate) client_extension_results: ClientExtensionResults,
    pub(crate) client_data_json: Field<'a>,
}

impl<'a> Envelope<'a> {
    fn new(id: &'a [u8], client_data_json: &'a [u8]) -> Self {
        Self {
            id: if id.is_empty() {
                Err(Fault::new(What::Id, FaultKind::Length, 0))
            } else {
                Ok(id)
            },
            client_extension_results: ClientExtensionResults::NONE,
            client_data_json: Ok(client_data_json),
        }
    }
}

/// The response to a registration (WebAuthn sections 5.1 and 5.2.1), only taken apart: nothing of it
/// has been judged.
#[derive(Clone, Copy, Debug)]
pub struct RegistrationResponse<'a> {
    pub(crate) envelope: Envelope<'a>,
    pub(crate) attestation_object: Field<'a>,
    /// A JSON array of strings, or nothing.
    pub(crate) transports: &'a [u8],
}

impl<'a> RegistrationResponse<'a> {
    /// The response of these parts: `rawId`, `clientDataJSON` and `attestationObject`.
    #[must_use]
    pub fn new(id: &'a [u8], client_data_json: &'a [u8], attestation_object: &'a [u8]) -> Self {
        Self {
            envelope: Envelope::new(id, client_data_json),
            attestation_object: Ok(attestation_object),
            transports: &[],
        }
    }

    /// The credential id; `None` where the response does not have its form.
    #[must_use]
    pub fn id(&self) -> Option<&'a [u8]> {
        self.envelope.id.ok()
    }

    /// The model that the authenticator says it is of, all zero where it does not identify it; `None` where the
    /// response cannot be read so far. Nothing proves it.
    #[must_use]
    pub fn aaguid(&self) -> Option<Aaguid> {
        let object = AttestationObject::parse(self.attestation_object.ok()?).ok()?;
        let data = AuthenticatorData::parse(object.auth_data).ok()?;
        data.attested_credential_data().map(|data| data.aaguid())
    }

    /// The transports that the browser has reported, such as `internal` or `hybrid`. Nothing proves
    /// them, and there may be any number.
    pub fn transports(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let elements = Value::parse(self.transports, What::Transports)
            .ok()
            .and_then(Value::as_array);
        elements
            .into_iter()
            .flatten()
            .filter_map(|transport| transport.as_str()?.plain())
    }

    pub(crate) const fn shape(&self) -> Field<'a> {
        self.envelope.id
    }

    pub(crate) const fn client_extension_results(&self) -> &ClientExtensionResults {
        &self.envelope.client_extension_results
    }

    pub(crate) const fn client_data_json(&self) -> Field<'a> {
        self.envelope.client_data_json
    }

    pub(crate) const fn attestation_object(&self) -> Field<'a> {
        self.attestation_object
    }
}

/// The response to a sign-in (WebAuthn sections 5.1 and 5.2.2), only taken apart: nothing of it has
/// been judged.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticationResponse<'a> {
    pub(crate) envelope: Envelope<'a>,
    pub(crate) authenticator_data: Field<'a>,
    pub(crate) signature: Field<'a>,
    pub(crate) user_handle: Result<Option<&'a [u8]>, Fault>,
}

impl<'a> AuthenticationResponse<'a> {
    /// The response of these parts: `rawId`, `clientDataJSON`, `authenticatorData` and `signature`.
    #[must_use]
    pub fn new(
        id: &'a [u8],
        client_data_json: &'a [u8],
        authenticator_data: &'a [u8],
        signature: &'a [u8],
    ) -> Self {
        Self {
            envelope: Envelope::new(id, client_data_json),
            authenticator_data: Ok(authenticator_data),
            signature: Ok(signature),
            user_handle: Ok(None),
        }
    }

    /// The same response with the user handle that it carried.
    #[must_use]
    pub const fn with_user_handle(mut self, user_handle: &'a [u8]) -> Self {
        self.user_handle = Ok(Some(user_handle));
        self
    }

    /// The credential id; `None` where the response does not have its form.
    #[must_use]
    pub fn id(&self) -> Option<&'a [u8]> {
        self.envelope.id.ok()
    }

    /// The user handle, where the response carries a readable one. An empty one counts as none.
    #[must_use]
    pub fn user_handle(&self) -> Option<&'a [u8]> {
        let user_handle = self.user_handle.ok().flatten();
        user_handle.filter(|user_handle| !user_handle.is_empty())
    }

    pub(crate) const fn shape(&self) -> Field<'a> {
        self.envelope.id
    }

    pub(crate) const fn client_extension_results(&self) -> &ClientExtensionResults {
        &self.envelope.client_extension_results
    }

    pub(crate) const fn client_data_json(&self) -> Field<'a> {
        self.envelope.client_data_json
    }

    pub(crate) const fn authenticator_data(&self) -> Field<'a> {
        self.authenticator_data
    }

    pub(crate) const fn signature(&self) -> Field<'a> {
        self.signature
    }

    pub(crate) const fn checked_user_handle(&self) -> Result<Option<&'a [u8]>, Fault> {
        self.user_handle
    }
}
