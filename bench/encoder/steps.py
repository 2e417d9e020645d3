"""What PyTorch's blocks become in ten steps of AdamW, for a test of mlrc-kernels to compare with.

    python bench/encoder/steps.py > crates/mlrc-kernels/tests/transformer_training/steps.txt

Needs torch.
"""

import torch
from torch.nn import functional

LENGTHS, HIDDEN, INNER, HEADS, REACH, STEPS = [7, 4, 9], 16, 40, 4, 9, 10


def values(count, seed):
    """The values that the test starts from."""
    state = (seed * 2654435761 + 12345) % 2**32
    drawn = []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        drawn.append((state >> 8) / 8388608 - 1)
    return torch.tensor(drawn, dtype=torch.float32)


SHAPES = [
    (3 * HIDDEN, HIDDEN), (3 * HIDDEN,), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN,), (HIDDEN,),
    (INNER, HIDDEN), (INNER,), (HIDDEN, INNER), (HIDDEN,), (HIDDEN,), (HIDDEN,),
]  # fmt: skip


def block(states, parameters, bias):
    qkv, qkv_bias, out, out_bias, scale, shift, up, up_bias, down, down_bias, last_scale, last_shift = parameters
    attended, first = [], 0
    for length in LENGTHS:
        projected = functional.linear(states[first : first + length], qkv, qkv_bias)
        query, key, value = projected.view(length, 3, HEADS, -1).permute(1, 2, 0, 3)
        distance = torch.arange(length)[None, :] - torch.arange(length)[:, None] + REACH - 1
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias[:, distance])
        attended.append(mixed.transpose(0, 1).reshape(length, HIDDEN))
        first += length
    mixed = functional.linear(torch.cat(attended), out, out_bias)
    middle = functional.layer_norm(states + mixed, (HIDDEN,), scale, shift)
    inner = functional.gelu(functional.linear(middle, up, up_bias))
    return functional.layer_norm(middle + functional.linear(inner, down, down_bias), (HIDDEN,), last_scale, last_shift)


def line(name, tensor):
    print(name, *(f"{value:.7g}" for value in tensor.tolist()))


sizes = [torch.Size(shape).numel() for shape in SHAPES]
flat = (0.5 * values(2 * sum(sizes), 1)).split(sizes * 2)
parameters = [part.view(shape).clone().requires_grad_() for part, shape in zip(flat, SHAPES * 2)]
states = values(sum(LENGTHS) * HIDDEN, 2).view(-1, HIDDEN)
target = values(sum(LENGTHS) * HIDDEN, 3).view(-1, HIDDEN)
bias = values(HEADS * (2 * REACH - 1), 4).view(HEADS, -1)
optimiser = torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.01)
losses = []
for step in range(STEPS):
    output = block(block(states, parameters[:12], bias), parameters[12:], bias)
    loss = functional.mse_loss(output, target)
    optimiser.zero_grad()
    loss.backward()
    losses.append(loss.item())
    if step == 0:
        line("gradient", torch.cat([part.grad.flatten() for part in parameters])[::29])
    optimiser.step()
line("losses", torch.tensor(losses))
line("output", output.detach().flatten()[::5])
line("parameters", torch.cat([part.detach().flatten() for part in parameters])[::29])
