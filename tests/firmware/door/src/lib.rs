//! An access controller: people enrol a passkey at the door's console and open the door with it.
//!
//! Everything that a board has of its own is passed in: a [`Flash`] that keeps the records, a
//! [`Random`] source for challenges, and the lines of a byte stream. [`Door::command`] takes one line
//! and writes one or more; whatever the line holds, the next one works.
//!
//! | line | answer |
//! | --- | --- |
//! | `challenge` | `challenge HEX`, to be answered once |
//! | `enrol JSON` | `enrolled NUMBER`, or why not; JSON is a `RegistrationResponseJSON` |
//! | `open JSON` | `open NUMBER`, or why not; JSON is an `AuthenticationResponseJSON` |
//! | `list` | a line for each record, then `end` |
//! | `forget NUMBER` | `forgotten NUMBER` |
//!
//! What a ceremony refuses is answered with `refused STEP CODE MESSAGE`, everything else that is wrong
//! with `error REASON`. Whoever reaches the console may enrol: it belongs behind the door.
#![no_std]
#![forbid(unsafe_code)]

mod bench;
mod flash;
mod records;
mod simulated;

use core::fmt::{self, Write};
use core::str;

use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy,
    RegistrationResponse, ceremony::UserVerification, verify_authentication, verify_registration,
};

pub use bench::{Bench, Seeded};
pub use flash::{Flash, FlashError, PAGE_SIZE, WORDS_PER_PAGE};
pub use records::{Credential, PAGES, RECORDS, Record, Records};
pub use simulated::SimulatedFlash;

/// Where challenges come from: a source that nobody can predict.
pub trait Random {
    /// Fills the bytes with random ones.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Whose door it is.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The RP id that passkeys are for.
    pub rp_id: &'static str,
    /// The page that talks to the authenticator, in the origin's exact serialisation.
    pub origin: &'static str,
}

/// The controller.
#[derive(Debug)]
pub struct Door<F, R> {
    settings: Settings,
    records: Records<F>,
    random: R,
    /// What was asked last, until it is answered.
    challenge: Option<[u8; 32]>,
}

/// Why a command has no answer of its own.
enum Problem {
    /// The line is no command.
    Command,
    /// There is no challenge, or it has been answered.
    Challenge,
    /// Every record is in use.
    Full,
    /// The credential is larger than a record.
    TooLarge,
    /// The flash does not take what is written.
    Flash,
    /// The console does not.
    Output,
}

impl Problem {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Command => "not a command",
            Self::Challenge => "no challenge is open",
            Self::Full => "no record is free",
            Self::TooLarge => "the credential is larger than a record",
            Self::Flash => "the flash has failed",
            Self::Output => "the console has failed",
        }
    }
}

impl From<fmt::Error> for Problem {
    fn from(_: fmt::Error) -> Self {
        Self::Output
    }
}

impl From<FlashError> for Problem {
    fn from(_: FlashError) -> Self {
        Self::Flash
    }
}

impl<F: Flash, R: Random> Door<F, R> {
    /// A door after power-up.
    pub const fn new(settings: Settings, flash: F, random: R) -> Self {
        Self {
            settings,
            records: Records::new(flash),
            random,
            challenge: None,
        }
    }

    /// The flash and the random source, as after a power cut.
    pub fn into_parts(self) -> (F, R) {
        (self.records.into_flash(), self.random)
    }

    /// The flash.
    pub const fn flash_mut(&mut self) -> &mut F {
        self.records.flash_mut()
    }

    /// Performs one line, which is decoded in place, and writes the answer.
    ///
    /// # Errors
    ///
    /// Where the console takes no answer.
    pub fn command(&mut self, line: &mut [u8], console: &mut dyn Write) -> fmt::Result {
        match self.perform(line, console) {
            Ok(()) => Ok(()),
            Err(problem) => writeln!(console, "error {}", problem.reason()),
        }
    }

    fn perform(&mut self, line: &mut [u8], console: &mut dyn Write) -> Result<(), Problem> {
        let end = line
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(line.len());
        let (word, rest) = line.split_at_mut_checked(end).ok_or(Problem::Command)?;
        let rest = rest.split_first_mut().map_or(&mut [][..], |(_, rest)| rest);
        match (&*word, rest.is_empty()) {
            (b"challenge", true) => self.ask(console),
            (b"enrol", false) => self.enrol(rest, console),
            (b"open", false) => self.open(rest, console),
            (b"list", true) => self.list(console),
            (b"forget", false) => self.forget(rest, console),
            _ => Err(Problem::Command),
        }
    }

