//! A recording, as Python holds it.
//!
//! Laws: no call waits for the media thread; after `close`, and after that of its plane, a call
//! changes nothing. Dropping it closes it.
#![allow(clippy::needless_pass_by_value)] // arguments from Python are owned

use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::command::{AddTap, Command};
use crate::media::layers::MAX_LAYERS;
use crate::socket::adopt;
use crate::thread::Shared;

/// One recording of one plane.
#[pyclass(module = "sfu._native", frozen)]
pub struct Recorder {
    shared: Arc<Shared>,
    id: u64,
}

impl Recorder {
    /// Begin one.
    ///
    /// # Errors
    /// When the descriptor is none, or the queue of commands is full.
    pub fn open(shared: Arc<Shared>, id: u64, descriptor: i32, capacity: usize) -> PyResult<Self> {
        let command = Command::OpenRecorder {
            recorder: id,
            pipe: adopt(descriptor)?,
            capacity,
        };
        let recorder = Self { shared, id };
        recorder.order(command)?;
        Ok(recorder)
    }

    fn order(&self, command: Command) -> PyResult<()> {
        if self.shared.commands.push(command) {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "the media thread does not take commands",
        ))
    }
}

#[pymethods]
impl Recorder {
    /// What audiences know it by.
    #[getter]
    fn id(&self) -> u64 {
        self.id
    }

    fn tap(&self, source: u64, file: u32, track: u8, layer: usize) -> PyResult<()> {
        if layer >= MAX_LAYERS {
            return Err(PyValueError::new_err("layer"));
        }
        self.order(Command::AddTap(AddTap {
            recorder: self.id,
            source,
            file,
            track,
            layer,
        }))
    }

    fn end(&self, file: u32, forget: bool) -> PyResult<()> {
        self.order(Command::EndFile {
            recorder: self.id,
            file,
            forget,
        })
    }

    fn close(&self) -> PyResult<()> {
        self.order(Command::CloseRecorder { recorder: self.id })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared
            .commands
            .push(Command::CloseRecorder { recorder: self.id });
    }
}
