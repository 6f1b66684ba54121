//! Signed distance from voxel centres to a surface of triangles, and the triangle that is nearest to each.
//!
//! 1. *Band.* Every voxel within 1.1 voxels of the surface gets its distance from the triangles themselves, and leaves
//!    the point of the surface that is closest to it as a site.
//! 2. *Spread.* The sites are points between voxels; their exact Euclidean distance transform, along x, then y, then z,
//!    gives every voxel its nearest site. Along a line each site is a parabola of squared distance, and the lower
//!    envelope of the parabolas says which is lowest where (Felzenszwalb & Huttenlocher 2012,
//!    doi:10.4086/toc.2012.v008a019; before them Meijster et al. 2000).
//! 3. *Distance.* The exact distance to the triangle of that site, negative inside.
//!
//! Differences from the paper: sites lie between voxels, so the parabolas' apices are sorted first (they are nearly in
//! order, by insertion), and what is kept is the site, not the value. Outside the band the nearest triangle can be
//! missed by a neighbour of it, for the sites lie about a voxel apart; the distance is then too long by a small part of
//! a voxel (tests: 0.013 voxel on average, 0.33 at the worst, far outside a ball; where the foot lies on the rim of its
//! triangle, the triangles of the neighbouring voxels are tried as well).
//!
//! Cost: O(band · triangles per voxel + voxels); 8 bytes a voxel, and 16 for each voxel of the band while it runs. On a
//! periodic frame all steps wrap round.

use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::mesh::closest::{Triangle, closest_point};
use crate::parallel::{Exec, rows_by_y};

/// Half-width of the band in voxels (of the coarsest spacing): wide enough that both ends of every grid edge that the
/// surface cuts lie in it.
const BAND: f64 = 1.1;

/// Planes of voxels handled at a time.
const SLAB: usize = 8;

/// No triangle yet.
const NONE: u32 = u32::MAX;

/// A triangle in µm from the centre of voxel (0, 0, 0).
pub type Facet = [[f32; 3]; 3];

/// Signed distances and nearest triangles.
#[derive(Clone, Debug)]
pub struct DistanceField {
    /// Where the voxels lie.
    pub frame: Frame,
    /// What lies beyond the frame.
    pub border: Border,
    /// Distance to the surface in µm: positive in void, negative in solid.
    pub values: Vec<f32>,
    /// Nearest triangle.
    pub nearest: Vec<u32>,
    /// The triangles.
    pub surface: Vec<Facet>,
    /// By how much in µm the surface may lie off where it had to be guessed, as between the voxels of two values; else 0.
    pub slack: f64,
}

impl DistanceField {
    /// Computes the field. `solid` holds the voxels inside; `surface` must not be empty.
    ///
    /// # Errors
    /// When the field does not fit the memory budget.
    pub fn new(
        frame: Frame,
        border: Border,
        surface: Vec<Facet>,
        solid: &Mask,
        limits: &Limits,
        exec: &Exec,
    ) -> Result<Self, LimitError> {
        let values = limits.try_vec("the distance field", frame.len(), f32::INFINITY)?;
        let nearest = limits.try_vec("the distance field", frame.len(), NONE)?;
        let mut field = Self { frame, border, values, nearest, surface, slack: 0.0 };
        field.band(exec);
        if field.nearest.iter().all(|t| *t == NONE) {
            field.seen_from_afar();
        }
        let sites = field.sites(limits, exec)?;
        field.spread(&sites, exec);
        drop(sites);
        field.measure(solid, limits, exec)?;
        Ok(field)
    }

    /// Frees the nearest triangles, 4 bytes a voxel: feet and ridges can be found no more.
    pub fn forget_nearest(&mut self) {
        self.nearest = Vec::new();
    }

    /// Centre of a voxel in µm from the centre of voxel (0, 0, 0).
    #[must_use]
    #[inline]
    pub fn local(&self, [x, y, z]: [usize; 3]) -> V3 {
        let s = self.frame.spacing;
        V3::new(x as f64 * s[0], y as f64 * s[1], z as f64 * s[2])
    }

    /// The point of a triangle closest to `p`, both in µm from the centre of voxel (0, 0, 0); on a periodic frame, of
    /// the nearest image of the triangle.
    #[must_use]
    #[inline]
    pub fn foot(&self, triangle: u32, p: &V3) -> V3 {
        closest_point(p, &self.image(triangle, p))
    }

