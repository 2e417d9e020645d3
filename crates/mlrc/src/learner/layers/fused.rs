//! What the fused operations share. They run as one kernel of `mlrc-kernels` on the CPU, forward and
//! backward, and are composed of tensor operations on every other device.

use std::cell::Cell;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::NodeGuard;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, DispatchDevice, Flex};
use burn::tensor::{Shape, Tensor, TensorData};

thread_local! {
    static COMPOSED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` with each fused operation composed of tensor operations, as on a device without kernels; only
/// on the current thread. For comparing the two.
pub fn without_kernels<R>(work: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            COMPOSED.set(self.0);
        }
    }
    let _restore = Restore(COMPOSED.replace(true));
    work()
}

/// Whether `tensor` is on the device that the kernels are for.
pub(super) fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    !COMPOSED.get() && matches!(tensor.device().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// `tensor` in contiguous layout; a view of part of another tensor may already be contiguous.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.layout().contiguous_offsets().is_some() { tensor } else { tensor.to_contiguous() }
}

/// The values of a contiguous tensor.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("contiguous f32 values")
}

/// A tensor of `values`.
pub(super) fn flex(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The values of differentiable tensors, and their nodes in the graph.
pub(super) fn split_nodes<C: CheckpointStrategy, const N: usize>(
    tensors: [FloatTensor<Autodiff<Flex, C>>; N],
) -> ([FlexTensor; N], [NodeGuard; N]) {
    let parts = tensors.map(FloatTensor::<Autodiff<Flex, C>>::into_parts);
    let tensors = parts.each_ref().map(|(tensor, _)| tensor.clone());
    (tensors, parts.map(|(_, node)| node))
}
