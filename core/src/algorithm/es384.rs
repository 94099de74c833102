use super::ecdsa::{algorithm, curve};

curve!(p384, P384, 48);

algorithm! {
    /// ES384: ECDSA on P-384 with SHA-384.
    Es384, ES384, SHA384
}

algorithm! {
    /// ESP384: ES384 under its fully specified number.
    Esp384, ESP384, SHA384
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-256 on P-384, as certificates may have it.
    EcdsaP384Sha256, ES256, SHA256
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-512 on P-384, as certificates may have it.
    EcdsaP384Sha512, ES512, SHA512
}
