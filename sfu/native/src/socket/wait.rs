//! Waiting for descriptors, and the clock.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::c_int;

use super::check;

/// Taken from one wait.
const EVENTS: usize = 32;

/// A counter of the kernel that can be waited for.
pub struct EventFd(OwnedFd);

impl EventFd {
    /// # Errors
    /// What the kernel says.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a plain system call; the descriptor is owned from here on.
        let fd = check(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) })?;
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Make it readable.
    pub fn signal(&self) {
        let one = 1_u64;
        // SAFETY: eight bytes are read from `one`. The only failure is a full counter: readable.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Make it unreadable.
    pub fn clear(&self) {
        let mut value = 0_u64;
        // SAFETY: eight bytes are written to `value`. The only failure is an empty counter.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut value).cast(), 8) };
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Waits for several descriptors, level triggered.
pub struct Epoll(OwnedFd);

impl Epoll {
    /// # Errors
    /// What the kernel says.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a plain system call; the descriptor is owned from here on.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Report `token` while `fd` is readable.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn add(&self, fd: &impl AsRawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd.as_raw_fd(), token, libc::EPOLLIN)
    }

    /// Report the token of an added `fd` also while it can be written to, or no longer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn watch(&self, fd: &impl AsRawFd, token: u64, writable: bool) -> io::Result<()> {
        let events = libc::EPOLLIN | if writable { libc::EPOLLOUT } else { 0 };
        self.control(libc::EPOLL_CTL_MOD, fd.as_raw_fd(), token, events)
    }

    fn control(&self, order: c_int, fd: RawFd, token: u64, events: c_int) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: events.cast_unsigned(),
            u64: token,
        };
        // SAFETY: `event` lives through the call.
        let result = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), order, fd, &raw mut event) };
        check(result).map(|_| ())
    }

    /// Wait up to `microseconds` and call `ready` with the token of each.
    pub fn wait(&self, microseconds: u64, mut ready: impl FnMut(u64)) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        let result = self
            .wait_exactly(microseconds, &mut events)
            .unwrap_or_else(|| self.wait_roughly(microseconds, &mut events));
        for event in events.iter().take(usize::try_from(result).unwrap_or(0)) {
            ready(event.u64);
        }
    }

    /// `epoll_pwait2`, which keeps to the microsecond; `None` where there is none (before Linux 5.11, or forbidden).
    fn wait_exactly(&self, microseconds: u64, events: &mut [libc::epoll_event]) -> Option<c_int> {
        let limit = libc::timespec {
            tv_sec: i64::try_from(microseconds / 1_000_000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(microseconds % 1_000_000 * 1_000).unwrap_or(0),
        };
        // SAFETY: the kernel writes at most as many entries as there are; no signal mask.
        let result = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                events.len(),
                &raw const limit,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        let refused = || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted;
        if result < 0 && refused() {
            return None;
        }
        c_int::try_from(result).ok()
    }

    fn wait_roughly(&self, microseconds: u64, events: &mut [libc::epoll_event]) -> c_int {
        let milliseconds = i32::try_from(microseconds.div_ceil(1_000)).unwrap_or(i32::MAX);
        // SAFETY: the kernel writes at most as many entries as there are.
        unsafe {
            libc::epoll_wait(
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                i32::try_from(events.len()).unwrap_or(1),
                milliseconds,
            )
        }
    }
}

/// Microseconds of the monotonic clock.
#[must_use]
pub fn monotonic() -> u64 {
    // SAFETY: all-zero is valid and the kernel writes one timespec.
    let mut now: libc::timespec = unsafe { zeroed() };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000
}
