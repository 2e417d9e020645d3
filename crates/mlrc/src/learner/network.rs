use std::fmt;
use std::sync::Arc;

use burn::tensor::activation;
use rayon::prelude::*;

use super::shards::shards;
use super::{
    Explanation, Family, Foreign, Initialiser, Input, Learner, Mode, Model, ROWS, ReadError, Reader,
    ReaderReport, Remarks, SavedReader, Solved, gradient,
};
use crate::corpus::{Instance, LabelSet};
use crate::device::Device;
use crate::objective::{Noise, Objective, Pace, Parameters, Point, Solution, Solving, Tangent};

/// An untrained learner with its reader: the outermost type that is generic over the family.
pub struct Network<F: Family> {
    family: &'static F,
    /// The reader.
    pub reader: F::Reader,
    /// The learner with its initial values.
    pub learner: Arc<F::Learner>,
    labels: LabelSet,
    device: Device,
}

impl<F: Family> fmt::Debug for Network<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Network")
            .field("family", &self.family.card().name)
            .field("reader", &self.reader)
            .field("labels", &self.labels.len())
            .finish_non_exhaustive()
    }
}

impl<F: Family> Network<F> {
    /// A learner of `family` whose initial values are drawn with `seed`.
    pub fn new(
        family: &'static F,
        config: &F::Config,
        reader: F::Reader,
        labels: LabelSet,
        seed: u64,
        device: Device,
    ) -> Self {
        let mut initial = Initialiser::new(seed, device);
        let learner = family.build(config, &reader, labels.len(), &mut initial);
        Self { family, reader, learner: Arc::new(learner), labels, device }
    }

    /// Encodes instances for the learner.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn encode(&self, instances: &[&Instance]) -> Result<Encoded<F::Learner>, ReadError> {
        instances.iter().try_for_each(|instance| instance.check())?;
        let label = |relation: &String| self.labels.index(relation).map(|label| label as u32);
        let labels = instances.iter().map(|instance| instance.relation.as_ref().and_then(label)).collect();
        Ok(Encoded::new(self.learner.clone(), self.reader.read_all(instances)?, labels, self.device))
    }
}

impl<F: Family> Model for Network<F> {
    fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn start(&self) -> Parameters {
        Parameters::of(&*self.learner)
    }

    fn layout(&self) -> Vec<(String, Vec<usize>)> {
        Parameters::layout(&*self.learner)
    }

    fn read(&self, instances: &[&Instance]) -> Result<Box<dyn Objective>, ReadError> {
        Ok(Box::new(self.encode(instances)?))
    }

    fn read_for_training(
        &self,
        instances: &[&Instance],
        unlabelled: &[&Instance],
    ) -> Result<Box<dyn Objective>, ReadError> {
        unlabelled.iter().try_for_each(|instance| instance.check())?;
        let unlabelled = self.reader.read_all(unlabelled)?;
        Ok(Box::new(Encoded { unlabelled, ..self.encode(instances)? }))
    }

    fn features(&self, instances: &[&Instance]) -> Result<Option<Vec<Vec<f32>>>, ReadError> {
        instances.iter().try_for_each(|instance| instance.check())?;
        let inputs = self.reader.read_all(instances)?;
        Ok(inputs.iter().map(|input| input.features().map(<[f32]>::to_vec)).collect())
    }

    fn explain(
        &self,
        parameters: &Parameters,
        instance: &Instance,
        against: Option<usize>,
    ) -> Result<Option<Explanation>, ReadError> {
        instance.check()?;
        let input = self.reader.read(instance)?;
        Ok(self.family.explain(&parameters.load(&*self.learner, self.device), &input, against))
    }

    fn remarks(&self, instance: &Instance) -> Remarks {
        self.reader.remarks(instance)
    }

    fn foreign(&self, instance: &Instance) -> Foreign {
        self.reader.foreign(instance)
    }

    fn tokens(&self, instance: &Instance) -> Vec<String> {
        if instance.check().is_ok() { self.reader.tokens(instance) } else { instance.tokens.clone() }
    }

    fn report(&self) -> ReaderReport {
        self.reader.report()
    }

    fn save(&self, saved: &mut SavedReader) {
        self.reader.save(saved);
    }
}

/// A learner with the inputs of some instances.
#[derive(Debug)]
pub struct Encoded<L: Learner> {
    /// The learner's input for each instance.
    pub inputs: Vec<L::Input>,
    /// The label of each instance.
    pub labels: Vec<Option<u32>>,
    /// Inputs of further instances, which have no labels.
    unlabelled: Vec<L::Input>,
    learner: Arc<L>,
    paces: Vec<Pace>,
    device: Device,
}

