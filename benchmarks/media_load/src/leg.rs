//! One connection of a publisher or viewer after ICE and DTLS: opens what comes, keeps consent, tells what it received.

use crate::frame::{Noise, Shape, Stamp};
use crate::rtcp::{self, Block, News};
use crate::rtp::{Header, Unwrapper, vp8_descriptor};
use crate::socket::Socket;
use crate::srtp::Context;
use crate::stun::{self, Credentials};
use crate::tally::Tally;

const MILLISECOND: u64 = 1_000_000;
const FEEDBACK: u64 = 100 * MILLISECOND;
const REPORT: u64 = 1000 * MILLISECOND;
const CONSENT: u64 = 2000 * MILLISECOND;
const MAX_FEEDBACK: usize = 1000;

/// One stream that comes in.
struct Stream {
    ssrc: u32,
    video: bool,
    unwrapper: Unwrapper,
    /// the index that continues the frame
    next: u64,
    begun: bool,
    frame: Vec<u8>,
    highest: u64,
    middle: u32,
    reported: u64,
}

/// What every leg reads and writes while it receives.
pub struct Run<'a> {
    pub noise: &'a Noise,
    pub shapes: &'a [Shape],
    pub tally: &'a mut Tally,
}

/// When something is to be said next, ns since 1970.
#[derive(Default)]
struct Due {
    feedback: u64,
    report: u64,
    consent: u64,
}

/// One connection.
pub struct Leg {
    pub socket: Socket,
    pub outward: Context,
    pub transport: u16,
    /// by source
    pub awaited: Vec<bool>,
    /// SSRC of what it sends
    pub own: u32,
    inward: Context,
    credentials: Credentials,
    /// by payload type: is it video; None for what is not looked at
    kinds: [Option<bool>; 128],
    transport_id: u8,
    streams: Vec<Stream>,
    arrivals: Vec<(u64, u64)>,
    numbers: Unwrapper,
    feedbacks: u8,
    compounds: u32,
    due: Due,
}

impl Leg {
    pub fn new(
        socket: Socket,
        keys: (Context, Context),
        credentials: Credentials,
        kinds: [Option<bool>; 128],
        transport_id: u8,
    ) -> Self {
        let (outward, inward) = keys;
        Self {
            socket,
            outward,
            inward,
            credentials,
            kinds,
            transport_id,
            transport: 0,
            awaited: Vec::new(),
            own: 1,
            streams: Vec::new(),
            arrivals: Vec::new(),
            numbers: Unwrapper::default(),
            feedbacks: 0,
            compounds: 0,
            due: Due::default(),
        }
    }

    /// Take a datagram; what others ask of our sources comes back.
    pub fn receive(&mut self, datagram: &mut [u8], time: u64, run: &mut Run<'_>) -> Vec<News> {
        match (datagram.first(), datagram.get(1)) {
            (Some(0..=3), _) => {
                if let Some(reply) = stun::answer(datagram, self.socket.local, &self.credentials) {
                    self.socket.send(&[reply]);
                }
            }
            (Some(128..=191), Some(192..=223)) => return self.receive_control(datagram, time, run),
            (Some(128..=191), Some(_)) => {
                let taken = self.receive_media(datagram, time, run);
                run.tally.broken += u64::from(taken.is_none());
            }
            _ => {}
        }
        Vec::new()
    }

    fn receive_control(&mut self, datagram: &mut [u8], time: u64, run: &mut Run<'_>) -> Vec<News> {
        let Some(length) = self.inward.open_rtcp(datagram) else {
            run.tally.broken += 1;
            return Vec::new();
        };
        let news = rtcp::parse(&datagram[..length]);
        for one in &news {
            let News::Report { ssrc, middle } = one else {
                continue;
            };
            if let Some(stream) = self.streams.iter_mut().find(|stream| stream.ssrc == *ssrc) {
                (stream.middle, stream.reported) = (*middle, time);
            }
        }
        news
    }

