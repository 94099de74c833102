//! What the operations cost in processor time, and what of it goes where: measured by taking it out.
//!
//! All are measured in turns, several times, and the least counts: another program that takes the cache away
//! makes everything slower, and nothing faster.

use core::hint::black_box;
use core::time::Duration;
use std::process::Command;
use std::{env, fs, io};

use portcullis::account::Username;
use portcullis::store::{
    Account, AccountKey, Credential, CredentialState, Event, EventKind, MemoryStore, Registrant,
    Registration, SignIn, Store, UserHandle,
};
use portcullis_tests::encoding::sha256;
use rocket::tokio::runtime::Builder;

use super::measure::{Pace, fill, measure, number};
use super::people::{Operation, People};
use super::server::Server;
use super::{BARE, BARE_WITH_HEADERS, FEW, Options, SIGN_IN, Who, result};

/// Turns. Each takes its part of the time of a measurement.
const TURNS: u32 = 8;

/// What a verification took on the machine on which the goals were set, in microseconds: goals in microseconds
/// are shown as parts of it.
const GOAL_UNIT: f64 = 35.5;

/// What an operation costs.
pub(crate) struct Cost {
    pub(crate) what: &'static str,
    pub(crate) operation: Operation,
    pub(crate) who: Who,
    /// What no host on Rocket can do without.
    floor: Operation,
    /// In raw verifications.
    goal: f64,
}

const BARE_SIGN_IN: Operation = Operation::BareCeremony("/verify");

/// The operations that have a goal.
pub(crate) const COSTS: [Cost; 4] = [
    Cost {
        what: "`/authenticate/begin`, a name that nobody has",
        operation: Operation::Begin,
        who: Who::Among(FEW),
        floor: Operation::Bare,
        goal: 11.0 / GOAL_UNIT,
    },
    Cost {
        what: "sign-in, both calls, a session alone",
        operation: SIGN_IN,
        who: Who::Among(FEW),
        floor: BARE_SIGN_IN,
        goal: 2.0,
    },
    Cost {
        what: "sign-in, both calls, session and login token",
        operation: Operation::SignIn {
            session: true,
            token: true,
        },
        who: Who::Among(FEW),
        floor: Operation::BareCeremony("/verify-and-sign"),
        goal: 2.0,
    },
    Cost {
        what: "registration, both calls, session and login token",
        operation: Operation::SignUp,
        who: Who::New(FEW),
        floor: Operation::BareCeremony("/sign"),
        goal: 34.0 / GOAL_UNIT,
    },
];

/// A sign-in that leaves nothing but the moved counter.
const NOTHING: Operation = Operation::SignIn {
    session: false,
    token: false,
};

/// A server and what it is asked.
struct Turn<'a> {
    server: &'a Server,
    people: &'a People,
    operation: Operation,
    who: Who,
    /// The least so far, in microseconds.
    least: f64,
}

/// Prints what the operations cost, and what of a sign-in goes where.
pub(crate) fn table(options: &Options) -> io::Result<()> {
    let rocket = |mode: &str| -> io::Result<Server> {
        let mut program = Command::new(env::current_exe()?);
        program.arg(mode);
        Ok(Server::start(program, &[]))
    };
    let (bare, with_headers) = (rocket(BARE)?, rocket(BARE_WITH_HEADERS)?);
    let server = options.server("memory", &[]);
    let silent = options.server("memory", &[("RUST_LOG", "off")]);
    let limited = options.server("memory", &[("PORTCULLIS_RATE_LIMIT", "1000000000")]);
    let servers = [&bare, &with_headers, &silent, &limited, &server];
    let people = servers.map(|server| People::new(server.port));
    for (server, people) in servers.into_iter().zip(&people).skip(2) {
        fill(server, people, 0, FEW)?;
    }
    let among = Who::Among(FEW);
    let bare_ones = COSTS.iter().map(|cost| (0, cost.floor, among));
    let own_ones = COSTS.iter().map(|cost| (4, cost.operation, cost.who));
    let variants = [
        (1, BARE_SIGN_IN, among),
        (2, SIGN_IN, among),
        (3, SIGN_IN, among),
        (4, NOTHING, among),
    ];
    let mut turns: Vec<Turn<'_>> = bare_ones
        .chain(own_ones)
        .chain(variants)
        .map(|(index, operation, who): (usize, _, _)| Turn {
            server: servers[index],
            people: &people[index],
            operation,
            who,
            least: f64::INFINITY,
        })
        .collect();
    let time = options.seconds / TURNS;
    let (mut raw, mut stored) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS {
        raw = raw.min(raw_verification(time / 2));
        stored = stored.min(store_calls(time / 2));
        for turn in &mut turns {
            turn.least = turn.least.min(turn.measure(time)?);
        }
    }

    let least: Vec<f64> = turns.iter().map(|turn| turn.least).collect();
    let (floors, least) = least.split_at(COSTS.len());
    let (costs, variants) = least.split_at(COSTS.len());
    println!(
        "| processor time | µs | the least on Rocket | above it | raw verifications | goal | result |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    println!("| one ES256 verification by AWS-LC, raw | {raw:.1} | | | 1 | | |");
    for ((cost, cpu), floor) in COSTS.iter().zip(costs).zip(floors) {
        println!(
            "| {} | {cpu:.1} | {floor:.1} | {:.1} | {:.2} | {:.2} | {} |",
            cost.what,
            cpu - floor,
            cpu / raw,
            cost.goal,
            result(cpu / raw, cost.goal)
        );
    }
    println!();

    let ([bare, floor, bare_with_token, _], [begin, session, token, _]) = (floors, costs) else {
        return Err(io::Error::other("a measurement is missing"));
    };
    let [with_headers, silent, limited, nothing] = variants else {
        return Err(io::Error::other("a measurement is missing"));
    };
    let parts = [
        ("two POSTs to a bare Rocket", 2.0 * bare),
        (
            "the verification there, with the caches as they are then",
            floor - 2.0 * bare,
        ),
        ("the nine headers of both answers", with_headers - floor),
        ("the calls of the store in memory", stored),
        ("the session and its cookie", session - nothing),
        ("the line in the log", session - silent),
    ];
    let rest = parts.iter().fold(*session, |rest, (_, part)| rest - part);
    println!("| of a sign-in that begins a session | µs | raw verifications |");
    println!("| --- | ---: | ---: |");
    let print = |what: &str, part: f64| println!("| {what} | {part:.1} | {:.2} |", part / raw);
    for (what, part) in parts {
        print(what, part);
    }
    print(
        "all else: JSON, the core, the challenge token, the decoy",
        rest,
    );
    print("beside these, a login token", token - session);
    print("of which its signature alone", bare_with_token - floor);
    print("beside these, the limit of calls", limited - session);
    print("`begin` of the sign-in, above a bare Rocket", begin - bare);
    println!();
    Ok(())
}

impl Turn<'_> {
    /// The server's processor time for one operation, in microseconds.
    fn measure(&mut self, time: Duration) -> io::Result<f64> {
        let measured = measure(
            self.server,
            self.people,
            self.operation,
            self.who,
            Pace::Closed,
            time,
        )?;
        if let Who::New(first) = &mut self.who {
            *first += measured.last();
        }
        // Where this program came to its turn late, too little was counted.
        let is_whole = measured.took() >= time / 2;
        Ok(if is_whole {
            measured.cpu()
        } else {
            f64::INFINITY
        })
    }
}

