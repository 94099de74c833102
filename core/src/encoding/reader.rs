//! The only file that moves an offset over bytes.

use super::{Fault, FaultKind, What};

/// A cursor over borrowed bytes. It only moves forward, and never past the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Bytes of the whole input. What has been read follows from it, and costs nothing to keep.
    length: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self {
            rest: input,
            length: input.len(),
        }
    }

    /// Bytes read so far.
    pub(crate) const fn position(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn byte(&mut self, what: What) -> Result<u8, Fault> {
        let [byte] = self.array(what)?;
        Ok(byte)
    }

    pub(crate) fn array<const N: usize>(&mut self, what: What) -> Result<[u8; N], Fault> {
        self.array_ref(what).copied()
    }

    pub(crate) fn array_ref<const N: usize>(&mut self, what: What) -> Result<&'a [u8; N], Fault> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(self.fault(what, FaultKind::Truncated));
        };
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn take(&mut self, len: usize, what: What) -> Result<&'a [u8], Fault> {
        let Some((head, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.fault(what, FaultKind::Truncated));
        };
        self.rest = rest;
        Ok(head)
    }

    /// Skips bytes while `accept` holds.
    #[inline]
    pub(crate) fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        let end = self.rest.iter().position(|byte| !accept(*byte));
        let rest = end.and_then(|end| self.rest.get(end..));
        self.rest = rest.unwrap_or_default();
    }

    /// Skips up to the first byte for which `stops` gives a bit, eight bytes at a time: of each byte the
    /// highest bit, right at least for the first that has one.
    #[cfg(feature = "json")]
    #[inline]
    pub(crate) fn skip_words_until(&mut self, stops: impl Fn(u64) -> u64) {
        while let Some((word, rest)) = self.rest.split_first_chunk::<8>() {
            let stops = stops(u64::from_le_bytes(*word));
            if stops != 0 {
                let skipped = usize::try_from(stops.trailing_zeros() >> 3).unwrap_or_default();
                self.rest = self.rest.get(skipped..).unwrap_or_default();
                return;
            }
            self.rest = rest;
        }
    }

    /// Skips `prefix` if it comes next.
    // Only the JSON forms are long enough for its calls to cost more than its code.
    #[cfg_attr(not(feature = "json"), inline(never))]
    pub(crate) fn skip_prefix(&mut self, prefix: &[u8]) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The same for a prefix of a size that is known.
    #[inline]
    pub(crate) fn skip_array<const N: usize>(&mut self, prefix: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) if head == prefix => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Fails unless everything has been read.
    pub(crate) fn finish(&self, what: What) -> Result<(), Fault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault(what, FaultKind::Trailing))
        }
    }

    pub(crate) fn fault(&self, what: What, kind: FaultKind) -> Fault {
        Fault::new(what, kind, self.position())
    }
}
