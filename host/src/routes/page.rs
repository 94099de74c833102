//! `GET /` and its files, compiled in by `build.rs`: one exact route a file, so that no other path
//! takes a GET.

use core::net::IpAddr;
use std::io::Cursor;

use rocket::{
    Data, Request, Response, Route,
    http::{ContentType, Header, HeaderMap, Method, Status},
    response::Redirect,
    route::{Handler, Outcome},
    serde::json::Json,
};
use serde::Serialize;

use crate::app::App;
use crate::config::Signup;

struct File {
    /// The path below the mount point, without a leading slash.
    name: &'static str,
    /// Names the content, the same in every build of it.
    tag: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The page's routes. `home` is the origin where passkeys work: a browser refuses them under an IP
/// address, so a page asked for there is redirected to `home`.
pub(crate) fn routes(home: &str, settings: PageSettings) -> Vec<Route> {
    let mut routes = vec![Route::new(
        Method::Get,
        "/page.json",
        SettingsRoute(settings),
    )];
    for file in FILES {
        let path = format!("/{}", file.name);
        if file.name.ends_with(".html") {
            let home = home.to_owned();
            let page = PageRoute { file, home };
            if file.name == "index.html" {
                routes.push(Route::new(Method::Get, "/", page.clone()));
            }
            routes.push(Route::new(Method::Get, &path, page));
        } else {
            routes.push(Route::new(Method::Get, &path, FileRoute(file)));
        }
    }
    routes
}

/// What the page has to know of the host before anybody signs in.
#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageSettings {
    pub(super) recovery_codes: bool,
    pub(super) signup: Signup,
}

#[derive(Serialize)]
struct SettingsView<'a> {
    #[serde(flatten)]
    settings: &'a PageSettings,
    /// [`App::process`].
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<&'a str>,
}

/// `GET /page.json`: the settings, as the page reads them.
#[derive(Clone)]
struct SettingsRoute(PageSettings);

#[rocket::async_trait]
impl Handler for SettingsRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let process = App::of(request).ok().and_then(|app| app.process.as_deref());
        let settings = &self.0;
        Outcome::from(request, Json(SettingsView { settings, process }))
    }
}

/// A page: a document that a person opens.
#[derive(Clone)]
struct PageRoute {
    file: &'static File,
    home: String,
}

#[rocket::async_trait]
impl Handler for PageRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let redirect = |target: String| Outcome::from(request, Redirect::temporary(target));
        let path = request.uri().path();
        // Of a path that begins with two slashes a browser would make a host.
        let path = path.as_str().trim_start_matches('/');
        let query = request.uri().query().map(|query| query.as_str());
        if is_asked_under_loopback_address(request) && !is_redirected(query) {
            // A proxy may say `Host: 127.0.0.1` for whatever name it is asked under: the mark ends the loop.
            // To `localhost` a browser goes without one.
            let mark = (!self.home.contains("://localhost")).then_some(REDIRECTED);
            let query: Vec<&str> = query.into_iter().chain(mark).collect();
            let query = query.join("&");
            let separator = if query.is_empty() { "" } else { "?" };
            return redirect(format!("{}/{path}{separator}{query}", self.home));
        }
        if !path.is_empty() && !path.ends_with('/') && !path.ends_with(self.file.name) {
            // Mounted at `/auth` the page is `/auth`, and its files are not beside but below it.
            return redirect(format!("/{path}/{}", self.file.name));
        }
        Outcome::Success(self.file.answer(request.headers()))
    }
}

/// What a page loads.
#[derive(Clone)]
struct FileRoute(&'static File);

#[rocket::async_trait]
impl Handler for FileRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::Success(self.0.answer(request.headers()))
    }
}

/// What a redirected page's query ends with.
const REDIRECTED: &str = "redirected";

fn is_redirected(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|pair| pair == REDIRECTED))
}

fn is_asked_under_loopback_address(request: &Request<'_>) -> bool {
    let Some(host) = request.host() else {
        return false;
    };
    let name = host.domain().as_str();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback())
}