    /// The corners of a triangle; on a periodic frame, of the image nearest to `p`.
    #[must_use]
    #[inline]
    pub fn image(&self, triangle: u32, p: &V3) -> [V3; 3] {
        let f = &self.surface[triangle as usize];
        let corner = |k: usize| V3::new(f64::from(f[k][0]), f64::from(f[k][1]), f64::from(f[k][2]));
        let corners = [corner(0), corner(1), corner(2)];
        if self.border == Border::Open {
            return corners;
        }
        let extent = self.frame.extent();
        let middle = (corners[0] + corners[1] + corners[2]) / 3.0;
        let shift = V3::from_fn(|a, _| extent[a] * whole((p[a] - middle[a]) / extent[a]));
        corners.map(|c| c + shift)
    }

    /// Where no surface comes near the grid, the triangle nearest to its middle stands for all of it.
    fn seen_from_afar(&mut self) {
        let middle = self.frame.size.map(|n| n / 2);
        let p = self.local(middle);
        let all = (0..self.surface.len() as u32).map(|t| ((self.foot(t, &p) - p).norm_squared(), t));
        let nearest = all.min_by(|a, b| a.0.total_cmp(&b.0));
        let i = self.frame.index(middle[0], middle[1], middle[2]);
        if let (Some((squared, t)), Some(value)) = (nearest, self.values.get_mut(i)) {
            self.nearest[i] = t;
            *value = squared as f32;
        }
    }

    fn band(&mut self, exec: &Exec) {
        let Frame { size: [nx, ny, nz], spacing: h, .. } = self.frame;
        let width = BAND * self.frame.coarsest();
        let slabs = nz.div_ceil(SLAB);
        let mut lists: Vec<Vec<(u32, [i8; 3])>> = vec![Vec::new(); slabs];
        let extent = self.frame.extent();
        for (t, facet) in self.surface.iter().enumerate() {
            let images: &[i8] = if self.border == Border::Periodic { &[-1, 0, 1] } else { &[0] };
            for &iz in images {
                let Some((z0, z1)) = reach(facet, 2, f64::from(iz) * extent[2], width, h[2], nz) else { continue };
                for &iy in images {
                    for &ix in images {
                        let shift = [f64::from(ix) * extent[0], f64::from(iy) * extent[1]];
                        if reach(facet, 0, shift[0], width, h[0], nx).is_none()
                            || reach(facet, 1, shift[1], width, h[1], ny).is_none()
                        {
                            continue;
                        }
                        for list in &mut lists[z0 / SLAB..=z1 / SLAB] {
                            list.push((t as u32, [ix, iy, iz]));
                        }
                    }
                }
            }
        }
        let surface = &self.surface;
        let pieces: Vec<(&mut [f32], &mut [u32])> =
            self.values.chunks_mut(nx * ny * SLAB).zip(self.nearest.chunks_mut(nx * ny * SLAB)).collect();
        exec.for_each(pieces, |slab, (squared, nearest)| {
            for &(t, image) in &lists[slab] {
                let facet = &surface[t as usize];
                let shift: [f64; 3] = std::array::from_fn(|a| f64::from(image[a]) * extent[a]);
                let corners = facet.map(|c| V3::from_fn(|a, _| f64::from(c[a]) + shift[a]));
                let (Some((x0, x1)), Some((y0, y1)), Some((z0, z1))) = (
                    reach(facet, 0, shift[0], width, h[0], nx),
                    reach(facet, 1, shift[1], width, h[1], ny),
                    reach(facet, 2, shift[2], width, h[2], nz),
                ) else {
                    continue;
                };
                let normal = (corners[1] - corners[0]).cross(&(corners[2] - corners[0]));
                let length = normal.norm();
                let normal = if length > 0.0 { normal / length } else { V3::zeros() };
                let middle = (corners[0] + corners[1] + corners[2]) / 3.0;
                let triangle = Triangle::new(corners);
                let radius = corners.iter().map(|c| (c - middle).norm_squared()).fold(0.0, f64::max).sqrt();
                for z in z0.max(slab * SLAB)..=z1.min(slab * SLAB + SLAB - 1) {
                    for y in y0..=y1 {
                        // Only where the row runs within the band of the triangle's plane.
                        let start = V3::new(0.0, y as f64 * h[1], z as f64 * h[2]);
                        let height = normal.dot(&(start - corners[0]));
                        let (mut from, mut to) = (x0, x1);
                        if normal.x.abs() * (x1 - x0) as f64 * h[0] > width {
                            let (a, b) = ((-width - height) / normal.x, (width - height) / normal.x);
                            from = from.max((a.min(b) / h[0]).ceil().max(0.0) as usize);
                            to = to.min((a.max(b) / h[0]).floor().max(-1.0) as usize);
                            if a.max(b) < 0.0 {
                                continue;
                            }
                        } else if height.abs() > width + normal.x.abs() * x1 as f64 * h[0] {
                            continue;
                        }
                        let row = nx * (y + ny * (z - slab * SLAB));
                        for x in from..=to.min(x1) {
                            let p = V3::new(x as f64 * h[0], start.y, start.z);
                            // No closer than its plane, and within the plane than the circle round its corners.
                            let plane = (height + normal.x * p.x).powi(2);
                            let rest = f64::from(squared[row + x]).min(width * width) - plane;
                            if rest < 0.0 || (p - middle).norm_squared() - plane > (radius + rest.sqrt()).powi(2) {
                                continue;
                            }
                            let d = (p - triangle.closest(&p)).norm_squared();
                            if d <= width * width && (d as f32) < squared[row + x] {
                                squared[row + x] = d as f32;
                                nearest[row + x] = t;
                            }
                        }
                    }
                }
            }
        });
    }

