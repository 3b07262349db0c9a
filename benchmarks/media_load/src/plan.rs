//! The plan that standard input gives before `start`, a line for each connection, source and expectation:
//!
//! ```text
//! leg FD ADDRESS:PORT OUR_PASSWORD THEIR_PASSWORD USERNAME controlling|controlled gcm|cm
//!     SEND_KEY SEND_SALT RECEIVE_KEY RECEIVE_SALT TRANSPORT_ID PT=audio,PT=video GRO
//! source LEG audio|video PT SSRC MID MID_ID LEVEL_ID TRANSPORT_ID INTERVAL_US PACKETS BYTES INDEX
//! expect LEG SOURCE
//! ```

use crate::frame::Shape;
use crate::leg::Leg;
use crate::socket::Socket;
use crate::source::{Extensions, Source};
use crate::srtp::Context;
use crate::stun::Credentials;
use std::str::{FromStr, SplitWhitespace};

/// All connections and sources.
#[derive(Default)]
pub struct Plan {
    pub legs: Vec<Leg>,
    pub sources: Vec<Source>,
    expected: Vec<(usize, usize)>,
}

struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn text(&mut self) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| "a word is missing".into())
    }

    fn read<T: FromStr>(&mut self) -> Result<T, String> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| format!("{text} is not understood"))
    }

    fn bytes(&mut self) -> Result<Vec<u8>, String> {
        let text = self.text()?;
        let pairs = (0..text.len())
            .step_by(2)
            .map(|at| text.get(at..at + 2).unwrap_or(""));
        pairs
            .map(|pair| {
                u8::from_str_radix(pair, 16).map_err(|_| format!("{text} is not hexadecimal"))
            })
            .collect()
    }
}

impl Plan {
    /// Take one line.
    pub fn take(&mut self, line: &str) -> Result<(), String> {
        let mut words = Words(line.split_whitespace());
        match words.text()? {
            "leg" => self.legs.push(leg(&mut words)?),
            "source" => {
                let source = source(&mut words)?;
                self.legs.get_mut(source.leg).ok_or("no such leg")?.own = source.ssrc;
                self.sources.push(source);
            }
            "expect" => self.expected.push((words.read()?, words.read()?)),
            other => return Err(format!("{other} is not understood")),
        }
        Ok(())
    }

    /// Give every leg what it awaits; returns by source how many await it.
    pub fn settle(&mut self) -> Result<Vec<u64>, String> {
        let mut viewers = vec![0; self.sources.len()];
        for leg in &mut self.legs {
            leg.awaited = vec![false; viewers.len()];
        }
        for (leg, source) in &self.expected {
            let awaited = self
                .legs
                .get_mut(*leg)
                .and_then(|leg| leg.awaited.get_mut(*source));
            *awaited.ok_or("nothing to expect")? = true;
            viewers[*source] += 1;
        }
        Ok(viewers)
    }
}

fn leg(words: &mut Words<'_>) -> Result<Leg, String> {
    let (fd, remote) = (words.read()?, words.read()?);
    let credentials = Credentials {
        local_password: words.read()?,
        remote_password: words.read()?,
        username: words.read()?,
        controlling: words.text()? == "controlling",
    };
    let gcm = words.text()? == "gcm";
    let outward = Context::new(gcm, &words.bytes()?, &words.bytes()?);
    let inward = Context::new(gcm, &words.bytes()?, &words.bytes()?);
    let transport_id = words.read()?;
    let mut kinds = [None; 128];
    for pair in words.text()?.split(',').filter(|pair| pair.contains('=')) {
        let (payload_type, kind) = pair.split_once('=').unwrap_or_default();
        let place: usize = payload_type.parse().map_err(|_| "no payload type")?;
        *kinds.get_mut(place).ok_or("no payload type")? = Some(kind == "video");
    }
    let gro = words.text()? == "gro";
    let socket = Socket::adopt(fd, remote, gro).map_err(|error| format!("socket {fd}: {error}"))?;
    Ok(Leg::new(
        socket,
        (outward, inward),
        credentials,
        kinds,
        transport_id,
    ))
}

fn source(words: &mut Words<'_>) -> Result<Source, String> {
    let (leg, video) = (words.read()?, words.text()? == "video");
    let (payload_type, ssrc, mid) = (words.read()?, words.read()?, words.read()?);
    let extensions = Extensions {
        mid: words.read()?,
        level: words.read()?,
        transport: words.read()?,
    };
    let interval: u64 = words.read()?;
    let shape = Shape {
        video,
        packets: words.read()?,
        bytes: words.read()?,
    };
    let mut source = Source::new(
        leg,
        shape,
        payload_type,
        ssrc,
        interval * 1000,
        words.read()?,
    );
    (source.mid, source.extensions) = (mid, extensions);
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lines_are_refused() {
        let lines = [
            "",
            "leg",
            "other 1",
            "leg 3 nowhere:1",
            "source 0 video x",
            "source 0 audio 111 5 0 4 1 3 20000 1 100",
        ];
        for line in lines {
            assert!(Plan::default().take(line).is_err(), "{line}");
        }
        let mut plan = Plan::default();
        plan.take("expect 0 0").unwrap();
        assert!(plan.settle().is_err());
    }
}
