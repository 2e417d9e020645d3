use serde::Deserialize;
use serde_json::Value;

/// The most parameters that an encoder may have, embeddings included: more would not fit a laptop's memory.
const MOST_PARAMETERS: u64 = 1_000_000_000;

/// The kinds of encoder that can be read: `model_type` in Hugging Face's `config.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Architecture {
    /// BERT (Devlin et al. 2019), and models of its shape such as MiniLM.
    Bert,
    /// RoBERTa (Liu et al. 2019) and XLM-R: BERT with other positions and other pieces.
    Roberta,
    /// DistilBERT (Sanh et al. 2019): BERT without token types, with other names.
    DistilBert,
    /// MPNet (Song et al. 2020): BERT without token types, with relative positions in the attention.
    Mpnet,
}

impl Architecture {
    const KNOWN: [(&'static str, Self); 6] = [
        ("bert", Self::Bert),
        ("roberta", Self::Roberta),
        ("xlm-roberta", Self::Roberta),
        ("camembert", Self::Roberta),
        ("distilbert", Self::DistilBert),
        ("mpnet", Self::Mpnet),
    ];

    fn named(name: &str) -> Result<Self, String> {
        let found = Self::KNOWN.iter().find(|(known, _)| *known == name);
        found.map(|(_, architecture)| *architecture).ok_or_else(|| {
            format!(
                "`model_type` is `{name}`; supported are bert (as in MiniLM), roberta, xlm-roberta, camembert, \
                 distilbert and mpnet"
            )
        })
    }
}

/// The shape of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EncoderConfig {
    pub architecture: Architecture,
    /// Components of a vector.
    pub hidden: usize,
    /// Inner components of the feed-forward networks.
    pub intermediate: usize,
    pub heads: usize,
    /// Blocks in the folder.
    pub blocks: usize,
    /// Word pieces.
    pub pieces: usize,
    /// Rows of the table of positions.
    pub positions: usize,
    /// The row of the first position.
    pub first_position: usize,
    pub epsilon: f32,
    /// Buckets of relative positions; 0 if there are none.
    pub buckets: usize,
}

/// The keys of `config.json` that matter, under the names that BERT uses.
#[derive(Deserialize)]
struct Written {
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "bert_epsilon")]
    layer_norm_eps: f32,
    #[serde(alias = "activation", default = "gelu")]
    hidden_act: Value,
    #[serde(default)]
    pad_token_id: Option<usize>,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    relative_attention_num_buckets: Option<usize>,
    #[serde(default)]
    embedding_size: Option<usize>,
}

fn bert_epsilon() -> f32 {
    1e-12
}

fn gelu() -> Value {
    Value::from("gelu")
}

impl EncoderConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// A description, if it is not the configuration of a supported encoder of a reasonable size.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
        let kind =
            value["model_type"].as_str().ok_or("it has no `model_type`; is it an encoder's folder?")?;
        let architecture = Architecture::named(kind)?;
        let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
        if let Some(class) =
            value["architectures"][0].as_str().filter(|class| !plain(class).starts_with(&plain(kind)))
        {
            return Err(format!(
                "`model_type` is `{kind}`, but `architectures` has {class}, which is of another kind"
            ));
        }
        let written: Written = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if written.hidden_act != "gelu" {
            return Err(format!("`hidden_act` is {}, supported is \"gelu\"", written.hidden_act));
        }
        if let Some(kind) = written.position_embedding_type.filter(|kind| kind != "absolute") {
            return Err(format!("`position_embedding_type` is `{kind}`, supported is `absolute`"));
        }
        if written.embedding_size.is_some_and(|size| size != written.hidden_size) {
            return Err("`embedding_size` differs from `hidden_size`, which is not supported".to_owned());
        }
        let offset = matches!(architecture, Architecture::Roberta | Architecture::Mpnet);
        let config = Self {
            architecture,
            hidden: written.hidden_size,
            intermediate: written.intermediate_size,
            heads: written.num_attention_heads,
            blocks: written.num_hidden_layers,
            pieces: written.vocab_size,
            positions: written.max_position_embeddings,
            // Positions of these two count from the row after that of padding.
            first_position: if offset { written.pad_token_id.unwrap_or(1) + 1 } else { 0 },
            epsilon: written.layer_norm_eps,
            buckets: match architecture {
                Architecture::Mpnet => written.relative_attention_num_buckets.unwrap_or(32),
                _ => 0,
            },
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("hidden_size", self.hidden, 8192),
            ("intermediate_size", self.intermediate, 65_536),
            ("num_attention_heads", self.heads, 256),
            ("num_hidden_layers", self.blocks, 256),
            ("vocab_size", self.pieces, 2_000_000),
            ("max_position_embeddings", self.positions, 65_536),
        ];
        for (key, value, most) in sizes {
            if !(1..=most).contains(&value) {
                return Err(format!("`{key}` is {value}, expected 1 to {most}"));
            }
        }
        if !self.hidden.is_multiple_of(self.heads) {
            let (hidden, heads) = (self.hidden, self.heads);
            return Err(format!("`hidden_size` {hidden} is not a multiple of `num_attention_heads` {heads}"));
        }
        if self.first_position + 3 > self.positions {
            return Err(format!("`max_position_embeddings` is {}: too few for a sentence", self.positions));
        }
        if self.buckets > 0 && (self.buckets < 4 || self.buckets > 1024 || !self.buckets.is_multiple_of(2)) {
            return Err(format!("`relative_attention_num_buckets` is {}, expected 4 to 1024", self.buckets));
        }
        if !(self.epsilon > 0.0 && self.epsilon < 0.1) {
            return Err(format!(
                "`layer_norm_eps` is {}, expected more than 0 and less than 0.1",
                self.epsilon
            ));
        }
        if self.parameters() > MOST_PARAMETERS {
            return Err(format!(
                "the encoder has about {} million parameters; supported are up to {} million",
                self.parameters() / 1_000_000,
                MOST_PARAMETERS / 1_000_000
            ));
        }
        Ok(())
    }

    /// About how many parameters there are.
    fn parameters(&self) -> u64 {
        let hidden = self.hidden as u64;
        let block = 4 * hidden * hidden + 2 * hidden * self.intermediate as u64;
        (self.pieces + self.positions) as u64 * hidden + self.blocks as u64 * block
    }

    /// The most word pieces of a sentence, special ones included.
    pub fn longest(&self) -> usize {
        self.positions - self.first_position
    }

    /// The block that is read by default, counted from 1: near the middle, where the vectors of words say most about
    /// relations. The upper blocks of sentence encoders gather in each word what the whole sentence is about.
    pub fn default_block(&self) -> usize {
        (5 * self.blocks).div_ceil(12).max(1)
    }

    /// The last block that is computed when blocks are trained, unless another is asked for: the middle.
    pub fn usual_last(&self) -> usize {
        self.blocks.div_ceil(2)
    }
}
