//! Texts that many records share, such as a model, a format or a browser: each is kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// The most words. What callers may choose freely cannot take more room than this; a text beyond is kept in
/// the record itself.
const MOST: u16 = 1_024;

/// The longest word, in bytes.
const LONGEST: usize = 128;

/// Words and the codes for them. None is ever forgotten.
#[derive(Debug, Default)]
pub(super) struct Words {
    codes: HashMap<Arc<[u8]>, u16>,
    words: Vec<Arc<[u8]>>,
}

impl Words {
    /// The code for a text; `None` where it is no word and cannot become one.
    pub(super) fn code(&mut self, text: &[u8]) -> Option<u16> {
        if let Some(code) = self.codes.get(text) {
            return Some(*code);
        }
        let code = u16::try_from(self.words.len()).ok();
        let code = code.filter(|code| *code < MOST && text.len() <= LONGEST)?;
        let word: Arc<[u8]> = text.into();
        self.words.push(Arc::clone(&word));
        self.codes.insert(word, code);
        Some(code)
    }

    /// The text of a code that [`Self::code`] gave.
    pub(super) fn text(&self, code: u16) -> &[u8] {
        self.words.get(usize::from(code)).map_or(&[], |word| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_code_and_there_is_an_end_to_them() {
        let mut words = Words::default();
        for number in 0..MOST {
            let text = number.to_be_bytes();
            assert_eq!(words.code(&text), Some(number));
            assert_eq!(words.code(&text), Some(number));
            assert_eq!(words.text(number), text);
        }
        assert_eq!(words.code(b"one more"), None);
        assert_eq!(words.code(&[0, 0]), Some(0));
        assert_eq!(Words::default().code(&[0; LONGEST + 1]), None);
        assert_eq!(Words::default().code(&[0; LONGEST]), Some(0));
    }
}
