use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};
use mlrc_kernels::Packing;

use super::{TokenInput, position};
use crate::corpus::Span;
use crate::learner::indices;

/// Inputs packed for a learner: sentences longest first, tokens by time step ([`Packing`]), no padding.
///
/// Everything is in host memory; a learner creates tensors of what it needs.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    /// The layout of tokens in the fields below.
    pub packing: Arc<Packing>,
    /// Word rows, `[tokens]`.
    pub words: Vec<u32>,
    /// Vectors that an encoder has computed, `[tokens, dimension]`, or empty.
    pub vectors: Vec<f32>,
    /// Part-of-speech indices, `[tokens]` or empty.
    pub pos: Vec<u32>,
    /// Named-entity indices, `[tokens]` or empty.
    pub ner: Vec<u32>,
    /// Dependency heads, `[tokens]` or empty: 1 is the first token of the same sentence, 0 the root.
    pub heads: Vec<u32>,
    /// The subject's span in each sentence, `[rows]`.
    pub subjects: Vec<Span>,
    /// The object's span in each sentence, `[rows]`.
    pub objects: Vec<Span>,
    /// The first and the last preposition between the entities of each sentence, `[rows]`.
    pub prepositions: Vec<[Option<usize>; 2]>,
}

impl TokenBatch {
    /// Packs `inputs`, longest first; none of them may be empty.
    ///
    /// # Panics
    /// If one is empty or is longer than the one before it.
    pub fn new(inputs: &[&TokenInput]) -> Self {
        let packing = Packing::new(inputs.iter().map(|input| input.words.len()).collect());
        let pack = |field: fn(&TokenInput) -> &Vec<u32>| -> Vec<u32> {
            if inputs.iter().any(|input| field(input).is_empty()) {
                return Vec::new();
            }
            let mut packed = Vec::with_capacity(packing.tokens());
            for step in 0..packing.steps() {
                packed.extend(inputs[..packing.active(step)].iter().map(|input| field(input)[step]));
            }
            packed
        };
        let mut vectors = Vec::new();
        if inputs.iter().any(|input| input.vectors.is_some()) {
            for step in 0..packing.steps() {
                for input in &inputs[..packing.active(step)] {
                    input
                        .vectors
                        .as_ref()
                        .expect("one encoder has read all sentences")
                        .append(step, &mut vectors);
                }
            }
        }
        Self {
            words: pack(|input| &input.words),
            vectors,
            pos: pack(|input| &input.pos),
            ner: pack(|input| &input.ner),
            heads: pack(|input| &input.heads),
            subjects: inputs.iter().map(|input| input.subject).collect(),
            objects: inputs.iter().map(|input| input.object).collect(),
            prepositions: inputs.iter().map(|input| input.prepositions).collect(),
            packing: Arc::new(packing),
        }
    }

    /// Number of sentences.
    pub fn rows(&self) -> usize {
        self.packing.rows()
    }

    /// Number of tokens.
    pub fn tokens(&self) -> usize {
        self.packing.tokens()
    }

    /// The position of each token relative to the subject and to the object of its sentence, in
    /// `0..POSITIONS`, `[tokens]` each.
    pub fn positions(&self) -> [Vec<u32>; 2] {
        [&self.subjects, &self.objects].map(|spans| {
            let steps = 0..self.packing.steps();
            let step =
                |step| spans[..self.packing.active(step)].iter().map(move |span| position(step, *span));
            steps.flat_map(step).collect()
        })
    }

    /// The row (sentence) that each token belongs to, `[tokens]`.
    pub fn row_of_token(&self, device: &Device) -> Tensor<1, Int> {
        row_of_token(&self.packing, device)
    }

    /// The token that ends each sentence, `[rows]`.
    pub fn last_tokens(&self, device: &Device) -> Tensor<1, Int> {
        let lengths = self.packing.lengths().iter().enumerate();
        indices(lengths.map(|(row, length)| self.packing.token(row, length - 1) as u32), device)
    }
}

/// The row (sentence) that each packed token belongs to, `[tokens]`.
pub(crate) fn row_of_token(packing: &Packing, device: &Device) -> Tensor<1, Int> {
    let rows = (0..packing.steps()).flat_map(|step| 0..packing.active(step));
    indices(rows.map(|row| row as u32), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(words: &[u32], [subject, object]: [Span; 2]) -> TokenInput {
        TokenInput {
            words: words.to_vec(),
            ner: words.iter().map(|word| word * 10).collect(),
            subject,
            object,
            ..TokenInput::default()
        }
    }

    #[test]
    fn tokens_lie_by_time_step() {
        let spans = [Span::new(0, 1), Span::new(1, 3)];
        let inputs = [input(&[2, 3, 4], spans), input(&[1], spans), input(&[7], spans)];
        let batch = TokenBatch::new(&inputs.iter().collect::<Vec<_>>());
        assert_eq!(batch.words, [2, 1, 7, 3, 4]);
        assert_eq!(batch.ner, [20, 10, 70, 30, 40]);
        assert!(batch.pos.is_empty());
        assert_eq!(batch.positions(), [[100, 100, 100, 101, 102], [99, 99, 99, 100, 100]]);
        let device = crate::device::Device::Cpu.burn();
        let integers = |tensor: Tensor<1, Int>| tensor.into_data_as::<i32>().try_to_vec::<i32>().unwrap();
        assert_eq!(integers(batch.row_of_token(device)), [0, 1, 2, 0, 0]);
        assert_eq!(integers(batch.last_tokens(device)), [4, 1, 2]);
    }
}
