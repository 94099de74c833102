//! `portcullis verify`: the core's verdict over streams of checks.

use std::io::{self, BufRead, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use portcullis_core::Crypto;
use portcullis_core::check::{Answered, Judged, NotACheck, answer_check, room_for};
use portcullis_core::data::UnixTime;

use super::MAX_INPUT as MAX_CHECK;

/// What came of a check, or of the worst of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was accepted. Of several: each was a check.
    Accepted,
    /// It was rejected.
    Rejected,
    /// It was not a check.
    NotACheck,
}

impl Outcome {
    /// The exit code that says it.
    #[must_use]
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Rejected => 1,
            Self::NotACheck => 2,
        }
    }
}

/// Reads one check and writes its verdict, a line.
///
/// # Errors
///
/// Where reading or writing fails.
pub(super) fn verify(mut input: impl BufRead, output: &mut impl Write) -> io::Result<Outcome> {
    let mut check = Vec::new();
    input.by_ref().take(MAX_CHECK).read_to_end(&mut check)?;
    let rest = if input.fill_buf()?.is_empty() {
        Rest::None
    } else {
        Rest::Some
    };
    answer(&check, &mut Vec::new(), rest, output)
}

/// Reads a check a line and writes a verdict a line, each before the next is read. Memory does
/// not grow with the number of lines.
///
/// # Errors
///
/// Where reading or writing fails.
pub(super) fn verify_lines(
    mut input: impl BufRead,
    output: &mut impl Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::Accepted;
    let (mut line, mut room) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        input
            .by_ref()
            .take(MAX_CHECK)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(outcome);
        }
        let rest = if line.ends_with(b"\n") {
            Rest::None
        } else {
            skip_line(&mut input)?
        };
        if answer(&line, &mut room, rest, output)? == Outcome::NotACheck {
            outcome = Outcome::NotACheck;
        }
    }
}

/// Whether something follows the longest check that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    Some,
}

fn skip_line(input: &mut impl BufRead) -> io::Result<Rest> {
    let skipped = input.skip_until(b'\n')?;
    Ok(if skipped == 0 { Rest::None } else { Rest::Some })
}

/// The clock, at which trust in certificates is judged where the check names no time.
fn now() -> Option<UnixTime> {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(elapsed.as_secs()).ok().map(UnixTime::new)
}

fn answer(
    check: &[u8],
    room: &mut Vec<u8>,
    rest: Rest,
    output: &mut impl Write,
) -> io::Result<Outcome> {
    let mut verdict = String::new();
    let outcome = if rest == Rest::Some {
        verdict = format!(
            r#"{{"accepted":false,"code":"{}","detail":"the input is longer than {MAX_CHECK} bytes"}}"#,
            NotACheck::CODE
        );
        Outcome::NotACheck
    } else {
        if room.len() < room_for(check.len()) {
            room.resize(room_for(check.len()), 0);
        }
        let answered = answer_check(check, room, now(), &Crypto::BUILT_IN, &mut verdict);
        match answered.map_err(io::Error::other)? {
            Answered::Judged(Judged::Accepted) => Outcome::Accepted,
            Answered::Judged(Judged::Rejected) => Outcome::Rejected,
            Answered::NotACheck => Outcome::NotACheck,
        }
    };
    verdict.push('\n');
    output.write_all(verdict.as_bytes())?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_checks_are_answered_in_order_and_the_stream_goes_on() {
        let long = format!("\"{}\"\n", "x".repeat(5 * 1_024 * 1_024));
        let input = format!("{{}}\n\nnull\r\n{long}[1]");
        let mut output = Vec::new();
        let outcome = verify_lines(input.as_bytes(), &mut output).expect("in memory");
        assert_eq!(outcome, Outcome::NotACheck);
        let output = String::from_utf8(output).expect("JSON");
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines.len(), 5);
        for (index, line) in lines.iter().enumerate() {
            let verdict: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(verdict["accepted"], false);
            assert_eq!(verdict["code"], "not_a_check");
            let detail = verdict["detail"].as_str().expect("a sentence");
            assert_eq!(detail.contains("longer"), index == 3, "{detail}");
        }
    }

    #[test]
    fn no_line_is_no_failure_and_no_check_is_one() {
        assert_eq!(
            verify_lines(&b""[..], &mut Vec::new()).expect("in memory"),
            Outcome::Accepted
        );
        assert_eq!(
            verify(&b""[..], &mut Vec::new()).expect("in memory"),
            Outcome::NotACheck
        );
    }
}
