//! C-GCN: graph convolutions over pruned dependency trees, on top of a bidirectional LSTM (Zhang et al. 2018).

use burn::module::Module;
use burn::tensor::{Tensor, activation};
use mlrc_kernels::Cpu;
use mlrc_kernels::graph::max_pool;
use serde::{Deserialize, Serialize};

use super::dependency_graph::{DependencyGraph, POOLS, pruned_tree};
use super::layers::{
    BiLstm, Embedding, Initial, Linear, TokenEmbedding, dropout, graph_convolution, max_pool as pool,
};
use super::{Explanation, Learner, Mode, cross_entropy};
use crate::features::{Batch, Encoder, Layer, PAD};
use crate::random::Stream;

/// Hyper-parameters of [`CGcn`]; the defaults are the original's (for TACRED).
///
/// | parameter | default | range |
/// |---|---|---|
/// | `lstm` | 200 | ≥ 1 |
/// | `lstm_layers` | 1 | ≥ 0; 0 is the plain GCN |
/// | `hidden` | 200 | ≥ 1 |
/// | `layers` | 2 | ≥ 1 |
/// | `prune_k` | 1 | any; negative keeps the whole tree |
/// | `pos`, `ner` | 30 | ≥ 1 |
/// | `mlp_layers` | 2 | ≥ 1 |
/// | `pooling_penalty` | 0.003 | ≥ 0 |
/// | `input_dropout`, `lstm_dropout`, `graph_dropout` | 0.5 | [0, 1) |
/// | `word_dropout` | 0.04 | [0, 1) |
/// | `original_pooling` | false | |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CGcnConfig {
    /// Hidden units of the LSTM in each direction.
    pub lstm: usize,
    /// Layers of the LSTM; without one the convolutions read the tokens themselves (GCN).
    pub lstm_layers: usize,
    /// Size of the graph convolutions and of the layers after the pools.
    pub hidden: usize,
    /// Number of graph convolutions.
    pub layers: usize,
    /// K: how many steps off the path between the entities tokens are kept.
    pub prune_k: i32,
    /// Size of a part-of-speech embedding.
    pub pos: usize,
    /// Size of a named-entity embedding.
    pub ner: usize,
    /// Layers between the pools and the relations.
    pub mlp_layers: usize,
    /// Factor on the mean squared length of the pooled sentence, which is added to the loss.
    pub pooling_penalty: f32,
    /// Dropout of the tokens.
    pub input_dropout: f32,
    /// Dropout between layers of the LSTM and of its outputs.
    pub lstm_dropout: f32,
    /// Dropout between graph convolutions.
    pub graph_dropout: f32,
    /// Probability that a word is read as the unknown word in training.
    pub word_dropout: f32,
    /// Whether padding belongs to both entities, as in the original program, where what is predicted for a sentence
    /// depends on the length of the longest in its batch. Only for comparing with it.
    pub original_pooling: bool,
}

impl Default for CGcnConfig {
    fn default() -> Self {
        Self {
            lstm: 200,
            lstm_layers: 1,
            hidden: 200,
            layers: 2,
            prune_k: 1,
            pos: 30,
            ner: 30,
            mlp_layers: 2,
            pooling_penalty: 0.003,
            input_dropout: 0.5,
            lstm_dropout: 0.5,
            graph_dropout: 0.5,
            word_dropout: 0.04,
            original_pooling: false,
        }
    }
}

impl CGcnConfig {
    /// The plain GCN: no LSTM.
    pub fn gcn() -> Self {
        Self { lstm_layers: 0, ..Self::default() }
    }
}

/// Graph convolutions over pruned dependency trees, pooled over the sentence and each entity.
#[derive(Module, Debug)]
pub struct CGcn {
    /// What is read of each token.
    pub tokens: TokenEmbedding,
    /// The LSTM, bottom layer first.
    pub lstm: Vec<BiLstm>,
    /// W and b of each convolution.
    pub convolutions: Vec<Linear>,
    /// From the pools to the last hidden layer.
    pub mlp: Vec<Linear>,
    /// From there to the relations.
    pub output: Linear,
    #[module(skip)]
    config: CGcnConfig,
}

impl CGcn {
    /// An untrained learner for what `encoder` produces, with the original's initial values.
    pub fn new(config: &CGcnConfig, encoder: &Encoder, stream: &mut Stream) -> Self {
        let table = |tags, dimension| Embedding::new(tags, dimension, Initial::Normal(1.0), stream);
        let tokens = TokenEmbedding::new(encoder, config.word_dropout, [config.pos, config.ner], table);
        Self::assemble(config, tokens, encoder.labels().len(), stream)
    }

    /// A learner over given embeddings.
    pub fn assemble(config: &CGcnConfig, tokens: TokenEmbedding, labels: usize, stream: &mut Stream) -> Self {
        let (mut width, mut constants) = (tokens.dimension(), tokens.constants());
        let mut lstm = Vec::new();
        for _ in 0..config.lstm_layers {
            lstm.push(BiLstm::new(width, config.lstm, constants, stream));
            (width, constants) = (2 * config.lstm, 0);
        }
        let mut linear = |inputs: &mut usize| {
            let layer = Linear::uniform(*inputs, config.hidden, stream);
            *inputs = config.hidden;
            layer
        };
        let convolutions = (0..config.layers).map(|_| linear(&mut width)).collect();
        let mut width = POOLS * config.hidden;
        let mlp = (0..config.mlp_layers).map(|_| linear(&mut width)).collect();
        let output = Linear::uniform(width, labels, stream);
        Self { tokens, lstm, convolutions, mlp, output, config: config.clone() }
    }

