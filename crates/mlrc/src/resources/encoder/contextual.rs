use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;
use memmap2::Mmap;
use rayon::prelude::*;

use super::memory::Memory;
use super::network::Network;
use super::store::{Key, Store};
use super::{Cache, Rounding, Source};

/// About how many word pieces are computed together: enough to fill the registers, few enough to share the work.
const PIECES: usize = 400;

/// The vectors of tokens in their sentences, after some blocks of an encoder.
pub struct ContextualVectors {
    pub(super) source: Arc<Source>,
    pub(super) blocks: Vec<usize>,
    pub(super) network: Network,
    kept: Kept,
}

/// The vectors that have been computed before.
enum Kept {
    Nowhere,
    InMemory(Memory),
    OnDisk(Store),
}

impl fmt::Debug for ContextualVectors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ContextualVectors({:?}, blocks {:?})", self.source.config, self.blocks)
    }
}

/// The vectors of the tokens of one sentence, `[tokens, dimension]`.
#[derive(Clone, PartialEq)]
pub struct SentenceVectors {
    values: Arc<[f16]>,
    dimension: usize,
}

impl fmt::Debug for SentenceVectors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SentenceVectors({} × {})", self.tokens(), self.dimension)
    }
}

impl SentenceVectors {
    pub(super) fn new(values: Arc<[f16]>, dimension: usize) -> Self {
        Self { values, dimension }
    }

    /// Number of tokens.
    pub fn tokens(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Appends the vector of a token to `rows`.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn append(&self, token: usize, rows: &mut Vec<f32>) {
        let values = &self.values[token * self.dimension..][..self.dimension];
        let start = rows.len();
        rows.resize(start + self.dimension, 0.0);
        values.convert_to_f32_slice(&mut rows[start..]);
    }

    /// All values, `[tokens, dimension]`.
    pub fn to_f32(&self) -> Vec<f32> {
        self.values.to_f32_vec()
    }

    pub(super) fn values(&self) -> &[f16] {
        &self.values
    }
}

/// A part of a sentence that is computed at once: all of it, unless it is too long.
pub(super) struct Window {
    sentence: usize,
    /// Word pieces, framed by the special ones.
    pub pieces: Vec<u32>,
    /// The tokens whose vectors are taken from here, with their pieces.
    pub tokens: Vec<(usize, Range<usize>)>,
}

impl ContextualVectors {
    pub(super) fn new(source: Arc<Source>, blocks: Vec<usize>) -> Result<Self, String> {
        let highest = blocks.iter().copied().max().unwrap_or(0);
        let network = Network::load(&source.config, &source.weights, highest)?;
        let dimension = blocks.len() * source.config.hidden;
        let kept = match &source.cache {
            Cache::Nowhere => Kept::Nowhere,
            Cache::Memory => Kept::InMemory(Memory::default()),
            Cache::Folder(folder) => Kept::OnDisk(Store::open(folder, source.hash, &blocks, dimension)),
        };
        Ok(Self { source, blocks, network, kept })
    }

    /// What a model has to keep of the encoder: the content of `config.json`, `tokenizer.json` and `model.safetensors`, cut
    /// after the last block that is needed, rounded as they are computed with: to 16 bits or to 8.
    ///
    /// # Errors
    /// A description, if the weights are damaged.
    pub(crate) fn parts(&self) -> Result<[Vec<u8>; 3], String> {
        let Source { config, config_json, pieces, weights, .. } = &*self.source;
        let highest = self.blocks.iter().copied().max().unwrap_or(0);
        let mut written: serde_json::Value =
            serde_json::from_slice(config_json).map_err(|error| error.to_string())?;
        for key in ["num_hidden_layers", "n_layers"] {
            if let Some(blocks) = written.get_mut(key) {
                // A configuration has a block at least, whether it is computed or not.
                *blocks = highest.max(1).into();
            }
        }
        let kept = weights.part(config, highest.max(1))?;
        Ok([written.to_string().into_bytes(), pieces.json.clone().into_bytes(), kept])
    }

    /// Restores what [`ContextualVectors::parts`] has kept; without a cache. Weights in 8 bits are computed with as such.
    ///
    /// # Errors
    /// A description of the mismatch.
    pub(crate) fn from_parts(
        [config, tokenizer]: [&[u8]; 2],
        weights: Arc<Mmap>,
        blocks: Vec<usize>,
    ) -> Result<Self, String> {
        let named = |content: &[u8], name: &str| (content.to_vec(), PathBuf::from(name));
        let source = Source::new(
            named(config, "encoder.json"),
            named(tokenizer, "tokenizer.json"),
            (weights, PathBuf::from("encoder.safetensors")),
            Rounding::Half,
        )
        .map_err(|error| error.to_string())?;
        if let Some(block) = blocks.iter().find(|&&block| block > source.config.blocks) {
            return Err(format!("encoder.json: it has no block {block}"));
        }
        Self::new(Arc::new(source), blocks)
    }

