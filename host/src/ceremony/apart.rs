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

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::sync::mpsc;
    use std::thread;

    use rocket::tokio;

    use super::*;

    /// Long enough for any machine, and not for ever where nobody else gets to work.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn on_one_worker<T>(work: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).build().expect("a runtime");
        runtime.block_on(work)
    }

    #[test]
    fn others_are_answered_while_something_takes_long() {
        let heard = on_one_worker(async {
            let (send, receive) = mpsc::channel();
            let long = tokio::spawn(apart(true, move || receive.recv_timeout(PATIENCE)));
            let other = tokio::spawn(async move { send.send("answered") });
            let heard = long.await.expect("no panic");
            other.await.expect("no panic").expect("somebody listens");
            heard
        });
        assert_eq!(heard, Ok("answered"));
    }

    #[test]
    fn what_is_short_or_has_no_other_thread_is_done_at_once() {
        let here = thread::current().id();
        on_one_worker(async {
            let there = apart(false, || thread::current().id()).await;
            assert_eq!(there, here);
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let there = runtime
            .expect("a runtime")
            .block_on(apart(true, || thread::current().id()));
        assert_eq!(there, here);
    }

    #[test]
    fn an_ordinary_passkey_does_not_take_long() {
        let long = |algorithm: CoseAlgorithm| is_long(algorithm.value());
        for short in [
            CoseAlgorithm::ES256,
            CoseAlgorithm::EDDSA,
            CoseAlgorithm::RS256,
        ] {
            assert!(!long(short), "{short:?}");
        }
        assert!(long(CoseAlgorithm::ED448) && long(CoseAlgorithm::ML_DSA_87));
        assert!(!is_long_response(1_000) && is_long_response(10_000));
    }
}
