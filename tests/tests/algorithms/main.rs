//! Every signature algorithm from outside: the Wycheproof vectors, and another library's opinion.

mod differential;
mod wycheproof;

use portcullis::SERVER;
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

/// The opinion of an algorithm, which the server shares whatever library it asks.
#[track_caller]
fn opinion(
    algorithm: &dyn SignatureAlgorithm,
    key: &PublicKey<'_>,
    message: &[u8],
    signature: &[u8],
) -> Opinion {
    let opinion = ask(algorithm, key, message, signature);
    let number = algorithm.algorithm();
    let all = SERVER
        .algorithms
        .iter()
        .chain(SERVER.attestation_algorithms);
    let all = all.filter(|server| server.algorithm() == number);
    // Those of one number differ in the curves that they are for.
    let is_key = opinion != Opinion::KeyRefused;
    let same: Vec<_> = all
        .filter(|server| server.check_key(key).is_ok() == is_key)
        .collect();
    assert!(
        !same.is_empty(),
        "{number:?}: the server disagrees on the key"
    );
    for server in same {
        assert_eq!(ask(*server, key, message, signature), opinion, "{number:?}");
    }
    opinion
}

/// Asks for both and holds them against each other: a key that is refused verifies nothing.
fn ask(
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
