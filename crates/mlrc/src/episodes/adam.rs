/// Adam (Kingma and Ba 2015) with its usual constants.
pub struct Adam {
    rate: f32,
    steps: i32,
    /// The means of each parameter's gradients and of their squares.
    moments: Vec<[f32; 2]>,
}

const DECAY: [f32; 2] = [0.9, 0.999];

impl Adam {
    pub fn new(rate: f32, parameters: usize) -> Self {
        Self { rate, steps: 0, moments: vec![[0.0; 2]; parameters] }
    }

    /// Moves parameters against their gradient; `share` multiplies the learning rate.
    pub fn step(&mut self, parameters: &mut [f32], gradient: impl IntoIterator<Item = f32>, share: f32) {
        self.steps += 1;
        let corrections = DECAY.map(|decay| 1.0 - decay.powi(self.steps));
        for ((value, gradient), moments) in parameters.iter_mut().zip(gradient).zip(&mut self.moments) {
            moments[0] = DECAY[0] * moments[0] + (1.0 - DECAY[0]) * gradient;
            moments[1] = DECAY[1] * moments[1] + (1.0 - DECAY[1]) * gradient * gradient;
            let deviation = (moments[1] / corrections[1]).sqrt() + 1e-8;
            *value -= share * self.rate * (moments[0] / corrections[0]) / deviation;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_as_long_as_the_rate_and_the_minimum_is_found() {
        let mut adam = Adam::new(0.1, 2);
        let mut parameters = [3.0, -2.0];
        adam.step(&mut parameters, [8.0, -0.5], 1.0);
        assert!((parameters[0] - 2.9).abs() < 1e-5 && (parameters[1] + 1.9).abs() < 1e-5, "{parameters:?}");
        for _ in 0..500 {
            let gradient = parameters.map(|value| 2.0 * (value - 1.0));
            adam.step(&mut parameters, gradient, 1.0);
        }
        assert!(parameters.iter().all(|value| (value - 1.0).abs() < 0.02), "{parameters:?}");
    }
}
