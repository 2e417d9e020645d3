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
//! Entities and relation are given in comments, which parsers keep. Like the format, they count words from 1,
//! and the end is **inclusive**.

mod blocks;
mod sentence;
mod writer;

pub(crate) use blocks::{Blocks, begins, is_comment};
pub(crate) use sentence::{Sentence, parse_instance};
pub use writer::write_conllu;

use super::lines::Lines;
use super::stream::Context;
use super::{Definition, Head, Reader, Source, Writer};
use crate::error::{CorpusError, Place};
use crate::instance::Instance;
use crate::validate::FieldNames;

/// See the [module documentation](self).
pub(crate) struct Conllu;

impl Definition for Conllu {
    fn name(&self) -> &'static str {
        "conllu"
    }

    fn description(&self) -> &'static str {
        "CoNLL-U with comments `# subject = …` and `# object = …`"
    }

    fn span_convention(&self) -> &'static str {
        "words, 1-based, end inclusive"
    }

    fn fits(&self, head: &Head) -> bool {
        begins(head.lines())
    }

    fn open<'a>(&self, reader: Reader<'a>, context: &Context) -> Result<Box<dyn Source + 'a>, CorpusError> {
        Ok(Box::new(Blocks::new(Lines::new(reader, context.path.clone()))))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_conllu(instances, out))
    }
}

impl Source for Blocks<Reader<'_>> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let block = match Iterator::next(self)? {
            Ok(block) => block,
            Err(error) => return Some(Err(context.at(error))),
        };
        context.place = Place::Line(block.line);
        let parsed = parse_instance(&block.text);
        Some(context.finish(parsed, &block.text, block.line, block.line).map_err(CorpusError::at_snippet))
    }
}

pub(crate) const NAMES: FieldNames = FieldNames {
    tokens: "FORM",
    subject: "subject",
    object: "object",
    pos: "XPOS",
    ner: "MISC",
    heads: "HEAD",
    deprels: "DEPREL",
};
