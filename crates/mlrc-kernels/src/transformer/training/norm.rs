use pulp::{Simd, WithSimd};

use crate::cpu::{dot, load, multiply_add, store};
use crate::{Buffer, Cpu, recycle};

/// The parameters of layer normalisation (Ba, Kiros and Hinton 2016).
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a> {
    /// What each normalised component is multiplied by, `[hidden]`.
    pub scale: &'a [f32],
    /// What is then added to it, `[hidden]`.
    pub shift: &'a [f32],
    /// What is added to the variance.
    pub epsilon: f32,
}

/// Rows with mean 0 and variance 1, before scale and shift.
#[derive(Debug)]
pub struct Normalised {
    /// `[rows, hidden]`
    values: Buffer,
    /// The inverse of each row's standard deviation, `[rows]`.
    inverse: Buffer,
}

/// The gradient of a loss with respect to the parameters, `[hidden]` each.
#[derive(Clone, Debug)]
pub struct NormGradients {
    /// Of the scale.
    pub scale: Vec<f32>,
    /// Of the shift.
    pub shift: Vec<f32>,
}

impl Norm<'_> {
    /// Normalises the rows of `values + residual`, each `[rows, hidden]`.
    ///
    /// # Panics
    /// If the sizes of the slices do not fit.
    pub fn forward(&self, cpu: Cpu, values: &[f32], residual: &[f32]) -> Normalised {
        let hidden = self.hidden(values);
        assert_eq!(values.len(), residual.len(), "residual");
        let (mut normal, mut inverse) = (Buffer::new(values.len()), Buffer::new(values.len() / hidden));
        cpu.run(Forward {
            hidden,
            epsilon: self.epsilon,
            values,
            residual,
            normal: &mut normal,
            inverse: &mut inverse,
        });
        Normalised { values: normal, inverse }
    }

    /// Writes scaled and shifted rows to `output`, `[rows, hidden]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn output(&self, cpu: Cpu, normalised: &Normalised, output: &mut [f32]) {
        self.hidden(output);
        assert_eq!(normalised.values.len(), output.len(), "output");
        cpu.run(Scaled { norm: self, normal: &normalised.values, output });
    }

    /// Writes the gradient of `values`, which is also that of the residual, to `grad_sum`, given that of the output (all
    /// `[rows, hidden]`), and returns those of the parameters.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn backward(
        &self,
        cpu: Cpu,
        normalised: &Normalised,
        grad_output: &[f32],
        grad_sum: &mut [f32],
    ) -> NormGradients {
        let hidden = self.hidden(grad_output);
        assert_eq!(normalised.values.len(), grad_output.len(), "gradient of the output");
        assert_eq!(grad_sum.len(), grad_output.len(), "gradient of the sum");
        let [mut scale, mut shift] = [recycle::take(hidden), recycle::take(hidden)];
        scale.fill(0.0);
        shift.fill(0.0);
        let mut gradients = NormGradients { scale, shift };
        let gradients_mut = &mut gradients;
        cpu.run(Backward { norm: self, normalised, grad_output, grad_sum, gradients: gradients_mut });
        gradients
    }

    fn hidden(&self, values: &[f32]) -> usize {
        assert_eq!(self.scale.len(), self.shift.len(), "scale and shift");
        assert!(values.len().is_multiple_of(self.scale.len()), "rows");
        self.scale.len()
    }
}

