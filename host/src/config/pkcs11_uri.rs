//! The PKCS #11 URI scheme (RFC 7512), as far as it names one private key and how to reach it.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

/// A `pkcs11:` URI that names a token, a key in it, the library that reaches it, and the file with
/// the PIN: `pkcs11:token=sso;object=login?module-path=/usr/lib/x.so&pin-source=file:/etc/sso/pin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Uri {
    pub(crate) token: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) object: Option<String>,
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) module_path: PathBuf,
    pub(crate) pin_source: PathBuf,
}

/// Why a text is not such a URI.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Another scheme, or none.
    #[error("a PKCS #11 URI begins with `pkcs11:`")]
    Scheme,
    /// An attribute without a value, or a value that is not percent-encoded UTF-8.
    #[error("`{0}` is not an attribute with a value")]
    Syntax(String),
    /// An attribute that appears twice.
    #[error("`{0}` appears twice")]
    Twice(&'static str),
    /// An attribute that is not supported.
    #[error("`{0}` is not supported")]
    Unknown(String),
    /// The PIN itself.
    #[error(
        "a PIN does not belong in a setting; write it to a file and name the file: pin-source=file:/PATH"
    )]
    PinValue,
    /// A PIN source that is not a file.
    #[error("pin-source must be a file: pin-source=file:/PATH")]
    PinSource,
    /// A required attribute is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl Pkcs11Uri {
    /// Reads a URI.
    ///
    /// # Errors
    /// [`UriError`] where an attribute is missing, malformed or not supported.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let rest = text.strip_prefix("pkcs11:").ok_or(UriError::Scheme)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token, mut serial, mut object, mut id) = (None, None, None, None);
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            match split(attribute)? {
                ("token", value) => set(&mut token, "token", utf8(value)?)?,
                ("serial", value) => set(&mut serial, "serial", utf8(value)?)?,
                ("object", value) => set(&mut object, "object", utf8(value)?)?,
                ("id", value) => set(&mut id, "id", percent_decode_str(value).collect())?,
                ("type", "private") => {}
                _ => return Err(UriError::Unknown(attribute.to_owned())),
            }
        }
        let (mut module_path, mut pin_source) = (None, None);
        for attribute in query.split('&').filter(|attribute| !attribute.is_empty()) {
            match split(attribute)? {
                ("module-path", value) => set(&mut module_path, "module-path", utf8(value)?)?,
                ("pin-source", value) => set(&mut pin_source, "pin-source", utf8(value)?)?,
                ("pin-value", _) => return Err(UriError::PinValue),
                _ => return Err(UriError::Unknown(attribute.to_owned())),
            }
        }
        if token.is_none() && serial.is_none() {
            return Err(UriError::Missing(
                "the token (token=LABEL or serial=NUMBER)",
            ));
        }
        if object.is_none() && id.is_none() {
            return Err(UriError::Missing("the key (object=LABEL or id=%01)"));
        }
        Ok(Self {
            token,
            serial,
            object,
            id,
            module_path: module_path
                .ok_or(UriError::Missing("the library (module-path=/PATH)"))?
                .into(),
            pin_source: pin_file(&pin_source.ok_or(UriError::Missing(
                "the file with the PIN (pin-source=file:/PATH)",
            ))?)?,
        })
    }
}

fn split(attribute: &str) -> Result<(&str, &str), UriError> {
    let found = attribute.split_once('=');
    found
        .filter(|(_, value)| !value.is_empty())
        .ok_or_else(|| UriError::Syntax(attribute.to_owned()))
}

fn set<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), UriError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(UriError::Twice(name)),
    }
}

fn utf8(value: &str) -> Result<String, UriError> {
    let decoded = percent_decode_str(value).decode_utf8();
    decoded
        .map(|text| text.into_owned())
        .map_err(|_| UriError::Syntax(value.to_owned()))
}

/// `file:/PATH`, `file:///PATH` or `/PATH`; a command (`|...`) is not run.
fn pin_file(source: &str) -> Result<PathBuf, UriError> {
    let path = source.strip_prefix("file:").unwrap_or(source);
    let path = path.strip_prefix("//").unwrap_or(path);
    if Path::new(path).is_absolute() {
        Ok(path.into())
    } else {
        Err(UriError::PinSource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "?module-path=/usr/lib/x.so&pin-source=file:/etc/sso/pin";

    #[test]
    fn a_uri_names_token_key_library_and_pin_file() {
        let uri = Pkcs11Uri::parse(&format!(
            "pkcs11:token=My%20token;object=login;id=%00%ff{QUERY}"
        ));
        let expected = Pkcs11Uri {
            token: Some("My token".to_owned()),
            serial: None,
            object: Some("login".to_owned()),
            id: Some(vec![0, 0xff]),
            module_path: "/usr/lib/x.so".into(),
            pin_source: "/etc/sso/pin".into(),
        };
        assert_eq!(uri, Ok(expected));
        for source in ["file:///etc/sso/pin", "/etc/sso/pin"] {
            let uri = format!(
                "pkcs11:serial=12;type=private;id=%01?pin-source={source}&module-path=/x.so"
            );
            let uri = Pkcs11Uri::parse(&uri).expect("parses");
            assert_eq!(uri.pin_source, Path::new("/etc/sso/pin"));
        }
    }

    #[test]
    fn what_cannot_be_held_to_is_refused() {
        for (text, error) in [
            ("http://x", UriError::Scheme),
            ("pkcs11:token=a;token=b;object=c", UriError::Twice("token")),
            (
                "pkcs11:token=a;object",
                UriError::Syntax("object".to_owned()),
            ),
            (
                "pkcs11:token=a;object=",
                UriError::Syntax("object=".to_owned()),
            ),
            (
                "pkcs11:token=%ff;object=b",
                UriError::Syntax("%ff".to_owned()),
            ),
            (
                "pkcs11:token=a;type=cert",
                UriError::Unknown("type=cert".to_owned()),
            ),
            (
                "pkcs11:slot-id=1;object=b",
                UriError::Unknown("slot-id=1".to_owned()),
            ),
            (
                "pkcs11:object=b",
                UriError::Missing("the token (token=LABEL or serial=NUMBER)"),
            ),
            (
                "pkcs11:token=a",
                UriError::Missing("the key (object=LABEL or id=%01)"),
            ),
        ] {
            assert_eq!(
                Pkcs11Uri::parse(&format!("{text}{QUERY}")),
                Err(error),
                "{text}"
            );
        }
        let key = "pkcs11:token=a;object=b";
        for (query, error) in [
            ("?module-path=/x.so&pin-value=1234", UriError::PinValue),
            (
                "?module-path=/x.so&pin-source=|cat%20pin",
                UriError::PinSource,
            ),
            (
                "?module-path=/x.so&pin-source=file:pin",
                UriError::PinSource,
            ),
            (
                "?module-name=x",
                UriError::Unknown("module-name=x".to_owned()),
            ),
            (
                "?pin-source=/pin",
                UriError::Missing("the library (module-path=/PATH)"),
            ),
            ("", UriError::Missing("the library (module-path=/PATH)")),
        ] {
            assert_eq!(
                Pkcs11Uri::parse(&format!("{key}{query}")),
                Err(error),
                "{query}"
            );
        }
    }
}