    fn receive_media(&mut self, datagram: &mut [u8], time: u64, run: &mut Run<'_>) -> Option<()> {
        run.tally.datagrams += 1;
        run.tally.bytes += datagram.len() as u64;
        let header = Header::parse(datagram, self.transport_id)?;
        if let Some(number) = header
            .transport
            .filter(|_| self.arrivals.len() < MAX_FEEDBACK)
        {
            self.arrivals
                .push((self.numbers.extend(number), time / 1000));
        }
        let Some(video) = self.kinds[usize::from(header.payload_type)] else {
            return Some(());
        };
        let stream = stream(&mut self.streams, header.ssrc, video);
        let mut index = stream.unwrapper.extend(header.sequence);
        if stream.highest == 0
            && self
                .inward
                .open_rtp(&mut datagram.to_vec(), header.length, index)
                .is_none()
        {
            stream.unwrapper.wrapped_before();
            index += 0x1_0000;
        }
        let mut end = self.inward.open_rtp(datagram, header.length, index)?;
        if header.padding {
            end = end.checked_sub(usize::from(*datagram.get(end - 1)?))?;
        }
        let payload = datagram.get(header.length..end)?;
        if let Some(stamp) = stream.take(index, payload, header.marker, run) {
            let (place, shape) = (
                usize::from(stamp.source),
                run.shapes[usize::from(stamp.source)],
            );
            run.tally.arrived(stamp, time, shape, self.awaited[place]);
        }
        Some(())
    }

    /// Say what is due.
    pub fn tick(&mut self, now: u64) {
        if self.due.feedback <= now {
            self.due.feedback = now + FEEDBACK;
            self.send_feedback();
        }
        if self.due.report <= now {
            self.due.report = now + REPORT;
            let blocks: Vec<Block> = self
                .streams
                .iter()
                .filter(|stream| stream.reported != 0)
                .map(|stream| Block {
                    ssrc: stream.ssrc,
                    highest: stream.highest as u32,
                    middle: stream.middle,
                    delay: (now.saturating_sub(stream.reported) / 1000 * 65_536 / 1_000_000) as u32,
                })
                .collect();
            if !self.streams.is_empty() {
                let report = rtcp::build_receiver_report(self.own, &blocks);
                self.send_control(report);
            }
        }
        if self.due.consent <= now {
            self.due.consent = now + CONSENT;
            let mut transaction = [0; 12];
            transaction[..8].copy_from_slice(&now.to_be_bytes());
            self.socket
                .send(&[stun::build_check(&self.credentials, transaction)]);
        }
    }

    fn send_feedback(&mut self) {
        self.arrivals.sort_unstable();
        self.arrivals.dedup_by_key(|arrival| arrival.0);
        let media = self.streams.first().map_or(0, |stream| stream.ssrc);
        if let Some(feedback) =
            rtcp::build_transport_feedback(self.own, media, self.feedbacks, &self.arrivals)
        {
            self.feedbacks = self.feedbacks.wrapping_add(1);
            self.send_control(feedback);
        }
        self.arrivals.clear();
    }

    /// Seal and send a compound.
    pub fn send_control(&mut self, mut compound: Vec<u8>) {
        self.compounds += 1;
        self.outward.seal_rtcp(&mut compound, self.compounds);
        self.socket.send(&[compound]);
    }
}

fn stream(streams: &mut Vec<Stream>, ssrc: u32, video: bool) -> &mut Stream {
    if let Some(place) = streams.iter().position(|stream| stream.ssrc == ssrc) {
        return &mut streams[place];
    }
    streams.push(Stream {
        ssrc,
        video,
        unwrapper: Unwrapper::default(),
        next: 0,
        begun: false,
        frame: Vec::new(),
        highest: 0,
        middle: 0,
        reported: 0,
    });
    let last = streams.len() - 1;
    &mut streams[last]
}

impl Stream {
    /// Take a packet's payload; the frame's stamp once it is whole and right.
    fn take(
        &mut self,
        index: u64,
        payload: &[u8],
        marker: bool,
        run: &mut Run<'_>,
    ) -> Option<Stamp> {
        self.highest = self.highest.max(index);
        if payload.is_empty() {
            self.next += u64::from(index == self.next);
            return None;
        }
        let (length, begins) = if self.video {
            vp8_descriptor(payload)?
        } else {
            (0, true)
        };
        if begins {
            self.frame.clear();
        } else if !self.begun || index != self.next {
            self.begun = false;
            return None;
        }
        self.begun = true;
        self.next = index + 1;
        self.frame.extend_from_slice(&payload[length..]);
        if self.video && !marker {
            return None;
        }
        self.begun = false;
        let stamp = run.noise.check(&self.frame, self.video, run.shapes);
        run.tally.broken += u64::from(stamp.is_none());
        stamp
    }
}
