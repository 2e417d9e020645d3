//! Pretrained encoders: the vector of a token depends on its sentence.
//!
//! An [`Encoder`] is a Hugging Face folder (`config.json`, `tokenizer.json` or `vocab.txt`, `model.safetensors`) of one of
//! the architectures BERT, RoBERTa, DistilBERT and MPNet. It is frozen, and cut after the block whose states are wanted
//! ([`ContextualVectors`]): blocks above are neither read nor computed.
//!
//! Each token is cut into word pieces by itself; its vector is the mean of theirs. Sentences longer than the encoder's
//! positions are read in overlapping windows, and each token is taken from the window in whose middle it is. Vectors are
//! rounded to 16 bits, whether they have just been computed or come from the cache, so that both are the same.

mod config;
mod contextual;
mod memory;
mod network;
mod pieces;
mod store;
mod upper;
mod weights;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memmap2::Mmap;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_128};

use crate::files;
use config::EncoderConfig;
use network::Network;
use pieces::Pieces;
use weights::Weights;

pub use contextual::{ContextualVectors, SentenceVectors};
pub use upper::{BlockShape, BlockWeights, PieceStates};
pub use weights::Rounding;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const VOCABULARY: &str = "vocab.txt";
const WEIGHTS: &str = "model.safetensors";
/// The files on which the vectors depend.
pub(super) const FILES: [&str; 4] = [CONFIG, TOKENIZER, VOCABULARY, WEIGHTS];

/// Why a folder cannot be read as an encoder.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: io::Error,
    },
    /// A file is missing.
    #[error("{}: {problem}", folder.display())]
    NotAnEncoder {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        problem: String,
    },
    /// A file is damaged, or of a kind that is not supported.
    #[error("{}: {problem}", path.display())]
    Unsuitable {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// There is no such block.
    #[error(
        "the encoder has blocks 1 to {blocks} (0 stands for the embeddings), so there is no block {block}"
    )]
    NoSuchBlock {
        /// The block that was asked for.
        block: usize,
        /// Number of blocks.
        blocks: usize,
    },
}

/// A pretrained encoder.
pub struct Encoder {
    source: Arc<Source>,
    /// What has been made of it, by blocks.
    cut: Mutex<HashMap<Vec<usize>, Arc<ContextualVectors>>>,
    quantised: OnceLock<Arc<Encoder>>,
}

/// The content of a folder.
struct Source {
    config: EncoderConfig,
    /// `config.json`, to be saved with a model.
    config_json: Vec<u8>,
    pieces: Arc<Pieces>,
    weights: Weights,
    /// Identifies the content and the rounding of its weights.
    hash: u128,
    cache: Cache,
}

/// Where the vectors of sentences are kept.
#[derive(Clone)]
enum Cache {
    Nowhere,
    Memory,
    Folder(PathBuf),
}

impl fmt::Debug for Encoder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Encoder({:?})", self.source.config)
    }
}

