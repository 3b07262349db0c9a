//! The kernel's doors: UDP sockets in batches, epoll and eventfd.
//!
//! Laws: `unsafe` is in this module and its parts alone; it decides nothing and knows no protocol. Every pointer that
//! reaches the kernel is built inside the call that uses it, from slices that outlive the call.
//! Nothing here blocks but `Epoll::wait`.
#![allow(unsafe_code)]

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_int, c_void, cmsghdr, iovec, mmsghdr, msghdr, sockaddr_storage};

use address::{from_storage, to_storage};

mod address;
mod haste;
mod listen;
mod pipe;
mod wait;

pub use haste::hasten;
pub use listen::{accept, adopt_stream, listen, send_now};
pub use pipe::adopt;
pub use wait::{Epoll, EventFd, monotonic};

/// Messages of one recvmmsg.
pub const RECEIVE_MESSAGES: usize = 32;
/// A coalesced message can be as long as an IP packet.
const RECEIVE_BYTES: usize = 65_536;
/// Messages of one sendmmsg.
pub const SEND_MESSAGES: usize = 64;
/// Room for `PKTINFO` of either family and one `UDP_GRO` / `UDP_SEGMENT`.
const CONTROL_BYTES: usize = 96;
const KERNEL_BUFFER: c_int = 4 << 20;

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL_BYTES]);

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn length_of<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(0)
}

/// A bound UDP socket.
pub struct Socket {
    fd: OwnedFd,
    local: SocketAddr,
}

