//! The only unsafe code: sockets that others opened, read with GRO and kernel timestamps, and epoll.
#![allow(unsafe_code)]

use std::io;
use std::mem::{size_of, zeroed};
use std::net::SocketAddrV4;
use std::os::fd::RawFd;
use std::time::Duration;

const UDP_GRO: i32 = 104;
const CONTROL: usize = 128;
/// As long as a datagram of GRO may be.
const DATAGRAM: usize = 1 << 16;
const BATCH: usize = 64;

/// A UDP socket, connected to the server.
pub struct Socket {
    fd: RawFd,
    pub local: SocketAddrV4,
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn set_option(fd: RawFd, level: i32, name: i32, value: i32) -> io::Result<()> {
    let length = size_of::<i32>() as libc::socklen_t;
    // SAFETY: the pointer is to an int of that length.
    check(unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), length) }).map(drop)
}

impl Socket {
    /// Take a descriptor that was handed to this process.
    pub fn adopt(fd: RawFd, remote: SocketAddrV4, gro: bool) -> io::Result<Self> {
        // SAFETY: an all-zero address is valid; connect and getsockname get its true length.
        let local = unsafe {
            let mut address: libc::sockaddr_in = zeroed();
            address.sin_family = libc::AF_INET as u16;
            address.sin_port = remote.port().to_be();
            address.sin_addr.s_addr = u32::from(*remote.ip()).to_be();
            let mut length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
            check(libc::connect(fd, (&raw const address).cast(), length))?;
            check(libc::getsockname(
                fd,
                (&raw mut address).cast(),
                &raw mut length,
            ))?;
            SocketAddrV4::new(
                u32::from_be(address.sin_addr.s_addr).into(),
                u16::from_be(address.sin_port),
            )
        };
        set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, 1 << 22)?;
        set_option(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
        set_option(fd, libc::SOL_UDP, UDP_GRO, i32::from(gro))?;
        Ok(Self { fd, local })
    }

    /// Send each as a datagram of its own; what the kernel does not take is lost.
    pub fn send(&self, packets: &[Vec<u8>]) {
        for some in packets.chunks(BATCH) {
            let mut vectors: Vec<libc::iovec> = some
                .iter()
                .map(|packet| libc::iovec {
                    iov_base: packet.as_ptr().cast_mut().cast(),
                    iov_len: packet.len(),
                })
                .collect();
            // SAFETY: an all-zero header is valid; the vectors outlive the call, which only reads what they point to.
            unsafe {
                let mut messages: Vec<libc::mmsghdr> = vec![zeroed(); some.len()];
                for (message, vector) in messages.iter_mut().zip(&mut vectors) {
                    message.msg_hdr.msg_iov = vector;
                    message.msg_hdr.msg_iovlen = 1;
                }
                libc::sendmmsg(
                    self.fd,
                    messages.as_mut_ptr(),
                    messages.len() as u32,
                    libc::MSG_DONTWAIT,
                );
            }
        }
    }

    /// Read one message; its length, the length of its segments, and the time it came (ns since 1970).
    pub fn receive(&self, buffer: &mut [u8]) -> Option<(usize, usize, u64)> {
        let mut control = [0_u64; CONTROL / 8];
        let mut vector = libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        };
        // SAFETY: all pointers are to live buffers of the stated lengths; control messages are walked by libc's macros.
        unsafe {
            let mut message: libc::msghdr = zeroed();
            message.msg_iov = &raw mut vector;
            message.msg_iovlen = 1;
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = CONTROL;
            let length =
                usize::try_from(libc::recvmsg(self.fd, &raw mut message, libc::MSG_DONTWAIT))
                    .ok()?;
            let (mut segment, mut time) = (length, 0);
            let mut entry = libc::CMSG_FIRSTHDR(&raw const message);
            while let Some(header) = entry.as_ref() {
                let data = libc::CMSG_DATA(entry);
                match (header.cmsg_level, header.cmsg_type) {
                    (libc::SOL_UDP, UDP_GRO) => {
                        segment = usize::try_from(data.cast::<i32>().read_unaligned())
                            .unwrap_or(length)
                            .max(1);
                    }
                    (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                        let stamp = data.cast::<libc::timespec>().read_unaligned();
                        time = stamp.tv_sec as u64 * 1_000_000_000 + stamp.tv_nsec as u64;
                    }
                    _ => {}
                }
                entry = libc::CMSG_NXTHDR(&raw const message, entry);
            }
            Some((length, segment, time))
        }
    }
}

/// A buffer that any message fits into.
pub fn buffer() -> Vec<u8> {
    vec![0; DATAGRAM]
}

/// Waits for sockets and for standard input, whose tag is `u64::MAX`.
pub struct Poll(RawFd);

impl Poll {
    /// Watch standard input and these sockets; a socket's tag is its place.
    pub fn new<'a>(sockets: impl Iterator<Item = &'a Socket>) -> io::Result<Self> {
        // SAFETY: plain calls on descriptors.
        let poll = Self(check(unsafe { libc::epoll_create1(0) })?);
        poll.add(0, u64::MAX)?;
        for (place, socket) in sockets.enumerate() {
            poll.add(socket.fd, place as u64)?;
        }
        Ok(poll)
    }

    fn add(&self, fd: RawFd, tag: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: tag,
        };
        // SAFETY: the event outlives the call.
        check(unsafe { libc::epoll_ctl(self.0, libc::EPOLL_CTL_ADD, fd, &raw mut event) }).map(drop)
    }

    /// Tags of what can be read, after at most `patience`.
    pub fn wait(&self, patience: Duration, ready: &mut Vec<u64>) {
        let limit = libc::timespec {
            tv_sec: patience.as_secs() as i64,
            tv_nsec: i64::from(patience.subsec_nanos()),
        };
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; BATCH];
        // SAFETY: room for BATCH events; no signal mask. libc has no wrapper for all targets, hence the call by number.
        let found = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.0,
                events.as_mut_ptr(),
                BATCH as i32,
                &raw const limit,
                0,
                8,
            )
        };
        ready.clear();
        ready.extend(
            events
                .iter()
                .take(usize::try_from(found).unwrap_or(0))
                .map(|event| event.u64),
        );
    }
}

/// Read what standard input has; None at its end.
pub fn read_input(into: &mut Vec<u8>) -> Option<()> {
    let mut bytes = [0; 4096];
    // SAFETY: the buffer has that many bytes.
    let read = unsafe { libc::read(0, bytes.as_mut_ptr().cast(), bytes.len()) };
    let read = usize::try_from(read).ok().filter(|&length| length > 0)?;
    into.extend_from_slice(&bytes[..read]);
    Some(())
}
