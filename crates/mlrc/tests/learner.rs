//! The fused operations and the learners' gradients, against tensor operations and numeric derivatives.

mod common;

use std::sync::Arc;

use burn::tensor::{Device as BurnDevice, Tensor, TensorData};
use common::small::{c_gcns, corpus, fcm, pa_lstm, resources};
use mlrc::corpus::{Instance, LabelSet};
use mlrc::device::Device;
use mlrc::learner::c_gcn::{CGcnConfig, CGcnFamily};
use mlrc::learner::fcm::FcmFamily;
use mlrc::learner::layers::{
    Attention, Direction, Groups, Sentences, attend, attend_composed, graph_convolution,
    graph_convolution_composed, lstm_sequence, lstm_sequence_composed, max_pool, max_pool_composed,
    without_kernels,
};
use mlrc::learner::pa_lstm::PaLstmFamily;
use mlrc::learner::tokens::{POSITIONS, TokenBatch, TokenInput, TokenReader};
use mlrc::learner::{Explanation, Family, Fitting, Learner, Mode, Network, Reader, ReaderOptions, gradient};
use mlrc::objective::Parameters;
use mlrc::random::{Purpose, Stream};
use mlrc_kernels::Packing;

fn random<const D: usize>(shape: [usize; D], stream: &mut Stream, device: &BurnDevice) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.uniform(-1.0, 1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().unwrap()
}

#[test]
fn the_fused_lstm_is_the_composed_one() {
    let device = Device::Cpu.burn().clone().autodiff();
    let mut stream = Stream::new(3, Purpose::Initialisation, 0, 0);
    for (lengths, inputs, hidden) in [(vec![1], 1, 1), (vec![7, 4, 4, 2], 5, 6), (vec![3, 3], 9, 33)] {
        let packing = Arc::new(Packing::new(lengths));
        for direction in [Direction::Forward, Direction::Backward] {
            let leaves2 = [[packing.tokens(), inputs], [4 * hidden, inputs], [4 * hidden, hidden]]
                .map(|shape| random(shape, &mut stream, &device).require_grad());
            let leaves1 =
                [4 * hidden, 4 * hidden].map(|size| random([size], &mut stream, &device).require_grad());
            let weight = random([packing.tokens(), hidden], &mut stream, &device);
            let both = [true, false].map(|fused| {
                let [input, input_weight, recurrent_weight] = leaves2.clone();
                let weights = [input_weight, recurrent_weight];
                let output = if fused {
                    lstm_sequence(input, weights, leaves1.clone(), &packing, direction, 0)
                } else {
                    lstm_sequence_composed(input, weights, leaves1.clone(), &packing, direction)
                };
                let gradients = (output.clone() * weight.clone()).sum().backward();
                let mut all = vec![floats(output)];
                all.extend(leaves2.iter().map(|leaf| floats(leaf.grad(&gradients).unwrap())));
                all.extend(leaves1.iter().map(|leaf| floats(leaf.grad(&gradients).unwrap())));
                all
            });
            for (fused, composed) in both[0].iter().zip(&both[1]) {
                assert_eq!(fused.len(), composed.len());
                for (f, c) in fused.iter().zip(composed) {
                    assert!((f - c).abs() < 2e-5 * c.abs().max(1.0), "{direction:?}: {f} {c}");
                }
            }
        }
    }
}

#[test]
fn the_gradient_of_constant_inputs_is_zero() {
    let device = Device::Cpu.burn().clone().autodiff();
    let mut stream = Stream::new(6, Purpose::Initialisation, 0, 0);
    let packing = Arc::new(Packing::new(vec![3, 2]));
    let (inputs, hidden) = (4, 3);
    let mut draw = |shape| random::<2>(shape, &mut stream, &device);
    let weights = [draw([4 * hidden, inputs]), draw([4 * hidden, hidden])];
    let input = draw([5, inputs]).require_grad();
    let biases = [0, 1].map(|_| Tensor::<1>::zeros([4 * hidden], &device));
    let gradient = |constants| {
        let (weights, biases) = (weights.clone(), biases.clone());
        let states = lstm_sequence(input.clone(), weights, biases, &packing, Direction::Forward, constants);
        floats(input.grad(&states.sum().backward()).unwrap())
    };
    let all = gradient(0);
    assert!(all.iter().all(|&value| value != 0.0));
    for constants in 0..=inputs {
        for (place, (value, all)) in gradient(constants).into_iter().zip(&all).enumerate() {
            let expected = if place % inputs < constants { 0.0 } else { *all };
            assert!((value - expected).abs() < 1e-6, "{constants}: {value} {expected}");
        }
    }
}

