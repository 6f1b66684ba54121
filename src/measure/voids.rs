//! Lists of parts of the void: closed pores, blind pores, places out of reach, chambers that hold powder.
//!
//! Each part is told by the centre and diameter of the largest sphere in it, its volume, and the diameter of the largest
//! sphere that gets there from outside. A *chamber holds powder* when fewer than two separate ways of at least the given
//! diameter lead out of it: taking away one window would shut it (see [`Network::dead_ends`]).
//!
//! 1 to 3 ns for each voxel of the parts; the network of pores takes 10 to 20 ns a voxel of void.

use super::access::Ways;
use super::details::{MOST_PLACES, Place, Places};
use super::figure::{Figure, Figures};
use super::survey::Needs;
use crate::design::{Finding, Severity, Solid, Study};
use crate::grid::{Connectivity, Mask};
use crate::mesh::solid::SolidMesh;
use crate::parallel::Exec;
use crate::units::{Length, Unit, significant};
use crate::voxel::labels::Labels;
use crate::voxel::network::{Network, Rule};

const MM3: f64 = 1e-9;

/// Void that counts as blind where it leads nowhere, as a share of all void, before it is worth a finding.
const WORTH: f64 = 1e-3;

/// Connected parts of the void, the largest first.
pub(super) struct Spots {
    /// Volume in µm³ and what is told of each.
    items: Vec<Place>,
}

impl Spots {
    /// The connected pieces of a set (6-connected); `width` is the radius of the largest sphere that gets to a voxel from
    /// outside, given the voxel and the radius of the sphere that fits there.
    pub(super) fn new(
        study: &Study<'_>,
        set: &Mask,
        reach: &[f32],
        width: impl Fn(usize, f32) -> f32,
        exec: &Exec,
    ) -> Self {
        let frame = study.frame();
        let labels = Labels::new(set, Connectivity::Six, study.field.border, &[], exec);
        // Deepest voxel with its radius, and the widest way to any voxel.
        let mut deepest = vec![(0usize, -1.0f32, 0.0f32); labels.components.len()];
        labels.runs(|component, y, z, from, to| {
            let held = &mut deepest[component];
            for x in from..to {
                let i = frame.index(x, y, z);
                if reach[i] > held.1 {
                    (held.0, held.1) = (i, reach[i]);
                }
                held.2 = held.2.max(width(i, reach[i]));
            }
        });
        let items = labels
            .components
            .iter()
            .zip(deepest)
            .map(|(component, (voxel, radius, way))| Place {
                at_um: frame.centre(frame.voxel(voxel)),
                volume_mm3: component.voxels as f64 * frame.voxel_volume() * MM3,
                sphere_um: 2.0 * f64::from(radius),
                throat_um: Some(2.0 * f64::from(way)),
            })
            .collect();
        Self::sorted(items)
    }

    fn sorted(mut items: Vec<Place>) -> Self {
        // A stable sort keeps those of one size in the order of their first voxel.
        items.sort_by(|a, b| b.volume_mm3.total_cmp(&a.volume_mm3));
        Self { items }
    }

