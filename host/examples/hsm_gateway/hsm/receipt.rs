//! The receipt: how a signature came about, for a third party to verify without the gateway. Its
//! form is that of [`portcullis_core::approval`], where it is verified, too.

use std::path::{Path, PathBuf};

use portcullis_core::algorithm::SoftSha256;
use portcullis_core::approval::{RECEIPT_HEADER, verify_receipt};
use portcullis_core::{Crypto, Sha256 as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::encoding::{Bytes, base64url};
use super::refusal::Refusal;
use super::request::{Approval, Request, Time};
use super::settings::Trust;
use super::token::{RECEIPT_KEY, Token};

/// The payload of a receipt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    #[serde(flatten)]
    pub(crate) request: Request,
    /// When the document was signed.
    pub(crate) signed: Time,
    /// The token's signature of the document, ECDSA on P-256 with SHA-256, `r || s`.
    pub(crate) signature: Bytes,
    pub(crate) approvals: Vec<Approval>,
}

impl Receipt {
    /// The receipt's text, signed by the token.
    pub(crate) fn sign(&self, token: &Token) -> Result<String, Refusal> {
        let payload = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        let signed = format!("{RECEIPT_HEADER}.{}", base64url(&payload));
        let digest = SoftSha256.digest(&[signed.as_bytes()]);
        let signature = token.sign(RECEIPT_KEY, &digest)?;
        Ok(format!("{signed}.{}", base64url(&signature)))
    }
}

/// Where a receipt is kept.
pub(crate) fn file(folder: &Path, id: &Bytes) -> PathBuf {
    folder.join(base64url(&id.0)).with_extension("jws")
}

/// Verifies a receipt for a document of this hash as a third party does.
pub(crate) fn verify(text: &str, document: &[u8; 32], trust: &Trust) -> Result<(), Refusal> {
    let check = json!({"receipt": text, "document": base64url(document), "trust": trust});
    let mut verdict = String::new();
    match verify_receipt(
        &mut check.to_string().into_bytes(),
        &Crypto::BUILT_IN,
        &mut verdict,
    ) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Refusal::Receipt(verdict)),
        Err(error) => Err(Refusal::Receipt(error.to_string())),
    }
}
