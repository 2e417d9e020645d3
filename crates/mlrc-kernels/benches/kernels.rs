//! Time of the kernels, forward and backward, for the sizes that learners have: sentences of SemEval's lengths, 200
//! inputs, 200 hidden units.

use divan::Bencher;
use divan::counter::ItemsCount;
use mlrc_kernels::graph::{Groups, convolution, max_pool};
use mlrc_kernels::lstm::{Direction, Weights, backward, forward};
use mlrc_kernels::{Cpu, Packing, activation, attention};

/// Lengths of `rows` sentences, spread like SemEval's: 19 on average, sometimes 40.
fn packing(rows: usize) -> Packing {
    let mut lengths: Vec<usize> =
        (0..rows).map(|row| 10 + row * 17 % 19 + if row % 8 == 0 { 12 } else { 0 }).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    Packing::new(lengths)
}

fn values(length: usize) -> Vec<f32> {
    (0..length).map(|i| (i * 7919 % 1000) as f32 / 5000.0 - 0.1).collect()
}

const HIDDEN: usize = 200;
const ROWS: [usize; 4] = [1, 4, 25, 100];

#[divan::bench]
fn tanh(bencher: Bencher) {
    let values = values(4096);
    bencher
        .counter(ItemsCount::new(values.len()))
        .with_inputs(|| values.clone())
        .bench_local_refs(|values| activation::tanh_in_place(Cpu::native(), values));
}

#[divan::bench(args = ROWS)]
fn lstm_forward(bencher: Bencher, rows: usize) {
    let packing = packing(rows);
    let (input, weights) = (values(packing.tokens() * HIDDEN), values(4 * HIDDEN * (2 * HIDDEN + 2)));
    let weights = lstm_weights(&weights);
    bencher
        .counter(ItemsCount::new(packing.tokens()))
        .bench_local(|| forward(Cpu::native(), &packing, Direction::Forward, &input, weights));
}

/// On every instruction set of the machine: 25 sentences.
#[divan::bench(args = Cpu::all().into_iter().map(Cpu::name))]
fn lstm_forward_on(bencher: Bencher, name: &str) {
    let cpu = Cpu::all().into_iter().find(|cpu| cpu.name() == name).expect("a name of one of them");
    let packing = packing(25);
    let (input, weights) = (values(packing.tokens() * HIDDEN), values(4 * HIDDEN * (2 * HIDDEN + 2)));
    let weights = lstm_weights(&weights);
    bencher
        .counter(ItemsCount::new(packing.tokens()))
        .bench_local(|| forward(cpu, &packing, Direction::Forward, &input, weights));
}

#[divan::bench(args = ROWS)]
fn lstm_backward(bencher: Bencher, rows: usize) {
    let packing = packing(rows);
    let (input, weights) = (values(packing.tokens() * HIDDEN), values(4 * HIDDEN * (2 * HIDDEN + 2)));
    let weights = lstm_weights(&weights);
    let (hidden, trace) = forward(Cpu::native(), &packing, Direction::Forward, &input, weights);
    let gradient = values(hidden.len());
    bencher.counter(ItemsCount::new(packing.tokens())).bench_local(|| {
        let states = (&hidden[..], &trace);
        backward(Cpu::native(), &packing, Direction::Forward, &input, weights, states, &gradient, 0..HIDDEN)
    });
}

#[divan::bench(args = ROWS)]
fn attention_forward(bencher: Bencher, rows: usize) {
    let attention = Attention::new(rows);
    let (inputs, weights) = attention.arguments();
    bencher
        .counter(ItemsCount::new(attention.packing.tokens()))
        .bench_local(|| attention::forward(Cpu::native(), &attention.packing, inputs, weights));
}

#[divan::bench(args = ROWS)]
fn attention_backward(bencher: Bencher, rows: usize) {
    let attention = Attention::new(rows);
    let (inputs, weights) = attention.arguments();
    let (attended, trace) = attention::forward(Cpu::native(), &attention.packing, inputs, weights);
    let gradient = values(attended.len());
    bencher.counter(ItemsCount::new(attention.packing.tokens())).bench_local(|| {
        attention::backward(Cpu::native(), &attention.packing, inputs, weights, &trace, &gradient)
    });
}

