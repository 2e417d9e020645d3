//! The weights of an encoder: tensors in a safetensors file, found by the names that Hugging Face's models have.

use std::sync::Arc;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use memmap2::Mmap;
use mlrc_kernels::transformer::QuantisedMatrix;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorInfo, TensorView, serialize};

use super::config::{Architecture, EncoderConfig};

/// The names of the parts of an encoder.
pub(super) struct Names {
    /// What may come before every name: weights of a model with a head have the encoder's name in front.
    prefixes: [&'static str; 2],
    pub words: &'static str,
    pub positions: &'static str,
    pub types: Option<&'static str>,
    pub embedding_norm: &'static str,
    /// The blocks; a block's number and a part's name follow.
    block: &'static str,
    pub query: &'static str,
    pub key: &'static str,
    pub value: &'static str,
    pub attended: &'static str,
    pub attention_norm: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub output_norm: &'static str,
    pub relative: Option<&'static str>,
}

const BERT: Names = Names {
    prefixes: ["", "bert."],
    words: "embeddings.word_embeddings.weight",
    positions: "embeddings.position_embeddings.weight",
    types: Some("embeddings.token_type_embeddings.weight"),
    embedding_norm: "embeddings.LayerNorm",
    block: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    attended: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    output_norm: "output.LayerNorm",
    relative: None,
};

const ROBERTA: Names = Names { prefixes: ["", "roberta."], ..BERT };

const DISTILBERT: Names = Names {
    prefixes: ["", "distilbert."],
    types: None,
    block: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    attended: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    output_norm: "output_layer_norm",
    ..BERT
};

const MPNET: Names = Names {
    prefixes: ["", "mpnet."],
    types: None,
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    attended: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    relative: Some("encoder.relative_attention_bias.weight"),
    ..BERT
};

impl Architecture {
    pub(super) fn names(self) -> &'static Names {
        match self {
            Self::Bert => &BERT,
            Self::Roberta => &ROBERTA,
            Self::DistilBert => &DISTILBERT,
            Self::Mpnet => &MPNET,
        }
    }
}

impl Names {
    /// The name of a part of a block, counted from 0.
    pub fn of_block(&self, block: usize, part: &str) -> String {
        format!("{}.{block}.{part}", self.block)
    }
}

/// The tensors of a file, which is mapped: only what is used is read.
#[derive(Clone)]
pub(super) struct Weights {
    file: Arc<Mmap>,
    metadata: Arc<Metadata>,
    /// Where the data begin.
    start: usize,
    prefix: &'static str,
    rounding: Rounding,
}

/// Whether weights are rounded to the precision in which a model folder stores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// As in the file.
    Exact,
    /// To 16 bits, unless a value of the tensor is out of their range. A model answers after loading as it did when it
    /// was trained, because it was trained with what is stored.
    Half,
    /// The weights of projections and the vectors of word pieces to 8-bit integers, with a scale for each row; everything
    /// else as [`Rounding::Half`] does.
    Int8,
}

/// What follows a tensor's name in that of its scales.
const SCALES: &str = "_scale";

impl Weights {
    /// The tensors of a file that has been mapped.
    ///
    /// # Errors
    /// A description, if it is not a safetensors file or has no encoder of this architecture.
    pub fn new(file: Arc<Mmap>, names: &Names, rounding: Rounding) -> Result<Self, String> {
        let (header, metadata) = SafeTensors::read_metadata(&file).map_err(|error| {
            // What Git leaves where large files have not been downloaded.
            if file.starts_with(b"version https://git-lfs") {
                "it is a pointer of Git LFS, not the weights: `git lfs pull`, or download the file itself"
                    .to_owned()
            } else {
                format!("it is no whole safetensors file ({error}): download it again")
            }
        })?;
        let length = metadata.tensors().values().map(|info| info.data_offsets.1).max().unwrap_or(0);
        let start = 8 + header;
        if file.len() != start + length {
            return Err(format!(
                "expected {} bytes, found {}: download it again",
                start + length,
                file.len()
            ));
        }
        let has = |prefix: &&&str| metadata.info(&format!("{prefix}{}", names.words)).is_some();
        let Some(&prefix) = names.prefixes.iter().find(has) else {
            return Err(format!("it has no tensor `{}`", names.words));
        };
        // A model folder's.
        let stored = metadata.info(&format!("{prefix}{}", names.words)).map(|info| info.dtype);
        let rounding = if stored == Some(Dtype::I8) { Rounding::Int8 } else { rounding };
        Ok(Self { file, metadata: Arc::new(metadata), start, prefix, rounding })
    }

    /// The same tensors, rounded differently.
    pub fn rounded(&self, rounding: Rounding) -> Self {
        Self { rounding, ..self.clone() }
    }

