//! Sums and updates of long vectors, in fixed blocks, so that they are the same at any number of threads.

use crate::parallel::Exec;

/// Items that one thread works on at a time.
const BLOCK: usize = 1 << 14;

/// A number that vectors are made of.
pub trait Real: Copy + Send + Sync + Default + PartialEq {
    /// As double precision.
    fn wide(self) -> f64;
    /// Rounded from double precision.
    fn narrow(value: f64) -> Self;
}

impl Real for f32 {
    #[inline]
    fn wide(self) -> f64 {
        f64::from(self)
    }
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
    fn narrow(value: f64) -> Self {
        value as Self
    }
}

impl Real for f64 {
    #[inline]
    fn wide(self) -> f64 {
        self
    }
    #[inline]
    fn narrow(value: f64) -> Self {
        value
    }
}

/// Hands blocks of `items` to `f`, each with the index of its first item.
pub fn update<T: Send>(items: &mut [T], exec: &Exec, f: impl Fn(usize, &mut [T]) + Sync) {
    if items.len() <= BLOCK {
        f(0, items);
    } else {
        exec.chunks(items, BLOCK, |k, piece| f(k * BLOCK, piece));
    }
}

/// The sum over blocks of `f(from, to)`.
pub fn sum(len: usize, exec: &Exec, f: impl Fn(usize, usize) -> f64 + Sync) -> f64 {
    let blocks = len.div_ceil(BLOCK);
    if blocks <= 1 {
        return f(0, len);
    }
    exec.map(blocks, |k| f(k * BLOCK, len.min((k + 1) * BLOCK))).iter().sum()
}

/// a·b, in double precision.
pub fn dot<A: Real, B: Real>(a: &[A], b: &[B], exec: &Exec) -> f64 {
    sum(a.len(), exec, |from, to| {
        // Four sums side by side, for the processor to work on at once.
        let mut sums = [0.0; 4];
        let (a, b) = (a[from..to].chunks(4), b[from..to].chunks(4));
        for (a, b) in a.zip(b) {
            for (k, (a, b)) in a.iter().zip(b).enumerate() {
                sums[k] += a.wide() * b.wide();
            }
        }
        sums[0] + sums[1] + sums[2] + sums[3]
    })
}

/// y + s·x into y.
pub fn add_scaled<A: Real, B: Real>(y: &mut [A], s: f64, x: &[B], exec: &Exec) {
    update(y, exec, |from, piece| {
        for (y, x) in piece.iter_mut().zip(&x[from..]) {
            *y = A::narrow(y.wide() + s * x.wide());
        }
    });
}

/// x + s·y into y.
pub fn scale_add<A: Real, B: Real>(y: &mut [A], s: f64, x: &[B], exec: &Exec) {
    update(y, exec, |from, piece| {
        for (y, x) in piece.iter_mut().zip(&x[from..]) {
            *y = A::narrow(x.wide() + s * y.wide());
        }
    });
}
