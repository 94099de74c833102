//! The two operations that are measured, on the inputs from the console.

use portcullis_core::data::ClientDataReader;
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy,
    RegistrationResponse, verify_authentication, verify_registration,
};

use crate::measure::Fields;

/// The RP id of everything that is measured.
pub const RP_ID: &str = "example.org";
/// The origin of everything that is measured.
pub const ORIGIN: Origin<'static> = Origin::exact("https://example.org");

/// The policies lie in flash: firmware knows them when it is built.
const POLICY: Policy<'_> = Policy::new(&[RP_ID], &[ORIGIN]);
const LIMITED: Policy<'_> = POLICY.with_client_data(ClientDataReader::LIMITED);

/// Verifies one assertion: challenge, credential id, public key, client data, authenticator data,
/// signature.
#[must_use]
pub fn authentication(fields: Fields<'_>, crypto: &Crypto<'_>) -> bool {
    verify(fields, crypto, &POLICY)
}

/// The same, with client data as the limited verification reads them.
#[must_use]
pub fn limited_authentication(fields: Fields<'_>, crypto: &Crypto<'_>) -> bool {
    verify(fields, crypto, &LIMITED)
}

#[inline(always)]
fn verify(mut fields: Fields<'_>, crypto: &Crypto<'_>, policy: &Policy<'_>) -> bool {
    let Some(challenge) = Challenge::new(fields.field()) else {
        return false;
    };
    let id = fields.field();
    let record = CredentialRecord::new(id, fields.field(), 0);
    let response = AuthenticationResponse::new(id, fields.field(), fields.field(), fields.field());
    verify_authentication(&response, Some(&record), challenge, policy, crypto, &mut ()).is_ok()
}

/// Verifies one registration: challenge, credential id, client data, attestation object.
#[must_use]
pub fn registration(mut fields: Fields<'_>, crypto: &Crypto<'_>) -> bool {
    let Some(challenge) = Challenge::new(fields.field()) else {
        return false;
    };
    let response = RegistrationResponse::new(fields.field(), fields.field(), fields.field());
    verify_registration(&response, challenge, &POLICY, crypto, &mut ()).is_ok()
}
