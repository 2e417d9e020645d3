//! Errors as shown on the terminal: what went wrong, where, the offending part of the file, and what to do.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use mlrc::corpus::{CorpusError, Notice};
use mlrc::escape::terminal;

/// Why a command failed.
#[derive(Debug)]
pub struct Error {
    message: String,
    help: Option<String>,
    excerpt: Option<Box<Excerpt>>,
    broken_pipe: bool,
}

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: clean(&message.into()), help: None, excerpt: None, broken_pipe: false }
    }

    /// Adds advice on what to do about it.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(clean(&help.into())), ..self }
    }

    /// Shows it on the terminal, in colour if it has any: nothing of the data is in it as it was.
    pub fn show(self) {
        let report = format!("{:?}", miette::Report::new(self));
        let _ = writeln!(io::stderr(), "{report}");
    }

    /// Whether the reader of our output closed the pipe, which is not a failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl StdError for Error {}

impl Diagnostic for Error {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| &**excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), excerpt.span))))
    }
}

fn clean(text: &str) -> String {
    terminal(text).into_owned()
}

/// The text with characters that control a terminal replaced by others of the same length, so that places in it stay.
fn blanked(text: &str) -> String {
    let replace = |c: char| {
        let mut buffer = [0; 4];
        match (&*c.encode_utf8(&mut buffer), c) {
            (_, '\n' | '\t') => c,
            (own, _) if *own == *terminal(own) => c,
            (own, _) => match own.len() {
                1 => ' ',
                2 => '·',
                _ => char::REPLACEMENT_CHARACTER,
            },
        }
    };
    text.chars().map(replace).collect()
}

/// One line of a file, with its line number.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    line: usize,
    span: SourceSpan,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::from((0, self.text.len()));
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            whole,
            self.line - 1,
            0,
            1,
        )))
    }
}

impl From<CorpusError> for Error {
    fn from(error: CorpusError) -> Self {
        let Notice { snippet, path, help, .. } = error.notice().clone();
        let mut notice = error.into_notice();
        notice.help = None;
        Self {
            message: clean(&notice.to_string()),
            help: help.as_deref().map(clean),
            excerpt: snippet.map(|snippet| {
                Box::new(Excerpt {
                    name: clean(&path.display().to_string()),
                    span: (snippet.range.start, snippet.range.len()).into(),
                    line: snippet.line.max(1),
                    text: blanked(&snippet.text),
                })
            }),
            broken_pipe: false,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { broken_pipe, ..Self::new(format!("cannot write the output: {error}")) }
    }
}

impl From<mlrc::run::PrepareError> for Error {
    fn from(error: mlrc::run::PrepareError) -> Self {
        use mlrc::learner::FitError;
        use mlrc::resources::Resource;
        use mlrc::run::PrepareError;

        match error {
            PrepareError::Corpus(error) => error.into(),
            PrepareError::Fit(FitError::MissingResource { resource: Resource::Vectors, .. }) => {
                Self::new(error.to_string())
                    .help("give them with --vectors: the folder of an encoder (`mlrc fetch minilm`), or a file of word vectors")
            }
            PrepareError::SolvedInClosedForm { .. } => Self::new(error.to_string())
                .help("--arm supervised, or --set learner.head=softmax"),
            PrepareError::Split(mlrc::corpus::SplitError::DevelopmentTooLarge { .. }) => {
                Self::new(error.to_string()).help("reduce --dev-size, or dev_size in the recipe")
            }
            error => Self::new(error.to_string()),
        }
    }
}

impl From<mlrc::run::TrainError> for Error {
    fn from(error: mlrc::run::TrainError) -> Self {
        use mlrc::run::TrainError;

        let help = match &error {
            TrainError::NothingToSelectBy => {
                "give a file with --dev FILE, or hold some out with --dev-size N"
            }
            TrainError::NoneOfTheDevelopmentData => "omit --dev to train without development data",
            _ => "",
        };
        match error {
            TrainError::Prepare(error) => error.into(),
            TrainError::Vectors(error) => error.into(),
            error if help.is_empty() => Self::new(error.to_string()),
            error => Self::new(error.to_string()).help(help),
        }
    }
}

impl From<mlrc::classifier::LoadError> for Error {
    fn from(error: mlrc::classifier::LoadError) -> Self {
        use mlrc::classifier::LoadError;

        let help = match &error {
            LoadError::Absent { .. } => "`mlrc train … --out FOLDER` trains a model".to_owned(),
            LoadError::NotAModel { folder } if folder.join("model.safetensors").is_file() => format!(
                "it looks like an encoder: `mlrc train --train DATA --vectors {} --out FOLDER` trains a model over it",
                folder.display()
            ),
            LoadError::NotAModel { folder } => format!(
                "`mlrc train … --out {0}` trains a model (an interrupted run does not have one yet: \
                 `mlrc train --resume {0}` finishes it)",
                folder.display()
            ),
            _ => return Self::new(error.to_string()),
        };
        Self::new(error.to_string()).help(help)
    }
}

impl From<mlrc::resources::TokenVectorsError> for Error {
    fn from(error: mlrc::resources::TokenVectorsError) -> Self {
        let mut cause: Option<&dyn StdError> = Some(&error);
        let mut absent = false;
        while let Some(error) = cause {
            let source = error.downcast_ref::<io::Error>();
            absent |= source.is_some_and(|source| source.kind() == io::ErrorKind::NotFound);
            cause = error.source();
        }
        let shown = Self::new(error.to_string());
        if absent {
            return shown.help(
                "`mlrc fetch minilm` downloads an encoder into the folder minilm, `mlrc fetch glove.6B` word vectors",
            );
        }
        shown
    }
}

macro_rules! from_display {
    ($($kind:ty),* $(,)?) => {
        $(impl From<$kind> for Error {
            fn from(error: $kind) -> Self {
                Self::new(error.to_string())
            }
        })*
    };
}

from_display!(
    mlrc::classifier::EvaluationError,
    mlrc::classifier::SaveError,
    mlrc::learner::ReadError,
    mlrc::run::CheckpointError,
    mlrc::run::RecipeError,
    mlrc::run::RunError,
    mlrc::run::ScoreError,
    mlrc::scoring::ScoringError,
    mlrc::synthesis::SynthesisError,
    mlrc_experiment::figure::png::PngError,
    mlrc_experiment::report::ReportError,
);

impl From<mlrc_fetch::FetchError> for Error {
    fn from(error: mlrc_fetch::FetchError) -> Self {
        use mlrc_fetch::Remedy;

        let flag = error.remedy().map(|remedy| match remedy {
            Remedy::OtherFolder => "--out FOLDER chooses another folder",
            Remedy::OtherOrigin => "--from FILE-OR-URL takes it from elsewhere",
            Remedy::NoDimension => "omit --dimension",
        });
        let help: Vec<_> = error.help().into_iter().chain(flag).collect();
        Self { help: (!help.is_empty()).then(|| help.join("; ")), ..Self::new(error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_controls_nothing_and_keeps_its_places() {
        let text = "a\u{1b}[2J\tb\u{9b}c\u{202e}d\u{61c}e\r東";
        let shown = blanked(text);
        assert_eq!(shown, "a [2J\tb·c\u{fffd}d·e 東");
        assert_eq!(shown.len(), text.len());
        let error = Error::new("label `\u{1b}[2J`").help("not \u{7}");
        assert_eq!(
            (error.to_string(), error.help.unwrap()),
            ("label `\\u{1b}[2J`".to_owned(), "not \\u{7}".to_owned())
        );
    }
}
