use super::tokens::PrunedTree;

/// What a learner looked at in one sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Explanation {
    /// PA-LSTM: the attention of each token; they sum to 1.
    Attention(Vec<f32>),
    /// C-GCN: the tree that the sentence was pruned to, and what each token contributed to the pools.
    Tree {
        /// The pruned tree.
        tree: PrunedTree,
        /// For each token its share of the sentence's, the subject's and the object's pool: of the features that are not
        /// zero after pooling, the part that has its greatest value at this token. Each pool's shares sum to 1, or to 0 if all
        /// of its features are zero.
        shares: Vec<[f32; 3]>,
    },
    /// FCM: why the most probable relation and not the next one.
    Evidence {
        /// The most probable relation.
        relation: usize,
        /// The next one.
        over: usize,
        /// What each token adds to the first one's logit over the second's; negative where it speaks for the second.
        tokens: Vec<f32>,
        /// What is added whatever the words are: biases, and the weight of the object's coming first. With it the tokens sum up to
        /// the difference of the logits.
        rest: f32,
    },
}
