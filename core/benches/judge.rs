//! How long each check takes, beside the first: a line each on standard input, its name, a tab, the check.
//!
//! ```sh
//! cargo run -q -p portcullis-tests --example worst_inputs |
//!     cargo bench -q -p portcullis-core --features all-algorithms,ed448,json,trust --bench judge
//! ```

use core::error::Error;
use core::hint::black_box;
use core::time::Duration;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use portcullis_core::Crypto;
use portcullis_core::check::verify_check;

/// Long enough for the least of many runs to be that of an idle machine.
const PATIENCE: Duration = Duration::from_millis(300);

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut first = None;
    writeln!(out, "     bytes          time  times the first  verdict")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (name, check) = line
            .split_once('\t')
            .ok_or("a line is a name, a tab, a check")?;
        let mut verdict = String::new();
        let taken = least(check, &mut verdict);
        let first = *first.get_or_insert(taken);
        writeln!(
            out,
            "{:>10} {:>10.1} µs {:>16.1}  {:<32} {name}",
            check.len(),
            taken.as_secs_f64() * 1e6,
            taken.as_secs_f64() / first.as_secs_f64(),
            code(&verdict),
        )?;
    }
    Ok(())
}

/// The code of a verdict, which has none where it accepts.
fn code(verdict: &str) -> &str {
    verdict
        .split_once("\"code\":\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("accepted", |(code, _)| code)
}

/// The least time that judging this check took.
fn least(check: &str, verdict: &mut String) -> Duration {
    let begun = Instant::now();
    let mut least = Duration::MAX;
    while begun.elapsed() < PATIENCE {
        let mut buffer = check.as_bytes().to_vec();
        verdict.clear();
        let before = Instant::now();
        let judged = verify_check(black_box(&mut buffer), &Crypto::BUILT_IN, verdict);
        least = least.min(before.elapsed());
        if black_box(judged).is_err() {
            "not a check".clone_into(verdict);
        }
    }
    least
}
