//! The time of a process, which never runs backward.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::data::UnixTime;

/// Seconds since 1970, as tokens count them.
pub type Timestamp = u64;

/// The wall clock, carried on by the monotonic one: where the wall clock is set back, time goes on
/// from where it was, so a token that is over stays over; where it is set forward (or the machine
/// has slept), time follows.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Reading>>);

/// A wall time, and when it was that.
#[derive(Clone, Copy, Debug)]
struct Reading {
    wall: Duration,
    at: Instant,
}

impl Clock {
    /// A clock that begins at the wall clock's time.
    #[must_use]
    pub fn start() -> Self {
        Self(Arc::new(Mutex::new(Reading {
            wall: wall(),
            at: Instant::now(),
        })))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.observe(wall())
    }

    /// The time now, as certificates count it.
    #[must_use]
    pub fn unix_time(&self) -> UnixTime {
        UnixTime::new(i64::try_from(self.now()).unwrap_or(i64::MAX))
    }

    /// Moves this clock ahead of the wall clock, for tests of what expires.
    #[cfg(any(test, feature = "testing"))]
    pub fn advance(&self, by: Duration) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.wall = reading.wall.saturating_add(by);
    }

    fn observe(&self, wall: Duration) -> Timestamp {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        let carried = reading.wall.saturating_add(at.duration_since(reading.at));
        if wall > carried {
            *reading = Reading { wall, at };
        }
        wall.max(carried).as_secs()
    }
}

fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_follows_the_wall_clock_forward_and_never_back() {
        let clock = Clock::start();
        let start = clock.now();
        let ahead = Duration::from_secs(start + 3_600);
        assert_eq!(clock.observe(ahead), start + 3_600);
        assert!(clock.observe(Duration::from_secs(start - 3_600)) >= start + 3_600);
        clock.advance(Duration::from_secs(60));
        assert!(clock.now() >= start + 3_660);
    }
}
