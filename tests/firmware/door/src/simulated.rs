//! Flash in memory, with a power supply that can be made to fail.

use crate::flash::{Flash, FlashError, WORDS_PER_PAGE};
use crate::records::PAGES;

/// Flash that behaves as flash does, and loses its power on command.
#[derive(Clone, Debug)]
pub struct SimulatedFlash {
    pages: [[u32; WORDS_PER_PAGE]; PAGES],
    writes: u32,
    /// Writes until the power goes away.
    left: Option<u32>,
    cut: bool,
}

impl SimulatedFlash {
    /// Blank flash.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pages: [[u32::MAX; WORDS_PER_PAGE]; PAGES],
            writes: 0,
            left: None,
            cut: false,
        }
    }

    /// Lets the power go away after so many more writes.
    pub const fn cut_after(&mut self, writes: u32) {
        self.left = Some(writes);
    }

    /// Brings the power back.
    pub const fn power_up(&mut self) {
        self.left = None;
        self.cut = false;
    }

    /// Whether the power has gone away.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Erasures and programmed words so far.
    #[must_use]
    pub const fn writes(&self) -> u32 {
        self.writes
    }

    /// Flips a bit, as radiation or wear would.
    pub fn damage(&mut self, page: usize, word: usize, bit: u32) {
        if let Some(word) = self.pages.get_mut(page).and_then(|page| page.get_mut(word)) {
            *word ^= 1_u32.wrapping_shl(bit);
        }
    }

    fn write(&mut self) -> Result<(), FlashError> {
        match &mut self.left {
            Some(0) => {
                self.cut = true;
                return Err(FlashError);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.writes += 1;
        Ok(())
    }
}

impl Default for SimulatedFlash {
    fn default() -> Self {
        Self::new()
    }
}

impl Flash for SimulatedFlash {
    fn word(&self, page: usize, word: usize) -> u32 {
        self.pages
            .get(page)
            .and_then(|page| page.get(word))
            .copied()
            .unwrap_or(u32::MAX)
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashError> {
        self.write()?;
        self.pages.get_mut(page).ok_or(FlashError)?.fill(u32::MAX);
        Ok(())
    }

    fn program(&mut self, page: usize, word: usize, value: u32) -> Result<(), FlashError> {
        let old = self.word(page, word);
        if old != u32::MAX && value != 0 {
            // Real flash would keep a mixture of the two, or refuse.
            return Err(FlashError);
        }
        self.write()?;
        let page = self.pages.get_mut(page).ok_or(FlashError)?;
        *page.get_mut(word).ok_or(FlashError)? = value;
        Ok(())
    }
}
