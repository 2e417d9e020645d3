//! The greatest value of each feature over groups of rows.

use pulp::{Simd, WithSimd};

use super::Groups;
use crate::Cpu;

/// What a pool took from where.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// The greatest values, `[groups, width]`; 0 for a group without rows.
    pub values: Vec<f32>,
    /// The row that each came from (the first of equals), `[groups, width]`; [`NOWHERE`] for a group without rows.
    pub rows: Vec<u32>,
}

/// The row that a value of an empty group came from.
pub const NOWHERE: u32 = u32::MAX;

/// Pools the rows of `values` (`[_, width]`) that each group names.
///
/// # Panics
/// If a group has a row that `values` has not.
pub fn forward(cpu: Cpu, values: &[f32], width: usize, groups: &Groups) -> Pooled {
    groups.check(values.len().checked_div(width).unwrap_or(0));
    cpu.run(Forward { values, width, groups })
}

struct Forward<'a> {
    values: &'a [f32],
    width: usize,
    groups: &'a Groups,
}

impl WithSimd for Forward<'_> {
    type Output = Pooled;

    // Plain code: the compiler makes vectors of it, in each copy those of its instruction set.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Pooled {
        let Self { values, width, groups } = self;
        let mut greatest = vec![0.0_f32; groups.len() * width];
        let mut sources = vec![NOWHERE; groups.len() * width];
        for (group, rows) in groups.iter().enumerate() {
            let greatest = &mut greatest[group * width..][..width];
            let sources = &mut sources[group * width..][..width];
            for (place, &row) in rows.iter().enumerate() {
                let values = &values[row as usize * width..][..width];
                if place == 0 {
                    greatest.copy_from_slice(values);
                    sources.fill(row);
                    continue;
                }
                for ((greatest, source), &value) in greatest.iter_mut().zip(sources.iter_mut()).zip(values) {
                    let greater = value > *greatest;
                    *greatest = if greater { value } else { *greatest };
                    *source = if greater { row } else { *source };
                }
            }
        }
        Pooled { values: greatest, rows: sources }
    }
}

/// The gradient with respect to the pooled values' `rows` rows, `[rows, width]`, given where each pooled value came from and its
/// gradient, `[groups, width]` both.
///
/// # Panics
/// If the sizes do not fit or a value came from a row outside.
pub fn backward(rows: usize, width: usize, sources: &[u32], gradient: &[f32]) -> Vec<f32> {
    assert_eq!(sources.len(), gradient.len(), "a source for each pooled value");
    let mut input = vec![0.0; rows * width];
    for (sources, gradient) in sources.chunks(width.max(1)).zip(gradient.chunks(width.max(1))) {
        for (feature, (&source, &gradient)) in sources.iter().zip(gradient).enumerate() {
            if source != NOWHERE {
                input[source as usize * width + feature] += gradient;
            }
        }
    }
    input
}
