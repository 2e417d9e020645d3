use super::tokens::PrunedTree;

/// The labels that evidence is about: the one with the greatest logit, and `against`, or else the one with the second greatest;
/// the same one twice if it is alone.
pub(super) fn best_and(against: Option<usize>, logits: &[f32]) -> [usize; 2] {
    let mut ranking: Vec<usize> = (0..logits.len()).collect();
    ranking.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let best = ranking[0];
    let asked = against.filter(|&label| label != best && label < logits.len());
    [best, asked.or(ranking.get(1).copied()).unwrap_or(best)]
}

/// What a learner looked at in one sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Explanation {
    /// PA-LSTM: the attention weight of each token; they sum to 1.
    Attention(Vec<f32>),
    /// C-GCN: the tree that the sentence was pruned to, and what each token contributed to the pools.
    Tree {
        /// The pruned tree.
        tree: PrunedTree,
        /// For each token, its share of the pools of the sentence, the subject and the object: of the
        /// features that are not zero after pooling, the fraction whose greatest value is at this token. The
        /// shares of a pool sum to 1, or to 0 if all of its features are zero.
        shares: Vec<[f32; 3]>,
    },
    /// FCM and regions: the evidence for the most probable relation over the one asked about, or the second most probable.
    Evidence {
        /// The most probable relation.
        relation: usize,
        /// The relation asked about, or the second most probable one.
        over: usize,
        /// What each token adds to the difference of their logits; negative if it is evidence for the second.
        tokens: Vec<f32>,
        /// The bias, which is independent of the words: the biases of the layer, and the weight of the
        /// object's coming first. Together with it, the tokens sum to the difference of the logits.
        rest: f32,
        /// What each region adds, by name; a token that is in several has the sum of its shares. Empty if the learner does
        /// not say.
        regions: Vec<(&'static str, f32)>,
    },
}
