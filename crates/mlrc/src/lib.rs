//! Relation classification from few labels. Mark two entities in a sentence, and a classifier names the
//! relation between them; it learns this from a handful of sentences per relation.
//!
//! ```standalone_crate
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/doctest.rs"));
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _folder = enter_data_folder()?;
//! use mlrc::RelationClassifier;
//! use mlrc::corpus::Corpus;
//! use mlrc::run::Recipe;
//!
//! let model = RelationClassifier::train(&Recipe::preset("semeval/fcm")?)
//!     .vectors("glove.6B.50d.txt")
//!     .fit(&Corpus::open("train.jsonl")?)?;
//! let answer = model.predict("The <e1>fire</e1> was caused by the <e2>bomb</e2>.")?;
//! println!("{} {:.2}", answer.label(), answer.probability());
//! # assert!(model.labels().iter().any(|label| label == answer.label()));
//! # Ok(())
//! # }
//! ```
//!
//! [`RelationClassifier::train`] documents more: records instead of a file, and checkpoints.
//! [`RelationClassifier::load`] and [`RelationClassifier::evaluate`] cover the rest of what most programs
//! need. To write your own learner, see `crates/mlrc-experiment/examples/custom_learner.rs`.
//!
//! The modules, from the bottom layer up; each uses only those listed before it:
//!
//! - [`corpus`]: labelled sentences (the crate `mlrc-corpus`), with [`scoring`], [`synthesis`], [`random`]
//! - [`files`], [`device`], [`ranges`]
//! - [`objective`]: what training sees of a classifier and its instances
//! - [`resources`]: what some learners need in addition to the data
//! - [`learner`]: the families of learners, each with its reader, and the list of them
//! - [`training`]: optimisers and the supervised loop
//! - [`meta`]: MLRC, to be read alongside Algorithm 1
//! - [`classifier`]: a trained model on disk and in memory
//! - [`episodes`]: relations that are new, from a few sentences of each
//! - [`suggest`]: which sentences to label next
//! - [`run`]: from a corpus to a classifier: recipes, stages, checkpoints
//!
//! For comparing many runs, see the crate `mlrc-experiment`.

pub mod classifier;
pub mod device;
pub mod episodes;
pub mod files;
pub mod learner;
pub mod meta;
pub mod objective;
pub mod ranges;
pub mod resources;
pub mod run;
pub mod suggest;
pub mod training;

pub use classifier::RelationClassifier;
pub use mlrc_corpus as corpus;
pub use mlrc_corpus::{escape, random, scoring, synthesis};
