//! The console: standard input and output of the QEMU process, by semihosting.

use semihosting::io::{self, Read as _, Write as _};
use semihosting::process;

/// Reads what is there, at most the buffer's length; 0 at the end of the input.
pub fn read(buffer: &mut [u8]) -> usize {
    io::stdin()
        .and_then(|mut stdin| stdin.read(buffer))
        .unwrap_or(0)
}

/// Writes everything, or as much as the host takes.
pub fn write(mut bytes: &[u8]) {
    let Ok(mut stdout) = io::stdout() else {
        return;
    };
    while let Ok(written @ 1..) = stdout.write(bytes) {
        bytes = bytes.get(written..).unwrap_or_default();
        if bytes.is_empty() {
            return;
        }
    }
}

/// Writes a number in decimal: without `core::fmt` and a division of 64 bits, which would be as large as
/// a tenth of the smallest verifier.
pub fn write_number(mut number: u32) {
    let mut digits = [b'0'; 10];
    let mut used = 1;
    for (count, digit) in (1..).zip(digits.iter_mut().rev()) {
        *digit = b'0' | u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        used = count;
        if number == 0 {
            break;
        }
    }
    write(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Ends the image; QEMU ends with this code.
pub fn exit(code: i32) -> ! {
    process::exit(code)
}
