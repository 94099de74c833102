use sha2::Digest;

use super::Sha256;

/// SHA-256 in software.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoftSha256;

impl Sha256 for SoftSha256 {
    #[inline(never)]
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = sha2::Sha256::new();
        for part in parts {
            hash.update(part);
        }
        hash.finalize().into()
    }
}
