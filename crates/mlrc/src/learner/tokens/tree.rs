//! Dependency trees: repairing heads that do not form a tree, and pruning to the tokens near the path between
//! the entities (Zhang et al. 2018, section 3.2).

use std::fmt;
use std::ops::Range;

/// Why heads do not form a tree, and how they are repaired. Tokens are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeDefect {
    /// The head does not exist; the token is attached to the root.
    HeadOutside {
        /// The token.
        token: usize,
        /// Its head, counted from 1 as in the data.
        head: usize,
    },
    /// Following the heads, the tokens of a cycle (a single one, if it is its own head) never reach a root;
    /// the first of them is attached to the root.
    Cycle {
        /// The first token of the cycle.
        token: usize,
    },
    /// There are several roots: the others are attached to the first.
    SeveralRoots {
        /// The first root.
        first: usize,
        /// Number of roots.
        roots: usize,
    },
    /// There is no root; the first token of the first cycle becomes it.
    NoRoot {
        /// The new root.
        token: usize,
    },
}

impl fmt::Display for TreeDefect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::HeadOutside { token, head } => {
                write!(
                    out,
                    "token {} has the head {head}, which does not exist: attached to the root",
                    token + 1
                )
            }
            Self::Cycle { token } => {
                write!(
                    out,
                    "token {} is its own head, or part of a cycle of heads: attached to the root",
                    token + 1
                )
            }
            Self::SeveralRoots { first, roots } => {
                write!(out, "{roots} roots: the others attached to the first, token {}", first + 1)
            }
            Self::NoRoot { token } => write!(out, "no root: token {} becomes the root", token + 1),
        }
    }
}

/// Makes a tree of `heads` (1 is the first token, 0 the root), unchanged if they already form one. Also
/// returns the defects that were repaired. Without tokens there is no tree, and the result is empty.
pub fn repair(heads: &[usize]) -> (Vec<u32>, Vec<TreeDefect>) {
    let mut defects = Vec::new();
    let mut repaired: Vec<u32> = Vec::with_capacity(heads.len());
    for (token, &head) in heads.iter().enumerate() {
        if head > heads.len() {
            defects.push(TreeDefect::HeadOutside { token, head });
        }
        repaired.push(if head > heads.len() { 0 } else { head as u32 });
    }
    let roots: Vec<usize> = (0..heads.len()).filter(|&token| heads[token] == 0).collect();
    let cycles = cut_cycles(&mut repaired);
    defects.extend(cycles.iter().map(|&token| TreeDefect::Cycle { token }));
    let root = match (&roots[..], repaired.iter().position(|&head| head == 0)) {
        ([first], _) => *first,
        ([first, ..], _) => {
            defects.push(TreeDefect::SeveralRoots { first: *first, roots: roots.len() });
            *first
        }
        ([], Some(token)) => {
            defects.push(TreeDefect::NoRoot { token });
            token
        }
        ([], None) => return (repaired, defects),
    };
    for (token, head) in repaired.iter_mut().enumerate() {
        if *head == 0 && token != root {
            *head = root as u32 + 1;
        }
    }
    (repaired, defects)
}

/// Makes the first token of each cycle a root and returns these tokens.
fn cut_cycles(heads: &mut [u32]) -> Vec<usize> {
    let mut cut = Vec::new();
    // The walk that first visited each token: 0 for none yet.
    let mut walks = vec![0; heads.len()];
    for start in 0..heads.len() {
        let (walk, mut at) = (start + 1, start);
        while walks[at] == 0 && heads[at] != 0 {
            walks[at] = walk;
            at = heads[at] as usize - 1;
        }
        if heads[at] != 0 && walks[at] == walk {
            let mut member = heads[at] as usize - 1;
            let mut first = at;
            while member != at {
                first = first.min(member);
                member = heads[member] as usize - 1;
            }
            heads[first] = 0;
            cut.push(first);
        }
    }
    cut
}

/// A pruned dependency tree. Tokens are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedTree {
    /// The lowest common ancestor of all entity tokens; the sentence's root if nothing was pruned.
    pub root: usize,
    /// Whether each token is kept.
    pub kept: Vec<bool>,
    /// Whether each token is on the path between the entities.
    pub on_path: Vec<bool>,
    /// The head of each kept token except the root.
    pub parents: Vec<Option<usize>>,
}

