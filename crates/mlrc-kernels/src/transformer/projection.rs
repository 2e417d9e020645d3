use pulp::{Simd, WithSimd};

use crate::Cpu;
use crate::activation::gelu;
use crate::cpu::load;
use crate::panels::{Finish, Panels};

/// What follows a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// x Φ(x) (Hendrycks and Gimpel 2016).
    Gelu,
}

/// A linear layer whose weights are packed once for the instruction set that it runs with.
#[derive(Debug)]
pub struct Projection {
    cpu: Cpu,
    panels: Panels,
    bias: Vec<f32>,
}

impl Projection {
    /// Packs `weight` (`[outputs, inputs]`, as PyTorch stores it).
    ///
    /// # Panics
    /// If the sizes of `weight` and `bias` do not fit.
    pub fn new(cpu: Cpu, weight: &[f32], bias: Vec<f32>) -> Self {
        struct Pack<'a>(&'a [f32], usize, usize);
        impl WithSimd for Pack<'_> {
            type Output = Panels;
            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> Panels {
                Panels::lasting(simd, self.0, self.1, self.2)
            }
        }
        let outputs = bias.len();
        assert!(outputs > 0 && weight.len().is_multiple_of(outputs), "weight");
        Self { cpu, panels: cpu.run(Pack(weight, weight.len() / outputs, outputs)), bias }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.panels.depth()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.panels.columns()
    }

    /// Writes `activation(inputs · weightᵀ + bias)` to `outputs`, `[rows, outputs]`.
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn forward(&self, inputs: &[f32], activation: Activation, outputs: &mut [f32]) {
        assert!(inputs.len().is_multiple_of(self.inputs()), "inputs");
        let rows = inputs.len() / self.inputs();
        assert_eq!(outputs.len(), rows * self.outputs(), "outputs");
        self.cpu.run(Forward { projection: self, inputs, rows, activation, outputs });
    }
}

struct Forward<'a> {
    projection: &'a Projection,
    inputs: &'a [f32],
    rows: usize,
    activation: Activation,
    outputs: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { projection: Projection { panels, bias, .. }, inputs, rows, activation, outputs } = self;
        let stride = panels.columns();
        match activation {
            Activation::Identity => panels.multiply_into(simd, inputs, rows, outputs, stride, &AddBias(bias)),
            Activation::Gelu => panels.multiply_into(simd, inputs, rows, outputs, stride, &BiasedGelu(bias)),
        }
    }
}

struct AddBias<'a>(&'a [f32]);

impl Finish for AddBias<'_> {
    #[inline(always)]
    fn finish<S: Simd>(&self, simd: S, column: usize, sums: S::f32s) -> S::f32s {
        simd.add_f32s(sums, load(simd, &self.0[column..]))
    }
}

struct BiasedGelu<'a>(&'a [f32]);

impl Finish for BiasedGelu<'_> {
    #[inline(always)]
    fn finish<S: Simd>(&self, simd: S, column: usize, sums: S::f32s) -> S::f32s {
        gelu(simd, simd.add_f32s(sums, load(simd, &self.0[column..])))
    }
}
