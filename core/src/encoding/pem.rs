//! PEM (RFC 7468), decoded in place.

use super::{Span, base64url};

/// Decodes the text that `span` names, which has to be one block with this label, and returns the span of
/// its bytes. `None`: it is no such block, and the bytes of the text are unspecified.
pub(crate) fn decode(buffer: &mut [u8], span: Span, label: &str) -> Option<Span> {
    let start = span.range().start;
    let text = core::str::from_utf8(span.of(buffer)?).ok()?.trim_end();
    let rest = text
        .trim_start()
        .strip_prefix("-----BEGIN ")?
        .strip_prefix(label)?;
    let rest = rest.strip_prefix("-----")?;
    let body = rest.strip_suffix("-----")?.strip_suffix(label)?;
    let body = body.strip_suffix("-----END ")?;
    let (offset, length) = (text.len().checked_sub(rest.len())?, body.len());

    // What is left of the block without its line ends moves to its front.
    let text = buffer.get_mut(span.range())?;
    let mut written = 0_usize;
    for at in offset..offset.checked_add(length)? {
        let byte = *text.get(at)?;
        if !byte.is_ascii_whitespace() {
            *text.get_mut(written)? = byte;
            written = written.checked_add(1)?;
        }
    }
    base64url::decode_padded(buffer, Span::new(start, start.checked_add(written)?))
}

#[cfg(test)]
mod tests {
    use super::{Span, decode};
    use std::vec::Vec;

    fn certificate(text: &str) -> Option<Vec<u8>> {
        let mut buffer = text.as_bytes().to_vec();
        let span = decode(&mut buffer, Span::new(0, text.len()), "CERTIFICATE")?;
        span.of(&buffer).map(<[u8]>::to_vec)
    }

    #[test]
    fn one_block_is_decoded_whatever_its_line_ends() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nZm9v\nYmE=\n-----END CERTIFICATE-----\n",
            " -----BEGIN CERTIFICATE-----\r\nZm9vYmE=\r\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----Zm9vYmE=-----END CERTIFICATE-----",
        ] {
            assert_eq!(certificate(text).as_deref(), Some(&b"fooba"[..]), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_block_is_refused() {
        for text in [
            "",
            "Zm9v",
            "-----BEGIN CERTIFICATE-----\nZm9v\n",
            "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----\nZm9*\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(certificate(text), None, "{text}");
        }
    }
}
