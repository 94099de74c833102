//! Ceremony calls a minute and client.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::num::NonZeroU32;
use core::time::Duration;
use std::sync::Mutex;
use std::time::Instant;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Clients that are remembered at once; those beyond share one allowance.
const MAX_CLIENTS: usize = 100_000;

/// How often clients whose allowance is whole again are forgotten.
const SWEEP: Duration = Duration::from_secs(30);

/// An allowance for each client: an IPv4 address, or an IPv6 /64.
#[derive(Debug)]
pub(crate) struct Limiter {
    clients: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    swept: Mutex<Instant>,
    max_clients: usize,
}

impl Limiter {
    pub(crate) fn new(calls_a_minute: NonZeroU32) -> Self {
        Self {
            clients: RateLimiter::keyed(Quota::per_minute(calls_a_minute)),
            clock: DefaultClock::default(),
            swept: Mutex::new(Instant::now()),
            max_clients: MAX_CLIENTS,
        }
    }

    /// Counts one call.
    ///
    /// # Errors
    /// Where the allowance is used up: the seconds until the next call.
    pub(crate) fn check(&self, client: IpAddr) -> Result<(), u64> {
        self.sweep();
        let mut client = network(client);
        if self.clients.len() >= self.max_clients {
            client = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        }
        self.clients.check_key(&client).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            wait.as_secs().saturating_add(1)
        })
    }

    /// One caller sweeps; the others go on meanwhile.
    fn sweep(&self) {
        if let Ok(mut swept) = self.swept.try_lock()
            && swept.elapsed() >= SWEEP
        {
            *swept = Instant::now();
            self.clients.retain_recent();
            self.clients.shrink_to_fit();
        }
    }
}

/// Whoever has an IPv6 address has the rest of its /64 too.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(calls: u32) -> Limiter {
        Limiter::new(NonZeroU32::new(calls).expect("not zero"))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_client_has_its_own_allowance() {
        let limiter = limiter(2);
        assert!(limiter.check(ip("192.0.2.1")).is_ok());
        assert!(limiter.check(ip("192.0.2.1")).is_ok());
        let wait = limiter.check(ip("192.0.2.1")).expect_err("used up");
        assert!((1..=31).contains(&wait), "{wait}");
        assert!(limiter.check(ip("192.0.2.2")).is_ok());
    }

    #[test]
    fn a_mapped_address_is_the_same_client_and_so_is_a_whole_64() {
        let limiter = limiter(1);
        assert!(limiter.check(ip("192.0.2.1")).is_ok());
        assert!(limiter.check(ip("::ffff:192.0.2.1")).is_err());
        assert!(limiter.check(ip("2001:db8:0:1::1")).is_ok());
        assert!(limiter.check(ip("2001:db8:0:1:ffff::2")).is_err());
        assert!(limiter.check(ip("2001:db8:0:2::1")).is_ok());
    }

    #[test]
    fn clients_beyond_the_table_share_one_allowance() {
        let mut limiter = limiter(1);
        limiter.max_clients = 1;
        assert!(limiter.check(ip("192.0.2.1")).is_ok());
        assert!(limiter.check(ip("192.0.2.2")).is_ok());
        assert!(limiter.check(ip("192.0.2.3")).is_err());
        assert!(limiter.clients.len() <= 2);
    }
}
