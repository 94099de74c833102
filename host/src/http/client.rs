//! Which client is calling, through trusted proxies too, and whether it is within its allowance.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use rocket::request::{self, FromRequest, Request};

use super::problem::{Problem, refuse};
use crate::app::App;

/// A ceremony call within the client's allowance.
pub(crate) struct WithinLimit;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WithinLimit {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        let allowed = App::of(request).and_then(|app| match &app.limiter {
            Some(limiter) => limiter
                .check(client(request, &app.config.trusted_proxies))
                .map_err(Problem::rate_limited),
            None => Ok(()),
        });
        match allowed {
            Ok(()) => request::Outcome::Success(Self),
            Err(problem) => request::Outcome::Error(refuse(request, problem)),
        }
    }
}

/// The origin of the page that calls, as the browser names it; `None` where nothing names one.
pub(crate) struct PageOrigin<'r>(pub(crate) Option<&'r str>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PageOrigin<'r> {
    type Error = core::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        request::Outcome::Success(Self(request.headers().get_one("Origin")))
    }
}

pub(super) fn client(request: &Request<'_>, trusted: &[IpNet]) -> IpAddr {
    let peer = request
        .remote()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    // Without a proxy that is trusted nobody is believed, whatever the header says.
    let headers = (!trusted.is_empty()).then(|| request.headers().get("X-Forwarded-For"));
    let forwarded: Vec<&str> = headers
        .into_iter()
        .flatten()
        .flat_map(|header| header.split(','))
        .collect();
    forwarded_client(peer, &forwarded, trusted)
}

/// The last address that no trusted proxy vouches for: each proxy appends its peer to what it was
/// sent, so what comes before the first stranger is the stranger's word.
fn forwarded_client(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| {
        trusted
            .iter()
            .any(|network| network.contains(&address.to_canonical()))
    };
    let mut client = peer;
    for entry in forwarded.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        match address(entry.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client.to_canonical()
}

/// An address, with or without a port: proxies write both.
fn address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    entry.parse().or_else(|_| with_port()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"]
            .iter()
            .map(|network| network.parse().expect("a network"))
            .collect();
        let peer = peer.parse().expect("an address");
        forwarded_client(peer, forwarded, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed_about_its_address() {
        assert_eq!(client_of("192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(client_of("192.0.2.9", &["10.0.0.1"]), "192.0.2.9");
    }

    #[test]
    fn behind_proxies_the_last_address_that_is_not_theirs_counts() {
        assert_eq!(client_of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client_of("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(
            client_of("10.0.0.1", &["8.8.8.8", " 192.0.2.1", "10.9.9.9 "]),
            "192.0.2.1"
        );
        assert_eq!(
            client_of("::ffff:10.0.0.1", &["2001:db8::1"]),
            "2001:db8::1"
        );
        assert_eq!(client_of("10.0.0.1", &["10.0.0.3", "10.0.0.2"]), "10.0.0.3");
        assert_eq!(client_of("10.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(
            client_of("10.0.0.1", &["[2001:db8::1]:4711"]),
            "2001:db8::1"
        );
        assert_eq!(client_of("10.0.0.1", &["192.0.2.1", "unknown"]), "10.0.0.1");
        assert_eq!(client_of("fd00::1", &["::ffff:192.0.2.1"]), "192.0.2.1");
    }
}
