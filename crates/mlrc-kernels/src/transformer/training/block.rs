use super::{
    Attention, AttentionMask, Linear, LinearGradients, Norm, NormGradients, Normalised, gelu, gelu_and_slope,
    gelu_backward,
};
use crate::dropout::Kept;
use crate::matrix::Write;
use crate::transformer::RelativeBias;
use crate::{Buffer, Cpu};

/// The parameters of a block with normalisation after each residual sum, as in BERT (Devlin et al. 2019):
///
/// ```text
/// y = norm(x + attended(attention(project(x))))      z = norm(y + down(gelu(up(y))))
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// To queries, keys and values, side by side.
    pub project: Linear<'a>,
    /// What follows attention.
    pub attended: Linear<'a>,
    /// The first normalisation.
    pub attention_norm: Norm<'a>,
    /// Into the feed-forward network.
    pub up: Linear<'a>,
    /// Out of it.
    pub down: Linear<'a>,
    /// The second normalisation.
    pub output_norm: Norm<'a>,
}

/// The gradients of a block's parameters.
#[derive(Clone, Debug)]
pub struct BlockGradients {
    /// To queries, keys and values, side by side.
    pub project: LinearGradients,
    /// What follows attention.
    pub attended: LinearGradients,
    /// The first normalisation.
    pub attention_norm: NormGradients,
    /// Into the feed-forward network.
    pub up: LinearGradients,
    /// Out of it.
    pub down: LinearGradients,
    /// The second normalisation.
    pub output_norm: NormGradients,
}

/// The sentences that a block computes.
#[derive(Clone, Copy, Debug)]
pub struct Sentences<'a> {
    /// Their lengths; they lie one after the other.
    pub lengths: &'a [usize],
    /// Number of attention heads.
    pub heads: usize,
    /// What is added to attention scores; it is not trained.
    pub bias: Option<&'a RelativeBias>,
}

/// Dropout in a block; the default is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masks<'a> {
    /// On attention weights.
    pub weights: Option<AttentionMask<'a>>,
    /// After the projection that follows attention, `[tokens, hidden]`.
    pub attended: Option<Kept<'a>>,
    /// After the feed-forward network, `[tokens, hidden]`.
    pub down: Option<Kept<'a>>,
}

/// What a forward pass keeps for the backward pass.
#[derive(Debug)]
pub struct Trace {
    /// `[tokens, 3 · hidden]`
    projected: Buffer,
    /// Attention weights before dropout.
    weights: Buffer,
    /// `[tokens, hidden]`
    attention: Buffer,
    first: Normalised,
    /// Before the activation, `[tokens, inner]`.
    inner: Buffer,
    second: Normalised,
}

impl Block<'_> {
    /// The states after the block, `[tokens, hidden]`, from those before it.
    ///
    /// # Panics
    /// If the sizes of states, parameters and masks do not fit.
    pub fn forward(&self, cpu: Cpu, sentences: Sentences, masks: Masks, states: &[f32]) -> (Vec<f32>, Trace) {
        let hidden = self.project.inputs();
        let tokens = states.len() / hidden;
        let mut projected = Buffer::new(tokens * 3 * hidden);
        self.project.forward(states, &mut projected);
        let mut attention = Buffer::new(tokens * hidden);
        let weights = attention_of(sentences, masks).forward(cpu, &projected, &mut attention);
        let mut scratch = Buffer::new(tokens * hidden);
        self.attended.forward(&attention, &mut scratch);
        drop_out(cpu, masks.attended, &mut scratch);
        let first = self.attention_norm.forward(cpu, &scratch, states);

        let mut middle = Buffer::new(tokens * hidden);
        self.attention_norm.output(cpu, &first, &mut middle);
        let mut inner = Buffer::new(tokens * self.up.outputs());
        self.up.forward(&middle, &mut inner);
        let mut activated = Buffer::new(inner.len());
        gelu(cpu, &inner, &mut activated);
        self.down.forward(&activated, &mut scratch);
        drop_out(cpu, masks.down, &mut scratch);
        let second = self.output_norm.forward(cpu, &scratch, &middle);
        let mut output = vec![0.0; tokens * hidden];
        self.output_norm.output(cpu, &second, &mut output);
        (output, Trace { projected, weights, attention, first, inner, second })
    }

    /// The gradients of the parameters, from that of the states after the block; `sentences`, `masks` and `states` are
    /// those of the forward pass that returned `trace`. If `grad_states` is given, that of the states before the block is
    /// written there.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn backward(
        &self,
        cpu: Cpu,
        sentences: Sentences,
        masks: Masks,
        states: &[f32],
        trace: &Trace,
        grad_output: &[f32],
        grad_states: Option<&mut [f32]>,
    ) -> BlockGradients {
        let Trace { projected, weights, attention, first, inner, second } = trace;
        // The gradient of a sum is that of both its terms: one is dropped out, the other is what residuals carry on.
        let mut carried = Buffer::new(states.len());
        let output_norm = self.output_norm.backward(cpu, second, grad_output, &mut carried);
        let mut scratch = Buffer::new(states.len());
        scratch.copy_from_slice(&carried);
        drop_out(cpu, masks.down, &mut scratch);
        let (mut activated, mut slopes) = (Buffer::new(inner.len()), Buffer::new(inner.len()));
        gelu_and_slope(cpu, inner, &mut activated, &mut slopes);
        let down = self.down.backward(&activated, &scratch);
        let mut grad_inner = activated;
        self.down.backward_input(&scratch, &mut grad_inner, Write::Replace);
        gelu_backward(cpu, &slopes, &mut grad_inner);
        drop(slopes);
        self.attention_norm.output(cpu, first, &mut scratch);
        let up = self.up.backward(&scratch, &grad_inner);
        self.up.backward_input(&grad_inner, &mut carried, Write::Add);
        drop(grad_inner);

        let mut grad_sum = Buffer::new(states.len());
        let attention_norm = self.attention_norm.backward(cpu, first, &carried, &mut grad_sum);
        scratch.copy_from_slice(&grad_sum);
        drop_out(cpu, masks.attended, &mut scratch);
        let attended = self.attended.backward(attention, &scratch);
        let mut grad_attention = carried;
        self.attended.backward_input(&scratch, &mut grad_attention, Write::Replace);
        let mut grad_projected = Buffer::new(projected.len());
        attention_of(sentences, masks).backward(
            cpu,
            projected,
            weights,
            &grad_attention,
            &mut grad_projected,
        );
        let project = self.project.backward(states, &grad_projected);
        if let Some(grad_states) = grad_states {
            grad_states.copy_from_slice(&grad_sum);
            self.project.backward_input(&grad_projected, grad_states, Write::Add);
        }
        BlockGradients { project, attended, attention_norm, up, down, output_norm }
    }
}

fn attention_of<'a>(sentences: Sentences<'a>, masks: Masks<'a>) -> Attention<'a> {
    let Sentences { lengths, heads, bias } = sentences;
    Attention { lengths, heads, bias, dropout: masks.weights }
}

fn drop_out(cpu: Cpu, kept: Option<Kept>, values: &mut [f32]) {
    if let Some(kept) = kept {
        kept.apply(cpu, values);
    }
}
