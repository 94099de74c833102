//! Whether a request was sent by a page of another site.

use core::convert::Infallible;

use rocket::request::{FromRequest, Outcome, Request};

use crate::app::App;
use crate::config::Config;

/// An `Origin` that is not one of the host's web origins, or a `Sec-Fetch-Site` other than
/// `same-origin` and `none`. Programs that are no browsers send neither.
pub(crate) fn is_cross_site(request: &Request<'_>, config: &Config) -> bool {
    let is_own = |origin: &str| config.web_origins().any(|own| own == origin);
    let mut origins = request.headers().get("Origin");
    let mut sites = request.headers().get("Sec-Fetch-Site");
    !origins.all(is_own) || !sites.all(|site| matches!(site, "same-origin" | "none"))
}

/// Whether the request was sent by a page of another site.
pub(crate) struct CrossSite(pub(crate) bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CrossSite {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let app = App::of(request);
        Outcome::Success(Self(
            app.map_or(true, |app| is_cross_site(request, &app.config)),
        ))
    }
}
