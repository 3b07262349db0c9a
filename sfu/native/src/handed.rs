//! Connections that were accepted elsewhere: on the port of the pages, or by another process.
//!
//! Laws: the descriptor is copied before the call returns, so its owner may close it then. From there on it is
//! one of `streams`' connections, with their bounds and the time they have to prove something; what was read from it is
//! read first.

use crate::command::Handed;
use crate::world::World;

impl World {
    /// Serve it; `None` when there is no room.
    pub fn take_stream(&mut self, now: u64, handed: Handed) -> Option<()> {
        let Handed {
            stream,
            remote,
            mut first,
        } = handed;
        let number = self.outbox.streams.take(now, stream, remote)?;
        let path = self.outbox.streams.path(number)?;
        let whole = self.outbox.streams.begin(number, &first);
        self.ingest_stream(now, path, &mut first[..whole]);
        self.forward(now, &first);
        self.forget_closed();
        Some(())
    }
}

#[cfg(feature = "python")]
mod boundary {
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    use crate::command::{Command, Handed};
    use crate::plane::Plane;
    use crate::socket::adopt_stream;
    use crate::streams::READ;

    /// Let a plane serve a copy of this connection, from which `first` was read.
    ///
    /// # Errors
    /// When it is no connection or is gone, more was read than in one go, or the queue of commands is full.
    #[pyfunction]
    pub fn take_stream(
        py: Python<'_>,
        plane: &Plane,
        descriptor: i32,
        first: &[u8],
    ) -> PyResult<()> {
        if first.len() > READ {
            return Err(PyValueError::new_err("more than one read"));
        }
        let (stream, remote) = adopt_stream(descriptor)?;
        let first = first.to_vec();
        plane.order(
            py,
            Command::TakeStream(Handed {
                stream,
                remote,
                first,
            }),
        )
    }
}

#[cfg(feature = "python")]
pub use boundary::take_stream;