#[test]
fn the_fused_attention_is_the_composed_one() {
    let device = Device::Cpu.burn().clone().autodiff();
    let mut stream = Stream::new(4, Purpose::Initialisation, 0, 0);
    for (lengths, [hidden, attention, position]) in
        [(vec![1], [1, 1, 1]), (vec![7, 4, 4, 2], [5, 6, 3]), (vec![3, 3], [33, 70, 4])]
    {
        let packing = Arc::new(Packing::new(lengths));
        let sentences = random_sentences(&packing, &mut stream);
        let mut leaf = |shape| random::<2>(shape, &mut stream, &device).require_grad();
        let (tokens, rows) = (packing.tokens(), packing.rows());
        let tensors = Attention {
            hidden: leaf([tokens, hidden]),
            summary: leaf([rows, hidden]),
            hidden_weight: leaf([attention, hidden]),
            hidden_bias: random([attention], &mut Stream::new(1, Purpose::Initialisation, 2, 0), &device)
                .require_grad(),
            summary_weight: leaf([attention, hidden]),
            position_weight: leaf([attention, 2 * position]),
            score_weight: leaf([1, attention]),
            positions: leaf([POSITIONS, position]),
        };
        let weight = random([rows, hidden], &mut stream, &device);
        let both = [true, false].map(|fused| {
            let output = if fused {
                attend(tensors.clone(), sentences.clone())
            } else {
                attend_composed(tensors.clone(), &sentences)
            };
            let gradients = (output.clone() * weight.clone()).sum().backward();
            let t = &tensors;
            let matrices = [
                &t.hidden,
                &t.summary,
                &t.hidden_weight,
                &t.summary_weight,
                &t.position_weight,
                &t.score_weight,
                &t.positions,
            ];
            let mut all = vec![floats(output), floats(t.hidden_bias.grad(&gradients).unwrap())];
            all.extend(matrices.iter().map(|leaf| floats(leaf.grad(&gradients).unwrap())));
            all
        });
        for (fused, composed) in both[0].iter().zip(&both[1]) {
            assert_eq!(fused.len(), composed.len());
            for (f, c) in fused.iter().zip(composed) {
                assert!((f - c).abs() < 2e-5 * c.abs().max(1.0), "{f} {c}");
            }
        }
    }
}

/// Sentences with random positions.
fn random_sentences(packing: &Arc<Packing>, stream: &mut Stream) -> Sentences {
    let mut positions = || (0..packing.tokens()).map(|_| stream.below(POSITIONS) as u32).collect();
    Sentences::new(packing.clone(), [positions(), positions()])
}

#[test]
fn the_fused_graph_operations_are_the_composed_ones() {
    let device = Device::Cpu.burn().clone().autodiff();
    let mut stream = Stream::new(9, Purpose::Initialisation, 0, 0);
    for [rows, inputs, outputs] in [[1, 1, 1], [7, 5, 33], [12, 40, 17]] {
        let groups: Arc<Groups> = Arc::new(
            (0..=rows)
                .map(|_| (0..rows as u32).filter(|_| stream.unit() < 0.4).collect::<Vec<_>>())
                .collect(),
        );
        let matrices = [[rows, inputs], [outputs, inputs]]
            .map(|shape| random(shape, &mut stream, &device).require_grad());
        let bias = random([outputs], &mut stream, &device).require_grad();
        let convolution_weight = random([rows + 1, outputs], &mut stream, &device);
        let pool_weight = random([rows + 1, inputs], &mut stream, &device);
        let both = [true, false].map(|fused| {
            let [input, weight] = matrices.clone();
            let (convolved, pooled) = if fused {
                (graph_convolution(input.clone(), weight, bias.clone(), &groups), max_pool(input, &groups))
            } else {
                let convolved = graph_convolution_composed(input.clone(), weight, bias.clone(), &groups);
                (convolved, max_pool_composed(input, &groups))
            };
            let loss = (convolved.clone() * convolution_weight.clone()).sum()
                + (pooled.clone() * pool_weight.clone()).sum();
            let gradients = loss.backward();
            let mut all = vec![floats(convolved), floats(pooled), floats(bias.grad(&gradients).unwrap())];
            all.extend(matrices.iter().map(|leaf| floats(leaf.grad(&gradients).unwrap())));
            all
        });
        for (fused, composed) in both[0].iter().zip(&both[1]) {
            assert_eq!(fused.len(), composed.len());
            for (f, c) in fused.iter().zip(composed) {
                assert!((f - c).abs() < 2e-5 * c.abs().max(1.0), "{f} {c}");
            }
        }
    }
}

