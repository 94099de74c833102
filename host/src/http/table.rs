//! The paths of this host and their methods, built once at mount. Three ask it: the answer to a method
//! that a path does not have (405), the preflight of other origins, and the headers of every answer.

use core::fmt;
use std::collections::HashMap;
use std::sync::Arc;

use rocket::http::Method;
use rocket::http::uri::{Origin, Path};
use rocket::{Request, Route};

/// Paths and methods of one mounted host.
#[derive(Debug, Default)]
pub(crate) struct Table {
    entries: Vec<Entry>,
    /// The paths without a part that may be anything, as most requests write them.
    literal: HashMap<String, Methods>,
    /// Where every path is this host's, also one that no route has.
    catches_below: Option<Vec<Box<str>>>,
}

#[derive(Debug)]
struct Entry {
    path: Vec<Segment>,
    methods: Methods,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Is(Box<str>),
    Any,
}

/// The methods of a path, in the order of [`ORDER`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Methods(u8);

const ORDER: [Method; 6] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
];

impl Table {
    /// Adds routes that are mounted at a base.
    pub(crate) fn mount(&mut self, base: &str, routes: &[Route]) {
        for route in routes {
            let path: Vec<Segment> = segments(base)
                .chain(segments(route.uri.path()))
                .map(|segment| match segment.strip_prefix('<') {
                    Some(_) => Segment::Any,
                    None => Segment::Is(segment.into()),
                })
                .collect();
            let methods = Methods::of(route.method);
            match self.entries.iter_mut().find(|entry| entry.path == path) {
                Some(entry) => entry.methods = entry.methods.and(methods),
                None => self.entries.push(Entry { path, methods }),
            }
        }
        let literal = self.entries.iter().filter_map(Entry::literal);
        self.literal = literal
            .filter_map(|path| {
                let methods = self.walk(Origin::parse(&path).ok()?.path());
                Some((path, methods))
            })
            .collect();
    }

    /// Has every path below a base count as this host's.
    pub(crate) fn catch_below(&mut self, base: &str) {
        self.catches_below = Some(segments(base).map(Box::from).collect());
    }

    /// The methods of a path; none where it is not this host's.
    pub(crate) fn methods(&self, path: Path<'_>) -> Methods {
        let literal = self.literal.get(path.as_str()).copied();
        literal.unwrap_or_else(|| self.walk(path))
    }

    fn walk(&self, path: Path<'_>) -> Methods {
        let entries = self.entries.iter().filter(|entry| entry.matches(path));
        entries.fold(Methods::default(), |all, entry| all.and(entry.methods))
    }

    /// The methods of a path whose answer is this host's.
    pub(crate) fn owned(&self, path: Path<'_>) -> Option<Methods> {
        let methods = self.methods(path);
        let is_caught = || {
            self.catches_below.as_ref().is_some_and(|base| {
                let mut segments = path.segments();
                base.iter().all(|own| segments.next() == Some(own))
            })
        };
        (!methods.is_empty() || is_caught()).then_some(methods)
    }

    /// The methods of the path that a request asks for.
    pub(crate) fn methods_asked(request: &Request<'_>) -> Methods {
        let table = request.rocket().state::<Arc<Self>>();
        table.map_or_else(Methods::default, |table| {
            table.methods(request.uri().path())
        })
    }
}

impl Entry {
    /// The path as text, where no part of it may be anything.
    fn literal(&self) -> Option<String> {
        let segments = self.path.iter().map(|segment| match segment {
            Segment::Is(own) => Some(format!("/{own}")),
            Segment::Any => None,
        });
        segments.collect()
    }

    /// Rocket compares segments, decoded and without the empty ones.
    fn matches(&self, path: Path<'_>) -> bool {
        let mut asked = path.segments();
        let all = self.path.iter().all(|own| match (own, asked.next()) {
            (Segment::Is(own), Some(asked)) => **own == *asked,
            (Segment::Any, Some(_)) => true,
            (_, None) => false,
        });
        all && asked.next().is_none()
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

impl Methods {
    fn of(method: Method) -> Self {
        let bit = |method: Method| {
            ORDER
                .iter()
                .position(|known| *known == method)
                .map_or(0, |index| 1 << index)
        };
        // Rocket answers HEAD from GET.
        let head = if method == Method::Get {
            bit(Method::Head)
        } else {
            0
        };
        Self(bit(method) | head)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// As the `Allow` header lists them.
impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = ORDER
            .iter()
            .enumerate()
            .filter(|(index, _)| self.0 & (1 << index) != 0);
        for (position, (_, method)) in present.enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(method.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rocket::{delete, get, patch, post, routes};

    use super::*;

    #[post("/begin")]
    const fn begin() {}

    #[get("/passkeys")]
    const fn list() {}

    #[patch("/passkeys/<_id>")]
    const fn rename(_id: &str) {}

    #[delete("/passkeys/<_id>")]
    const fn remove(_id: &str) {}

    #[get("/passkeys/new")]
    const fn new() {}

    fn table(base: &str) -> Table {
        let mut table = Table::default();
        table.mount(base, &routes![begin, list, rename, remove, new]);
        table
    }

    fn methods(table: &Table, path: &str) -> String {
        let uri = Origin::parse(path).expect("a path");
        table.methods(uri.path()).to_string()
    }

    #[test]
    fn a_path_has_the_methods_of_all_routes_that_match_it() {
        for base in ["/", "/auth", "/auth/"] {
            let table = table(base);
            let base = base.trim_end_matches('/');
            for (path, expected) in [
                ("/begin", "POST"),
                ("/passkeys", "GET, HEAD"),
                ("/passkeys/AQID", "PATCH, DELETE"),
                ("/passkeys/new", "GET, HEAD, PATCH, DELETE"),
                ("/passkeys/%3Cid%3E", "PATCH, DELETE"),
                ("/passkeys/a/b", ""),
                ("/nothing", ""),
                ("/", ""),
            ] {
                assert_eq!(
                    methods(&table, &format!("{base}{path}")),
                    expected,
                    "{path}"
                );
            }
        }
        assert_eq!(methods(&table("/auth"), "/begin"), "");
    }

    #[test]
    fn what_lies_below_the_base_is_owned_where_it_is_caught() {
        let mut table = table("/auth");
        let owns = |table: &Table, path| {
            let uri = Origin::parse(path).expect("a path");
            table.owned(uri.path()).is_some()
        };
        assert!(owns(&table, "/auth/begin"));
        assert!(!owns(&table, "/auth/nothing"));
        table.catch_below("/auth");
        assert!(owns(&table, "/auth/nothing") && owns(&table, "/auth"));
        assert!(!owns(&table, "/authority") && !owns(&table, "/"));
    }
}
