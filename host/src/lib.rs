//! A passkey server on Rocket, as a library to mount in another application and as a program.
//!
//! # How a request flows
//!
//! Data enters in two places. Settings come through [`config`], once, before anything listens.
//! Requests come through `guards`: the rate limit, the `Authorization` header, the body; what they
//! refuse becomes a [`problem`] document. A handler in `routes` then sees typed values only:
//!
//! 1. `begin` looks an account up in the [`store`] (or makes up a decoy), mints a challenge with
//!    `challenge`, and answers with the options. Nothing is written.
//! 2. `complete` opens the challenge token, spends it, and hands the browser's response as it came
//!    to the verifier in `portcullis-core`. Only what that has verified is written to the store.
//! 3. A login token (`login`) tells the applications behind the host who has signed in.
//!
//! # Mounting
//!
//! ```no_run
//! use portcullis::{Config, Portcullis};
//!
//! # fn main() -> Result<(), portcullis::ConfigError> {
//! let config = Config::read()?;
//! let app = rocket::build().attach(Portcullis::new(config).at("/auth"));
//! # drop(app);
//! # Ok(())
//! # }
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod names;
pub mod problem;
pub mod signer;
pub mod store;
pub mod trust;

mod algorithms;
mod challenge;
mod decoys;
mod encoding;
mod guards;
mod headers;
mod host;
mod jwt;
mod keys;
mod limit;
mod login;
mod routes;
mod verifier;

use core::fmt;
use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::figment::providers::Serialized;
use rocket::form::Form;
use rocket::http::Method;
use rocket::http::uri::Path;
use rocket::shield::Shield;
use rocket::{Build, Data, Request, Response, Rocket, Route};

use store::Store;

pub use config::{Config, ConfigError};

/// The host alone: what the program serves.
#[must_use]
pub fn rocket(config: Config) -> Rocket<Build> {
    // The client's address is this host's own matter, see `PORTCULLIS_TRUSTED_PROXIES`.
    let figment = config
        .rocket
        .clone()
        .merge(Serialized::global("ip_header", false));
    rocket::custom(figment)
        // The headers that it would set are set below, for failures too.
        .attach(Shield::new())
        .attach(Portcullis::new(config).with_catchers())
}

/// The host as a fairing, for another Rocket application.
pub struct Portcullis {
    config: Config,
    store: Option<Arc<dyn Store>>,
    base: String,
    catchers: bool,
    routes: Vec<Route>,
}

impl Portcullis {
    /// A host at `/`. Failures that no route answers are left to the application.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            routes: routes::all(&config),
            config,
            store: None,
            base: "/".to_owned(),
            catchers: false,
        }
    }

    /// The host below another base, where it answers failures too.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self.with_catchers()
    }

    /// The host over a store of the application's own, in place of the one that is configured.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Has the host answer every failure below its base.
    #[must_use]
    pub const fn with_catchers(mut self) -> Self {
        self.catchers = true;
        self
    }

    /// The methods of a path of this host.
    fn methods(&self, path: Path<'_>) -> Vec<Method> {
        self.path_below_base(path).map_or_else(Vec::new, |path| {
            let routes = self.routes.iter();
            routes
                .filter(|route| routes::has_path(route, path.iter().copied()))
                .map(|route| route.method)
                .collect()
        })
    }

    /// Whether the answer to a path is this host's.
    fn owns(&self, path: Path<'_>) -> bool {
        match self.path_below_base(path) {
            Some(_) if self.catchers => true,
            Some(_) => !self.methods(path).is_empty(),
            None => false,
        }
    }

    /// The segments of a path behind those of the base.
    fn path_below_base<'p>(&self, path: Path<'p>) -> Option<Vec<&'p str>> {
        let mut segments = path.segments();
        let mut base = self.base.split('/').filter(|segment| !segment.is_empty());
        base.all(|segment| segments.next() == Some(segment))
            .then(|| segments.collect())
    }
}

impl fmt::Debug for Portcullis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portcullis")
            .field("config", &self.config)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

