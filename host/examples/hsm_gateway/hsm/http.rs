//! The gateway over HTTP, with the page on which people approve documents.
//!
//! | call | answer |
//! | --- | --- |
//! | `GET /policies` | each policy with its documents |
//! | `GET /documents/ISSUER/NAME` | a document |
//! | `POST /approve/begin` `{"issuer", "document"}` | `{"request", "publicKey"}`: the options for `navigator.credentials.get`. While a request for this document is open, it is that one |
//! | `POST /approve/complete` `{"id", "response"}` | `{"missing", "receipt"}`: how many approvals are missing, and the receipt's address once it is there |
//! | `GET /requests` | each request with those who have approved |
//! | `GET /receipts/ID` | a receipt |
//! | `GET /trust/ISSUER` | what a third party needs to verify receipts |
//!
//! Portcullis itself is mounted at `/passkeys`: approvers create their passkeys there, and the page gets
//! its verifier from there. Failures are `application/problem+json` (RFC 9457) with a stable `code`.

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis::{Config, Portcullis};
use rocket::data::{Data, ToByteUnit as _};
use rocket::figment::Figment;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request as HttpRequest;
use rocket::response::{Responder, Response};
use rocket::tokio::sync::Mutex;
use rocket::tokio::task::spawn_blocking;
use rocket::tokio::time::timeout;
use rocket::{Build, Rocket, State, catch, catchers, get, post, routes};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::clock::now;
use super::encoding::Bytes;
use super::gateway::{Gateway, Outcome};
use super::refusal::Refusal;
use super::request::Document;
use super::settings::{Policy, Settings};

/// How long a call waits for those before it. The token answers each within seconds or not at all.
const WAIT: Duration = Duration::from_secs(10);

/// The largest document.
const DOCUMENT_MAX: u64 = 64 * 1024 * 1024;

/// Documents of a policy that are listed.
const DOCUMENTS_MAX: usize = 256;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What the calls share.
struct Desk {
    gateway: Arc<Mutex<Gateway>>,
    policies: Vec<Policy>,
    receipts: PathBuf,
}

impl Desk {
    /// Works with the gateway on a thread for that: one at a time, however many callers there are.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Gateway) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let gateway = timeout(WAIT, Arc::clone(&self.gateway).lock_owned());
        let mut gateway = gateway.await.map_err(|_| {
            Problem::new(
                Status::ServiceUnavailable,
                "token_timeout",
                "the gateway is waiting for the token",
            )
        })?;
        let done = spawn_blocking(move || work(&mut gateway)).await;
        let done = done.map_err(|error| {
            Problem::new(Status::InternalServerError, "internal", error.to_string())
        })?;
        Ok(done?)
    }

    fn policy(&self, issuer: &str) -> Result<&Policy, Problem> {
        let policy = self.policies.iter().find(|policy| policy.issuer == issuer);
        policy.ok_or_else(|| Refusal::PolicyUnknown.into())
    }
}

/// A failure, as callers see it.
#[derive(Debug)]
struct Problem {
    status: Status,
    code: String,
    detail: String,
}

impl Problem {
    fn new(status: Status, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    fn document_unknown() -> Self {
        Self::new(
            Status::NotFound,
            "document_unknown",
            "there is no such document",
        )
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::RequestUnknown | Refusal::PolicyUnknown => Status::NotFound,
            Refusal::RequestExpired => Status::Gone,
            Refusal::RequestSigned
            | Refusal::ApprovalReplayed
            | Refusal::ApproverRepeated
            | Refusal::ApproversMissing => Status::Conflict,
            Refusal::ApprovalTooLarge => Status::PayloadTooLarge,
            Refusal::Token(_) | Refusal::RequestsFull | Refusal::File(_) | Refusal::Receipt(_) => {
                Status::ServiceUnavailable
            }
            Refusal::DocumentMismatch | Refusal::Assertion(_) | Refusal::ApproverUnknown => {
                Status::Forbidden
            }
        };
        Self::new(status, refusal.code(), refusal.to_string())
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r HttpRequest<'_>) -> rocket::response::Result<'static> {
        let body = json!({
            "type": format!("urn:portcullis:problem:{}", self.code),
            "title": self.status.reason_lossy(),
            "status": self.status.code,
            "detail": self.detail,
            "code": self.code,
        });
        let content_type = ContentType::new("application", "problem+json");
        let mut response = Answer::new(content_type, body.to_string()).respond_to(request)?;
        response.set_status(self.status);
        if self.status == Status::ServiceUnavailable {
            response.set_header(Header::new("Retry-After", "5"));
        }
        Ok(response)
    }
}

/// A body with the headers that every answer has.
struct Answer {
    content_type: ContentType,
    body: Vec<u8>,
    /// The name under which a browser saves it instead of showing it.
    file_name: Option<String>,
}

impl Answer {
    fn new(content_type: ContentType, body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type,
            body: body.into(),
            file_name: None,
        }
    }

