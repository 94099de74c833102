//! The calls, one file per resource, and the answer where there is none.

mod authentication;
mod health;
mod page;
mod registration;
mod well_known;

use std::io::Cursor;

use rocket::http::{ContentType, Method, Status};
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Route, catch};
use serde::Serialize;

use crate::config::Config;
use crate::encoding::base64url;
use crate::guards;
use crate::problem::{Code, Problem};
use crate::store::{Credential, CredentialState};

pub(crate) fn all(config: &Config) -> Vec<Route> {
    [
        registration::routes(),
        authentication::routes(),
        well_known::routes(),
        health::routes(),
        page::routes(config.issuer()),
    ]
    .concat()
}

/// An answer that carries tokens or personal data: no cache may keep it.
struct Private<T>(T);

impl<'r, T: Serialize> Responder<'r, 'static> for Private<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let body = serde_json::to_vec(&self.0).map_err(|_| Status::InternalServerError)?;
        Response::build()
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-store")
            .sized_body(body.len(), Cursor::new(body))
            .ok()
    }
}

/// What `begin` answers: the options, and the token that `complete` wants back.
#[derive(Serialize)]
struct Begun<O> {
    #[serde(rename = "publicKey")]
    public_key: O,
    challenge_token: String,
}

/// `PublicKeyCredentialDescriptorJSON`.
#[derive(Serialize)]
struct Descriptor {
    r#type: &'static str,
    id: String,
    transports: Vec<String>,
}

impl From<&Credential> for Descriptor {
    fn from(credential: &Credential) -> Self {
        Self {
            r#type: "public-key",
            id: base64url(&credential.id),
            transports: credential.transports.clone(),
        }
    }
}

/// A credential record as the caller sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialView {
    id: String,
    public_key: String,
    algorithm: i32,
    aaguid: String,
    transports: Vec<String>,
    sign_count: u32,
    backup_eligible: bool,
    backup_state: bool,
    user_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Before>,
}

/// The record that a sign-in was verified against.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Before {
    sign_count: u32,
    backup_state: bool,
}

impl From<&Credential> for CredentialView {
    fn from(credential: &Credential) -> Self {
        Self {
            id: base64url(&credential.id),
            public_key: base64url(&credential.public_key),
            algorithm: credential.algorithm,
            aaguid: uuid(credential.aaguid),
            transports: credential.transports.clone(),
            sign_count: credential.state.sign_count,
            backup_eligible: credential.backup_eligible,
            backup_state: credential.state.backup_state,
            user_verified: credential.state.user_verified,
            before: None,
        }
    }
}

/// An authenticator model's id as it is published: five groups of hex digits.
fn uuid(bytes: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| &hex[group]).join("-")
}

impl From<CredentialState> for Before {
    fn from(state: CredentialState) -> Self {
        Self {
            sign_count: state.sign_count,
            backup_state: state.backup_state,
        }
    }
}

/// Where the lines of the ceremonies come from. Rocket's own lines about failed guards carry the
/// names of the route modules, so these have another.
const LOG: &str = "portcullis::ceremony";

/// One line for each ceremony that was brought to an end: how it ended, and nothing secret.
fn report<T>(flow: &'static str, result: &Result<T, Problem>) {
    match result {
        Ok(_) => tracing::info!(target: LOG, flow, outcome = "accepted", "ceremony"),
        Err(problem) => tracing::info!(
            target: LOG,
            flow,
            outcome = "refused",
            status = problem.status().code,
            code = problem.code(),
            step = problem.step(),
            "ceremony"
        ),
    }
}

/// Every failure that no handler has answered.
#[catch(default)]
pub(crate) fn any_failure(status: Status, request: &Request<'_>) -> Problem {
    if let Some(problem) = guards::refusal(request) {
        return problem;
    }
    match status.code {
        404 => no_route(request),
        // A method that HTTP does not know never comes as far as a route.
        400 if request.route().is_none() => no_route(request),
        413 => Problem::new(Code::BodyTooLarge, "The request is too large."),
        415 => Problem::new(Code::MediaType, "The media type is not understood."),
        400..=499 => Problem::new(Code::BodyInvalid, "The request is not understood."),
        503 => Problem::new(Code::StoreUnavailable, "The host is not ready."),
        _ => Problem::new(Code::Internal, "The request could not be answered."),
    }
}

/// Rocket answers 404 where only the method is wrong; its routes tell.
fn no_route(request: &Request<'_>) -> Problem {
    let methods = methods_of_path(request);
    if methods.is_empty() {
        Problem::new(Code::NotFound, "No call and no file has this path.")
    } else {
        Problem::method_not_allowed(&methods.join(", "))
    }
}

fn methods_of_path(request: &Request<'_>) -> Vec<&'static str> {
    let mut methods: Vec<&'static str> = request
        .rocket()
        .routes()
        .filter(|route| has_path(route, request.uri().path().segments()))
        .flat_map(|route| match route.method {
            Method::Get => &["GET", "HEAD"][..],
            Method::Post => &["POST"],
            _ => &[],
        })
        .copied()
        .collect();
    methods.dedup();
    methods
}

/// Whether a path is that of a route. Rocket compares segments, decoded and without the empty ones.
pub(crate) fn has_path<'p>(route: &Route, path: impl Iterator<Item = &'p str>) -> bool {
    let own = route.uri.path().split('/');
    own.filter(|segment| !segment.is_empty()).eq(path)
}