struct Forward<'a> {
    hidden: usize,
    epsilon: f32,
    values: &'a [f32],
    residual: &'a [f32],
    normal: &'a mut [f32],
    inverse: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { hidden, epsilon, values, residual, normal, inverse } = self;
        let lanes = S::F32_LANES;
        let inputs = values.chunks_exact(hidden).zip(residual.chunks_exact(hidden));
        for ((row, (values, residual)), inverse) in normal.chunks_exact_mut(hidden).zip(inputs).zip(inverse) {
            let mut sum = simd.splat_f32s(0.0);
            let inputs = values.chunks(lanes).zip(residual.chunks(lanes));
            for (place, (values, residual)) in row.chunks_mut(lanes).zip(inputs) {
                let value = simd.add_f32s(load(simd, values), load(simd, residual));
                store(simd, place, value);
                sum = simd.add_f32s(sum, value);
            }
            // The second pass keeps the variance exact when the mean is far from zero.
            let mean = simd.reduce_sum_f32s(sum) / hidden as f32;
            for value in &mut *row {
                *value -= mean;
            }
            *inverse = 1.0 / (dot(simd, row, row) / hidden as f32 + epsilon).sqrt();
            for value in row {
                *value *= *inverse;
            }
        }
    }
}

struct Scaled<'a> {
    norm: &'a Norm<'a>,
    normal: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Scaled<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm: Norm { scale, shift, .. }, normal, output } = self;
        let (hidden, lanes) = (scale.len(), S::F32_LANES);
        for (normal, output) in normal.chunks_exact(hidden).zip(output.chunks_exact_mut(hidden)) {
            let parameters = scale.chunks(lanes).zip(shift.chunks(lanes));
            for ((normal, output), (scale, shift)) in
                normal.chunks(lanes).zip(output.chunks_mut(lanes)).zip(parameters)
            {
                let value = multiply_add(simd, load(simd, normal), load(simd, scale), load(simd, shift));
                store(simd, output, value);
            }
        }
    }
}

struct Backward<'a> {
    norm: &'a Norm<'a>,
    normalised: &'a Normalised,
    grad_output: &'a [f32],
    grad_sum: &'a mut [f32],
    gradients: &'a mut NormGradients,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// With x̂ the normalised row and d the gradient times the scale: `(d − mean(d) − x̂ · mean(d x̂)) / deviation`.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm: Norm { scale, .. }, normalised, grad_output, grad_sum, gradients } = self;
        let (hidden, lanes) = (scale.len(), S::F32_LANES);
        let rows = grad_sum.chunks_exact_mut(hidden).zip(grad_output.chunks_exact(hidden));
        let normal = normalised.values.chunks_exact(hidden).zip(&normalised.inverse[..]);
        for ((row, gradient), (normal, &inverse)) in rows.zip(normal) {
            let (mut sum, mut along) = (simd.splat_f32s(0.0), simd.splat_f32s(0.0));
            let inputs = gradient.chunks(lanes).zip(normal.chunks(lanes)).zip(scale.chunks(lanes));
            let sums = gradients.scale.chunks_mut(lanes).zip(gradients.shift.chunks_mut(lanes));
            for ((row, ((gradient, normal), scale)), (of_scale, of_shift)) in
                row.chunks_mut(lanes).zip(inputs).zip(sums)
            {
                let (gradient, normal) = (load(simd, gradient), load(simd, normal));
                let scaled = simd.mul_f32s(gradient, load(simd, scale));
                sum = simd.add_f32s(sum, scaled);
                along = multiply_add(simd, scaled, normal, along);
                store(simd, row, scaled);
                let total = multiply_add(simd, gradient, normal, load(simd, of_scale));
                store(simd, of_scale, total);
                let total = simd.add_f32s(gradient, load(simd, of_shift));
                store(simd, of_shift, total);
            }
            let mean = simd.splat_f32s(simd.reduce_sum_f32s(sum) / hidden as f32);
            let along = simd.splat_f32s(-simd.reduce_sum_f32s(along) / hidden as f32);
            let inverse = simd.splat_f32s(inverse);
            for (row, normal) in row.chunks_mut(lanes).zip(normal.chunks(lanes)) {
                let centred = simd.sub_f32s(load(simd, row), mean);
                let value = multiply_add(simd, load(simd, normal), along, centred);
                store(simd, row, simd.mul_f32s(value, inverse));
            }
        }
    }
}