/// What a verification takes, in microseconds of one thread's processor time.
fn raw_verification(time: Duration) -> f64 {
    let (key, message, signature) = People::new(0).signed();
    alone(time, |_| {
        let result = key.verify(black_box(&message), black_box(&signature));
        assert!(result.is_ok(), "its own signature verifies");
    })
}

/// What the store in memory takes for what a sign-in asks of it: the account twice, the challenge spent, the
/// credential moved.
fn store_calls(time: Duration) -> f64 {
    const NOW: u64 = 1_700_000_000;
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let store: Box<dyn Store> = Box::new(MemoryStore::default());
    let name = |number: u64| Username::parse(&format!("user{number:08}")).expect("a name");
    let state = CredentialState::new(0, false, false, true);
    let id = |number: u64| sha256(&[&number.to_be_bytes()]);
    for number in 0..FEW {
        let credential = Credential::new(id(number).to_vec(), vec![7; 77], -7, state);
        let handle = [id(number), id(number)].concat();
        let handle = UserHandle::new(&handle).expect("64 bytes");
        let account = Account::new(handle, name(number), NOW);
        let event = Event::new(EventKind::SignedUp, NOW);
        let new = Registration::new(Registrant::New(account), credential, event);
        let stored = runtime.block_on(store.register(new));
        let _ = stored.expect("there is room");
    }
    let names: Vec<Username> = (0..FEW).map(name).collect();
    alone(time, |turn| {
        let name = &names[usize::try_from(turn % FEW).expect("a small number")];
        runtime.block_on(async {
            let spent = (turn.to_be_bytes(), NOW + turn / 1_000);
            let mut challenge = [0; 16];
            challenge[..8].copy_from_slice(&spent.0);
            let _ = store.spend(&challenge, spent.1 + 10, spent.1).await;
            let _ = store.account(AccountKey::Name(name)).await;
            let account = store.account(AccountKey::Name(name)).await;
            let account = account.ok().flatten().expect("it is there");
            let held = &account.credentials[0];
            let event = Event::new(EventKind::SignedIn, NOW)
                .of(account.handle, &account.name)
                .with_credential(&held.id);
            let sign_in = SignIn::new(held.id.clone(), held.state, held.state, event);
            let _ = store.sign_in(sign_in).await.expect("it answers");
        });
    })
}

/// What work takes, in microseconds of this thread's processor time. It gets how often it was done.
fn alone(time: Duration, work: impl Fn(u64)) -> f64 {
    let on_cpu = || -> u64 {
        let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
        let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
        nanoseconds.expect("a number")
    };
    let begin = on_cpu();
    let mut done = 0_u64;
    loop {
        for _ in 0..100 {
            work(done);
            done += 1;
        }
        let used = Duration::from_nanos(on_cpu().saturating_sub(begin));
        if used >= time {
            return used.as_secs_f64() * 1e6 / number(done);
        }
    }
}
