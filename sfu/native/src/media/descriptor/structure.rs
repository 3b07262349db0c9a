//! The templates that a keyframe brings, and the reading of a frame by them (A.8.2).

use super::super::rtp::Malformed;
use super::{Bits, Frame, LayerId, MAX_TARGETS, References};

const MAX_TEMPLATES: usize = 64;
const MAX_SPATIAL: u8 = 3;
const MAX_TEMPORAL: u8 = 7;

/// What the frames of one kind have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Template {
    pub layer: LayerId,
    pub indications: u32,
    pub references: References,
}

/// The kinds of frames of one stream.
#[derive(Debug, Clone)]
pub struct Structure {
    offset: u8,
    templates: [Template; MAX_TEMPLATES],
    template_count: usize,
    targets: [LayerId; MAX_TARGETS],
    target_count: u8,
    chains: u32,
    pub active: u16,
}

impl Default for Structure {
    fn default() -> Self {
        Self {
            offset: 0,
            templates: [Template::default(); MAX_TEMPLATES],
            template_count: 0,
            targets: [LayerId::default(); MAX_TARGETS],
            target_count: 0,
            chains: 0,
            active: 0,
        }
    }
}

impl Structure {
    /// Become the structure that this descriptor brings.
    ///
    /// # Errors
    /// When it is too short, or more than what is kept of it; then this is no structure any more.
    pub fn take_over(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut bits = Bits::new(bytes);
        bits.take(24 + 5)?;
        self.parse(&mut bits)
    }

    fn parse(&mut self, bits: &mut Bits) -> Result<(), Malformed> {
        self.offset = bits.small(6)?;
        let targets = bits.small(5)? + 1;
        if usize::from(targets) > MAX_TARGETS {
            return Err(Malformed::Length);
        }
        self.target_count = targets;
        let spatial = self.parse_layers(bits)?;
        for at in 0..self.template_count {
            self.templates[at].indications = self.parse_indications(bits)?;
        }
        for at in 0..self.template_count {
            let mut references = References::default();
            while bits.flag()? {
                references.push(u16::from(bits.small(4)?) + 1)?;
            }
            self.templates[at].references = references;
        }
        self.parse_chains(bits)?;
        self.place_targets();
        if bits.flag()? {
            for _ in 0..=spatial {
                bits.take(32)?;
            }
        }
        // All of them, until a frame says otherwise.
        self.active = u16::MAX >> (MAX_TARGETS - usize::from(targets));
        Ok(())
    }

    /// The layers of the templates; returns the highest spatial one.
    fn parse_layers(&mut self, bits: &mut Bits) -> Result<u8, Malformed> {
        let mut layer = LayerId::default();
        self.template_count = 0;
        loop {
            let place = self.templates.get_mut(self.template_count);
            place.ok_or(Malformed::Length)?.layer = layer;
            self.template_count += 1;
            match bits.take(2)? {
                0 => {}
                1 => layer.temporal += 1,
                2 => {
                    layer.spatial += 1;
                    layer.temporal = 0;
                }
                _ => return Ok(layer.spatial),
            }
            if layer.spatial > MAX_SPATIAL || layer.temporal > MAX_TEMPORAL {
                return Err(Malformed::Length);
            }
        }
    }

    fn parse_indications(&self, bits: &mut Bits) -> Result<u32, Malformed> {
        let mut indications = 0;
        for target in 0..self.target_count {
            indications |= bits.take(2)? << (2 * target);
        }
        Ok(indications)
    }

    /// Chains are walked over: what they protect is seen from the references.
    fn parse_chains(&mut self, bits: &mut Bits) -> Result<(), Malformed> {
        self.chains = bits.below(u32::from(self.target_count) + 1)?;
        if self.chains == 0 {
            return Ok(());
        }
        for _ in 0..self.target_count {
            bits.below(self.chains)?;
        }
        for _ in 0..self.template_count {
            for _ in 0..self.chains {
                bits.take(4)?;
            }
        }
        Ok(())
    }

    /// A decode target is of the highest layers of what it needs.
    fn place_targets(&mut self) {
        for target in 0..self.target_count {
            let mut highest = LayerId::default();
            for template in &self.templates[..self.template_count] {
                if template.indications >> (2 * target) & 3 != 0 {
                    highest.spatial = highest.spatial.max(template.layer.spatial);
                    highest.temporal = highest.temporal.max(template.layer.temporal);
                }
            }
            self.targets[usize::from(target)] = highest;
        }
    }

    /// Read one descriptor; `None` if its template is not of this structure.
    ///
    /// # Errors
    /// When it is too short or too long.
    pub fn read(&self, at: usize, bytes: &[u8]) -> Result<Option<Frame>, Malformed> {
        let mut bits = Bits::new(bytes);
        let (start, end) = (bits.flag()?, bits.flag()?);
        let template = bits.small(6)?;
        let number = u16::try_from(bits.take(16)?).unwrap_or(0);
        let at = u16::try_from(at).map_err(|_| Malformed::Length)?;
        let length = u8::try_from(bytes.len()).map_err(|_| Malformed::Length)?;
        let which = usize::from((template + 64 - self.offset) % 64);
        let Some(template) = self.templates[..self.template_count].get(which) else {
            return Ok(None);
        };
        let mut frame = Frame {
            at,
            length,
            number,
            start,
            end,
            structured: false,
            layer: template.layer,
            references: template.references,
            indications: template.indications,
            targets: self.targets,
            count: self.target_count,
            active: self.active,
        };
        if bytes.len() > super::MANDATORY {
            self.extend(&mut frame, &mut bits)?;
        }
        Ok(Some(frame))
    }

    /// The fields that not every descriptor has.
    fn extend(&self, frame: &mut Frame, bits: &mut Bits) -> Result<(), Malformed> {
        frame.structured = bits.flag()?;
        let names_active = bits.flag()?;
        let (indications, references) = (bits.flag()?, bits.flag()?);
        let chains = bits.flag()?;
        if frame.structured {
            // It may be an older one: only its length counts here.
            Self::default().parse(bits)?;
            frame.active = u16::MAX >> (MAX_TARGETS - usize::from(self.target_count));
        }
        if names_active {
            // The lowest bit is the first target's.
            let named = bits.take(u32::from(self.target_count))?;
            frame.active = u16::try_from(named).unwrap_or(0);
        }
        if indications {
            frame.indications = self.parse_indications(bits)?;
        }
        if references {
            frame.references = References::default();
            loop {
                let size = bits.take(2)?;
                if size == 0 {
                    break;
                }
                let distance = bits.take(4 * size)? + 1;
                frame
                    .references
                    .push(u16::try_from(distance).unwrap_or(u16::MAX))?;
            }
        }
        if chains {
            for _ in 0..self.chains {
                bits.take(8)?;
            }
        }
        Ok(())
    }
}
