//! A timer that interrupts, and a count of its interrupts.

use core::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Interrupts so far.
#[must_use]
pub(crate) fn count() -> u32 {
    COUNT.load(Ordering::Relaxed)
}

/// The handler is the only writer, so a load and a store are enough where there is no atomic addition.
fn counted() {
    COUNT.store(count().wrapping_add(1), Ordering::Relaxed);
}

#[cfg(target_arch = "arm")]
mod timer {
    const CONTROL: *mut u32 = 0xe000_e010 as *mut u32;
    const RELOAD: *mut u32 = 0xe000_e014 as *mut u32;
    const CURRENT: *mut u32 = 0xe000_e018 as *mut u32;

    /// Starts the interrupts of the SysTick timer.
    pub(crate) fn start() {
        // SAFETY: SysTick's registers; nothing else in an image uses it.
        unsafe {
            RELOAD.write_volatile(20_000);
            CURRENT.write_volatile(0);
            CONTROL.write_volatile(0b111);
        }
    }

    /// Sleeps until an interrupt.
    pub(crate) fn wait() {
        // SAFETY: the instruction only waits.
        unsafe { core::arch::asm!("wfi", options(nomem, nostack)) };
    }

    #[cortex_m_rt::exception]
    fn SysTick() {
        super::counted();
    }
}

#[cfg(target_arch = "riscv32")]
mod timer {
    use riscv::interrupt::Interrupt;
    use riscv::register::{mie, mstatus};

    const TIME: *mut u32 = 0x0200_bff8 as *mut u32;
    const COMPARE: *mut u32 = 0x0200_4000 as *mut u32;

    fn next() {
        // SAFETY: the timer's registers; nothing else in an image uses it. The image is over long
        // before the lower half of the time wraps around.
        unsafe {
            COMPARE.add(1).write_volatile(0);
            COMPARE.write_volatile(TIME.read_volatile().wrapping_add(10_000));
        }
    }

    /// Starts the interrupts of the machine timer.
    pub(crate) fn start() {
        next();
        // SAFETY: the handler below is there.
        unsafe {
            mie::set_mtimer();
            mstatus::set_mie();
        }
    }

    /// Sleeps until an interrupt.
    pub(crate) fn wait() {
        riscv::asm::wfi();
    }

    #[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
    fn machine_timer() {
        next();
        super::counted();
    }
}

pub(crate) use timer::{start, wait};