impl File {
    fn answer(&'static self, headers: &HeaderMap<'_>) -> Response<'static> {
        let encoding = Encoding::accepted(headers);
        let tag = format!("\"{}{}\"", self.tag, encoding.tag_suffix());
        let mut response = Response::new();
        response.set_header(Header::new("Vary", "Accept-Encoding"));
        // The names do not change with the content: kept, but asked for again each time.
        response.set_header(Header::new("Cache-Control", "no-cache"));
        let known = headers
            .get("If-None-Match")
            .flat_map(|list| list.split(','))
            .map(|known| known.trim().trim_start_matches("W/"))
            .any(|known| known == "*" || known == tag);
        response.set_header(Header::new("ETag", tag));
        if known {
            response.set_status(Status::NotModified);
            return response;
        }
        response.set_header(self.content_type());
        let body = match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            Encoding::Identity => self.plain,
        };
        if let Some(name) = encoding.name() {
            response.set_header(Header::new("Content-Encoding", name));
        }
        response.set_sized_body(body.len(), Cursor::new(body));
        response
    }

    fn content_type(&self) -> ContentType {
        self.name
            .rsplit_once('.')
            .and_then(|(_, extension)| ContentType::from_extension(extension))
            .unwrap_or(ContentType::Binary)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The smallest that the client takes.
    fn accepted(headers: &HeaderMap<'_>) -> Self {
        let weight = |wanted: &str| {
            headers
                .get("Accept-Encoding")
                .flat_map(|list| list.split(','))
                .filter_map(|item| {
                    let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
                    name.trim()
                        .eq_ignore_ascii_case(wanted)
                        .then_some(parameters)
                })
                .map(|parameters| match parameters.trim().strip_prefix("q=") {
                    Some(weight) => weight.trim().parse().unwrap_or(0.0),
                    None => 1.0_f32,
                })
                .next()
        };
        let accepts = |name| weight(name).or_else(|| weight("*")).unwrap_or(0.0) > 0.0;
        if accepts("br") {
            Self::Brotli
        } else if accepts("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Two encodings are two representations: a strong tag must tell them apart.
    const fn tag_suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gz",
            Self::Identity => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use rocket::{
        http::uri::{Authority, Host},
        local::blocking::{Client, LocalResponse},
    };

    use super::*;

    const HOME: &str = "http://localhost:8000";

    const SETTINGS: PageSettings = PageSettings {
        recovery_codes: false,
        signup: Signup::Open,
    };

    fn client() -> Client {
        client_at("/")
    }

    fn client_at(base: &str) -> Client {
        client_of(base, HOME)
    }

    fn client_of(base: &str, home: &str) -> Client {
        let rocket = rocket::build().mount(base, routes(home, SETTINGS));
        Client::untracked(rocket).expect("the page's routes start")
    }

    fn get<'c>(
        client: &'c Client,
        path: &'c str,
        name: &'static str,
        value: &str,
    ) -> LocalResponse<'c> {
        let header = Header::new(name, value.to_owned());
        client.get(path).header(header).dispatch()
    }

    fn header(response: &LocalResponse<'_>, name: &str) -> Option<String> {
        response.headers().get_one(name).map(str::to_owned)
    }

    fn decoded(response: LocalResponse<'_>) -> Vec<u8> {
        let encoding = header(&response, "Content-Encoding");
        let body = response.into_bytes().expect("a body");
        let mut plain = Vec::new();
        match encoding.as_deref() {
            Some("br") => brotli::Decompressor::new(&*body, 4096).read_to_end(&mut plain),
            Some("gzip") => flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain),
            _ => return body,
        }
        .expect("the encoding that the header names");
        plain
    }

    #[test]
    fn every_file_arrives_whole_in_every_encoding() {
        let client = client();
        for file in FILES {
            let path = format!("/{}", file.name.trim_end_matches("index.html"));
            for accepted in ["br", "gzip", "identity"] {
                let response = get(&client, &path, "Accept-Encoding", accepted);
                assert_eq!(response.status(), Status::Ok, "{path}");
                assert!(decoded(response) == file.plain, "{path} as {accepted}");
            }
        }
    }

    #[test]
    fn the_client_chooses_the_encoding() {
        let client = client();
        for (accepted, encoding) in [
            ("gzip, deflate, br", Some("br")),
            ("br;q=0, gzip", Some("gzip")),
            ("br; q=0.0, gzip;q=0", None),
            ("GZIP;q=0.5", Some("gzip")),
            ("*", Some("br")),
            ("*;q=0", None),
            ("identity", None),
            ("", None),
            (";;q=,,=", None),
        ] {
            let response = get(&client, "/js/app.js", "Accept-Encoding", accepted);
            assert_eq!(response.status(), Status::Ok);
            assert_eq!(
                header(&response, "Content-Encoding").as_deref(),
                encoding,
                "{accepted:?}"
            );
            assert_eq!(
                header(&response, "Vary").as_deref(),
                Some("Accept-Encoding")
            );
        }
    }

    #[test]
    fn a_known_tag_gets_304_in_its_own_encoding_only() {
        let client = client();
        let tag = |encoding| {
            let response = get(&client, "/js/app.js", "Accept-Encoding", encoding);
            header(&response, "ETag").expect("a tag")
        };
        let (plain, brotli) = (tag("identity"), tag("br"));
        assert_ne!(plain, brotli);
        for (known, status) in [
            (plain.clone(), Status::NotModified),
            (format!("\"other\", W/{plain}"), Status::NotModified),
            ("*".to_owned(), Status::NotModified),
            (brotli, Status::Ok),
            ("\"other\"".to_owned(), Status::Ok),
        ] {
            let response = get(&client, "/js/app.js", "If-None-Match", &known);
            assert_eq!(response.status(), status, "{known}");
            assert_eq!(header(&response, "ETag").as_deref(), Some(&*plain));
            let empty = response.into_bytes().unwrap_or_default().is_empty();
            assert_eq!(empty, status == Status::NotModified, "{known}");
        }
    }

    #[test]
    fn each_file_has_its_content_type() {
        let client = client();
        for (path, content_type) in [
            ("/", "text/html; charset=utf-8"),
            ("/js/app.js", "text/javascript"),
            ("/css/base.css", "text/css; charset=utf-8"),
            ("/favicon.svg", "image/svg+xml"),
            ("/wasm/portcullis.js", "text/javascript"),
        ] {
            let response = client.get(path).dispatch();
            assert_eq!(
                header(&response, "Content-Type").as_deref(),
                Some(content_type)
            );
        }
    }

    #[test]
    fn head_has_the_length_and_no_body() {
        let client = client();
        let length = client
            .get("/")
            .dispatch()
            .into_bytes()
            .map(|body| body.len());
        let response = client.head("/").dispatch();
        assert_eq!(response.body().preset_size(), length);
        assert!(response.into_bytes().unwrap_or_default().is_empty());
    }

    #[test]
    fn only_the_files_themselves_take_a_get() {
        let client = client();
        for path in [
            "/js",
            "/js/",
            "/js/app.js.br",
            "/js/../js/app.js",
            "/register/begin",
        ] {
            assert_eq!(
                client.get(path).dispatch().status(),
                Status::NotFound,
                "{path}"
            );
        }
    }

    #[test]
    fn a_page_mounted_below_a_path_finds_its_files() {
        let client = client_at("/auth");
        let response = client.get("/auth").dispatch();
        let page = header(&response, "Location").expect("a redirect");
        assert_eq!(page, "/auth/index.html");
        let doubled = client.get("//auth").dispatch();
        let target = header(&doubled, "Location").expect("a redirect");
        assert_eq!(target, "/auth/index.html", "no other host");
        for path in [&*page, "/auth/js/app.js"] {
            assert_eq!(client.get(path).dispatch().status(), Status::Ok, "{path}");
        }
    }

    #[test]
    fn behind_a_proxy_that_names_a_loopback_address_the_page_is_redirected_once() {
        let client = client_of("/", "https://login.example.org");
        let get = |path| {
            let host = Host::from(Authority::parse("127.0.0.1:8000").expect("an authority"));
            let mut request = client.get(path);
            request.inner_mut().set_host(host);
            request.dispatch()
        };
        for (path, target) in [
            ("/", "https://login.example.org/?redirected"),
            ("/?a=b", "https://login.example.org/?a=b&redirected"),
        ] {
            assert_eq!(header(&get(path), "Location").as_deref(), Some(target));
        }
        assert_eq!(get("/?a=b&redirected").status(), Status::Ok);
    }

    #[test]
    fn a_page_under_a_loopback_address_goes_home() {
        let client = client();
        for (host, is_redirected) in [
            ("127.0.0.1:8000", true),
            ("127.9.9.9", true),
            ("[::1]:8000", true),
            ("[::ffff:127.0.0.1]", true),
            ("localhost:8000", false),
            ("192.0.2.1", false),
            ("127.0.0.1.example.org", false),
        ] {
            let get = |path| {
                let host = Host::from(Authority::parse(host).expect("an authority"));
                let mut request = client.get(path);
                request.inner_mut().set_host(host);
                request.dispatch()
            };
            let response = get("/?from=mail");
            let target = is_redirected.then(|| format!("{HOME}/?from=mail"));
            assert_eq!(header(&response, "Location"), target, "{host}");
            assert_eq!(
                response.status() == Status::TemporaryRedirect,
                is_redirected,
                "{host}"
            );
            for path in ["/js/app.js", "/?redirected", "/?from=mail&redirected"] {
                assert_eq!(get(path).status(), Status::Ok, "{host}{path}");
            }
            let page = is_redirected.then(|| format!("{HOME}/inspect.html"));
            assert_eq!(header(&get("/inspect.html"), "Location"), page, "{host}");
        }
    }
}
