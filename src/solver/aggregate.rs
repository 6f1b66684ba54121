//! Coarse levels for a [`Conductor`]: voxels that conduct to each other within blocks of 2 × 2 × 2 become one unknown, and
//! so on until few are left.
//!
//! Voxels of one block on two sides of a wall stay apart, at every level: what does not conduct is never averaged, however
//! thin the wall. The coarse operator is the fine one with the members of an aggregate held equal (Galerkin, piecewise
//! constant), so it is again one of conductances and losses; from the first coarse level on it is stored as a graph.
//! About 9 bytes a voxel in all, 4 of them the aggregate of each voxel.
//!
//! Method: plain aggregation; Notay, *An aggregation-based algebraic multigrid method*, ETNA 37 (2010) 123–146.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::conductor::Conductor;
use crate::parallel::Exec;

/// No aggregate: the voxel takes no part.
pub const NONE: u32 = u32::MAX;

/// Conductance, against the lesser of the two diagonals, below which neighbours are not joined.
const WEAK: f32 = 0.03;

/// Unknowns that are few enough to be solved for directly.
const FEW: usize = 400;

/// A level as a graph.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// First link of each unknown; one more at the end.
    pub start: Vec<u32>,
    /// Unknown that the link leads to, and its conductance.
    pub links: Vec<(u32, f32)>,
    /// Sum of conductances and losses.
    pub diagonal: Vec<f32>,
    /// Loss of each unknown.
    loss: Vec<f32>,
    /// Block that the unknown lies in.
    block: Vec<[u16; 3]>,
    /// Unknown of the next level; empty on the last.
    pub parent: Vec<u32>,
    /// First child of each unknown of the next level, and the children.
    pub children: (Vec<u32>, Vec<u32>),
}

/// All levels.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    /// Unknown of the first graph for each voxel, [`NONE`] where it takes no part.
    pub aggregate: Vec<u32>,
    /// First unknown of each two planes of voxels; one more at the end.
    pub slabs: Vec<u32>,
    /// The graphs, from fine to coarse.
    pub graphs: Vec<Graph>,
    /// The last graph, factorised; `None` where it is still large.
    pub last: Option<Last>,
}

/// The last level, to be solved directly.
#[derive(Clone, Debug)]
pub struct Last {
    factors: Cholesky<f64, Dyn>,
    /// Parts without any loss, which are known up to a constant only.
    floating: Vec<Vec<u32>>,
}

/// Aggregates of one slab of two planes.
#[derive(Default)]
struct Slab {
    /// For each voxel of the slab its aggregate, counted from the slab's first.
    member: Vec<u32>,
    block: Vec<[u16; 3]>,
}

/// Links of the aggregates of one slab, one after another, and how many each has.
#[derive(Default)]
struct Links {
    links: Vec<(u32, f32)>,
    counts: Vec<u32>,
    loss: Vec<f32>,
}

impl Hierarchy {
    /// Builds the levels.
    #[must_use]
    pub fn new(fine: &Conductor, exec: &Exec) -> Self {
        let (aggregate, slabs, mut graph) = first(fine, exec);
        let mut graphs = Vec::new();
        while graph.diagonal.len() > FEW {
            let Some(next) = coarser(&mut graph) else { break };
            graphs.push(graph);
            graph = next;
        }
        let last = (graph.diagonal.len() <= 4 * FEW).then(|| Last::new(&graph)).flatten();
        graphs.push(graph);
        Self { aggregate, slabs, graphs, last }
    }

    /// Values of the unknowns of the first graph, parted by slabs of two planes of voxels.
    #[must_use]
    pub fn slabs_of<'a>(&self, values: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        let mut rest = values;
        let mut parts = Vec::with_capacity(self.slabs.len());
        for s in self.slabs.windows(2) {
            let (part, more) = rest.split_at_mut((s[1] - s[0]) as usize);
            parts.push(part);
            rest = more;
        }
        parts
    }
}

/// The root of an item in a forest.
fn root(of: &[u8; 8], mut k: u8) -> u8 {
    while of[usize::from(k)] != k {
        k = of[usize::from(k)];
    }
    k
}