#[rocket::async_trait]
impl Fairing for Portcullis {
    fn info(&self) -> Info {
        Info {
            name: "Portcullis",
            kind: Kind::Ignite | Kind::Request | Kind::Response | Kind::Singleton,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let host = match host::Host::new(self.config.clone(), self.store.clone()) {
            Ok(host) => host,
            Err(error) => {
                tracing::error!(%error, "the host cannot start");
                return Err(rocket);
            }
        };
        let rocket = rocket
            .manage(host)
            .mount(self.base.as_str(), self.routes.clone());
        Ok(if self.catchers {
            rocket.register(self.base.as_str(), rocket::catchers![routes::any_failure])
        } else {
            rocket
        })
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // Rocket lets a form's `_method` field stand for the method. No form is meant for this
        // host, so such a request becomes the POST again that it was.
        let is_form = request.content_type().is_some_and(|found| found.is_form());
        if is_form
            && request.method() != Method::Post
            && self.owns(request.uri().path())
            && begins_with_method(data.peek(LONGEST_METHOD_FIELD).await)
        {
            request.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let path = request.uri().path();
        if self.owns(path) {
            let methods = self.methods(path);
            headers::share(request, response, &self.config, &methods);
            headers::secure(response, self.config.https_only());
        }
    }
}

/// As much of a form as Rocket looks at for a method.
const LONGEST_METHOD_FIELD: usize = "_method=delete".len();

/// Whether the first field of a form is what Rocket takes for a method. It passes over empty fields.
fn begins_with_method(form: &[u8]) -> bool {
    let form = core::str::from_utf8(form).unwrap_or_default();
    let first = Form::values(form).next();
    first.is_some_and(|field| field.name == "_method")
}

#[cfg(test)]
mod tests {
    use rocket::http::{ContentType, Status};
    use rocket::local::blocking::Client;
    use rocket::{get, routes};

    use super::*;

    #[get("/own")]
    const fn own() -> &'static str {
        "the application's"
    }

    fn client(mounted: Portcullis) -> Client {
        let app = rocket::build().mount("/", routes![own]).attach(mounted);
        Client::untracked(app).expect("launches")
    }

    fn host() -> Portcullis {
        let figment = rocket::Config::figment();
        Portcullis::new(Config::new([], figment).expect("defaults"))
    }

    #[test]
    fn mounted_below_a_base_it_answers_there_and_nowhere_else() {
        let client = client(host().at("/auth"));
        let begun = client
            .post("/auth/authenticate/begin")
            .header(ContentType::JSON)
            .body("{}")
            .dispatch();
        assert_eq!(begun.status(), Status::Ok);
        let problem = ContentType::new("application", "problem+json");
        for (path, status) in [("/auth/register/begin", 405), ("/auth/nothing", 404)] {
            let answer = client.get(path).dispatch();
            assert_eq!(answer.status().code, status);
            assert_eq!(answer.content_type(), Some(problem.clone()));
        }
        assert_ne!(
            client.get("/nothing").dispatch().content_type(),
            Some(problem)
        );
        for (path, ours) in [
            ("/own", false),
            ("/authority", false),
            ("/auth/healthz", true),
        ] {
            let answer = client.get(path).dispatch();
            let policy = answer.headers().get_one("Content-Security-Policy");
            assert_eq!(policy.is_some(), ours, "{path}");
        }
    }

    #[test]
    fn mounted_at_the_root_it_leaves_the_rest_to_the_application() {
        let client = client(host());
        assert_eq!(client.get("/healthz").dispatch().status(), Status::Ok);
        let own = client.get("/own").dispatch();
        assert_eq!(own.headers().get_one("Content-Security-Policy"), None);
        assert_eq!(own.into_string().as_deref(), Some("the application's"));
    }

    #[test]
    fn a_form_does_not_choose_the_method() {
        let client = client(host().at("/auth"));
        for method in ["get", "put", "delete"] {
            for form in [format!("_method={method}"), format!("&&_method={method}")] {
                let post = |path| {
                    let request = client.post(path).header(ContentType::Form);
                    request.body(&form).dispatch().status()
                };
                let ceremony = post("/auth/register/begin");
                assert_eq!(ceremony, Status::UnsupportedMediaType, "{form}");
                assert_eq!(post("/auth/"), Status::MethodNotAllowed, "{form}");
            }
        }
    }

    #[test]
    fn a_path_is_the_same_however_it_is_written() {
        let client = client(host().at("/auth"));
        for path in [
            "/auth/register/begin",
            "/auth/register/begin/",
            "//auth//register/begin",
            "/auth/regis%74er/begin",
        ] {
            let answer = client.get(path).dispatch();
            assert_eq!(answer.status(), Status::MethodNotAllowed, "{path}");
            assert_eq!(answer.headers().get_one("Allow"), Some("POST"), "{path}");
            let policy = answer.headers().get_one("Content-Security-Policy");
            assert!(policy.is_some(), "{path}");
        }
        for path in ["/auth/register%2fbegin", "/auth/register/begin/x"] {
            assert_eq!(client.get(path).dispatch().status(), Status::NotFound);
        }
    }
}

// What the README shows has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
