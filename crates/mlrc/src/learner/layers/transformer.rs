//! A transformer block that is trained: on the CPU one operation, whose backward pass is that of `mlrc-kernels`.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, backend_extension};
use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use mlrc_kernels::Cpu;
use mlrc_kernels::dropout::mask_words;
use mlrc_kernels::transformer::RelativeBias;
use mlrc_kernels::transformer::training::{self as kernel, AttentionMask, Trace};

use super::dropout::Mask;
use super::fused::{contiguous, flex, split_nodes, values};
use crate::learner::Mode;
use crate::resources::{BlockShape, BlockWeights};

/// A block of self-attention and a feed-forward network, each followed by the sum with its input and a normalisation, as in
/// BERT (Devlin et al. 2019).
#[derive(Module, Debug)]
pub struct TransformerBlock {
    /// To queries, keys and values, side by side.
    pub project: Affine,
    /// What follows attention.
    pub attended: Affine,
    /// The first normalisation.
    pub attention_norm: Scaling,
    /// Into the feed-forward network.
    pub up: Affine,
    /// Out of it.
    pub down: Affine,
    /// The second normalisation.
    pub output_norm: Scaling,
    epsilon: f32,
}

/// A linear layer.
#[derive(Module, Debug)]
pub struct Affine {
    /// `[outputs, inputs]`
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`
    pub bias: Param<Tensor<1>>,
}

/// What follows the division by the standard deviation in a layer normalisation.
#[derive(Module, Debug)]
pub struct Scaling {
    /// `[hidden]`
    pub scale: Param<Tensor<1>>,
    /// `[hidden]`
    pub shift: Param<Tensor<1>>,
}

/// The sentences of a batch: their word pieces lie one sentence after the other.
#[derive(Clone, Debug)]
pub struct Sentences {
    /// Number of pieces of each.
    pub lengths: Arc<[usize]>,
    /// Number of attention heads.
    pub heads: usize,
    /// What is added to attention scores; it is not trained.
    pub bias: Option<Arc<RelativeBias>>,
}

impl TransformerBlock {
    /// A block with these weights.
    pub fn new(weights: BlockWeights, shape: BlockShape, device: &burn::tensor::Device) -> Self {
        let BlockShape { hidden, inner, epsilon, .. } = shape;
        let vector = |values: Vec<f32>| {
            let length = values.len();
            Param::from_tensor(Tensor::<1>::from_data(TensorData::new(values, [length]), device))
        };
        let affine = |[weight, bias]: [Vec<f32>; 2], outputs: usize, inputs: usize| {
            let weight = Tensor::<2>::from_data(TensorData::new(weight, [outputs, inputs]), device);
            Affine { weight: Param::from_tensor(weight), bias: vector(bias) }
        };
        let scaling = |[scale, shift]: [Vec<f32>; 2]| Scaling { scale: vector(scale), shift: vector(shift) };
        Self {
            project: affine(weights.project, 3 * hidden, hidden),
            attended: affine(weights.attended, hidden, hidden),
            attention_norm: scaling(weights.attention_norm),
            up: affine(weights.up, inner, hidden),
            down: affine(weights.down, hidden, inner),
            output_norm: scaling(weights.output_norm),
            epsilon,
        }
    }

    /// The states after the block, `[pieces, hidden]`, from those before it; in training, with dropout on attention weights
    /// and before both sums.
    pub fn forward(
        &self,
        states: Tensor<2>,
        sentences: &Sentences,
        dropout: f32,
        mode: &mut Mode,
    ) -> Tensor<2> {
        let elements = states.shape().num_elements();
        let masks = match mode {
            Mode::Train(stream) if dropout > 0.0 => {
                let words = AttentionMask::words(&sentences.lengths, sentences.heads);
                let words = [words, mask_words(elements), mask_words(elements)];
                Some(words.map(|words| Mask::draw_words(words, dropout, stream)))
            }
            Mode::Train(_) | Mode::Predict => None,
        };
        let setting = Setting { sentences: sentences.clone(), masks, epsilon: self.epsilon };
        let matrix = |layer: &Affine| layer.weight.val().into_dispatch();
        let vector = |vector: &Param<Tensor<1>>| vector.val().into_dispatch();
        Tensor::from_dispatch(Dispatch::transformer_block(
            states.into_dispatch(),
            matrix(&self.project),
            vector(&self.project.bias),
            matrix(&self.attended),
            vector(&self.attended.bias),
            vector(&self.attention_norm.scale),
            vector(&self.attention_norm.shift),
            matrix(&self.up),
            vector(&self.up.bias),
            matrix(&self.down),
            vector(&self.down.bias),
            vector(&self.output_norm.scale),
            vector(&self.output_norm.shift),
            setting,
        ))
    }
}

/// What a block depends on besides tensors.
#[derive(Clone, Debug)]
struct Setting {
    sentences: Sentences,
    /// On attention weights, on what follows attention, and on the feed-forward network.
    masks: Option<[Mask; 3]>,
    epsilon: f32,
}

/// The tensors that a block reads: the states, then the parameters in the order of the gradients.
const TENSORS: usize = 13;

// The macro passes tensors one by one.
#[allow(clippy::too_many_arguments)]
#[backend_extension(Autodiff, Flex)]
trait BlockOps: burn::backend::Backend {
    fn transformer_block(
        states: FloatTensor<Self>,
        project_weight: FloatTensor<Self>,
        project_bias: FloatTensor<Self>,
        attended_weight: FloatTensor<Self>,
        attended_bias: FloatTensor<Self>,
        attention_scale: FloatTensor<Self>,
        attention_shift: FloatTensor<Self>,
        up_weight: FloatTensor<Self>,
        up_bias: FloatTensor<Self>,
        down_weight: FloatTensor<Self>,
        down_bias: FloatTensor<Self>,
        output_scale: FloatTensor<Self>,
        output_shift: FloatTensor<Self>,
        setting: Setting,
    ) -> FloatTensor<Self>;
}

/// The tensors, contiguous.
#[derive(Clone, Debug)]
struct Arguments {
    tensors: [FlexTensor; TENSORS],
    setting: Setting,
}

impl Arguments {
    fn new(tensors: [FlexTensor; TENSORS], setting: Setting) -> Self {
        Self { tensors: tensors.map(contiguous), setting }
    }

    fn states(&self) -> &[f32] {
        values(&self.tensors[0])
    }

    fn block(&self) -> kernel::Block<'_> {
        let value = |place: usize| values(&self.tensors[place]);
        let linear = |place: usize| kernel::Linear { weight: value(place), bias: value(place + 1) };
        let epsilon = self.setting.epsilon;
        let norm = |place: usize| kernel::Norm { scale: value(place), shift: value(place + 1), epsilon };
        kernel::Block {
            project: linear(1),
            attended: linear(3),
            attention_norm: norm(5),
            up: linear(7),
            down: linear(9),
            output_norm: norm(11),
        }
    }

    fn sentences(&self) -> kernel::Sentences<'_> {
        let Sentences { lengths, heads, bias } = &self.setting.sentences;
        kernel::Sentences { lengths, heads: *heads, bias: bias.as_deref() }
    }

    fn masks(&self) -> kernel::Masks<'_> {
        let Some([weights, attended, down]) = &self.setting.masks else { return kernel::Masks::default() };
        kernel::Masks {
            weights: Some(AttentionMask(weights.kept())),
            attended: Some(attended.kept()),
            down: Some(down.kept()),
        }
    }

    fn forward(&self) -> (FlexTensor, Trace) {
        let (output, trace) =
            self.block().forward(Cpu::native(), self.sentences(), self.masks(), self.states());
        let shape = self.tensors[0].layout().shape().clone();
        (flex(output, shape), trace)
    }
}

impl BlockOps for Flex {
    fn transformer_block(
        states: FlexTensor,
        project_weight: FlexTensor,
        project_bias: FlexTensor,
        attended_weight: FlexTensor,
        attended_bias: FlexTensor,
        attention_scale: FlexTensor,
        attention_shift: FlexTensor,
        up_weight: FlexTensor,
        up_bias: FlexTensor,
        down_weight: FlexTensor,
        down_bias: FlexTensor,
        output_scale: FlexTensor,
        output_shift: FlexTensor,
        setting: Setting,
    ) -> FlexTensor {
        let tensors = [
            states,
            project_weight,
            project_bias,
            attended_weight,
            attended_bias,
            attention_scale,
            attention_shift,
            up_weight,
            up_bias,
            down_weight,
            down_bias,
            output_scale,
            output_shift,
        ];
        Arguments::new(tensors, setting).forward().0
    }
}

/// What the backward pass needs from the forward pass.
#[derive(Clone, Debug)]
struct State {
    arguments: Arguments,
    trace: Arc<Trace>,
}

#[derive(Debug)]
struct BlockBackward;

impl Backward<Flex, TENSORS> for BlockBackward {
    type State = State;

    fn backward(self, ops: Ops<State, TENSORS>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { arguments, trace } = ops.state;
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let mut grad_states = ops.parents[0].as_ref().map(|_| vec![0.0; arguments.states().len()]);
        let gradients = arguments.block().backward(
            Cpu::native(),
            arguments.sentences(),
            arguments.masks(),
            arguments.states(),
            &trace,
            values(&grad),
            grad_states.as_deref_mut(),
        );
        let kernel::BlockGradients { project, attended, attention_norm, up, down, output_norm } = gradients;
        let gradients = [
            grad_states.unwrap_or_default(),
            project.weight,
            project.bias,
            attended.weight,
            attended.bias,
            attention_norm.scale,
            attention_norm.shift,
            up.weight,
            up.bias,
            down.weight,
            down.bias,
            output_norm.scale,
            output_norm.shift,
        ];
        for ((node, gradient), tensor) in ops.parents.into_iter().zip(gradients).zip(&arguments.tensors) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, flex(gradient, tensor.layout().shape().clone()));
            }
        }
    }
}

impl<C: CheckpointStrategy> BlockOps for Autodiff<Flex, C> {
    fn transformer_block(
        states: FloatTensor<Self>,
        project_weight: FloatTensor<Self>,
        project_bias: FloatTensor<Self>,
        attended_weight: FloatTensor<Self>,
        attended_bias: FloatTensor<Self>,
        attention_scale: FloatTensor<Self>,
        attention_shift: FloatTensor<Self>,
        up_weight: FloatTensor<Self>,
        up_bias: FloatTensor<Self>,
        down_weight: FloatTensor<Self>,
        down_bias: FloatTensor<Self>,
        output_scale: FloatTensor<Self>,
        output_shift: FloatTensor<Self>,
        setting: Setting,
    ) -> FloatTensor<Self> {
        let (tensors, nodes) = split_nodes::<C, TENSORS>([
            states,
            project_weight,
            project_bias,
            attended_weight,
            attended_bias,
            attention_scale,
            attention_shift,
            up_weight,
            up_bias,
            down_weight,
            down_bias,
            output_scale,
            output_shift,
        ]);
        let arguments = Arguments::new(tensors, setting);
        let (output, trace) = arguments.forward();
        match BlockBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(State { arguments, trace: Arc::new(trace) }, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::device::Device;
    use crate::resources::{Encoder, Rounding};

    /// Above any frozen block, the states are those of the whole encoder, but for the rounding of what the blocks start from.
    #[test]
    fn blocks_compute_what_the_encoder_does() {
        for name in ["bert", "mpnet", "distilbert", "roberta"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoders").join(name);
            let encoder = Encoder::read(&folder, Rounding::Half).unwrap();
            let tokens: Vec<String> =
                "The fire was caused by a leaking tank .".split(' ').map(str::to_owned).collect();
            let (_, expected) = encoder.states(&tokens).unwrap();
            for frozen in 0..encoder.blocks() {
                let lower = encoder.vectors(&[frozen]).unwrap();
                let read = lower.piece_states(&[&tokens]).remove(0);
                let hidden = lower.shape().hidden;
                let device = Device::Cpu.burn();
                let sentences = Sentences {
                    lengths: vec![read.pieces(hidden)].into(),
                    heads: lower.shape().heads,
                    bias: lower.relative_bias().cloned().map(Arc::new),
                };
                let start: Vec<f32> = read.states.iter().map(|value| value.to_f32()).collect();
                let shape = [read.pieces(hidden), hidden];
                let mut states = Tensor::<2>::from_data(TensorData::new(start, shape), device);
                let blocks = lower.weights_above(encoder.blocks()).unwrap();
                assert_eq!(blocks.len(), encoder.blocks() - frozen);
                for (number, weights) in blocks.into_iter().enumerate() {
                    let block = TransformerBlock::new(weights, lower.shape(), device);
                    states = block.forward(states, &sentences, 0.1, &mut Mode::Predict);
                    let found = states.clone().into_data().try_to_vec::<f32>().unwrap();
                    for (found, expected) in found.iter().zip(&expected[frozen + number + 1]) {
                        assert!((found - expected).abs() < 4e-3, "{name}: {found} {expected}");
                    }
                }
            }
            assert!(encoder.vectors(&[1]).unwrap().weights_above(9).is_err());
        }
    }
}
