use burn::tensor::{Device, activation};
use rayon::prelude::*;

use crate::features::{Batch, Example};
use crate::learner::{Learner, Mode, Parameters};

/// Sentences of a prediction batch: enough to fill the registers, few enough to share the work evenly.
const ROWS: usize = 25;

/// The probability of each relation for each example, `[examples][labels]`, on the current thread pool.
pub fn predict<L: Learner>(learner: &L, parameters: &Parameters, examples: &[Example]) -> Vec<Vec<f32>> {
    let device = Device::flex();
    let learner = parameters.load(learner, &device);
    // Batches of equally long sentences keep every step of the recurrence full.
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(examples[place].len()));
    // The longest first, each to the next thread that is free.
    let batches: Vec<(&[usize], Vec<Vec<f32>>)> = order
        .chunks(ROWS)
        .par_bridge()
        .map(|places| {
            let batch = Batch::new(&places.iter().map(|&place| &examples[place]).collect::<Vec<_>>());
            let probabilities = activation::softmax(learner.logits(&batch, &mut Mode::Predict), 1);
            let labels = probabilities.dims()[1];
            let data = probabilities.into_data();
            let values = data.as_slice::<f32>().expect("logits are f32");
            let mut rows = vec![Vec::new(); places.len()];
            for (row, values) in values.chunks_exact(labels).enumerate() {
                rows[batch.order[row]] = values.to_vec();
            }
            (places, rows)
        })
        .collect();
    let mut results = vec![Vec::new(); examples.len()];
    for (places, rows) in batches {
        for (&place, row) in places.iter().zip(rows) {
            results[place] = row;
        }
    }
    results
}