impl Socket {
    /// Bind one address. Replies must name their source when the address is a wildcard.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let family = if address.is_ipv4() {
            libc::AF_INET
        } else {
            libc::AF_INET6
        };
        let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: plain system calls; the descriptor is owned from here on.
        let fd = unsafe { OwnedFd::from_raw_fd(check(libc::socket(family, kind, 0))?) };
        let mut socket = Self { fd, local: address };
        if address.is_ipv6() {
            socket.option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
            socket.option(libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        } else {
            socket.option(libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        }
        for (forced, plain) in [
            (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
            (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
        ] {
            if socket
                .option(libc::SOL_SOCKET, forced, KERNEL_BUFFER)
                .is_err()
            {
                socket.option(libc::SOL_SOCKET, plain, KERNEL_BUFFER)?;
            }
        }
        // Without GRO (Linux < 5.0) packets simply come one by one.
        let _ = socket.option(libc::SOL_UDP, libc::UDP_GRO, 1);
        let (name, length) = to_storage(&address);
        // SAFETY: `name` holds an address of `length` bytes.
        check(unsafe { libc::bind(socket.fd.as_raw_fd(), (&raw const name).cast(), length) })?;
        // SAFETY: an all-zero sockaddr_storage is valid, and `size` is its capacity.
        let mut bound: sockaddr_storage = unsafe { zeroed() };
        let mut size = length_of::<sockaddr_storage>();
        check(unsafe {
            libc::getsockname(
                socket.fd.as_raw_fd(),
                (&raw mut bound).cast(),
                &raw mut size,
            )
        })?;
        socket.local = from_storage(&bound).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(socket)
    }

    /// The bound address, with the port that the kernel chose.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    fn option(&self, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
        // SAFETY: `value` lives through the call and its size is given.
        let result = unsafe {
            libc::setsockopt(
                self.fd.as_raw_fd(),
                level,
                name,
                (&raw const value).cast::<c_void>(),
                length_of::<c_int>(),
            )
        };
        check(result).map(|_| ())
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// One message of a receive batch: one datagram, or several of equal length by GRO.
pub struct Received<'a> {
    pub bytes: &'a mut [u8],
    /// Length of each datagram but the last.
    pub segment: usize,
    pub from: SocketAddr,
    /// The address of ours that was asked.
    pub to: Option<IpAddr>,
}

/// Buffers of one recvmmsg.
pub struct ReceiveBatch {
    bytes: Vec<u8>,
    names: Vec<sockaddr_storage>,
    controls: Vec<Control>,
    lengths: Vec<usize>,
    control_lengths: Vec<usize>,
}

impl Default for ReceiveBatch {
    fn default() -> Self {
        // SAFETY: all-zero sockaddr_storage values are valid.
        let name: sockaddr_storage = unsafe { zeroed() };
        Self {
            bytes: vec![0; RECEIVE_MESSAGES * RECEIVE_BYTES],
            names: vec![name; RECEIVE_MESSAGES],
            controls: vec![Control([0; CONTROL_BYTES]); RECEIVE_MESSAGES],
            lengths: vec![0; RECEIVE_MESSAGES],
            control_lengths: vec![0; RECEIVE_MESSAGES],
        }
    }
}

impl ReceiveBatch {
    /// Receive what waits; 0 when nothing does.
    ///
    /// # Errors
    /// What the kernel says; `WouldBlock` and `Interrupted` are "nothing waits".
    pub fn receive(&mut self, socket: &Socket) -> io::Result<usize> {
        // SAFETY: all-zero headers are valid; every pointer set below points into `self`, which is
        // borrowed for the whole call, and carries the capacity of what it points to.
        let mut iovecs: [iovec; RECEIVE_MESSAGES] = unsafe { zeroed() };
        let mut headers: [mmsghdr; RECEIVE_MESSAGES] = unsafe { zeroed() };
        let buffers = self.bytes.chunks_exact_mut(RECEIVE_BYTES);
        for ((((header, iov), buffer), name), control) in headers
            .iter_mut()
            .zip(&mut iovecs)
            .zip(buffers)
            .zip(&mut self.names)
            .zip(&mut self.controls)
        {
            iov.iov_base = buffer.as_mut_ptr().cast();
            iov.iov_len = RECEIVE_BYTES;
            header.msg_hdr.msg_iov = iov;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut *name).cast();
            header.msg_hdr.msg_namelen = length_of::<sockaddr_storage>();
            header.msg_hdr.msg_control = control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL_BYTES as _;
        }
        // SAFETY: see above.
        let result = unsafe {
            libc::recvmmsg(
                socket.fd.as_raw_fd(),
                headers.as_mut_ptr(),
                RECEIVE_MESSAGES as u32,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        let count = match check(result) {
            Ok(count) => usize::try_from(count).unwrap_or(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        for (index, header) in headers.iter().enumerate().take(count) {
            let cut = header.msg_hdr.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
            self.lengths[index] = if cut {
                0
            } else {
                (header.msg_len as usize).min(RECEIVE_BYTES)
            };
            self.control_lengths[index] = header.msg_hdr.msg_controllen.min(CONTROL_BYTES);
        }
        Ok(count)
    }

    /// The bytes of all messages; message `index` begins at `index * stride()`.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Distance between messages in `bytes_mut`.
    #[must_use]
    pub fn stride() -> usize {
        RECEIVE_BYTES
    }

    /// Message `index` of the last `receive`.
    pub fn message(&mut self, index: usize) -> Option<Received<'_>> {
        let from = from_storage(&self.names[index])?;
        let length = self.lengths[index];
        let (segment, to) = self.read_control(index);
        let start = index * RECEIVE_BYTES;
        let bytes = &mut self.bytes[start..start + length];
        Some(Received {
            bytes,
            segment: segment.unwrap_or(length).max(1),
            from,
            to,
        })
    }

    fn read_control(&self, index: usize) -> (Option<usize>, Option<IpAddr>) {
        let control = &self.controls[index];
        let (mut segment, mut to) = (None, None);
        // SAFETY: the header points at `control_lengths` bytes that the kernel wrote; the CMSG
        // macros stay inside them, and values are read unaligned after their length was checked.
        unsafe {
            let mut header: msghdr = zeroed();
            header.msg_control = control.0.as_ptr().cast_mut().cast();
            header.msg_controllen = self.control_lengths[index] as _;
            let mut at = libc::CMSG_FIRSTHDR(&raw const header);
            while !at.is_null() {
                let entry: cmsghdr = std::ptr::read_unaligned(at);
                let data = libc::CMSG_DATA(at);
                let size = (entry.cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
                match (entry.cmsg_level, entry.cmsg_type) {
                    (libc::SOL_UDP, libc::UDP_GRO) if size >= size_of::<c_int>() => {
                        segment =
                            usize::try_from(std::ptr::read_unaligned(data.cast::<c_int>())).ok();
                    }
                    (libc::IPPROTO_IP, libc::IP_PKTINFO)
                        if size >= size_of::<libc::in_pktinfo>() =>
                    {
                        let info = std::ptr::read_unaligned(data.cast::<libc::in_pktinfo>());
                        to = Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(
                            info.ipi_spec_dst.s_addr,
                        ))));
                    }
                    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)
                        if size >= size_of::<libc::in6_pktinfo>() =>
                    {
                        let info = std::ptr::read_unaligned(data.cast::<libc::in6_pktinfo>());
                        to = Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)));
                    }
                    _ => {}
                }
                at = libc::CMSG_NXTHDR(&raw const header, at);
            }
        }
        (segment.filter(|&length| length > 0), to)
    }
}

