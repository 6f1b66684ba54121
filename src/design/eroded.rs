//! A study whose solid a front moves into: where the front starts, and what it leaves.
//!
//! The front starts from the surface that faces open void. Caps, where the envelope cuts the solid, are no surface, for the
//! solid goes on beyond them; the walls of closed pores are not wetted. What lies deeper than the front is left, and has a
//! surface and distances of its own, sub-voxel as those before.

use std::borrow::Cow;

use super::solid::Solid;
use super::study::{CutPores, Study, facet_corner, negative, surface_of};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::labels::Labels;

/// A field that is negative in what a front at a depth leaves, from the distances to where it started.
///
/// # Errors
/// When it does not fit the memory budget.
pub fn moved_in(
    frame: &Frame,
    distances: &[f32],
    depth: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let mut values = limits.try_vec("the eroded solid", frame.len(), 0.0f32)?;
    let plane = frame.size[0] * frame.size[1];
    exec.chunks(&mut values, plane, |z, values| {
        for (value, old) in values.iter_mut().zip(&distances[plane * z..]) {
            *value = old + depth as f32;
        }
    });
    Ok(values)
}

impl Study<'_> {
    /// Signed distances to the surface without the caps where the envelope cuts the solid: what a front starts from.
    ///
    /// # Errors
    /// When they do not fit the memory budget.
    pub fn without_caps(&self, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, LimitError> {
        Ok(match self.uncapped(limits, exec)? {
            Cow::Borrowed(field) => field.values.clone(),
            Cow::Owned(field) => field.values,
        })
    }

    /// The distance field to the surface that faces open void: without caps, and without the walls of closed pores. 8 bytes
    /// a voxel where there may be any.
    ///
    /// # Errors
    /// When it does not fit the memory budget.
    pub fn uncapped(&self, limits: &Limits, exec: &Exec) -> Result<Cow<'_, DistanceField>, LimitError> {
        let frame = self.field.frame;
        let closed = self.closed(exec);
        let goes_on = matches!(self.cut, CutPores::Periodic | CutPores::Mirror);
        let mut surface: Vec<Facet> = match &self.design.solid {
            // There are no caps where solid goes on beyond the faces.
            Solid::Mesh(_) if goes_on && closed.is_empty() => return Ok(Cow::Borrowed(&self.field)),
            Solid::Mesh(mesh) => {
                let open = mesh.surface.iter().filter(|t| !self.envelope.body.holds_on_surface(t));
                open.map(|t| t.map(|v| facet_corner(&frame, &v))).collect()
            }
            Solid::Volume { .. } if closed.is_empty() => return Ok(Cow::Borrowed(&self.field)),
            Solid::Volume { .. } => self.field.surface.clone(),
        };
        if !closed.is_empty() {
            let origin = V3::from(frame.origin);
            surface.retain(|facet| !self.faces(&facet.map(|v| origin + V3::from(v.map(f64::from))), &closed));
        }
        if surface.is_empty() {
            return Ok(Cow::Borrowed(&self.field));
        }
        Ok(Cow::Owned(DistanceField::new(frame, self.field.border, surface, &self.solid, limits, exec)?))
    }

    /// The void that nothing from outside can reach.
    fn closed(&self, exec: &Exec) -> Mask {
        let open = self.field.border == Border::Open;
        let shell = if open { self.inside.rim() } else { Mask::empty(self.field.frame.size) };
        let labels = Labels::new(&self.void, Connectivity::Six, self.field.border, &[&shell], exec);
        labels.select(|c| c.touches == 0)
    }

    /// What is left of the solid when its open surface has moved inward; `None` where nothing is. `field` has the distances
    /// to that surface.
    ///
    /// # Errors
    /// When it does not fit the memory budget.
    pub fn eroded(
        &self,
        field: &DistanceField,
        depth: f64,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Option<Self>, LimitError> {
        let (frame, border) = (field.frame, field.border);
        let values = moved_in(&frame, &field.values, depth, limits, exec)?;
        let mut solid = negative(&frame, &values, exec);
        solid.intersect(&self.solid);
        // What the body cuts goes on beyond it.
        let surface = surface_of(&frame, &values, border, true, exec);
        if solid.is_empty() || surface.is_empty() {
            return Ok(None);
        }
        let (mut void, mut region) = (self.inside.clone(), self.region.clone());
        void.subtract(&solid);
        let mut freed = self.solid.clone();
        freed.subtract(&solid);
        region.unite(&freed);
        let mut field = DistanceField::new(frame, border, surface, &solid, limits, exec)?;
        field.slack = self.field.slack;
        Ok(Some(Self {
            design: self.design,
            envelope: self.envelope.clone(),
            cut: self.cut,
            field,
            blocks: None,
            inside: self.inside.clone(),
            solid,
            void,
            region,
        }))
    }
}
