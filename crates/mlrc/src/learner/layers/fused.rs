//! What the fused operations share: those that run as one kernel of `mlrc-kernels` on the CPU, forward and backward,
//! and are composed of tensor operations on every other device.

use burn::backend::DispatchDevice;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, Tensor, TensorData};

/// Whether `tensor` is on the device that the kernels are for.
pub(super) fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    matches!(tensor.device().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// `tensor` with its values in order; a view of a part of another one may be so already.
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
