//! A gate before other applications: what a proxy asks before it lets a request through.

use core::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::get;
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};

use super::resource::calls;
use crate::app::App;
use crate::config::SESSION_MAX;
use crate::encoding::{base64url, rfc3339};
use crate::http::caller::session_of;
use crate::http::problem::{Code, Problem, refuse};
use crate::http::return_to::{own_origin, target};
use crate::store::{Account, Session};

calls!(forward_auth, return_to);

/// What a name is written in: `%` too, so that no two names become one.
const IN_NAME: &AsciiSet = &CONTROLS.add(b'%').add(b' ');

/// A header of a 401 that says where a browser can sign in, for proxies that cannot pass a redirect on.
const SIGN_IN: &str = "Portcullis-Sign-In";

/// The answer that lets a request pass.
enum Answer {
    Passes(Box<(Session, Account)>),
    SignsInAt(String),
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let (session, account) = match self {
            Self::Passes(passing) => *passing,
            Self::SignsInAt(page) => return Found(page).respond_to(request),
        };
        let name = utf8_percent_encode(account.name.as_written(), IN_NAME);
        Response::build()
            .raw_header("Remote-User", name.to_string())
            .raw_header("Remote-Sub", base64url(account.handle.as_bytes()))
            .raw_header("Remote-Auth-Time", rfc3339(session.auth_time))
            .raw_header("Cache-Control", "no-store")
            .ok()
    }
}

/// 302, for this once.
struct Found(String);

impl<'r> Responder<'r, 'static> for Found {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build()
            .status(Status::Found)
            .raw_header("Location", self.0)
            .raw_header("Cache-Control", "no-store")
            .ok()
    }
}

/// What the proxy asks: for which address, and in which form it wants the answer.
struct Asked {
    session: Option<(Session, Account)>,
    /// Only a sign-in of this age will do.
    fresh: Option<Duration>,
    redirect: bool,
    /// The page to sign in at, where the request is a browser's for a document.
    page: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Asked {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match Self::read(request).await {
            Ok(asked) => Outcome::Success(asked),
            Err(problem) => Outcome::Error(refuse(request, problem)),
        }
    }
}

impl Asked {
    async fn read(request: &Request<'_>) -> Result<Self, Problem> {
        let app = App::of(request)?;
        let (mut redirect, mut fresh) = (false, None);
        let query = request.uri().query();
        for (name, value) in query.iter().flat_map(|query| query.segments()) {
            match name {
                "redirect" => redirect = true,
                "fresh" => fresh = Some(seconds(value)?),
                _ => {}
            }
        }
        Ok(Self {
            session: session_of(app, request).await?,
            fresh,
            redirect,
            page: sign_in_page(app, request, fresh),
        })
    }
}

fn seconds(text: &str) -> Result<Duration, Problem> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= SESSION_MAX);
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let detail = format!("`fresh` must be a whole number of seconds, at most {SESSION_MAX}.");
        Problem::new(Code::BodyInvalid, detail)
    })
}

/// The page, with the way back where that may be gone.
fn sign_in_page(app: &App, request: &Request<'_>, fresh: Option<Duration>) -> Option<String> {
    let header = |name| request.headers().get_one(name);
    let is_get = header("X-Forwarded-Method").is_some_and(|method| method == Method::Get.as_str());
    let mut accepted = request.headers().get("Accept");
    if !is_get || !accepted.any(|types| types.contains("text/html")) {
        return None;
    }
    let origin = match (header("X-Forwarded-Proto"), header("X-Forwarded-Host")) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}"),
        _ => String::new(),
    };
    let is_own = app.config.web_origins().any(|own| own == origin);
    let own = if is_own {
        &*origin
    } else {
        app.config.issuer()
    };
    let asked = format!("{origin}{}", header("X-Forwarded-Uri").unwrap_or("/"));
    let mut page = format!("{own}{}/", app.base);
    if let Some(back) = target(&app.config, own, &asked) {
        page.push_str("?return_to=");
        page.extend(utf8_percent_encode(&back, NON_ALPHANUMERIC));
        if let Some(fresh) = fresh {
            page.push_str(&format!("&fresh={}", fresh.as_secs()));
        }
    }
    Some(page)
}

#[utoipa::path(
    tag = "gate",
    params(
        ("redirect" = Option<String>, Query, description = "Sends browsers to the page"),
        ("fresh" = Option<u32>, Query, maximum = 315_360_000, description = "The oldest sign-in that will do, in seconds"),
    ),
    responses(
        (status = 200, description = "The request may pass: `Remote-User`, `Remote-Sub` and `Remote-Auth-Time` say whose it is."),
        (status = 302, description = "To the page, with the way back."),
        (status = 400, description = "`body_invalid`"),
        (status = 401, description = "`login_required`, `sign_in_again`"),
        (status = 503, description = "`store_unavailable`"),
    ),
    security(("session" = [])),
)]
#[get("/forward-auth")]
fn forward_auth(asked: Asked, app: &App) -> Result<Answer, Problem> {
    let now = app.clock.now();
    let problem = match asked.session {
        Some(passing) => {
            let age = now.saturating_sub(passing.0.auth_time);
            if asked.fresh.is_none_or(|most| age <= most.as_secs()) {
                return Ok(Answer::Passes(Box::new(passing)));
            }
            Problem::new(
                Code::SignInAgain,
                "The application wants a sign-in that is not so old.",
            )
        }
        None => Problem::login_required(),
    };
    match asked.page {
        Some(page) if asked.redirect => Ok(Answer::SignsInAt(page)),
        Some(page) => Err(problem.with_header(SIGN_IN, page)),
        None => Err(problem),
    }
}

/// Where the page sends a person who has signed in: back, if that is allowed, or else to itself.
struct Back(String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Back {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        let app = match App::of(request) {
            Ok(app) => app,
            Err(problem) => return Outcome::Error(refuse(request, problem)),
        };
        let own = own_origin(request, &app.config);
        let mut wanted = request.uri().query().into_iter().flat_map(|query| {
            let urls = query.segments().filter(|(name, _)| *name == "url");
            urls.map(|(_, url)| url.to_owned()).collect::<Vec<_>>()
        });
        // Of two nobody knows which is meant.
        let back = match (wanted.next(), wanted.next()) {
            (Some(url), None) => target(&app.config, own, &url),
            _ => None,
        };
        Outcome::Success(Self(back.unwrap_or_else(|| format!("{own}{}/", app.base))))
    }
}

#[utoipa::path(
    tag = "gate",
    params(("url" = Option<String>, Query, description = "Where the person wants to go")),
    responses(
        (status = 302, description = "Where a person may be sent."),
    ),
)]
#[get("/return-to")]
fn return_to(back: Back) -> Found {
    Found(back.0)
}
