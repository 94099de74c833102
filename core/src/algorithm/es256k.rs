use super::ecdsa::{algorithm, curve};

curve!(k256, Secp256k1, 32);

algorithm! {
    /// ES256K: ECDSA on secp256k1 with SHA-256. A high s is valid.
    Es256k, ES256K, SHA256
}
