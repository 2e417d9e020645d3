use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::UNKNOWN;

/// The tags of one annotation layer, as found in the training data.
///
/// Index 0 is padding, 1 the unknown tag, then the tags, most frequent first (ties by name).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct TagInventory {
    tags: Vec<String>,
    indices: HashMap<String, u32>,
}

impl TagInventory {
    /// Collects the inventory from the tags of a training set.
    pub fn collect<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for tag in tags {
            *counts.entry(tag).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        counts.into_iter().map(|(tag, _)| tag.to_owned()).collect::<Vec<_>>().into()
    }

    /// Number of indices, padding and unknown included.
    pub fn len(&self) -> usize {
        self.tags.len() + 2
    }

    /// Whether no tag was seen.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The index of `tag`; that of the unknown tag if the training data had no such tag.
    pub fn index(&self, tag: &str) -> u32 {
        self.indices.get(tag).copied().unwrap_or(UNKNOWN)
    }
}

impl From<Vec<String>> for TagInventory {
    fn from(tags: Vec<String>) -> Self {
        let indices = tags.iter().zip(2..).map(|(tag, index)| (tag.clone(), index)).collect();
        Self { tags, indices }
    }
}

impl From<TagInventory> for Vec<String> {
    fn from(inventory: TagInventory) -> Self {
        inventory.tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_frequent_tags_come_first() {
        let inventory = TagInventory::collect(["NN", "DT", "NN", "VB"]);
        assert_eq!(inventory.len(), 5);
        assert_eq!(["NN", "DT", "VB", "XX"].map(|tag| inventory.index(tag)), [2, 3, 4, UNKNOWN]);
        let json = serde_json::to_string(&inventory).unwrap();
        assert_eq!(json, r#"["NN","DT","VB"]"#);
        assert_eq!(serde_json::from_str::<TagInventory>(&json).unwrap(), inventory);
    }
}
