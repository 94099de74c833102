//! What a ceremony says, for firmware that logs with defmt: codes in place of sentences, which the host
//! can look up.

use defmt::{Format, Formatter, write};

use crate::algorithm::{KeyError, SignatureError};
use crate::ceremony::{Ceremony, Error, ErrorKind, Note, Outcome, Step, TraceEntry};
use crate::data::CoseAlgorithm;
use crate::encoding::{Fault, FaultKind};

impl Format for Step {
    fn format(&self, f: Formatter<'_>) {
        let section = match self.ceremony() {
            Ceremony::Registration => 1_u8,
            Ceremony::Authentication => 2,
        };
        write!(f, "7.{=u8}.{=u8}", section, self.number());
    }
}

impl Format for Error {
    fn format(&self, f: Formatter<'_>) {
        match self.fault() {
            Some(fault) => write!(f, "step {}: {}: {}", self.step(), self.kind(), fault),
            None => write!(f, "step {}: {}", self.step(), self.kind()),
        }
    }
}

impl Format for ErrorKind {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=str}", self.code());
    }
}

impl Format for Fault {
    fn format(&self, f: Formatter<'_>) {
        write!(
            f,
            "{=str} {} (byte {=u32})",
            self.what(),
            self.kind(),
            self.at()
        );
    }
}

impl Format for FaultKind {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=str}", self.describe());
    }
}

impl Format for Outcome {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=str}", self.name());
    }
}

impl Format for TraceEntry<'_> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{} {}", self.step, self.outcome);
    }
}

impl Format for Note {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=str}", self.message());
    }
}

impl Format for CoseAlgorithm {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=i32}", self.value());
    }
}

impl Format for KeyError {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "not a key of its algorithm");
    }
}

impl Format for SignatureError {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "the signature does not verify");
    }
}