    /// The closest points of the surface to the voxels of the band; `nearest` then numbers them.
    fn sites(&mut self, limits: &Limits, exec: &Exec) -> Result<Sites, LimitError> {
        let [nx, ny, nz] = self.frame.size;
        let plane = nx * ny;
        let mut nearest = std::mem::take(&mut self.nearest);
        let counts = exec.map(nz, |z| nearest[z * plane..(z + 1) * plane].iter().filter(|t| **t != NONE).count());
        let all = counts.iter().sum();
        let mut sites = Sites {
            at: limits.try_vec("the sites of the distance field", all, [0.0; 3])?,
            triangle: limits.try_vec("the sites of the distance field", all, NONE)?,
        };
        let (mut at, mut triangle) = (&mut sites.at[..], &mut sites.triangle[..]);
        let mut first = 0;
        let mut pieces = Vec::with_capacity(nz);
        for (nearest, count) in nearest.chunks_mut(plane.max(1)).zip(counts) {
            let (a, b) = (at.split_at_mut(count), triangle.split_at_mut(count));
            (at, triangle) = (a.1, b.1);
            pieces.push((nearest, a.0, b.0, first));
            first += count;
        }
        let this = &*self;
        exec.for_each(pieces, |z, (nearest, at, triangle, first)| {
            for (k, (i, t)) in nearest.iter_mut().enumerate().filter(|(_, t)| **t != NONE).enumerate() {
                let foot = this.foot(*t, &this.local([i % nx, i / nx, z]));
                at[k] = [foot.x as f32, foot.y as f32, foot.z as f32];
                triangle[k] = *t;
                *t = (first + k) as u32;
            }
        });
        self.nearest = nearest;
        Ok(sites)
    }

    /// Gives every voxel the triangle of its nearest site.
    fn spread(&mut self, sites: &Sites, exec: &Exec) {
        let [nx, ny, _] = self.frame.size;
        let mut nearest = std::mem::take(&mut self.nearest);
        let this = &*self;
        exec.chunks(&mut nearest, nx * ny, |z, plane| {
            let mut line = Line::new(this, sites);
            for y in 0..ny {
                let row = &mut plane[y * nx..(y + 1) * nx];
                line.load(0, row.iter().copied(), [0, y, z]);
                line.envelope(|x, site| row[x] = site);
            }
            for x in 0..nx {
                line.load(1, plane[x..].iter().step_by(nx).copied(), [x, 0, z]);
                line.envelope(|y, site| plane[x + nx * y] = site);
            }
        });
        exec.for_each(rows_by_y(&mut nearest, nx, ny), |y, mut rows| {
            let mut line = Line::new(this, sites);
            for x in 0..nx {
                line.load(2, rows.iter().map(|row| row[x]), [x, y, 0]);
                line.envelope(|z, site| rows[z][x] = sites.triangle[site as usize]);
            }
        });
        self.nearest = nearest;
    }

