//! What every request is asked before its handler runs.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use rocket::data::{self, Data, FromData, ToByteUnit as _};
use rocket::http::Status;
use rocket::request::{self, FromRequest, Request};
use serde::Deserialize;

use crate::challenge::TokenError;
use crate::host::Host;
use crate::problem::{Code, Problem};
use crate::store::Account;

/// The largest body: an attestation with a long certificate chain is a tenth of it.
const MAX_BODY: usize = 128 * 1_024;

/// The most characters of a reason why a body could not be read.
const MAX_REASON: usize = 160;

/// A body that was small enough, of the right media type, and is UTF-8 that begins like an object.
pub(crate) struct JsonBody(String);

impl JsonBody {
    /// Reads the members that the call knows; others are ignored.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_str(&self.0).map_err(|error| {
            // The library's words about the place and the type. They may quote a member, so they
            // are cut where a sentence would end.
            let reason: String = error.to_string().chars().take(MAX_REASON).collect();
            Problem::new(Code::BodyInvalid, format!("The body: {reason}."))
        })
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = Problem;

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        match read_body(request, data).await {
            Ok(body) => data::Outcome::Success(body),
            Err(problem) => data::Outcome::Error(refuse(request, problem)),
        }
    }
}

async fn read_body(request: &Request<'_>, data: Data<'_>) -> Result<JsonBody, Problem> {
    if !request.content_type().is_some_and(|found| found.is_json()) {
        return Err(Problem::new(
            Code::MediaType,
            "The Content-Type header must be application/json.",
        ));
    }
    let body = data
        .open(MAX_BODY.bytes())
        .into_bytes()
        .await
        .map_err(|_| Problem::new(Code::BodyInvalid, "The body ended early."))?;
    if !body.is_complete() {
        return Err(Problem::new(
            Code::BodyTooLarge,
            "A body may have 131072 bytes.",
        ));
    }
    let text = String::from_utf8(body.into_inner())
        .map_err(|_| Problem::new(Code::BodyInvalid, "The body is not UTF-8."))?;
    // A struct can be read from an array too; the contract wants an object.
    if !text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{')
    {
        return Err(Problem::new(
            Code::BodyInvalid,
            "The body must be a JSON object.",
        ));
    }
    Ok(JsonBody(text))
}

/// Whoever the `Authorization` header proves; nobody where there is none.
pub(crate) struct Owner(pub(crate) Option<Account>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Owner {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        match read_proof(request).await {
            Ok(account) => request::Outcome::Success(Self(account)),
            Err(problem) => request::Outcome::Error(refuse(request, problem)),
        }
    }
}

async fn read_proof(request: &Request<'_>) -> Result<Option<Account>, Problem> {
    let mut headers = request.headers().get("Authorization");
    let Some(header) = headers.next() else {
        return Ok(None);
    };
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim());
    let (Some(token), None) = (token, headers.next()) else {
        return Err(Problem::new(
            Code::TokenInvalid,
            "The Authorization header must be `Bearer` and a login token.",
        ));
    };
    let host = host(request)?;
    let handle = host.login.proven_user(token)?;
    let account = host.store.account_by_handle(&handle).await?;
    // A token outlives the account where the store has been emptied.
    account.map(Some).ok_or_else(|| TokenError::Invalid.into())
}

/// A ceremony call within the client's allowance.
pub(crate) struct WithinLimit;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WithinLimit {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Problem> {
        let allowed = host(request).and_then(|host| match &host.limiter {
            Some(limiter) => limiter
                .check(client(request, &host.config.trusted_proxies))
                .map_err(Problem::rate_limited),
            None => Ok(()),
        });
        match allowed {
            Ok(()) => request::Outcome::Success(Self),
            Err(problem) => request::Outcome::Error(refuse(request, problem)),
        }
    }
}

fn client(request: &Request<'_>, trusted: &[IpNet]) -> IpAddr {
    let peer = request
        .remote()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let forwarded: Vec<&str> = request
        .headers()
        .get("X-Forwarded-For")
        .flat_map(|header| header.split(','))
        .collect();
    forwarded_client(peer, &forwarded, trusted)
}

/// The last address that no trusted proxy vouches for: each proxy adds its peer behind what it was
/// sent, so what stands before the first stranger is the stranger's word.
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

/// The failure of a guard reaches the client through the catcher.
fn refuse(request: &Request<'_>, problem: Problem) -> (Status, Problem) {
    request.local_cache(|| Some(problem.clone()));
    (problem.status(), problem)
}

/// What a guard of this request said when it failed.
pub(crate) fn refusal(request: &Request<'_>) -> Option<Problem> {
    request.local_cache(|| None::<Problem>).clone()
}

fn host<'r>(request: &'r Request<'_>) -> Result<&'r Host, Problem> {
    request
        .rocket()
        .state::<Host>()
        .ok_or_else(|| Problem::new(Code::Internal, "The host is not set up."))
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