impl Encoder {
    /// Opens a folder. Weights are rounded as a model folder stores them; vectors of sentences are cached in the user's
    /// cache folder (the environment variable `MLRC_CACHE` names a different one; if it is empty, they are kept in memory).
    ///
    /// # Errors
    /// If a file is missing or damaged, or the encoder is of a kind or size that is not supported.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        let source = read_folder(folder, Rounding::Half)?;
        let cache = super::cache_folder().map_or(Cache::Memory, Cache::Folder);
        Ok(Self::new(Source { cache, ..source }))
    }

    /// Reads a folder, without a cache.
    ///
    /// # Errors
    /// As [`Encoder::open`].
    pub fn read(folder: &Path, rounding: Rounding) -> Result<Self, EncoderError> {
        read_folder(folder, rounding).map(Self::new)
    }

    fn new(source: Source) -> Self {
        Self { source: Arc::new(source), cut: Mutex::default(), quantised: OnceLock::new() }
    }

    /// The same encoder with its weights rounded to 8-bit integers ([`Rounding::Int8`]). Its vectors have caches of their own.
    pub fn quantised(&self) -> Arc<Self> {
        let quantised = || {
            let Source { config, config_json, pieces, weights, hash, cache } = &*self.source;
            Arc::new(Self::new(Source {
                config: config.clone(),
                config_json: config_json.clone(),
                pieces: pieces.clone(),
                weights: weights.rounded(Rounding::Int8),
                hash: xxh3_128(&[&hash.to_le_bytes()[..], b"int8"].concat()),
                cache: cache.clone(),
            }))
        };
        self.quantised.get_or_init(quantised).clone()
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.source.config.blocks
    }

    /// The last block that is computed when blocks are trained, unless another is asked for.
    pub fn usual_last(&self) -> usize {
        self.source.config.usual_last()
    }

    /// Components of a vector of one block.
    pub fn hidden(&self) -> usize {
        self.source.config.hidden
    }

    /// A hash of its files.
    pub fn hash(&self) -> u128 {
        self.source.hash
    }

    /// The word pieces of a sentence of these tokens, special ones included, and their states after every block, in full
    /// precision: `[blocks + 1][pieces · hidden]`, first the embeddings. For comparing with other implementations.
    ///
    /// # Errors
    /// If the weights are damaged, or the sentence is longer than the encoder can read at once.
    pub fn states(&self, tokens: &[String]) -> Result<(Vec<u32>, Vec<Vec<f32>>), EncoderError> {
        let Source { config, weights, pieces: cutter, .. } = &*self.source;
        let mut pieces = vec![cutter.first];
        tokens.iter().for_each(|token| cutter.cut(token, &mut pieces));
        pieces.push(cutter.last);
        if pieces.len() > config.longest() {
            let problem =
                format!("the sentence has {} word pieces, more than {}", pieces.len(), config.longest());
            return Err(unsuitable(Path::new(WEIGHTS), problem));
        }
        let network = Network::load(config, weights, config.blocks)
            .map_err(|problem| unsuitable(Path::new(WEIGHTS), problem))?;
        let mut states = Vec::new();
        network.forward(&[pieces.len()], &pieces, |_, after| states.push(after.to_vec()));
        Ok((pieces, states))
    }

    /// The vectors of tokens after these blocks, side by side: 1 is the first block, 0 the embeddings. Without any, a
    /// block near the middle is chosen.
    ///
    /// # Errors
    /// If there is no such block, or its weights are damaged.
    pub fn vectors(&self, blocks: &[usize]) -> Result<Arc<ContextualVectors>, EncoderError> {
        let blocks =
            if blocks.is_empty() { vec![self.source.config.default_block()] } else { blocks.to_vec() };
        if let Some(&block) = blocks.iter().find(|&&block| block > self.source.config.blocks) {
            return Err(EncoderError::NoSuchBlock { block, blocks: self.source.config.blocks });
        }
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vectors) = cut.get(&blocks) {
            return Ok(vectors.clone());
        }
        let vectors = ContextualVectors::new(self.source.clone(), blocks.clone())
            .map_err(|problem| unsuitable(Path::new(WEIGHTS), problem))?;
        let vectors = Arc::new(vectors);
        cut.insert(blocks, vectors.clone());
        Ok(vectors)
    }
}

impl Source {
    /// From the content of its files, each with the path that names it in errors.
    fn new(
        (config_json, config_path): (Vec<u8>, PathBuf),
        (tokenizer, tokenizer_path): (Vec<u8>, PathBuf),
        (file, path): (Arc<Mmap>, PathBuf),
        rounding: Rounding,
    ) -> Result<Self, EncoderError> {
        let config =
            EncoderConfig::read(&config_json).map_err(|problem| unsuitable(&config_path, problem))?;
        let json = String::from_utf8(tokenizer)
            .map_err(|_| unsuitable(&tokenizer_path, "it is not UTF-8".to_owned()))?;
        let pieces =
            Pieces::read(json, config.pieces).map_err(|problem| unsuitable(&tokenizer_path, problem))?;
        let mut hasher = Xxh3Default::new();
        for part in [&config_json[..], pieces.json.as_bytes(), &file[..], &[rounding as u8]] {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part);
        }
        let weights = Weights::new(file, config.architecture.names(), rounding)
            .map_err(|problem| unsuitable(&path, problem))?;
        let pieces = Arc::new(pieces);
        // All shapes are known to be right before anything is computed with them.
        weights.check(&config).map_err(|problem| unsuitable(&path, problem))?;
        Ok(Self { config, config_json, pieces, weights, hash: hasher.digest128(), cache: Cache::Nowhere })
    }
}

