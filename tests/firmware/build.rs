//! Chooses the board of the target: where its memory lies and which counter it has.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=memory");
    println!("cargo:rustc-check-cfg=cfg(board, values(\"an385\", \"an505\", \"virt\"))");
    let target = env::var("TARGET").expect("cargo names the target");
    let (board, memory) = match target.as_str() {
        "thumbv8m.main-none-eabihf" => ("an505", "memory/mps2-an505.x"),
        arm if arm.starts_with("thumb") => ("an385", "memory/mps2-an385.x"),
        riscv if riscv.starts_with("riscv32") => ("virt", "memory/virt.x"),
        other => panic!("no board for {other}: pass --target"),
    };
    println!("cargo:rustc-cfg=board=\"{board}\"");
    let out = env::var("OUT_DIR").expect("cargo gives a folder");
    fs::copy(memory, Path::new(&out).join("memory.x")).expect("the folder can be written");
    println!("cargo:rustc-link-search={out}");
    if board == "virt" {
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
