//! Work that takes so long that other requests should not wait behind it.

use std::sync::LazyLock;
use std::thread;

use portcullis_core::CoseAlgorithm;
use rocket::tokio::runtime::{Handle, RuntimeFlavor};
use rocket::tokio::sync::Semaphore;
use rocket::tokio::task::block_in_place;

/// Responses from this length on may hold a chain of certificates, whose signatures are all verified; one that
/// attests nothing is well below it.
const LONG_RESPONSE: usize = 4_096;

/// As many at the same time as there are processors: more would only wait for each other, each with a
/// thread of its own.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = thread::available_parallelism();
    Semaphore::new(processors.map_or(1, usize::from))
});

/// Whether a registration may take long to verify.
pub(crate) const fn is_long_response(length: usize) -> bool {
    length >= LONG_RESPONSE
}

/// Whether one signature of an algorithm takes long to verify: several times what one of P-256 does.
pub(crate) fn is_long(algorithm: i32) -> bool {
    const LONG: [CoseAlgorithm; 6] = [
        CoseAlgorithm::ED448,
        CoseAlgorithm::ES512,
        CoseAlgorithm::ESP512,
        CoseAlgorithm::ML_DSA_44,
        CoseAlgorithm::ML_DSA_65,
        CoseAlgorithm::ML_DSA_87,
    ];
    LONG.contains(&CoseAlgorithm::new(algorithm))
}

/// Does what takes long while other threads answer other requests. What does not, is done here and now.
pub(crate) async fn apart<T>(is_long: bool, work: impl FnOnce() -> T) -> T {
    let has_threads = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() != RuntimeFlavor::CurrentThread);
    if !is_long || !has_threads {
        return work();
    }
    // It is never closed.
    let _place = PLACES.acquire().await;
    block_in_place(work)
}
