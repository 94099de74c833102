//! The core on microcontrollers, under QEMU: the same verdicts as here, measured, and without a branch
//! that panics.

mod adapter;
mod deferred;
mod door;
mod figures;
mod hello;
mod no_panic;
mod self_test;
mod toolchain;
