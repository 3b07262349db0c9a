//! The boundary to Python: commands in, events and counters out.
//!
//! Laws: no call waits for the media thread but `close`; the GIL is released while it does. Bad
//! arguments raise `ValueError` here, so that the thread only sees commands that make sense.
//! Nothing calls back into Python.
#![allow(clippy::needless_pass_by_value)] // arguments from Python are owned

use std::net::IpAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::command::{AddSlot, AddSource, Command};
use crate::media::layers::MAX_LAYERS;
use crate::outbox::MAX_DATAGRAM;
use crate::recorder::Recorder;
use crate::srtp::{MasterKey, Profile};
use crate::thread::{self, Shared};
use crate::world::Options;
use words::{bad, extension_ids, kind_of, payload_types, receive, to_python};

mod words;

/// Bits per second to one viewer.
const MAX_WANT: u64 = 1_000_000_000;

/// One media thread with one port.
#[pyclass(module = "sfu._native", frozen)]
pub struct Plane {
    port: u16,
    tcp: bool,
    shared: Arc<Shared>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Plane {
    /// Queue a command. After `close` it is forgotten.
    pub(crate) fn order(&self, py: Python<'_>, command: Command) -> PyResult<()> {
        let (ended, taken) = py.detach(|| {
            let thread = self.thread.lock().ok();
            let ended = thread.map(|thread| thread.as_ref().map(JoinHandle::is_finished));
            (ended, self.shared.commands.push(command))
        });
        match ended {
            Some(None) => Ok(()),
            Some(Some(false)) if taken => Ok(()),
            _ => Err(PyRuntimeError::new_err(
                "the media thread does not take commands",
            )),
        }
    }

    fn stop(&self) {
        let thread = self.thread.lock().map(|mut thread| thread.take());
        if let Ok(Some(thread)) = thread {
            self.shared.commands.push(Command::Close);
            // A thread that panicked is over as well.
            let _ = thread.join();
        }
    }
}

#[pymethods]
impl Plane {
    /// Bind `addresses` on `port` (0: any) and start the thread. Times are in seconds.
    #[new]
    #[allow(clippy::too_many_arguments)] // options by keyword
    #[pyo3(signature = (addresses, port, *, consent=30.0, stall=2.0, segmenting=true, tcp=true, want=1_000_000))]
    fn new(
        py: Python<'_>,
        addresses: Vec<String>,
        port: u16,
        consent: f64,
        stall: f64,
        segmenting: bool,
        tcp: bool,
        want: u64,
    ) -> PyResult<Self> {
        let parsed: Result<Vec<IpAddr>, _> = addresses.iter().map(|text| text.parse()).collect();
        let parsed = parsed.map_err(|_| bad("addresses must be IP addresses"))?;
        let micros = |seconds: f64| std::time::Duration::try_from_secs_f64(seconds).ok();
        let options = Options {
            consent: micros(consent).ok_or_else(|| bad("consent"))?.as_micros() as u64,
            stall: micros(stall).ok_or_else(|| bad("stall"))?.as_micros() as u64,
            segmenting,
            streams: tcp,
            want: want.clamp(1, MAX_WANT),
        };
        let started = py.detach(|| thread::start(&parsed, port, options))?;
        Ok(Self {
            port: started.port,
            tcp: started.streams,
            shared: started.shared,
            thread: std::sync::Mutex::new(Some(started.thread)),
        })
    }

    #[getter]
    fn port(&self) -> u16 {
        self.port
    }

    /// Whether TCP is taken on that port, too.
    #[getter]
    fn tcp(&self) -> bool {
        self.tcp
    }

    /// Descriptor that is readable while events wait.
    fn fileno(&self) -> i32 {
        self.shared.events.descriptor()
    }

    /// Take all events that wait.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let events = py.detach(|| self.shared.events.drain());
        events
            .into_iter()
            .map(|event| to_python(py, event))
            .collect()
    }

