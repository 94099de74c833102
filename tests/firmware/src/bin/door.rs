//! The door on a board: lines from the console, one after the other. The first line is the seed of the
//! challenges, because QEMU's boards have no source of randomness.
#![no_std]
#![no_main]

use core::fmt;

use portcullis_door::{Bench, Settings};
use portcullis_firmware::lines::{Lines, TooLong};
use portcullis_firmware::{console, entry};

/// A registration's JSON is under 2 KB, with certificates under 8 KB.
const LINE_MAX: usize = 8 * 1024;

const SETTINGS: Settings = Settings {
    rp_id: "example.org",
    origin: "https://example.org",
};

struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        console::write(text.as_bytes());
        Ok(())
    }
}

fn main() -> ! {
    let mut lines = Lines::<LINE_MAX>::new();
    let seed = lines.next_line().and_then(Result::ok).unwrap_or_default();
    let mut bench = Bench::new(SETTINGS, seed);
    while let Some(line) = lines.next_line() {
        let answered = match line {
            Ok(line) => bench.command(line, &mut Console),
            Err(TooLong) => {
                console::write(b"error the line is too long\n");
                Ok(())
            }
        };
        if answered.is_err() {
            console::exit(1);
        }
    }
    console::exit(0)
}

entry!(main);
