//! Word pieces: how an encoder's vocabulary cuts tokens.

use tokenizers::pipeline::{EncodeOptions, Override, PipelineTokenizer};

/// Cuts tokens into word pieces, each token by itself.
#[derive(Clone)]
pub(super) struct Pieces {
    tokenizer: PipelineTokenizer,
    /// Cut as if after a space, by vocabularies that tell the beginning of a word by it.
    spaced: bool,
    /// What comes before and after a sentence.
    pub first: u32,
    pub last: u32,
    unknown: u32,
    vocabulary: u32,
    /// `tokenizer.json`, to be saved with a model.
    pub json: String,
}

impl Pieces {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// A description, if it is not a tokenizer, or not one for sentences between two special pieces.
    pub fn read(json: String, vocabulary: usize) -> Result<Self, String> {
        let canonical = tokenizers::canonicalize_str(&json).map_err(|error| error.to_string())?;
        let tokenizer = tokenizers::from_json(&canonical).map_err(|error| error.to_string())?;
        let options =
            EncodeOptions { padding: Override::Off, truncation: Override::Off, ..EncodeOptions::default() };
        let mut frame = Vec::new();
        let cut = tokenizer.encode_into("", &options, &mut frame);
        cut.map_err(|error| error.to_string())?;
        let [first, last] = frame[..] else {
            return Err(format!(
                "it puts {} special pieces around a sentence, expected 2 (such as [CLS] and [SEP])",
                frame.len()
            ));
        };
        let settings: serde_json::Value =
            serde_json::from_str(&json).map_err(|error| format!("not JSON: {error}"))?;
        let unknown = unknown_piece(&settings).unwrap_or(last.id());
        let spaced = json.contains("\"ByteLevel\"");
        let (first, last) = (first.id(), last.id());
        let pieces = Self { tokenizer, spaced, first, last, unknown, vocabulary: vocabulary as u32, json };
        for id in [pieces.first, pieces.last, pieces.unknown] {
            if id as usize >= vocabulary {
                return Err(format!("piece {id} has no vector: the encoder's vocabulary has {vocabulary}"));
            }
        }
        Ok(pieces)
    }

    /// A `tokenizer.json` for a `vocab.txt`, as BERT's: one piece per line.
    pub fn from_vocabulary(text: &str, lowercase: bool) -> Result<String, String> {
        let pieces: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
        let vocabulary: serde_json::Map<String, serde_json::Value> =
            pieces.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), id.into())).collect();
        let special =
            |name: &str| vocabulary.get(name).cloned().ok_or_else(|| format!("it has no line `{name}`"));
        let (cls, sep) = (special("[CLS]")?, special("[SEP]")?);
        special("[UNK]")?;
        let framed = |name: &str, id: &serde_json::Value| serde_json::json!({"id": name, "ids": [id], "tokens": [name]});
        let piece = |name: &str| serde_json::json!({"SpecialToken": {"id": name, "type_id": 0}});
        let sequence = |id: &str| serde_json::json!({"Sequence": {"id": id, "type_id": 0}});
        Ok(serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": lowercase},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "TemplateProcessing",
                "single": [piece("[CLS]"), sequence("A"), piece("[SEP]")],
                "pair": [piece("[CLS]"), sequence("A"), piece("[SEP]"), sequence("B"), piece("[SEP]")],
                "special_tokens": {"[CLS]": framed("[CLS]", &cls), "[SEP]": framed("[SEP]", &sep)}},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary},
        })
        .to_string())
    }

    /// Whether this piece stands for text that the vocabulary lacks.
    pub fn is_unknown(&self, piece: u32) -> bool {
        piece == self.unknown
    }

    /// Appends the pieces of `token` to `pieces`, at least one.
    pub fn cut(&self, token: &str, pieces: &mut Vec<u32>) {
        let options = EncodeOptions {
            add_special_tokens: false,
            // A token that looks like a special piece is still text.
            encode_special_tokens: true,
            padding: Override::Off,
            truncation: Override::Off,
        };
        let text = as_printed(token);
        let spaced = if self.spaced { format!(" {text}") } else { String::new() };
        let mut found = Vec::new();
        let text = if self.spaced { &spaced } else { text };
        let cut = self.tokenizer.encode_into(text, &options, &mut found);
        let before = pieces.len();
        if cut.is_ok() {
            // Pieces may have been added to a vocabulary without vectors for them.
            let known = |piece: u32| if piece < self.vocabulary { piece } else { self.unknown };
            pieces.extend(found.iter().map(|piece| known(piece.id())));
        }
        // Nothing printable: it still has a place in the sentence.
        if pieces.len() == before {
            pieces.push(self.unknown);
        }
    }
}

/// The identifier of the piece for what cannot be cut.
fn unknown_piece(settings: &serde_json::Value) -> Option<u32> {
    let model = &settings["model"];
    if let Some(id) = model["unk_id"].as_u64() {
        return u32::try_from(id).ok();
    }
    let name = model["unk_token"].as_str()?;
    u32::try_from(model["vocab"][name].as_u64()?).ok()
}

/// A token as it was printed: the Penn Treebank writes brackets and quotes in its own way, which encoders have not
/// seen.
fn as_printed(token: &str) -> &str {
    match token {
        "-LRB-" => "(",
        "-RRB-" => ")",
        "-LSB-" => "[",
        "-RSB-" => "]",
        "-LCB-" => "{",
        "-RCB-" => "}",
        "``" | "''" => "\"",
        token => token,
    }
}
