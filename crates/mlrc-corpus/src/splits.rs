//! Which instances are used for training and which for model selection.
//!
//! The corpus is shuffled once by seed; the first `dev_size` instances are the development set,
//! the next `round(fraction · rest)` the training set. So all runs with the same seed share the
//! development set, and a smaller fraction is contained in a larger one.

use serde::Serialize;

use crate::counted;
use crate::instance::Instance;
use crate::random::{Purpose, Stream};

/// Instances chosen by index, in the order drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split {
    /// The training instances.
    pub train: Vec<usize>,
    /// The development instances; empty if they come from a separate file.
    pub dev: Vec<usize>,
    /// Identifies the split: the same for the same lists of identifiers, on every machine and in every
    /// version.
    /// 16 hexadecimal digits: 64-bit FNV-1a over the bytes of the training identifiers in order, each
    /// followed by the byte 0xFF, then 0xFE, then the development identifiers likewise.
    pub hash: String,
}

/// Why a split cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// The fraction is outside (0, 1].
    #[error("expected a fraction above 0 and up to 1, found {0}")]
    FractionOutOfRange(f64),
    /// The development set would leave nothing to train on.
    #[error(
        "expected a development set smaller than the corpus of {}, found a dev_size of {dev_size}",
        counted(*corpus, "instance")
    )]
    DevelopmentTooLarge {
        /// Size of the development set.
        dev_size: usize,
        /// Size of the corpus.
        corpus: usize,
    },
    /// The fraction rounds to no instance.
    #[error(
        "expected a fraction of at least one instance, found {fraction} of {}, which is none",
        counted(*remaining, "instance")
    )]
    NoInstance {
        /// The fraction.
        fraction: f64,
        /// Instances it is a fraction of.
        remaining: usize,
    },
}

/// A split of one corpus into development set, training fraction and rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DevelopmentSplit {
    /// Size of the development set; 500 of SemEval-2010's 8000 in the paper.
    pub dev_size: usize,
    /// Fraction of the remaining instances to train on, in (0, 1].
    pub fraction: f64,
    /// Seed of the draw.
    pub seed: u64,
}

impl DevelopmentSplit {
    /// Draws the split.
    ///
    /// # Errors
    /// If the fraction is outside (0, 1] or rounds to no instance, or if `dev_size` is not less than the
    /// number of instances.
    pub fn draw(&self, instances: &[Instance]) -> Result<Split, SplitError> {
        let Self { dev_size, fraction, seed } = *self;
        if !(fraction > 0.0 && fraction <= 1.0) {
            return Err(SplitError::FractionOutOfRange(fraction));
        }
        let corpus = instances.len();
        let remaining = corpus.saturating_sub(dev_size);
        if remaining == 0 && corpus > 0 {
            return Err(SplitError::DevelopmentTooLarge { dev_size, corpus });
        }
        let train_size = (fraction * remaining as f64).round() as usize;
        if train_size == 0 {
            return Err(SplitError::NoInstance { fraction, remaining });
        }
        let mut order: Vec<usize> = (0..corpus).collect();
        Stream::new(seed, Purpose::Split, 0, 0).shuffle(&mut order);
        let dev = order[..dev_size].to_vec();
        let train = order[dev_size..dev_size + train_size].to_vec();
        let hash = hash(instances, &train, &dev);
        Ok(Split { train, dev, hash })
    }
}

/// Draws the training fraction of a corpus whose development set is a separate file.
///
/// # Errors
/// If the fraction is outside (0, 1] or rounds to no instance.
pub fn fraction(instances: &[Instance], fraction: f64, seed: u64) -> Result<Split, SplitError> {
    DevelopmentSplit { dev_size: 0, fraction, seed }.draw(instances)
}

/// Draws `dev_size` of the `available` instances of a development file; all of them, in order, if `dev_size`
/// is 0 or there are no more than that.
pub fn development(available: usize, dev_size: usize, seed: u64) -> Vec<usize> {
    if dev_size == 0 || dev_size >= available {
        return (0..available).collect();
    }
    Stream::new(seed, Purpose::Split, 1, 0).sample(available, dev_size)
}

fn hash(instances: &[Instance], train: &[usize], dev: &[usize]) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = |indices: &[usize]| {
        let ids = indices.iter().map(|index| instances[*index].id.as_bytes());
        ids.flat_map(|id| id.iter().copied().chain([0xff])).collect::<Vec<u8>>()
    };
    let all = [bytes(train), vec![0xfe], bytes(dev)].concat();
    let hash = all.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entity, Span};

    fn instances(count: usize) -> Vec<Instance> {
        let entity = |at| Entity { span: Span::new(at, at + 1), kind: None };
        let one = |id: usize| Instance {
            id: id.to_string(),
            tokens: vec!["a".to_owned(), "b".to_owned()],
            subject: entity(0),
            object: entity(1),
            pos: None,
            ner: None,
            heads: None,
            deprels: None,
            relation: None,
            fold: None,
            source: None,
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn sizes_nesting_and_repeatability() {
        let corpus = instances(8000);
        let draw = |fraction, seed| DevelopmentSplit { dev_size: 500, fraction, seed }.draw(&corpus).unwrap();
        let (small, large) = (draw(0.01, 3), draw(0.1, 3));
        assert_eq!((small.dev.len(), small.train.len(), large.train.len()), (500, 75, 750));
        assert_eq!(small.dev, large.dev);
        assert_eq!(small.train, large.train[..75]);
        let mut all = draw(1.0, 3);
        assert_eq!(all.train.len(), 7500);
        all.train.append(&mut all.dev);
        all.train.sort_unstable();
        assert!(all.train.into_iter().eq(0..8000));
        assert_eq!(small, draw(0.01, 3));
        assert_ne!(small.hash, draw(0.01, 4).hash);
        assert_ne!(small.hash, large.hash);
    }

    /// The expected value is FNV-1a of the bytes `30 ff 31 ff fe` (or `31 ff 30 ff fe`), computed in
    /// Python: `for b in data: h = (h ^ b) * 0x100000001b3 % 2**64`.
    #[test]
    fn the_hash_is_fnv() {
        let split = fraction(&instances(2), 1.0, 1).unwrap();
        let expected = if split.train == [0, 1] { "2199dd186911e9ae" } else { "fbbd71eb46255826" };
        assert_eq!(split.hash, expected);
    }

    #[test]
    fn impossible_splits_are_refused() {
        let corpus = instances(10);
        for bad in [0.0, -1.0, 1.5, f64::NAN] {
            assert!(matches!(fraction(&corpus, bad, 1), Err(SplitError::FractionOutOfRange(_))), "{bad}");
        }
        let draw = |dev_size, fraction| DevelopmentSplit { dev_size, fraction, seed: 1 }.draw(&corpus);
        assert_eq!(draw(10, 1.0), Err(SplitError::DevelopmentTooLarge { dev_size: 10, corpus: 10 }));
        assert_eq!(draw(0, 0.01), Err(SplitError::NoInstance { fraction: 0.01, remaining: 10 }));
        assert_eq!(fraction(&[], 1.0, 1), Err(SplitError::NoInstance { fraction: 1.0, remaining: 0 }));
        assert_eq!(draw(9, 1.0).unwrap().train.len(), 1);
    }
}
