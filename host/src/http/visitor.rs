//! What a ceremony call shows of the browser that sent it, and the session that it may begin there.

use core::convert::Infallible;

use rocket::request::{self, FromRequest, Request};

use super::client::client;
use super::cross_site::is_cross_site;
use super::problem::Problem;
use super::user_agent::UserAgent;
use crate::account::session::{Shown, hash};
use crate::app::App;
use crate::encoding::network;
use crate::store::{Credential, Ends, Event, SecretHash, Session, UserHandle};
use crate::token::keys;

/// A browser, or a program.
#[derive(Debug)]
pub(crate) struct Visitor {
    agent: UserAgent,
    network: String,
    /// The session whose cookie the request shows.
    shown: Option<SecretHash>,
    /// A page of another site signs nobody in here: not with its own account either.
    cross_site: bool,
}

/// A session that begins, and the `Set-Cookie` that says so.
pub(crate) type Beginning = (Session, String);

impl Visitor {
    /// The session that ends when another one begins.
    pub(crate) fn ends(&self) -> Ends {
        self.shown.map_or(Ends::None, Ends::One)
    }

    /// The session that a sign-in begins; none where another site's page has sent it.
    pub(crate) fn begin(
        &self,
        app: &App,
        owner: UserHandle,
        credential: &[u8],
        user_verified: bool,
    ) -> Result<Option<Beginning>, Problem> {
        if self.cross_site {
            return Ok(None);
        }
        let (secret, id) = keys::random_pair::<32, 16>()?;
        let now = app.clock.now();
        let life = app.config.session_life.as_secs();
        let mut session = Session::new(id, hash(&secret), owner, credential.to_vec(), now);
        session.user_verified = user_verified;
        session.expires = now.saturating_add(life);
        session.idle_expires = app.idle_expires(now, session.expires);
        session.browser.clone_from(&self.agent.browser);
        session.platform.clone_from(&self.agent.platform);
        Ok(Some((session, app.cookie.set(&secret, life))))
    }

    /// Notes where a passkey was made.
    pub(crate) fn note_on(&self, credential: &mut Credential) {
        credential.browser.clone_from(&self.agent.browser);
        credential.platform.clone_from(&self.agent.platform);
    }

    /// Notes where an event comes from.
    pub(crate) fn sign(&self, mut event: Event) -> Event {
        event.network = Some(self.network.clone());
        event
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        // Without a host the handler is not reached: another guard of it says so.
        let Ok(app) = App::of(request) else {
            return request::Outcome::Forward(rocket::http::Status::InternalServerError);
        };
        let cross_site = is_cross_site(request, &app.config);
        let shown = match app.cookie.find(request.headers().get("Cookie")) {
            Shown::Cookie(hash) if !cross_site => Some(hash),
            _ => None,
        };
        request::Outcome::Success(Self {
            agent: UserAgent::of(request.headers()),
            network: network(client(request, &app.config.trusted_proxies)),
            shown,
            cross_site,
        })
    }
}

/// The session's cookie as the request shows it, whether a session of it is alive or not.
pub(crate) struct Cookie(Shown);

impl Cookie {
    pub(crate) fn is_shown(&self) -> bool {
        self.0 != Shown::Nothing
    }

    pub(crate) const fn hash(&self) -> Option<SecretHash> {
        match self.0 {
            Shown::Cookie(hash) => Some(hash),
            Shown::Nothing | Shown::Unreadable => None,
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Cookie {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Infallible> {
        let shown = App::of(request).map_or(Shown::Nothing, |app| {
            app.cookie.find(request.headers().get("Cookie"))
        });
        request::Outcome::Success(Self(shown))
    }
}
