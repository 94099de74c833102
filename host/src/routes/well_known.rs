use rocket::response::Responder;
use rocket::serde::json::Json;
use rocket::{Route, State, get, routes};

use jsonwebtoken::jwk::JwkSet;

use crate::host::Host;

pub(super) fn routes() -> Vec<Route> {
    routes![keys]
}

/// The keys may be kept for five minutes.
#[derive(Responder)]
struct Keys<'a> {
    keys: Json<&'a JwkSet>,
    cache: CacheForFiveMinutes,
}

#[get("/.well-known/jwks.json")]
fn keys(host: &State<Host>) -> Keys<'_> {
    Keys {
        keys: Json(host.login.keys()),
        cache: CacheForFiveMinutes,
    }
}

struct CacheForFiveMinutes;

impl From<CacheForFiveMinutes> for rocket::http::Header<'static> {
    fn from(_: CacheForFiveMinutes) -> Self {
        Self::new("Cache-Control", "public, max-age=300")
    }
}
