//! The computation: embeddings, then blocks of self-attention and feed-forward networks.

use mlrc_kernels::Cpu;
use mlrc_kernels::transformer::{
    Activation, LayerNorm, Projection, QuantisedMatrix, QuantisedProjection, RelativeBias, attend, normalise,
};

use super::config::EncoderConfig;
use super::weights::{Table, Weights};

/// The lower part of an encoder, ready to compute.
pub(super) struct Network {
    cpu: Cpu,
    words: Table,
    hidden: usize,
    heads: usize,
    /// The vector of each position and of the first token type, `[positions, hidden]`.
    positions: Vec<f32>,
    embedding_norm: LayerNorm,
    relative: Option<RelativeBias>,
    blocks: Vec<Block>,
}

struct Block {
    /// To queries, keys and values, side by side.
    project: Linear,
    attended: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    output_norm: LayerNorm,
}

/// A projection in single precision or in 8-bit integers.
enum Linear {
    Single(Projection),
    Int8(QuantisedProjection),
}

impl Linear {
    /// The layers of these names side by side: `outputs` of each.
    fn load(
        cpu: Cpu,
        weights: &Weights,
        names: &[String],
        [outputs, inputs]: [usize; 2],
    ) -> Result<Self, String> {
        let mut bias = Vec::new();
        for name in names {
            bias.extend(weights.tensor(&format!("{name}.bias"), &[outputs])?);
        }
        let weight_of = |name: &String| format!("{name}.weight");
        if weights.are_quantised() {
            let mut weight = QuantisedMatrix { values: Vec::new(), scales: Vec::new() };
            for name in names {
                let part = weights.quantised(&weight_of(name), [outputs, inputs])?;
                weight.values.extend(part.values);
                weight.scales.extend(part.scales);
            }
            return Ok(Self::Int8(QuantisedProjection::new(cpu, &weight, &bias)));
        }
        let mut weight = Vec::new();
        for name in names {
            weight.extend(weights.tensor(&weight_of(name), &[outputs, inputs])?);
        }
        Ok(Self::Single(Projection::new(cpu, &weight, bias)))
    }

    fn outputs(&self) -> usize {
        match self {
            Self::Single(projection) => projection.outputs(),
            Self::Int8(projection) => projection.outputs(),
        }
    }

    fn forward(&self, inputs: &[f32], activation: Activation, outputs: &mut [f32]) {
        match self {
            Self::Single(projection) => projection.forward(inputs, activation, outputs),
            Self::Int8(projection) => projection.forward(inputs, activation, outputs),
        }
    }
}

impl Network {
    /// The embeddings and the first `blocks` blocks.
    ///
    /// # Errors
    /// A description, if a tensor is missing or differs from what the configuration says.
    pub fn load(config: &EncoderConfig, weights: &Weights, blocks: usize) -> Result<Self, String> {
        let (names, hidden) = (config.architecture.names(), config.hidden);
        let cpu = Cpu::native();
        let norm = |name: &str| -> Result<LayerNorm, String> {
            let [scale, shift] = weights.layer(name, &[hidden])?;
            Ok(LayerNorm { scale, shift, epsilon: config.epsilon })
        };
        let table = weights.tensor(names.positions, &[config.positions, hidden])?;
        let mut positions = table[config.first_position * hidden..].to_vec();
        if let Some(types) = names.types {
            let rows = weights.rows(types).ok_or_else(|| format!("no tensor `{types}`"))?;
            let types = weights.tensor(types, &[rows, hidden])?;
            for row in positions.chunks_exact_mut(hidden) {
                row.iter_mut().zip(&types).for_each(|(sum, value)| *sum += value);
            }
        }
        let relative = match names.relative {
            Some(name) => {
                Some(relative_bias(config, &weights.tensor(name, &[config.buckets, config.heads])?))
            }
            None => None,
        };
        let of_block = |block: usize| -> Result<Block, String> {
            let linear = |parts: &[&str], inputs: usize, outputs: usize| {
                let named: Vec<String> = parts.iter().map(|part| names.of_block(block, part)).collect();
                Linear::load(cpu, weights, &named, [outputs, inputs])
            };
            Ok(Block {
                project: linear(&[names.query, names.key, names.value], hidden, hidden)?,
                attended: linear(&[names.attended], hidden, hidden)?,
                attention_norm: norm(&names.of_block(block, names.attention_norm))?,
                up: linear(&[names.up], hidden, config.intermediate)?,
                down: linear(&[names.down], config.intermediate, hidden)?,
                output_norm: norm(&names.of_block(block, names.output_norm))?,
            })
        };
        Ok(Self {
            cpu,
            words: weights.table(names.words, [config.pieces, hidden])?,
            hidden,
            heads: config.heads,
            positions,
            embedding_norm: norm(names.embedding_norm)?,
            relative,
            blocks: (0..blocks).map(of_block).collect::<Result<_, _>>()?,
        })
    }

