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
    /// Reads a name by the profile UsernameCaseMapped.
    ///
    /// # Errors
    /// What the profile does not allow.
    pub fn parse(written: &str) -> Result<Self, NameError> {
        let key = enforce(written, UsernameCaseMapped::enforce)?;
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
    match enforced.chars().count() {
        0 => Err(NameError::Empty),
        1..=MAX_CODE_POINTS => Ok(enforced.into_owned()),
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
