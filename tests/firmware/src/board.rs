//! The two things that measurements need of a board: a count of instructions and the stack pointer.

/// The stack pointer.
#[must_use]
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: copies a register.
    unsafe {
        #[cfg(target_arch = "arm")]
        core::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        core::arch::asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack));
    }
    pointer
}

/// Counts executed instructions. Under QEMU's `-icount` the count is the same on every run.
#[derive(Debug)]
pub struct InstructionCounter {
    start: u64,
}

impl InstructionCounter {
    /// Starts to count.
    #[must_use]
    pub fn start() -> Self {
        Self {
            start: counter::read(),
        }
    }

    /// Instructions since the start.
    #[must_use]
    pub fn stop(self) -> u32 {
        let count = counter::instructions(counter::read() - self.start);
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

/// The CMSDK timer of the MPS2 boards. `-icount shift=6` makes an instruction 64 ns long.
#[cfg(target_arch = "arm")]
mod counter {
    #[cfg(board = "an505")]
    const TIMER: usize = 0x5000_0000;
    #[cfg(board = "an385")]
    const TIMER: usize = 0x4000_0000;

    /// Timer ticks in that time: 25 MHz, 20 MHz on AN505.
    #[cfg(board = "an505")]
    const TICK_NANOSECONDS: u64 = 50;
    #[cfg(board = "an385")]
    const TICK_NANOSECONDS: u64 = 40;

    const INSTRUCTION_NANOSECONDS: u64 = 64;

    const CONTROL: *mut u32 = TIMER as *mut u32;
    const VALUE: *mut u32 = (TIMER + 4) as *mut u32;
    const RELOAD: *mut u32 = (TIMER + 8) as *mut u32;

    pub(super) fn read() -> u64 {
        // SAFETY: the timer's registers; nothing else in an image uses the timer.
        let left = unsafe {
            if CONTROL.read_volatile() == 0 {
                RELOAD.write_volatile(u32::MAX);
                VALUE.write_volatile(u32::MAX);
                CONTROL.write_volatile(1);
            }
            VALUE.read_volatile()
        };
        u64::from(u32::MAX - left)
    }

    pub(super) const fn instructions(ticks: u64) -> u64 {
        (ticks * TICK_NANOSECONDS + INSTRUCTION_NANOSECONDS / 2) / INSTRUCTION_NANOSECONDS
    }
}

#[cfg(target_arch = "riscv32")]
mod counter {
    pub(super) fn read() -> u64 {
        riscv::register::minstret::read64()
    }

    pub(super) const fn instructions(count: u64) -> u64 {
        count
    }
}
