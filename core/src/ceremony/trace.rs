use heapless::Vec;

use super::Step;
use crate::data::{Aaguid, CoseAlgorithm, Flags};
use crate::encoding::Fault;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Performed, and what it asks for holds.
    Pass,
    /// Performed, and what it asks for does not hold.
    Fail,
    /// Not required here.
    Skip,
}

impl Outcome {
    /// The outcome's name: `pass`, `fail`, `skip`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// What a step looked at, as far as it explains the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing.
    None,
    /// A text.
    Text(&'a str),
    /// The content of a JSON string, escapes included.
    JsonText(&'a str),
    /// A key's algorithm.
    Algorithm(CoseAlgorithm),
    /// Bytes, such as a credential id.
    Bytes(&'a [u8]),
    /// The flags of the authenticator data.
    Flags(Flags),
    /// The signature counters.
    SignCount {
        /// As recorded.
        recorded: u32,
        /// As sent.
        received: u32,
    },
    /// An authenticator's model.
    Aaguid(Aaguid),
    /// Bytes that could not be read.
    Fault(Fault),
}

/// Declares the notes with their sentences in one table.
macro_rules! notes {
    ($($(#[$doc:meta])+ $note:ident = $message:literal;)+) => {
        /// Something noteworthy that does not fail a ceremony.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Note {
            $($(#[$doc])+ $note,)+
        }

        impl Note {
            /// Every note.
            pub const ALL: &'static [Self] = &[$(Self::$note,)+];

            /// The note in words.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$note => $message,)+ }
            }
        }
    };
}

notes! {
    /// The attestation object is valid CBOR, but not in CTAP2's canonical form.
    AttestationObjectNotCanonical = "attestation object is not canonical CBOR";
    /// The authenticator data's CBOR is not in CTAP2's canonical form.
    AuthenticatorDataNotCanonical = "authenticator data is not canonical CBOR";
    /// The client has sent results of extensions that are not known here.
    ClientExtensionUnknown = "client extension results not known here are skipped";
    /// The client has sent extension results that do not have their form, and that nobody relies on.
    ClientExtensionMalformed =
        "client extension results that do not have their specified form are ignored";
    /// The authenticator has sent outputs of extensions that are not known here.
    AuthenticatorExtensionUnknown = "authenticator extension outputs not known here are skipped";
    /// The attestation statement has members that its format does not name.
    StatementMemberUnknown =
        "attestation statement members that the format does not name are ignored";
    /// `SafetyNet` reports that the device is not certified.
    CtsProfileMismatch = "SafetyNet's ctsProfileMatch is not true";
    /// The TPM does not attest that it created the key and that the key cannot leave it.
    TpmKeyNotBound =
        "the TPM does not attest that it created the key and that the key cannot leave it";
    /// A FIDO U2F attestation came with an AAGUID, which it does not sign.
    AaguidNotSigned =
        "a FIDO U2F attestation does not sign the AAGUID, which is reported as zeros";
    /// The user handle is `null` or has no bytes, and counts as absent.
    UserHandleEmpty = "the user handle is empty and counts as absent";
    /// A number in the recorded public key has more octets than needed.
    PublicKeyOverlong = "a number in the recorded public key has more octets than needed";
    /// The signature counter did not increase, which the policy only reports.
    SignCountNotIncreased = "signature counter did not grow";
    /// BE differs from the record, which the policy only reports.
    BackupEligibilityChanged = "backup eligibility is not the recorded one";
    /// BS differs from the record: the credential was backed up, or its backup was removed.
    BackupStateChanged = "backup state is not the recorded one";
}

/// Observes a ceremony. `&mut ()` observes nothing and costs nothing.
///
/// Steps come in the specification's order, each at most once. [`Outcome::Fail`] is reported exactly when
/// the ceremony is refused, as the last step.
pub trait Observer<'a> {
    /// A step was performed or skipped.
    fn step(&mut self, step: Step, outcome: Outcome, value: Value<'a>);

    /// A note.
    fn note(&mut self, note: Note);
}

impl<'a> Observer<'a> for () {
    fn step(&mut self, _: Step, _: Outcome, _: Value<'a>) {}

    fn note(&mut self, _: Note) {}
}

/// One step of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceEntry<'a> {
    /// The step.
    pub step: Step,
    /// How it went.
    pub outcome: Outcome,
    /// What it looked at.
    pub value: Value<'a>,
}

/// Records a ceremony: up to `N` steps, [`TRACE_STEPS_MAX`](crate::limits::TRACE_STEPS_MAX) for any.
#[derive(Clone, Debug, Default)]
pub struct TraceLog<'a, const N: usize> {
    entries: Vec<TraceEntry<'a>, N>,
    /// A ceremony notes each thing at most once.
    notes: Vec<Note, { Note::ALL.len() }>,
}

impl<'a, const N: usize> TraceLog<'a, N> {
    /// An empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The steps so far, in order. Those beyond `N` are not kept.
    #[must_use]
    pub fn entries(&self) -> &[TraceEntry<'a>] {
        &self.entries
    }

    /// The notes so far.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl<'a, const N: usize> Observer<'a> for TraceLog<'a, N> {
    fn step(&mut self, step: Step, outcome: Outcome, value: Value<'a>) {
        // A log with too little room keeps the beginning.
        let _full = self.entries.push(TraceEntry {
            step,
            outcome,
            value,
        });
    }

    fn note(&mut self, note: Note) {
        let _full = self.notes.push(note);
    }
}
