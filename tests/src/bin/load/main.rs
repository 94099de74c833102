//! How fast the server is, and how much memory it takes: the load generator behind the README's table.
//!
//! ```sh
//! cargo run --release -p portcullis-tests --bin load                        # the tables, about 5 minutes
//! cargo run --release -p portcullis-tests --bin load -- --seconds 4         # the same in less time
//! cargo run --release -p portcullis-tests --bin load -- --passkeys 1000000  # the large store with so many
//! cargo run --release -p portcullis-tests --bin load -- --part costs        # core, costs, memory, stores, instructions
//! cargo run --release -p portcullis-tests --bin load -- --program PATH      # another build of the program
//! ```
//!
//! The server is the release build of the program in a process of its own, with one worker; what the system
//! counts as its processor time is compared with that of a signature verification by AWS-LC in the same
//! run. Sixteen connections stay open. In a closed loop each sends the next request when it has the
//! answer to the last; in an open loop they are sent at a fixed rate, and the time counts from when one
//! was due. The part `instructions`, which needs valgrind, is no part of the tables.

mod bare;
mod connection;
mod costs;
mod instructions;
mod measure;
mod people;
mod server;

use core::time::Duration;
use std::process::{Command, ExitCode};
use std::{env, fs, io};

use costs::COSTS;
use measure::{Measured, Pace, Who, fill, measure, number};
use people::{Operation, People};
use portcullis_tests::postgres::Postgres;
use portcullis_tests::program::release;
use server::Server;

/// Starts the bare Rocket in this program's place.
const BARE: &str = "--bare";

/// The same, its answers with the headers that the host's have.
const BARE_WITH_HEADERS: &str = "--bare-with-headers";

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

/// The bytes of a key and an id: a COSE key of P-256, and a credential id as most platforms make it.
const KEY_AND_ID: u64 = 77 + 32;

/// The bytes that an account and a passkey may take with them.
const PASSKEY: f64 = 400.0 + number(KEY_AND_ID);

/// Starts of which the fastest counts.
const STARTS: usize = 5;

/// A sign-in that begins a session, as the page does it.
const SIGN_IN: Operation = Operation::SignIn {
    session: true,
    token: false,
};

/// The settings of every measured server. Challenges are short-lived, so that those that are spent do not
/// pile up while others are counted.
const SETTINGS: [(&str, &str); 2] = [
    ("PORTCULLIS_CHALLENGE_TTL", "10"),
    ("PORTCULLIS_RATE_LIMIT", "off"),
];

struct Options {
    /// How long each measurement takes.
    seconds: Duration,
    passkeys: u64,
    /// The program to measure; else it is the release build.
    program: Option<String>,
    /// What is measured; else all but the instructions.
    part: Option<String>,
}

impl Options {
    fn program(&self) -> Command {
        self.program.as_ref().map_or_else(release, Command::new)
    }

    /// The program, with a store and more settings.
    fn server(&self, store: &str, more: &[(&str, &str)]) -> Server {
        let settings = [&SETTINGS[..], &[("PORTCULLIS_STORE", store)], more].concat();
        Server::start(self.program(), &settings)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [only] = &*arguments
        && [BARE, BARE_WITH_HEADERS].contains(&only.as_str())
    {
        bare::serve(only == BARE_WITH_HEADERS);
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
        program: None,
        part: None,
    };
    let (pairs, []) = arguments.as_chunks() else {
        return Err("load [--seconds N] [--passkeys N] [--part NAME] [--program PATH]".to_owned());
    };
    for [name, value] in pairs {
        let number = || -> Result<u64, String> {
            let number = value.parse();
            number.map_err(|_| format!("{name}: {value} is no number"))
        };
        match name.as_str() {
            "--seconds" => options.seconds = Duration::from_secs(number()?.clamp(1, MAX_SECONDS)),
            "--passkeys" => options.passkeys = number()?.clamp(2 * SETTLED, MAX_PASSKEYS),
            "--program" => options.program = Some(value.clone()),
            "--part" => options.part = Some(value.clone()),
            _ => return Err(format!("there is no {name}")),
        }
    }
    Ok(options)
}

fn run(options: &Options) -> io::Result<()> {
    match options.part.as_deref() {
        None => {
            core()?;
            costs::table(options)?;
            memory(options)?;
            stores(options)
        }
        Some("core") => core(),
        Some("costs") => costs::table(options),
        Some("memory") => memory(options),
        Some("stores") => stores(options),
        Some("instructions") => instructions::table(options),
        Some(part) => Err(io::Error::other(format!("there is no part {part}"))),
    }
}

/// What the benchmark of the core says of its goals.
fn core() -> io::Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "bench",
            "--quiet",
            "-p",
            "portcullis-benches",
            "--",
            "--goals",
        ])
        .status()?;
    println!();
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("cargo bench: {status}")))
    }
}

fn memory(options: &Options) -> io::Result<()> {
    let started = (0..STARTS).map(|_| {
        let server = options.server("memory", &[]);
        (server.started_in, server.memory())
    });
    let (started_in, idle) = started.min().expect("some starts");
    let large = large(options)?;
    let passkey = number(large.passkey);
    let idle = number(idle) / 1_048_576.0;
    let start = started_in.as_secs_f64() * 1e3;
    println!("| the store in memory | | goal | result |");
    println!("| --- | ---: | ---: | --- |");
    println!(
        "| an account with a passkey, its key and id of {KEY_AND_ID} bytes too | {passkey} bytes | {PASSKEY} | {} |",
        result(passkey, PASSKEY)
    );
    println!(
        "| {} passkeys beside {FEW}: 99 of 100 sign-ins within | {:.2} times | 1.2 | {} |",
        options.passkeys,
        large.slower,
        result(large.slower, 1.2)
    );
    println!("| start | {start:.0} ms | 100 | {} |", result(start, 100.0));
    println!("| idle | {idle:.1} MiB | 12 | {} |", result(idle, 12.0));
    println!();
    Ok(())
}

/// Whether a figure meets its goal, and how far it is from it where not.
fn result(figure: f64, goal: f64) -> String {
    if figure <= goal {
        return "met".to_owned();
    }
    format!("{:.2} times the goal", figure / goal)
}

fn stores(options: &Options) -> io::Result<()> {
    let seconds = options.seconds;
    let portcullis = |store: &str| options.server(store, &[]);
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

struct Large {
    /// Bytes of memory for one more passkey.
    passkey: u64,
    /// How much longer the slowest hundredth takes than in a small store.
    slower: f64,
}

fn large(options: &Options) -> io::Result<Large> {
    let [small, large] = [(); 2].map(|()| options.server("memory", &[]));
    let (in_small, in_large) = (People::new(small.port), People::new(large.port));
    fill(&small, &in_small, 0, FEW)?;
    fill(&large, &in_large, 0, SETTLED)?;
    let before = large.memory();
    fill(&large, &in_large, SETTLED, options.passkeys)?;
    let passkey = (large.memory() - before) / (options.passkeys - SETTLED);
    let operation = SIGN_IN;
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
    let sign_in = |pace| measure(server, &people, SIGN_IN, Who::Among(FEW), pace, seconds);
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