impl PrunedTree {
    /// Prunes a tree (1 is the first token, 0 the root; see [`repair`]) to the tokens that are at most `k`
    /// steps below the path between the entities. A negative `k` keeps all.
    ///
    /// The path consists of all tokens from each entity token up to the lowest common ancestor of the entity
    /// tokens (which may be one of them). All entity tokens are on it, and the kept tokens are connected.
    ///
    /// # Panics
    /// If `heads` is not a tree with one root, or an entity is empty or outside the sentence.
    pub fn new(heads: &[u32], subject: Range<usize>, object: Range<usize>, k: i32) -> Self {
        let parent = |token: usize| (heads[token] as usize).checked_sub(1);
        // The number of entity tokens from which each token is reached on the way up.
        let mut reached = vec![0; heads.len()];
        let entities = || subject.clone().chain(object.clone());
        for entity in entities() {
            let mut next = Some(entity);
            while let Some(token) = next {
                reached[token] += 1;
                next = parent(token);
            }
        }
        let all = subject.len() + object.len();
        let mut lowest = entities().next().expect("an entity has a token");
        while reached[lowest] < all {
            lowest = parent(lowest).expect("every token hangs from the root");
        }
        let on_path: Vec<bool> =
            reached.iter().enumerate().map(|(token, &by)| token == lowest || (by > 0 && by < all)).collect();
        if k < 0 {
            let parents: Vec<Option<usize>> = (0..heads.len()).map(parent).collect();
            let root = parents.iter().position(Option::is_none).expect("a tree has a root");
            return Self { root, kept: vec![true; heads.len()], on_path, parents };
        }
        let distances = distances(heads, &on_path);
        let kept: Vec<bool> = distances.iter().map(|&distance| distance <= k.unsigned_abs()).collect();
        let parents =
            (0..heads.len()).map(|token| parent(token).filter(|_| kept[token] && token != lowest)).collect();
        Self { root: lowest, kept, on_path, parents }
    }

    /// The kept tokens with their heads.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.parents.iter().enumerate().filter_map(|(child, parent)| parent.map(|parent| (child, parent)))
    }
}

