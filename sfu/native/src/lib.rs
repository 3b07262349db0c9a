//! Kreide's media plane: carries what Python decides.
//!
//! A packet's path: `socket` (recvmmsg) -> `demux` -> `stun` + `ice`, or Python (DTLS), or `srtp`
//! -> `ingest` -> `forward` -> `exit` -> `outbox` (sendmmsg, GSO). `media` is the pure logic of streams,
//! `world` what one plane knows, `thread` its loop, `plane` the boundary to Python: commands in,
//! events and counters out, the GIL released. Apart from all that, `salvo` sends the same to many
//! web sockets. Unsafe code lives in `socket` alone (tests count allocations).
#![deny(unsafe_code)]
// Sizes of packets and indices of bits are far below the limits of their types.
#![allow(clippy::cast_possible_truncation)]

pub mod apply;
pub mod command;
pub mod control;
pub mod counters;
pub mod demux;
pub mod due;
pub mod events;
pub mod exit;
pub mod forward;
pub mod handed;
pub mod ice;
pub mod ingest;
pub mod media;
pub mod opening;
pub mod outbox;
pub mod pace;
pub mod replay;
pub mod salvo;
pub mod session;
pub mod socket;
pub mod source;
pub mod srtp;
pub mod streams;
pub mod stun;
pub mod table;
pub mod tap;
pub mod thread;
pub mod tick;
pub mod turn;
pub mod way;
pub mod world;

#[cfg(test)]
mod allocations;
#[cfg(test)]
mod fuzz;

#[cfg(feature = "python")]
mod plane;
#[cfg(feature = "python")]
mod recorder;
#[cfg(feature = "python")]
mod rehearsal;

#[cfg(feature = "python")]
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::handed::take_stream;
    #[pymodule_export]
    use crate::plane::Plane;
    #[pymodule_export]
    use crate::recorder::Recorder;
    #[pymodule_export]
    use crate::rehearsal::Rehearsal;
    #[pymodule_export]
    use crate::salvo::boundary::send_all;
}
