//! The recurrence of an LSTM over a packed batch as one tensor operation.
//!
//! On the CPU it is the fused kernel of `mlrc-kernels`, with its hand-written backward pass registered with
//! autodiff. On every other device it is composed of tensor operations; this version also serves to test the
//! kernel.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, activation};
use mlrc_kernels::lstm::{self, Direction, Trace, Weights};
use mlrc_kernels::{Cpu, Packing};

use super::fused::{contiguous, flex, on_cpu, split_nodes, values};

/// The hidden state after each token, `[tokens, hidden]`, of an LSTM that reads `input` (`[tokens, inputs]`).
///
/// `weights` are `[4 · hidden, inputs]` and `[4 · hidden, hidden]`, `biases` `[4 · hidden]` each. The
/// gradient of the first `constants` inputs is not needed; on the CPU it is left at zero.
///
/// # Panics
/// If there are fewer inputs than constants.
pub fn lstm_sequence(
    input: Tensor<2>,
    weights: [Tensor<2>; 2],
    biases: [Tensor<1>; 2],
    packing: &Arc<Packing>,
    direction: Direction,
    constants: usize,
) -> Tensor<2> {
    assert!(constants <= input.dims()[1], "{constants} of {} inputs are constants", input.dims()[1]);
    if !on_cpu(&input) {
        return lstm_sequence_composed(input, weights, biases, packing, direction);
    }
    let sentences = Sentences { packing: packing.clone(), direction, constants };
    let [input_weight, recurrent_weight] = weights.map(Tensor::into_dispatch);
    let [input_bias, recurrent_bias] = biases.map(Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::lstm_sequence(
        input.into_dispatch(),
        input_weight,
        recurrent_weight,
        input_bias,
        recurrent_bias,
        sentences,
    ))
}

/// [`lstm_sequence`] composed of tensor operations.
pub fn lstm_sequence_composed(
    input: Tensor<2>,
    weights: [Tensor<2>; 2],
    biases: [Tensor<1>; 2],
    packing: &Packing,
    direction: Direction,
) -> Tensor<2> {
    let [input_weight, recurrent_weight] = weights;
    let [input_bias, recurrent_bias] = biases;
    let hidden_size = recurrent_weight.dims()[1];
    let device = input.device();
    let projected = input.matmul(input_weight.transpose()) + (input_bias + recurrent_bias).unsqueeze();
    let recurrent = recurrent_weight.transpose();

    let mut steps: Vec<usize> = (0..packing.steps()).collect();
    if direction == Direction::Backward {
        steps.reverse();
    }
    let mut hidden = Tensor::<2>::zeros([packing.active(steps[0]), hidden_size], &device);
    let mut cell = hidden.clone();
    let mut outputs = vec![None; steps.len()];
    for step in steps {
        let active = packing.active(step);
        (hidden, cell) = (resized(hidden, active), resized(cell, active));
        let first = packing.offset(step);
        let gates = projected.clone().slice([first..first + active]) + hidden.matmul(recurrent.clone());
        let gate = |g: usize| gates.clone().slice([0..active, g * hidden_size..(g + 1) * hidden_size]);
        let keep = activation::sigmoid(gate(1)) * cell;
        cell = keep + activation::sigmoid(gate(0)) * gate(2).tanh();
        hidden = activation::sigmoid(gate(3)) * cell.clone().tanh();
        outputs[step] = Some(hidden.clone());
    }
    Tensor::cat(outputs.into_iter().flatten().collect(), 0)
}

/// The first `rows` rows of `state`, with rows of zeros added if it has fewer.
fn resized(state: Tensor<2>, rows: usize) -> Tensor<2> {
    let [present, width] = state.dims();
    if rows <= present {
        return state.slice([0..rows]);
    }
    let new = Tensor::zeros([rows - present, width], &state.device());
    Tensor::cat(vec![state, new], 0)
}

/// The layout of the tokens, the direction in which they are read, and how many inputs are constants.
#[derive(Clone, Debug)]
struct Sentences {
    packing: Arc<Packing>,
    direction: Direction,
    constants: usize,
}

#[backend_extension(Autodiff, Flex)]
trait SequenceOps: burn::backend::Backend {
    fn lstm_sequence(
        input: FloatTensor<Self>,
        input_weight: FloatTensor<Self>,
        recurrent_weight: FloatTensor<Self>,
        input_bias: FloatTensor<Self>,
        recurrent_bias: FloatTensor<Self>,
        sentences: Sentences,
    ) -> FloatTensor<Self>;
}

