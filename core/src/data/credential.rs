use core::fmt;

use heapless::Vec;
use minicbor::decode::{self, Decoder};
use minicbor::encode::write::{Cursor, Write};
use minicbor::encode::{self, Encoder};

use crate::encoding::{Fault, FaultKind, What};

/// What a relying party keeps of a credential and a sign-in is verified against
/// (the [credential record](https://www.w3.org/TR/webauthn-3/#credential-record)), borrowed from wherever it
/// is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialRecord<'a> {
    /// The credential id.
    pub id: &'a [u8],
    /// The credential public key, in its `COSE_Key` encoding.
    pub public_key: &'a [u8],
    /// The signature counter as last seen.
    pub sign_count: u32,
    /// BE, where it was recorded.
    pub backup_eligible: Option<bool>,
    /// BS as last seen, where it was recorded.
    pub backup_state: Option<bool>,
}

impl<'a> CredentialRecord<'a> {
    /// A record of a credential's id, its public key in its `COSE_Key` encoding, and its signature
    /// counter as last seen, without backup flags.
    #[must_use]
    pub const fn new(id: &'a [u8], public_key: &'a [u8], sign_count: u32) -> Self {
        Self {
            id,
            public_key,
            sign_count,
            backup_eligible: None,
            backup_state: None,
        }
    }

    /// The same record with this [`backup_eligible`](Self::backup_eligible).
    #[must_use]
    pub const fn with_backup_eligible(mut self, backup_eligible: Option<bool>) -> Self {
        self.backup_eligible = backup_eligible;
        self
    }

    /// The same record with this [`backup_state`](Self::backup_state).
    #[must_use]
    pub const fn with_backup_state(mut self, backup_state: Option<bool>) -> Self {
        self.backup_state = backup_state;
        self
    }
}

/// A credential record that owns its bytes, in a fixed size: ids up to `ID` bytes, COSE keys up to
/// `KEY`. An ES256 key takes 77 bytes; most authenticators' ids are 16 to 64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential<const ID: usize, const KEY: usize> {
    id: Vec<u8, ID>,
    public_key: Vec<u8, KEY>,
    sign_count: u32,
    backup_eligible: Option<bool>,
    backup_state: Option<bool>,
}

/// Why a credential could not be stored, written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredCredentialError {
    /// The id or the key is longer than the record has room for.
    Capacity,
    /// The buffer is too small for the encoding.
    Buffer,
    /// The bytes are not a record.
    Malformed(Fault),
}

impl fmt::Display for StoredCredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capacity => f.write_str("the credential is larger than the record"),
            Self::Buffer => f.write_str("the buffer is too small for the record"),
            Self::Malformed(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for StoredCredentialError {}

impl<const ID: usize, const KEY: usize> StoredCredential<ID, KEY> {
    /// Copies a record.
    ///
    /// # Errors
    ///
    /// [`StoredCredentialError::Capacity`] where the id or the key does not fit.
    pub fn new(record: &CredentialRecord<'_>) -> Result<Self, StoredCredentialError> {
        let capacity = |_| StoredCredentialError::Capacity;
        Ok(Self {
            id: Vec::from_slice(record.id).map_err(capacity)?,
            public_key: Vec::from_slice(record.public_key).map_err(capacity)?,
            sign_count: record.sign_count,
            backup_eligible: record.backup_eligible,
            backup_state: record.backup_state,
        })
    }

    /// The record, borrowed.
    #[must_use]
    pub fn record(&self) -> CredentialRecord<'_> {
        CredentialRecord {
            id: &self.id,
            public_key: &self.public_key,
            sign_count: self.sign_count,
            backup_eligible: self.backup_eligible,
            backup_state: self.backup_state,
        }
    }

    /// Updates the record from a verified assertion (step 24 of
    /// [section 7.2](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion)).
    pub fn update(&mut self, sign_count: u32, backup_state: bool) {
        self.sign_count = sign_count;
        self.backup_state = Some(backup_state);
    }

    /// Writes the record as CBOR into `buffer` and returns the bytes written: a map of 1 id, 2 key,
    /// 3 counter, and where known 4 BE and 5 BS.
    ///
    /// # Errors
    ///
    /// [`StoredCredentialError::Buffer`] where it does not fit.
    pub fn to_cbor<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], StoredCredentialError> {
        let mut encoder = Encoder::new(Cursor::new(&mut *buffer));
        write_record(&self.record(), &mut encoder).map_err(|_| StoredCredentialError::Buffer)?;
        let length = encoder.writer().position();
        buffer.get(..length).ok_or(StoredCredentialError::Buffer)
    }

    /// Reads what [`to_cbor`](Self::to_cbor) has written, and nothing else: a damaged record is refused.
    ///
    /// # Errors
    ///
    /// [`StoredCredentialError::Malformed`], or `Capacity` where the id or the key does not fit.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, StoredCredentialError> {
        let record = read_record(bytes).map_err(StoredCredentialError::Malformed)?;
        Self::new(&record)
    }
}

