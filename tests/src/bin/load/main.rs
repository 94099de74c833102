//! How fast the server is, and how much memory it takes: the load generator behind the README's table.
//!
//! ```sh
//! cargo run --release -p portcullis-tests --bin load                        # the table, about 3 minutes
//! cargo run --release -p portcullis-tests --bin load -- --seconds 2        # the same in less time
//! cargo run --release -p portcullis-tests --bin load -- --passkeys 1000000  # the large store with so many
//! ```
//!
//! The server is the release build of the program in a process of its own, with one worker; what the system
//! counts as its processor time is compared with that of a signature verification by AWS-LC in the same
//! run. Sixteen connections stay open. In a closed loop each sends the next request when it has the
//! answer to the last; in an open loop they are sent at a fixed rate, and the time counts from when one
//! was due.

mod bare;
mod connection;
mod measure;
mod people;
mod server;

use core::hint::black_box;
use core::time::Duration;
use std::process::{Command, ExitCode};
use std::{env, fs, io};

use measure::{Measured, Pace, Who, fill, measure, number};
use people::{Operation, People};
use portcullis_tests::postgres::Postgres;
use portcullis_tests::program::release;
use server::Server;

/// Starts the bare Rocket in this program's place.
const BARE: &str = "--bare";

/// The passkeys of a small store.
const FEW: u64 = 1_000;

/// Passkeys that are there before the memory of further ones is measured: by then every table that has a
/// limit is full.
const SETTLED: u64 = 20_000;

/// The longest that one measurement may take, in seconds.
const MAX_SECONDS: u64 = 120;

/// The most passkeys of the large store.
const MAX_PASSKEYS: u64 = 1_000_000;

/// Sign-ins a second of the open loop, as a part of what the closed loop reached.
const OPEN_LOAD: f64 = 0.5;

/// Starts of which the fastest counts.
const STARTS: usize = 5;

/// What a verification took on the machine on which the goals were set, in microseconds: goals in microseconds
/// are shown as parts of it.
const GOAL_UNIT: f64 = 35.5;

/// The settings of every measured server. Challenges are short-lived, so that those that are spent do not
/// pile up while others are counted.
const SETTINGS: [(&str, &str); 2] = [
    ("PORTCULLIS_CHALLENGE_TTL", "10"),
    ("PORTCULLIS_RATE_LIMIT", "off"),
];

