use rocket::get;
use rocket::response::Responder;
use rocket::serde::json::Json;

use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;
use utoipa::ToSchema;

use super::resource::calls;
use crate::app::App;

calls!(
    keys,
    related_origins,
    passkey_endpoints,
    asset_links,
    apple_apps
);

/// The keys may be kept for five minutes.
#[derive(Responder)]
struct Keys<'a> {
    keys: Json<&'a JwkSet>,
    cache: CacheForFiveMinutes,
}

#[utoipa::path(
    tag = "well-known",
    responses(
        (status = 200, description = "The keys that verify login tokens (RFC 7517).", body = Object),
    ),
)]
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

#[derive(Serialize, ToSchema)]
struct OriginList<'a> {
    origins: Vec<&'a str>,
}

#[utoipa::path(
    tag = "well-known",
    responses(
        (status = 200, description = "The related origins.", body = OriginList<'_>),
    ),
)]
#[get("/.well-known/webauthn")]
fn related_origins(app: &App) -> RelatedOrigins<'_> {
    RelatedOrigins {
        origins: Json(OriginList {
            origins: app.config.related_origins().collect(),
        }),
        cache: CacheForFiveMinutes,
    }
}

/// What may be kept for five minutes.
#[derive(Responder)]
struct Document<T> {
    document: Json<T>,
    cache: CacheForFiveMinutes,
}

impl<T> Document<T> {
    const fn new(document: T) -> Self {
        Self {
            document: Json(document),
            cache: CacheForFiveMinutes,
        }
    }
}

/// Where password managers lead a person (<https://www.w3.org/TR/passkey-endpoints/>).
#[derive(Serialize, ToSchema)]
struct PasskeyEndpoints {
    enroll: String,
    manage: String,
}

#[utoipa::path(
    tag = "well-known",
    responses(
        (status = 200, description = "The page.", body = PasskeyEndpoints),
    ),
)]
#[get("/.well-known/passkey-endpoints")]
fn passkey_endpoints(app: &App) -> Document<PasskeyEndpoints> {
    let page = format!("{}{}/", app.config.issuer(), app.base);
    Document::new(PasskeyEndpoints {
        enroll: page.clone(),
        manage: page,
    })
}

/// A statement of Digital Asset Links: an Android application may use passkeys of this RP ID.
#[derive(Serialize, ToSchema)]
struct Statement<'a> {
    relation: [&'static str; 2],
    target: AndroidTarget<'a>,
}

#[derive(Serialize, ToSchema)]
struct AndroidTarget<'a> {
    namespace: &'static str,
    package_name: &'a str,
    sha256_cert_fingerprints: [String; 1],
}

#[utoipa::path(
    tag = "well-known",
    responses(
        (status = 200, description = "The Android applications.", body = Vec<Statement<'_>>),
    ),
)]
#[get("/.well-known/assetlinks.json")]
fn asset_links(app: &App) -> Document<Vec<Statement<'_>>> {
    let apps = app.config.android_apps.iter();
    let statements = apps.map(|known| Statement {
        relation: [
            "delegate_permission/common.get_login_creds",
            "delegate_permission/common.handle_all_urls",
        ],
        target: AndroidTarget {
            namespace: "android_app",
            package_name: &known.package,
            sha256_cert_fingerprints: [known.fingerprint()],
        },
    });
    Document::new(statements.collect())
}

/// The Apple applications that may use passkeys of this RP ID.
#[derive(Serialize, ToSchema)]
struct AppleAppSiteAssociation<'a> {
    webcredentials: WebCredentials<'a>,
}

#[derive(Serialize, ToSchema)]
struct WebCredentials<'a> {
    apps: &'a [String],
}

#[utoipa::path(
    tag = "well-known",
    responses(
        (status = 200, description = "The Apple applications.", body = AppleAppSiteAssociation<'_>),
    ),
)]
#[get("/.well-known/apple-app-site-association")]
fn apple_apps(app: &App) -> Document<AppleAppSiteAssociation<'_>> {
    let apps = &app.config.apple_apps;
    Document::new(AppleAppSiteAssociation {
        webcredentials: WebCredentials { apps },
    })
}

struct CacheForFiveMinutes;

impl From<CacheForFiveMinutes> for rocket::http::Header<'static> {
    fn from(_: CacheForFiveMinutes) -> Self {
        Self::new("Cache-Control", "public, max-age=300")
    }
}