    fn json(body: &Value) -> Self {
        Self::new(ContentType::JSON, body.to_string())
    }

    fn file(content_type: ContentType, body: Vec<u8>, name: String) -> Self {
        Self {
            file_name: Some(name),
            ..Self::new(content_type, body)
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, _: &'r HttpRequest<'_>) -> rocket::response::Result<'static> {
        let mut response = Response::build();
        for (name, value) in [
            ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ] {
            response.header(Header::new(name, value));
        }
        if let Some(name) = self.file_name {
            // RFC 8187: whatever is not plain is percent-encoded.
            let name = percent_encoding::utf8_percent_encode(&name, FILE_NAME);
            let value = format!("attachment; filename*=UTF-8''{name}");
            response.header(Header::new("Content-Disposition", value));
        }
        response
            .header(self.content_type)
            .sized_body(self.body.len(), std::io::Cursor::new(self.body))
            .ok()
    }
}

const FILE_NAME: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// The gateway's server.
pub(crate) fn rocket(settings: Settings, figment: Figment) -> Result<Rocket<Build>, Refusal> {
    let relying_party = settings.relying_party.clone();
    let mut secret = [0; 32];
    aws_lc_rs::rand::fill(&mut secret).map_err(std::io::Error::other)?;
    let secret = Bytes(secret.to_vec());
    let secret = serde_json::to_value(secret).map_err(std::io::Error::other)?;
    let config = [
        ("PORTCULLIS_RP_ID", relying_party.rp_id.as_str()),
        ("PORTCULLIS_ORIGINS", &relying_party.origins.join(",")),
        ("PORTCULLIS_SECRET", secret.as_str().unwrap_or_default()),
    ];
    let config = Config::new(config, figment.clone()).map_err(std::io::Error::other)?;
    let desk = Desk {
        policies: settings.policies.clone(),
        receipts: settings.receipts.clone(),
        gateway: Arc::new(Mutex::new(Gateway::new(settings)?)),
    };
    let routes = routes![
        page, script, style, policies, document, begin, complete, requests, receipt, trust
    ];
    Ok(rocket::custom(figment)
        .manage(desk)
        .mount("/", routes)
        .register("/", catchers![failed])
        .attach(Portcullis::new(config).at("/passkeys")))
}

#[catch(default)]
fn failed(status: Status, _: &HttpRequest<'_>) -> Problem {
    let code = match status.code {
        404 => "not_found",
        413 => "body_too_large",
        _ => "failed",
    };
    Problem::new(status, code, status.reason_lossy())
}

#[get("/")]
fn page() -> Answer {
    Answer::new(ContentType::HTML, include_str!("../page/index.html"))
}

#[get("/page.js")]
fn script() -> Answer {
    Answer::new(ContentType::JavaScript, include_str!("../page/page.js"))
}

#[get("/page.css")]
fn style() -> Answer {
    Answer::new(ContentType::CSS, include_str!("../page/page.css"))
}

#[get("/policies")]
async fn policies(desk: &State<Desk>) -> Result<Answer, Problem> {
    let policies = desk.policies.clone();
    let listed = spawn_blocking(move || {
        let policies = policies.iter().map(|policy| {
            let documents = documents(&policy.documents)?;
            let documents: Vec<Value> = documents
                .iter()
                .map(|(name, length)| json!({"name": name, "length": length}))
                .collect();
            Ok(json!({
                "issuer": policy.issuer, "threshold": policy.threshold, "documents": documents,
            }))
        });
        policies.collect::<Result<Vec<Value>, Refusal>>()
    });
    let listed = listed.await.map_err(std::io::Error::other);
    let listed = listed.map_err(Refusal::from)??;
    Ok(Answer::json(&json!({ "policies": listed })))
}

/// The names and lengths of the documents in a folder.
fn documents(folder: &Path) -> Result<Vec<(String, u64)>, Refusal> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // What a link leads to is not in the folder.
        if metadata.is_file() && metadata.len() <= DOCUMENT_MAX && !name.starts_with('.') {
            documents.push((name, metadata.len()));
        }
    }
    documents.sort();
    documents.truncate(DOCUMENTS_MAX);
    Ok(documents)
}

/// A document of a policy. A name that is not listed names none, whatever file it would lead to.
async fn read_document(policy: &Policy, name: &str) -> Result<Vec<u8>, Problem> {
    let (folder, name) = (policy.documents.clone(), name.to_owned());
    let read = spawn_blocking(move || {
        let listed = documents(&folder)?;
        match listed.iter().any(|(listed, _)| *listed == name) {
            true => Ok(Some(fs::read(folder.join(name))?)),
            false => Ok(None),
        }
    });
    let read = read.await.map_err(std::io::Error::other);
    let read: Result<Option<Vec<u8>>, Refusal> = read.map_err(Refusal::from)?;
    read?.ok_or_else(Problem::document_unknown)
}