struct Options {
    seconds: Duration,
    passkeys: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments == [BARE] {
        bare::serve();
        return ExitCode::SUCCESS;
    }
    let done =
        options(&arguments).and_then(|options| run(&options).map_err(|error| error.to_string()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        seconds: Duration::from_secs(8),
        passkeys: 200_000,
    };
    let (pairs, []) = arguments.as_chunks() else {
        return Err("load [--seconds N] [--passkeys N]".to_owned());
    };
    for [name, value] in pairs {
        let value: u64 = value
            .parse()
            .map_err(|_| format!("{name}: {value} is no number"))?;
        match name.as_str() {
            "--seconds" => options.seconds = Duration::from_secs(value.clamp(1, MAX_SECONDS)),
            "--passkeys" => options.passkeys = value.clamp(2 * SETTLED, MAX_PASSKEYS),
            _ => return Err(format!("there is no {name}")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> io::Result<()> {
    processor(options.seconds)?;
    memory(options)?;
    stores(options.seconds)
}

/// What an operation costs.
struct Cost {
    what: &'static str,
    calls: f64,
    operation: Operation,
    who: Who,
    /// In raw verifications.
    goal: f64,
}

const COSTS: [Cost; 4] = [
    Cost {
        what: "`/authenticate/begin`, a name that nobody has",
        calls: 1.0,
        operation: Operation::Begin,
        who: Who::Among(FEW),
        goal: 11.0 / GOAL_UNIT,
    },
    Cost {
        what: "sign-in, both calls, a session alone",
        calls: 2.0,
        operation: Operation::SignIn { token: false },
        who: Who::Among(FEW),
        goal: 2.0,
    },
    Cost {
        what: "sign-in, both calls, session and login token",
        calls: 2.0,
        operation: Operation::SignIn { token: true },
        who: Who::Among(FEW),
        goal: 2.0,
    },
    Cost {
        what: "registration, both calls, session and login token",
        calls: 2.0,
        operation: Operation::SignUp,
        who: Who::New(FEW),
        goal: 34.0 / GOAL_UNIT,
    },
];

fn processor(seconds: Duration) -> io::Result<()> {
    let raw_before = raw_verification(seconds / 4);
    let mut program = Command::new(env::current_exe()?);
    program.arg(BARE);
    let rocket = Server::start(program, &[]);
    let people = People::new(rocket.port);
    let anybody = Who::Among(FEW);
    let bare = measure(
        &rocket,
        &people,
        Operation::Bare,
        anybody,
        Pace::Closed,
        seconds,
    )?;
    drop(rocket);

    let server = portcullis("memory");
    let people = People::new(server.port);
    fill(&server, &people, 0, FEW)?;
    let mut measured = Vec::new();
    for cost in &COSTS {
        let closed = measure(
            &server,
            &people,
            cost.operation,
            cost.who,
            Pace::Closed,
            seconds,
        )?;
        measured.push((cost, closed.cpu()));
    }
    let raw = f64::midpoint(raw_before, raw_verification(seconds / 4));
    let bare = bare.cpu();

    println!("| processor time | µs | above a bare Rocket | raw verifications | goal |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    println!("| one ES256 verification by AWS-LC, raw | {raw:.1} | | 1 | |");
    println!(
        "| a POST to a bare Rocket | {bare:.1} | 0 | {:.2} | |",
        bare / raw
    );
    for (cost, cpu) in measured {
        println!(
            "| {} | {cpu:.1} | {:.1} | {:.2} | {:.2} |",
            cost.what,
            cpu - cost.calls * bare,
            cpu / raw,
            cost.goal
        );
    }
    println!();
    Ok(())
}

fn memory(options: &Options) -> io::Result<()> {
    let started = (0..STARTS).map(|_| {
        let server = portcullis("memory");
        (server.started_in, server.memory())
    });
    let (start, idle) = started.min().expect("some starts");
    let large = large(options)?;
    println!("| the store in memory | | goal |");
    println!("| --- | ---: | ---: |");
    println!(
        "| an account with a passkey, its key and id of 77 + 32 bytes too | {} bytes | {} |",
        large.passkey,
        400 + 77 + 32
    );
    println!(
        "| {} passkeys beside {FEW}: 99 of 100 sign-ins within | {:.2} times | 1.2 |",
        options.passkeys, large.slower
    );
    println!("| start | {} ms | 100 |", start.as_millis());
    println!("| idle | {:.1} MiB | 12 |", number(idle) / 1_048_576.0);
    println!();
    Ok(())
}

fn stores(seconds: Duration) -> io::Result<()> {
    println!(
        "| store | sign-ins a second | µs of the server | half within, ms | 99 % | 99.9 % | at sign-ins a second | half within, ms | 99 % | 99.9 % |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    both_loops("memory", &portcullis("memory"), seconds)?;
    let folder = env::temp_dir().join(format!("portcullis-load-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path = format!("sqlite:{}", folder.join("accounts.db").display());
    let measured = both_loops("SQLite", &portcullis(&path), seconds);
    fs::remove_dir_all(&folder)?;
    measured?;
    let postgres = Postgres::start_durable();
    both_loops("PostgreSQL", &portcullis(&postgres.create("load")), seconds)
}

fn portcullis(store: &str) -> Server {
    let settings = [&SETTINGS[..], &[("PORTCULLIS_STORE", store)]].concat();
    Server::start(release(), &settings)
}

/// What a verification takes, in microseconds of one thread's processor time.
fn raw_verification(time: Duration) -> f64 {
    let (key, message, signature) = People::new(0).signed();
    let on_cpu = || -> u64 {
        let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
        let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
        nanoseconds.expect("a number")
    };
    let begin = on_cpu();
    let mut verified = 0_u64;
    loop {
        for _ in 0..100 {
            let result = key.verify(black_box(&message), black_box(&signature));
            assert!(result.is_ok(), "its own signature verifies");
        }
        verified += 100;
        let used = Duration::from_nanos(on_cpu().saturating_sub(begin));
        if used >= time {
            return used.as_secs_f64() * 1e6 / number(verified);
        }
    }
}

struct Large {
    /// Bytes of memory for one more passkey.
    passkey: u64,
    /// How much longer the slowest hundredth takes than in a small store.
    slower: f64,
}

fn large(options: &Options) -> io::Result<Large> {
    let (small, large) = (portcullis("memory"), portcullis("memory"));
    let (in_small, in_large) = (People::new(small.port), People::new(large.port));
    fill(&small, &in_small, 0, FEW)?;
    fill(&large, &in_large, 0, SETTLED)?;
    let before = large.memory();
    fill(&large, &in_large, SETTLED, options.passkeys)?;
    let passkey = (large.memory() - before) / (options.passkeys - SETTLED);
    let operation = Operation::SignIn { token: false };
    let worst = |server, people, all| -> io::Result<f64> {
        let who = Who::Among(all);
        let measured = measure(
            server,
            people,
            operation,
            who,
            Pace::Closed,
            options.seconds,
        )?;
        Ok(measured.within(990))
    };
    // One after the other, twice: a machine's other work comes and goes.
    let mut slower = f64::INFINITY;
    for _ in 0..2 {
        let small = worst(&small, &in_small, FEW)?;
        let large = worst(&large, &in_large, options.passkeys)?;
        slower = slower.min(large / small);
    }
    Ok(Large { passkey, slower })
}

/// Sign-ins of a thousand people, each as soon as the last has ended, then at a rate.
fn both_loops(name: &str, server: &Server, seconds: Duration) -> io::Result<()> {
    let people = People::new(server.port);
    fill(server, &people, 0, FEW)?;
    let sign_in = |pace| {
        let operation = Operation::SignIn { token: false };
        measure(server, &people, operation, Who::Among(FEW), pace, seconds)
    };
    let closed = sign_in(Pace::Closed)?;
    let rate = whole(closed.rate() * OPEN_LOAD);
    let open = sign_in(Pace::Open(rate))?;
    let times = |measured: &Measured| {
        let within = |part| measured.within(part) / 1_000.0;
        format!(
            "{:.2} | {:.2} | {:.2}",
            within(500),
            within(990),
            within(999)
        )
    };
    println!(
        "| {name} | {:.0} | {:.1} | {} | {rate} | {} |",
        closed.rate(),
        closed.cpu(),
        times(&closed),
        times(&open),
    );
    Ok(())
}

/// A rate of at least one a second.
#[expect(
    clippy::as_conversions,
    reason = "a float has no other way to become a number; it saturates"
)]
const fn whole(rate: f64) -> u32 {
    rate.max(1.0) as u32
}
