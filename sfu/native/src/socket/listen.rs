//! The door for ICE over TCP.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use libc::{c_int, c_void};

use super::address::to_storage;
use super::{check, length_of};

/// Connections that wait to be accepted: a school that comes back after the network was away.
const BACKLOG: c_int = 512;
/// What the kernel keeps of one connection; what is older than that is ours to drop.
const SEND_BUFFER: c_int = 32 << 10;

fn option(fd: c_int, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    // SAFETY: `value` lives through the call and its size is given.
    let result = unsafe {
        libc::setsockopt(
            fd,
            level,
            name,
            (&raw const value).cast::<c_void>(),
            length_of::<c_int>(),
        )
    };
    check(result).map(|_| ())
}

/// Listen on one address, and on no other family's.
///
/// # Errors
/// What the kernel says.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: plain system calls; the descriptor is owned from here on.
    let listener = unsafe { TcpListener::from_raw_fd(check(libc::socket(family, kind, 0))?) };
    let fd = listener.as_raw_fd();
    option(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
    if address.is_ipv6() {
        option(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
    }
    let (name, length) = to_storage(&address);
    // SAFETY: `name` holds an address of `length` bytes.
    check(unsafe { libc::bind(fd, (&raw const name).cast(), length) })?;
    // SAFETY: a plain system call.
    check(unsafe { libc::listen(fd, BACKLOG) })?;
    Ok(listener)
}

/// The next connection that waits, made ready; `None` when there is none or it broke.
#[must_use]
pub fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    let (stream, remote) = listener.accept().ok()?;
    make_ready(&stream).ok()?;
    Some((stream, remote))
}

/// Our own copy of a connection that somebody else accepted, made ready.
///
/// # Errors
/// When it is no connection, is gone, or the kernel has no descriptor left.
pub fn adopt_stream(descriptor: RawFd) -> io::Result<(TcpStream, SocketAddr)> {
    // SAFETY: plain system calls; the copy is owned from here on.
    let stream = unsafe {
        let copy = check(libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 0))?;
        TcpStream::from_raw_fd(copy)
    };
    // A listener for both families names IPv4 in IPv6; the remote knows itself by the former.
    let remote = stream.peer_addr()?;
    let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
    make_ready(&stream)?;
    Ok((stream, remote))
}

/// How many of these bytes a connected socket takes now: none if it is full, gone or no socket.
#[must_use]
pub fn send_now(descriptor: RawFd, bytes: &[u8]) -> usize {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the pointer and the length are those of a slice that outlives the call.
    let taken = unsafe { libc::send(descriptor, bytes.as_ptr().cast(), bytes.len(), flags) };
    usize::try_from(taken).unwrap_or(0)
}

fn make_ready(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    option(
        stream.as_raw_fd(),
        libc::SOL_SOCKET,
        libc::SO_SNDBUF,
        SEND_BUFFER,
    )
}