    /// Turns squares in the band into signed distances everywhere.
    fn measure(&mut self, solid: &Mask, limits: &Limits, exec: &Exec) -> Result<(), LimitError> {
        let [nx, ny, _] = self.frame.size;
        let mut values = std::mem::take(&mut self.values);
        let mut nearest = limits.try_vec("the distance field", values.len(), NONE)?;
        let this = &*self;
        let pieces: Vec<(&mut [f32], &mut [u32])> =
            values.chunks_mut(nx * ny).zip(nearest.chunks_mut(nx * ny)).collect();
        exec.for_each(pieces, |z, (values, nearest)| {
            for y in 0..ny {
                for x in 0..nx {
                    let i = this.frame.index(x, y, z);
                    let value = &mut values[x + nx * y];
                    let (t, d) = if value.is_finite() {
                        (this.nearest[i], value.sqrt())
                    } else {
                        this.nearest_of_neighbours([x, y, z], i, &nearest[..x + nx * y])
                    };
                    nearest[x + nx * y] = t;
                    *value = if solid.get(x, y, z) { -d } else { d };
                }
            }
        });
        self.values = values;
        self.nearest = nearest;
        Ok(())
    }

    /// The voxel's own triangle and its distance; where its closest point lies on its rim, the nearest of those that the
    /// neighbours across the faces know as well, the ones of its plane that come before it from what was found for them
    /// (`done`).
    #[inline]
    fn nearest_of_neighbours(&self, voxel: [usize; 3], i: usize, done: &[u32]) -> (u32, f32) {
        let p = self.local(voxel);
        let own = self.nearest[i];
        let corners = self.image(own, &p);
        let foot = closest_point(&p, &corners);
        let mut best = (own, (p - foot).norm_squared());
        // A foot within the triangle is the end of the perpendicular: along both edges from a corner.
        let off = p - foot;
        let (u, v) = (corners[1] - corners[0], corners[2] - corners[0]);
        let slack = 1e-6 * best.1;
        if off.dot(&u).powi(2) > slack * u.norm_squared() || off.dot(&v).powi(2) > slack * v.norm_squared() {
            let [nx, ny, nz] = self.frame.size;
            let [x, y, z] = voxel;
            let at = done.len();
            let known = [
                if x > 0 { done[at - 1] } else { own },
                if y > 0 { done[at - nx] } else { own },
                if x + 1 < nx { self.nearest[i + 1] } else { own },
                if y + 1 < ny { self.nearest[i + nx] } else { own },
                if z > 0 { self.nearest[i - nx * ny] } else { own },
                if z + 1 < nz { self.nearest[i + nx * ny] } else { own },
            ];
            for (k, &t) in known.iter().enumerate() {
                if t != own && !known[..k].contains(&t) {
                    let d = (p - closest_point(&p, &self.image(t, &p))).norm_squared();
                    if d < best.1 || (d == best.1 && t < best.0) {
                        best = (t, d);
                    }
                }
            }
        }
        (best.0, best.1.sqrt() as f32)
    }
}

/// Points of the surface: the closest ones to the voxels of the band.
struct Sites {
    /// Where they are, in µm from the centre of voxel (0, 0, 0).
    at: Vec<[f32; 3]>,
    /// Their triangles.
    triangle: Vec<u32>,
}

/// The voxels along an axis that lie within `width` of a triangle moved by `shift`, both included.
fn reach(facet: &Facet, axis: usize, shift: f64, width: f64, h: f64, n: usize) -> Option<(usize, usize)> {
    let c = facet.map(|c| f64::from(c[axis]));
    let low = (c[0].min(c[1]).min(c[2]) + shift - width) / h;
    let high = (c[0].max(c[1]).max(c[2]) + shift + width) / h;
    if high < 0.0 || n == 0 {
        return None;
    }
    // Rounded by hand: on processors without the instruction `ceil` and `floor` are calls.
    let whole = low.max(0.0) as usize;
    let (low, high) = (whole + usize::from((whole as f64) < low), (high as usize).min(n - 1));
    (low <= high).then_some((low, high))
}

/// A site as a line sees it: the apex of its parabola, and the height there.
#[derive(Clone, Copy)]
struct Parabola {
    apex: f64,
    height: f64,
    site: u32,
}

/// Scratch for the lower envelope of one line.
struct Line<'a> {
    sites: &'a Sites,
    spacing: [f64; 3],
    /// Extent of the frame along each axis when it is periodic.
    wrap: Option<[f64; 3]>,
    parabolas: Vec<Parabola>,
    /// Room for their images in the periods before and after.
    images: Vec<Parabola>,
    /// The envelope: parabolas and where each becomes the lowest.
    hull: Vec<(Parabola, f64)>,
    /// Number of voxels, and their spacing.
    len: usize,
    step: f64,
}

