use rocket::response::Responder;
use rocket::serde::json::Json;
use rocket::{Route, get, routes};

use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;

use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    routes![keys, related_origins]
}

/// The keys may be kept for five minutes.
#[derive(Responder)]
struct Keys<'a> {
    keys: Json<&'a JwkSet>,
    cache: CacheForFiveMinutes,
}

#[get("/.well-known/jwks.json")]
fn keys(app: &App) -> Keys<'_> {
    Keys {
        keys: Json(app.login.keys()),
        cache: CacheForFiveMinutes,
    }
}

/// The origins outside the RP ID that may use it (WebAuthn section 5.11.1), which a browser asks for
/// at `https://<RP id>/.well-known/webauthn`.
#[derive(Responder)]
struct RelatedOrigins<'a> {
    origins: Json<OriginList<'a>>,
    cache: CacheForFiveMinutes,
}

#[derive(Serialize)]
struct OriginList<'a> {
    origins: Vec<&'a str>,
}

#[get("/.well-known/webauthn")]
fn related_origins(app: &App) -> RelatedOrigins<'_> {
    RelatedOrigins {
        origins: Json(OriginList {
            origins: app.config.related_origins().collect(),
        }),
        cache: CacheForFiveMinutes,
    }
}

struct CacheForFiveMinutes;

impl From<CacheForFiveMinutes> for rocket::http::Header<'static> {
    fn from(_: CacheForFiveMinutes) -> Self {
        Self::new("Cache-Control", "public, max-age=300")
    }
}
