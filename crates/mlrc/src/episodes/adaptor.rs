use faer::Mat;

use super::layers::{columns, values};
use crate::random::{Purpose, Stream};

/// A change of features that is learnt: `φ = x + U Vᵀx`, of low rank, which starts as the identity.
///
/// With few base relations a full matrix would fit these and nothing else (as in `LoRA`, Hu et al. 2022).
#[derive(Clone, Debug, PartialEq)]
pub struct Adaptor {
    /// `[width, rank]`, zero at the start.
    pub u: Mat<f32>,
    /// `[width, rank]`
    pub v: Mat<f32>,
}

/// What a backward pass needs.
pub(super) struct Trace {
    /// `[width, instances]`
    pub outputs: Mat<f32>,
    /// `[rank, instances]`
    hidden: Mat<f32>,
}

impl Adaptor {
    /// The identity.
    pub fn identity(width: usize, rank: usize, seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Initialisation, 0, 0);
        let deviation = 1.0 / (width as f32).sqrt();
        let mut v = Mat::zeros(width, rank);
        for r in 0..rank {
            (0..width).for_each(|c| v[(c, r)] = stream.normal(0.0, deviation));
        }
        Self { u: Mat::zeros(width, rank), v }
    }

    /// Number of parameters.
    pub fn size(&self) -> usize {
        2 * self.u.nrows() * self.u.ncols()
    }

    /// Its values: U, then V.
    pub fn parameters(&self) -> Vec<f32> {
        [values(&self.u), values(&self.v)].concat()
    }

    /// An adaptor of the same shape with these values.
    ///
    /// # Panics
    /// If there are too few.
    #[must_use]
    pub fn with(&self, parameters: &[f32]) -> Self {
        let (width, rank) = (self.u.nrows(), self.u.ncols());
        let half = width * rank;
        Self {
            u: columns(&parameters[..half], width, rank),
            v: columns(&parameters[half..2 * half], width, rank),
        }
    }

    /// Features `[width, instances]` to features.
    pub(super) fn forward(&self, inputs: &Mat<f32>) -> Trace {
        let hidden = self.v.transpose() * inputs;
        Trace { outputs: inputs + &self.u * &hidden, hidden }
    }

    /// The gradients of U and V, of which `grad` is that of the outputs.
    pub(super) fn backward(&self, inputs: &Mat<f32>, trace: &Trace, grad: &Mat<f32>) -> [Vec<f32>; 2] {
        let grad_u = grad * trace.hidden.transpose();
        let grad_hidden = self.u.transpose() * grad;
        let grad_v = inputs * grad_hidden.transpose();
        [values(&grad_u), values(&grad_v)]
    }
}