    /// Whether projections are computed in 8-bit integers.
    pub fn are_quantised(&self) -> bool {
        self.rounding == Rounding::Int8
    }

    /// The values of a tensor, which must have this shape.
    ///
    /// # Errors
    /// A description, if there is no such tensor, or its shape or type is another, or a value is not finite.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let (info, bytes) = self.find(name, shape)?;
        if info.dtype == Dtype::I8 {
            return Err(format!("`{name}` has the type I8, which is not supported for it"));
        }
        let mut values = convert(info.dtype, bytes);
        if let Some(wrong) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!("`{name}` has a value that is not finite ({wrong})"));
        }
        if self.rounding != Rounding::Exact
            && info.dtype != Dtype::F16
            && !name.ends_with(SCALES)
            && fits_half(&values)
        {
            values.iter_mut().for_each(|value| *value = f16::from_f32(*value).to_f32());
        }
        Ok(values)
    }

    /// A matrix in 8-bit integers: as in the file, or rounded.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn quantised(&self, name: &str, shape: [usize; 2]) -> Result<QuantisedMatrix, String> {
        let (info, bytes) = self.find(name, &shape)?;
        if info.dtype != Dtype::I8 {
            return Ok(QuantisedMatrix::new(&self.tensor(name, &shape)?, shape[0]));
        }
        let scales = self.tensor(&format!("{name}{SCALES}"), &shape[..1])?;
        Ok(QuantisedMatrix { values: bytes.iter().map(|&byte| byte.cast_signed()).collect(), scales })
    }

    /// A layer's `name.weight` and `name.bias`; of old files, `name.gamma` and `name.beta`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn layer(&self, name: &str, shape: &[usize]) -> Result<[Vec<f32>; 2], String> {
        let [weight, bias] =
            if self.has(&format!("{name}.gamma")) { ["gamma", "beta"] } else { ["weight", "bias"] };
        Ok([
            self.tensor(&format!("{name}.{weight}"), shape)?,
            self.tensor(&format!("{name}.{bias}"), &shape[..1])?,
        ])
    }

    /// A matrix of which single rows are looked up, and which is not read otherwise.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn table(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<Table, String> {
        let (info, bytes) = self.find(name, &[rows, columns])?;
        let scales = match info.dtype {
            Dtype::I8 => self.tensor(&format!("{name}{SCALES}"), &[rows])?,
            _ => Vec::new(),
        };
        let mut fits = true;
        for row in bytes.chunks_exact(columns * width(info.dtype).unwrap_or(4)) {
            let values = convert(info.dtype, row);
            if let Some(wrong) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("`{name}` has a value that is not finite ({wrong})"));
            }
            fits &= fits_half(&values);
        }
        Ok(Table {
            file: self.file.clone(),
            start: self.start + info.data_offsets.0,
            dtype: info.dtype,
            columns,
            scales,
            half: self.rounding != Rounding::Exact && fits,
            quantised: self.are_quantised(),
        })
    }

    /// The tensors that the first `blocks` blocks need, as a safetensors file: 8 bits for each value of what is computed in
    /// 8 bits, and its scales; otherwise 16, or 32 for tensors with values that are out of their range.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn part(&self, config: &EncoderConfig, blocks: usize) -> Result<Vec<u8>, String> {
        let mut tensors = Vec::new();
        for (name, shape) in self.needed(config, blocks) {
            if let ([rows, columns], true) = (&shape[..], self.is_quantised(config, &name)) {
                let matrix = self.quantised(&name, [*rows, *columns])?;
                let scales = matrix.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
                tensors.push((format!("{name}{SCALES}"), Dtype::F32, vec![*rows], scales));
                let bytes = matrix.values.iter().map(|value| value.cast_unsigned()).collect();
                tensors.push((name, Dtype::I8, shape, bytes));
                continue;
            }
            let values = self.tensor(&name, &shape)?;
            let (dtype, bytes) = if fits_half(&values) {
                (
                    Dtype::F16,
                    values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect::<Vec<u8>>(),
                )
            } else {
                (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            };
            tensors.push((name, dtype, shape, bytes));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).expect("the bytes fit the shape"))
        });
        serialize(views, None).map_err(|error| error.to_string())
    }

    /// The bytes of a tensor, which must have this shape.
    ///
    /// # Errors
    /// A description, if there is no such tensor, or its shape or type is another.
    pub fn find(&self, name: &str, shape: &[usize]) -> Result<(&TensorInfo, &[u8]), String> {
        let info = self.metadata.info(&self.full(name)).ok_or_else(|| format!("no tensor `{name}`"))?;
        if info.shape != shape {
            return Err(format!("`{name}` has the shape {:?}, expected {shape:?}", info.shape));
        }
        if width(info.dtype).is_none() {
            return Err(format!(
                "`{name}` has the type {:?}; supported are F32, F16, BF16 and, in a model folder, I8",
                info.dtype
            ));
        }
        Ok((info, &self.file[self.start + info.data_offsets.0..self.start + info.data_offsets.1]))
    }

    /// Number of rows of a matrix, if there is one of this name.
    pub fn rows(&self, name: &str) -> Option<usize> {
        self.metadata.info(&self.full(name))?.shape.first().copied()
    }

    /// Checks that there are all tensors that the configuration implies.
    ///
    /// # Errors
    /// A description of the first mismatch.
    pub fn check(&self, config: &EncoderConfig) -> Result<(), String> {
        let names = config.architecture.names();
        let (hidden, inner) = (config.hidden, config.intermediate);
        self.find(names.words, &[config.pieces, hidden])?;
        self.find(names.positions, &[config.positions, hidden])?;
        if let Some(name) = names.relative {
            self.find(name, &[config.buckets, config.heads])?;
        }
        for block in 0..config.blocks {
            let squares =
                [names.query, names.key, names.value, names.attended].map(|part| (part, hidden, hidden));
            for (part, outputs, inputs) in
                squares.into_iter().chain([(names.up, inner, hidden), (names.down, hidden, inner)])
            {
                let name = names.of_block(block, part);
                self.find(&format!("{name}.weight"), &[outputs, inputs])?;
                self.find(&format!("{name}.bias"), &[outputs])?;
            }
        }
        Ok(())
    }

    /// The names and shapes of all tensors that the first `blocks` blocks need.
    fn needed(&self, config: &EncoderConfig, blocks: usize) -> Vec<(String, Vec<usize>)> {
        let names = config.architecture.names();
        let above = |name: &str| {
            let number =
                name.strip_prefix(names.block).and_then(|rest| rest.strip_prefix('.')?.split('.').next());
            number.is_some_and(|number| number.parse::<usize>().map_or(true, |number| number >= blocks))
        };
        let is_embedding = |name: &str| name.starts_with("embeddings.") || Some(name) == names.relative;
        let is_part = |name: &str| is_embedding(name) || name.starts_with(names.block);
        let kept = |name: &str| is_part(name) && !above(name) && !name.ends_with(SCALES);
        let tensors = self.metadata.tensors();
        let own = tensors.iter().filter_map(|(name, info)| Some((name.strip_prefix(self.prefix)?, info)));
        let floats = own.filter(|(name, info)| kept(name) && width(info.dtype).is_some());
        let mut needed: Vec<_> = floats.map(|(name, info)| (name.to_owned(), info.shape.clone())).collect();
        needed.sort();
        needed
    }

    /// Whether a tensor that is needed is computed with in 8-bit integers: the vectors of pieces, and the blocks' matrices.
    fn is_quantised(&self, config: &EncoderConfig, name: &str) -> bool {
        let names = config.architecture.names();
        let is_matrix = self.metadata.info(&self.full(name)).is_some_and(|info| info.shape.len() == 2);
        self.are_quantised() && is_matrix && (name == names.words || name.starts_with(names.block))
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.metadata.info(&self.full(name)).is_some()
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// A matrix in a mapped file, of which single rows are read.
pub(super) struct Table {
    file: Arc<Mmap>,
    start: usize,
    dtype: Dtype,
    columns: usize,
    /// Of each row, if the file has 8-bit integers.
    scales: Vec<f32>,
    /// Whether values are rounded to 16 bits, and whether then to 8.
    half: bool,
    quantised: bool,
}

impl Table {
    /// Appends a row to `rows`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn append(&self, row: usize, rows: &mut Vec<f32>) {
        let length = self.columns * width(self.dtype).unwrap_or(4);
        let start = self.start + row * length;
        let mut values = convert(self.dtype, &self.file[start..start + length]);
        if let Some(scale) = self.scales.get(row) {
            values.iter_mut().for_each(|value| *value *= scale);
        } else {
            if self.half {
                values.iter_mut().for_each(|value| *value = f16::from_f32(*value).to_f32());
            }
            if self.quantised {
                let QuantisedMatrix { values: integers, scales } = QuantisedMatrix::new(&values, 1);
                values = integers.iter().map(|&integer| f32::from(integer) * scales[0]).collect();
            }
        }
        rows.extend(values);
    }
}

/// Bytes of a value, of a type that can be converted.
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        Dtype::I8 => Some(1),
        _ => None,
    }
}

fn convert(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        Dtype::F16 => {
            let halves: Vec<f16> = bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
            halves.to_f32_vec()
        }
        Dtype::I8 => bytes.iter().map(|&byte| f32::from(byte.cast_signed())).collect(),
        Dtype::BF16 => bytes.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
        _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
    }
}

/// Whether 16 bits can hold the values.
pub(super) fn fits_half(values: &[f32]) -> bool {
    values.iter().all(|value| value.abs() <= f16::MAX.to_f32())
}
