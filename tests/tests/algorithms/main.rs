//! Every signature algorithm from outside: the Wycheproof vectors, and another library's opinion.

mod differential;
mod wycheproof;

use portcullis_core::{
    SignatureAlgorithm,
    algorithm::{KeyError, SignatureError},
    data::PublicKey,
};

/// What an algorithm says of a key and a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opinion {
    KeyRefused,
    SignatureRefused,
    Valid,
}

/// Asks for both and holds them against each other: a key that is refused verifies nothing.
fn opinion(
    algorithm: &dyn SignatureAlgorithm,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
) -> Opinion {
    // In two parts, as the ceremonies have them.
    let (first, second) = message.split_at(message.len() / 3);
    let verified = algorithm.verify(key, &[first, second], signature);
    match (algorithm.check_key(key), verified) {
        (Ok(()), Ok(())) => Opinion::Valid,
        (Ok(()), Err(SignatureError)) => Opinion::SignatureRefused,
        (Err(KeyError), Err(SignatureError)) => Opinion::KeyRefused,
        (Err(KeyError), Ok(())) => panic!("a signature verifies with a key that is refused"),
    }
}
