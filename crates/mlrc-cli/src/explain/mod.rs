//! Explanations of predictions, for people: outlined on the terminal or drawn as SVG.

mod outline;
mod picture;

use std::ops::Range;

use mlrc::RelationClassifier;
use mlrc::classifier::Prediction;
use mlrc::corpus::Instance;
use mlrc::learner::Explanation;
use serde_json::{Value, json};

use crate::error::Error;

pub use outline::outline;
pub use picture::picture;

/// The pools of a tree, in the order of their shares.
const POOLS: [&str; 3] = ["sentence", "subject", "object"];

/// An instance with the classifier's prediction and its explanation.
pub struct Explained {
    pub instance: Instance,
    pub prediction: Prediction,
    pub explanation: Explanation,
    labels: Vec<String>,
}

/// The role of a token in the relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Subject,
    Object,
    Other,
}

impl Explained {
    /// Explains a prediction. The instance's tokens are replaced with what the classifier reads, such as
    /// entity masks.
    pub fn new(
        classifier: &RelationClassifier,
        mut instance: Instance,
        prediction: Prediction,
    ) -> Result<Self, Error> {
        let silent = || {
            Error::new(format!("the learner {} cannot say what it looked at", classifier.learner().name()))
        };
        // Of a mistake, the question is why it was not the right one.
        let explanation = match &instance.relation {
            Some(truth) => classifier.explain_against(&instance, truth)?,
            None => classifier.explain(&instance)?,
        };
        let explanation = explanation.ok_or_else(silent)?;
        instance.tokens = classifier.model().tokens(&instance);
        Ok(Self { instance, prediction, explanation, labels: classifier.labels().to_vec() })
    }

    fn role(&self, token: usize) -> Role {
        // Of an entity within the other, the inner one's.
        let entities = self.instance.longest_entity_first().into_iter().rev();
        let mut own = entities.filter(|(_, entity)| entity.span.contains(token));
        own.next().map_or(Role::Other, |(place, _)| [Role::Subject, Role::Object][place])
    }

    /// The most probable relations, with their probabilities.
    fn ranking(&self) -> impl Iterator<Item = (&str, f32)> {
        self.prediction.ranking().into_iter()
    }

    /// `Cause-Effect(e2,e1) 93 %`, and the gold label or the second most probable one.
    fn verdict(&self) -> String {
        let mut ranking =
            self.ranking().map(|(label, probability)| format!("{label} {}", percent(probability)));
        let best = ranking.next().unwrap_or_default();
        let predicted = self.prediction.label();
        match &self.instance.relation {
            Some(truth) if truth == predicted => format!("{best}, as labelled"),
            Some(truth) => format!("{best}, but labelled {truth}"),
            None => format!("{best}, then {}", ranking.next().unwrap_or_default()),
        }
    }

    /// A token's dependency relation to its head, as named in the data.
    fn relation_to_head(&self, token: usize) -> Option<&str> {
        self.instance.deprels.as_ref()?.get(token).map(String::as_str)
    }

    /// Everything as JSON, for programs.
    pub fn json(&self) -> Value {
        let span = |range: Range<usize>| json!({"start": range.start, "end": range.end});
        let mut value = json!({
            "id": self.instance.id,
            "tokens": self.instance.tokens,
            "subject": span(self.instance.subject.span.range()),
            "object": span(self.instance.object.span.range()),
            "relation": self.instance.relation,
            "deprels": self.instance.deprels,
            "predicted": self.ranking().map(|(label, p)| json!({"relation": label, "probability": p})).collect::<Vec<_>>(),
        });
        match &self.explanation {
            Explanation::Attention(weights) => value["attention"] = json!(weights),
            Explanation::Evidence { relation, over, tokens, rest, regions } => {
                let [relation, over] = [relation, over].map(|&label| &self.labels[label]);
                value["evidence"] =
                    json!({"relation": relation, "over": over, "tokens": tokens, "rest": rest});
                if !regions.is_empty() {
                    let each = regions.iter().map(|(name, sum)| json!({"region": name, "sum": sum}));
                    value["evidence"]["regions"] = each.collect();
                }
            }
            Explanation::Tree { tree, shares } => {
                let pool = |pool: usize| shares.iter().map(|share| share[pool]).collect::<Vec<_>>();
                value["tree"] = json!({
                    "root": tree.root,
                    "kept": tree.kept,
                    "on_path": tree.on_path,
                    "parents": tree.parents,
                });
                value["pools"] = (0..POOLS.len()).map(|p| (POOLS[p].to_owned(), json!(pool(p)))).collect();
            }
        }
        value
    }
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}