    /// All numbers by name.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let numbers = PyDict::new(py);
        for (name, value) in self.shared.counters.all() {
            numbers.set_item(name, value)?;
        }
        Ok(numbers)
    }

    /// (upper bounds in seconds, counts, sum in seconds) of the time that forwarding took.
    fn forward_histogram(&self) -> (Vec<f64>, Vec<u64>, f64) {
        self.shared.histogram.read()
    }

    /// Stop the thread and wait for it. Keys are wiped. A second call does nothing.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.stop());
    }

    fn open_session(
        &self,
        py: Python<'_>,
        session: u64,
        ufrag: &str,
        password: &str,
    ) -> PyResult<()> {
        if ufrag.is_empty() || ufrag.len() > 256 || password.len() < 22 || password.len() > 256 {
            return Err(bad("ufrag or password (RFC 8445: at least 22 characters)"));
        }
        let (fragment, password) = (ufrag.as_bytes().to_vec(), password.as_bytes().to_vec());
        self.order(
            py,
            Command::OpenSession {
                session,
                fragment,
                password,
            },
        )
    }

    fn set_receive(
        &self,
        py: Python<'_>,
        session: u64,
        payloads: Vec<(i32, String, u32, i32)>,
        extensions: Vec<(u8, String)>,
    ) -> PyResult<()> {
        let receive = receive(payloads, &extensions)?;
        self.order(py, Command::SetReceive { session, receive })
    }

    #[allow(clippy::too_many_arguments)] // one for each part of what DTLS exports
    fn set_srtp(
        &self,
        py: Python<'_>,
        session: u64,
        profile: &str,
        receive_key: &[u8],
        receive_salt: &[u8],
        send_key: &[u8],
        send_salt: &[u8],
    ) -> PyResult<()> {
        let profile = Profile::from_name(profile).ok_or_else(|| bad("unknown SRTP profile"))?;
        let master = |key, salt| {
            MasterKey::new(profile, key, salt).ok_or_else(|| bad("length of an SRTP key or salt"))
        };
        let (receive, send) = (
            master(receive_key, receive_salt)?,
            master(send_key, send_salt)?,
        );
        self.order(
            py,
            Command::SetSrtp {
                session,
                receive,
                send,
            },
        )
    }

    fn send_dtls(&self, py: Python<'_>, session: u64, datagram: &[u8]) -> PyResult<()> {
        if datagram.is_empty() || datagram.len() > MAX_DATAGRAM {
            return Err(bad("length of a DTLS datagram"));
        }
        self.order(
            py,
            Command::SendDtls {
                session,
                datagram: datagram.to_vec(),
            },
        )
    }

    fn close_session(&self, py: Python<'_>, session: u64) -> PyResult<()> {
        self.order(py, Command::CloseSession { session })
    }

    #[allow(clippy::too_many_arguments)] // one command, as the plane's contract lists it
    #[pyo3(signature = (source, session, mid, kind, csrc, ssrcs, rids=Vec::new()))]
    fn add_source(
        &self,
        py: Python<'_>,
        source: u64,
        session: u64,
        mid: &str,
        kind: &str,
        csrc: u32,
        ssrcs: Vec<u32>,
        rids: Vec<String>,
    ) -> PyResult<()> {
        if source == 0 {
            return Err(bad("source 0 means none"));
        }
        if rids.len() > MAX_LAYERS {
            return Err(bad("number of layers"));
        }
        let (mid, kind) = (mid.as_bytes().to_vec(), kind_of(kind)?);
        let rids = rids.into_iter().map(String::into_bytes).collect();
        self.order(
            py,
            Command::AddSource(AddSource {
                source,
                session,
                mid,
                kind,
                csrc,
                ssrcs,
                rids,
            }),
        )
    }

    fn remove_source(&self, py: Python<'_>, source: u64) -> PyResult<()> {
        self.order(py, Command::RemoveSource { source })
    }

    fn mute_source(&self, py: Python<'_>, source: u64, muted: bool) -> PyResult<()> {
        self.order(py, Command::MuteSource { source, muted })
    }

    #[allow(clippy::too_many_arguments)] // one command, as the plane's contract lists it
    fn add_slot(
        &self,
        py: Python<'_>,
        session: u64,
        slot: u64,
        mid: &str,
        kind: &str,
        ssrc: u32,
        rtx_ssrc: u32,
        payloads: Vec<(String, i32, i32)>,
        extensions: Vec<(u8, String)>,
        cname: String,
    ) -> PyResult<()> {
        let types = payload_types(payloads)?;
        let (mid, kind) = (mid.as_bytes().to_vec(), kind_of(kind)?);
        let ids = extension_ids(&extensions);
        let slot = AddSlot {
            session,
            slot,
            mid,
            kind,
            ssrc,
            rtx_ssrc,
            payloads: types,
            ids,
            cname,
        };
        self.order(py, Command::AddSlot(slot))
    }

    fn set_slot(
        &self,
        py: Python<'_>,
        session: u64,
        slot: u64,
        source: u64,
        generation: u64,
    ) -> PyResult<()> {
        self.order(
            py,
            Command::SetSlot {
                session,
                slot,
                source,
                generation,
            },
        )
    }

    #[pyo3(signature = (session, slot, layer, halved=false))]
    fn set_layer(
        &self,
        py: Python<'_>,
        session: u64,
        slot: u64,
        layer: usize,
        halved: bool,
    ) -> PyResult<()> {
        if layer >= MAX_LAYERS {
            return Err(bad("layer"));
        }
        self.order(
            py,
            Command::SetLayer {
                session,
                slot,
                layer,
                halved,
            },
        )
    }

    fn set_audience(&self, py: Python<'_>, source: u64, viewers: Vec<u64>) -> PyResult<()> {
        self.order(py, Command::SetAudience { source, viewers })
    }

    fn request_keyframe(&self, py: Python<'_>, source: u64) -> PyResult<()> {
        self.order(py, Command::RequestKeyframe { source })
    }

    /// Write what is tapped into a copy of this pipe; up to `capacity` bytes wait for it.
    fn recorder(&self, id: u64, descriptor: i32, capacity: usize) -> PyResult<Recorder> {
        Recorder::open(Arc::clone(&self.shared), id, descriptor, capacity)
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.stop();
    }
}
