//! The media logic of the plane: pure, without sockets, clocks or threads.
//!
//! Laws: every parser is total on remote bytes (it answers `Malformed` or `None`, it never panics);
//! time is an argument, in microseconds of one monotonic clock; nothing allocates per packet after
//! set-up; every list, ring and window has a bound that its file names.
#![forbid(unsafe_code)]

pub mod av1;
pub mod capture;
pub mod codec;
pub mod costs;
pub mod descriptor;
pub mod estimate;
pub mod extension;
pub mod h264;
pub mod halves;
pub mod hearing;
pub mod history;
pub mod keyframe;
pub mod layers;
pub mod levels;
pub mod missing;
pub mod outgoing;
pub mod pacer;
pub mod packet_map;
pub mod receive;
pub mod red;
pub mod rtcp;
pub mod rtp;
#[cfg(test)]
mod simulation;
pub mod slot;
#[cfg(test)]
pub(crate) mod testing;
pub mod thinning;
pub mod timeline;
pub mod twcc;
pub mod vp8;
pub mod vp9;
pub mod window;
