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
//! Without a browser the door is the client as well, and speaks CTAP's CBOR to an authenticator that
//! somebody carries the messages to, in hexadecimal:
//!
//! | line | answer |
//! | --- | --- |
//! | `ctap-enrol` | `ctap HEX`, an `authenticatorMakeCredential` |
//! | `ctap-enrolled HEX` | what `enrol` answers; HEX is the authenticator's response |
//! | `ctap-open` | `ctap HEX`, an `authenticatorGetAssertion` |
//! | `ctap-opened HEX` | what `open` answers |
//!
//! What a ceremony refuses is answered with `refused STEP CODE MESSAGE`, everything else that is wrong
//! with `error REASON`. Anyone who reaches the console may enrol: it belongs inside, where the door protects it.
#![no_std]
#![forbid(unsafe_code)]

mod bench;
mod ctap;
mod flash;
mod records;
mod simulated;

use core::fmt::{self, Write};
use core::str;

use portcullis_core::algorithm::SoftSha256;
use portcullis_core::ceremony::UserVerification;
use portcullis_core::data::AuthenticatorData;
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Origin, Policy,
    RegistrationResponse, Sha256 as _, verify_authentication, verify_registration,
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
    /// What should be an authenticator's response is none.
    Response,
    /// The authenticator has refused.
    Status(u8),
    /// A message to the authenticator would be too long.
    Request,
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
            Self::Response => "not an authenticator's response",
            Self::Status(_) => "the authenticator has refused",
            Self::Request => "the message is too long",
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
            Err(problem @ Problem::Status(status)) => {
                writeln!(console, "error {}: {status:#04x}", problem.reason())
            }
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
            (b"ctap-enrol", true) => self.ask_for_credential(console),
            (b"ctap-enrolled", false) => self.enrol_from_authenticator(rest, console),
            (b"ctap-open", true) => self.ask_for_assertion(console),
            (b"ctap-opened", false) => self.open_from_authenticator(rest, console),
            _ => Err(Problem::Command),
        }
    }

    fn new_challenge(&mut self) -> [u8; 32] {
        let mut challenge = [0; 32];
        self.random.fill(&mut challenge);
        self.challenge = Some(challenge);
        challenge
    }

    fn ask(&mut self, console: &mut dyn Write) -> Result<(), Problem> {
        let challenge = self.new_challenge();
        write_line("challenge", &challenge, console)
    }

    /// The challenge that is open. It is spent before anything of the answer is looked at.
    fn take_challenge(&mut self) -> Result<[u8; 32], Problem> {
        self.challenge.take().ok_or(Problem::Challenge)
    }

    fn enrol(&mut self, json: &mut [u8], console: &mut dyn Write) -> Result<(), Problem> {
        let challenge = self.take_challenge()?;
        self.register(&RegistrationResponse::from_json(json), challenge, console)
    }

    fn register(
        &mut self,
        response: &RegistrationResponse<'_>,
        challenge: [u8; 32],
        console: &mut dyn Write,
    ) -> Result<(), Problem> {
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
        match verify_registration(response, challenge, &policy, &Crypto::BUILT_IN, &mut ()) {
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
        let challenge = self.take_challenge()?;
        self.authenticate(&AuthenticationResponse::from_json(json), challenge, console)
    }

    fn authenticate(
        &mut self,
        response: &AuthenticationResponse<'_>,
        challenge: [u8; 32],
        console: &mut dyn Write,
    ) -> Result<(), Problem> {
        let challenge = Challenge::new(&challenge).ok_or(Problem::Challenge)?;
        let origins = [Origin::exact(self.settings.origin)];
        let rp_ids = [self.settings.rp_id];
        let policy =
            Policy::new(&rp_ids, &origins).with_user_verification(UserVerification::Required);
        let found = response.id().and_then(|id| self.records.find(id));
        // Without a record everything else is judged, and the sign-in refused.
        let record: Option<CredentialRecord<'_>> =
            found.as_ref().map(|(_, credential)| credential.record());
        let verified = verify_authentication(
            response,
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

    fn ask_for_credential(&mut self, console: &mut dyn Write) -> Result<(), Problem> {
        let mut user = [0; 16];
        self.random.fill(&mut user);
        let challenge = self.new_challenge();
        let hash = self.client_data_hash("webauthn.create", &challenge)?;
        let known = self.records.all();
        let request = ctap::make_credential(&hash, self.settings.rp_id, &user, ids(&known))
            .ok_or(Problem::Request)?;
        write_line("ctap", &request, console)
    }

    fn ask_for_assertion(&mut self, console: &mut dyn Write) -> Result<(), Problem> {
        let challenge = self.new_challenge();
        let hash = self.client_data_hash("webauthn.get", &challenge)?;
        let known = self.records.all();
        let request =
            ctap::get_assertion(&hash, self.settings.rp_id, ids(&known)).ok_or(Problem::Request)?;
        write_line("ctap", &request, console)
    }

    fn client_data(&self, ty: &str, challenge: &[u8; 32]) -> Result<ctap::ClientData, Problem> {
        ctap::client_data(ty, challenge, self.settings.origin).ok_or(Problem::Request)
    }

    fn client_data_hash(&self, ty: &str, challenge: &[u8; 32]) -> Result<[u8; 32], Problem> {
        let client_data = self.client_data(ty, challenge)?;
        Ok(SoftSha256.digest(&[client_data.as_bytes()]))
    }

    fn enrol_from_authenticator(
        &mut self,
        hex: &mut [u8],
        console: &mut dyn Write,
    ) -> Result<(), Problem> {
        let challenge = self.take_challenge()?;
        let client_data = self.client_data("webauthn.create", &challenge)?;
        let attestation = ctap::Attestation::from_hex(hex)?;
        // The response's id is the authenticator's word as well; the ceremony reads it again.
        let data = AuthenticatorData::parse(attestation.authenticator_data);
        let id = data
            .as_ref()
            .ok()
            .and_then(AuthenticatorData::attested_credential_data)
            .map_or(&[][..], |attested| attested.credential_id());
        let response = RegistrationResponse::new(id, client_data.as_bytes(), &attestation.object);
        self.register(&response, challenge, console)
    }

    fn open_from_authenticator(
        &mut self,
        hex: &mut [u8],
        console: &mut dyn Write,
    ) -> Result<(), Problem> {
        let challenge = self.take_challenge()?;
        let client_data = self.client_data("webauthn.get", &challenge)?;
        let assertion = ctap::Assertion::from_hex(hex)?;
        let known = self.records.all();
        let mut only = ids(&known);
        let id = match (assertion.id, only.next(), only.next()) {
            (Some(id), ..) | (None, Some(id), None) => id,
            _ => return Err(Problem::Response),
        };
        let response = AuthenticationResponse::new(
            id,
            client_data.as_bytes(),
            assertion.authenticator_data,
            assertion.signature,
        );
        self.authenticate(&response, challenge, console)
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

impl From<ctap::NoResponse> for Problem {
    fn from(reason: ctap::NoResponse) -> Self {
        match reason {
            ctap::NoResponse::Malformed => Self::Response,
            ctap::NoResponse::Status(status) => Self::Status(status),
        }
    }
}

/// The ids of the credentials in these records.
fn ids(records: &[Record; RECORDS]) -> impl Iterator<Item = &[u8]> + Clone {
    records.iter().filter_map(|record| match record {
        Record::Holds(credential) => Some(credential.record().id),
        Record::Free | Record::Damaged => None,
    })
}

fn write_line(word: &str, bytes: &[u8], console: &mut dyn Write) -> Result<(), Problem> {
    write!(console, "{word} ")?;
    for byte in bytes {
        write!(console, "{byte:02x}")?;
    }
    Ok(console.write_char('\n')?)
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
