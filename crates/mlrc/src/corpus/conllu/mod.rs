//! CoNLL-U, the format of Universal Dependencies and their parsers: a line of ten columns for each word,
//! a blank line after each sentence.
//!
//! ```text
//! # sent_id = a
//! # subject = 2
//! # object = 4
//! # relation = Cause-Effect(e2,e1)
//! 1<TAB>The<TAB>the<TAB>DET<TAB>DT<TAB>_<TAB>2<TAB>det<TAB>_<TAB>_
//! ```
//!
//! Entities and relation stand in comments, which parsers keep. They count words as the format does:
//! from 1, the end **inclusive**.

mod blocks;
mod sentence;
mod writer;

pub(super) use blocks::{Blocks, begins, is_comment};
pub(super) use sentence::{Sentence, parse_instance};
pub use writer::write_conllu;

use super::validate::FieldNames;

pub(super) const NAMES: FieldNames = FieldNames {
    tokens: "FORM",
    subject: "subject",
    object: "object",
    pos: "XPOS",
    ner: "MISC",
    heads: "HEAD",
    deprels: "DEPREL",
};
