//! `/metrics`, at an address of its own: what it says is for operators.

use core::net::SocketAddr;
use std::sync::Arc;

use rocket::http::Header;
use rocket::response::Responder;
use rocket::{Route, Shutdown, get, routes};

use crate::app::App;
use crate::http::problem::{Code, Problem};
use crate::metrics::MEDIA_TYPE;

fn routes() -> Vec<Route> {
    routes![metrics]
}

#[derive(Responder)]
struct Exposition {
    text: Vec<u8>,
    media_type: Header<'static>,
}

#[get("/metrics")]
async fn metrics(app: &App) -> Result<Exposition, Problem> {
    // A store that is away gives no new figures; the others are shown all the same.
    let counts = app.store.counts().await.ok();
    let text = app.metrics.text(counts).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::new(Code::Internal, "The metrics cannot be written.")
    })?;
    Ok(Exposition {
        text,
        media_type: Header::new("Content-Type", MEDIA_TYPE),
    })
}

/// Serves them until the host shuts down, which it does where they cannot be served.
pub(crate) async fn serve(app: Arc<App>, address: SocketAddr, shutdown: Shutdown) {
    let figment = rocket::Config::figment()
        .merge(("address", address.ip().to_string()))
        .merge(("port", address.port()))
        .merge(("workers", 1))
        .merge(("log_level", "off"))
        .merge(("shutdown.ctrlc", false))
        .merge(("ip_header", false));
    let server = rocket::custom(figment)
        .manage(app)
        .mount("/", routes())
        .register("/", rocket::catchers![super::any_failure]);
    let server = match server.ignite().await {
        Ok(server) => server,
        Err(error) => return give_up(&error, &shutdown),
    };
    let own = server.shutdown();
    let of_host = shutdown.clone();
    rocket::tokio::spawn(async move {
        of_host.await;
        own.notify();
    });
    if let Err(error) = server.launch().await {
        give_up(&error, &shutdown);
    }
}

fn give_up(error: &rocket::Error, shutdown: &Shutdown) {
    let cause = error.kind();
    tracing::error!(%cause, "PORTCULLIS_METRICS: cannot listen there");
    shutdown.clone().notify();
}