    /// What is added to attention scores, if anything is.
    pub fn relative(&self) -> Option<&RelativeBias> {
        self.relative.as_ref()
    }

    /// Computes sentences of these `lengths`, whose `pieces` lie one sentence after the other. `take` is handed the
    /// states after each block, `[pieces, hidden]`, first the embeddings as block 0.
    pub fn forward(&self, lengths: &[usize], pieces: &[u32], mut take: impl FnMut(usize, &[f32])) {
        let hidden = self.hidden;
        let mut states = Vec::with_capacity(pieces.len() * hidden);
        let mut positions = Vec::with_capacity(pieces.len() * hidden);
        for &piece in pieces {
            self.words.append(piece as usize, &mut states);
        }
        for &length in lengths {
            positions.extend_from_slice(&self.positions[..length * hidden]);
        }
        normalise(self.cpu, &self.embedding_norm, &mut states, &positions);
        take(0, &states);

        // The positions are no longer needed: their memory is.
        let mut output = positions;
        let widest = self.blocks.iter().map(|block| block.up.outputs().max(3 * hidden)).max().unwrap_or(0);
        let mut wide = vec![0.0; pieces.len() * widest];
        for (number, block) in self.blocks.iter().enumerate() {
            let projected = &mut wide[..pieces.len() * 3 * hidden];
            block.project.forward(&states, Activation::Identity, projected);
            attend(self.cpu, lengths, self.heads, projected, self.relative.as_ref(), &mut output);
            let attended = &mut wide[..pieces.len() * hidden];
            block.attended.forward(&output, Activation::Identity, attended);
            normalise(self.cpu, &block.attention_norm, attended, &states);
            states.copy_from_slice(attended);

            let inner = &mut wide[..pieces.len() * block.up.outputs()];
            block.up.forward(&states, Activation::Gelu, inner);
            block.down.forward(inner, Activation::Identity, &mut output);
            normalise(self.cpu, &block.output_norm, &mut output, &states);
            std::mem::swap(&mut states, &mut output);
            take(number + 1, &states);
        }
    }
}

/// The bias of every distance, from the bias of each bucket (`[buckets, heads]`).
///
/// Half of the buckets are for keys before the query, half for those after it. In each half, the first half are single
/// distances, the others ranges that grow logarithmically up to a distance of 128 (Raffel et al. 2020).
fn relative_bias(config: &EncoderConfig, of_bucket: &[f32]) -> RelativeBias {
    let (reach, heads) = (config.longest(), config.heads);
    let half = config.buckets / 2;
    let exact = half / 2;
    let bucket = |distance: isize| {
        let (side, distance) = (if distance > 0 { half } else { 0 }, distance.unsigned_abs());
        if distance < exact {
            return side + distance;
        }
        // In single precision, as the model was trained.
        let ratio = (distance as f32 / exact as f32).ln() / ((128.0 / exact as f64).ln() as f32);
        side + (exact + (ratio * (half - exact) as f32) as usize).min(half - 1)
    };
    let distances = || 1 - reach as isize..reach as isize;
    let value = |head: usize, distance: isize| of_bucket[bucket(distance) * heads + head];
    let values = (0..heads).flat_map(|head| distances().map(move |distance| value(head, distance))).collect();
    RelativeBias { values, reach }
}
