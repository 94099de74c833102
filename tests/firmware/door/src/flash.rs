//! What the records need of a flash memory.

/// Bytes that are erased together.
pub const PAGE_SIZE: usize = 256;

/// Words of 32 bits in a page.
pub const WORDS_PER_PAGE: usize = PAGE_SIZE / 4;

/// The flash has not done what it was asked for, or the power went away before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashError;

/// Pages of flash: a page is erased to ones as a whole, and a word is programmed by clearing bits of it.
/// Each of the two is done or not done when the power goes away, as the manuals of such memories promise
/// for words.
pub trait Flash {
    /// The word, as it is read.
    fn word(&self, page: usize, word: usize) -> u32;

    /// Sets every bit of a page.
    ///
    /// # Errors
    ///
    /// [`FlashError`] where that is not done.
    fn erase(&mut self, page: usize) -> Result<(), FlashError>;

    /// Programs a word. It is blank before, or becomes zero.
    ///
    /// # Errors
    ///
    /// [`FlashError`] where that is not done.
    fn program(&mut self, page: usize, word: usize, value: u32) -> Result<(), FlashError>;
}