/// An attention layer of the original's size.
struct Attention {
    packing: Packing,
    hidden: Vec<f32>,
    summary: Vec<f32>,
    positions: Vec<u32>,
    square: Vec<f32>,
    row: Vec<f32>,
    position: Vec<f32>,
    table: Vec<f32>,
}

impl Attention {
    fn new(rows: usize) -> Self {
        let packing = packing(rows);
        Self {
            hidden: values(packing.tokens() * HIDDEN),
            summary: values(rows * HIDDEN),
            positions: (0..packing.tokens()).map(|token| 80 + token as u32 * 31 % 40).collect(),
            square: values(HIDDEN * HIDDEN),
            row: values(HIDDEN),
            position: values(HIDDEN * 60),
            table: values(201 * 30),
            packing,
        }
    }

    fn arguments(&self) -> (attention::Inputs<'_>, attention::Weights<'_>) {
        let inputs = attention::Inputs {
            hidden: &self.hidden,
            summary: &self.summary,
            positions: [&self.positions, &self.positions],
        };
        let weights = attention::Weights {
            hidden: &self.square,
            bias: &self.row,
            summary: &self.square,
            position: &self.position,
            score: &self.row,
            positions: &self.table,
        };
        (inputs, weights)
    }
}

/// A tree over each sentence: every token hangs from one before it.
fn neighbourhoods(packing: &Packing) -> Groups {
    let mut groups = Groups::default();
    for (row, &length) in packing.lengths().iter().enumerate() {
        let parent = |token: usize| token * 7 / 10;
        for token in 0..length {
            let children = (token + 1..length).filter(|&child| parent(child) == token);
            let near = std::iter::once(token).chain((token > 0).then(|| parent(token))).chain(children);
            groups.push(near.map(|token| packing.token(row, token) as u32));
        }
    }
    groups
}

#[divan::bench(args = ROWS)]
fn graph_convolution_forward(bencher: Bencher, rows: usize) {
    let packing = packing(rows);
    let (input, weights, groups) =
        (values(packing.tokens() * 2 * HIDDEN), values(HIDDEN * (2 * HIDDEN + 1)), neighbourhoods(&packing));
    let weights = convolution_weights(&weights);
    bencher
        .counter(ItemsCount::new(packing.tokens()))
        .bench_local(|| convolution::forward(Cpu::native(), &input, weights, &groups));
}

#[divan::bench(args = ROWS)]
fn graph_convolution_backward(bencher: Bencher, rows: usize) {
    let packing = packing(rows);
    let tokens = packing.tokens();
    let (input, weights, groups) =
        (values(tokens * 2 * HIDDEN), values(HIDDEN * (2 * HIDDEN + 1)), neighbourhoods(&packing));
    let weights = convolution_weights(&weights);
    let (output, trace) = convolution::forward(Cpu::native(), &input, weights, &groups);
    let gradient = values(output.len());
    bencher.counter(ItemsCount::new(tokens)).bench_local(|| {
        convolution::backward(Cpu::native(), tokens, weights, &groups, (&output, &trace), &gradient)
    });
}

#[divan::bench(args = ROWS)]
fn max_pool_forward(bencher: Bencher, rows: usize) {
    let packing = packing(rows);
    let nodes = values(packing.tokens() * HIDDEN);
    let groups: Groups = (0..rows)
        .map(|row| {
            (0..packing.lengths()[row]).map(|token| packing.token(row, token) as u32).collect::<Vec<_>>()
        })
        .collect();
    bencher
        .counter(ItemsCount::new(packing.tokens()))
        .bench_local(|| max_pool::forward(Cpu::native(), &nodes, HIDDEN, &groups));
}

fn convolution_weights(values: &[f32]) -> convolution::Weights<'_> {
    let (weight, bias) = values.split_at(2 * HIDDEN * HIDDEN);
    convolution::Weights { weight, bias }
}

fn lstm_weights(values: &[f32]) -> Weights<'_> {
    let (input, rest) = values.split_at(4 * HIDDEN * HIDDEN);
    let (recurrent, rest) = rest.split_at(4 * HIDDEN * HIDDEN);
    let (input_bias, recurrent_bias) = rest.split_at(4 * HIDDEN);
    Weights { input, recurrent, input_bias, recurrent_bias }
}

fn main() {
    divan::main();
}
