use pulp::bytemuck::{cast_slice, cast_slice_mut};

use super::matrix::QuantisedMatrix;
use super::rows::GREATEST;
use crate::Buffer;

/// Outputs of a panel: 64 bytes for each four inputs.
pub(super) const WIDTH: usize = 16;
/// Inputs whose products AVX2 adds in 16 bits before it goes on in 32.
pub(super) const GROUP: usize = 16;
/// The most inputs whose sums fit 32 bits.
const MOST_INPUTS: usize = i32::MAX as usize / (128 * GREATEST as usize) - GROUP;

/// The weights in the order in which kernels read them: panels of [`WIDTH`] outputs, an even number of them; in a panel, four
/// inputs of each output after another. What is missing in the last panels and groups is zero.
#[derive(Debug)]
pub(super) struct Panels {
    /// Bytes, `[panels, depth / 4, WIDTH, 4]`.
    values: Buffer,
    /// Whether sums of a group's products fit 16 bits whatever the inputs are, `[panels, depth / GROUP]`.
    fits: Vec<bool>,
    /// What follows the sums, for each panel.
    pub finishes: Vec<Finish>,
    inputs: usize,
    outputs: usize,
    depth: usize,
}

/// What the sums of a panel's outputs are multiplied by and what is added to them.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    /// Scales of the weights.
    pub scales: [f32; WIDTH],
    /// Scale times the sum of the weights: what the least value of the inputs is multiplied by.
    pub totals: [f32; WIDTH],
    /// Biases.
    pub bias: [f32; WIDTH],
}

impl Panels {
    pub fn pack(weight: &QuantisedMatrix, bias: &[f32]) -> Self {
        let (inputs, outputs) = (weight.columns(), weight.rows());
        assert_eq!(weight.values.len(), inputs * outputs, "weight");
        assert_eq!(bias.len(), outputs, "bias");
        assert!((1..=MOST_INPUTS).contains(&inputs), "too many inputs, or none");
        let depth = inputs.next_multiple_of(GROUP);
        let panels = outputs.div_ceil(2 * WIDTH) * 2;
        let mut values = Buffer::lasting(panels * WIDTH * depth / size_of::<f32>());
        let bytes: &mut [i8] = cast_slice_mut(&mut values);
        let nothing = Finish { scales: [0.0; WIDTH], totals: [0.0; WIDTH], bias: [0.0; WIDTH] };
        let mut finishes = vec![nothing; panels];
        for (output, row) in weight.values.chunks_exact(inputs).enumerate() {
            let (panel, lane) = (output / WIDTH, output % WIDTH);
            let panel_bytes = &mut bytes[panel * WIDTH * depth..][..WIDTH * depth];
            for (input, value) in row.iter().enumerate() {
                panel_bytes[(input / 4 * WIDTH + lane) * 4 + input % 4] = *value;
            }
            let total: i32 = row.iter().map(|value| i32::from(*value)).sum();
            let finish = &mut finishes[panel];
            finish.scales[lane] = weight.scales[output];
            finish.totals[lane] = weight.scales[output] * total as f32;
            finish.bias[lane] = bias[output];
        }
        let fits = bytes.chunks_exact(WIDTH * GROUP).map(fits).collect();
        Self { values, fits, finishes, inputs, outputs, depth }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The weights of `COUNT` panels from `first` on.
    #[inline(always)]
    pub fn values(&self, first: usize, count: usize) -> &[i8] {
        let bytes: &[i8] = cast_slice(&self.values);
        &bytes[first * WIDTH * self.depth..][..count * WIDTH * self.depth]
    }

    /// Whether the groups of a panel fit 16 bits.
    #[inline(always)]
    pub fn fits(&self, panel: usize) -> &[bool] {
        let groups = self.depth / GROUP;
        &self.fits[panel * groups..][..groups]
    }
}

/// Whether 16 bits hold the sums that one instruction after another makes of a group: in each lane, two inputs of each four.
/// Rows are scaled by their greatest weight, so that most weights are small, and nearly all groups do.
fn fits(group: &[i8]) -> bool {
    let most = i32::from(i16::MAX) / i32::from(GREATEST);
    (0..2 * WIDTH).all(|lane| {
        let weights = group.chunks_exact(4 * WIDTH).flat_map(|quads| &quads[2 * lane..][..2]);
        let (mut positive, mut negative) = (0, 0);
        for &weight in weights {
            *(if weight > 0 { &mut positive } else { &mut negative }) += i32::from(weight).abs();
        }
        positive <= most && negative <= most
    })
}
