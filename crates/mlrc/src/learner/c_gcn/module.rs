use burn::module::Module;
use burn::tensor::{Tensor, activation};
use mlrc_kernels::Cpu;
use mlrc_kernels::graph::max_pool;

use super::CGcnConfig;
use super::dependency_graph::{DependencyGraph, POOLS, pruned_tree};
use crate::learner::layers::{
    BiLstm, Embedding, Initial, Linear, TokenEmbedding, dropout, graph_convolution, max_pool as pool,
};
use crate::learner::tokens::{TokenBatch, TokenInput, TokenReader};
use crate::learner::{Explanation, Initialiser, Learner, Mode, cross_entropy};

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
    /// From there to the logits.
    pub output: Linear,
    #[module(skip)]
    config: CGcnConfig,
}

impl CGcn {
    /// An untrained learner for the inputs that `reader` produces, initialised as in the original
    /// implementation.
    pub fn new(config: &CGcnConfig, reader: &TokenReader, labels: usize, source: &mut Initialiser) -> Self {
        let table = |tags, dimension| Embedding::new(tags, dimension, Initial::Normal(1.0), source);
        let tokens = TokenEmbedding::new(reader, config.word_dropout, [config.pos, config.ner], table);
        Self::assemble(config, tokens, labels, source)
    }

    /// A learner over given embeddings.
    pub fn assemble(
        config: &CGcnConfig,
        tokens: TokenEmbedding,
        labels: usize,
        source: &mut Initialiser,
    ) -> Self {
        let (mut width, mut constants) = (tokens.dimension(), tokens.constants());
        let mut lstm = Vec::new();
        for _ in 0..config.lstm_layers {
            lstm.push(BiLstm::new(width, config.lstm, constants, source));
            (width, constants) = (2 * config.lstm, 0);
        }
        let mut linear = |inputs: &mut usize| {
            let layer = Linear::uniform(*inputs, config.hidden, source);
            *inputs = config.hidden;
            layer
        };
        let convolutions = (0..config.layers).map(|_| linear(&mut width)).collect();
        let mut width = POOLS * config.hidden;
        let mlp = (0..config.mlp_layers).map(|_| linear(&mut width)).collect();
        let output = Linear::uniform(width, labels, source);
        Self { tokens, lstm, convolutions, mlp, output, config: config.clone() }
    }

    /// The nodes of `graph` after the last convolution, `[nodes, hidden]`.
    fn nodes(&self, batch: &TokenBatch, graph: &DependencyGraph, mode: &mut Mode) -> Tensor<2> {
        let config = &self.config;
        let device = self.output.weight.val().device();
        // Without an LSTM, padding is embedded like a word; with one, its states are zero.
        let embedded = if self.lstm.is_empty() { graph.padding } else { 0 };
        let tokens = self.tokens.forward(batch, embedded, &device, mode);
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

    /// Logits, `[rows, labels]`, and the pools of sentence, subject and object side by side, `[rows, 3 ·
    /// hidden]`.
    fn forward(&self, batch: &TokenBatch, mode: &mut Mode) -> (Tensor<2>, Tensor<2>) {
        let graph = DependencyGraph::new(batch, self.config.prune_k, self.config.original_pooling);
        let nodes = self.nodes(batch, &graph, mode);
        let pools = pool(nodes, &graph.pools).reshape([batch.rows(), POOLS * self.config.hidden]);
        let mut hidden = pools.clone();
        for layer in &self.mlp {
            hidden = activation::relu(layer.of_sentences(hidden, mode));
        }
        (self.output.of_sentences(hidden, mode), pools)
    }
}

impl CGcn {
    /// The pruned tree of a sentence, and what each token contributed to the pools.
    pub fn explain(&self, input: &TokenInput) -> Explanation {
        let batch = &TokenBatch::new(&[input]);
        let graph = DependencyGraph::new(batch, self.config.prune_k, false);
        let nodes = self.nodes(batch, &graph, &mut Mode::Predict).into_data();
        let nodes = nodes.as_slice::<f32>().expect("states are f32");
        let pooled = max_pool::forward(Cpu::native(), nodes, self.config.hidden, &graph.pools);
        let mut shares = vec![[0.0; POOLS]; batch.tokens()];
        // In a batch of one sentence, tokens are packed in order; a neighbourhood begins with the node's own.
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
    type Input = TokenInput;

    fn logits(&self, batch: &TokenBatch, mode: &mut Mode) -> Tensor<2> {
        self.forward(batch, mode).0
    }

    /// In the original pooling, rows are padded to the longest one of their batch, and padding takes part.
    fn mixes_rows(&self) -> bool {
        self.config.original_pooling
    }

    /// Cross-entropy, plus the penalty times the mean squared norm of the pooled sentences.
    fn loss(&self, batch: &TokenBatch, labels: &[u32], mode: &mut Mode) -> Tensor<1> {
        let (logits, pools) = self.forward(batch, mode);
        let loss = cross_entropy(logits, labels);
        if self.config.pooling_penalty == 0.0 {
            return loss;
        }
        let sentences = pools.slice([0..batch.rows(), 0..self.config.hidden]);
        loss + sentences.square().sum() * (self.config.pooling_penalty / batch.rows() as f32)
    }
}