    /// Those of at least this volume, in µm³.
    pub(super) fn at_least(mut self, volume: f64) -> Self {
        self.items.retain(|p| p.volume_mm3 >= volume * MM3);
        self
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Place> {
        self.items.iter()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.items.len()
    }

    /// Their volume in µm³.
    pub(super) fn volume(&self) -> f64 {
        self.items.iter().map(|p| p.volume_mm3).sum::<f64>() / MM3
    }

    /// The largest of them.
    pub(super) fn largest(&self) -> Option<&Place> {
        self.items.first()
    }

    /// The list for reports.
    pub(super) fn places(self, method: String) -> Places {
        let (count, volume_mm3) = (self.count(), self.volume() * MM3);
        let mut places = self.items;
        places.truncate(MOST_PLACES);
        Places { count, volume_mm3, method, places }
    }
}

/// A volume in µm³ for people.
pub(super) fn volume(um3: f64) -> String {
    format!("{} mm³", significant(um3 * MM3, 3))
}

/// `1 place`, `3 places`.
pub(super) fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Lists closed and blind pores; `through` is void that leads from side to side (with what it leads into).
pub(super) fn list(
    study: &Study<'_>,
    reach: &[f32],
    ways: &Ways,
    closed: &Mask,
    through: Option<&Mask>,
    exec: &Exec,
    out: &mut Figures,
) {
    if !closed.is_empty() {
        let (spots, how) = match &study.design.solid {
            Solid::Mesh(mesh)
                if study.decided_by_shells(mesh) && study.field.surface.len() == mesh.mesh.triangles.len() =>
            {
                (by_shells(study, mesh, closed, reach, exec), "volumes of the cavities' shells")
            }
            _ => (Spots::new(study, closed, reach, |_, _| 0.0, exec), "voxels, 6-connected"),
        };
        let method = format!("void that does not reach the envelope's boundary; {how}");
        out.details.voids.insert("closed".to_owned(), spots.places(method));
    }
    let Some(through) = through else { return };
    let mut blind = study.void.clone();
    blind.subtract(closed);
    blind.subtract(through);
    if blind.is_empty() {
        return;
    }
    // What is no larger than two voxels across is roughness of the grid.
    let least = 8.0 * study.frame().voxel_volume();
    let spots = Spots::new(study, &blind, reach, |i, w| ways.at(i, w), exec).at_least(least);
    let Some(largest) = spots.largest() else { return };
    let share = spots.volume() / (study.void.count() as f64 * study.frame().voxel_volume());
    if share >= WORTH {
        out.findings.push(
            Finding::new(
                "void.blind",
                Severity::Info,
                format!(
                    "{} of void in {} lead nowhere ({} % of it); the largest: {}, {} wide",
                    volume(spots.volume()),
                    many(spots.count(), "blind pore"),
                    significant(100.0 * share, 3),
                    volume(largest.volume_mm3 / MM3),
                    Length::from_um(largest.sphere_um),
                ),
            )
            .at(largest.at_um),
        );
    }
    let method = "void that reaches the envelope's boundary but leads through along no axis; pieces of 8 voxels or more \
                  (6-connected)";
    out.details.voids.insert("blind".to_owned(), spots.places(method.to_owned()));
}

/// Closed pores from the shells of a mesh, with the largest sphere in each from the voxels.
fn by_shells(study: &Study<'_>, mesh: &SolidMesh, closed: &Mask, reach: &[f32], exec: &Exec) -> Spots {
    let frame = study.frame();
    let shells = &mesh.shells.shells;
    let cavity = |triangle: u32| {
        let shell = mesh.shells.of_triangle.get(triangle as usize).map(|s| *s as usize)?;
        if shells[shell].volume < 0.0 { Some(shell) } else { shells[shell].parent }
    };
    // The wall nearest to a voxel says whose it is.
    let mut deepest: Vec<Option<(usize, f32)>> = vec![None; shells.len()];
    let labels = Labels::new(closed, Connectivity::Six, study.field.border, &[], exec);
    labels.runs(|_, y, z, from, to| {
        for i in frame.index(from, y, z)..frame.index(to - 1, y, z) + 1 {
            let Some(shell) = cavity(study.field.nearest[i]) else { continue };
            if deepest[shell].is_none_or(|(_, radius)| reach[i] > radius) {
                deepest[shell] = Some((i, reach[i]));
            }
        }
    });
    let islands = |cavity: usize| -> f64 {
        let inside = shells.iter().filter(|s| s.volume > 0.0 && s.parent == Some(cavity));
        inside.map(|s| s.volume).sum()
    };
    let cavities = shells.iter().enumerate().filter(|(_, shell)| shell.volume < 0.0);
    let items = cavities.map(|(s, shell)| {
        let volume = -shell.volume - islands(s);
        let middle = (shell.bounds.0 + shell.bounds.1) / 2.0;
        // A cavity that holds no voxel's centre: its box, and the sphere of its volume.
        let (at_um, sphere_um) = match deepest[s] {
            Some((voxel, radius)) => (frame.centre(frame.voxel(voxel)), 2.0 * f64::from(radius)),
            None => ([middle.x, middle.y, middle.z], (6.0 * volume / std::f64::consts::PI).cbrt()),
        };
        Place { at_um, volume_mm3: volume * MM3, sphere_um, throat_um: Some(0.0) }
    });
    Spots::sorted(items.collect())
}

/// Voxels across a way out below which its width is not to be trusted; of two values twice as many.
const ACROSS: f64 = 4.0;

/// Measures how much of the void lies in chambers that hold powder, for each diameter that is asked about.
pub(super) fn trapped(study: &Study<'_>, reach: &[f32], ways: &Ways, needs: &Needs, exec: &Exec, out: &mut Figures) {
    if needs.trapped.is_empty() {
        return;
    }
    let Ways::Outside(basins, _) = ways else {
        out.findings.push(Finding::new(
            "void.trapped",
            Severity::Warning,
            "powder and resin have no outside to leave an endless pattern by: measure the whole part".to_owned(),
        ));
        return;
    };
    let frame = study.frame();
    let rim = study.inside.rim();
    let network = Network::new(frame, study.field.border, reach, basins, &rim, Rule::of(frame), exec);
    let void = study.void.count() as f64;
    let share = |d: f64| {
        let dead = network.dead_ends((d / 2.0) as f32);
        network.pores.iter().zip(dead).filter(|(_, dead)| *dead).map(|(p, _)| p.voxels as f64).sum::<f64>() / void
    };
    for (id, d) in &needs.trapped {
        let doubt = needs.doubt.max(0.05) * frame.coarsest();
        let least = d * (1.0 - 1e-3);
        let floor = (share(least + doubt) - share(least - doubt)).abs() / 2.0;
        // Ways that the grid does not resolve are not known to be there: what would be trapped without them is left open.
        let coarse = ACROSS * if needs.doubt > 0.0 { 2.0 } else { 1.0 } * frame.coarsest();
        let floor = if least * 1.001 < coarse { floor.max((share(coarse) - share(least)).abs()) } else { floor };
        let method = format!(
            "share of void in chambers out of which fewer than two separate ways of {d:.0} µm or more lead; pores apart where \
             the pass is below 0.9 of the smaller one"
        );
        out.add(format!("interconnectivity.trapped_{id}"), Figure::new(share(least), Unit::One, method).floor(floor));
        let dead = network.dead_ends((least / 2.0) as f32);
        let held = network.pores.iter().zip(dead).filter(|(_, dead)| *dead).map(|(p, _)| Place {
            at_um: frame.centre(frame.voxel(p.peak)),
            volume_mm3: p.voxels as f64 * frame.voxel_volume() * MM3,
            sphere_um: 2.0 * f64::from(p.radius),
            throat_um: Some(2.0 * f64::from(ways.at(p.peak, p.radius))),
        });
        let spots = Spots::sorted(held.collect());
        let Some(largest) = spots.largest() else { continue };
        out.findings.push(
            Finding::new(
                "void.trapped",
                Severity::Warning,
                format!(
                    "powder or resin stays in {} ({}): fewer than two ways out of {} or more; the largest: {}, {} wide",
                    many(spots.count(), "chamber"),
                    volume(spots.volume()),
                    Length::from_um(*d),
                    volume(largest.volume_mm3 / MM3),
                    Length::from_um(largest.sphere_um),
                ),
            )
            .at(largest.at_um),
        );
        let method = format!("pores out of which fewer than two separate ways of {d:.0} µm or more lead");
        out.details.voids.insert(format!("trapped_{id}"), spots.places(method));
    }
}
