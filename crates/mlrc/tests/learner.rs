//! The fused operations and the learners' gradients, against tensor operations and numeric derivatives.

mod common;

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use common::small::{learners, options, prepared};
use mlrc::experiment::{Arm, Prepared, RunOptions};
use mlrc::features::{Batch, Example, MAX_DISTANCE, POSITIONS};
use mlrc::learner::layers::{
    Attention, Direction, Groups, attend, attend_composed, graph_convolution, graph_convolution_composed,
    lstm_sequence, lstm_sequence_composed, max_pool, max_pool_composed,
};
use mlrc::learner::{CGcnConfig, Explanation, Learner, LearnerConfig, Mode, Parameters, gradient};
use mlrc::random::{Purpose, Stream};
use mlrc_kernels::Packing;

fn random<const D: usize>(shape: [usize; D], stream: &mut Stream, device: &Device) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.uniform(-1.0, 1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().unwrap()
}

#[test]
fn the_fused_lstm_is_the_composed_one() {
    let device = Device::flex().autodiff();
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
    let device = Device::flex().autodiff();
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
    let device = Device::flex().autodiff();
    let mut stream = Stream::new(4, Purpose::Initialisation, 0, 0);
    for (lengths, [hidden, attention, position]) in
        [(vec![1], [1, 1, 1]), (vec![7, 4, 4, 2], [5, 6, 3]), (vec![3, 3], [33, 70, 4])]
    {
        let examples: Vec<Example> = lengths.iter().map(|&length| example(length, &mut stream)).collect();
        let batch = Batch::new(&examples.iter().collect::<Vec<_>>());
        let mut leaf = |shape| random::<2>(shape, &mut stream, &device).require_grad();
        let (tokens, rows) = (batch.tokens(), batch.rows());
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
        let both = [attend, attend_composed].map(|attend| {
            let output = attend(tensors.clone(), &batch);
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

/// A sentence of `length` tokens with random positions.
fn example(length: usize, stream: &mut Stream) -> Example {
    let mut positions = || (0..length).map(|_| stream.below(POSITIONS) as u32).collect();
    Example {
        words: vec![0; length],
        subject_positions: positions(),
        object_positions: positions(),
        ..Example::default()
    }
}

#[test]
fn the_fused_graph_operations_are_the_composed_ones() {
    let device = Device::flex().autodiff();
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

fn prepared_for(learner: &LearnerConfig) -> Prepared {
    prepared(&RunOptions { learner: learner.clone(), ..options(Arm::Supervised) })
}

#[test]
fn the_gradient_is_the_derivative_of_the_loss() {
    let padded = CGcnConfig { lstm: 9, hidden: 10, original_pooling: true, ..CGcnConfig::default() };
    let padded = [padded.clone(), CGcnConfig { lstm_layers: 0, ..padded }].map(LearnerConfig::CGcn);
    for config in learners().iter().chain(&padded) {
        check_gradient(config);
    }
}

fn check_gradient(config: &LearnerConfig) {
    let prepared = prepared_for(config);
    let learner = &prepared.learner;
    let batch = Batch::new(&prepared.train.iter().take(6).collect::<Vec<_>>());
    // The original's initial attention is so small that its gradients would drown in rounding.
    let mut stream = Stream::new(5, Purpose::Initialisation, 1, 0);
    let mut at = Parameters::of(learner);
    at.values.iter_mut().for_each(|value| *value += stream.uniform(-0.3, 0.3));
    // Dropout is on: its masks are the same each time, as the stream is.
    let loss_and_gradient = |at: &Parameters| {
        let mut noise = Stream::new(8, Purpose::Dropout, 0, 0);
        gradient(&at.load(learner, &Device::flex()), &batch, &mut Mode::Train(&mut noise))
    };
    let found = loss_and_gradient(&at).1.values();
    let mut start = 0;
    for (name, shape) in Parameters::layout(learner) {
        let size: usize = shape.iter().product();
        // A whole parameter at once, along its gradient: the derivative is the gradient's length.
        let part = start..start + size;
        start += size;
        let length = found[part.clone()].iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!(
            length > 1e-4 || name.ends_with("attention.score.bias"),
            "{config:?}: {name} has no gradient"
        );
        let along = |by: f64| {
            let mut moved = at.clone();
            for (value, gradient) in moved.values[part.clone()].iter_mut().zip(&found[part.clone()]) {
                *value += (by * f64::from(*gradient) / length.max(1e-12)) as f32;
            }
            f64::from(loss_and_gradient(&moved).0)
        };
        // Over a relu's bend or a pool's change of mind a difference is not the derivative; a wrong gradient is wrong at
        // every distance.
        let numeric = [5e-3, 1e-3, 2e-4].map(|by| (by, (along(by) - along(-by)) / (2.0 * by)));
        assert!(
            numeric.iter().any(|(by, numeric)| (numeric - length).abs() < 0.02 * length + 3e-4 + 2e-7 / by),
            "{config:?}: {name}: {length}, numerically {numeric:?}"
        );
    }
}

#[test]
fn predictions_do_not_depend_on_the_rest_of_the_batch() {
    learners().iter().for_each(check_that_rows_are_independent);
}

fn check_that_rows_are_independent(config: &LearnerConfig) {
    let prepared = prepared_for(config);
    let device = Device::flex();
    let learner = Parameters::of(&prepared.learner).load(&prepared.learner, &device);
    let examples: Vec<&Example> = prepared.train.iter().take(9).collect();
    let batch = Batch::new(&examples);
    let logits = learner.logits(&batch, &mut Mode::Predict);
    let labels = logits.dims()[1];
    let together = floats(logits);
    for (row, &place) in batch.order.iter().enumerate() {
        let alone = floats(learner.logits(&Batch::new(&[examples[place]]), &mut Mode::Predict));
        for (a, b) in alone.iter().zip(&together[row * labels..]) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

#[test]
fn the_evidence_of_an_fcm_is_the_difference_of_its_logits() {
    let prepared = prepared_for(learners().last().unwrap());
    let mut stream = Stream::new(5, Purpose::Initialisation, 1, 0);
    let mut at = Parameters::of(&prepared.learner);
    at.values.iter_mut().for_each(|value| *value += stream.uniform(-0.3, 0.3));
    let learner = at.load(&prepared.learner, &Device::flex());
    let mut turned_round = 0;
    for example in &prepared.train {
        let logits = floats(learner.logits(&Batch::new(&[example]), &mut Mode::Predict));
        let Explanation::Evidence { relation, over, tokens, rest } = learner.explain(example) else {
            panic!("an FCM explains itself by evidence")
        };
        let place = |positions: &[u32]| positions.iter().position(|&p| i64::from(p) == MAX_DISTANCE);
        turned_round += usize::from(place(&example.object_positions) < place(&example.subject_positions));
        let sum: f32 = tokens.iter().sum();
        let difference = logits[relation] - logits[over];
        assert!((sum + rest - difference).abs() < 1e-4, "{sum} {rest} {difference}");
        let next = logits.iter().enumerate().filter(|&(label, _)| label != relation).map(|(_, l)| *l);
        assert!(difference >= 0.0 && next.fold(f32::MIN, f32::max) == logits[over]);
    }
    assert!(turned_round > 0 && turned_round < prepared.train.len());
}
