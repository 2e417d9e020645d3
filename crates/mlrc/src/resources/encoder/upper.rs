//! What the blocks above a frozen part are trained from: the states of word pieces below them, and their weights.

use std::ops::Range;

use half::f16;
use half::slice::HalfFloatSliceExt;
use mlrc_kernels::transformer::RelativeBias;
use rayon::prelude::*;

use super::contextual::{ContextualVectors, Window, batches};
use super::weights::Weights;
use super::{EncoderConfig, Source};

/// The size of an encoder's blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockShape {
    /// Components of a state.
    pub hidden: usize,
    /// Inner components of the feed-forward network.
    pub inner: usize,
    /// Attention heads.
    pub heads: usize,
    /// What is added to a variance before it is divided by.
    pub epsilon: f32,
}

/// The weights of a block, as PyTorch stores them: `[outputs, inputs]`, and `[outputs]` for biases.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockWeights {
    /// To queries, keys and values, side by side: weight and bias.
    pub project: [Vec<f32>; 2],
    /// What follows attention.
    pub attended: [Vec<f32>; 2],
    /// The first normalisation: scale and shift.
    pub attention_norm: [Vec<f32>; 2],
    /// Into the feed-forward network.
    pub up: [Vec<f32>; 2],
    /// Out of it.
    pub down: [Vec<f32>; 2],
    /// The second normalisation.
    pub output_norm: [Vec<f32>; 2],
}

/// A sentence's word pieces after a block.
#[derive(Clone, Debug, PartialEq)]
pub struct PieceStates {
    /// `[pieces, hidden]`, special pieces included, rounded to 16 bits.
    pub states: Vec<f16>,
    /// The pieces of each token.
    pub tokens: Vec<Range<usize>>,
}

impl PieceStates {
    /// Number of pieces.
    pub fn pieces(&self, hidden: usize) -> usize {
        self.states.len() / hidden
    }

    /// The mean state of a token's pieces.
    pub fn token(&self, token: usize, hidden: usize) -> Vec<f32> {
        let pieces = self.tokens[token].clone();
        let share = 1.0 / pieces.len() as f32;
        let mut mean = vec![0.0; hidden];
        for piece in pieces {
            let state = &self.states[piece * hidden..][..hidden];
            mean.iter_mut().zip(state).for_each(|(sum, value)| *sum += share * value.to_f32());
        }
        mean
    }
}

impl ContextualVectors {
    /// The size of the encoder's blocks.
    pub fn shape(&self) -> BlockShape {
        let EncoderConfig { hidden, intermediate: inner, heads, epsilon, .. } = self.source.config;
        BlockShape { hidden, inner, heads, epsilon }
    }

    /// What is added to attention scores in every block, if anything is.
    pub fn relative_bias(&self) -> Option<&RelativeBias> {
        self.network.relative()
    }

    /// Word pieces of a sentence that are read at once, special ones included.
    pub fn longest(&self) -> usize {
        self.source.config.longest()
    }

    /// Number of word pieces of each token.
    pub fn piece_counts(&self, tokens: &[String]) -> Vec<usize> {
        let mut pieces = Vec::new();
        let mut count = |token: &String| {
            let before = pieces.len();
            self.source.pieces.cut(token, &mut pieces);
            pieces.len() - before
        };
        tokens.iter().map(&mut count).collect()
    }

    /// The states of the sentences' word pieces after the highest block, in parallel on the current thread pool. They are
    /// not cached.
    ///
    /// # Panics
    /// If a sentence is too long to be read at once.
    pub fn piece_states(&self, sentences: &[&[String]]) -> Vec<PieceStates> {
        let windows: Vec<_> = sentences
            .iter()
            .enumerate()
            .map(|(sentence, tokens)| {
                let mut windows = self.windows(sentence, tokens);
                assert!(windows.len() == 1, "sentence {sentence} is too long to be read at once");
                windows.remove(0)
            })
            .collect();
        let hidden = self.source.config.hidden;
        let highest = self.blocks.iter().copied().max().unwrap_or(0);
        let compute = |windows: &&[Window]| -> Vec<PieceStates> {
            let lengths: Vec<usize> = windows.iter().map(|window| window.pieces.len()).collect();
            let pieces: Vec<u32> = windows.iter().flat_map(|window| window.pieces.iter().copied()).collect();
            let mut results = Vec::new();
            self.network.forward(&lengths, &pieces, |block, states| {
                if block != highest {
                    return;
                }
                let mut first = 0;
                for window in *windows {
                    let own = &states[first * hidden..][..window.pieces.len() * hidden];
                    let mut rounded = vec![f16::ZERO; own.len()];
                    rounded.convert_from_f32_slice(own);
                    let tokens = window.tokens.iter().map(|(_, pieces)| pieces.clone()).collect();
                    results.push(PieceStates { states: rounded, tokens });
                    first += window.pieces.len();
                }
            });
            results
        };
        batches(&windows).par_iter().flat_map_iter(compute).collect()
    }

    /// The weights of the blocks above the highest one that is read, up to block `last`.
    ///
    /// # Errors
    /// A description, if there is no such block, or its weights are damaged.
    pub fn weights_above(&self, last: usize) -> Result<Vec<BlockWeights>, String> {
        let Source { config, weights, .. } = &*self.source;
        if last > config.blocks {
            return Err(format!(
                "the encoder has blocks 1 to {}, so there is no block {last} to be trained",
                config.blocks
            ));
        }
        let highest = self.blocks.iter().copied().max().unwrap_or(0);
        (highest..last).map(|block| block_weights(config, weights, block)).collect()
    }
}

/// The weights of a block, counted from 0.
fn block_weights(config: &EncoderConfig, weights: &Weights, block: usize) -> Result<BlockWeights, String> {
    let names = config.architecture.names();
    let (hidden, inner) = (config.hidden, config.intermediate);
    let linear = |parts: &[&str], outputs: usize, inputs: usize| -> Result<[Vec<f32>; 2], String> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for part in parts {
            let name = names.of_block(block, part);
            weight.extend(weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(weights.tensor(&format!("{name}.bias"), &[outputs])?);
        }
        Ok([weight, bias])
    };
    let norm = |part: &str| weights.layer(&names.of_block(block, part), &[hidden]);
    Ok(BlockWeights {
        project: linear(&[names.query, names.key, names.value], hidden, hidden)?,
        attended: linear(&[names.attended], hidden, hidden)?,
        attention_norm: norm(names.attention_norm)?,
        up: linear(&[names.up], inner, hidden)?,
        down: linear(&[names.down], hidden, inner)?,
        output_norm: norm(names.output_norm)?,
    })
}