/// One message to send: a range of the arena, cut every `segment` bytes when that is not 0.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    pub to: SocketAddr,
    /// Source address; `None` leaves it to the kernel.
    pub from: Option<IpAddr>,
    pub start: usize,
    pub length: usize,
    pub segment: u16,
}

/// Send up to `SEND_MESSAGES` messages in one call; answers how many went.
///
/// # Errors
/// What the kernel says about the first message; later failures only shorten the count.
pub fn send(socket: &Socket, arena: &[u8], messages: &[Message]) -> io::Result<usize> {
    let count = messages.len().min(SEND_MESSAGES);
    // Only what is used is written: most calls send far fewer messages than there is room for.
    let mut iovecs = [const { MaybeUninit::<iovec>::uninit() }; SEND_MESSAGES];
    let mut names = [const { MaybeUninit::<sockaddr_storage>::uninit() }; SEND_MESSAGES];
    let mut headers = [const { MaybeUninit::<mmsghdr>::uninit() }; SEND_MESSAGES];
    let mut controls = [const { MaybeUninit::<Control>::uninit() }; SEND_MESSAGES];
    for (index, message) in messages.iter().take(count).enumerate() {
        let bytes = &arena[message.start..message.start + message.length];
        let iov = iovecs[index].write(iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        });
        let (name, length) = to_storage(&message.to);
        // SAFETY: an all-zero header is valid; every pointer set below points into these local
        // arrays or into `arena` (the range was sliced, so it is inside), all alive until the call returns.
        let header = headers[index].write(unsafe { zeroed() });
        let header = &mut header.msg_hdr;
        header.msg_name = (&raw mut *names[index].write(name)).cast();
        header.msg_namelen = length;
        header.msg_iov = &raw mut *iov;
        header.msg_iovlen = 1;
        if message.from.is_some() || message.segment > 0 {
            let control = controls[index].write(Control([0; CONTROL_BYTES]));
            write_control(header, control, message);
        }
    }
    // SAFETY: the first `count` headers were written above.
    let result = unsafe {
        libc::sendmmsg(
            socket.fd.as_raw_fd(),
            headers.as_mut_ptr().cast(),
            u32::try_from(count).unwrap_or(0),
            libc::MSG_DONTWAIT as _,
        )
    };
    check(result).map(|sent| usize::try_from(sent).unwrap_or(0))
}

#[allow(clippy::cast_ptr_alignment)] // `Control` is aligned like cmsghdr, and CMSG_SPACE keeps it so
fn write_control(header: &mut msghdr, control: &mut Control, message: &Message) {
    let mut used = 0;
    // SAFETY: at most one PKTINFO and one UDP_SEGMENT are written, which CONTROL_BYTES holds.
    unsafe {
        let mut put = |level: c_int, kind: c_int, value: *const u8, size: usize| {
            let at = control.0.as_mut_ptr().add(used).cast::<cmsghdr>();
            let size32 = u32::try_from(size).unwrap_or(0);
            (*at).cmsg_level = level;
            (*at).cmsg_type = kind;
            (*at).cmsg_len = libc::CMSG_LEN(size32) as _;
            std::ptr::copy_nonoverlapping(value, libc::CMSG_DATA(at), size);
            used += libc::CMSG_SPACE(size32) as usize;
        };
        match message.from {
            Some(IpAddr::V4(address)) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr {
                        s_addr: u32::from(address).to_be(),
                    },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                let size = size_of::<libc::in_pktinfo>();
                put(
                    libc::IPPROTO_IP,
                    libc::IP_PKTINFO,
                    (&raw const info).cast(),
                    size,
                );
            }
            Some(IpAddr::V6(address)) => {
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: address.octets(),
                    },
                    ipi6_ifindex: 0,
                };
                let size = size_of::<libc::in6_pktinfo>();
                put(
                    libc::IPPROTO_IPV6,
                    libc::IPV6_PKTINFO,
                    (&raw const info).cast(),
                    size,
                );
            }
            None => {}
        }
        if message.segment > 0 {
            let segment = message.segment;
            put(
                libc::SOL_UDP,
                libc::UDP_SEGMENT,
                (&raw const segment).cast(),
                size_of::<u16>(),
            );
        }
    }
    if used > 0 {
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = used as _;
    }
}
