//! Measures one operation: its instructions and the deepest its stack went.
//!
//! The operation's inputs come over the console, so that they are no part of the image and the
//! compiler knows nothing about them.

use core::hint::black_box;

use crate::board::{InstructionCounter, stack_pointer};
use crate::console;

/// Longest input, all fields with their lengths.
const INPUT_MAX: usize = 2048;

/// The inputs: fields one after the other, each after its length in two bytes, big-endian.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of this input.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// The next field; empty where there is none.
    pub fn field(&mut self) -> &'a [u8] {
        let Some((length, rest)) = self.0.split_first_chunk() else {
            return &[];
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((field, rest)) = rest.split_at_checked(length) else {
            return &[];
        };
        self.0 = rest;
        field
    }
}

/// Runs the operation on the inputs from the console, and prints `instructions N`, `stack N`.
/// Ends with an error unless the operation says that it came out right.
pub fn run(operation: fn(Fields<'_>) -> bool) -> ! {
    let mut buffer = [0; INPUT_MAX];
    let input = read_all(&mut buffer);
    let fields = Fields::new(black_box(input));
    let nothing = measure(|_| true, fields);
    let measured = measure(operation, fields);
    if !measured.right {
        console::write(b"wrong result\n");
        console::exit(1);
    }
    console::write(b"instructions ");
    console::write_number(measured.instructions - nothing.instructions);
    console::write(b"\nstack ");
    console::write_number(measured.stack - nothing.stack);
    console::write(b"\n");
    console::exit(0)
}

/// Reads the console to its end, as far as there is room.
pub fn read_all(buffer: &mut [u8]) -> &[u8] {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..)
        && let read @ 1.. = console::read(rest)
    {
        length += read;
    }
    buffer.get(..length).unwrap_or_default()
}

struct Measured {
    right: bool,
    instructions: u32,
    stack: u32,
}

const PAINTED_WORDS: usize = 16 * 1024;
const PAINT: u32 = 0x5ca1_ab1e;

#[inline(never)]
fn measure(operation: fn(Fields<'_>) -> bool, fields: Fields<'_>) -> Measured {
    // Room for what this function calls before the operation.
    let top = (stack_pointer() & !3) as *mut u32;
    let bottom = top.wrapping_sub(PAINTED_WORDS);
    let mut word = bottom;
    while word < top {
        // SAFETY: memory below the stack pointer, which no one uses; every board has more of it.
        unsafe { word.write_volatile(PAINT) };
        word = word.wrapping_add(1);
    }
    let operation = black_box(operation);
    let counter = InstructionCounter::start();
    let right = black_box(operation(fields));
    let instructions = counter.stop();
    let mut word = bottom;
    // SAFETY: as above.
    while word < top && unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    let stack = (top as usize - word as usize) as u32;
    Measured {
        right,
        instructions,
        stack,
    }
}

/// An image that measures one ceremony with the given mechanisms.
#[macro_export]
macro_rules! measured {
    ($ceremony:path, $crypto:expr) => {
        fn main() -> ! {
            const CRYPTO: portcullis_core::Crypto<'static> = $crypto;
            $crate::measure::run(|fields| $ceremony(fields, &CRYPTO))
        }

        $crate::entry!(main);
    };
}
