use pulp::bytemuck::{cast_slice, cast_slice_mut};

use super::panels::GROUP;
use crate::Buffer;

/// The greatest integer of an input.
pub(super) const GREATEST: u8 = 127;
/// 1.5 · 2²³: adding it to a small number rounds that to an integer, which is then in the lowest bits.
const MAGIC: f32 = 12_582_912.0;
/// Values that are looked at together, so that the loop becomes vector instructions.
const LANES: usize = 16;

/// Rows of inputs as integers: `least + step · integer`.
pub(super) struct QuantisedRows {
    /// Bytes, `[rows, depth]`.
    values: Buffer,
    /// Step and least value of each row.
    pub ranges: Vec<[f32; 2]>,
    depth: usize,
}

impl QuantisedRows {
    /// Rounds the rows of `inputs`, each followed by zeros up to a whole number of groups.
    #[inline(always)]
    pub fn new(inputs: &[f32], columns: usize) -> Self {
        let depth = columns.next_multiple_of(GROUP);
        let rows = inputs.len() / columns;
        let mut values = Buffer::new(rows * depth / size_of::<f32>());
        let bytes: &mut [u8] = cast_slice_mut(&mut values);
        let mut ranges = Vec::with_capacity(rows);
        for (row, bytes) in inputs.chunks_exact(columns).zip(bytes.chunks_exact_mut(depth)) {
            let [least, greatest] = ends(row);
            let range = greatest - least;
            let inverse = if range > 0.0 { f32::from(GREATEST) / range } else { 0.0 };
            let (present, rest) = bytes.split_at_mut(columns);
            for (byte, value) in present.iter_mut().zip(row) {
                let rounded = (value - least) * inverse + MAGIC;
                // Whatever a value that is not finite becomes, it is in the range that the kernels rely on.
                *byte = rounded.to_bits() as u8 & GREATEST;
            }
            rest.fill(0);
            ranges.push([range / f32::from(GREATEST), least]);
        }
        Self { values, ranges, depth }
    }

    /// The values from a row on, four at a time, and how many such quads a row has.
    #[inline(always)]
    pub fn quads(&self, row: usize) -> (&[[u8; 4]], usize) {
        let bytes: &[u8] = cast_slice(&self.values);
        (bytes[row * self.depth..].as_chunks().0, self.depth / 4)
    }
}

/// The least and the greatest value of a row.
#[inline(always)]
fn ends(row: &[f32]) -> [f32; 2] {
    let (mut least, mut greatest) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    let (whole, rest) = row.as_chunks::<LANES>();
    for values in whole {
        for lane in 0..LANES {
            least[lane] = if values[lane] < least[lane] { values[lane] } else { least[lane] };
            greatest[lane] = if values[lane] > greatest[lane] { values[lane] } else { greatest[lane] };
        }
    }
    let least = least.iter().chain(rest).fold(f32::INFINITY, |least, value| least.min(*value));
    let greatest =
        greatest.iter().chain(rest).fold(f32::NEG_INFINITY, |greatest, value| greatest.max(*value));
    // Zeros of both signs compare equal, and which one comes first depends on the lanes.
    [least + 0.0, greatest + 0.0]
}