/// How many steps each token is below the path; [`u32::MAX`] for tokens that are not below it.
fn distances(heads: &[u32], on_path: &[bool]) -> Vec<u32> {
    const UNKNOWN: u32 = u32::MAX - 1;
    let mut distances: Vec<u32> = on_path.iter().map(|&on| if on { 0 } else { UNKNOWN }).collect();
    let mut below = Vec::new();
    for start in 0..heads.len() {
        let mut next = Some(start);
        let mut distance = u32::MAX;
        while let Some(token) = next {
            if distances[token] != UNKNOWN {
                distance = distances[token];
                break;
            }
            below.push(token);
            next = (heads[token] as usize).checked_sub(1);
        }
        while let Some(token) = below.pop() {
            distance = distance.saturating_add(1);
            distances[token] = distance;
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trees_stay_and_everything_else_is_mended_and_told() {
        use TreeDefect::{Cycle, HeadOutside, NoRoot, SeveralRoots};
        let cases: [(&[usize], &[u32], &[TreeDefect]); 8] = [
            (&[2, 0, 2], &[2, 0, 2], &[]),
            (&[0, 1, 0], &[0, 1, 1], &[SeveralRoots { first: 0, roots: 2 }]),
            (&[0, 9], &[0, 1], &[HeadOutside { token: 1, head: 9 }]),
            (&[1, 0], &[2, 0], &[Cycle { token: 0 }]),
            (&[0, 3, 4, 2], &[0, 1, 4, 2], &[Cycle { token: 1 }]),
            (&[2, 1], &[0, 1], &[Cycle { token: 0 }, NoRoot { token: 0 }]),
            (&[7], &[0], &[HeadOutside { token: 0, head: 7 }, NoRoot { token: 0 }]),
            (&[], &[], &[]),
        ];
        for (heads, expected, defects) in cases {
            assert_eq!(repair(heads), (expected.to_vec(), defects.to_vec()), "{heads:?}");
        }
        assert_eq!(
            Cycle { token: 1 }.to_string(),
            "token 2 is its own head, or part of a cycle of heads: attached to the root"
        );
    }

    #[test]
    fn what_stands_above_the_lowest_common_token_is_cut_off() {
        // A chain 0 ← 1 ← 2 ← 3 and 4 outside it: subject 2, object 3.
        let heads = [0, 1, 2, 3, 2];
        let tree = PrunedTree::new(&heads, 2..3, 3..4, 0);
        assert_eq!((tree.root, &tree.kept[..]), (2, &[false, false, true, true, false][..]));
        assert_eq!(tree.edges().collect::<Vec<_>>(), [(3, 2)]);
        let whole = PrunedTree::new(&heads, 2..3, 3..4, -1);
        assert_eq!((whole.root, whole.edges().count()), (0, 4));
        assert_eq!(whole.on_path, tree.on_path);
    }

    /// The pruned tree computed with sets, directly from the definition: kept tokens and edges.
    fn plain(heads: &[u32], entities: &[usize], k: i32) -> (Vec<usize>, Vec<(usize, usize)>) {
        let chain = |token: usize| {
            std::iter::successors(Some(token), |&token| (heads[token] as usize).checked_sub(1))
                .collect::<Vec<_>>()
        };
        let tokens = || 0..heads.len();
        let edges = |kept: &[usize], root: Option<usize>| {
            let edge = |&child: &usize| Some((child, (heads[child] as usize).checked_sub(1)?));
            kept.iter().filter(|&&child| Some(child) != root).filter_map(edge).collect()
        };
        if k < 0 {
            return (tokens().collect(), edges(&tokens().collect::<Vec<_>>(), None));
        }
        let common: Vec<usize> =
            tokens().filter(|token| entities.iter().all(|&entity| chain(entity).contains(token))).collect();
        let lowest = *common
            .iter()
            .find(|&&token| !common.iter().any(|&other| heads[other] as usize == token + 1))
            .unwrap();
        let path: Vec<usize> = tokens()
            .filter(|token| {
                *token == lowest
                    || !common.contains(token) && entities.iter().any(|&entity| chain(entity).contains(token))
            })
            .collect();
        let near = |token: &usize| {
            chain(*token).iter().position(|above| path.contains(above)).is_some_and(|steps| steps as i32 <= k)
        };
        let kept: Vec<usize> = tokens().filter(near).collect();
        let edges = edges(&kept, Some(lowest));
        (kept, edges)
    }

    proptest! {
        #[test]
        fn any_heads_become_a_tree_that_can_be_pruned(
            heads in prop::collection::vec(0..14_usize, 2..12), at in 0..100_usize, long in 1..3_usize, k in -1..4,
        ) {
            let (repaired, _) = repair(&heads);
            prop_assert_eq!(repair(&repaired.iter().map(|&head| head as usize).collect::<Vec<_>>()), (repaired.clone(), vec![]));
            let n = heads.len();
            let subject = at % (n - 1)..at % (n - 1) + 1;
            let object = subject.end..(subject.end + long).min(n);
            for (subject, object) in [(subject.clone(), object.clone()), (object.clone(), subject.clone())] {
                let tree = PrunedTree::new(&repaired, subject.clone(), object.clone(), k);
                let entities: Vec<usize> = subject.chain(object).collect();
                let (kept, edges) = plain(&repaired, &entities, k);
                prop_assert_eq!(&(0..n).filter(|&token| tree.kept[token]).collect::<Vec<_>>(), &kept);
                prop_assert_eq!(tree.edges().collect::<Vec<_>>(), edges);
                // The kept tokens are connected and include the entities, so there is always something to
                // pool.
                prop_assert!(tree.edges().next().is_some() && entities.iter().all(|&entity| tree.kept[entity]));
                prop_assert!(tree.edges().all(|(_, parent)| tree.kept[parent]));
                prop_assert_eq!(tree.edges().count() + 1, kept.len());
            }
        }
    }
}