#[get("/documents/<issuer>/<name>")]
async fn document(issuer: &str, name: &str, desk: &State<Desk>) -> Result<Answer, Problem> {
    let bytes = read_document(desk.policy(issuer)?, name).await?;
    Ok(Answer::file(ContentType::Binary, bytes, name.to_owned()))
}

/// Reads a JSON body. Pages of other origins cannot send one.
async fn body(content_type: &ContentType, data: Data<'_>) -> Result<Vec<u8>, Problem> {
    if !content_type.is_json() {
        let detail = "the body has to be application/json";
        return Err(Problem::new(
            Status::UnsupportedMediaType,
            "media_type",
            detail,
        ));
    }
    let body = data.open(128.kibibytes()).into_bytes().await;
    let body = body.map_err(|error| invalid(&error))?;
    match body.is_complete() {
        true => Ok(body.into_inner()),
        false => Err(Problem::new(
            Status::PayloadTooLarge,
            "body_too_large",
            "the body is longer than 128 KiB",
        )),
    }
}

fn invalid(error: &dyn core::fmt::Display) -> Problem {
    Problem::new(Status::BadRequest, "body_invalid", error.to_string())
}

#[derive(Deserialize)]
struct Begin {
    issuer: String,
    document: String,
}

#[post("/approve/begin", data = "<data>")]
async fn begin(
    content_type: &ContentType,
    data: Data<'_>,
    desk: &State<Desk>,
) -> Result<Answer, Problem> {
    let body = body(content_type, data).await?;
    let begin: Begin = serde_json::from_slice(&body).map_err(|error| invalid(&error))?;
    let bytes = read_document(desk.policy(&begin.issuer)?, &begin.document).await?;
    let document = Document::new(begin.document, &bytes);
    let (request, options) = desk
        .with(move |gateway| gateway.join_or_begin(&begin.issuer, document, now()))
        .await?;
    Ok(Answer::json(
        &json!({"request": request, "publicKey": options}),
    ))
}

#[derive(Deserialize)]
struct Complete {
    id: Bytes,
    /// Kept as it came.
    response: Box<RawValue>,
}

#[post("/approve/complete", data = "<data>")]
async fn complete(
    content_type: &ContentType,
    data: Data<'_>,
    desk: &State<Desk>,
) -> Result<Answer, Problem> {
    let body = body(content_type, data).await?;
    let complete: Complete = serde_json::from_slice(&body).map_err(|error| invalid(&error))?;
    let id = complete.id.clone();
    let outcome = desk
        .with(move |gateway| gateway.approve(&complete.id, complete.response.get(), now()))
        .await?;
    Ok(Answer::json(&match outcome {
        Outcome::Waiting { missing } => json!({ "missing": missing }),
        Outcome::Signed { .. } => json!({"missing": 0, "receipt": address(&id)}),
    }))
}

fn address(id: &Bytes) -> String {
    format!("/receipts/{}", super::encoding::base64url(&id.0))
}

#[get("/requests")]
async fn requests(desk: &State<Desk>) -> Result<Answer, Problem> {
    let requests = desk.with(|gateway| {
        let requests = gateway.requests().map(|open| {
            let approvers: Vec<&str> = open.approvers().collect();
            let receipt = open.receipt.is_some().then(|| address(&open.request.id));
            json!({"request": open.request, "approvers": approvers, "receipt": receipt})
        });
        Ok(requests.collect::<Vec<Value>>())
    });
    Ok(Answer::json(&json!({ "requests": requests.await? })))
}

#[get("/receipts/<id>")]
fn receipt(id: &str, desk: &State<Desk>) -> Result<Answer, Problem> {
    let id = serde_json::from_value::<Bytes>(json!(id)).ok();
    let id = id.filter(|id| id.0.len() == 16);
    let text = id.and_then(|id| fs::read(super::receipt::file(&desk.receipts, &id)).ok());
    let text = text.ok_or_else(|| Problem::from(Refusal::RequestUnknown))?;
    let jose = ContentType::new("application", "jose");
    Ok(Answer::file(jose, text, "receipt.jws".to_owned()))
}

#[get("/trust/<issuer>")]
async fn trust(issuer: String, desk: &State<Desk>) -> Result<Answer, Problem> {
    let trust = desk.with(move |gateway| gateway.trust(&issuer)).await?;
    let trust = serde_json::to_value(trust).map_err(|error| invalid(&error))?;
    Ok(Answer::json(&trust))
}