    /// The nodes of `graph` after the last convolution, `[nodes, hidden]`.
    fn nodes(&self, batch: &Batch, graph: &DependencyGraph, mode: &mut Mode) -> Tensor<2> {
        let config = &self.config;
        let device = self.output.weight.val().device();
        // Without an LSTM padding is embedded like a word; with one its states are zero.
        let embedded = if self.lstm.is_empty() { graph.padding } else { 0 };
        let padded = |symbols: &[u32]| [symbols, &vec![PAD; embedded]].concat();
        let symbols = [&batch.words, &batch.pos, &batch.ner].map(|symbols| padded(symbols));
        let tokens = self.tokens.forward(symbols.each_ref().map(|symbols| &symbols[..]), &device, mode);
        let mut hidden = dropout(tokens, config.input_dropout, mode);
        for lstm in &self.lstm {
            hidden = dropout(lstm.forward(hidden, &batch.packing), config.lstm_dropout, mode);
        }
        if graph.padding > embedded {
            let padding = Tensor::zeros([graph.padding, hidden.dims()[1]], &device);
            hidden = Tensor::cat(vec![hidden, padding], 0);
        }
        for (layer, convolution) in self.convolutions.iter().enumerate() {
            if layer > 0 {
                hidden = dropout(hidden, config.graph_dropout, mode);
            }
            let neighbourhoods = if layer == 0 { &graph.tokens } else { &graph.nodes };
            let bias = convolution.bias.as_ref().expect("convolutions have a bias").val();
            hidden = graph_convolution(hidden, convolution.weight.val(), bias, neighbourhoods);
        }
        hidden
    }

    /// Logits, `[rows, labels]`, and the pools of sentence, subject and object side by side, `[rows, 3 · hidden]`.
    fn forward(&self, batch: &Batch, mode: &mut Mode) -> (Tensor<2>, Tensor<2>) {
        let graph = DependencyGraph::new(batch, self.config.prune_k, self.config.original_pooling);
        let nodes = self.nodes(batch, &graph, mode);
        let pools = pool(nodes, &graph.pools).reshape([batch.rows(), POOLS * self.config.hidden]);
        let mut hidden = pools.clone();
        for layer in &self.mlp {
            hidden = activation::relu(layer.forward(hidden));
        }
        (self.output.forward(hidden), pools)
    }
}

impl CGcn {
    /// The pruned tree of a batch of one sentence, and what each token contributed to the pools.
    ///
    /// # Panics
    /// If it has more.
    pub fn explain(&self, batch: &Batch) -> Explanation {
        assert_eq!(batch.rows(), 1, "sentences are explained one by one");
        let graph = DependencyGraph::new(batch, self.config.prune_k, false);
        let nodes = self.nodes(batch, &graph, &mut Mode::Predict).into_data();
        let nodes = nodes.as_slice::<f32>().expect("states are f32");
        let pooled = max_pool::forward(Cpu::native(), nodes, self.config.hidden, &graph.pools);
        let mut shares = vec![[0.0; POOLS]; batch.tokens()];
        // Of one sentence, packed tokens are tokens; a neighbourhood begins with the node's own.
        let tokens: Vec<usize> = graph.tokens.iter().map(|neighbourhood| neighbourhood[0] as usize).collect();
        let features = pooled.values.chunks(self.config.hidden).zip(pooled.rows.chunks(self.config.hidden));
        for (pool, (values, sources)) in features.enumerate() {
            let sources: Vec<u32> =
                values.iter().zip(sources).filter(|(value, _)| **value > 0.0).map(|(_, &row)| row).collect();
            for &source in &sources {
                shares[tokens[source as usize]][pool] += 1.0 / sources.len() as f32;
            }
        }
        Explanation::Tree { tree: pruned_tree(batch, 0, self.config.prune_k), shares }
    }
}

impl Learner for CGcn {
    fn logits(&self, batch: &Batch, mode: &mut Mode) -> Tensor<2> {
        self.forward(batch, mode).0
    }

    /// Cross-entropy, and the mean squared length of the pooled sentences times the penalty.
    fn loss(&self, batch: &Batch, mode: &mut Mode) -> Tensor<1> {
        let (logits, pools) = self.forward(batch, mode);
        let loss = cross_entropy(logits, batch);
        if self.config.pooling_penalty == 0.0 {
            return loss;
        }
        let sentences = pools.slice([0..batch.rows(), 0..self.config.hidden]);
        loss + sentences.square().sum() * (self.config.pooling_penalty / batch.rows() as f32)
    }

    fn optional_layers() -> &'static [Layer] {
        &[Layer::Pos, Layer::Ner]
    }

    fn required_layers() -> &'static [Layer] {
        &[Layer::Heads]
    }
}
