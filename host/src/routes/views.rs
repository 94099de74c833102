//! JSON forms that several calls share.

use core::fmt::Write as _;
use std::io::Cursor;

use qrcodegen::{QrCode, QrCodeEcc};
use rocket::http::{ContentType, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::encoding::base64url;
use crate::store::{Account, Credential, CredentialState};

/// An answer that is no longer is written into one piece of memory: most of its bytes are a token's.
const USUAL_ANSWER: usize = 2_048;

/// An AAGUID as text, in bytes.
const AAGUID: usize = 36;

/// An answer that carries tokens or personal data: no cache may keep it.
pub(super) struct Private<T>(pub(super) T);

impl<'r, T: Serialize> Responder<'r, 'static> for Private<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut body = Vec::with_capacity(USUAL_ANSWER);
        serde_json::to_writer(&mut body, &self.0).map_err(|_| Status::InternalServerError)?;
        Response::build()
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-store")
            .sized_body(body.len(), Cursor::new(body))
            .ok()
    }
}

/// An answer that sets the session's cookie, or clears it.
pub(super) struct WithCookie<R>(pub(super) R, pub(super) Option<String>);

impl<'r, R: Responder<'r, 'static>> Responder<'r, 'static> for WithCookie<R> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.0.respond_to(request)?;
        if let Some(cookie) = self.1 {
            response.set_raw_header("Set-Cookie", cookie);
        }
        Ok(response)
    }
}

/// What `begin` answers: the options, and the token that `complete` wants back.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun<O> {
    #[serde(rename = "publicKey")]
    pub(super) public_key: O,
    pub(super) challenge_token: String,
}

/// `PublicKeyCredentialDescriptorJSON`.
#[derive(Serialize, ToSchema)]
pub(super) struct Descriptor {
    pub(super) r#type: &'static str,
    pub(super) id: String,
    pub(super) transports: Vec<String>,
}

impl From<Credential> for Descriptor {
    fn from(credential: Credential) -> Self {
        Self {
            r#type: "public-key",
            id: base64url(&credential.id),
            transports: credential.transports,
        }
    }
}

/// A credential record as the caller sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Credential)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialView {
    pub(super) id: String,
    pub(super) public_key: String,
    pub(super) algorithm: i32,
    pub(super) aaguid: String,
    pub(super) transports: Vec<String>,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
    pub(super) backup_state: bool,
    pub(super) user_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Before>,
}

/// The record that a sign-in was verified against.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Before {
    pub(super) sign_count: u32,
    pub(super) backup_state: bool,
}

impl From<Credential> for CredentialView {
    fn from(mut credential: Credential) -> Self {
        let transports = core::mem::take(&mut credential.transports);
        Self {
            transports,
            ..Self::from(&credential)
        }
    }
}

impl From<&Credential> for CredentialView {
    fn from(credential: &Credential) -> Self {
        let mut aaguid = String::with_capacity(AAGUID);
        // Writing to a string does not fail.
        let _ = write!(aaguid, "{}", credential.aaguid);
        Self {
            id: base64url(&credential.id),
            public_key: base64url(&credential.public_key),
            algorithm: credential.algorithm,
            aaguid,
            transports: credential.transports.clone(),
            sign_count: credential.state.sign_count,
            backup_eligible: credential.state.backup_eligible,
            backup_state: credential.state.backup_state,
            user_verified: credential.state.user_verified,
            before: None,
        }
    }
}

impl From<CredentialState> for Before {
    fn from(state: CredentialState) -> Self {
        Self {
            sign_count: state.sign_count,
            backup_state: state.backup_state,
        }
    }
}

/// What a page hands to the browser's Signal API
/// (<https://www.w3.org/TR/webauthn-3/#sctn-signal-methods>).
#[derive(Serialize, ToSchema)]
#[schema(as = Signal)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignalView {
    all_accepted_credentials: AllAcceptedCredentials,
    current_user_details: CurrentUserDetails,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AllAcceptedCredentials {
    rp_id: String,
    user_id: String,
    all_accepted_credential_ids: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CurrentUserDetails {
    rp_id: String,
    user_id: String,
    name: String,
    display_name: String,
}

impl SignalView {
    pub(super) fn of(account: &Account, rp_id: &str) -> Self {
        let user_id = base64url(account.handle.as_bytes());
        let ids = account.credentials.iter();
        Self {
            all_accepted_credentials: AllAcceptedCredentials {
                rp_id: rp_id.to_owned(),
                user_id: user_id.clone(),
                all_accepted_credential_ids: ids.map(|held| base64url(&held.id)).collect(),
            },
            current_user_details: CurrentUserDetails {
                rp_id: rp_id.to_owned(),
                user_id,
                name: account.name.as_written().to_owned(),
                display_name: account.shown_name().to_owned(),
            },
        }
    }
}

/// A QR code, to be drawn.
#[derive(Serialize, ToSchema)]
#[schema(as = QrCode)]
pub(super) struct QrView {
    /// Modules in a row, without the quiet zone of four around them.
    size: i32,
    /// The dark modules, as the `d` of an SVG path of one unit a module.
    path: String,
}

impl QrView {
    /// The code of a text; `None` where it is too long for one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let size = code.size();
        let mut path = String::new();
        for y in 0..size {
            let mut x = 0;
            while x < size {
                let dark = (x..size).take_while(|x| code.get_module(*x, y)).count();
                if dark > 0 {
                    // Writing to a string does not fail.
                    let _ = write!(path, "M{x} {y}h{dark}v1h-{dark}z");
                }
                // Past the run, and the light module after it.
                x = i32::try_from(dark).ok()?.checked_add(1)?.checked_add(x)?;
            }
        }
        Some(Self { size, path })
    }
}
