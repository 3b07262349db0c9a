//! The NAL units of one packet, or the part of one that it holds (RFC 6184, sections 5.6 to 5.8).
//!
//! Laws: total, bounded by the packet, without copies. A packet that `Nal::parse` takes is walked to
//! its end; of any other one the walk ends where it stops making sense.

use super::{FU_A, STAP_A};

/// A unit, or a fragment of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit<'a> {
    /// The unit's first byte; a fragment names it, too.
    pub head: u8,
    /// What lies behind its first byte, or this fragment of that.
    pub body: &'a [u8],
    pub starts: bool,
    pub ends: bool,
}

/// The units of one payload.
#[derive(Debug, Clone)]
pub enum Units<'a> {
    /// One or a fragment, or nothing any more.
    Single(Option<Unit<'a>>),
    Aggregate(&'a [u8]),
}

impl<'a> Units<'a> {
    /// Walk over a payload.
    #[must_use]
    pub fn of(payload: &'a [u8]) -> Self {
        let Some((&first, rest)) = payload.split_first() else {
            return Self::Single(None);
        };
        Self::Single(match first & 0x1f {
            1..=23 => Some(whole(first, rest)),
            STAP_A => return Self::Aggregate(rest),
            FU_A => rest.split_first().map(|(&fragment, body)| Unit {
                head: first & 0xe0 | fragment & 0x1f,
                body,
                starts: fragment & 0x80 != 0,
                ends: fragment & 0x40 != 0,
            }),
            _ => None,
        })
    }
}

impl<'a> Iterator for Units<'a> {
    type Item = Unit<'a>;

    fn next(&mut self) -> Option<Unit<'a>> {
        match self {
            Self::Single(unit) => unit.take(),
            Self::Aggregate(rest) => {
                let (size, tail) = rest.split_first_chunk::<2>()?;
                let size = usize::from(u16::from_be_bytes(*size));
                let (unit, tail) = tail.split_at_checked(size)?;
                *rest = tail;
                let (&head, body) = unit.split_first()?;
                Some(whole(head, body))
            }
        }
    }
}

fn whole(head: u8, body: &[u8]) -> Unit<'_> {
    Unit {
        head,
        body,
        starts: true,
        ends: true,
    }
}
