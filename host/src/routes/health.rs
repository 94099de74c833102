use core::time::Duration;

use rocket::get;
use rocket::serde::json::Json;
use rocket::tokio::time::timeout;
use serde::Serialize;
use utoipa::ToSchema;

use super::resource::calls;
use crate::app::App;
use crate::http::problem::{Code, Problem};

calls!(healthz, readyz);

#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataHealth>,
}

/// Which issue of the FIDO metadata is in use, and whether its successor is not overdue.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MetadataHealth {
    no: u64,
    next_update: String,
    fresh: bool,
}

/// The process answers. Says nothing about the store: a restart would not help there.
#[utoipa::path(
    tag = "operation",
    responses(
        (status = 200, description = "The process answers.", body = Health),
    ),
)]
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

/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Serialize, ToSchema)]
struct Ready {
    status: &'static str,
}

/// The process can do its work: the store answers, and it is not about to end. For a load balancer.
#[utoipa::path(
    tag = "operation",
    responses(
        (status = 200, description = "The store answers.", body = Ready),
        (status = 503, description = "`store_unavailable`, `host_stopping`"),
    ),
)]
#[get("/readyz")]
async fn readyz(app: &App) -> Result<Json<Ready>, Problem> {
    if app.is_leaving() {
        return Err(Problem::new(
            Code::HostStopping,
            "It still answers what comes, and ends soon.",
        ));
    }
    let answered = timeout(PATIENCE, app.store.ping()).await;
    answered.map_err(|_| {
        Problem::new(
            Code::StoreUnavailable,
            "The store does not answer within a second.",
        )
    })??;
    Ok(Json(Ready { status: "OK" }))
}