impl<'a> Line<'a> {
    fn new(field: &DistanceField, sites: &'a Sites) -> Self {
        Self {
            sites,
            spacing: field.frame.spacing,
            wrap: (field.border == Border::Periodic).then(|| field.frame.extent()),
            parabolas: Vec::new(),
            images: Vec::new(),
            hull: Vec::new(),
            len: 0,
            step: 1.0,
        }
    }

    /// Takes the sites that the voxels of a line along `axis` know; `start` is its first voxel.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "once for each axis, in the innermost loops")]
    fn load(&mut self, axis: usize, known: impl ExactSizeIterator<Item = u32>, start: [usize; 3]) {
        self.parabolas.clear();
        self.len = known.len();
        self.step = self.spacing[axis];
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        let (at_b, at_c) = (start[b] as f64 * self.spacing[b], start[c] as f64 * self.spacing[c]);
        let mut last = NONE;
        for site in known {
            if site == NONE || site == last {
                continue;
            }
            last = site;
            let point = &self.sites.at[site as usize];
            let (mut db, mut dc) = (f64::from(point[b]) - at_b, f64::from(point[c]) - at_c);
            if let Some(extent) = self.wrap {
                db -= extent[b] * whole(db / extent[b]);
                dc -= extent[c] * whole(dc / extent[c]);
            }
            let new = Parabola { apex: f64::from(point[axis]), height: db * db + dc * dc, site };
            insert(&mut self.parabolas, new);
        }
        if let Some(extent) = self.wrap {
            let extent = extent[axis];
            // Images further than half a period from the line are never the nearest.
            let (low, high) = (-0.5 * extent - self.step, 1.5 * extent + self.step);
            self.images.clear();
            for shift in [-extent, 0.0, extent] {
                for parabola in &self.parabolas {
                    let apex = parabola.apex + shift;
                    if low <= apex && apex <= high {
                        insert(&mut self.images, Parabola { apex, ..*parabola });
                    }
                }
            }
            std::mem::swap(&mut self.parabolas, &mut self.images);
        }
    }

    /// Hands every voxel of the line the site of the lowest parabola.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "once for each axis, in the innermost loops")]
    fn envelope(&mut self, mut assign: impl FnMut(usize, u32)) {
        self.hull.clear();
        'sites: for &new in &self.parabolas {
            let mut from = f64::NEG_INFINITY;
            while let Some(&(top, start)) = self.hull.last() {
                let apart = new.apex - top.apex;
                if apart <= 0.0 {
                    // The same apex: the lower one came first.
                    continue 'sites;
                }
                let meet = 0.5 * (new.apex + top.apex + (new.height - top.height) / apart);
                if meet > start {
                    from = meet;
                    break;
                }
                self.hull.pop();
            }
            self.hull.push((new, from));
        }
        let mut hull = self.hull.iter().peekable();
        let Some(mut now) = hull.next() else { return };
        for i in 0..self.len {
            let at = i as f64 * self.step;
            while let Some(next) = hull.next_if(|next| next.1 <= at) {
                now = next;
            }
            assign(i, now.0.site);
        }
    }
}

/// The whole number nearest to a small one. By rounding of a sum, for on processors without the instruction `round` is a
/// call.
#[inline]
fn whole(x: f64) -> f64 {
    const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;
    (x + SHIFT) - SHIFT
}

