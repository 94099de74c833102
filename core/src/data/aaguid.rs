use core::fmt;
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
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
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

    const TEXT: &str = "00112233-4455-6677-8899-aabbccddeeff";
    const BYTES: [u8; 16] = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
        0xff,
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
            "00112233445566778899aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeef",
            "00112233-4455-6677-8899-aabbccddeeff0",
            "0011223-34455-6677-8899-aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeefg",
            "{00112233-4455-6677-8899-aabbccddeeff}",
            "00112233_4455-6677-8899-aabbccddeeff",
            "+0112233-4455-6677-8899-aabbccddeeff",
        ] {
            assert_eq!(text.parse::<Aaguid>(), Err(AaguidError), "{text}");
        }
    }
}
