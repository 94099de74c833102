use rocket::serde::json::Json;
use rocket::{Route, get, routes};
use serde::Serialize;

use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    routes![healthz]
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataHealth>,
}

/// Which issue of the FIDO metadata is in use, and whether its successor is not overdue.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetadataHealth {
    no: u64,
    next_update: String,
    fresh: bool,
}

/// The process answers. Says nothing about the store: a restart would not help there.
#[get("/healthz")]
fn healthz(app: &App) -> Json<Health> {
    let now = app.clock.unix_time();
    let trust = app.trust.current();
    let metadata = trust.metadata.as_ref();
    Json(Health {
        status: "OK",
        metadata: metadata.map(|metadata| MetadataHealth {
            no: metadata.number(),
            next_update: metadata.next_update().to_owned(),
            fresh: metadata.is_fresh(now),
        }),
    })
}