    /// The blocks whose states are side by side in a vector.
    pub fn blocks(&self) -> &[usize] {
        &self.blocks
    }

    /// Number of components of a vector.
    pub fn dimension(&self) -> usize {
        self.blocks.len() * self.source.config.hidden
    }

    /// A hash of the encoder's files.
    pub fn hash(&self) -> u128 {
        self.source.hash
    }

    /// Whether a sentence of these tokens is read in several windows.
    pub fn is_too_long(&self, tokens: &[String]) -> bool {
        // No piece is shorter than a byte, so most sentences need not be cut.
        if tokens.iter().map(|token| token.len().max(1)).sum::<usize>() + 2 <= self.source.config.longest() {
            return false;
        }
        let mut pieces = Vec::new();
        tokens.iter().for_each(|token| self.source.pieces.cut(token, &mut pieces));
        pieces.len() + 2 > self.source.config.longest()
    }

    /// How many tokens, pieces and unknown pieces these sentences have.
    pub fn count_pieces<'a>(&self, sentences: impl IntoIterator<Item = &'a [String]>) -> [usize; 3] {
        let cutter = &self.source.pieces;
        let (mut tokens, mut pieces) = (0, Vec::new());
        for token in sentences.into_iter().flatten() {
            cutter.cut(token, &mut pieces);
            tokens += 1;
        }
        let unknown = pieces.iter().filter(|piece| cutter.is_unknown(**piece)).count();
        [tokens, pieces.len(), unknown]
    }

    /// The vectors of the tokens of each sentence, from the cache or computed, in parallel on the current thread pool.
    pub fn of(&self, sentences: &[&[String]]) -> Vec<SentenceVectors> {
        let keys: Vec<Key> = sentences.iter().map(|tokens| Key::of(tokens)).collect();
        let known = |(key, tokens): (&Key, &&[String])| match &self.kept {
            Kept::Nowhere => None,
            Kept::InMemory(memory) => memory.get(*key, tokens.len()),
            Kept::OnDisk(store) => store.get(*key, tokens.len()),
        };
        let mut found: Vec<Option<SentenceVectors>> = keys.iter().zip(sentences).map(known).collect();
        // Sentences with several pairs of entities occur several times.
        let mut missing: Vec<usize> = (0..sentences.len()).filter(|&index| found[index].is_none()).collect();
        missing.sort_by_key(|&index| keys[index]);
        missing.dedup_by_key(|index| keys[*index]);
        let wanted: Vec<&[String]> = missing.iter().map(|&index| sentences[index]).collect();
        let computed = self.compute(&wanted);
        let new = || missing.iter().map(|&index| keys[index]).zip(&computed);
        match &self.kept {
            Kept::Nowhere => {}
            Kept::InMemory(memory) => memory.add(new()),
            Kept::OnDisk(store) => store.add(new()),
        }
        let by_key: std::collections::HashMap<Key, &SentenceVectors> = new().collect();
        for (found, key) in found.iter_mut().zip(&keys) {
            if found.is_none() {
                *found = by_key.get(key).map(|vectors| (*vectors).clone());
            }
        }
        found.into_iter().map(|vectors| vectors.expect("what was missing has been computed")).collect()
    }

    /// The vectors of the tokens of each sentence.
    fn compute(&self, sentences: &[&[String]]) -> Vec<SentenceVectors> {
        let windows: Vec<Window> = sentences
            .iter()
            .enumerate()
            .flat_map(|(sentence, tokens)| self.windows(sentence, tokens))
            .collect();
        let batches = batches(&windows);
        let computed: Vec<Vec<Vec<f16>>> = batches.par_iter().map(|batch| self.batch(batch)).collect();
        let width = self.dimension();
        let mut vectors: Vec<Vec<f16>> =
            sentences.iter().map(|tokens| vec![f16::ZERO; tokens.len() * width]).collect();
        for (window, rows) in windows.iter().zip(computed.into_iter().flatten()) {
            for ((token, _), row) in window.tokens.iter().zip(rows.chunks_exact(width)) {
                vectors[window.sentence][token * width..][..width].copy_from_slice(row);
            }
        }
        vectors.into_iter().map(|values| SentenceVectors::new(values.into(), width)).collect()
    }

