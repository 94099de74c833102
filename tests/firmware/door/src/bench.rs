//! A door on a test bench: flash and randomness are simulated, and the console has four more commands,
//! `reboot`, `cut WRITES`, `damage PAGE WORD BIT` and `writes`. A power cut reboots the door by itself.

use core::fmt::{self, Write};

use portcullis_core::Sha256 as _;
use portcullis_core::algorithm::SoftSha256;

use crate::{Door, Random, Settings, SimulatedFlash};

/// Challenges that follow from a seed: right for a bench, and only there.
#[derive(Clone, Debug)]
pub struct Seeded {
    state: [u8; 32],
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.state = SoftSha256.digest(&[&self.state]);
            for (byte, random) in chunk.iter_mut().zip(self.state) {
                *byte = random;
            }
        }
    }
}

/// The bench.
#[derive(Debug)]
pub struct Bench {
    settings: Settings,
    door: Door<SimulatedFlash, Seeded>,
}

impl Bench {
    /// A new door with blank flash.
    #[must_use]
    pub fn new(settings: Settings, seed: &[u8]) -> Self {
        let random = Seeded {
            state: SoftSha256.digest(&[seed]),
        };
        Self {
            settings,
            door: Door::new(settings, SimulatedFlash::new(), random),
        }
    }

    /// Performs one line.
    ///
    /// # Errors
    ///
    /// Where the console takes no answer.
    pub fn command(&mut self, line: &mut [u8], console: &mut dyn Write) -> fmt::Result {
        let mut words = [""; 4];
        let text = core::str::from_utf8(line).unwrap_or_default();
        for (place, word) in words.iter_mut().zip(text.split(' ')) {
            *place = word;
        }
        let number = |word: &str| word.parse::<u32>().unwrap_or(0);
        let index = |word: &str| word.parse::<usize>().unwrap_or(0);
        match words {
            ["reboot", ..] => self.reboot(console),
            ["cut", writes, ..] => {
                self.door.flash_mut().cut_after(number(writes));
                console.write_str("cut set\n")
            }
            ["damage", page, word, bit] => {
                self.door
                    .flash_mut()
                    .damage(index(page), index(word), number(bit));
                console.write_str("damaged\n")
            }
            ["writes", ..] => writeln!(console, "{} writes", self.door.flash_mut().writes()),
            _ => {
                self.door.command(line, console)?;
                if self.door.flash_mut().is_cut() {
                    self.reboot(console)?;
                }
                Ok(())
            }
        }
    }

    fn reboot(&mut self, console: &mut dyn Write) -> fmt::Result {
        // What a power cut leaves: the flash. The source of challenges has its own supply here.
        let blank = Door::new(
            self.settings,
            SimulatedFlash::new(),
            Seeded { state: [0; 32] },
        );
        let (mut flash, random) = core::mem::replace(&mut self.door, blank).into_parts();
        flash.power_up();
        self.door = Door::new(self.settings, flash, random);
        console.write_str("power up\n")
    }
}
