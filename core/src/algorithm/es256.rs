use super::ecdsa::{algorithm, curve};

curve!(p256, P256, 32);

algorithm! {
    /// ES256: ECDSA on P-256 with SHA-256. A high s is valid.
    Es256, ES256, SHA256
}

algorithm! {
    /// ESP256: ES256 under its fully specified number.
    Esp256, ESP256, SHA256
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-384 on P-256, as certificates may have it.
    EcdsaP256Sha384, ES384, SHA384
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-512 on P-256, as certificates may have it.
    EcdsaP256Sha512, ES512, SHA512
}
