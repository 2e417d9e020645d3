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
mod tags;
mod writer;

pub(crate) use blocks::{Blocks, begins, is_comment};
pub(crate) use sentence::{Sentence, parse_instance};
pub(crate) use tags::TagSet;
pub use writer::write_conllu;

use super::lines::Lines;
use super::stream::Context;
use super::{Definition, Head, Reader, Source, Writer};
use crate::error::{CorpusError, Fault, Place};
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
        let blocks = Blocks::new(Lines::new(reader, context.path.clone()));
        Ok(Box::new(Sentences { blocks, tags: TagSet::default() }))
    }

    fn writer(&self) -> Option<Writer> {
        Some(|instances, out| write_conllu(instances, out))
    }
}

/// The sentences of a file.
struct Sentences<'a> {
    blocks: Blocks<Reader<'a>>,
    tags: TagSet,
}

impl Source for Sentences<'_> {
    fn next(&mut self, context: &mut Context) -> Option<Result<Instance, CorpusError>> {
        let block = match self.blocks.next() {
            Some(Ok(block)) => block,
            Some(Err(error)) => return Some(Err(context.at(error))),
            None => {
                self.tags.warning(&context.path).into_iter().for_each(|warning| context.add_warning(warning));
                return None;
            }
        };
        context.place = Place::Line(block.line);
        let parsed = parse_instance(&block.text, block.line, &mut self.tags).map(|(instance, remark)| {
            let place =
                |remark: Fault| remark.in_source(&context.path, context.place, &block.text, block.line);
            remark.map(place).into_iter().for_each(|warning| context.add_warning(warning));
            instance
        });
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
