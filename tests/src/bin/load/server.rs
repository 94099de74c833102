//! A server in a process of its own, and what the system counts of it.

use core::time::Duration;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use portcullis_tests::postgres::port;

/// Nanoseconds of each thread.
pub(crate) struct Cpu(HashMap<OsString, u64>);

impl Cpu {
    /// What was used since another look. What a thread that has ended did meanwhile is not known.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let used = self.0.iter().map(|(thread, now)| {
            let then = before.0.get(thread).copied().unwrap_or_default();
            now.saturating_sub(then)
        });
        Duration::from_nanos(used.sum())
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// From the start of the process to its word that it listens.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Starts a program that says on a line of its standard output that it listens. It has one worker, so
    /// that what is counted is one core's.
    pub(crate) fn start(mut program: Command, settings: &[(&str, &str)]) -> Self {
        let port = port();
        for (name, _) in std::env::vars() {
            if name.starts_with("PORTCULLIS_") || name.starts_with("ROCKET_") {
                program.env_remove(name);
            }
        }
        program
            .env("ROCKET_PORT", port.to_string())
            .env("ROCKET_WORKERS", "1")
            .env_remove("RUST_LOG")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            // The log is written, as it is in use, and nobody reads it.
            .stderr(Stdio::null());
        let began = Instant::now();
        let mut child = program.spawn().expect("the server starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        let _ = BufReader::new(output).read_line(&mut line);
        let started_in = began.elapsed();
        assert!(!line.is_empty(), "the server does not listen");
        Self {
            child,
            port,
            started_in,
        }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// The processor time that each of its threads has used, in user mode and in the kernel.
    pub(crate) fn cpu(&self) -> Cpu {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("Linux");
        let on_cpu = tasks.filter_map(|task| {
            let task = task.ok()?;
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanoseconds = text.split(' ').next()?.parse().ok()?;
            Some((task.file_name(), nanoseconds))
        });
        Cpu(on_cpu.collect())
    }

    /// The memory that it has in use now, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("Linux");
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next())
            .and_then(|text| text.parse::<u64>().ok());
        kilobytes.expect("its memory") * 1_024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
