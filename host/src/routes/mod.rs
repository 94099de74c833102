//! The calls, one file per resource, and the answer where there is none.

mod account;
mod approve;
mod authentication;
mod claim;
mod credentials;
mod forward_auth;
mod health;
pub(crate) mod metrics;
mod openapi;
#[cfg(feature = "page")]
mod page;
mod recovery;
mod registration;
mod resource;
mod resources;
mod session;
mod sessions;
mod views;
mod well_known;

use rocket::http::Status;
use rocket::request::Request;
use rocket::{Route, catch};

use crate::config::Config;
use crate::http::problem::{Code, Problem, refusal};
use crate::http::table::Table;

/// The calls.
pub(crate) fn calls() -> Vec<Route> {
    let resources = resources::CALLS.iter();
    let routes = resources.flat_map(|resource| (resource.routes)());
    routes.chain(openapi::routes()).collect()
}

/// The documents that other programs look for at the root of an origin.
pub(crate) fn well_known() -> Vec<Route> {
    (resources::WELL_KNOWN.routes)()
}

/// The page and its files.
#[cfg(feature = "page")]
pub(crate) fn page(config: &Config) -> Vec<Route> {
    let settings = page::PageSettings {
        recovery_codes: config.recovery_codes,
        signup: config.signup,
    };
    page::routes(config.issuer(), settings)
}

#[cfg(not(feature = "page"))]
pub(crate) const fn page(_: &Config) -> Vec<Route> {
    Vec::new()
}

/// Every failure that no handler has answered.
#[catch(default)]
pub(crate) fn any_failure(status: Status, request: &Request<'_>) -> Problem {
    if let Some(problem) = refusal(request) {
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

/// Rocket answers 404 where only the method is wrong.
fn no_route(request: &Request<'_>) -> Problem {
    let methods = Table::methods_asked(request);
    if methods.is_empty() {
        Problem::new(Code::NotFound, "No call and no file has this path.")
    } else {
        Problem::method_not_allowed(methods)
    }
}
