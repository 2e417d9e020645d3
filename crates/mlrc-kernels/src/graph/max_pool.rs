//! Max-pooling: the greatest value of each feature over groups of rows.

use pulp::{Simd, WithSimd};

use super::Groups;
use crate::Cpu;

/// Pooled values and the rows they came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// The greatest values, `[groups, width]`; 0 for a group without rows.
    pub values: Vec<f32>,
    /// The row that each came from (the first if tied), `[groups, width]`; [`NOWHERE`] for a group without
    /// rows.
    pub rows: Vec<u32>,
}

/// The row that a value of an empty group came from.
pub const NOWHERE: u32 = u32::MAX;

/// Pools the rows of `values` (`[_, width]`) that each group names.
///
/// # Panics
/// If a group names a row outside `values`.
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

    // Plain code: the compiler vectorises it for each instruction set.
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

/// The gradient with respect to the `rows` input rows, `[rows, width]`, given the source row and the gradient
/// of each pooled value (both `[groups, width]`).
///
/// # Panics
/// If the sizes are inconsistent or a source row is out of range.
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
