//! Max-pooling over groups of rows as one tensor operation; see `graph_convolution` for how such operations
//! are implemented.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use mlrc_kernels::Cpu;
use mlrc_kernels::graph::{Groups, max_pool as kernel};

use super::fused::{contiguous, flex, on_cpu, values};
use crate::learner::indices;

/// The greatest value of each feature over the rows of `input` (`[rows, width]`) that each group names:
/// `[groups, width]`; 0 for a group without rows.
pub fn max_pool(input: Tensor<2>, groups: &Arc<Groups>) -> Tensor<2> {
    if !on_cpu(&input) {
        return max_pool_composed(input, groups);
    }
    Tensor::from_dispatch(Dispatch::max_pool(input.into_dispatch(), groups.clone()))
}

/// [`max_pool`] composed of tensor operations.
pub fn max_pool_composed(input: Tensor<2>, groups: &Groups) -> Tensor<2> {
    let (device, [rows, width]) = (input.device(), input.dims());
    let longest = groups.iter().map(<[u32]>::len).max().unwrap_or(0).max(1);
    // A padded view, in which absent rows refer to one of two extra rows: one whose values are never the
    // greatest, or zeros if the group is empty.
    let padded = groups.iter().flat_map(|members| {
        let absent = (rows + usize::from(members.is_empty())) as u32;
        (0..longest).map(move |place| members.get(place).copied().unwrap_or(absent))
    });
    let padded = indices(padded.collect::<Vec<_>>(), &device);
    let extra = [vec![-1e30; width], vec![0.0; width]].concat();
    let extra = Tensor::from_data(TensorData::new(extra, [2, width]), &device);
    Tensor::cat(vec![input, extra], 0)
        .select(0, padded)
        .reshape([groups.len(), longest, width])
        .max_dim(1)
        .reshape([groups.len(), width])
}

#[backend_extension(Autodiff, Flex)]
trait MaxPoolOps: burn::backend::Backend {
    fn max_pool(input: FloatTensor<Self>, groups: Arc<Groups>) -> FloatTensor<Self>;
}

/// The pooled values, and where each came from.
fn forward(input: FlexTensor, groups: &Groups) -> (FlexTensor, Arc<[u32]>) {
    let input = contiguous(input);
    let width = input.layout().shape()[1];
    let pooled = kernel::forward(Cpu::native(), values(&input), width, groups);
    (flex(pooled.values, [groups.len(), width]), pooled.rows.into())
}

impl MaxPoolOps for Flex {
    fn max_pool(input: FlexTensor, groups: Arc<Groups>) -> FlexTensor {
        forward(input, &groups).0
    }
}

#[derive(Clone, Debug)]
struct State {
    /// Shape of the input.
    shape: [usize; 2],
    sources: Arc<[u32]>,
}

#[derive(Debug)]
struct MaxPoolBackward;

impl Backward<Flex, 1> for MaxPoolBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let State { shape: [rows, width], sources } = ops.state;
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        if let [Some(node)] = ops.parents {
            let input = kernel::backward(rows, width, &sources, values(&grad));
            grads.register::<Flex>(node.id, flex(input, [rows, width]));
        }
    }
}

impl<C: CheckpointStrategy> MaxPoolOps for Autodiff<Flex, C> {
    fn max_pool(input: FloatTensor<Self>, groups: Arc<Groups>) -> FloatTensor<Self> {
        let (tensor, node) = input.into_parts();
        let shape = [0, 1].map(|dimension| tensor.layout().shape()[dimension]);
        let (output, sources) = forward(tensor, &groups);
        match MaxPoolBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(State { shape, sources }, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