    fn ask(&mut self, console: &mut dyn Write) -> Result<(), Problem> {
        let mut challenge = [0; 32];
        self.random.fill(&mut challenge);
        self.challenge = Some(challenge);
        console.write_str("challenge ")?;
        for byte in challenge {
            write!(console, "{byte:02x}")?;
        }
        Ok(console.write_char('\n')?)
    }

    fn enrol(&mut self, json: &mut [u8], console: &mut dyn Write) -> Result<(), Problem> {
        // Spent before anything is looked at.
        let challenge = self.challenge.take().ok_or(Problem::Challenge)?;
        let challenge = Challenge::new(&challenge).ok_or(Problem::Challenge)?;
        let origins = [Origin::exact(self.settings.origin)];
        let rp_ids = [self.settings.rp_id];
        let known = self.records.all();
        let existing = known.each_ref().map(|record| match record {
            Record::Holds(credential) => credential.record().id,
            // No credential has this id.
            Record::Free | Record::Damaged => &[],
        });
        let policy = Policy::new(&rp_ids, &origins)
            .with_user_verification(UserVerification::Required)
            .with_existing_credentials(&existing);
        let response = RegistrationResponse::from_json(json);
        match verify_registration(&response, challenge, &policy, &Crypto::BUILT_IN, &mut ()) {
            Ok(verified) => {
                let credential =
                    Credential::new(&verified.record()).map_err(|_| Problem::TooLarge)?;
                let number = self.records.free().ok_or(Problem::Full)?;
                self.records.save(number, &credential)?;
                Ok(writeln!(console, "enrolled {number}")?)
            }
            Err(error) => refuse(&error, console),
        }
    }

    fn open(&mut self, json: &mut [u8], console: &mut dyn Write) -> Result<(), Problem> {
        let challenge = self.challenge.take().ok_or(Problem::Challenge)?;
        let challenge = Challenge::new(&challenge).ok_or(Problem::Challenge)?;
        let origins = [Origin::exact(self.settings.origin)];
        let rp_ids = [self.settings.rp_id];
        let policy =
            Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
        let response = AuthenticationResponse::from_json(json);
        let found = response.id().and_then(|id| self.records.find(id));
        // Without a record everything else is judged, and the sign-in refused.
        let record: Option<CredentialRecord<'_>> =
            found.as_ref().map(|(_, credential)| credential.record());
        let verified = verify_authentication(
            &response,
            record.as_ref(),
            challenge,
            &policy,
            &Crypto::BUILT_IN,
            &mut (),
        );
        match (verified, found) {
            (Ok(verified), Some((number, mut credential))) => {
                credential.update(verified.sign_count(), verified.backup_state());
                // The door opens only once the counter is safe: else a power cut would let the same
                // answer in again.
                self.records.save(number, &credential)?;
                Ok(writeln!(console, "open {number}")?)
            }
            (Ok(_), None) => Err(Problem::Command),
            (Err(error), _) => refuse(&error, console),
        }
    }

    fn list(&self, console: &mut dyn Write) -> Result<(), Problem> {
        for (number, record) in self.records.all().iter().enumerate() {
            match record {
                Record::Free => {}
                Record::Damaged => writeln!(console, "{number} damaged")?,
                Record::Holds(credential) => {
                    writeln!(
                        console,
                        "{number} used {} times",
                        credential.record().sign_count
                    )?;
                }
            }
        }
        Ok(console.write_str("end\n")?)
    }

    fn forget(&mut self, number: &[u8], console: &mut dyn Write) -> Result<(), Problem> {
        let number = str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse().ok())
            .filter(|number| *number < RECORDS)
            .ok_or(Problem::Command)?;
        self.records.forget(number)?;
        Ok(writeln!(console, "forgotten {number}")?)
    }
}

fn refuse(error: &portcullis_core::Error, console: &mut dyn Write) -> Result<(), Problem> {
    Ok(writeln!(
        console,
        "refused {} {} {}",
        error.step(),
        error.code(),
        error.message()
    )?)
}
