//! What Python says in the plane's own words, and the other way round.
//!
//! Laws: an argument that makes no sense is a `ValueError`; a codec that we do not carry is left out.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::command::{Payload, Receive};
use crate::events::Event;
use crate::media::codec::{Codec, Kind, PayloadTypes};
use crate::media::extension::ExtensionIds;

pub fn bad(text: &str) -> PyErr {
    PyValueError::new_err(text.to_owned())
}

pub fn kind_of(name: &str) -> PyResult<Kind> {
    match name {
        "audio" => Ok(Kind::Audio),
        "video" => Ok(Kind::Video),
        _ => Err(bad("kind must be audio or video")),
    }
}

fn payload_type(number: i32) -> PyResult<u8> {
    u8::try_from(number)
        .ok()
        .filter(|number| *number < 128)
        .ok_or_else(|| bad("payload type"))
}

pub fn extension_ids(list: &[(u8, String)]) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    for (id, uri) in list {
        ids.set(*id, uri);
    }
    ids
}

/// What a remote's payload types mean: (type, codec, clock rate, the type that it repairs or -1).
pub fn receive(
    payloads: Vec<(i32, String, u32, i32)>,
    extensions: &[(u8, String)],
) -> PyResult<Receive> {
    let mut table = Box::new([None; 128]);
    for (number, codec, _clock_rate, apt) in payloads {
        let meaning = if apt >= 0 {
            Some(Payload::Repair(payload_type(apt)?))
        } else {
            // What we cannot forward stays unknown, and its packets are counted and dropped.
            Codec::from_name(&codec).map(Payload::Media)
        };
        table[usize::from(payload_type(number)?)] = meaning;
    }
    Ok(Receive {
        payloads: table,
        ids: extension_ids(extensions),
    })
}

/// The types that a viewer knows: (codec, type, type of its retransmissions or -1).
pub fn payload_types(payloads: Vec<(String, i32, i32)>) -> PyResult<PayloadTypes> {
    let mut types = PayloadTypes::default();
    for (codec, number, rtx) in payloads {
        let Some(codec) = Codec::from_name(&codec) else {
            continue;
        };
        let rtx = if rtx >= 0 {
            Some(payload_type(rtx)?)
        } else {
            None
        };
        types.set(codec, payload_type(number)?, rtx);
    }
    Ok(types)
}

/// An event as Python gets it.
pub fn to_python(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    let tuple = match event {
        Event::Dtls { session, datagram } => {
            ("dtls", session, PyBytes::new(py, &datagram)).into_pyobject(py)?
        }
        Event::Connected { session, address } => {
            ("connected", session, address.to_string()).into_pyobject(py)?
        }
        Event::Address { session, address } => {
            ("address", session, address.to_string()).into_pyobject(py)?
        }
        Event::Expired { session } => ("expired", session).into_pyobject(py)?,
        Event::Layers(rates) => ("layers", rates).into_pyobject(py)?,
        Event::Estimates(rates) => ("estimate", rates).into_pyobject(py)?,
        Event::Levels(levels) => ("levels", levels).into_pyobject(py)?,
        Event::Started { source } => ("source", source, "started").into_pyobject(py)?,
        Event::Stalled { source } => ("source", source, "stalled").into_pyobject(py)?,
        Event::Dropped { count } => ("dropped", count).into_pyobject(py)?,
        Event::Recorder {
            recorder,
            dropped,
            broken,
        } => ("recorder", recorder, dropped, broken).into_pyobject(py)?,
    };
    Ok(tuple.into_any())
}