/// Puts a parabola behind those with a smaller apex.
#[inline]
fn insert(parabolas: &mut Vec<Parabola>, new: Parabola) {
    let before = |a: &Parabola, b: &Parabola| match a.apex.total_cmp(&b.apex) {
        std::cmp::Ordering::Equal => (a.height, a.site) < (b.height, b.site),
        order => order.is_lt(),
    };
    parabolas.push(new);
    let mut k = parabolas.len() - 1;
    while k > 0 && before(&new, &parabolas[k - 1]) {
        parabolas[k] = parabolas[k - 1];
        k -= 1;
    }
    parabolas[k] = new;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::{Mesh, shapes};
    use crate::voxel::inside::inside;

    fn field(mesh: &Mesh, frame: Frame, border: Border, threads: usize) -> DistanceField {
        let exec = Exec::silent(threads).unwrap();
        let solid = inside(&frame, mesh, true, &exec);
        DistanceField::new(frame, border, facets(mesh, &frame), &solid, &Limits { memory: 1 << 30 }, &exec).unwrap()
    }

    fn facets(mesh: &Mesh, frame: &Frame) -> Vec<Facet> {
        let corner = |v: V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
        (0..mesh.triangles.len()).map(|t| mesh.corners(t).map(corner)).collect()
    }

    /// Mean and greatest error against the distance to every triangle.
    fn errors(field: &DistanceField, images: bool) -> (f64, f64) {
        let extent = field.frame.extent();
        let shifts: &[f64] = if images { &[-1.0, 0.0, 1.0] } else { &[0.0] };
        let (mut sum, mut worst) = (0.0, 0.0f64);
        for i in 0..field.frame.len() {
            let p = field.local(field.frame.voxel(i));
            let mut truth = f64::MAX;
            for facet in &field.surface {
                for &x in shifts {
                    for &y in shifts {
                        for &z in shifts {
                            let s = V3::new(x * extent[0], y * extent[1], z * extent[2]);
                            let c = facet.map(|c| V3::from_fn(|a, _| f64::from(c[a]) + s[a]));
                            truth = truth.min((closest_point(&p, &c) - p).norm());
                        }
                    }
                }
            }
            let error = f64::from(field.values[i].abs()) - truth;
            assert!(error > -1e-4, "never too short: {error}");
            sum += error;
            worst = worst.max(error);
        }
        (sum / field.frame.len() as f64, worst)
    }

    #[test]
    fn distances_agree_with_the_distance_to_every_triangle() {
        let spacings = [[1.0, 1.0, 1.0], [0.8, 1.3, 1.0]];
        let meshes = [
            shapes::sphere([14.2, 15.1, 13.7], 6.3, 12),
            shapes::sphere([14.2, 15.1, 13.7], 6.3, 40),
            shapes::join(&[
                shapes::cuboid([3.3, 4.1, 2.2], [9.9, 21.0, 8.6]),
                shapes::cuboid([15.2, 3.0, 4.0], [22.4, 9.1, 25.3]),
                shapes::sphere([18.0, 19.5, 12.0], 4.2, 9),
            ]),
        ];
        for spacing in spacings {
            for mesh in &meshes {
                let frame = Frame { size: [31, 25, 29], spacing, origin: [0.25, -0.5, 0.125] };
                let (mean, worst) = errors(&field(mesh, frame, Border::Open, 2), false);
                assert!(mean < 0.018 && worst < 0.35, "{spacing:?}: mean {mean}, worst {worst}");
            }
        }
    }

    #[test]
    fn a_periodic_field_sees_the_images() {
        let mesh = shapes::sphere([3.0, 10.0, 16.0], 2.5, 9);
        let frame = Frame { size: [19, 20, 18], spacing: [1.0; 3], origin: [0.5; 3] };
        let (mean, worst) = errors(&field(&mesh, frame, Border::Periodic, 2), true);
        assert!(mean < 0.018 && worst < 0.35, "mean {mean}, worst {worst}");
    }

    #[test]
    fn a_surface_beyond_the_grid_is_found() {
        let mesh = shapes::sphere([40.0, 4.0, 5.0], 7.0, 9);
        let frame = Frame { size: [9, 7, 8], spacing: [1.0, 1.5, 1.0], origin: [0.0; 3] };
        let corner = |v: V3| std::array::from_fn(|a| v[a] as f32);
        let facets: Vec<Facet> = (0..mesh.triangles.len()).map(|t| mesh.corners(t).map(corner)).collect();
        let (exec, limits) = (Exec::silent(2).unwrap(), Limits { memory: 1 << 30 });
        let field = DistanceField::new(frame, Border::Open, facets, &Mask::empty(frame.size), &limits, &exec).unwrap();
        for i in 0..frame.len() {
            let p = field.local(frame.voxel(i));
            let truth =
                (0..field.surface.len() as u32).map(|t| (field.foot(t, &p) - p).norm()).fold(f64::MAX, f64::min);
            // That triangle may be the next but few to the nearest.
            let value = f64::from(field.values[i]);
            assert!(value >= truth * (1.0 - 1e-6) && value <= truth + 1.0, "{value} {truth}");
        }
    }

    #[test]
    fn threads_change_nothing() {
        let mesh = shapes::sphere([9.0, 10.0, 11.0], 5.0, 10);
        let frame = Frame { size: [22, 20, 23], spacing: [1.0, 0.9, 1.1], origin: [0.0; 3] };
        let (a, b) = (field(&mesh, frame, Border::Open, 1), field(&mesh, frame, Border::Open, 3));
        assert_eq!(a.values, b.values);
        assert_eq!(a.nearest, b.nearest);
    }
}
