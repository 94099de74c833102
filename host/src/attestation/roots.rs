//! Certificates in files, PEM or DER.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::data::Certificate;

/// More than any bundle of roots has, in bytes.
const MAX_FILE: u64 = 4 * 1_024 * 1_024;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of every file in a folder, in DER. Hidden files are passed over; any other file has
/// to be of certificates, so that none is left out unseen.
pub(crate) fn read_folder(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let cannot_read = |error| format!("cannot read the folder `{}`: {error}", path.display());
    let mut files: Vec<_> = fs::read_dir(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(cannot_read)?
        .into_iter()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let mut certificates = Vec::new();
    for file in files {
        certificates.extend(read_file(&file)?);
    }
    if certificates.is_empty() {
        return Err(format!("there is no certificate in `{}`", path.display()));
    }
    Ok(certificates)
}

/// The certificates of a file, one or more in PEM or one in DER.
pub(crate) fn read_file(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let name = path.display();
    let bytes = read_bounded(path, MAX_FILE)?;
    let certificates = match core::str::from_utf8(&bytes) {
        Ok(text) if text.contains(BEGIN) => decode_pem(text),
        _ => Some(vec![bytes]),
    };
    let certificates =
        certificates.ok_or_else(|| format!("a certificate in `{name}` is not whole PEM"))?;
    for certificate in &certificates {
        Certificate::parse(certificate).map_err(|fault| {
            format!("`{name}` is not a certificate in PEM or DER that can be used here: {fault}")
        })?;
    }
    Ok(certificates)
}

/// A whole file of at most so many bytes.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let name = path.display();
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read `{name}`: {error}"))?;
    match u64::try_from(read) {
        Ok(length) if length <= most => Ok(bytes),
        _ => Err(format!("`{name}` is longer than {most} bytes")),
    }
}

/// The certificates among text (RFC 7468); `None` where one of them is cut off or is not base64.
pub(super) fn decode_pem(text: &str) -> Option<Vec<Vec<u8>>> {
    text.split(BEGIN)
        .skip(1)
        .map(|block| {
            let (body, _) = block.split_once(END)?;
            let body: String = body.split_ascii_whitespace().collect();
            STANDARD.decode(body).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_is_read_among_text_and_refused_where_it_is_cut_off() {
        let block = format!("{BEGIN}\r\nAAEC\r\nAw==\r\n{END}\n");
        let text = format!("a root:\n{block}and another:\n{block}");
        assert_eq!(decode_pem(&text), Some(vec![vec![0, 1, 2, 3]; 2]));
        assert_eq!(decode_pem(&text.replacen(END, "", 1)), None);
        assert_eq!(decode_pem(&text.replace("AAEC", "AA!C")), None);
    }
}
