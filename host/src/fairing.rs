//! The host as a fairing, for Rocket applications.

use core::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::figment::providers::Serialized;
use rocket::form::Form;
use rocket::http::Method;
use rocket::shield::Shield;
use rocket::{Build, Data, Orbit, Request, Response, Rocket, Route};

use crate::app::{App, Parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::StartError;
use crate::event::Events;
use crate::http::headers;
use crate::http::table::Table;
use crate::routes;
use crate::store::Store;
use crate::token::signer::LoginSigner;
use crate::upkeep;

/// A host to mount: `rocket::build().attach(Portcullis::new(config).at("/auth"))`.
///
/// What the settings name (store, signer, files) is opened by [`Portcullis::open`], or else when
/// Rocket ignites.
pub struct Portcullis {
    config: Config,
    parts: Parts,
    base: String,
    catchers: bool,
    page: bool,
    well_known: bool,
    opened: Mutex<Option<App>>,
    /// Set at ignition.
    table: OnceLock<Arc<Table>>,
}

impl Portcullis {
    /// A host at `/`. Failures that no route answers are left to the application.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            parts: Parts::default(),
            base: "/".to_owned(),
            catchers: false,
            page: true,
            well_known: true,
            opened: Mutex::default(),
            table: OnceLock::new(),
        }
    }

    /// Mounts the host below another base, where it answers failures too.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        base.trim_end_matches('/').clone_into(&mut self.parts.base);
        self.with_catchers()
    }

    /// Has the host answer every failure below its base.
    #[must_use]
    pub const fn with_catchers(mut self) -> Self {
        self.catchers = true;
        self
    }

    /// Uses a store of the application's in place of the one that is configured.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.parts.store = Some(store);
        self
    }

    /// Signs login tokens with a signer of the application's in place of the one that is configured.
    #[must_use]
    pub fn with_signer(mut self, signer: Arc<dyn LoginSigner>) -> Self {
        self.parts.signer = Some(signer);
        self
    }

    /// Tells the application what happens: a closure that takes [`&Event`](crate::Event), or an
    /// implementation of [`Events`] for what has to be awaited.
    #[must_use]
    pub fn on_event(mut self, events: impl Events) -> Self {
        self.parts.events.push(Arc::new(events));
        self
    }

    /// Leaves out the page: the application has one of its own, at `/` for example.
    #[must_use]
    pub const fn without_page(mut self) -> Self {
        self.page = false;
        self
    }

    /// Mounts the well-known documents below the base too, in place of `/`, where browsers and other
    /// programs look for them: the application serves them there itself.
    #[must_use]
    pub const fn without_well_known(mut self) -> Self {
        self.well_known = false;
        self
    }

    /// Uses a clock of the caller's, which a test can move.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.parts.clock = Some(clock);
        self
    }

    /// Opens what the settings name, before Rocket is built: what cannot be opened is then the caller's
    /// to report, on one line.
    ///
    /// # Errors
    /// [`StartError`] names the setting that cannot be used, and how to fix it.
    pub async fn open(self) -> Result<Self, StartError> {
        let app = App::open(self.config.clone(), self.parts.clone()).await?;
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(app);
        Ok(self)
    }

    /// What an operator should know, though the host can start: a sentence each. After
    /// [`Portcullis::open`] also of what was opened. They are logged when Rocket ignites.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened
            .as_ref()
            .map_or_else(|| self.config.warnings(), App::warnings)
    }

    /// The host alone, as a Rocket of its own: what the program serves.
    #[must_use]
    pub fn rocket(self) -> Rocket<Build> {
        // Which client calls is decided by `PORTCULLIS_TRUSTED_PROXIES`, not by a header of Rocket's choice.
        let figment = self.config.rocket.clone();
        let figment = figment.merge(Serialized::global("ip_header", false));
        rocket::custom(figment)
            // The headers that it would set are set by this fairing, for failures too.
            .attach(Shield::new())
            .attach(self.with_catchers())
    }

    fn routes(&self) -> Vec<Route> {
        let page = self.page.then(|| routes::page(&self.config));
        [routes::calls(), page.unwrap_or_default()].concat()
    }

    async fn app(&self) -> Result<App, StartError> {
        let opened = self
            .opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match opened {
            Some(app) => Ok(app),
            None => App::open(self.config.clone(), self.parts.clone()).await,
        }
    }

    fn table(&self) -> Option<&Table> {
        self.table.get().map(Arc::as_ref)
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
            kind: Kind::Ignite | Kind::Liftoff | Kind::Request | Kind::Response | Kind::Singleton,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let app = match self.app().await {
            Ok(app) => app,
            Err(error) => {
                tracing::error!("{error}");
                return Err(rocket);
            }
        };
        for warning in app.warnings() {
            tracing::warn!("{warning}");
        }
        let well_known = if self.well_known { "/" } else { &self.base };
        let mut table = Table::default();
        let mut rocket = rocket.manage(Arc::new(app));
        for (base, routes) in [
            (self.base.as_str(), self.routes()),
            (well_known, routes::well_known()),
        ] {
            table.mount(base, &routes);
            rocket = rocket.mount(base, routes);
        }
        if self.catchers {
            table.catch_below(&self.base);
            rocket = rocket.register(self.base.as_str(), rocket::catchers![routes::any_failure]);
        }
        let table = Arc::clone(self.table.get_or_init(|| Arc::new(table)));
        Ok(rocket.manage(table))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        if let Some(app) = rocket.state::<Arc<App>>() {
            rocket::tokio::spawn(upkeep::run(Arc::clone(app), rocket.shutdown()));
            if let Some(address) = app.config.metrics {
                let app = Arc::clone(app);
                let serve = routes::metrics::serve(app, address, rocket.shutdown());
                rocket::tokio::spawn(serve);
            }
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // Rocket lets a form's `_method` field change the method. No call of this host takes a form, so
        // such a request becomes the POST again that it was.
        let is_form = request.content_type().is_some_and(|found| found.is_form());
        if is_form
            && request.method() != Method::Post
            && self
                .table()
                .is_some_and(|table| table.owned(request.uri().path()).is_some())
            && begins_with_method(data.peek(LONGEST_METHOD_FIELD).await)
        {
            request.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let owned = self
            .table()
            .and_then(|table| table.owned(request.uri().path()));
        let Some(methods) = owned else {
            return;
        };
        headers::share(request, response, &self.config, methods);
        headers::secure(response, self.config.https_only());
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
