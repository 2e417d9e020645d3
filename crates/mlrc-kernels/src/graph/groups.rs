/// Groups of rows of a matrix, which may overlap: the neighbourhood of each node of a graph, the tokens of each entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Where each group begins in `members`, and the end of the last.
    offsets: Vec<usize>,
    members: Vec<u32>,
}

impl Default for Groups {
    fn default() -> Self {
        Self { offsets: vec![0], members: Vec::new() }
    }
}

impl Groups {
    /// Appends a group.
    pub fn push(&mut self, members: impl IntoIterator<Item = u32>) {
        self.members.extend(members);
        self.offsets.push(self.members.len());
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of each group.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.offsets.windows(2).map(|bounds| &self.members[bounds[0]..bounds[1]])
    }

    /// The rows of all groups, one group after the other.
    pub fn members(&self) -> &[u32] {
        &self.members
    }

    /// Checks that all rows lie in a matrix of `rows` rows.
    pub(super) fn check(&self, rows: usize) {
        let last = self.members.iter().max().map_or(0, |&row| row as usize + 1);
        assert!(last <= rows, "a group names row {}, but there are only {rows} rows", last.saturating_sub(1));
    }
}

impl<G: IntoIterator<Item = u32>> FromIterator<G> for Groups {
    fn from_iter<I: IntoIterator<Item = G>>(groups: I) -> Self {
        let mut all = Self::default();
        groups.into_iter().for_each(|group| all.push(group));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_their_rows_apart() {
        let groups: Groups = [vec![2, 0], vec![], vec![2]].into_iter().collect();
        assert_eq!(groups.len(), 3);
        assert_eq!(groups.iter().collect::<Vec<_>>(), [&[2, 0][..], &[], &[2]]);
        assert!(Groups::default().is_empty());
    }

    #[test]
    #[should_panic(expected = "row 2, but there are only 2 rows")]
    fn rows_outside_are_refused() {
        Groups::from_iter([vec![2, 0]]).check(2);
    }
}
