use core::fmt::{self, Write as _};
use core::str::FromStr;

/// The identifier of a model of authenticator
/// ([AAGUID](https://www.w3.org/TR/webauthn-3/#sctn-attested-credential-data)). Displays as a UUID
/// (`00112233-4455-6677-8899-aabbccddeeff`) and is parsed from one, in digits of either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aaguid([u8; 16]);

/// The text is not an AAGUID: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AaguidError;

/// Bytes before which a UUID has a hyphen.
const HYPHENS: [usize; 4] = [4, 6, 8, 10];

impl Aaguid {
    /// All zero: an authenticator that does not identify its model.
    pub const ZERO: Self = Self([0; 16]);

    /// The AAGUID of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if HYPHENS.contains(&index) {
                f.write_char('-')?;
            }
            for digit in [byte >> 4, byte & 0xf] {
                f.write_char(char::from_digit(u32::from(digit), 16).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

impl FromStr for Aaguid {
    type Err = AaguidError;

    fn from_str(text: &str) -> Result<Self, AaguidError> {
        let mut characters = text.chars();
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            if HYPHENS.contains(&index) && characters.next() != Some('-') {
                return Err(AaguidError);
            }
            for _ in 0..2 {
                let digit = characters.next().and_then(|digit| digit.to_digit(16));
                let digit = digit.and_then(|digit| u8::try_from(digit).ok());
                *byte = *byte << 4 | digit.ok_or(AaguidError)?;
            }
        }
        match characters.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(AaguidError),
        }
    }
}

impl fmt::Display for AaguidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an AAGUID; write it as 00112233-4455-6677-8899-aabbccddeeff")
    }
}

impl core::error::Error for AaguidError {}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::{Aaguid, AaguidError};

    const TEXT: &str = "01234567-89ab-cdef-1032-547698badcfe";
    const BYTES: [u8; 16] = [
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc,
        0xfe,
    ];

    #[test]
    fn it_is_displayed_and_parsed_as_a_uuid() {
        assert_eq!(Aaguid::new(BYTES).to_string(), TEXT);
        assert_eq!(TEXT.parse(), Ok(Aaguid::new(BYTES)));
        assert_eq!(TEXT.to_uppercase().parse(), Ok(Aaguid::new(BYTES)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "0123456789abcdef1032547698badcfe",
            "01234567-89ab-cdef-1032-547698badcf",
            "01234567-89ab-cdef-1032-547698badcfe0",
            "0123456-789ab-cdef-1032-547698badcfe",
            "01234567-89ab-cdef-1032-547698badcfg",
            "{01234567-89ab-cdef-1032-547698badcfe}",
            "01234567_89ab-cdef-1032-547698badcfe",
            "+1234567-89ab-cdef-1032-547698badcfe",
        ] {
            assert_eq!(text.parse::<Aaguid>(), Err(AaguidError), "{text}");
        }
    }
}
