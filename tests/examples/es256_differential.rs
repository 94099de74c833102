//! Holds as many ES256 cases as the argument says against three implementations, on every processor:
//! `cargo run -p portcullis-tests --example es256_differential -- 10000000 [SEED]`. For that many let the
//! arithmetic be optimised: `--config 'profile.dev.package.portcullis-core.opt-level=3'`.

use core::num::NonZero;
use std::{env, thread};

use portcullis_tests::es256::cases;

fn main() {
    let mut arguments = env::args().skip(1).map(|argument| {
        let number: u64 = argument.parse().expect("a number of cases, and a seed");
        number
    });
    let count = arguments.next().unwrap_or(100_000);
    let seed = arguments.next().unwrap_or(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = u64::try_from(threads).expect("few");
    let valid: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let share = count / threads + u64::from(thread < count % threads);
                let share = usize::try_from(share).expect("fits");
                // Each its own cases.
                let seed = seed * threads + thread;
                scope.spawn(move || {
                    cases(seed)
                        .take(share)
                        .filter(|case| case.is_valid())
                        .count()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("all agree"))
            .sum()
    });
    println!("{count} cases judged alike, {valid} of them valid");
}