/// The five inputs of the operation, contiguous: input, the two weights, the two biases.
#[derive(Clone, Debug)]
struct Arguments {
    tensors: [FlexTensor; 5],
    sentences: Sentences,
}

impl Arguments {
    fn new(tensors: [FlexTensor; 5], sentences: Sentences) -> Self {
        Self { tensors: tensors.map(contiguous), sentences }
    }

    fn input(&self) -> &[f32] {
        values(&self.tensors[0])
    }

    fn weights(&self) -> Weights<'_> {
        let [input, recurrent, input_bias, recurrent_bias] =
            [1, 2, 3, 4].map(|place| values(&self.tensors[place]));
        Weights { input, recurrent, input_bias, recurrent_bias }
    }

    fn forward(&self) -> (FlexTensor, Trace) {
        let (Sentences { packing, direction, .. }, weights) = (&self.sentences, self.weights());
        let (hidden, trace) = lstm::forward(Cpu::native(), packing, *direction, self.input(), weights);
        (flex(hidden, [packing.tokens(), weights.hidden()]), trace)
    }
}

impl SequenceOps for Flex {
    fn lstm_sequence(
        input: FlexTensor,
        input_weight: FlexTensor,
        recurrent_weight: FlexTensor,
        input_bias: FlexTensor,
        recurrent_bias: FlexTensor,
        sentences: Sentences,
    ) -> FlexTensor {
        let tensors = [input, input_weight, recurrent_weight, input_bias, recurrent_bias];
        Arguments::new(tensors, sentences).forward().0
    }
}

/// What the backward pass needs from the forward pass; the hidden states are shared with the output.
#[derive(Clone, Debug)]
struct State {
    arguments: Arguments,
    hidden: FlexTensor,
    trace: Arc<Trace>,
}

#[derive(Debug)]
struct LstmSequenceBackward;

impl Backward<Flex, 5> for LstmSequenceBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 5>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { arguments, hidden, trace } = ops.state;
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let weights = arguments.weights();
        let Sentences { packing, direction, constants } = &arguments.sentences;
        let (hidden_size, inputs) = (weights.hidden(), weights.input.len() / weights.input_bias.len());
        let wanted = if ops.parents[0].is_some() { *constants..inputs } else { 0..0 };
        let gradients = lstm::backward(
            Cpu::native(),
            packing,
            *direction,
            arguments.input(),
            weights,
            (values(&hidden), &trace),
            values(&grad),
            wanted,
        );
        let gate_size = 4 * hidden_size;
        let [input, input_weight, recurrent_weight, input_bias, recurrent_bias] = ops.parents;
        if let Some(node) = input {
            let mut gradient = gradients.input;
            // Empty if all are constants.
            gradient.resize(packing.tokens() * inputs, 0.0);
            grads.register::<Flex>(node.id, flex(gradient, [packing.tokens(), inputs]));
        }
        if let Some(node) = input_weight {
            grads.register::<Flex>(node.id, flex(gradients.input_weight, [gate_size, inputs]));
        }
        if let Some(node) = recurrent_weight {
            grads.register::<Flex>(node.id, flex(gradients.recurrent_weight, [gate_size, hidden_size]));
        }
        for node in [input_bias, recurrent_bias].into_iter().flatten() {
            grads.register::<Flex>(node.id, flex(gradients.bias.clone(), [gate_size]));
        }
    }
}

impl<C: CheckpointStrategy> SequenceOps for Autodiff<Flex, C> {
    fn lstm_sequence(
        input: FloatTensor<Self>,
        input_weight: FloatTensor<Self>,
        recurrent_weight: FloatTensor<Self>,
        input_bias: FloatTensor<Self>,
        recurrent_bias: FloatTensor<Self>,
        sentences: Sentences,
    ) -> FloatTensor<Self> {
        let (tensors, nodes) =
            split_nodes::<C, 5>([input, input_weight, recurrent_weight, input_bias, recurrent_bias]);
        let arguments = Arguments::new(tensors, sentences);
        let (output, trace) = arguments.forward();
        match LstmSequenceBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let trace = Arc::new(trace);
                prep.finish(State { arguments, hidden: output.clone(), trace }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
