//! A world alone: one socket of its own that nobody writes to, for tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Options, World};
use crate::counters::{Counters, Histogram};
use crate::events::Events;
use crate::socket::{Epoll, Socket};
use crate::streams::Streams;

pub fn alone() -> World {
    let socket = Socket::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).expect("a port");
    World::new(
        vec![socket],
        Streams::new(Arc::new(Epoll::new().expect("a descriptor")), Vec::new()),
        Options::default(),
        Arc::new(Counters::default()),
        Arc::new(Histogram::default()),
        Arc::new(Events::new().expect("a descriptor")),
    )
}