impl<L: Learner> Encoded<L> {
    /// Inputs of a learner, with their labels.
    ///
    /// # Panics
    /// If the numbers of labels and inputs differ.
    pub fn new(learner: Arc<L>, inputs: Vec<L::Input>, labels: Vec<Option<u32>>, device: Device) -> Self {
        assert_eq!(inputs.len(), labels.len(), "a label, or none, for each input");
        let paces = paces(&*learner);
        Self { inputs, labels, unlabelled: Vec::new(), learner, paces, device }
    }

    /// The labels of the instances, all of which have one.
    fn known_labels(&self) -> Vec<u32> {
        self.labels.iter().map(|label| label.expect("every instance has a label")).collect()
    }
}

impl<L: Learner> Objective for Encoded<L> {
    fn labels(&self) -> &[Option<u32>] {
        &self.labels
    }

    fn at(&self, parameters: &mut Parameters, work: &mut dyn FnMut(&dyn Point)) {
        parameters.lend(&*self.learner, self.device, |learner| work(&At { learner, encoded: self }));
    }

    fn paces(&self) -> &[Pace] {
        &self.paces
    }

    fn begin(&self, parameters: &Parameters, solving: &Solving) -> Option<Parameters> {
        let learner = parameters.load(&*self.learner, self.device);
        learner.begin(&self.inputs, &self.known_labels(), solving).as_ref().map(Parameters::of)
    }

    fn end(&self, parameters: &Parameters, solving: &Solving) -> Option<Parameters> {
        let learner = parameters.load(&*self.learner, self.device);
        learner.end(&self.inputs, &self.known_labels(), solving).as_ref().map(Parameters::of)
    }

    fn solve(&self, solving: &Solving) -> Option<Solution> {
        let labels = self.known_labels();
        let Solved { learner, held_out, chosen } =
            self.learner.solve(&self.inputs, &labels, &self.unlabelled, solving)?;
        Some(Solution { parameters: Parameters::of(&learner), held_out, chosen })
    }

    fn probabilities(&self, parameters: &Parameters) -> Vec<Vec<f32>> {
        let learner = parameters.load(&*self.learner, self.device);
        // Batches of equally long sentences keep every step of the recurrence full.
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        order.sort_by_key(|&place| std::cmp::Reverse(self.inputs[place].size()));
        let rows = if learner.mixes_rows() { 1 } else { ROWS };
        // The longest first, each to the next thread that is free.
        let batches: Vec<(&[usize], Vec<Vec<f32>>)> = order
            .chunks(rows)
            .par_bridge()
            .map(|places| {
                let inputs: Vec<&L::Input> = places.iter().map(|&place| &self.inputs[place]).collect();
                let logits = learner.logits(&L::Input::batch(&inputs), &mut Mode::Predict);
                let probabilities = activation::softmax(logits, 1);
                let labels = probabilities.dims()[1];
                let data = probabilities.into_data();
                let values = data.as_slice::<f32>().expect("logits are f32");
                (places, values.chunks_exact(labels).map(<[f32]>::to_vec).collect())
            })
            .collect();
        let mut results = vec![Vec::new(); self.inputs.len()];
        for (places, rows) in batches {
            for (&place, row) in places.iter().zip(rows) {
                results[place] = row;
            }
        }
        results
    }
}

/// How each of the learner's parameters is trained. Only matrices decay.
fn paces<L: Learner>(learner: &L) -> Vec<Pace> {
    let pace = |(name, shape): (String, Vec<usize>)| Pace {
        size: shape.iter().product(),
        rate: learner.rate(&name),
        decays: shape.len() > 1,
    };
    Parameters::layout(learner).into_iter().map(pace).collect()
}

/// The learner at a particular θ.
struct At<'a, L: Learner> {
    learner: &'a L,
    encoded: &'a Encoded<L>,
}

impl<L: Learner> Point for At<'_, L> {
    fn parameters(&self) -> Parameters {
        Parameters::of(self.learner)
    }

    fn gradient(&self, instances: &[usize], least_shards: usize, noise: Noise) -> (f32, Tangent) {
        let Encoded { inputs, labels, .. } = self.encoded;
        let shards = shards(instances, least_shards, |place| inputs[place].size());
        let (losses, gradients): (Vec<f32>, Vec<Tangent>) = shards
            .par_iter()
            .enumerate()
            .map(|(number, shard)| {
                let read: Vec<&L::Input> = shard.iter().map(|&place| &inputs[place]).collect();
                let gold: Vec<u32> =
                    shard.iter().map(|&place| labels[place].expect("every instance has a label")).collect();
                let mut stream = noise(number);
                let mut mode = stream.as_mut().map_or(Mode::Predict, Mode::Train);
                let (loss, gradient) = gradient(self.learner, &L::Input::batch(&read), &gold, &mut mode);
                let share = shard.len() as f32 / instances.len() as f32;
                (share * loss, gradient.scaled(share))
            })
            .unzip();
        (losses.into_iter().sum(), Tangent::sum(gradients))
    }
}
