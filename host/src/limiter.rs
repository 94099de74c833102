//! Ceremony calls a minute and client.

use core::hash::BuildHasher as _;
use core::net::{IpAddr, Ipv6Addr};
use core::num::NonZeroU32;
use core::time::Duration;
use std::hash::RandomState;
use std::sync::Mutex;
use std::time::Instant;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How often cells whose allowance is whole again are forgotten.
const SWEEP: Duration = Duration::from_secs(30);

/// The cell that a client's calls are counted in. There are 65,536 of them, so the table is bounded whatever
/// the number of clients; which clients share one, nobody outside can tell.
type Cell = u16;

/// An allowance for each client: an IPv4 address, or an IPv6 /64.
#[derive(Debug)]
pub(crate) struct Limiter {
    cells: DefaultKeyedRateLimiter<Cell>,
    hasher: RandomState,
    clock: DefaultClock,
    swept: Mutex<Instant>,
}

impl Limiter {
    pub(crate) fn new(calls_a_minute: NonZeroU32) -> Self {
        Self {
            cells: RateLimiter::keyed(Quota::per_minute(calls_a_minute)),
            hasher: RandomState::new(),
            clock: DefaultClock::default(),
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Counts one call.
    ///
    /// # Errors
    /// Where the allowance is used up: the seconds until the next call.
    pub(crate) fn check(&self, client: IpAddr) -> Result<(), u64> {
        self.sweep();
        self.cells.check_key(&self.cell(client)).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            wait.as_secs().saturating_add(1)
        })
    }

    fn cell(&self, client: IpAddr) -> Cell {
        let [a, b, ..] = self.hasher.hash_one(network(client)).to_le_bytes();
        Cell::from_le_bytes([a, b])
    }

    /// One caller sweeps; the others go on meanwhile.
    fn sweep(&self) {
        if let Ok(mut swept) = self.swept.try_lock()
            && swept.elapsed() >= SWEEP
        {
            *swept = Instant::now();
            self.cells.retain_recent();
            self.cells.shrink_to_fit();
        }
    }
}

/// A client that has an IPv6 address has the rest of its /64 too.
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

    /// More clients than there are cells: those who were there before keep what they had, but for the few
    /// that share a cell with a newcomer.
    #[test]
    fn a_flood_of_clients_takes_nothing_from_the_others_but_for_shared_cells() {
        let limiter = limiter(10);
        let known: Vec<IpAddr> = (0..100).map(|n| ip(&format!("192.0.2.{n}"))).collect();
        for client in &known {
            assert!(limiter.check(*client).is_ok());
        }
        for n in 0..200_000_u128 {
            let _ = limiter.check(IpAddr::V6(Ipv6Addr::from(n << 64)));
        }
        assert!(limiter.cells.len() <= 65_536);
        // Each cell has had three calls of the flood on average.
        let served = known
            .iter()
            .filter(|client| limiter.check(**client).is_ok());
        assert!(served.count() > 90);
    }
}
