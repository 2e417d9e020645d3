use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use mlrc_kernels::Packing;

use super::Example;

/// Examples packed for a learner: sentences longest first, tokens by time step ([`Packing`]), no padding.
///
/// Everything is on the host; a learner makes tensors of what it reads.
#[derive(Clone, Debug)]
pub struct Batch {
    /// How tokens lie in the fields below.
    pub packing: Arc<Packing>,
    /// For each row (sentence), its place in the examples that the batch was made from.
    pub order: Vec<usize>,
    /// Word rows, `[tokens]`.
    pub words: Vec<u32>,
    /// Part-of-speech indices, `[tokens]` or empty.
    pub pos: Vec<u32>,
    /// Named-entity indices, `[tokens]` or empty.
    pub ner: Vec<u32>,
    /// Dependency heads, `[tokens]` or empty: 1 is the first token of the same sentence, 0 the root.
    pub heads: Vec<u32>,
    /// Positions relative to the subject, `[tokens]`.
    pub subject_positions: Vec<u32>,
    /// Positions relative to the object, `[tokens]`.
    pub object_positions: Vec<u32>,
    /// Relations, `[rows]`; empty if any example lacks one.
    pub labels: Vec<u32>,
}

impl Batch {
    /// Packs `examples`, none of which may be empty.
    pub fn new(examples: &[&Example]) -> Self {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        // A stable sort, so that equally long sentences keep their order.
        order.sort_by_key(|&place| std::cmp::Reverse(examples[place].len()));
        let packing = Packing::new(order.iter().map(|&place| examples[place].len()).collect());
        let pack = |field: fn(&Example) -> &Vec<u32>| -> Vec<u32> {
            if examples.iter().any(|example| field(example).is_empty()) {
                return Vec::new();
            }
            let mut packed = Vec::with_capacity(packing.tokens());
            for step in 0..packing.steps() {
                packed
                    .extend(order[..packing.active(step)].iter().map(|&place| field(examples[place])[step]));
            }
            packed
        };
        let labels: Option<Vec<u32>> = order.iter().map(|&place| examples[place].label).collect();
        Self {
            words: pack(|example| &example.words),
            pos: pack(|example| &example.pos),
            ner: pack(|example| &example.ner),
            heads: pack(|example| &example.heads),
            subject_positions: pack(|example| &example.subject_positions),
            object_positions: pack(|example| &example.object_positions),
            labels: labels.unwrap_or_default(),
            packing: Arc::new(packing),
            order,
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

    /// The row (sentence) that each token belongs to, `[tokens]`.
    pub fn row_of_token(&self, device: &Device) -> Tensor<1, Int> {
        let rows = (0..self.packing.steps()).flat_map(|step| 0..self.packing.active(step));
        indices(rows.map(|row| row as u32), device)
    }

    /// The token that ends each sentence, `[rows]`.
    pub fn last_tokens(&self, device: &Device) -> Tensor<1, Int> {
        let lengths = self.packing.lengths().iter().enumerate();
        indices(lengths.map(|(row, length)| self.packing.token(row, length - 1) as u32), device)
    }
}

/// An index tensor.
pub(crate) fn indices(values: impl IntoIterator<Item = u32>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), (device, burn::tensor::DType::I32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(words: &[u32], label: Option<u32>) -> Example {
        Example {
            words: words.to_vec(),
            ner: words.iter().map(|word| word * 10).collect(),
            label,
            ..Example::default()
        }
    }

    #[test]
    fn packs_longest_first_and_remembers_the_order() {
        let examples = [example(&[1], Some(5)), example(&[2, 3, 4], Some(6)), example(&[7], Some(7))];
        let batch = Batch::new(&examples.iter().collect::<Vec<_>>());
        assert_eq!(batch.order, [1, 0, 2]);
        assert_eq!(batch.words, [2, 1, 7, 3, 4]);
        assert_eq!(batch.ner, [20, 10, 70, 30, 40]);
        assert!(batch.pos.is_empty());
        assert_eq!(batch.labels, [6, 5, 7]);
        let device = Device::flex();
        assert_eq!(
            batch.row_of_token(&device).into_data_as::<i32>().try_to_vec::<i32>().unwrap(),
            [0, 1, 2, 0, 0]
        );
        assert_eq!(batch.last_tokens(&device).into_data_as::<i32>().try_to_vec::<i32>().unwrap(), [4, 1, 2]);
    }

    #[test]
    fn a_missing_label_leaves_the_batch_unlabelled() {
        let examples = [example(&[1], Some(5)), example(&[2], None)];
        assert!(Batch::new(&examples.iter().collect::<Vec<_>>()).labels.is_empty());
    }
}
