use super::ecdsa::{algorithm, curve};

curve!(p521, P521, 66);

algorithm! {
    /// ES512: ECDSA on P-521 with SHA-512.
    Es512, ES512, SHA512
}

algorithm! {
    /// ESP512: ES512 under its fully specified number.
    Esp512, ESP512, SHA512
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-256 on P-521, as certificates may have it.
    EcdsaP521Sha256, ES256, SHA256
}

#[cfg(feature = "ecdsa-any-hash")]
algorithm! {
    /// ECDSA with SHA-384 on P-521, as certificates may have it.
    EcdsaP521Sha384, ES384, SHA384
}