/// The aggregates of voxels and their graph.
fn first(fine: &Conductor, exec: &Exec) -> (Vec<u32>, Vec<u32>, Graph) {
    let [nx, ny, nz] = fine.size;
    let plane = nx * ny;
    let d = &fine.diagonal;
    let parts = exec.map(nz.div_ceil(2), |s| {
        let deep = (nz - 2 * s).min(2);
        let mut slab = Slab { member: vec![NONE; deep * plane], block: Vec::new() };
        for by in 0..ny.div_ceil(2) {
            for bx in 0..nx.div_ceil(2) {
                let voxel = |k: u8| {
                    let (x, y, z) =
                        (2 * bx + usize::from(k & 1), 2 * by + usize::from(k >> 1 & 1), usize::from(k >> 2));
                    (x < nx && y < ny && z < deep).then(|| x + nx * y + plane * (2 * s + z))
                };
                let mut of: [u8; 8] = std::array::from_fn(|k| k as u8);
                for k in 0..8u8 {
                    let Some(i) = voxel(k).filter(|i| d[*i] > 0.0) else { continue };
                    for a in 0..3 {
                        if k >> a & 1 == 1 {
                            continue;
                        }
                        let other = k | 1 << a;
                        let Some(j) = voxel(other) else { continue };
                        let g = fine.weight[a] / 255.0 * f32::from(fine.faces[a][i]);
                        if g > 0.0 && g >= WEAK * d[i].min(d[j]) {
                            let (p, q) = (root(&of, k), root(&of, other));
                            of[usize::from(p.max(q))] = p.min(q);
                        }
                    }
                }
                let mut id = [NONE; 8];
                for k in 0..8u8 {
                    let Some(i) = voxel(k).filter(|i| d[*i] > 0.0) else { continue };
                    let r = usize::from(root(&of, k));
                    if id[r] == NONE {
                        id[r] = slab.block.len() as u32;
                        slab.block.push([bx as u16, by as u16, s as u16]);
                    }
                    slab.member[i - plane * 2 * s] = id[r];
                }
            }
        }
        slab
    });
    let mut slabs = vec![0u32];
    for part in &parts {
        slabs.push(slabs[slabs.len() - 1] + part.block.len() as u32);
    }
    let count = slabs[parts.len()] as usize;
    let mut aggregate = Vec::with_capacity(nz * plane);
    let mut block = Vec::with_capacity(count);
    for (part, first) in parts.into_iter().zip(&slabs) {
        aggregate.extend(part.member.iter().map(|m| if *m == NONE { NONE } else { m + first }));
        block.extend(part.block);
    }
    let links = exec.map(slabs.len() - 1, |s| {
        let mut flat = Links::default();
        let (mut of, mut sum): ([Vec<(u32, f32)>; 8], [f32; 8]) = Default::default();
        for by in 0..ny.div_ceil(2) {
            for bx in 0..nx.div_ceil(2) {
                // The aggregates of a block are numbered as its voxels come.
                let (mut base, mut used) = (NONE, 0);
                for k in 0..8 {
                    let [x, y, z] = [2 * bx + (k & 1), 2 * by + (k >> 1 & 1), 2 * s + (k >> 2)];
                    if x >= nx || y >= ny || z >= nz {
                        continue;
                    }
                    let i = x + nx * y + plane * z;
                    let here = aggregate[i];
                    if here == NONE {
                        continue;
                    }
                    base = base.min(here);
                    let own = (here - base) as usize;
                    if own == used {
                        of[own].clear();
                        (sum[own], used) = (0.0, used + 1);
                    }
                    for (j, g) in fine.links(i) {
                        if g > 0.0 && aggregate[j] != here {
                            join(&mut of[own], aggregate[j], g);
                        }
                    }
                    sum[own] += fine.loss(i);
                }
                for own in 0..used {
                    flat.links.extend_from_slice(&of[own]);
                    flat.counts.push(of[own].len() as u32);
                    flat.loss.push(sum[own]);
                }
            }
        }
        flat
    });
    let mut graph = Graph { start: vec![0], block, ..Graph::default() };
    // Room for no more than there are: they are the most of what the levels take.
    graph.links.reserve_exact(links.iter().map(|flat| flat.links.len()).sum());
    graph.start.reserve_exact(count);
    for flat in links {
        let mut rest = &flat.links[..];
        for (n, loss) in flat.counts.iter().zip(&flat.loss) {
            let (links, more) = rest.split_at(*n as usize);
            graph.push(links, *loss);
            rest = more;
        }
    }
    graph.settle();
    (aggregate, slabs, graph)
}

fn join(links: &mut Vec<(u32, f32)>, to: u32, g: f32) {
    match links.iter_mut().find(|l| l.0 == to) {
        Some(link) => link.1 += g,
        None => links.push((to, g)),
    }
}

impl Graph {
    fn push(&mut self, links: &[(u32, f32)], loss: f32) {
        self.loss.push(loss);
        self.diagonal.push(links.iter().map(|l| l.1).sum::<f32>() + loss);
        self.links.extend_from_slice(links);
        self.start.push(self.links.len() as u32);
    }

    /// Gives back the room that its lists do not need.
    fn settle(&mut self) {
        self.start.shrink_to_fit();
        self.links.shrink_to_fit();
        self.diagonal.shrink_to_fit();
        self.loss.shrink_to_fit();
        self.block.shrink_to_fit();
    }

    /// The links of an unknown.
    #[must_use]
    pub fn of(&self, i: usize) -> &[(u32, f32)] {
        &self.links[self.start[i] as usize..self.start[i + 1] as usize]
    }

    /// Entry i of A·u.
    #[must_use]
    pub fn entry(&self, u: &[f32], i: usize) -> f32 {
        self.diagonal[i] * u[i] - self.of(i).iter().map(|(j, g)| g * u[*j as usize]).sum::<f32>()
    }
}

