//! The one place that starts threads, reports progress and honours cancellation.
//!
//! Everything here gives the same result at any number of threads: work is cut into fixed pieces that do not depend on
//! the pool, results come back in the order of the pieces, and sums are taken over them in that order.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

/// Told about the stages of a run. The library never prints; a caller that wants a progress bar implements this.
pub trait Progress: Send + Sync {
    /// A stage with this name begins; the one before has ended.
    fn stage(&self, name: &str);
}

/// Reports nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str) {}
}

/// The run was cancelled by its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {threads} threads: {source}")]
pub struct PoolError {
    threads: usize,
    source: rayon::ThreadPoolBuildError,
}

/// How a computation is carried out: threads, progress, cancellation. None of it changes a figure.
pub struct Exec {
    pool: rayon::ThreadPool,
    progress: Arc<dyn Progress>,
    cancel: Arc<AtomicBool>,
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

impl Exec {
    /// A pool of `threads` threads, or one a core when `None`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: Option<usize>, progress: Arc<dyn Progress>) -> Result<Self, PoolError> {
        let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| PoolError { threads, source })?;
        Ok(Self { pool, progress, cancel: Arc::new(AtomicBool::new(false)) })
    }

    /// A silent pool of `threads` threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn silent(threads: usize) -> Result<Self, PoolError> {
        Self::new(Some(threads), Arc::new(Silent))
    }

    /// Number of threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// A flag that ends the run at its next step when set.
    #[must_use]
    pub fn cancel_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }

    /// Begins a stage: reports it, and ends the run here if it was cancelled.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn stage(&self, name: &str) -> Result<(), Cancelled> {
        self.checkpoint()?;
        self.progress.stage(name);
        Ok(())
    }

    /// Ends the run here if it was cancelled.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn checkpoint(&self) -> Result<(), Cancelled> {
        if self.cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// `f(0), f(1) … f(n - 1)`, in that order. A cancelled run skips what is left: call [`checkpoint`](Self::checkpoint)
    /// or [`stage`](Self::stage) before using the result.
    pub fn map<T: Send + Default>(&self, n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
        self.pool.install(|| {
            (0..n).into_par_iter().with_max_len(1).map(|i| if self.cancelled() { T::default() } else { f(i) }).collect()
        })
    }

    /// `f` of each item, in their order.
    pub fn map_items<I: Sync, T: Send>(&self, items: &[I], f: impl Fn(&I) -> T + Sync + Send) -> Vec<T> {
        self.pool.install(|| items.par_iter().with_min_len(256).map(f).collect())
    }

    /// `f` of each item and its index, in their order. As with [`map`](Self::map), a cancelled run skips what is left.
    pub fn map_each<I: Send, T: Send + Default>(&self, items: Vec<I>, f: impl Fn(usize, I) -> T + Sync) -> Vec<T> {
        self.pool.install(|| {
            items
                .into_par_iter()
                .enumerate()
                .with_max_len(1)
                .map(|(i, item)| if self.cancelled() { T::default() } else { f(i, item) })
                .collect()
        })
    }

    /// Hands each item to `f` with its index.
    pub fn for_each<T: Send>(&self, items: Vec<T>, f: impl Fn(usize, T) + Sync) {
        self.pool.install(|| {
            items.into_par_iter().enumerate().with_max_len(1).for_each(|(i, item)| {
                if !self.cancelled() {
                    f(i, item);
                }
            });
        });
    }

    /// Cuts `items` into pieces of `len` and hands each to `f` with its index.
    pub fn chunks<T: Send>(&self, items: &mut [T], len: usize, f: impl Fn(usize, &mut [T]) + Sync) {
        self.pool.install(|| {
            items.par_chunks_mut(len.max(1)).enumerate().for_each(|(i, piece)| {
                if !self.cancelled() {
                    f(i, piece);
                }
            });
        });
    }

    /// A vector of `n` items made in pieces of `len`: `f` appends those of piece i. A cancelled run leaves it shorter.
    pub fn fill<T: Send>(&self, n: usize, len: usize, f: impl Fn(usize, &mut Vec<T>) + Sync) -> Vec<T> {
        let mut all = Vec::with_capacity(n);
        let pieces = n.div_ceil(len.max(1));
        // A few pieces at a time, so that they are not all held twice.
        let batch = 4 * self.threads();
        for first in (0..pieces).step_by(batch) {
            let parts = self.map(batch.min(pieces - first), |i| {
                let mut part = Vec::new();
                f(first + i, &mut part);
                part
            });
            parts.into_iter().for_each(|part| all.extend(part));
        }
        all
    }

    /// Sorts items of which equals cannot be told apart, so that the order is one at any number of threads.
    pub fn sort<T: Send + Ord>(&self, items: &mut [T]) {
        self.pool.install(|| items.par_sort_unstable());
    }

    /// Sorts items by a total order in which equals cannot be told apart.
    pub fn sort_by<T: Send>(&self, items: &mut [T], order: impl Fn(&T, &T) -> std::cmp::Ordering + Sync + Send) {
        self.pool.install(|| items.par_sort_unstable_by(order));
    }
}

/// The rows of an x-fastest grid of rows of `nx` items, grouped by y: entry `y` holds its rows in order of z. This is
/// what lets lines along z be worked on in parallel.
#[must_use]
pub fn rows_by_y<T>(items: &mut [T], nx: usize, ny: usize) -> Vec<Vec<&mut [T]>> {
    let mut by_y: Vec<Vec<&mut [T]>> = (0..ny).map(|_| Vec::new()).collect();
    for (row, slice) in items.chunks_mut(nx.max(1)).enumerate() {
        by_y[row % ny].push(slice);
    }
    by_y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_at_any_number_of_threads() {
        for threads in [1, 2, 5] {
            let exec = Exec::silent(threads).unwrap();
            assert_eq!(exec.map(100, |i| i * i), (0..100).map(|i| i * i).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_cancelled_run_stops() {
        let exec = Exec::silent(2).unwrap();
        exec.cancel_flag().store(true, Ordering::Relaxed);
        assert_eq!(exec.stage("anything"), Err(Cancelled));
        assert_eq!(exec.map(3, |_| 7), vec![0, 0, 0]);
    }

    #[test]
    fn rows_are_grouped_by_y() {
        let mut items: Vec<u32> = (0..12).collect();
        let rows = rows_by_y(&mut items, 2, 3);
        assert_eq!(rows[1][0], [2, 3]);
        assert_eq!(rows[1][1], [8, 9]);
    }
}
