//! What time brings: consent that expires, sources that stall, losses to ask for, keyframes,
//! reports, feedback and levels.
//!
//! Laws: all is due by the clock that is passed in, so a late tick does everything once, not
//! several times. What comes next before the plane would look again is told to `due`. Reports go only where a path is. A compound begins with a report (RFC 3550, 6.1).

use crate::events::Event;
use crate::media::rtcp::build;
use crate::pace::list;
use crate::source::Source;
use crate::table::Place;
use crate::world::{World, send_rtcp};

/// Distance of looking who waits for a keyframe, which layers flow, who is gone, and which sources are silent.
const WAITERS: u64 = 100_000;
/// Distance of measuring layers.
const RATES: u64 = 500_000;
/// A compound is sent when it is this long.
const COMPOUND: usize = 1_000;
/// Distance of reports to a publisher.
const REPORTS: u64 = 1_000_000;
/// Our name as a receiver.
const CNAME: &str = "kreide";

/// When the rarer things are due.
#[derive(Default)]
pub struct Clock {
    waiters: u64,
    rates: u64,
    measured: u64,
}

fn due(at: &mut u64, now: u64, every: u64) -> bool {
    let due = *at <= now;
    if due {
        *at = now + every;
    }
    due
}

impl World {
    /// Do what is due.
    pub fn tick(&mut self, now: u64) {
        let anybody = !self.sessions.is_empty() || !self.recorders.is_empty();
        self.due.look(now, anybody);
        if due(&mut self.clock.waiters, now, WAITERS) {
            self.expire(now);
            self.stall(now);
            self.find_waiters(now);
            self.outbox.streams.expire(now);
            self.forget_closed();
            self.gauge();
        }
        if due(&mut self.clock.rates, now, RATES) {
            self.measure(now);
        }
        if self.hearing.at() <= now {
            self.levels(now);
        }
        self.begin_nominated(now);
        self.ways(now);
        if !self.recorders.is_empty() {
            self.record(now);
            self.due.wake_by(now);
        }
        for place in 0..self.sessions.span() {
            if self.outbox.is_full() {
                self.flush();
            }
            self.report_to_publisher(now, place);
            self.report_to_viewer(now, place);
        }
    }

    /// Who may be sent more or less than before, and probes to begin.
    fn ways(&mut self, now: u64) {
        let mut rates = Vec::new();
        for (place, session) in self.sessions.iter_mut() {
            let Some(way) = &mut session.way else {
                continue;
            };
            let carries = || {
                let mut slots = session.slots.iter();
                slots.any(|entry| entry.media.carries_padding(now))
            };
            let news = way.tick(now, carries);
            let falls = way.take_falls();
            self.counters.ways_fell_delay.add(falls.delay);
            self.counters.ways_fell_loss.add(falls.loss);
            self.counters.ways_fell_silence.add(falls.silence);
            if let Some(news) = news {
                let id = self.session_ids.get(&place).copied().unwrap_or(0);
                rates.push((id, news.bits_per_second, news.probed));
            }
            list(&mut self.pacing, &mut self.pace_at, place, way);
        }
        if !rates.is_empty() {
            self.tell(Event::Estimates(rates));
        }
    }

    fn expire(&mut self, now: u64) {
        for (place, session) in self.sessions.iter_mut() {
            if session.ice.expire(now, self.options.consent) {
                session.handshake = None;
                let id = self.session_ids.get(&place).copied().unwrap_or(0);
                self.events.push(Event::Expired { session: id });
            }
        }
    }

    fn stall(&mut self, now: u64) {
        for (_, source) in self.sources.iter_mut() {
            if source.stall(now, self.options.stall) {
                source.flows.clear();
                self.events.push(Event::Stalled { source: source.id });
            }
        }
    }

    /// Whoever waits for a keyframe, and can receive one, lets it be asked for.
    fn find_waiters(&mut self, now: u64) {
        for (_, source) in self.sources.iter_mut() {
            source.flows.expire(now);
        }
        for (_, session) in self.sessions.iter() {
            if session.ice.path().is_none() || session.outbound.is_none() {
                continue;
            }
            for entry in &session.slots {
                if let Some(source) = entry.shown.and_then(|place| self.sources.get_mut(place))
                    && entry.waits(source)
                {
                    source.keyframes.request();
                }
            }
        }
    }

