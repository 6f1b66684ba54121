//! What the pictures of a design are made from, prepared once: the block as fine as the page can bear, and its colours.
//!
//! Two bytes a sample: first all distances to the surface, then all diameters as bytes of the scale of their phase.
//! Packed by zlib, which every browser unpacks by itself. A block that stays too large, of a noisy scan say, is thinned.

use std::borrow::Cow;
use std::io::Write as _;

use super::scale::Scale;
use crate::picture::Block;
use crate::report::DesignEntry;

/// Bytes of packed data that a page may hold, for one design and for all: a third more in base64.
const MOST: (usize, usize) = (3_000_000, 24_000_000);

/// The pictures of a design.
pub(super) struct Shown<'a> {
    /// The block.
    pub block: Cow<'a, Block>,
    /// Colours of the void.
    pub pores: Option<Scale>,
    /// Colours of the solid.
    pub struts: Option<Scale>,
    /// The block as bytes, packed.
    pub packed: Vec<u8>,
}

impl<'a> Shown<'a> {
    /// Those of a design, one of so many on the page; `None` where it has no pictures.
    pub(super) fn of(design: &'a DesignEntry, designs: usize) -> Option<Self> {
        let block = design.picture.as_ref()?;
        let mut shown = Self {
            block: Cow::Borrowed(block),
            pores: Scale::of_pores(design, block),
            struts: Scale::of_struts(design, block),
            packed: Vec::new(),
        };
        shown.packed = shown.pack();
        let most = MOST.0.min(MOST.1 / designs.max(1));
        while shown.packed.len() > most && shown.block.frame.size.iter().all(|n| *n > 16) {
            shown.block = Cow::Owned(shown.block.thinned());
            shown.packed = shown.pack();
        }
        Some(shown)
    }

    fn pack(&self) -> Vec<u8> {
        let block = &self.block;
        let mut bytes: Vec<u8> = block.distance.iter().map(|d| d.to_ne_bytes()[0]).collect();
        bytes.extend(block.distance.iter().zip(&block.diameter).map(|(&distance, &diameter)| {
            let scale = if distance < 0 { &self.struts } else { &self.pores };
            if diameter < 0.0 { 0 } else { scale.as_ref().map_or(1, |s| s.byte(f64::from(diameter))) }
        }));
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        // Writing into memory cannot fail.
        let _ = packer.write_all(&bytes);
        packer.finish().unwrap_or_default()
    }
}
