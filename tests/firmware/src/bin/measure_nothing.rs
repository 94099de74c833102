//! The frame that every measured image has: console, counter, stack paint.
#![no_std]
#![no_main]

use portcullis_firmware::{entry, measure};

fn main() -> ! {
    measure::run(|_| true)
}

entry!(main);
