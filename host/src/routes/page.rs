//! `GET /` and its files, compiled in by `build.rs`: one exact route a file, so that no other path
//! takes a GET.

use core::net::IpAddr;
use std::io::Cursor;

use rocket::{
    Data, Request, Response, Route,
    http::{ContentType, Header, HeaderMap, Method, Status},
    response::Redirect,
    route::{Handler, Outcome},
};

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
pub(crate) fn routes(home: &str) -> Vec<Route> {
    FILES
        .iter()
        .map(|file| match file.name {
            "index.html" => {
                let home = home.to_owned();
                Route::new(Method::Get, "/", PageRoute { file, home })
            }
            name => Route::new(Method::Get, &format!("/{name}"), FileRoute(file)),
        })
        .collect()
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
        if is_asked_under_loopback_address(request) {
            return Outcome::from(
                request,
                Redirect::temporary(format!("{}{}", self.home, request.uri())),
            );
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
