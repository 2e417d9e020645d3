//! Labelled sentences: reading, writing, checking, splitting, generating and scoring them. None of this needs
//! a tensor library.
//!
//! Whatever the file, reading gives [`Instance`]s: tokens, two entity [`Span`]s with exclusive ends,
//! optional annotation layers, an optional relation. A [`Corpus`] holds a whole file, an
//! [`InstanceStream`] yields one instance at a time. Every problem with a file is reported as a
//! [`CorpusError`] that says where it is.
//!
//! ```
//! use mlrc_corpus::{InstanceStream, ReadOptions};
//!
//! let text = "The <e1>fire</e1> was caused by the <e2>bomb</e2>.\n";
//! let mut stream = InstanceStream::new(text.as_bytes(), "<stdin>", &ReadOptions::default())?;
//! let instance = stream.next().expect("one instance")?;
//! assert_eq!(instance.tokens[instance.object.span.range()], ["bomb"]);
//! # Ok::<(), mlrc_corpus::CorpusError>(())
//! ```

//! Raw text becomes sentences to classify by [`candidates`]. Generated corpora are in [`synthesis`], scorers in
//! [`scoring`]; all randomness comes from [`random`].

pub mod candidates;
mod characters;
mod check;
mod compare;
mod corpus;
mod counted;
pub mod document;
mod error;
pub mod escape;
pub mod files;
mod folds;
mod formats;
mod grouped;
mod instance;
mod labels;
mod names;
mod parses;
pub mod random;
mod relabel;
mod relations;
pub mod scoring;
mod splits;
mod standard_splits;
mod suggest;
pub mod synthesis;
mod tally;
mod tokenize;
mod validate;

pub use check::{Count, Distribution, Layer, Summary, Trees, TypesAlone, duplicates};
pub use compare::{Common, Comparison, Shared, UnevenLabel};
pub use corpus::Corpus;
pub use counted::counted;
pub use error::{CorpusError, Notice, Place, Snippet};
pub use formats::Format;
pub use formats::conllu::write_conllu;
pub use formats::jsonl::write_jsonl;
pub use formats::semeval::write_semeval;
pub use formats::stream::{InstanceStream, ReadOptions};
pub use formats::table::{Columns, write_csv};
pub use formats::tacred::write_tacred_json;
pub use grouped::{NoticeGroup, grouped};
pub use instance::{Entity, Instance, SourceText, Span};
pub use labels::{AlikeLabels, LabelError, LabelSet, alike_labels, tidy_labels};
pub use names::{Descriptions, LabelName};
pub use parses::Parses;
pub use relabel::{Corrections, Relabelled};
pub use relations::{RelationScheme, Relations, is_universal, to_universal_relation};
pub use splits::{DevelopmentSplit, Split, SplitError, development, fraction};
pub use standard_splits::StandardSplits;
pub use suggest::suggest;
pub use tokenize::{Token, Tokenizer};
