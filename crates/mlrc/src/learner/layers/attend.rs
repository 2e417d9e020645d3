//! Position-aware attention as one tensor operation.
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
use burn::tensor::{IndexingUpdateOp, Tensor, activation};
use mlrc_kernels::attention::{self, Inputs, Trace, Weights};
use mlrc_kernels::{Cpu, Packing};

use super::fused::{contiguous, flex, on_cpu, split_nodes, values};
use crate::learner::indices;
use crate::learner::tokens::{TokenBatch, row_of_token};

/// The tensors that attention is computed from.
#[derive(Clone, Debug)]
pub struct Attention {
    /// h: the states attended to, `[tokens, hidden]`
    pub hidden: Tensor<2>,
    /// q: the summary of each sentence, `[rows, hidden]`; further rows are ignored
    pub summary: Tensor<2>,
    /// U: `[attention, hidden]`
    pub hidden_weight: Tensor<2>,
    /// b: `[attention]`
    pub hidden_bias: Tensor<1>,
    /// V: `[attention, hidden]`
    pub summary_weight: Tensor<2>,
    /// W: `[attention, 2 · position]`
    pub position_weight: Tensor<2>,
    /// t: `[1, attention]`
    pub score_weight: Tensor<2>,
    /// P: `[POSITIONS, position]`
    pub positions: Tensor<2>,
}

/// The layout of the tokens of some sentences, and their positions relative to subject and object.
#[derive(Clone, Debug)]
pub struct Sentences {
    packing: Arc<Packing>,
    positions: [Arc<[u32]>; 2],
}

impl Sentences {
    /// Packed sentences, with the positions of their tokens in `0..POSITIONS`.
    pub fn new(packing: Arc<Packing>, positions: [Vec<u32>; 2]) -> Self {
        Self { packing, positions: positions.map(Arc::from) }
    }
}

impl From<&TokenBatch> for Sentences {
    fn from(batch: &TokenBatch) -> Self {
        Self::new(batch.packing.clone(), batch.positions())
    }
}

/// Position-aware attention over `sentences`: `[rows, hidden]`.
pub fn attend(attention: Attention, sentences: Sentences) -> Tensor<2> {
    if !on_cpu(&attention.hidden) {
        return attend_composed(attention, &sentences);
    }
    Tensor::from_dispatch(Dispatch::attend(
        attention.hidden.into_dispatch(),
        attention.summary.into_dispatch(),
        attention.hidden_weight.into_dispatch(),
        attention.hidden_bias.into_dispatch(),
        attention.summary_weight.into_dispatch(),
        attention.position_weight.into_dispatch(),
        attention.score_weight.into_dispatch(),
        attention.positions.into_dispatch(),
        sentences,
    ))
}

/// [`attend`] composed of tensor operations.
pub fn attend_composed(attention: Attention, sentences: &Sentences) -> Tensor<2> {
    let (rows, width) = (sentences.packing.rows(), attention.summary.dims()[1]);
    let device = attention.hidden.device();
    let hidden = attention.hidden.clone();
    let weighted = hidden * attention_weights(attention, sentences);
    let row_of_token = row_of_token(&sentences.packing, &device);
    Tensor::zeros([rows, width], &device).select_assign(0, row_of_token, weighted, IndexingUpdateOp::Add)
}

/// The attention weight of each token, `[tokens, 1]`, composed of tensor operations; those of one sentence
/// sum to 1.
pub(super) fn attention_weights(attention: Attention, sentences: &Sentences) -> Tensor<2> {
    let device = attention.hidden.device();
    let rows = row_of_token(&sentences.packing, &device);
    let embedded = sentences
        .positions
        .each_ref()
        .map(|positions| attention.positions.clone().select(0, indices(positions.iter().copied(), &device)));
    let positions = Tensor::cat(embedded.to_vec(), 1).matmul(attention.position_weight.transpose());
    let query = attention.summary.matmul(attention.summary_weight.transpose());
    let states = attention.hidden.matmul(attention.hidden_weight.transpose());
    let energies = states + attention.hidden_bias.unsqueeze() + query.select(0, rows) + positions;
    softmax_over_sentences(energies.tanh().matmul(attention.score_weight.transpose()), &sentences.packing)
}

/// Softmax of `scores` (`[tokens, 1]`) over the tokens of each sentence.
fn softmax_over_sentences(scores: Tensor<2>, packing: &Packing) -> Tensor<2> {
    let device = scores.device();
    let (rows, steps, tokens) = (packing.rows(), packing.steps(), packing.tokens());
    // A padded view, in which absent tokens refer to one extra score that the softmax turns into zero.
    let padded = (0..rows).flat_map(|row| {
        let length = packing.lengths()[row];
        (0..steps).map(move |step| if step < length { packing.token(row, step) } else { tokens } as u32)
    });
    let absent = Tensor::full([1, 1], -1e30, &device);
    let padded: Tensor<2> =
        Tensor::cat(vec![scores, absent], 0).select(0, indices(padded, &device)).reshape([rows, steps]);
    let weights = activation::softmax(padded, 1).reshape([rows * steps, 1]);
    let packed =
        (0..steps).flat_map(|step| (0..packing.active(step)).map(move |row| (row * steps + step) as u32));
    weights.select(0, indices(packed, &device))
}

