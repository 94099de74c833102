//! Lines from the console, of bounded length.

use crate::console;

/// Reads the console line by line, up to `N` bytes each.
#[derive(Debug)]
pub struct Lines<const N: usize> {
    line: [u8; N],
    chunk: [u8; 256],
    next: usize,
    end: usize,
}

/// A line that is longer than there is room for; it has been skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl<const N: usize> Lines<N> {
    /// Reads from the console's beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            line: [0; N],
            chunk: [0; 256],
            next: 0,
            end: 0,
        }
    }

    /// The next line, without its end; `None` at the end of the input.
    pub fn next_line(&mut self) -> Option<Result<&mut [u8], TooLong>> {
        let mut length = 0_usize;
        let mut fits = true;
        while let Some(byte) = self.byte() {
            if byte == b'\n' {
                return Some(if fits {
                    self.line.get_mut(..length).ok_or(TooLong)
                } else {
                    Err(TooLong)
                });
            }
            match self.line.get_mut(length) {
                Some(place) => *place = byte,
                None => fits = false,
            }
            length = length.saturating_add(1);
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        if self.next == self.end {
            self.next = 0;
            self.end = console::read(&mut self.chunk);
            if self.end == 0 {
                return None;
            }
        }
        let byte = self.chunk.get(self.next).copied();
        self.next += 1;
        byte
    }
}

impl<const N: usize> Default for Lines<N> {
    fn default() -> Self {
        Self::new()
    }
}
