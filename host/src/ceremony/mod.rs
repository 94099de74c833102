//! Between HTTP and the core: challenges, the server's algorithms, decoys, and the two verifications.

pub(crate) mod algorithms;
pub(crate) mod apart;
pub(crate) mod challenge;
pub(crate) mod decoys;
pub(crate) mod verify;
