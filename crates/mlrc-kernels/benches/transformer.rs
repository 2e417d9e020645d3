//! Speed of an encoder block's parts, for MiniLM (384) and MPNet (768) and 25 sentences of 25 word pieces each.
//!
//! Items are floating-point operations. `gemm` is the library's matrix product of the same shape: the ceiling.

use divan::Bencher;
use divan::counter::ItemsCount;
use mlrc_kernels::Cpu;
use mlrc_kernels::matrix::{Matrix, Write, multiply};
use mlrc_kernels::transformer::{
    Activation, LayerNorm, Projection, QuantisedMatrix, QuantisedProjection, attend, normalise,
};

const SENTENCES: usize = 25;
const LENGTH: usize = 25;
const TOKENS: usize = SENTENCES * LENGTH;
/// Inputs and outputs: attention's output, queries with keys and values, and both sides of the feed-forward network.
const SHAPES: [[usize; 2]; 6] = [[384, 384], [384, 1152], [384, 1536], [1536, 384], [768, 3072], [3072, 768]];

fn values(length: usize) -> Vec<f32> {
    (0..length).map(|i| (i * 7919 % 1000) as f32 / 5000.0 - 0.1).collect()
}

#[divan::bench(args = SHAPES)]
fn gemm(bencher: Bencher, [inputs, outputs]: [usize; 2]) {
    let (left, weight) = (values(TOKENS * inputs), values(inputs * outputs));
    let mut product = vec![0.0; TOKENS * outputs];
    bencher.counter(ItemsCount::new(2 * TOKENS * inputs * outputs)).bench_local(|| {
        let weight = Matrix::new(&weight, outputs, inputs).transposed();
        multiply(&mut product, Matrix::new(&left, TOKENS, inputs), weight, Write::Replace);
    });
}

#[divan::bench(args = SHAPES)]
fn projection(bencher: Bencher, [inputs, outputs]: [usize; 2]) {
    let (left, weight) = (values(TOKENS * inputs), values(inputs * outputs));
    let projection = Projection::new(Cpu::native(), &weight, values(outputs));
    let mut product = vec![0.0; TOKENS * outputs];
    let activation = if outputs > 2 * inputs { Activation::Gelu } else { Activation::Identity };
    bencher
        .counter(ItemsCount::new(2 * TOKENS * inputs * outputs))
        .bench_local(|| projection.forward(&left, activation, &mut product));
}

#[divan::bench(args = SHAPES)]
fn quantised_projection(bencher: Bencher, [inputs, outputs]: [usize; 2]) {
    let (left, weight) = (values(TOKENS * inputs), values(inputs * outputs));
    let weight = QuantisedMatrix::new(&weight, outputs);
    let projection = QuantisedProjection::new(Cpu::native(), &weight, &values(outputs));
    let mut product = vec![0.0; TOKENS * outputs];
    let activation = if outputs > 2 * inputs { Activation::Gelu } else { Activation::Identity };
    bencher
        .counter(ItemsCount::new(2 * TOKENS * inputs * outputs))
        .bench_local(|| projection.forward(&left, activation, &mut product));
}

#[divan::bench(args = SHAPES)]
fn projection_avx2(bencher: Bencher, [inputs, outputs]: [usize; 2]) {
    let (left, weight) = (values(TOKENS * inputs), values(inputs * outputs));
    let Some(cpu) = Cpu::all().into_iter().find(|cpu| cpu.name() == "AVX2") else { return };
    let projection = Projection::new(cpu, &weight, values(outputs));
    let mut product = vec![0.0; TOKENS * outputs];
    bencher
        .counter(ItemsCount::new(2 * TOKENS * inputs * outputs))
        .bench_local(|| projection.forward(&left, Activation::Identity, &mut product));
}

#[divan::bench(args = [384, 768])]
fn attention(bencher: Bencher, hidden: usize) {
    let projected = values(TOKENS * 3 * hidden);
    let mut attended = vec![0.0; TOKENS * hidden];
    bencher
        .counter(ItemsCount::new(4 * SENTENCES * LENGTH * LENGTH * hidden))
        .bench_local(|| attend(Cpu::native(), &[LENGTH; SENTENCES], 12, &projected, None, &mut attended));
}

#[divan::bench(args = [384, 768])]
fn layer_norm(bencher: Bencher, hidden: usize) {
    let norm = LayerNorm { scale: values(hidden), shift: values(hidden), epsilon: 1e-12 };
    let (mut rows, residual) = (values(TOKENS * hidden), values(TOKENS * hidden));
    bencher
        .counter(ItemsCount::new(TOKENS * hidden))
        .bench_local(|| normalise(Cpu::native(), &norm, &mut rows, &residual));
}

fn main() {
    divan::main();
}
