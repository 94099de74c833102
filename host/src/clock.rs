//! The time of a process, which never runs backward.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use portcullis_core::data::UnixTime;

/// Seconds since 1970, as tokens count them.
pub type Timestamp = u64;

/// A step of the wall clock that is believed at once: what a network time service corrects.
const SMALL_STEP: Duration = Duration::from_secs(5 * 60);

/// How long a larger step has to last before it is believed.
const CONFIRMED: Duration = Duration::from_secs(60);

/// The wall clock, carried on by the monotonic one.
///
/// Where the wall clock is set back, time goes on from where it was, so a token that is over stays over.
/// Where it is set forward, or the machine has slept, time follows: a large step only once it has lasted
/// for a minute, since time does not come back from a wrong one, and tokens made meanwhile would be good
/// for that much longer.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Reading>>);

/// A wall time, and when it was that.
#[derive(Clone, Copy, Debug)]
struct Reading {
    wall: Duration,
    at: Instant,
    /// Since when the wall clock is a large step ahead.
    ahead_since: Option<Instant>,
    /// The wall clock is a large step behind, and the log says so.
    behind: bool,
    /// Only [`Clock::advance`] moves it.
    #[cfg(any(test, feature = "testing"))]
    held: bool,
}

impl Clock {
    /// A clock that begins at the wall clock's time.
    #[must_use]
    pub fn start() -> Self {
        Self(Arc::new(Mutex::new(Reading {
            wall: wall(),
            at: Instant::now(),
            ahead_since: None,
            behind: false,
            #[cfg(any(test, feature = "testing"))]
            held: false,
        })))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.observe(wall(), Instant::now())
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
        reading.behind = true;
    }

    /// Stops this clock, for tests of what is good until the last second: only [`Clock::advance`] moves it.
    #[cfg(any(test, feature = "testing"))]
    pub fn hold(&self) {
        let now = Duration::from_secs(self.now());
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.wall = now;
        reading.held = true;
    }

    fn observe(&self, wall: Duration, at: Instant) -> Timestamp {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(any(test, feature = "testing"))]
        if reading.held {
            return reading.wall.as_secs();
        }
        let carried = reading
            .wall
            .saturating_add(at.saturating_duration_since(reading.at));
        let ahead = wall.saturating_sub(carried);
        if ahead > SMALL_STEP {
            let since = *reading.ahead_since.get_or_insert_with(|| {
                tracing::warn!(
                    seconds = ahead.as_secs(),
                    "the wall clock has jumped ahead; it is followed if it stays there for a minute"
                );
                at
            });
            if at.saturating_duration_since(since) < CONFIRMED {
                return carried.as_secs();
            }
            tracing::warn!(
                seconds = ahead.as_secs(),
                "time follows the wall clock ahead"
            );
        }
        reading.ahead_since = None;
        let is_behind = carried.saturating_sub(wall) > SMALL_STEP;
        if is_behind && !reading.behind {
            tracing::warn!(
                seconds = carried.saturating_sub(wall).as_secs(),
                "the wall clock has gone back; time goes on without it until the next start"
            );
        }
        reading.behind = is_behind || (reading.behind && wall < carried);
        if wall > carried {
            reading.wall = wall;
            reading.at = at;
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

    const MINUTE: Duration = Duration::from_secs(60);

    /// A clock at a known time, and what it says when the wall clock says so much after so long.
    fn clock() -> (Clock, impl Fn(&Clock, i64, u64) -> i64) {
        let clock = Clock::start();
        let Reading { wall, at, .. } = *clock.0.lock().expect("not poisoned");
        let observe = move |clock: &Clock, wall_moved: i64, elapsed: u64| {
            let moved = Duration::from_secs(wall_moved.unsigned_abs());
            let wall_now = if wall_moved < 0 {
                wall - moved
            } else {
                wall + moved
            };
            let now = clock.observe(wall_now, at + Duration::from_secs(elapsed));
            i64::try_from(now).expect("small") - i64::try_from(wall.as_secs()).expect("small")
        };
        (clock, observe)
    }

    #[test]
    fn time_follows_small_steps_and_never_runs_back() {
        let (clock, observe) = clock();
        assert_eq!(observe(&clock, 200, 10), 200);
        assert_eq!(observe(&clock, -3_600, 20), 210);
        assert_eq!(observe(&clock, 230, 30), 230);
        clock.advance(MINUTE);
        assert_eq!(observe(&clock, 231, 31), 291);
    }

    #[test]
    fn a_large_step_that_does_not_last_is_not_followed() {
        let (clock, observe) = clock();
        let year = 365 * 86_400;
        for elapsed in [1, 30, 59] {
            assert_eq!(
                observe(&clock, year, elapsed),
                i64::try_from(elapsed).expect("small")
            );
        }
        assert_eq!(observe(&clock, 60, 60), 60);
        // It has to last anew.
        assert_eq!(observe(&clock, year, 70), 70);
        assert_eq!(observe(&clock, year + 20, 90), 90);
    }

    #[test]
    fn a_large_step_that_lasts_is_followed() {
        let (clock, observe) = clock();
        assert_eq!(observe(&clock, 8 * 3_600, 1), 1);
        assert_eq!(observe(&clock, 8 * 3_600 + 60, 61), 8 * 3_600 + 60);
        assert_eq!(observe(&clock, 8 * 3_600 + 70, 71), 8 * 3_600 + 70);
    }
}
