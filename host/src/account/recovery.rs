//! Recovery codes: 80 random bits as 16 characters of Crockford's base 32, in groups of four.

use core::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::{Mutex, PoisonError};

use super::session::hash;
use crate::clock::Timestamp;

/// How many codes an account gets at once.
pub(crate) const CODES: usize = 10;

/// Random bytes of a code.
pub(crate) const BYTES: usize = 10;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code as it is shown to its owner.
pub(crate) fn text(code: u128) -> String {
    let mut text = String::with_capacity(19);
    for position in (0..16).rev() {
        let digit = usize::try_from(code >> (5 * position) & 31).unwrap_or_default();
        text.push(DIGITS.get(digit).copied().unwrap_or(b'0').into());
        if position % 4 == 0 && position > 0 {
            text.push('-');
        }
    }
    text
}

/// The code of random bytes.
pub(crate) fn from_bytes(bytes: [u8; BYTES]) -> u128 {
    bytes
        .iter()
        .fold(0, |code, byte| (code << 8) | u128::from(*byte))
}

/// Reads a code as a person types it: in any case, with or without hyphens and blanks, I and L as 1, O
/// as 0.
pub(crate) fn parse(text: &str) -> Option<u128> {
    let mut code = 0;
    let mut count = 0_u32;
    for letter in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
        let letter = match letter.to_ascii_uppercase() {
            b'I' | b'L' => b'1',
            b'O' => b'0',
            other => other,
        };
        let digit = DIGITS.iter().position(|digit| *digit == letter)?;
        code = (code << 5) | u128::try_from(digit).ok()?;
        count = count.checked_add(1).filter(|count| *count <= 16)?;
    }
    (count == 16).then_some(code)
}

/// What the store keeps of an account's code.
pub(crate) fn hash_of(handle: &[u8], code: u128) -> [u8; 32] {
    // The handle has a length of its own, so what follows it has too.
    hash(&[handle, &code.to_be_bytes()].concat())
}

/// Wrong codes of a name in an hour.
const MOST_WRONG: usize = 5;

const HOUR: u64 = 3_600;

/// Names are hashed into so many places, by a key of this process: the table cannot grow, and nobody can
/// aim at another one's place.
const PLACES: usize = 65_536;

/// Counts wrong codes by name, whether an account has it or not.
#[derive(Debug)]
pub(crate) struct Attempts {
    key: RandomState,
    places: Mutex<Box<[[Timestamp; MOST_WRONG]]>>,
}

/// An attempt that counts as wrong until it is [forgiven](Attempts::forgive).
#[derive(Debug)]
pub(crate) struct Attempt {
    place: usize,
    at: Timestamp,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            key: RandomState::new(),
            places: Mutex::new(vec![[0; MOST_WRONG]; PLACES].into()),
        }
    }

    /// Counts an attempt, before its code is looked at: of many at once no more than five are.
    ///
    /// # Errors
    /// Where the name has had its wrong codes: the seconds until the next one is looked at.
    pub(crate) fn count(&self, name: &str, now: Timestamp) -> Result<Attempt, u64> {
        let hash = self.key.hash_one(name);
        let index = hash % u64::try_from(PLACES).unwrap_or(u64::MAX);
        let place = usize::try_from(index).unwrap_or_default();
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(oldest) = places
            .get_mut(place)
            .and_then(|times| times.iter_mut().min())
        else {
            return Err(HOUR);
        };
        let over = oldest.saturating_add(HOUR);
        if *oldest > 0 && now < over {
            return Err(over.saturating_sub(now));
        }
        *oldest = now;
        Ok(Attempt { place, at: now })
    }

    /// The code was right.
    pub(crate) fn forgive(&self, attempt: &Attempt) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times = places.get_mut(attempt.place).into_iter().flatten();
        if let Some(time) = times.find(|time| **time == attempt.at) {
            *time = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_five_wrong_codes_an_hour() {
        let attempts = Attempts::new();
        for second in 0..5 {
            assert!(attempts.count("alice", 1_000 + second).is_ok());
        }
        assert_eq!(attempts.count("alice", 1_005).err(), Some(3_595));
        assert!(attempts.count("bob", 1_005).is_ok());
        assert_eq!(attempts.count("alice", 4_599).err(), Some(1));
        assert!(attempts.count("alice", 4_600).is_ok());
        assert_eq!(attempts.count("alice", 4_600).err(), Some(1));
    }

    #[test]
    fn a_right_code_does_not_count() {
        let attempts = Attempts::new();
        for second in 0..20 {
            let attempt = attempts.count("alice", 1_000 + second).expect("counted");
            attempts.forgive(&attempt);
        }
    }

    #[test]
    fn a_code_is_read_as_it_is_written_and_as_people_type_it() {
        for bytes in [[0; BYTES], [0xff; BYTES], *b"0123456789"] {
            let code = from_bytes(bytes);
            let text = text(code);
            assert_eq!(text.len(), 19);
            assert_eq!(text.matches('-').count(), 3);
            for typed in [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', ""),
                text.replace('-', " "),
                text.replace('1', "l").replace('0', "o"),
                text.replace('1', "I").replace('0', "O"),
            ] {
                assert_eq!(parse(&typed), Some(code), "{typed}");
            }
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "",
            "-",
            "0000-0000-0000-000",
            "0000-0000-0000-00000",
            "0000-0000-0000-000U",
            "0000-0000-0000-000\u{e9}",
            &"0".repeat(100_000),
        ] {
            assert_eq!(parse(text), None, "{text:.30}");
        }
    }
}