// Burn's macro takes tensors one by one.
#[allow(clippy::too_many_arguments)]
#[backend_extension(Autodiff, Flex)]
trait AttentionOps: burn::backend::Backend {
    fn attend(
        hidden: FloatTensor<Self>,
        summary: FloatTensor<Self>,
        hidden_weight: FloatTensor<Self>,
        hidden_bias: FloatTensor<Self>,
        summary_weight: FloatTensor<Self>,
        position_weight: FloatTensor<Self>,
        score_weight: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        sentences: Sentences,
    ) -> FloatTensor<Self>;
}

/// The inputs of the operation in the order of its arguments, contiguous.
#[derive(Clone, Debug)]
struct Arguments {
    tensors: [FlexTensor; 8],
    sentences: Sentences,
}

impl Arguments {
    fn new(tensors: [FlexTensor; 8], sentences: Sentences) -> Self {
        Self { tensors: tensors.map(contiguous), sentences }
    }

    fn inputs(&self) -> Inputs<'_> {
        let [hidden, summary] = [0, 1].map(|place: usize| values(&self.tensors[place]));
        Inputs { hidden, summary, positions: self.sentences.positions.each_ref().map(|p| &p[..]) }
    }

    fn weights(&self) -> Weights<'_> {
        let [hidden, bias, summary, position, score, positions] =
            [2, 3, 4, 5, 6, 7].map(|place: usize| values(&self.tensors[place]));
        Weights { hidden, bias, summary, position, score, positions }
    }

    fn forward(&self) -> (FlexTensor, Trace) {
        let (attended, trace) =
            attention::forward(Cpu::native(), &self.sentences.packing, self.inputs(), self.weights());
        let rows = self.sentences.packing.rows();
        let hidden = attended.len() / rows.max(1);
        (flex(attended, [rows, hidden]), trace)
    }
}

impl AttentionOps for Flex {
    fn attend(
        hidden: FlexTensor,
        summary: FlexTensor,
        hidden_weight: FlexTensor,
        hidden_bias: FlexTensor,
        summary_weight: FlexTensor,
        position_weight: FlexTensor,
        score_weight: FlexTensor,
        positions: FlexTensor,
        sentences: Sentences,
    ) -> FlexTensor {
        let tensors = [
            hidden,
            summary,
            hidden_weight,
            hidden_bias,
            summary_weight,
            position_weight,
            score_weight,
            positions,
        ];
        Arguments::new(tensors, sentences).forward().0
    }
}

#[derive(Clone, Debug)]
struct State {
    arguments: Arguments,
    trace: Arc<Trace>,
}

#[derive(Debug)]
struct AttendBackward;

impl Backward<Flex, 8> for AttendBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 8>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { arguments, trace } = ops.state;
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let gradients = attention::backward(
            Cpu::native(),
            &arguments.sentences.packing,
            arguments.inputs(),
            arguments.weights(),
            &trace,
            values(&grad),
        );
        let computed = [
            gradients.inputs_hidden,
            gradients.inputs_summary,
            gradients.hidden,
            gradients.bias,
            gradients.summary,
            gradients.position,
            gradients.score,
            gradients.positions,
        ];
        for ((node, gradient), tensor) in ops.parents.into_iter().zip(computed).zip(&arguments.tensors) {
            if let Some(node) = node {
                let shape = tensor.layout().shape().clone();
                let mut gradient = gradient;
                // Of summaries that no sentence has.
                gradient.resize(shape.num_elements(), 0.0);
                grads.register::<Flex>(node.id, flex(gradient, shape));
            }
        }
    }
}

impl<C: CheckpointStrategy> AttentionOps for Autodiff<Flex, C> {
    fn attend(
        hidden: FloatTensor<Self>,
        summary: FloatTensor<Self>,
        hidden_weight: FloatTensor<Self>,
        hidden_bias: FloatTensor<Self>,
        summary_weight: FloatTensor<Self>,
        position_weight: FloatTensor<Self>,
        score_weight: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        sentences: Sentences,
    ) -> FloatTensor<Self> {
        let (tensors, nodes) = split_nodes::<C, 8>([
            hidden,
            summary,
            hidden_weight,
            hidden_bias,
            summary_weight,
            position_weight,
            score_weight,
            positions,
        ]);
        let arguments = Arguments::new(tensors, sentences);
        let (output, trace) = arguments.forward();
        match AttendBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(State { arguments, trace: Arc::new(trace) }, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
