use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::stages::Stage;
use super::{Prepared, Run, RunOptions};
use crate::corpus::Instance;
use crate::files::{floats, write_atomically};
use crate::objective::Parameters;
use crate::training::{Best, Progress};

/// Why a checkpoint cannot be written or continued from.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The underlying error.
        source: io::Error,
    },
    /// The file is not a checkpoint.
    #[error("{}: not a checkpoint of this program: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// The checkpoint belongs to a run with other options or data.
    #[error(
        "{}: the checkpoint belongs to a run with different {what}; start again without resuming",
        path.display()
    )]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
}

/// What a checkpoint holds besides its tensors.
#[derive(Serialize, Deserialize)]
struct State {
    options: RunOptions,
    split_hash: String,
    /// Hash of what is read of the instances; checkpoints of early versions have none.
    #[serde(default)]
    content: Option<String>,
    stage: StageState,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
enum StageState {
    Meta {
        iteration: usize,
        instances: u64,
    },
    Supervised {
        before: u64,
        progress: Progress,
        best: Option<(f64, usize)>,
    },
    /// Nothing is worth saving: it is solved again.
    Solved,
}

const STATE: &str = "mlrc-checkpoint";
/// Hash of the state and the tensors; checkpoints of early versions have none.
const CHECKSUM: &str = "checksum";

/// Hash of all that is read of instances, in their order.
pub(super) fn content_hash<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> String {
    let mut hasher = Xxh3Default::new();
    let mut bytes = Vec::new();
    for Instance { id, tokens, subject, object, pos, ner, heads, deprels, relation, .. } in instances {
        bytes.clear();
        for text in [Some(id), relation.as_ref(), subject.kind.as_ref(), object.kind.as_ref()] {
            bytes.extend_from_slice(text.map_or(&[0xfe][..], String::as_bytes));
            // No byte of a text in UTF-8.
            bytes.push(0xff);
        }
        for layer in [Some(tokens), pos.as_ref(), ner.as_ref(), deprels.as_ref()] {
            for text in layer.into_iter().flatten() {
                bytes.extend_from_slice(text.as_bytes());
                bytes.push(0xff);
            }
            bytes.push(0xfe);
        }
        let spans = [subject.span.start, subject.span.end, object.span.start, object.span.end];
        for number in spans.iter().chain(heads.iter().flatten()) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        hasher.update(&bytes.len().to_le_bytes());
        hasher.update(&bytes);
    }
    format!("{:032x}", hasher.digest128())
}

fn checksum<'a>(state: &str, tensors: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut tensors: Vec<(&str, &[u8])> = tensors.into_iter().collect();
    tensors.sort_unstable();
    let mut hasher = Xxh3Default::new();
    for part in tensors.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes]) {
        hasher.update(&part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.update(state.as_bytes());
    format!("{:032x}", hasher.digest128())
}

impl Run {
    /// Saves everything that is needed to continue the run with bit-identical results.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let (stage, tensors): (_, Vec<(&str, &[f32])>) = match &self.stage {
            Stage::First(meta) => (
                StageState::Meta { iteration: meta.iteration, instances: meta.instances },
                vec![("parameters", &meta.parameters.values), ("optimiser", &meta.inner.state)],
            ),
            Stage::Solved { parameters, .. } => {
                (StageState::Solved, vec![("parameters", &parameters.values), ("optimiser", &[])])
            }
            // What is made of the parameters at the end is made again.
            Stage::Supervised { training, before, .. } => (
                StageState::Supervised {
                    before: *before,
                    progress: training.progress.clone(),
                    best: training.best.as_ref().map(|best| (best.score, best.round)),
                },
                vec![
                    ("parameters", &training.parameters.values),
                    ("optimiser", &training.optimiser.state),
                    ("best", training.best.as_ref().map_or(&[], |best| &best.parameters.values)),
                ],
            ),
        };
        let state = State {
            options: self.options.clone(),
            split_hash: self.prepared.report.split_hash.clone(),
            content: Some(self.prepared.content.clone()),
            stage,
        };
        let json = serde_json::to_string(&state).expect("the state is plain data");
        let bytes_of = tensors.iter().map(|(name, values)| (*name, bytemuck::cast_slice::<f32, u8>(values)));
        let checksum = checksum(&json, bytes_of);
        let views = tensors.into_iter().map(|(name, values)| {
            let bytes = bytemuck::cast_slice(values);
            (name, TensorView::new(Dtype::F32, vec![values.len()], bytes).expect("sizes fit"))
        });
        let metadata = HashMap::from([(STATE.to_owned(), json), (CHECKSUM.to_owned(), checksum)]);
        let bytes = serialize(views, Some(metadata)).expect("names are distinct");
        write_atomically(path, |writer| writer.write_all(&bytes))
            .map_err(|source| CheckpointError::Io { path: path.to_owned(), source })
    }

    /// Continues the run that was saved at `path`; `options` and `prepared` must be those it was started
    /// with.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or belongs to another run.
    pub fn resume(
        options: RunOptions,
        prepared: &Arc<Prepared>,
        path: &Path,
    ) -> Result<Self, CheckpointError> {
        let damaged = |problem: String| CheckpointError::Damaged { path: path.to_owned(), problem };
        let bytes =
            std::fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
        let json = metadata.metadata().as_ref().and_then(|map| map.get(STATE));
        let json = json.ok_or_else(|| damaged(format!("it has no `{STATE}` entry")))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
        if let Some(known) = metadata.metadata().as_ref().and_then(|map| map.get(CHECKSUM)) {
            let views = tensors.tensors();
            let found = checksum(json, views.iter().map(|(name, view)| (&name[..], view.data())));
            if found != *known {
                return Err(damaged("its content has changed since it was written".to_owned()));
            }
        }
        let state: State = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
        let other = |what| Err(CheckpointError::OtherRun { path: path.to_owned(), what });
        if state.options != options {
            return other("options");
        }
        let is_other = |content: &String| *content != prepared.content;
        if state.split_hash != prepared.report.split_hash || state.content.as_ref().is_some_and(is_other) {
            return other("data");
        }
        let mut run = Self::new(options, Arc::clone(prepared));
        let size = run.parameters().values.len();
        let values = |name: &str, sizes: &[usize]| -> Result<Vec<f32>, CheckpointError> {
            let values = floats(&tensors, name).map_err(damaged)?;
            if sizes.contains(&values.len()) {
                return Ok(values);
            }
            Err(damaged(format!("`{name}` has an unexpected number of values, {}", values.len())))
        };
        let parameters = Parameters { values: values("parameters", &[size])? };
        let optimiser = values("optimiser", &[0, size, 2 * size + 1])?;
        match (&mut run.stage, state.stage) {
            (Stage::First(meta), StageState::Meta { iteration, instances }) => {
                (meta.parameters, meta.inner.state) = (parameters, optimiser);
                (meta.iteration, meta.instances) = (iteration, instances);
            }
            (Stage::Solved { .. }, StageState::Solved) => {}
            (Stage::Solved { .. }, _) | (_, StageState::Solved) => {
                return Err(damaged("it is in a stage that the learner does not have".to_owned()));
            }
            (stage, StageState::Supervised { before, progress, best }) => {
                let mut training = match stage {
                    Stage::Supervised { training, .. } => training.clone(),
                    Stage::First(_) | Stage::Solved { .. } => crate::training::Supervised::new(
                        run.options.supervised.clone(),
                        run.options.seed,
                        prepared.train.labels().len(),
                        parameters.clone(),
                    ),
                };
                (training.parameters, training.optimiser.state, training.progress) =
                    (parameters, optimiser, progress);
                if let Some((score, round)) = best {
                    let parameters = Parameters { values: values("best", &[size])? };
                    training.best = Some(Best { score, round, parameters });
                }
                *stage = Stage::Supervised { training, before, ended: Vec::new() };
            }
            (Stage::Supervised { .. }, StageState::Meta { .. }) => {
                return Err(damaged("it is in a stage that the arm does not have".to_owned()));
            }
        }
        Ok(run)
    }
}