    /// The vectors of each window's tokens, one after the other.
    fn batch(&self, windows: &[Window]) -> Vec<Vec<f16>> {
        let hidden = self.source.config.hidden;
        let width = self.dimension();
        let lengths: Vec<usize> = windows.iter().map(|window| window.pieces.len()).collect();
        let pieces: Vec<u32> = windows.iter().flat_map(|window| window.pieces.iter().copied()).collect();
        let mut vectors: Vec<Vec<f16>> =
            windows.iter().map(|window| vec![f16::ZERO; window.tokens.len() * width]).collect();
        let mut mean = vec![0.0; hidden];
        self.network.forward(&lengths, &pieces, |block, states| {
            for (place, _) in self.blocks.iter().enumerate().filter(|(_, wanted)| **wanted == block) {
                let mut first = 0;
                for (window, vectors) in windows.iter().zip(&mut vectors) {
                    for ((_, pieces), row) in window.tokens.iter().zip(vectors.chunks_exact_mut(width)) {
                        mean.fill(0.0);
                        let share = 1.0 / pieces.len() as f32;
                        for piece in pieces.clone() {
                            let state = &states[(first + piece) * hidden..][..hidden];
                            mean.iter_mut().zip(state).for_each(|(sum, value)| *sum += share * value);
                        }
                        row[place * hidden..][..hidden].convert_from_f32_slice(&mean);
                    }
                    first += window.pieces.len();
                }
            }
        });
        vectors
    }

    /// The windows of a sentence: one, unless it has more word pieces than the encoder has positions.
    pub(super) fn windows(&self, sentence: usize, tokens: &[String]) -> Vec<Window> {
        let cutter = &self.source.pieces;
        let most = self.source.config.longest() - 2;
        let mut pieces = Vec::with_capacity(2 * tokens.len());
        let mut ends = Vec::with_capacity(tokens.len());
        for token in tokens {
            let start = pieces.len();
            cutter.cut(token, &mut pieces);
            // A token that alone is longer than the encoder can read is represented by its beginning.
            pieces.truncate(start + most.min(pieces.len() - start));
            ends.push(pieces.len());
        }
        let range = |token: usize| if token == 0 { 0..ends[0] } else { ends[token - 1]..ends[token] };
        let mut windows = Vec::new();
        // Each window begins half a window after the one before it.
        let mut first = 0;
        loop {
            let start = if first == 0 { 0 } else { ends[first - 1] };
            let last = (first..tokens.len()).take_while(|&token| ends[token] - start <= most).last();
            let Some(last) = last else { break };
            let mut framed = vec![cutter.first];
            framed.extend_from_slice(&pieces[start..ends[last]]);
            framed.push(cutter.last);
            windows.push((first..last + 1, start, framed));
            if last + 1 == tokens.len() {
                break;
            }
            let middle = start + most / 2;
            first = (first + 1..=last).find(|&token| ends[token] > middle).unwrap_or(last + 1);
        }
        let count = windows.len();
        let spans: Vec<Range<usize>> = windows.iter().map(|(span, ..)| span.clone()).collect();
        // Where two windows overlap, each keeps the half that is nearer to its middle.
        let border = |left: usize| spans[left + 1].start.midpoint(spans[left].end);
        let keep = |index: usize| {
            let start = if index == 0 { 0 } else { border(index - 1) };
            let end = if index + 1 == count { tokens.len() } else { border(index) };
            start..end
        };
        windows
            .into_iter()
            .enumerate()
            .map(|(index, (_, start, pieces))| Window {
                sentence,
                pieces,
                tokens: keep(index)
                    .map(|token| {
                        let pieces = range(token);
                        (token, pieces.start - start + 1..pieces.end - start + 1)
                    })
                    .collect(),
            })
            .collect()
    }
}

/// The windows that are computed together. The bits of a sentence do not depend on what is computed with it, so this is
/// only a matter of speed.
pub(super) fn batches(windows: &[Window]) -> Vec<&[Window]> {
    let mut batches = Vec::new();
    let (mut first, mut pieces) = (0, 0);
    for (index, window) in windows.iter().enumerate() {
        if index > first && pieces + window.pieces.len() > PIECES {
            batches.push(&windows[first..index]);
            (first, pieces) = (index, 0);
        }
        pieces += window.pieces.len();
    }
    batches.push(&windows[first..]);
    batches
}
