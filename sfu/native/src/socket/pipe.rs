//! The writing end of a pipe that somebody else opened.

use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use super::check;

/// What the kernel holds for the reader, where it may.
const CAPACITY: libc::c_int = 1 << 20;

/// Our own copy of a descriptor; writing to it never waits.
///
/// # Errors
/// When it is none, or the kernel has none left.
pub fn adopt(descriptor: RawFd) -> io::Result<File> {
    // SAFETY: plain system calls; the copy is owned from here on.
    let owned = unsafe {
        let copy = check(libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 0))?;
        OwnedFd::from_raw_fd(copy)
    };
    let raw = std::os::fd::AsRawFd::as_raw_fd(&owned);
    // SAFETY: plain system calls on a descriptor that we own.
    unsafe {
        let flags = check(libc::fcntl(raw, libc::F_GETFL))?;
        check(libc::fcntl(raw, libc::F_SETFL, flags | libc::O_NONBLOCK))?;
        // A smaller pipe is as right, only sooner full.
        libc::fcntl(raw, libc::F_SETPIPE_SZ, CAPACITY);
    }
    Ok(File::from(owned))
}
