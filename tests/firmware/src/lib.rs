//! What the images share: the board under QEMU, the console, and how one operation is measured.
#![no_std]

pub mod board;
pub mod ceremony;
pub mod console;
pub mod constant;
pub mod lines;
pub mod measure;

#[cfg(target_arch = "arm")]
#[doc(hidden)]
pub use cortex_m_rt as rt;
#[cfg(target_arch = "riscv32")]
#[doc(hidden)]
pub use riscv_rt as rt;

/// Makes `fn() -> !` the image's entry.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[$crate::rt::entry]
        fn entry() -> ! {
            $main()
        }
    };
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    console::write(b"panicked\n");
    console::exit(101)
}