fn write_record<W: Write>(
    record: &CredentialRecord<'_>,
    encoder: &mut Encoder<W>,
) -> Result<(), encode::Error<W::Error>> {
    let flags = [(4, record.backup_eligible), (5, record.backup_state)];
    let known = flags.iter().filter(|(_, flag)| flag.is_some());
    encoder.map(known.fold(3, |members, _| members.saturating_add(1)))?;
    encoder.u8(1)?.bytes(record.id)?;
    encoder.u8(2)?.bytes(record.public_key)?;
    encoder.u8(3)?.u32(record.sign_count)?;
    for (label, flag) in flags {
        if let Some(flag) = flag {
            encoder.u8(label)?.bool(flag)?;
        }
    }
    Ok(())
}

fn read_record(bytes: &[u8]) -> Result<CredentialRecord<'_>, Fault> {
    let malformed = |at| Fault::new(What::CredentialRecord, FaultKind::Syntax, at);
    let mut decoder = Decoder::new(bytes);
    let record = read_members(&mut decoder).map_err(|_| malformed(decoder.position()))?;
    // What was read, written again, has to be these bytes: nothing is missing, twice, longer than needed, or
    // after the end.
    let mut encoder = Encoder::new(Rest(bytes));
    match write_record(&record, &mut encoder) {
        Ok(()) if encoder.writer().0.is_empty() => Ok(record),
        _ => Err(malformed(decoder.position())),
    }
}

fn read_members<'b>(decoder: &mut Decoder<'b>) -> Result<CredentialRecord<'b>, decode::Error> {
    let mut record = CredentialRecord::new(&[], &[], 0);
    // Each member takes bytes, so that their number is bounded by the input.
    for _ in 0..decoder.map()?.unwrap_or_default() {
        match decoder.u8()? {
            1 => record.id = decoder.bytes()?,
            2 => record.public_key = decoder.bytes()?,
            3 => record.sign_count = decoder.u32()?,
            4 => record.backup_eligible = Some(decoder.bool()?),
            5 => record.backup_state = Some(decoder.bool()?),
            _ => break,
        }
    }
    Ok(record)
}

/// What is left of the bytes that are to be written.
struct Rest<'a>(&'a [u8]);

impl Write for Rest<'_> {
    type Error = Differs;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Differs> {
        self.0 = self.0.strip_prefix(bytes).ok_or(Differs)?;
        Ok(())
    }
}

/// Other bytes are written.
struct Differs;

#[cfg(test)]
mod tests {
    use super::{CredentialRecord, StoredCredential, StoredCredentialError};

    type Stored = StoredCredential<32, 77>;

    const RECORD: CredentialRecord<'_> = CredentialRecord {
        id: &[7; 32],
        public_key: &[9; 77],
        sign_count: 70_000,
        backup_eligible: Some(true),
        backup_state: Some(false),
    };

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let sparse = CredentialRecord {
            id: b"id",
            sign_count: 0,
            backup_eligible: None,
            backup_state: None,
            ..RECORD
        };
        for record in [RECORD, sparse] {
            let stored = Stored::new(&record).unwrap();
            let mut buffer = [0; 160];
            let bytes = stored.to_cbor(&mut buffer).unwrap();
            let read = Stored::from_cbor(bytes).unwrap();
            assert_eq!(read, stored);
            assert_eq!(read.record(), record);
        }
    }

    #[test]
    fn an_update_moves_counter_and_backup_state() {
        let mut stored = Stored::new(&RECORD).unwrap();
        stored.update(70_001, true);
        let record = stored.record();
        assert_eq!(
            (record.sign_count, record.backup_state),
            (70_001, Some(true))
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let capacity = Err(StoredCredentialError::Capacity);
        let long_id = CredentialRecord {
            id: &[7; 33],
            ..RECORD
        };
        assert_eq!(Stored::new(&long_id), capacity);
        let long_key = CredentialRecord {
            public_key: &[9; 78],
            ..RECORD
        };
        assert_eq!(Stored::new(&long_key), capacity);

        let stored = Stored::new(&RECORD).unwrap();
        let mut buffer = [0; 160];
        let length = stored.to_cbor(&mut buffer).unwrap().len();
        for short in 0..length {
            let written = stored.to_cbor(&mut buffer[..short]);
            assert_eq!(written, Err(StoredCredentialError::Buffer));
        }
        let bytes = stored.to_cbor(&mut buffer).unwrap();
        assert_eq!(
            StoredCredential::<8, 77>::from_cbor(bytes),
            Err(StoredCredentialError::Capacity)
        );
    }

    #[test]
    fn a_damaged_record_is_refused_or_read_as_other_values_never_as_more() {
        let stored = Stored::new(&RECORD).unwrap();
        let mut buffer = [0; 160];
        let bytes = stored.to_cbor(&mut buffer).unwrap();
        for end in 0..bytes.len() {
            assert!(Stored::from_cbor(&bytes[..end]).is_err(), "cut at {end}");
        }
        let whole = bytes.len();
        assert!(Stored::from_cbor(&[bytes, &[0]].concat()).is_err());
        // Another label, a label twice, a longer head than needed, a missing member.
        for (at, byte) in [(1, 6), (1, 2), (whole - 1, 0x18), (0, 0xa4)] {
            let mut damaged = bytes.to_vec();
            damaged[at] = byte;
            assert!(Stored::from_cbor(&damaged).is_err(), "byte {at}");
        }
    }
}