/// The next level; `None` where joining gains nothing any more.
fn coarser(graph: &mut Graph) -> Option<Graph> {
    let n = graph.diagonal.len();
    let up = |b: [u16; 3]| b.map(|v| v >> 1);
    let mut order: Vec<u32> = (0..n as u32).collect();
    // By block, z slowest, so that neighbours stay near each other.
    order.sort_by_key(|i| {
        let [x, y, z] = up(graph.block[*i as usize]);
        (z, y, x)
    });
    let mut rank = vec![0u32; n];
    for (k, i) in order.iter().enumerate() {
        rank[*i as usize] = k as u32;
    }
    // Members of a block lie side by side in the order; a small forest joins them.
    let mut of: Vec<u32> = (0..n as u32).collect();
    let find = |of: &mut Vec<u32>, mut k: u32| {
        while of[k as usize] != k {
            of[k as usize] = of[of[k as usize] as usize];
            k = of[k as usize];
        }
        k
    };
    for k in 0..n {
        let i = order[k] as usize;
        for (j, g) in graph.of(i) {
            let weak = *g < WEAK * graph.diagonal[i].min(graph.diagonal[*j as usize]);
            if !weak && up(graph.block[i]) == up(graph.block[*j as usize]) {
                let (p, q) = (find(&mut of, k as u32), find(&mut of, rank[*j as usize]));
                of[p.max(q) as usize] = p.min(q);
            }
        }
    }
    let mut parent = vec![NONE; n];
    let mut id = vec![NONE; n];
    let mut block = Vec::new();
    for k in 0..n as u32 {
        let r = find(&mut of, k) as usize;
        let i = order[k as usize] as usize;
        if id[r] == NONE {
            id[r] = block.len() as u32;
            block.push(up(graph.block[i]));
        }
        parent[i] = id[r];
    }
    let still = graph.block.iter().all(|b| *b == [0; 3]);
    if block.len() == n && still {
        return None;
    }
    let mut start = vec![0u32; block.len() + 1];
    for p in &parent {
        start[*p as usize + 1] += 1;
    }
    for k in 0..block.len() {
        start[k + 1] += start[k];
    }
    let mut next = start.clone();
    let mut child = vec![0u32; n];
    for (i, p) in parent.iter().enumerate() {
        child[next[*p as usize] as usize] = i as u32;
        next[*p as usize] += 1;
    }
    let mut coarse = Graph { start: vec![0], block, ..Graph::default() };
    let mut links = Vec::new();
    for p in 0..coarse.block.len() {
        links.clear();
        let mut loss = 0.0;
        for i in &child[start[p] as usize..start[p + 1] as usize] {
            let i = *i as usize;
            loss += graph.loss[i];
            for (j, g) in graph.of(i) {
                let to = parent[*j as usize];
                if to as usize != p {
                    join(&mut links, to, *g);
                }
            }
        }
        coarse.push(&links, loss);
    }
    coarse.settle();
    graph.parent = parent;
    // Nobody asks for them again.
    (graph.block, graph.loss) = (Vec::new(), Vec::new());
    graph.children = (start, child);
    Some(coarse)
}

impl Last {
    fn new(graph: &Graph) -> Option<Self> {
        let n = graph.diagonal.len();
        let mut matrix = DMatrix::zeros(n, n);
        for i in 0..n {
            // The trace of a loss makes a floating part definite; its constant is taken out by hand.
            matrix[(i, i)] = f64::from(graph.diagonal[i]) * (1.0 + 1e-6);
            for (j, g) in graph.of(i) {
                matrix[(i, *j as usize)] -= f64::from(*g);
            }
            if matrix[(i, i)] == 0.0 {
                matrix[(i, i)] = 1.0;
            }
        }
        let mut floating = Vec::new();
        let mut seen = vec![false; n];
        for first in 0..n {
            let mut part = Vec::new();
            let mut stack = vec![first];
            while let Some(i) = stack.pop() {
                if !std::mem::replace(&mut seen[i], true) {
                    part.push(i as u32);
                    stack.extend(graph.of(i).iter().map(|(j, _)| *j as usize));
                }
            }
            if !part.is_empty() && part.iter().all(|i| graph.loss[*i as usize] == 0.0) {
                floating.push(part);
            }
        }
        Some(Self { factors: Cholesky::new(matrix)?, floating })
    }

    /// x = A⁻¹ b, with the mean of b and x over each floating part taken as 0.
    pub fn solve(&self, b: &[f32], x: &mut [f32]) {
        let mut values = DVector::from_iterator(b.len(), b.iter().map(|v| f64::from(*v)));
        self.centre(&mut values);
        self.factors.solve_mut(&mut values);
        self.centre(&mut values);
        for (to, from) in x.iter_mut().zip(values.iter()) {
            *to = *from as f32;
        }
    }

    fn centre(&self, values: &mut DVector<f64>) {
        for part in &self.floating {
            let mean = part.iter().map(|i| values[*i as usize]).sum::<f64>() / part.len() as f64;
            part.iter().for_each(|i| values[*i as usize] -= mean);
        }
    }
}
