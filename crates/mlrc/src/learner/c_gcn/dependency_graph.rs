use std::sync::Arc;

use crate::learner::layers::Groups;
use crate::learner::tokens::{PrunedTree, TokenBatch};

/// The number of pools of a sentence.
pub(super) const POOLS: usize = 3;

/// The pruned dependency trees of a batch as one graph, and what is pooled over it.
///
/// Its nodes are the tokens that were kept. The original program convolves all tokens and then looks only at
/// those with an edge and at those of the entities, which is equivalent: the kept tokens are connected and
/// include the entities.
#[derive(Clone, Debug)]
pub(super) struct DependencyGraph {
    /// For each node, the tokens of its neighbourhood, itself first: what the first convolution reads.
    pub tokens: Arc<Groups>,
    /// The same neighbourhoods in terms of nodes, for the convolutions after it.
    pub nodes: Arc<Groups>,
    /// For each row three groups of nodes: all of its tree, the subject's and the object's.
    pub pools: Arc<Groups>,
    /// How many rows of padding the first convolution reads after the tokens.
    pub padding: usize,
}

impl DependencyGraph {
    /// The graph of `batch` with trees pruned to `k` steps off the path; a negative `k` keeps them whole.
    ///
    /// `padded`: as in the original program, rows shorter than the longest one of the batch are padded, and
    /// every padding token belongs to both entities.
    pub fn new(batch: &TokenBatch, k: i32, padded: bool) -> Self {
        assert_eq!(batch.heads.len(), batch.tokens(), "the batch has dependency heads");
        let (mut tokens, mut nodes, mut pools) = (Groups::default(), Groups::default(), Groups::default());
        let mut padding = 0;
        for row in 0..batch.rows() {
            let first_node = nodes.len();
            let packed = |token: usize| batch.packing.token(row, token);
            let tree = pruned_tree(batch, row, k);
            let length = tree.kept.len();
            let mut neighbours = vec![Vec::new(); length];
            for (child, parent) in tree.edges() {
                neighbours[child].push(parent);
                neighbours[parent].push(child);
            }
            let members: Vec<usize> = (0..length).filter(|&token| tree.kept[token]).collect();
            let mut node_of_token = vec![0; length];
            for (node, &token) in members.iter().enumerate() {
                node_of_token[token] = (first_node + node) as u32;
            }
            for &token in &members {
                let neighbourhood = || std::iter::once(token).chain(neighbours[token].iter().copied());
                tokens.push(neighbourhood().map(|token| packed(token) as u32));
                nodes.push(neighbourhood().map(|token| node_of_token[token]));
            }
            let first_padding = nodes.len();
            if padded {
                for _ in length..batch.packing.steps() {
                    tokens.push([(batch.tokens() + padding) as u32]);
                    nodes.push([nodes.len() as u32]);
                    padding += 1;
                }
            }
            let padding_nodes = || first_padding as u32..nodes.len() as u32;
            let pooled = |wanted: &dyn Fn(usize) -> bool| {
                members
                    .iter()
                    .filter(|&&token| wanted(token))
                    .map(|&token| node_of_token[token])
                    .collect::<Vec<_>>()
            };
            pools.push(pooled(&|_| true));
            pools.push(
                pooled(&|token| batch.subjects[row].contains(token)).into_iter().chain(padding_nodes()),
            );
            pools
                .push(pooled(&|token| batch.objects[row].contains(token)).into_iter().chain(padding_nodes()));
        }
        Self { tokens: Arc::new(tokens), nodes: Arc::new(nodes), pools: Arc::new(pools), padding }
    }
}

/// The pruned tree of one row of `batch`.
pub(super) fn pruned_tree(batch: &TokenBatch, row: usize, k: i32) -> PrunedTree {
    let length = batch.packing.lengths()[row];
    let heads: Vec<u32> = (0..length).map(|token| batch.heads[batch.packing.token(row, token)]).collect();
    PrunedTree::new(&heads, batch.subjects[row].range(), batch.objects[row].range(), k)
}
