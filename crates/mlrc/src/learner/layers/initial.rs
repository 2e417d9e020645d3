use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::learner::Initialiser;
use crate::random::Stream;

/// The distribution of the initial values of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// All zero.
    Zero,
    /// U(−bound, bound).
    Uniform(f32),
    /// N(0, deviation²).
    Normal(f32),
    /// Glorot and Bengio's uniform distribution: U(−√(6/(in+out)), √(6/(in+out))) for a matrix `[out, in]`.
    XavierUniform,
}

impl Initial {
    /// A parameter of this shape.
    pub fn parameter<const D: usize>(self, shape: [usize; D], source: &mut Initialiser) -> Param<Tensor<D>> {
        let mut draw = |f: &mut dyn FnMut(&mut Stream) -> f32| -> Vec<f32> {
            (0..shape.iter().product()).map(|_| f(&mut source.stream)).collect()
        };
        let values = match self {
            Self::Zero => vec![0.0; shape.iter().product()],
            Self::Uniform(bound) => draw(&mut |stream| stream.uniform(-bound, bound)),
            Self::Normal(deviation) => draw(&mut |stream| stream.normal(0.0, deviation)),
            Self::XavierUniform => {
                let bound = (6.0 / shape.iter().sum::<usize>() as f32).sqrt();
                draw(&mut |stream| stream.uniform(-bound, bound))
            }
        };
        Param::from_data(TensorData::new(values, shape), source.device.burn())
    }
}
