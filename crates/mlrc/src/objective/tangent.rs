use mlrc_kernels::recycle;
use rayon::prelude::*;

use super::Parameters;

/// A vector in parameter space that is not a point but a direction: a gradient or a displacement.
///
/// It has one piece for each parameter tensor, in their order, and a factor that multiplies all of them. So
/// it is built without copying the results of a backward pass, and scaling it is free. Long pieces are
/// processed in parallel, in chunks whose bounds never depend on the number of threads.
#[derive(Clone, Debug)]
pub struct Tangent {
    pieces: Vec<Vec<f32>>,
    scale: f32,
    /// The sum of the squares in `pieces`, if it is known.
    squares: Option<f64>,
}

/// Number of values that one thread processes at a time; they fit in the nearest cache.
const CHUNK: usize = 1 << 13;

impl Tangent {
    /// The direction with these pieces, times 1.
    pub fn new(pieces: Vec<Vec<f32>>) -> Self {
        Self { pieces, scale: 1.0, squares: None }
    }

    /// All values in one vector, the factor multiplied in.
    pub fn values(&self) -> Vec<f32> {
        self.pieces.iter().flatten().map(|value| self.scale * value).collect()
    }

    /// The same, with every value replaced by `f` of the number of its tensor, the value, and its part of `state`, which has
    /// `N` values for each of the direction's. Chunks are processed in parallel.
    ///
    /// # Panics
    /// If the state has another size.
    #[must_use]
    pub fn map<const N: usize>(
        mut self,
        state: &mut [f32],
        f: impl Fn(usize, f32, &mut [f32; N]) -> f32 + Sync,
    ) -> Self {
        let size: usize = self.pieces.iter().map(Vec::len).sum();
        assert_eq!(state.len(), N * size, "{N} values of state for each value");
        let (scale, mut state) = (self.scale, state);
        let mut chunks = Vec::new();
        for (piece, values) in self.pieces.iter_mut().enumerate() {
            for values in values.chunks_mut(CHUNK) {
                let (own, rest) = state.split_at_mut(N * values.len());
                chunks.push((piece, values, own));
                state = rest;
            }
        }
        chunks.into_par_iter().for_each(|(piece, values, state)| {
            let mut nothing = [0.0; N];
            let mut slots = state.chunks_exact_mut(N.max(1)).filter_map(|slots| slots.as_mut_array());
            for value in values {
                *value = f(piece, scale * *value, slots.next().unwrap_or(&mut nothing));
            }
        });
        (self.scale, self.squares) = (1.0, None);
        self
    }

    /// This direction times `by`.
    #[must_use]
    pub fn scaled(mut self, by: f32) -> Self {
        self.scale *= by;
        self
    }

    /// The sum of `terms`, added in their order.
    ///
    /// # Panics
    /// If there are none or their pieces differ in size.
    pub fn sum(terms: Vec<Self>) -> Self {
        let mut terms = terms.into_iter();
        let mut total = terms.next().expect("at least one term");
        let others: Vec<Self> = terms.collect();
        if others.is_empty() {
            return total;
        }
        let scale = total.scale;
        let others: Vec<(f32, &Self)> = others.iter().map(|term| (1.0, term)).collect();
        let pieces = total.pieces.iter_mut().map(|piece| &mut piece[..]).collect();
        let squares = add(pieces, scale, &others, sum_of_squares).into_iter().sum();
        (total.scale, total.squares) = (1.0, Some(squares));
        total
    }

    /// Euclidean norm.
    pub fn norm(&self) -> f32 {
        let squares = self.squares.unwrap_or_else(|| {
            let chunks: Vec<&[f32]> = self.pieces.iter().flat_map(|piece| piece.chunks(CHUNK)).collect();
            let squares: Vec<f64> = chunks.into_par_iter().map(sum_of_squares).collect();
            squares.into_iter().sum()
        });
        self.scale.abs() * squares.sqrt() as f32
    }

    /// Scaled down to Euclidean norm `limit` if it is longer, as PyTorch's `clip_grad_norm_` does.
    #[must_use]
    pub fn clipped(self, limit: f32) -> Self {
        let scale = limit / (self.norm() + 1e-6);
        // If the norm is NaN, so are the clipped values.
        if scale >= 1.0 { self } else { self.scaled(scale) }
    }
}

/// The memory is reused by the next backward pass.
impl Drop for Tangent {
    fn drop(&mut self) {
        self.pieces.drain(..).for_each(recycle::give);
    }
}

impl Parameters {
    /// Moves along each of `steps`, multiplied by its factor.
    ///
    /// # Panics
    /// If their pieces do not have as many values as the vector.
    pub fn add(&mut self, steps: &[(f32, &Tangent)]) {
        let Some((_, first)) = steps.first() else { return };
        let mut rest = &mut self.values[..];
        let mut pieces = Vec::with_capacity(first.pieces.len());
        for piece in &first.pieces {
            let (values, others) = rest.split_at_mut(piece.len());
            pieces.push(values);
            rest = others;
        }
        assert!(rest.is_empty(), "{} parameters too many", rest.len());
        add(pieces, 1.0, steps, |_| ());
    }
}

