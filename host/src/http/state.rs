//! The host that a request came to, as Rocket keeps it.

use std::sync::Arc;

use rocket::request::{FromRequest, Outcome, Request};

use super::problem::{Code, Problem, refuse};
use crate::app::App;

impl App {
    /// The host that a request came to.
    pub(crate) fn of<'r>(request: &'r Request<'_>) -> Result<&'r Self, Problem> {
        request
            .rocket()
            .state::<Arc<Self>>()
            .map(Arc::as_ref)
            .ok_or_else(|| Problem::new(Code::Internal, "The host is not set up."))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for &'r App {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match App::of(request) {
            Ok(app) => Outcome::Success(app),
            Err(problem) => Outcome::Error(refuse(request, problem)),
        }
    }
}