    /// Tell the rates of the pictures whose layers began, stalled or changed their rate.
    fn measure(&mut self, now: u64) {
        let elapsed = now.saturating_sub(std::mem::replace(&mut self.clock.measured, now));
        let pictures = self.sources.iter_mut();
        let rates: Vec<(u64, Vec<u32>, Vec<u32>)> = pictures
            .filter_map(|(_, source)| {
                let (rates, halves) = source.measure(elapsed)?;
                Some((source.id, rates, halves))
            })
            .collect();
        if !rates.is_empty() {
            self.tell(Event::Layers(rates));
        }
    }

    /// Tell how loud the voices were since the last time.
    fn levels(&mut self, now: u64) {
        let heard = self.sources.iter_mut();
        let voices = heard.map(|(_, source)| (source.id, &mut source.voice));
        let levels = self.hearing.gather(now, voices);
        if !levels.is_empty() {
            self.tell(Event::Levels(levels));
        }
    }

    /// Losses, keyframes, reports and transport feedback about what this session publishes.
    fn report_to_publisher(&mut self, now: u64, place: Place) {
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        let (Some(path), Some(outbound)) = (session.ice.path(), &mut session.outbound) else {
            return;
        };
        if session.published.is_empty() {
            return;
        }
        let scratch = &mut self.scratch;
        let (counters, reporter) = (&self.counters, self.reporter);
        scratch.rtcp.clear();
        scratch.blocks.clear();
        let is_report = due(&mut session.report_at, now, REPORTS);
        for &published in session.published.iter().filter(|_| is_report) {
            let source = self.sources.get_mut(published);
            let receivers = source.into_iter().flat_map(Source::receivers);
            scratch
                .blocks
                .extend(receivers.filter_map(|receiver| receiver.report_block(now)));
        }
        build::receiver_report(&mut scratch.rtcp, reporter, &scratch.blocks);
        let empty = scratch.rtcp.len();
        if !scratch.blocks.is_empty() {
            build::cname(&mut scratch.rtcp, reporter, CNAME);
            counters.reports_out.one();
        }
        for &published in &session.published {
            if let Some(source) = self.sources.get_mut(published) {
                ask(
                    now,
                    source,
                    reporter,
                    &mut scratch.rtcp,
                    &mut scratch.lost,
                    counters,
                );
                if let Some(at) = source.deadline() {
                    self.due.wake_by(at);
                }
            }
        }
        // libwebrtc ignores feedback that names a stream it does not send.
        let mut streams = session
            .published
            .iter()
            .filter_map(|&place| Some(self.sources.get_mut(place)?.receivers().next()?.ssrc()));
        let media = streams.next().unwrap_or(0);
        while session
            .arrivals
            .feedback(now, reporter, media, &mut scratch.rtcp)
        {
            counters.feedback_out.one();
            if scratch.rtcp.len() > COMPOUND {
                break;
            }
        }
        if scratch.rtcp.len() > empty {
            send_rtcp(&mut self.outbox, outbound, path, &scratch.rtcp);
        }
    }

    /// A sender report for each slot that is due.
    fn report_to_viewer(&mut self, now: u64, place: Place) {
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        let (Some(path), Some(outbound)) = (session.ice.path(), &mut session.outbound) else {
            return;
        };
        let compound = &mut self.scratch.rtcp;
        compound.clear();
        for entry in &mut session.slots {
            if !entry.report_due(now) {
                continue;
            }
            let Some(info) = entry.media.sender_report(now) else {
                continue;
            };
            let ssrc = entry.media.config().ssrc;
            build::sender_report(compound, ssrc, &info, &[]);
            build::cname(compound, ssrc, &entry.cname);
            self.counters.reports_out.one();
            if compound.len() > COMPOUND {
                send_rtcp(&mut self.outbox, outbound, path, compound);
                compound.clear();
            }
        }
        send_rtcp(&mut self.outbox, outbound, path, compound);
    }
}

/// Ask for what a source lost, and for a keyframe if somebody waits.
fn ask(
    now: u64,
    source: &mut Source,
    reporter: u32,
    compound: &mut Vec<u8>,
    lost: &mut Vec<u16>,
    counters: &crate::counters::Counters,
) {
    let mut given_up = false;
    for receiver in source.receivers() {
        lost.clear();
        receiver.nacks(now, lost);
        if !lost.is_empty() {
            build::nack(compound, reporter, receiver.ssrc(), lost);
            counters.nacks_out.one();
        }
        given_up |= receiver.take_given_up();
    }
    if given_up && !source.viewers.is_empty() {
        source.keyframes.request();
    }
    // One request yields keyframes of all layers, so it names one that is certainly encoded.
    let Some(ssrc) = source.encoded() else {
        return;
    };
    if source.flowing && !source.muted && source.keyframes.poll(now) {
        build::picture_loss(compound, reporter, ssrc);
        counters.plis_out.one();
    }
}
