//! From gold and predicted labels to scores, each with a name that says what it measures.
//!
//! Everything is computed from a [`ConfusionMatrix`]: how often instances of each gold label were given each
//! label, and how many were given none. A [`Scorer`] turns it into [`Scores`]:
//!
//! | scorer | primary score | what it is |
//! |---|---|---|
//! | `semeval` | `official_f1` | macro-F1 over all but `Other`, with direction ([`SemEvalResult`]) |
//! | `tacred` | `micro_f1_without_negative` | micro-F1 without the negative label ([`TacredResult`]) |
//! | `plain` | `macro_f1` or `macro_f1_without_negative` | macro-F1 over the labels, or all but the negative one |
//!
//! All scores are fractions in `0..=1`; percentages appear only in text for people.
//!
//! ```
//! use mlrc_corpus::scoring::{ConfusionMatrix, Scorer};
//!
//! let labels = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"].map(String::from);
//! let matrix = ConfusionMatrix::from_indices(&labels, &[0, 0, 1, 2], &[0, 1, 1, 2])?;
//! let scores = Scorer::for_labels(&labels).score_matrix(&matrix)?;
//! assert_eq!(scores.primary.name, "official_f1");
//! assert_eq!(scores.primary.value, 2.0 / 3.0);
//! # Ok::<(), mlrc_corpus::scoring::ScoringError>(())
//! ```

mod answers;
mod calibration;
mod confusion;
mod error;
mod majority;
mod predictions;
mod resampled;
mod scorers;
mod scores;
mod selective;
pub mod semeval;
mod semeval_report;
pub mod tacred;

pub use answers::{AnswersError, read_answers};
pub use calibration::{CalibrationBin, calibration_error};
pub use confusion::ConfusionMatrix;
pub use error::ScoringError;
pub use majority::Majority;
pub use predictions::{FiledAnswer, read_predictions};
pub use resampled::{Exchangeable, ResampledScore};
pub use scorers::{ParseScorerError, Scorer};
pub use scores::{Rates, RelationScore, Score, Scores};
pub use selective::{Answer, NeededThreshold, OperatingPoint, Selection, ThresholdError, Thresholds};
pub use semeval::SemEvalResult;
pub use tacred::TacredResult;
