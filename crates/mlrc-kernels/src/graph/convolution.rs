//! Graph convolution (Zhang et al. 2018, equation 2, as the authors' code computes it) as one operation.
//!
//! ```text
//! y_i = relu((Σ_{j ∈ N(i)} (W x_j + b) + W x_i + b) / |N(i) ∪ {i}|)  →  relu(W · mean_{j ∈ N(i) ∪ {i}} x_j + 2 b / |N(i) ∪ {i}|)
//! ```
//!
//! Their code adds the bias once for the sum over the neighbours and once for the node itself, hence 2 b. The
//! rows are averaged before they are multiplied by `W`, so that each node needs only one product.

use pulp::{Simd, WithSimd};

use super::Groups;
use crate::cpu::{add_scaled, set_scaled};
use crate::matrix::{Matrix, Write, multiply, product};
use crate::{Buffer, Cpu, recycle};

/// The parameters of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// W: `[outputs, inputs]`
    pub weight: &'a [f32],
    /// b: `[outputs]`
    pub bias: &'a [f32],
}

impl Weights<'_> {
    fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len()
    }
}

/// What the forward pass saves for the backward pass, besides its output.
#[derive(Debug)]
pub struct Trace {
    /// The mean over each neighbourhood, `[nodes, inputs]`.
    means: Buffer,
}

/// Gradients of a loss.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// `[rows, inputs]`
    pub input: Vec<f32>,
    /// `[outputs, inputs]`
    pub weight: Vec<f32>,
    /// `[outputs]`
    pub bias: Vec<f32>,
}

/// The nodes after one convolution, `[nodes, outputs]`. The i-th of `neighbourhoods` lists the rows of
/// `input` (`[rows, inputs]`) that node `i` sees, its own included.
///
/// # Panics
/// If the sizes are inconsistent or a neighbourhood names a row outside `input`.
pub fn forward(cpu: Cpu, input: &[f32], weights: Weights, neighbourhoods: &Groups) -> (Vec<f32>, Trace) {
    let (outputs, inputs) = (weights.outputs(), weights.inputs());
    assert_eq!(weights.weight.len(), outputs * inputs, "weight");
    assert_eq!(input.len() % inputs, 0, "input");
    neighbourhoods.check(input.len() / inputs);
    cpu.run(Forward { input, weights, neighbourhoods })
}

struct Forward<'a> {
    input: &'a [f32],
    weights: Weights<'a>,
    neighbourhoods: &'a Groups,
}

impl WithSimd for Forward<'_> {
    type Output = (Vec<f32>, Trace);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { input, weights, neighbourhoods } = self;
        let (nodes, outputs, inputs) = (neighbourhoods.len(), weights.outputs(), weights.inputs());
        let mut means = Buffer::new(nodes * inputs);
        for (mean, rows) in means.chunks_exact_mut(inputs).zip(neighbourhoods.iter()) {
            let share = share(rows);
            match rows.split_first() {
                None => mean.fill(0.0),
                Some((&first, others)) => {
                    set_scaled(simd, mean, share, row(input, first, inputs));
                    for &other in others {
                        add_scaled(simd, mean, share, row(input, other, inputs));
                    }
                }
            }
        }
        let mut output = vec![0.0; nodes * outputs];
        let weight = Matrix::new(weights.weight, outputs, inputs);
        multiply(&mut output, Matrix::new(&means, nodes, inputs), weight.transposed(), Write::Replace);
        for (output, rows) in output.chunks_exact_mut(outputs).zip(neighbourhoods.iter()) {
            let twice = 2.0 * share(rows);
            for (value, bias) in output.iter_mut().zip(weights.bias) {
                let sum = *value + twice * bias;
                // Written this way so that NaN is passed through.
                *value = if sum < 0.0 { 0.0 } else { sum };
            }
        }
        (output, Trace { means })
    }
}

/// Backpropagates `gradient` (`[nodes, outputs]`, the gradient of the loss with respect to `output`) to the
/// input and the parameters. `output` and `trace` are what [`forward`] returned for the same arguments;
/// `rows` is the number of rows of its input.
///
/// # Panics
/// If the sizes are inconsistent.
pub fn backward(
    cpu: Cpu,
    rows: usize,
    weights: Weights,
    neighbourhoods: &Groups,
    (output, trace): (&[f32], &Trace),
    gradient: &[f32],
) -> Gradients {
    let nodes = neighbourhoods.len();
    assert_eq!(gradient.len(), nodes * weights.outputs(), "gradient");
    assert_eq!(output.len(), gradient.len(), "output");
    assert_eq!(trace.means.len(), nodes * weights.inputs(), "trace");
    neighbourhoods.check(rows);
    cpu.run(Backward { rows, weights, neighbourhoods, output, trace, gradient })
}

struct Backward<'a> {
    rows: usize,
    weights: Weights<'a>,
    neighbourhoods: &'a Groups,
    output: &'a [f32],
    trace: &'a Trace,
    gradient: &'a [f32],
}

impl WithSimd for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Gradients {
        let Self { rows, weights, neighbourhoods, output, trace, gradient } = self;
        let (nodes, outputs, inputs) = (neighbourhoods.len(), weights.outputs(), weights.inputs());
        // Gradients before the ReLU.
        let mut sums = Buffer::new(nodes * outputs);
        for ((sum, &gradient), &output) in sums.iter_mut().zip(gradient).zip(output) {
            *sum = if output > 0.0 { gradient } else { 0.0 };
        }
        let mut bias = recycle::take(outputs);
        bias.fill(0.0);
        for (sums, rows) in sums.chunks_exact(outputs).zip(neighbourhoods.iter()) {
            add_scaled(simd, &mut bias, 2.0 * share(rows), sums);
        }
        let of_sums = Matrix::new(&sums, nodes, outputs);
        let weight = product(of_sums.transposed(), Matrix::new(&trace.means, nodes, inputs));
        let mut means = Buffer::new(nodes * inputs);
        multiply(&mut means, of_sums, Matrix::new(weights.weight, outputs, inputs), Write::Replace);
        let mut input = vec![0.0; rows * inputs];
        for (mean, rows) in means.chunks_exact(inputs).zip(neighbourhoods.iter()) {
            let share = share(rows);
            for &row in rows {
                let start = row as usize * inputs;
                add_scaled(simd, &mut input[start..start + inputs], share, mean);
            }
        }
        Gradients { input, weight, bias }
    }
}

/// What each row of a neighbourhood contributes to its mean.
#[inline(always)]
fn share(rows: &[u32]) -> f32 {
    1.0 / rows.len().max(1) as f32
}

#[inline(always)]
fn row(values: &[f32], row: u32, width: usize) -> &[f32] {
    &values[row as usize * width..][..width]
}
