//! The adapter over `p256-cm4`, which the guide shows as another entry of the list. It is not run: QEMU stops
//! at an instruction of that crate, which hardware takes.

use object::{Object as _, ObjectSymbol as _};

use crate::toolchain::{CORTEX_M4, cargo, read, target_dir};

#[test]
fn it_builds_for_a_cortex_m4() {
    let mut cargo = cargo(Some(&CORTEX_M4));
    let status = cargo
        .args(["--release", "--package", "portcullis-firmware"])
        .args(["--features", "p256-cm4", "--bin", "es256_p256_cm4"])
        .status();
    assert!(status.expect("cargo runs").success(), "it does not build");
    let image = target_dir(&cargo)
        .join(CORTEX_M4.triple)
        .join("release/es256_p256_cm4");
    let image = read(&image);
    let elf = object::File::parse(&*image).expect("an image is an ELF file");
    let verifies = elf
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .any(|name| name.contains("P256_"));
    assert!(verifies, "the crate's code is not in it");
}
