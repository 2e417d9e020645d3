//! Graph convolution as one tensor operation.
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
use burn::tensor::{IndexingUpdateOp, Tensor, TensorData, activation};
use mlrc_kernels::Cpu;
use mlrc_kernels::graph::Groups;
use mlrc_kernels::graph::convolution::{self, Trace, Weights};

use super::fused::{contiguous, flex, on_cpu, split_nodes, values};
use crate::learner::indices;

/// `relu(W · mean x + 2 b / n)` for each of `neighbourhoods`, over the rows of `input` (`[rows, inputs]`)
/// that it names (`n` of them, the node's own included): `[nodes, outputs]`. W is `[outputs, inputs]`, b
/// `[outputs]`.
pub fn graph_convolution(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    neighbourhoods: &Arc<Groups>,
) -> Tensor<2> {
    if !on_cpu(&input) {
        return graph_convolution_composed(input, weight, bias, neighbourhoods);
    }
    Tensor::from_dispatch(Dispatch::graph_convolution(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        neighbourhoods.clone(),
    ))
}

/// [`graph_convolution`] composed of tensor operations.
pub fn graph_convolution_composed(
    input: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    neighbourhoods: &Groups,
) -> Tensor<2> {
    let (device, nodes, inputs) = (input.device(), neighbourhoods.len(), input.dims()[1]);
    let shares: Vec<f32> = neighbourhoods.iter().map(|rows| 1.0 / rows.len().max(1) as f32).collect();
    let shares = Tensor::<2>::from_data(TensorData::new(shares, [nodes, 1]), &device);
    let members = input.select(0, indices(neighbourhoods.members().iter().copied(), &device));
    let node_of_member =
        neighbourhoods.iter().enumerate().flat_map(|(node, rows)| rows.iter().map(move |_| node as u32));
    let sums = Tensor::zeros([nodes, inputs], &device).select_assign(
        0,
        indices(node_of_member, &device),
        members,
        IndexingUpdateOp::Add,
    );
    let products = (sums * shares.clone()).matmul(weight.transpose());
    activation::relu(products + shares * (bias * 2.0).unsqueeze())
}

#[backend_extension(Autodiff, Flex)]
trait ConvolutionOps: burn::backend::Backend {
    fn graph_convolution(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        neighbourhoods: Arc<Groups>,
    ) -> FloatTensor<Self>;
}

/// The three inputs of the operation, contiguous: input, W, b.
#[derive(Clone, Debug)]
struct Arguments {
    tensors: [FlexTensor; 3],
    neighbourhoods: Arc<Groups>,
}

impl Arguments {
    fn new(tensors: [FlexTensor; 3], neighbourhoods: Arc<Groups>) -> Self {
        Self { tensors: tensors.map(contiguous), neighbourhoods }
    }

    fn weights(&self) -> Weights<'_> {
        Weights { weight: values(&self.tensors[1]), bias: values(&self.tensors[2]) }
    }

    fn forward(&self) -> (FlexTensor, Trace) {
        let (input, weights) = (values(&self.tensors[0]), self.weights());
        let (output, trace) = convolution::forward(Cpu::native(), input, weights, &self.neighbourhoods);
        (flex(output, [self.neighbourhoods.len(), weights.bias.len()]), trace)
    }
}

impl ConvolutionOps for Flex {
    fn graph_convolution(
        input: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        neighbourhoods: Arc<Groups>,
    ) -> FlexTensor {
        Arguments::new([input, weight, bias], neighbourhoods).forward().0
    }
}

/// What the backward pass needs from the forward pass; the output is shared, not copied.
#[derive(Clone, Debug)]
struct State {
    arguments: Arguments,
    output: FlexTensor,
    trace: Arc<Trace>,
}

#[derive(Debug)]
struct GraphConvolutionBackward;

impl Backward<Flex, 3> for GraphConvolutionBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { arguments, output, trace } = ops.state;
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let gradients = convolution::backward(
            Cpu::native(),
            arguments.tensors[0].layout().shape()[0],
            arguments.weights(),
            &arguments.neighbourhoods,
            (values(&output), &trace),
            values(&grad),
        );
        let computed = [gradients.input, gradients.weight, gradients.bias];
        for ((node, gradient), tensor) in ops.parents.into_iter().zip(computed).zip(&arguments.tensors) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, flex(gradient, tensor.layout().shape().clone()));
            }
        }
    }
}

impl<C: CheckpointStrategy> ConvolutionOps for Autodiff<Flex, C> {
    fn graph_convolution(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        neighbourhoods: Arc<Groups>,
    ) -> FloatTensor<Self> {
        let (tensors, nodes) = split_nodes::<C, 3>([input, weight, bias]);
        let arguments = Arguments::new(tensors, neighbourhoods);
        let (output, trace) = arguments.forward();
        match GraphConvolutionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let trace = Arc::new(trace);
                prep.finish(State { arguments, output: output.clone(), trace }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
