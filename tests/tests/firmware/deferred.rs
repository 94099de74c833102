//! A sign-in whose signature a peripheral verifies some interrupts later.

use crate::{
    figures::input,
    toolchain::{Clock, Images, TARGETS, image, run},
};

#[test]
fn a_peripheral_that_answers_later_decides_on_every_board() {
    let good = input("es256");
    let mut forged = good.clone();
    // Within the last number of the signature.
    *forged.last_mut().expect("there is a signature") ^= 1;
    for target in &TARGETS {
        let image = image(target, Images::Measured, "deferred");
        for (input, answer) in [
            (&good, "accepted\n"),
            (&forged, "refused by the signature\n"),
        ] {
            let (status, output) = run(target, &image, input, Clock::Free);
            assert_eq!(
                String::from_utf8_lossy(&output),
                answer,
                "{}",
                target.triple
            );
            assert!(status.success(), "{}: {status}", target.triple);
        }
    }
}
