//! The body of a call: its media type, its size, and that it is a JSON object.

use rocket::data::{self, Data, FromData, ToByteUnit as _};
use rocket::request::Request;
use rocket::tokio::io::AsyncReadExt as _;
use serde::Deserialize;

use super::problem::{Code, Problem, refuse};

/// The largest body, in bytes: ten times the largest genuine attestation.
const MAX_BODY: usize = 128 * 1_024;

/// Most bodies of a `begin` are no longer, in bytes; those of a `complete` are two or three times as long.
const SHORT_BODY: usize = 1_024;

/// The most characters of a reason why a body could not be read.
const MAX_REASON: usize = 160;

/// A body that was small enough, of the right media type, and is UTF-8 that begins like an object.
pub(crate) struct JsonBody(String);

impl JsonBody {
    /// Reads the members that the call knows; others are ignored.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_str(&self.0).map_err(|error| {
            // The library's words about the place and the type. They may quote a member, so they
            // are cut where a sentence would end.
            let reason: String = error.to_string().chars().take(MAX_REASON).collect();
            Problem::new(Code::BodyInvalid, format!("The body: {reason}."))
        })
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = Problem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read_body(request, data).await {
            Ok(body) => data::Outcome::Success(body),
            Err(problem) => data::Outcome::Error(refuse(request, problem)),
        }
    }
}

async fn read_body(request: &Request<'_>, data: Data<'_>) -> Result<JsonBody, Problem> {
    if !request.content_type().is_some_and(|found| found.is_json()) {
        return Err(Problem::new(
            Code::MediaType,
            "The Content-Type header must be application/json.",
        ));
    }
    // One byte more tells a body that is too large from one that just is not.
    let mut body = Vec::with_capacity(SHORT_BODY);
    data.open((MAX_BODY + 1).bytes())
        .read_to_end(&mut body)
        .await
        .map_err(|_| Problem::new(Code::BodyInvalid, "The body ended early."))?;
    if body.len() > MAX_BODY {
        return Err(Problem::new(
            Code::BodyTooLarge,
            "A body may have 131072 bytes.",
        ));
    }
    let text = String::from_utf8(body)
        .map_err(|_| Problem::new(Code::BodyInvalid, "The body is not UTF-8."))?;
    // A struct can be read from an array too; the contract wants an object.
    if !text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{')
    {
        return Err(Problem::new(
            Code::BodyInvalid,
            "The body must be a JSON object.",
        ));
    }
    Ok(JsonBody(text))
}
