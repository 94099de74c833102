//! User names and display names, by the PRECIS profiles of RFC 8265 and RFC 8266.

use core::fmt;

use precis_core::Error;
use precis_core::profile::PrecisFastInvocation as _;
use precis_profiles::{Nickname, UsernameCaseMapped};

/// The most code points of a name, counted in the form that is compared.
pub const MAX_CODE_POINTS: usize = 64;

/// Longer input is refused before the profile looks at it. No name of 64 code points needs more:
/// normalisation joins at most a few code points of four bytes into one.
const MAX_BYTES: usize = 1_024;

/// A user name: as its owner wrote it, and as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    written: String,
    key: String,
}

/// A name that its profile does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("it is empty")]
    Empty,
    /// More than [`MAX_CODE_POINTS`].
    #[error("it is longer than 64 characters")]
    TooLong,
    /// A character that the profile refuses where it is.
    #[error("U+{:04X} is not allowed in it", u32::from(*.0))]
    Character(char),
    /// A mixture of writing directions that the profile refuses.
    #[error("it has a mixture of characters that is not allowed")]
    NotAllowed,
}

impl Username {
    /// Reads a name by the profile UsernameCaseMapped, of which only the mapping of cases is left for visible
    /// ASCII: all of it is allowed, nothing has another width or normal form.
    ///
    /// # Errors
    /// What the profile does not allow.
    pub fn parse(written: &str) -> Result<Self, NameError> {
        let key = if written.bytes().all(|byte| byte.is_ascii_graphic()) {
            of_length(written.to_ascii_lowercase())?
        } else {
            enforce(written, UsernameCaseMapped::enforce)?
        };
        Ok(Self {
            written: written.to_owned(),
            key,
        })
    }

    /// A name as a store kept it. It is not parsed again: what was once allowed stays readable when the
    /// profile's tables change.
    #[must_use]
    pub const fn from_stored(written: String, key: String) -> Self {
        Self { written, key }
    }

    /// The name as it was registered.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The name as it was registered, where nothing else of it is needed.
    #[must_use]
    pub fn into_written(self) -> String {
        self.written
    }

    /// The form that two names share exactly when they are the same.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Reads a display name by the profile Nickname.
///
/// # Errors
/// What the profile does not allow.
pub fn display_name(text: &str) -> Result<String, NameError> {
    enforce(text, Nickname::enforce)
}

fn enforce<'a>(
    text: &'a str,
    profile: impl FnOnce(&'a str) -> Result<std::borrow::Cow<'a, str>, Error>,
) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(NameError::TooLong);
    }
    let enforced = profile(text).map_err(|error| match error {
        Error::BadCodepoint(found) => {
            char::from_u32(found.cp).map_or(NameError::NotAllowed, NameError::Character)
        }
        _ => NameError::NotAllowed,
    })?;
    of_length(enforced.into_owned())
}

fn of_length(enforced: String) -> Result<String, NameError> {
    match enforced.chars().count() {
        0 => Err(NameError::Empty),
        1..=MAX_CODE_POINTS => Ok(enforced),
        _ => Err(NameError::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        Username::parse(text).expect("allowed").key().to_owned()
    }

    #[test]
    fn names_that_look_the_same_compare_equal() {
        assert_eq!(key("Alice@Example.COM"), "alice@example.com");
        assert_eq!(key("Ren\u{e9}"), key("Rene\u{301}"));
        assert_eq!(key("\u{ff21}lice"), "alice");
        assert_ne!(key("stra\u{df}e"), key("strasse"));
    }

    #[test]
    fn a_name_is_kept_as_written() {
        let name = Username::parse("Rene\u{301}").expect("allowed");
        assert_eq!(name.as_written(), "Rene\u{301}");
    }

    #[test]
    fn what_the_profile_does_not_allow_is_refused() {
        assert_eq!(Username::parse(""), Err(NameError::Empty));
        for (text, character) in [
            (" ", ' '),
            ("a b", ' '),
            ("a\u{0}b", '\0'),
            ("a\tb", '\t'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\u{200b}b", '\u{200b}'),
            ("\u{feff}a", '\u{feff}'),
            ("\u{1f600}", '\u{1f600}'),
        ] {
            let refused = Err(NameError::Character(character));
            assert_eq!(Username::parse(text), refused, "{text:?}");
        }
        // Two directions, each of them allowed alone.
        assert_eq!(Username::parse("a\u{5d0}"), Err(NameError::NotAllowed));
        let said = NameError::Character('\u{200b}').to_string();
        assert_eq!(said, "U+200B is not allowed in it");
    }

    /// The whole profile, whatever the name consists of.
    fn by_the_profile(text: &str) -> Result<Username, NameError> {
        let key = enforce(text, UsernameCaseMapped::enforce)?;
        let written = text.to_owned();
        Ok(Username { written, key })
    }

    #[test]
    fn ascii_is_judged_as_the_profile_judges_it() {
        let agree =
            |text: &str| assert_eq!(Username::parse(text), by_the_profile(text), "{text:?}");
        let ascii = || (0..128).map(char::from);
        agree("");
        for first in ascii() {
            agree(&first.to_string());
            for second in ascii() {
                agree(&format!("{first}{second}"));
                agree(&format!("ab{first}{second}"));
                agree(&format!("{first}{second}\u{e9}"));
            }
        }
        for length in [63, 64, 65, 1_024, 1_025] {
            agree(&"A".repeat(length));
        }
        // Texts of all lengths, mostly visible characters, from a generator that always gives the same.
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            let length = random(70);
            let from = if random(2) == 0 { 33 } else { 0 };
            let text = (0..length).map(|_| {
                let letter = from + random(127 - from);
                char::from(u8::try_from(letter).expect("below 127"))
            });
            agree(&text.collect::<String>());
        }
    }

    #[test]
    fn the_length_is_counted_in_code_points() {
        assert!(Username::parse(&"\u{e9}".repeat(64)).is_ok());
        assert!(Username::parse(&"e\u{301}".repeat(64)).is_ok());
        assert_eq!(Username::parse(&"a".repeat(65)), Err(NameError::TooLong));
        assert_eq!(
            Username::parse(&"a".repeat(100_000)),
            Err(NameError::TooLong)
        );
    }

    #[test]
    fn display_names_may_have_spaces_and_emoji() {
        assert_eq!(
            display_name("  Alice   Example "),
            Ok("Alice Example".to_owned())
        );
        assert!(display_name("Alice \u{1f600}").is_ok());
        assert_eq!(
            display_name("a\u{202e}b"),
            Err(NameError::Character('\u{202e}'))
        );
        assert!(display_name("   ").is_err());
    }
}
