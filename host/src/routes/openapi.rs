//! `/openapi.json`: every call, from the description beside its handler.

use rocket::http::ContentType;
use rocket::{Route, get, routes};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, Ref, RefOr, Response};

use super::resources::{CALLS, WELL_KNOWN};
use crate::app::App;
use crate::http::problem;

pub(super) fn routes() -> Vec<Route> {
    routes![openapi]
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis",
        description = "Passkeys: registration, sign-in, sessions and accounts. Every failure is a problem \
                       document (RFC 9457) with a stable `code`."
    ),
    paths(openapi),
    components(schemas(problem::Document<'_>))
)]
struct Calls;

/// The description of all calls.
fn described() -> Document {
    let mut document = Calls::openapi();
    for resource in CALLS.iter().chain([&WELL_KNOWN]) {
        document.merge((resource.description)());
    }
    describe_failures(&mut document);
    document
}

/// What all calls have in common: a failure is a problem document, also one that a call does not name.
fn describe_failures(document: &mut Document) {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            for (status, response) in &mut *responses {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                {
                    *response = failure(&response.description);
                }
            }
            let other = RefOr::T(failure("Any other failure."));
            responses.insert("default".to_owned(), other);
        }
    }
}

fn failure(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    utoipa::openapi::ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// The document of a host, which names its cookie.
fn document(app: &App) -> Document {
    let mut document = described();
    let cookie = ApiKey::Cookie(ApiKeyValue::new(app.cookie.name()));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    if let Some(components) = &mut document.components {
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        components.add_security_scheme("login_token", SecurityScheme::Http(token));
    }
    document
}

#[utoipa::path(
    tag = "operation",
    responses((status = 200, description = "This document.", body = Object)),
)]
#[get("/openapi.json")]
fn openapi(app: &App) -> (ContentType, &str) {
    let text = app.openapi.get_or_init(|| {
        let written = document(app).to_json();
        written.unwrap_or_default()
    });
    (ContentType::JSON, text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_is_described() {
        let described: BTreeSet<String> = described()
            .paths
            .paths
            .into_iter()
            .flat_map(|(path, item)| {
                let methods = [
                    ("GET", item.get),
                    ("POST", item.post),
                    ("PATCH", item.patch),
                    ("DELETE", item.delete),
                ];
                let known = methods.into_iter().filter(|(_, found)| found.is_some());
                known
                    .map(|(method, _)| format!("{method} {path}"))
                    .collect::<Vec<_>>()
            })
            .collect();
        let routes = [super::super::calls(), super::super::well_known()].concat();
        let mounted: BTreeSet<String> = routes
            .iter()
            .map(|route| {
                let path = route.uri.path().replace('<', "{").replace('>', "}");
                format!("{} {path}", route.method)
            })
            .collect();
        assert_eq!(described, mounted);
    }
}
