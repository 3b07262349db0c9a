//! Socket addresses in the kernel's shape and ours.

use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libc::{c_int, sockaddr_in, sockaddr_in6, sockaddr_storage};

use super::length_of;

pub(super) fn to_storage(address: &SocketAddr) -> (sockaddr_storage, u32) {
    // SAFETY: all-zero is valid; sockaddr_storage is larger than and aligned for both families.
    let mut storage: sockaddr_storage = unsafe { zeroed() };
    match address {
        SocketAddr::V4(v4) => {
            let name = unsafe { &mut *(&raw mut storage).cast::<sockaddr_in>() };
            name.sin_family = libc::AF_INET as _;
            name.sin_port = v4.port().to_be();
            name.sin_addr.s_addr = u32::from(*v4.ip()).to_be();
            (storage, length_of::<sockaddr_in>())
        }
        SocketAddr::V6(v6) => {
            let name = unsafe { &mut *(&raw mut storage).cast::<sockaddr_in6>() };
            name.sin6_family = libc::AF_INET6 as _;
            name.sin6_port = v6.port().to_be();
            name.sin6_flowinfo = v6.flowinfo();
            name.sin6_addr.s6_addr = v6.ip().octets();
            name.sin6_scope_id = v6.scope_id();
            (storage, length_of::<sockaddr_in6>())
        }
    }
}

pub(super) fn from_storage(storage: &sockaddr_storage) -> Option<SocketAddr> {
    match c_int::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says what it holds.
            let name = unsafe { &*(&raw const *storage).cast::<sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddr::V4(SocketAddrV4::new(
                ip,
                u16::from_be(name.sin_port),
            )))
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let name = unsafe { &*(&raw const *storage).cast::<sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(SocketAddr::V6(SocketAddrV6::new(
                ip,
                port,
                0,
                name.sin6_scope_id,
            )))
        }
        _ => None,
    }
}
