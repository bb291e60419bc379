"""What trainings on synthesised speech share: the words of the command line, and training by the clock."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

#: Steps between two lines about how it goes.
TOLD = 250
RATE = 2e-3


def begin() -> tuple[int, float, np.random.Generator]:
    """How many sentences, how many minutes, and what is random: [SENTENCES] [MINUTES] [SEED]."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 15.0
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    torch.set_num_threads(2)
    torch.manual_seed(seed)
    return count, minutes, np.random.default_rng(seed)


def train(
    net: nn.Module,
    minutes: float,
    loss_of: Callable[[], torch.Tensor],
    right: Callable[[], float],
    save: Callable[[], None],
) -> None:
    """Train a network by AdamW, at a rate that falls as half a cosine until the time is over.

    Args:
        loss_of: of a new batch.
        right: the share of held back steps that the network gets right; told with each saving.
    """
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    begun, step = time.monotonic(), 0
    while (passed := (time.monotonic() - begun) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * (0.02 + 0.49 * (1 + np.cos(np.pi * passed)))
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        if step % TOLD == 0:
            save()
            sys.stdout.write(f"{step} {float(loss.detach()):.3f} {right():.3f}\n")
            sys.stdout.flush()
    save()
    sys.stdout.write(f"{step} steps, right {right():.3f}\n")


def stacked(rows: Sequence[tuple[np.ndarray, ...]]) -> tuple[torch.Tensor, ...]:
    """Rows of arrays as one tensor a column."""
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True))
