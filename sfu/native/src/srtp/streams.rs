//! Which indices came, stream by stream.
//!
//! Laws: a stream is known only by an authenticated packet, and at most `MAX_STREAMS` are.

use super::Refused;
use crate::replay::Window;

/// Streams of RTP, and of RTCP, one remote may open.
pub const MAX_STREAMS: usize = 64;

/// Indices by stream; few streams, so a list.
#[derive(Default)]
pub struct Streams(Vec<(u32, Window)>);

impl Streams {
    /// The indices of a stream so far; a new one has none.
    pub fn window(&self, ssrc: u32) -> Result<Window, Refused> {
        match self.0.iter().find(|(known, _)| *known == ssrc) {
            Some((_, window)) => Ok(*window),
            None if self.0.len() < MAX_STREAMS => Ok(Window::default()),
            None => Err(Refused::Streams),
        }
    }

    /// An index was authenticated.
    pub fn accept(&mut self, ssrc: u32, index: u64) {
        if let Some((_, window)) = self.0.iter_mut().find(|(known, _)| *known == ssrc) {
            window.accept(index);
        } else {
            let mut window = Window::default();
            window.accept(index);
            self.0.push((ssrc, window));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