/// `totals ← scale · totals + Σ factor · term`, the terms in their order. Returns the result of `look` for
/// each chunk of the new totals.
fn add<R: Send>(
    totals: Vec<&mut [f32]>,
    scale: f32,
    terms: &[(f32, &Tangent)],
    look: impl Fn(&[f32]) -> R + Sync,
) -> Vec<R> {
    for (_, term) in terms {
        let sizes = term.pieces.iter().map(Vec::len);
        assert!(sizes.eq(totals.iter().map(|total| total.len())), "directions of different spaces");
    }
    let factors: Vec<f32> = terms.iter().map(|(factor, term)| factor * term.scale).collect();
    let mut chunks = Vec::new();
    for (piece, totals) in totals.into_iter().enumerate() {
        for (chunk, totals) in totals.chunks_mut(CHUNK).enumerate() {
            chunks.push((piece, chunk * CHUNK, totals));
        }
    }
    let add_to = |(piece, start, totals): (usize, usize, &mut [f32])| {
        if scale != 1.0 {
            totals.iter_mut().for_each(|total| *total *= scale);
        }
        for (&factor, (_, term)) in factors.iter().zip(terms) {
            let values = &term.pieces[piece][start..start + totals.len()];
            totals.iter_mut().zip(values).for_each(|(total, value)| *total += factor * value);
        }
        look(totals)
    };
    chunks.into_par_iter().map(add_to).collect()
}

fn sum_of_squares(values: &[f32]) -> f64 {
    let mut total = 0.0;
    for block in values.chunks(4096) {
        // Partial sums let the compiler use vectors and keep the order fixed.
        let mut partial = [0.0_f32; 16];
        let (lines, rest) = block.as_chunks::<16>();
        for line in lines {
            partial.iter_mut().zip(line).for_each(|(sum, value)| *sum += value * value);
        }
        partial.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value * value);
        total += partial.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gradients_are_shortened_and_short_ones_kept() {
        let gradient = Tangent::new(vec![vec![3.0], vec![4.0]]);
        assert_eq!(gradient.norm(), 5.0);
        assert_eq!(gradient.clone().clipped(10.0).values(), [3.0, 4.0]);
        let short = gradient.clipped(1.0);
        assert!((short.values()[0] - 0.6).abs() < 1e-6 && (short.values()[1] - 0.8).abs() < 1e-6);
        assert!((short.norm() - 1.0).abs() < 1e-6);
        let long = Tangent::new(vec![vec![0.01; 100_000]]);
        assert!((long.norm() - 10.0_f32.sqrt()).abs() < 1e-5);
        assert!(Tangent::new(vec![vec![f32::NAN]]).clipped(1.0).values()[0].is_nan());
    }

    #[test]
    fn sums_and_moves_are_those_of_the_values() {
        let size = CHUNK + 5;
        let piece = |by: f32| (0..size).map(|i| i as f32 * by).collect::<Vec<_>>();
        let one = Tangent::new(vec![piece(1.0), vec![7.0]]).scaled(2.0);
        let other = Tangent::new(vec![piece(-0.5), vec![1.0]]).scaled(4.0);
        let sum = Tangent::sum(vec![one.clone(), other]);
        assert!(sum.values()[..size].iter().all(|&value| value == 0.0));
        assert_eq!(sum.values()[size], 18.0);
        assert_eq!((sum.norm(), sum.clone().scaled(0.5).norm()), (18.0, 9.0));
        let mut parameters = Parameters { values: vec![1.0; size + 1] };
        parameters.add(&[(0.5, &one), (2.0, &sum)]);
        assert_eq!(parameters.values[size - 1], 1.0 + (size - 1) as f32);
        assert_eq!(parameters.values[size], 1.0 + 7.0 + 36.0);
        let mut state: Vec<f32> = (0..=size).map(|place| place as f32).collect();
        let mapped = one.map(&mut state, |piece, value, [place]: &mut [f32; 1]| {
            *place += 1.0;
            value + *place + 10.0 * piece as f32
        });
        assert_eq!((mapped.values()[3], mapped.values()[size]), (10.0, 14.0 + size as f32 + 1.0 + 10.0));
        assert_eq!(state[CHUNK], CHUNK as f32 + 1.0);
    }

    #[test]
    #[should_panic(expected = "parameters too many")]
    fn a_direction_of_another_space_is_refused() {
        Parameters { values: vec![0.0; 3] }.add(&[(1.0, &Tangent::new(vec![vec![1.0; 2]]))]);
    }
}