fn read_folder(folder: &Path, rounding: Rounding) -> Result<Source, EncoderError> {
    let lacks = |problem: String| EncoderError::NotAnEncoder { folder: folder.to_owned(), problem };
    for name in [CONFIG, WEIGHTS] {
        if folder.join(name).is_file() {
            continue;
        }
        let pickled = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let pickled = pickled.filter_map(|name| name.into_string().ok()).find(|name| is_pickled(name));
        return Err(lacks(match pickled.filter(|_| name == WEIGHTS) {
            Some(file) => format!(
                "it has no {WEIGHTS}, only {file}, whose format can run a stranger's code when it is read; most \
                 models are published as safetensors too, or can be converted with `safetensors.torch`"
            ),
            None if name == WEIGHTS && folder.join("model.safetensors.index.json").is_file() => {
                format!("its weights are in several files, which is not supported; expected one {WEIGHTS}")
            }
            None => format!("it has no {name}; expected the folder of a Hugging Face encoder"),
        }));
    }
    let config_json = read_file(&folder.join(CONFIG))?;
    let tokenizer = match folder.join(TOKENIZER) {
        path if path.is_file() => (read_file(&path)?, path),
        _ => {
            let path = folder.join(VOCABULARY);
            if !path.is_file() {
                return Err(lacks(format!("it has neither {TOKENIZER} nor {VOCABULARY}")));
            }
            let text = String::from_utf8(read_file(&path)?)
                .map_err(|_| unsuitable(&path, "it is not UTF-8".to_owned()))?;
            let settings = fs::read(folder.join("tokenizer_config.json")).unwrap_or_default();
            let settings: serde_json::Value = serde_json::from_slice(&settings).unwrap_or_default();
            let lowercase = settings["do_lower_case"].as_bool().unwrap_or(true);
            let json =
                Pieces::from_vocabulary(&text, lowercase).map_err(|problem| unsuitable(&path, problem))?;
            (json.into_bytes(), path)
        }
    };
    let path = folder.join(WEIGHTS);
    let file = files::read(&path).map_err(|source| EncoderError::Io { path: path.clone(), source })?;
    Source::new((config_json, folder.join(CONFIG)), tokenizer, (Arc::new(file), path), rounding)
}

/// Refuses a file of an encoder's folder, which is no file of word vectors.
///
/// # Errors
/// If it is one.
pub(super) fn refuse_file_of_one(path: &Path) -> Result<(), EncoderError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_weights = path.extension().is_some_and(|ending| ending == "safetensors");
    if path.is_file() && (FILES.contains(&name) && name != VOCABULARY || is_weights) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let problem = format!("it is a file of an encoder: name its folder, {}", folder.display());
        return Err(unsuitable(path, problem));
    }
    Ok(())
}

fn unsuitable(path: &Path, problem: String) -> EncoderError {
    EncoderError::Unsuitable { path: path.to_owned(), problem }
}

fn read_file(path: &Path) -> Result<Vec<u8>, EncoderError> {
    fs::read(path).map_err(|source| EncoderError::Io { path: path.to_owned(), source })
}

/// Whether a file of this name holds Python objects.
fn is_pickled(name: &str) -> bool {
    ["bin", "pt", "pth", "ckpt", "pkl"].iter().any(|ending| name.ends_with(&format!(".{ending}")))
}
