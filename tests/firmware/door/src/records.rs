//! Credential records in flash, each in two pages of its own, so that a power cut between any two
//! writes leaves the old record or the new one, and damage to one leaves the others alone.
//!
//! A page holds a state, a sequence number, a length, a checksum, and the record in CBOR. A record is
//! written to the page that is not in use; the state, written last, makes it count, and only then the
//! other page is retired. So a page whose state says that it counts and whose checksum is wrong is
//! damaged, and never merely half written: its record is refused, rather than an older counter taken.

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use portcullis_core::StoredCredential;

use crate::flash::{Flash, FlashError, PAGE_SIZE, WORDS_PER_PAGE};

/// How many people the door knows.
pub const RECORDS: usize = 8;

/// Pages that the records take.
pub const PAGES: usize = 2 * RECORDS;

/// A credential as it is kept: ids to 64 bytes, ES256 keys.
pub type Credential = StoredCredential<64, 96>;

/// One of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Not in use.
    Free,
    /// In use, and not readable any more.
    Damaged,
    /// A credential.
    Holds(Credential),
}

/// The records in their flash.
#[derive(Debug)]
pub struct Records<F> {
    flash: F,
}

const STATE: usize = 0;
const SEQUENCE: usize = 1;
const LENGTH: usize = 2;
const CHECKSUM: usize = 3;
const CONTENT: usize = 4;

const BLANK: u32 = u32::MAX;
const IN_USE: u32 = 0x600d_c0de;
const RETIRED: u32 = 0;

const CONTENT_SIZE: usize = PAGE_SIZE - 4 * CONTENT;

/// What a page says.
enum Page {
    Unused,
    Damaged,
    InUse {
        sequence: u32,
        credential: Credential,
    },
}

impl<F: Flash> Records<F> {
    /// The records that are in this flash.
    pub const fn new(flash: F) -> Self {
        Self { flash }
    }

    /// The flash.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// The flash.
    pub const fn flash_mut(&mut self) -> &mut F {
        &mut self.flash
    }

    /// Every record by its number.
    pub fn all(&self) -> [Record; RECORDS] {
        core::array::from_fn(|number| self.load(number))
    }

    /// The first record that is free.
    pub fn free(&self) -> Option<usize> {
        (0..RECORDS).find(|number| self.load(*number) == Record::Free)
    }

    /// The credential of this id.
    pub fn find(&self, id: &[u8]) -> Option<(usize, Credential)> {
        (0..RECORDS).find_map(|number| match self.load(number) {
            Record::Holds(credential) if credential.record().id == id => Some((number, credential)),
            _ => None,
        })
    }

    fn load(&self, number: usize) -> Record {
        let [first, second] = pages(number).map(|page| self.page(page));
        match (first, second) {
            (Page::Damaged, _) | (_, Page::Damaged) => Record::Damaged,
            (Page::Unused, Page::Unused) => Record::Free,
            (Page::InUse { credential, .. }, Page::Unused)
            | (Page::Unused, Page::InUse { credential, .. }) => Record::Holds(credential),
            // The power went away before the older one was retired.
            (
                Page::InUse {
                    sequence: a,
                    credential: first,
                },
                Page::InUse {
                    sequence: b,
                    credential: second,
                },
            ) => Record::Holds(if is_newer(a, b) { first } else { second }),
        }
    }

    /// Writes a record, so that a power cut at any write leaves the old one or this one.
    ///
    /// # Errors
    ///
    /// [`FlashError`] where the flash fails or the record is damaged.
    pub fn save(&mut self, number: usize, credential: &Credential) -> Result<(), FlashError> {
        let [first, second] = pages(number);
        let (old, new, sequence) = match (self.page(first), self.page(second)) {
            (Page::Damaged, _) | (_, Page::Damaged) => return Err(FlashError),
            (Page::Unused, Page::Unused) => (None, first, 0),
            (Page::InUse { sequence, .. }, Page::Unused) => (Some(first), second, sequence),
            (Page::Unused, Page::InUse { sequence, .. }) => (Some(second), first, sequence),
            (Page::InUse { sequence: a, .. }, Page::InUse { sequence: b, .. }) => {
                if is_newer(a, b) {
                    (Some(first), second, a)
                } else {
                    (Some(second), first, b)
                }
            }
        };
        let sequence = sequence.wrapping_add(1);
        let mut content = [0; CONTENT_SIZE];
        let written = credential
            .to_cbor(&mut content)
            .map_err(|_| FlashError)?
            .len();
        let length = u32::try_from(written).map_err(|_| FlashError)?;
        let checksum = checksum(sequence, length, content.get(..written).unwrap_or_default());

        self.flash.erase(new)?;
        self.flash.program(new, SEQUENCE, sequence)?;
        self.flash.program(new, LENGTH, length)?;
        self.flash.program(new, CHECKSUM, checksum)?;
        let (words, _) = content.as_chunks::<4>();
        for (word, bytes) in (CONTENT..).zip(words.iter().take(written.div_ceil(4))) {
            self.flash.program(new, word, u32::from_le_bytes(*bytes))?;
        }
        self.flash.program(new, STATE, IN_USE)?;
        if let Some(old) = old {
            self.flash.program(old, STATE, RETIRED)?;
        }
        Ok(())
    }

    /// Makes a record free.
    ///
    /// # Errors
    ///
    /// [`FlashError`] where the flash fails.
    pub fn forget(&mut self, number: usize) -> Result<(), FlashError> {
        let [first, second] = pages(number);
        // The older one first, and a damaged one last: else what is left between the two writes would
        // be a record again.
        let second_first = match (self.page(first), self.page(second)) {
            (Page::Damaged, _) => true,
            (Page::InUse { sequence: a, .. }, Page::InUse { sequence: b, .. }) => is_newer(a, b),
            _ => false,
        };
        let order = if second_first {
            [second, first]
        } else {
            [first, second]
        };
        for page in order {
            if self.flash.word(page, STATE) != BLANK {
                self.flash.program(page, STATE, RETIRED)?;
            }
        }
        Ok(())
    }

    fn page(&self, page: usize) -> Page {
        match self.flash.word(page, STATE) {
            BLANK | RETIRED => Page::Unused,
            IN_USE => self.read(page).unwrap_or(Page::Damaged),
            _ => Page::Damaged,
        }
    }

    fn read(&self, page: usize) -> Option<Page> {
        let sequence = self.flash.word(page, SEQUENCE);
        let length = self.flash.word(page, LENGTH);
        let mut content = [0; CONTENT_SIZE];
        let (words, _) = content.as_chunks_mut::<4>();
        for (word, bytes) in (CONTENT..WORDS_PER_PAGE).zip(words) {
            *bytes = self.flash.word(page, word).to_le_bytes();
        }
        let content = content.get(..usize::try_from(length).ok()?)?;
        if self.flash.word(page, CHECKSUM) != checksum(sequence, length, content) {
            return None;
        }
        let credential = Credential::from_cbor(content).ok()?;
        Some(Page::InUse {
            sequence,
            credential,
        })
    }
}

const fn pages(number: usize) -> [usize; 2] {
    [2 * number, 2 * number + 1]
}

/// Whether the first sequence number came after the second; they may wrap around.
const fn is_newer(first: u32, second: u32) -> bool {
    first.wrapping_sub(second) < u32::MAX / 2
}

fn checksum(sequence: u32, length: u32, content: &[u8]) -> u32 {
    const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);
    let mut digest = CRC.digest();
    digest.update(&sequence.to_le_bytes());
    digest.update(&length.to_le_bytes());
    digest.update(content);
    digest.finalize()
}
