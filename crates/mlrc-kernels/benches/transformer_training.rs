//! Speed of a fine-tuning step, forward and backward: two blocks of MiniLM's size (384) and four of MPNet's (768), for 16
//! sentences of about 30 word pieces. `bench/encoder/step_speed.py` times the same in PyTorch.

use divan::Bencher;
use mlrc_kernels::Cpu;
use mlrc_kernels::recycle::give;
use mlrc_kernels::transformer::RelativeBias;
use mlrc_kernels::transformer::training::{Block, Linear, Masks, Norm, Sentences};

const LENGTHS: [usize; 16] = [18, 20, 22, 24, 25, 26, 28, 29, 30, 31, 32, 34, 35, 38, 42, 46];
const HEADS: usize = 12;

fn values(length: usize) -> Vec<f32> {
    (0..length).map(|i| (i * 7919 % 1000) as f32 / 5000.0 - 0.1).collect()
}

#[divan::bench(args = [[384, 2], [768, 4]])]
fn step(bencher: Bencher, [hidden, count]: [usize; 2]) {
    let (tokens, inner, cpu) = (LENGTHS.iter().sum::<usize>(), 4 * hidden, Cpu::native());
    let parameters = values(inner * hidden);
    let bias = RelativeBias { values: values(HEADS * 127), reach: 64 };
    let linear = |outputs: usize, inputs: usize| Linear {
        weight: &parameters[..outputs * inputs],
        bias: &parameters[..outputs],
    };
    let norm = Norm { scale: &parameters[..hidden], shift: &parameters[..hidden], epsilon: 1e-12 };
    let block = Block {
        project: linear(3 * hidden, hidden),
        attended: linear(hidden, hidden),
        attention_norm: norm,
        up: linear(inner, hidden),
        down: linear(hidden, inner),
        output_norm: norm,
    };
    let sentences = Sentences { lengths: &LENGTHS, heads: HEADS, bias: (hidden == 768).then_some(&bias) };
    let masks = Masks::default();
    let states = values(tokens * hidden);
    bencher.bench_local(|| {
        let mut inputs = vec![states.clone()];
        let mut traces = Vec::new();
        for _ in 0..count {
            let (output, trace) = block.forward(cpu, sentences, masks, inputs.last().expect("states"));
            inputs.push(output);
            traces.push(trace);
        }
        let mut gradient = inputs.pop().expect("an output");
        while let Some(trace) = traces.pop() {
            let input = inputs.pop().expect("an input");
            let mut carried = vec![0.0; input.len()];
            let wanted = (!traces.is_empty()).then_some(&mut carried[..]);
            let found = block.backward(cpu, sentences, masks, &input, &trace, &gradient, wanted);
            for linear in [found.project, found.attended, found.up, found.down] {
                give(linear.weight);
                give(linear.bias);
            }
            for norm in [found.attention_norm, found.output_norm] {
                give(norm.scale);
                give(norm.shift);
            }
            gradient = carried;
        }
    });
}

fn main() {
    divan::main();
}
