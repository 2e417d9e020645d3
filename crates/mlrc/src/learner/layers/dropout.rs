use burn::tensor::{Tensor, TensorData};

use crate::learner::Mode;

/// Inverted dropout: in training, each value is zeroed with `probability` (in `[0, 1)`) and the others are scaled
/// by `1 / (1 − probability)`.
pub fn dropout<const D: usize>(values: Tensor<D>, probability: f32, mode: &mut Mode) -> Tensor<D> {
    let Mode::Train(stream) = mode else { return values };
    if probability == 0.0 {
        return values;
    }
    let shape = values.shape();
    // Sixteen random bits decide each value: the probability is met to within 1/65536.
    let mut bits = vec![0_u8; 2 * shape.num_elements()];
    stream.fill_bytes(&mut bits);
    let threshold = (probability * 65_536.0).round() as u32;
    let scale = 1.0 / (1.0 - probability);
    let mask = bits
        .chunks_exact(2)
        .map(|pair| if u32::from(u16::from_le_bytes([pair[0], pair[1]])) < threshold { 0.0 } else { scale });
    let mask = Tensor::from_data(TensorData::new(mask.collect::<Vec<f32>>(), shape), &values.device());
    values * mask
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
        let mut stream = Stream::new(1, Purpose::Dropout, 0, 0);
        let dropped =
            dropout(ones, 0.3, &mut Mode::Train(&mut stream)).into_data().try_to_vec::<f32>().unwrap();
        let zeros = dropped.iter().filter(|&&value| value == 0.0).count() as f32 / 20_000.0;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
        assert!(dropped.iter().all(|&value| value == 0.0 || (value - 1.0 / 0.7).abs() < 1e-6));
    }
}
