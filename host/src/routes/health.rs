use rocket::serde::json::{Value, json};
use rocket::{Route, get, routes};

pub(super) fn routes() -> Vec<Route> {
    routes![healthz]
}

/// The process answers. Says nothing about the store: a restart would not mend that.
#[get("/healthz")]
fn healthz() -> Value {
    json!({ "status": "OK" })
}
