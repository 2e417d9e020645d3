//! Dropout, on the CPU as one operation with a mask of bits.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, TensorData};
use mlrc_kernels::Cpu;
use mlrc_kernels::dropout::{self as kernel, Kept, mask_words};

use super::fused::{contiguous, flex, on_cpu, values};
use crate::learner::Mode;
use crate::random::Stream;

/// Inverted dropout: in training, each value is zeroed with `probability` (in `[0, 1)`) and the others are
/// scaled by `1 / (1 − probability)`.
pub fn dropout(values: Tensor<2>, probability: f32, mode: &mut Mode) -> Tensor<2> {
    let Mode::Train(stream) = mode else { return values };
    if probability == 0.0 {
        return values;
    }
    let mask = Mask::draw(values.shape().num_elements(), probability, stream);
    if on_cpu(&values) {
        return Tensor::from_dispatch(Dispatch::dropout(values.into_dispatch(), mask));
    }
    let factors = mask.factors(values.shape().num_elements());
    let factors = Tensor::from_data(TensorData::new(factors, values.shape()), &values.device());
    values * factors
}

/// The factors of dropout: `scale` where the bit is set, otherwise zero.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    kept: Arc<[u32]>,
    scale: f32,
}

impl Mask {
    fn draw(length: usize, probability: f32, stream: &mut Stream) -> Self {
        Self::draw_words(mask_words(length), probability, stream)
    }

    /// A mask of so many words of bits.
    pub fn draw_words(words: usize, probability: f32, stream: &mut Stream) -> Self {
        let scale = 1.0 / (1.0 - probability);
        // For a probability of one half, one random bit decides; otherwise sixteen do, to within 1/65536.
        let kept = if probability == 0.5 {
            let mut bytes = vec![0; 4 * words];
            stream.fill_bytes(&mut bytes);
            bytes.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes)).collect()
        } else {
            let mut bytes = vec![0; 64 * words];
            stream.fill_bytes(&mut bytes);
            let threshold = (probability * 65_536.0).round() as u32;
            let kept = |pair: &[u8; 2]| u32::from(u32::from(u16::from_le_bytes(*pair)) >= threshold);
            let word = |bytes: &[u8; 64]| {
                let pairs = bytes.as_chunks().0.iter().enumerate();
                pairs.fold(0, |word, (bit, pair)| word | kept(pair) << bit)
            };
            bytes.as_chunks().0.iter().map(word).collect()
        };
        Self { kept, scale }
    }

    pub fn kept(&self) -> Kept<'_> {
        Kept { bits: &self.kept, scale: self.scale }
    }

    fn factors(&self, length: usize) -> Vec<f32> {
        kernel::dropout(Cpu::native(), &vec![1.0; length], &self.kept, self.scale)
    }

    fn apply(&self, tensor: &FlexTensor) -> FlexTensor {
        let tensor = contiguous(tensor.clone());
        let dropped = kernel::dropout(Cpu::native(), values(&tensor), &self.kept, self.scale);
        flex(dropped, tensor.layout().shape().clone())
    }
}

#[backend_extension(Autodiff, Flex)]
trait DropoutOps: burn::backend::Backend {
    fn dropout(values: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self>;
}

impl DropoutOps for Flex {
    fn dropout(values: FlexTensor, mask: Mask) -> FlexTensor {
        mask.apply(&values)
    }
}

#[derive(Debug)]
struct DropoutBackward;

impl Backward<Flex, 1> for DropoutBackward {
    type State = Mask;

    fn backward(self, ops: Ops<Mask, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        if let [Some(node)] = ops.parents {
            grads.register::<Flex>(node.id, ops.state.apply(&grad));
        }
    }
}

impl<C: CheckpointStrategy> DropoutOps for Autodiff<Flex, C> {
    fn dropout(values: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
        let (tensor, node) = values.into_parts();
        let output = mask.apply(&tensor);
        match DropoutBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(mask, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use burn::tensor::Device;

    #[test]
    fn keeps_the_expectation_and_is_off_in_prediction() {
        let ones = Tensor::<2>::ones([200, 100], &Device::flex());
        let same = dropout(ones.clone(), 0.3, &mut Mode::Predict);
        assert_eq!(same.into_data().try_to_vec::<f32>().unwrap(), vec![1.0; 20_000]);
        for probability in [0.3, 0.5] {
            let mut stream = Stream::new(1, Purpose::Dropout, 0, 0);
            let dropped = dropout(ones.clone(), probability, &mut Mode::Train(&mut stream));
            let dropped = dropped.into_data().try_to_vec::<f32>().unwrap();
            let zeros = dropped.iter().filter(|&&value| value == 0.0).count() as f32 / 20_000.0;
            assert!((zeros - probability).abs() < 0.01, "{zeros}");
            let scale = 1.0 / (1.0 - probability);
            assert!(dropped.iter().all(|&value| value == 0.0 || (value - scale).abs() < 1e-6));
        }
    }

    #[test]
    fn gradients_pass_where_values_did() {
        let device = Device::flex().autodiff();
        let values = Tensor::<2>::ones([7, 9], &device).require_grad();
        let mut stream = Stream::new(2, Purpose::Dropout, 0, 0);
        let dropped = dropout(values.clone(), 0.4, &mut Mode::Train(&mut stream));
        let kept = dropped.clone().into_data().try_to_vec::<f32>().unwrap();
        let gradients = (dropped * 3.0).sum().backward();
        let gradient = values.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
        for (kept, gradient) in kept.into_iter().zip(gradient) {
            assert!((gradient - 3.0 * kept).abs() < 1e-6);
        }
    }
}
