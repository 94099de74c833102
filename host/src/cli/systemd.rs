//! What systemd hears of a service of `Type=notify`, at the socket that it names in the environment
//! (<https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>).

/// The host listens.
pub(super) const READY: &str = "READY=1";

/// The host has been asked to end.
pub(super) const STOPPING: &str = "STOPPING=1";

/// Says it, where somebody asked to hear it.
#[cfg(target_os = "linux")]
pub(super) fn notify(state: &str) {
    if let Some(socket) = std::env::var_os("NOTIFY_SOCKET")
        && let Err(error) = send(&socket, state)
    {
        tracing::warn!(%error, "NOTIFY_SOCKET: systemd does not hear of this host");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) const fn notify(_: &str) {}

#[cfg(target_os = "linux")]
fn send(socket: &std::ffi::OsStr, state: &str) -> std::io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    // An abstract name is written with `@` for its first byte, which is zero.
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