/// A learner with its inputs for some instances, longest first, and their labels.
struct Small<L> {
    learner: L,
    inputs: Vec<TokenInput>,
    labels: Vec<u32>,
    instances: Vec<Instance>,
}

fn small<F: Family<Reader = TokenReader>>(family: &'static F, config: &F::Config) -> Small<F::Learner>
where
    F::Learner: Learner<Input = TokenInput>,
{
    let mut corpus = corpus(1, 120);
    corpus.instances.sort_by_key(|instance| std::cmp::Reverse(instance.tokens.len()));
    let labels = LabelSet::from_corpus(&corpus).unwrap();
    let instances: Vec<&Instance> = corpus.instances.iter().collect();
    let fitting = Fitting {
        instances: &instances,
        unlabelled: &[],
        names: &[],
        options: ReaderOptions::default(),
        resources: &resources(),
        seed: 1,
    };
    let reader = family.fit(config, &fitting).unwrap();
    let network = Network::new(family, config, reader, labels, 1, Device::Cpu);
    let encoded = network.encode(&instances).unwrap();
    Small {
        learner: (*network.learner).clone(),
        inputs: instances.iter().map(|instance| network.reader.read(instance).unwrap()).collect(),
        labels: encoded.labels.iter().map(|label| label.unwrap()).collect(),
        instances: corpus.instances,
    }
}

impl<L: Learner<Input = TokenInput>> Small<L> {
    /// A batch of every `n`-th sentence, so that their lengths differ.
    fn batch(&self, n: usize) -> (TokenBatch, Vec<u32>) {
        let inputs: Vec<&TokenInput> = self.inputs.iter().step_by(n).collect();
        (TokenBatch::new(&inputs), self.labels.iter().copied().step_by(n).collect())
    }
}

/// Calls a generic function for every learner.
macro_rules! each_learner {
    ($check:ident) => {
        $check(&small(&PaLstmFamily, &pa_lstm()), "pa-lstm");
        for config in c_gcns() {
            $check(&small(&CGcnFamily, &config), &format!("{config:?}"));
        }
        let padded = CGcnConfig { lstm: 9, hidden: 10, original_pooling: true, ..CGcnConfig::default() };
        for config in [padded.clone(), CGcnConfig { lstm_layers: 0, ..padded }] {
            $check(&small(&CGcnFamily, &config), &format!("{config:?}"));
        }
        $check(&small(&FcmFamily, &fcm()), "fcm");
    };
}

#[test]
fn the_gradient_is_the_derivative_of_the_loss() {
    each_learner!(check_gradient);
}

/// Parameters away from the initial values, which for the original attention are so small that its gradients
/// would drown in rounding errors.
fn away_from_the_start<L: Learner>(learner: &L) -> Parameters {
    let mut stream = Stream::new(5, Purpose::Initialisation, 1, 0);
    let mut at = Parameters::of(learner);
    at.values.iter_mut().for_each(|value| *value += stream.uniform(-0.3, 0.3));
    at
}

fn check_gradient<L: Learner<Input = TokenInput>>(small: &Small<L>, name: &str) {
    let learner = &small.learner;
    let (batch, labels) = small.batch(20);
    let at = away_from_the_start(learner);
    // Dropout is on: its masks are the same each time, as the stream is.
    let loss_and_gradient = |at: &Parameters| {
        let mut noise = Stream::new(8, Purpose::Dropout, 0, 0);
        gradient(&at.load(learner, Device::Cpu), &batch, &labels, &mut Mode::Train(&mut noise))
    };
    let found = loss_and_gradient(&at).1.values();
    let mut start = 0;
    for (parameter, shape) in Parameters::layout(learner) {
        let size: usize = shape.iter().product();
        // A whole parameter at once, along its gradient: the derivative is the gradient's length.
        let part = start..start + size;
        start += size;
        let length = found[part.clone()].iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!(
            length > 1e-4 || parameter.ends_with("attention.score.bias"),
            "{name}: {parameter} has no gradient"
        );
        let along = |by: f64| {
            let mut moved = at.clone();
            for (value, gradient) in moved.values[part.clone()].iter_mut().zip(&found[part.clone()]) {
                *value += (by * f64::from(*gradient) / length.max(1e-12)) as f32;
            }
            f64::from(loss_and_gradient(&moved).0)
        };
        // Across the kink of a ReLU, or where a pool's maximum switches, the difference is not the derivative; a
        // wrong gradient is wrong at every distance.
        let numeric = [5e-3, 1e-3, 2e-4].map(|by| (by, (along(by) - along(-by)) / (2.0 * by)));
        assert!(
            numeric.iter().any(|(by, numeric)| (numeric - length).abs() < 0.02 * length + 3e-4 + 2e-7 / by),
            "{name}: {parameter}: {length}, numerically {numeric:?}"
        );
    }
}

/// What every learner computes on a device without kernels.
#[test]
fn learners_compute_the_same_without_kernels() {
    each_learner!(check_without_kernels);
}

fn check_without_kernels<L: Learner<Input = TokenInput>>(small: &Small<L>, name: &str) {
    let (batch, labels) = small.batch(13);
    let here = away_from_the_start(&small.learner).load(&small.learner, Device::Cpu);
    let compute = || {
        let logits = floats(here.logits(&batch, &mut Mode::Predict));
        let mut noise = Stream::new(8, Purpose::Dropout, 0, 0);
        let (loss, gradient) = gradient(&here, &batch, &labels, &mut Mode::Train(&mut noise));
        (logits, loss, gradient.values())
    };
    let (fused, composed) = (compute(), without_kernels(compute));
    assert!((fused.1 - composed.1).abs() < 1e-4 * composed.1.max(1.0), "{name}: {} {}", fused.1, composed.1);
    let values = fused.0.iter().zip(&composed.0).chain(fused.2.iter().zip(&composed.2));
    for (fused, composed) in values {
        assert!((fused - composed).abs() < 1e-4 * composed.abs().max(1.0), "{name}: {fused} {composed}");
    }
}

#[test]
fn predictions_do_not_depend_on_the_rest_of_the_batch() {
    check_that_rows_are_independent(&small(&PaLstmFamily, &pa_lstm()));
    for config in c_gcns() {
        check_that_rows_are_independent(&small(&CGcnFamily, &config));
    }
    check_that_rows_are_independent(&small(&FcmFamily, &fcm()));
}

fn check_that_rows_are_independent<L: Learner<Input = TokenInput>>(small: &Small<L>) {
    let learner = &small.learner;
    let inputs: Vec<&TokenInput> = small.inputs.iter().step_by(13).collect();
    let logits = learner.logits(&TokenBatch::new(&inputs), &mut Mode::Predict);
    let labels = logits.dims()[1];
    let together = floats(logits);
    for (row, input) in inputs.iter().enumerate() {
        let alone = floats(learner.logits(&TokenBatch::new(&[input]), &mut Mode::Predict));
        for (a, b) in alone.iter().zip(&together[row * labels..]) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

#[test]
fn the_evidence_of_an_fcm_is_the_difference_of_its_logits() {
    let small = small(&FcmFamily, &fcm());
    let learner = away_from_the_start(&small.learner).load(&small.learner, Device::Cpu);
    let mut turned_round = 0;
    for (input, instance) in small.inputs.iter().zip(&small.instances) {
        let logits = floats(learner.logits(&TokenBatch::new(&[input]), &mut Mode::Predict));
        let Explanation::Evidence { relation, over, tokens, rest, .. } = learner.explain(input) else {
            panic!("an FCM explains itself by evidence")
        };
        turned_round += usize::from(instance.object.span.start < instance.subject.span.start);
        let sum: f32 = tokens.iter().sum();
        let difference = logits[relation] - logits[over];
        assert!((sum + rest - difference).abs() < 1e-4, "{sum} {rest} {difference}");
        let next = logits.iter().enumerate().filter(|&(label, _)| label != relation).map(|(_, l)| *l);
        assert!(difference >= 0.0 && next.fold(f32::MIN, f32::max) == logits[over]);
    }
    assert!(turned_round > 0 && turned_round < small.inputs.len());
}
