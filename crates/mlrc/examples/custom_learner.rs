//! A learner of one's own, trained by MLRC without touching the library.
//!
//! The model averages word vectors and has one linear layer: a bag of words. `cargo run --release --example
//! custom_learner` trains it on generated sentences, by meta-learning and then by ordinary training.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{IndexingUpdateOp, Tensor};
use mlrc::corpus::{Instance, LabelSet};
use mlrc::features::{Batch, Encoder, EncoderOptions, Vectors};
use mlrc::learner::layers::{Initial, Linear, WordEmbedding};
use mlrc::learner::{Learner, Mode, Parameters};
use mlrc::meta::{Meta, MetaOptions, Tasks};
use mlrc::random::{Purpose, Stream};
use mlrc::synthesis::{Synthesis, SynthesisOptions};
use mlrc::training::{Supervised, SupervisedOptions, predict};

#[derive(Module, Debug)]
struct BagOfWords {
    words: WordEmbedding,
    output: Linear,
}

impl Learner for BagOfWords {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        let device = self.output.weight.val().device();
        let words = self.words.forward(&batch.words, &device, mode);
        let sums = Tensor::zeros([batch.rows(), self.words.dimension()], &device);
        let rows = batch.row_of_token(&device);
        self.output.forward(sums.select_assign(0, rows, words, IndexingUpdateOp::Add))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options =
        SynthesisOptions { instances: 400, labels: 8, difficulty: 0.1, ..SynthesisOptions::default() };
    let synthesis = Synthesis::new(options)?;
    let (words, rows): (Vec<String>, Vec<Vec<f32>>) = synthesis.vectors(30).into_iter().unzip();
    let vectors = Arc::new(Vectors::from_rows(&words, rows.concat(), 30));
    let instances: Vec<Instance> = synthesis.instances().collect();
    let encoder = Encoder::fit(
        EncoderOptions::default(),
        LabelSet::new(synthesis.labels())?,
        vectors,
        1,
        &instances.iter().collect::<Vec<_>>(),
    );
    let (train, test) = (encoder.encode_all(&instances[..100])?, encoder.encode_all(&instances[100..])?);

    let mut stream = Stream::new(1, Purpose::Initialisation, 0, 0);
    let learner = BagOfWords {
        words: WordEmbedding::frozen(Arc::new(encoder.words().clone()), 0.0),
        output: Linear::new(30, encoder.labels().len(), true, Initial::XavierUniform, &mut stream),
    };
    let accuracy = |parameters: &Parameters| {
        let probabilities = predict(&learner, parameters, &test);
        let best = |row: &Vec<f32>| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        let hit =
            |(row, example): (_, &mlrc::features::Example)| best(row) == example.label.map(|l| l as usize);
        probabilities.iter().zip(&test).filter(|&(row, example)| hit((row, example))).count() as f64
            / test.len() as f64
    };
    println!("untrained       {:.3}", accuracy(&Parameters::of(&learner)));

    let tasks = Tasks::new(&train);
    let options = MetaOptions { iterations: 300, inner_learning_rate: 0.05, ..MetaOptions::default() };
    let mut meta = Meta::new(options, 1, Parameters::of(&learner));
    while !meta.is_done() {
        meta.step(&learner, &train, &tasks);
    }
    println!("meta-learned    {:.3}", accuracy(&meta.parameters));

    let options = SupervisedOptions { learning_rate: 0.1, ..SupervisedOptions::default() };
    let mut fine_tuning = Supervised::new(options, 1, train.len(), meta.parameters);
    while !fine_tuning.is_done() {
        fine_tuning.step(&learner, &train);
        if fine_tuning.round_is_over() {
            fine_tuning.end_round(None);
        }
    }
    println!("and fine-tuned  {:.3}", accuracy(&fine_tuning.parameters));
    Ok(())
}
