/// A point in parameter space: every trainable value of a classifier in one flat vector, on the host.
///
/// Optimisers and meta-learning are arithmetic on such vectors. They are lent to a classifier for the
/// duration of a pass ([`Objective::at`](super::Objective::at)).
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// The values, in the order in which the classifier lists its parameters.
    pub values: Vec<f32>,
}
