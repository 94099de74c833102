//! A registration as Windows Hello makes it: an RSA key in a TPM, certified by an attestation key whose
//! certificate has an empty subject.

use std::sync::Arc;

use crate::{
    attestation::Tpm,
    authenticator::{Authenticator, Registration},
    keys::{CredentialKey, Rsa, RsaHash},
    w3c,
};

/// The AAGUID of Windows Hello with a TPM.
pub const AAGUID: [u8; 16] = 0x0898_7058_cadc_4b81_b6e1_30de_50dc_be96_u128.to_be_bytes();

/// The registration.
#[must_use]
pub fn registration(rp_id: &str, challenge: &[u8], origin: &str) -> Registration {
    let key: Arc<dyn CredentialKey> = Arc::new(Rsa {
        hash: RsaHash::Sha256,
    });
    let mut authenticator = Authenticator::new("Windows Hello");
    authenticator.aaguid = AAGUID;
    let (_, mut registration) = authenticator.make(rp_id, b"user", challenge, origin);
    let attested = registration.authenticator_data.attested.as_mut();
    attested.expect("a new credential").public_key = key.cose_key();
    registration.attestation = Arc::new(statement(0x000b));
    registration
}

/// Its statement, the public area named by this hash.
#[must_use]
pub fn statement(name_algorithm: u16) -> Tpm {
    let key: Arc<dyn CredentialKey> = Arc::new(Rsa {
        hash: RsaHash::Sha256,
    });
    let authority = w3c::authority();
    let mut certificate = authority.issue(&Rsa::public_key_info(), vec![1]);
    Tpm::adapt(&mut certificate);
    let x5c = vec![certificate.sign(&authority.key), authority.certificate()];
    let mut public_area = Tpm::rsa(name_algorithm, &Rsa::modulus());
    // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, decrypt, sign
    public_area[4..8].copy_from_slice(&[0x00, 0x06, 0x04, 0x72]);
    Tpm::new(key, x5c, public_area)
}
