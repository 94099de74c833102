//! What is written as text: bytes, in base64url without padding as WebAuthn's JSON has them and as hex
//! digits, times, and networks.

use core::net::{IpAddr, Ipv6Addr};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Timestamp;

/// A time as RFC 3339 writes it, in UTC.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    let seconds = i64::try_from(time).unwrap_or(i64::MAX);
    // Later than the year 9999 is no time that a caller can read.
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

/// The network of an address, which says less of a person: an IPv4 /24 or an IPv6 /48.
pub(crate) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text of exactly that many.
pub(crate) fn from_base64url<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// The bytes of a text, whatever their number.
pub(crate) fn bytes_from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// The bytes of hex digits, two each.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| value.try_into().ok()))
        .collect();
    let pairs = digits?;
    let (pairs, []) = pairs.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|[high, low]| (high << 4) | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_networks_are_written_as_others_read_them() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_795_827_600), "2026-11-28T01:00:00Z");
        assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ] {
            assert_eq!(network(address.parse().expect("an address")), expected);
        }
    }
}
