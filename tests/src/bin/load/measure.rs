//! Operations by many at once, for a while: how many, how long each took, what the server used.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::thread;
use std::time::Instant;

use super::connection::Connection;
use super::people::{Operation, People};
use super::server::Server;

/// Connections at the same time.
const AT_ONCE: u64 = 16;

/// The most operations of one measurement, whatever its time.
const MOST: u64 = 4_000_000;

/// The longest that anything may take.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// The part of a measurement's time that goes by before it begins to count.
const WARM_UP: u32 = 4;

/// When the next operation begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// When the last one has ended, on each connection.
    Closed,
    /// At its time, so many a second, however long the others take; what waits for a connection counts as
    /// waiting for the server.
    Open(u32),
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    /// Numbers that were not there before, from this one on.
    New(u64),
    /// Anybody below this number.
    Among(u64),
}

/// What was measured.
pub(crate) struct Measured {
    times: Vec<Duration>,
    took: Duration,
    cpu: Duration,
    counted: u64,
    last: u64,
}

impl Measured {
    /// The time that was counted.
    pub(crate) const fn took(&self) -> Duration {
        self.took
    }

    /// How many have begun, from the first on.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// Operations a second.
    pub(crate) fn rate(&self) -> f64 {
        number(self.counted) / self.took.as_secs_f64()
    }

    /// The server's processor time for one, in microseconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / number(self.counted)
    }

    /// So many of a thousand took no longer, in microseconds.
    pub(crate) fn within(&self, thousandths: usize) -> f64 {
        let index = self.times.len() * thousandths / 1_000;
        let last = self.times.len().saturating_sub(1);
        let time = self.times.get(index.min(last));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }
}

#[expect(
    clippy::as_conversions,
    reason = "exact below 2^53, and only ever printed"
)]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// What is done, by whom, when.
struct Work<'a> {
    people: &'a People,
    operation: Operation,
    who: Who,
    pace: Pace,
    most: u64,
    next: AtomicU64,
    begin: Instant,
    counts_from: Instant,
    end: Instant,
}

impl Work<'_> {
    /// Works on one connection; how long what counts has taken.
    fn on(&self, connection: &mut Connection) -> io::Result<Vec<Duration>> {
        let mut times = Vec::new();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let now = Instant::now();
            let due = match self.pace {
                Pace::Closed => now,
                Pace::Open(rate) => self.begin + Duration::from_secs(index) / rate,
            };
            if index >= self.most || due >= self.end || now >= self.end {
                return Ok(times);
            }
            thread::sleep(due.saturating_duration_since(now));
            let number = match self.who {
                Who::New(first) => first + index,
                // Scattered over all of them.
                Who::Among(all) => index.wrapping_mul(0x9e37_79b9_7f4a_7c15) % all,
            };
            self.people.act(self.operation, number, connection)?;
            if due >= self.counts_from {
                times.push(due.elapsed());
            }
        }
    }

    /// How far the work is.
    fn done(&self) -> u64 {
        self.next.load(Ordering::Relaxed).min(self.most)
    }
}

/// Does an operation at a pace for a while.
pub(crate) fn measure(
    server: &Server,
    people: &People,
    operation: Operation,
    who: Who,
    pace: Pace,
    time: Duration,
) -> io::Result<Measured> {
    let mut connections = connections(server)?;
    let begin = Instant::now();
    let work = Work {
        people,
        operation,
        who,
        pace,
        most: MOST,
        next: AtomicU64::new(0),
        begin,
        counts_from: begin + time / WARM_UP,
        end: begin + time,
    };
    thread::scope(|scope| {
        let acting = spawn(scope, &work, &mut connections);
        thread::sleep(time / WARM_UP);
        let (cpu, done, from) = (server.cpu(), work.done(), Instant::now());
        thread::sleep(work.end.saturating_duration_since(from));
        let (cpu, counted) = (server.cpu().since(&cpu), work.done() - done);
        let took = from.elapsed();
        let mut times = join(acting)?;
        times.sort_unstable();
        Ok(Measured {
            times,
            took,
            cpu,
            counted: counted.max(1),
            last: work.done(),
        })
    })
}

/// Signs up the people from one number to another, each once.
pub(crate) fn fill(server: &Server, people: &People, from: u64, to: u64) -> io::Result<()> {
    let count = to.saturating_sub(from);
    repeat(
        server,
        people,
        Operation::Fill,
        Who::New(from),
        count.min(MOST),
    )
}

/// Does an operation so many times.
pub(crate) fn repeat(
    server: &Server,
    people: &People,
    operation: Operation,
    who: Who,
    count: u64,
) -> io::Result<()> {
    let mut connections = connections(server)?;
    let begin = Instant::now();
    let work = Work {
        people,
        operation,
        who,
        pace: Pace::Closed,
        most: count,
        next: AtomicU64::new(0),
        begin,
        counts_from: begin + LONGEST,
        end: begin + LONGEST,
    };
    thread::scope(|scope| join(spawn(scope, &work, &mut connections)))?;
    if work.done() == work.most {
        return Ok(());
    }
    Err(io::Error::other("the server is too slow for so many"))
}

type Acting<'scope> = thread::ScopedJoinHandle<'scope, io::Result<Vec<Duration>>>;

fn connections(server: &Server) -> io::Result<Vec<Connection>> {
    (0..AT_ONCE)
        .map(|_| Connection::open(server.port))
        .collect()
}

fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: &'scope Work<'_>,
    connections: &'scope mut [Connection],
) -> Vec<Acting<'scope>> {
    let connections = connections.iter_mut();
    connections
        .map(|connection| scope.spawn(|| work.on(connection)))
        .collect()
}

fn join(acting: Vec<Acting<'_>>) -> io::Result<Vec<Duration>> {
    let mut all = Vec::new();
    for acting in acting {
        all.extend(acting.join().expect("no panic")?);
    }
    Ok(all)
}
