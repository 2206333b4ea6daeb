"""Make training/models/tiny_base: the tiny model, trained to read micro pages only.

    python scripts/pretrain_tiny_base.py --output training/models/tiny_base

The curriculum is necessary: a model that sees full pages from the start does not learn to read. So it first
reads one word on a page of 2 x 2 tokens, then a few words on 3 x 3 tokens, then full pages of 5 x 5 tokens.
The words are those of the sample documents, made-up words and numbers; full names are only those of the train
split, and no summary is shown. On one machine, the steps and the seed determine the result.
"""

import argparse
import logging
import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from data.rendering.fonts import font_library
from data.rendering.typewriter import draw_grid, grid_pages
from data.sources import sample_brief
from training.models.tiny import IMAGE_TOKEN, untrained_tiny

PROMPT = "\nFree OCR."
BATCH_SIZE = 16
MUON_LEARNING_RATE = 1e-2
ADAMW_LEARNING_RATE = 1e-3
# Muon orthogonalises the updates of matrices that map one space to another; embedding tables and the router
# are no such maps.
ADAMW_PARAMETERS = ("embed_tokens", "lm_head", "rel_pos", "position_embedding", "mlp.gate.weight")
log = logging.getLogger("pretrain_tiny_base")


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the curriculum: pages of one size, with texts of one kind (see `Texts.draw`)."""

    page_px: int
    kind: str
    num_steps: int


class Texts:
    """Random texts to read, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        sentences = (
            *sample_brief.MAIN_SENTENCES,
            *sample_brief.NUMBER_SENTENCES,
            *sample_brief.DISTRACTORS,
            *sample_brief.ACTIONS,
        )
        common = {word for sentence in sentences for word in sentence.split() if "{" not in word}
        self._words = [
            *sample_brief.FIRST_NAMES,
            *sample_brief.LAST_NAMES,
            *sample_brief.PLACES,
            *sorted(common),
        ]

    def draw(self, kind: str) -> str:
        """Return one word, a few words, or a page of text."""
        if kind == "word":
            return self._word()
        if kind == "words":
            return " ".join(self._word() for _ in range(self._rng.randint(2, 4)))
        if self._rng.random() < 0.6:
            return sample_brief.make_brief(self._rng, "train")[0]
        return " ".join(
            self._word() + self._rng.choice(["", "", "", "", "", ".", ","])
            for _ in range(self._rng.randint(4, 14))
        )

    def _word(self) -> str:
        chance = self._rng.random()
        # Without numbers among the words, the model does not learn to read numbers.
        if chance < 0.2:
            return str(self._rng.randint(10, 9999))
        if chance < 0.35:
            letters = "".join(self._rng.choices("abcdefghijklmnopqrstuvwxyz", k=self._rng.randint(2, 8)))
            return letters.capitalize() if self._rng.random() < 0.5 else letters
        return self._rng.choice(self._words)


class PageReadingModel:
    """The model in training, and the conversion of texts into its inputs."""

    def __init__(self, seed: int) -> None:
        self.model, self.tokenizer = untrained_tiny(seed)

    def head(self, page_px: int) -> list[int]:
        """Return bos, the image tokens of one page, and the prompt."""
        side = page_px // 64
        image = [self.tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)] * (side * (side + 1) + 1)
        return [self.tokenizer.bos_token_id, *image, *self.tokenizer.encode(PROMPT)]

    def pixels(self, texts: list[str], page_px: int) -> torch.Tensor:
        """Draw texts as pages: (texts, 3, page_px, page_px), -1 black to 1 white."""
        pages = [draw_grid(first_page(text, page_px), page_px, font_library()) for text in texts]
        grey = torch.from_numpy(np.stack(pages)).float() / 127.5 - 1
        return grey[:, None].expand(-1, 3, -1, -1).contiguous()

    def batch(self, texts: list[str], page_px: int) -> dict[str, torch.Tensor]:
        """Return model inputs; only the text and its end token have labels."""
        head, pad = self.head(page_px), self.tokenizer.pad_token_id
        targets = [[*self.tokenizer.encode(text), self.tokenizer.eos_token_id] for text in texts]
        longest = max(map(len, targets))
        ids = torch.tensor([[*head, *answer, *[pad] * (longest - len(answer))] for answer in targets])
        labels = torch.tensor(
            [[*[-100] * len(head), *answer, *[-100] * (longest - len(answer))] for answer in targets]
        )
        return {
            "input_ids": ids,
            "attention_mask": (ids != pad).long(),
            "labels": labels,
            "pixel_values": self.pixels(texts, page_px),
        }

    @torch.no_grad()
    def read(self, texts: list[str], page_px: int) -> list[str]:
        """Return the model's readings of pages that show `texts`."""
        self.model.eval()
        head = torch.tensor([self.head(page_px)] * len(texts))
        ids = self.model.generate(
            input_ids=head,
            attention_mask=torch.ones_like(head),
            pixel_values=self.pixels(texts, page_px),
            max_new_tokens=max(map(len, texts)) + 1,
            do_sample=False,
        )
        self.model.train()
        return self.tokenizer.batch_decode(ids[:, head.shape[1] :], skip_special_tokens=True)


def first_page(text: str, page_px: int) -> list[str]:
    """Break a text into the lines that one page shows."""
    return grid_pages(text, page_px)[0]


def optimizers(model: torch.nn.Module) -> list[torch.optim.Optimizer]:
    """Build Muon for the weight matrices and AdamW for the rest; each group holds its peak learning rate in
    `peak_lr`."""
    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and not any(part in name for part in ADAMW_PARAMETERS)]
    chosen = {id(p) for p in matrices}
    built: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=MUON_LEARNING_RATE, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(
            [p for _, p in named if id(p) not in chosen],
            lr=ADAMW_LEARNING_RATE,
            betas=(0.9, 0.98),
            weight_decay=0.01,
        ),
    ]
    for optimizer in built:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return built


def learning_rate_factor(step: int, num_steps: int) -> float:
    """Return the factor on the peak learning rate: 5% linear warm-up, then cosine to 3%."""
    warmup = max(1, round(0.05 * num_steps))
    if step < warmup:
        return (step + 1) / warmup
    return 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, num_steps - warmup)))


def curriculum(stages: list[Stage]) -> Iterator[tuple[int, Stage]]:
    """Yield each step's number and its stage."""
    steps = [stage for stage in stages for _ in range(stage.num_steps)]
    yield from enumerate(steps)


def pretrain(stages: list[Stage], seed: int, output: Path) -> None:
    """Train from random weights through all stages and save the result."""
    reader, texts = PageReadingModel(seed), Texts(seed)
    built = optimizers(reader.model)
    num_steps = sum(stage.num_steps for stage in stages)
    reader.model.train()
    losses: list[float] = []
    for step, stage in curriculum(stages):
        for group in (group for optimizer in built for group in optimizer.param_groups):
            group["lr"] = group["peak_lr"] * learning_rate_factor(step, num_steps)
        loss = reader.model(
            **reader.batch([texts.draw(stage.kind) for _ in range(BATCH_SIZE)], stage.page_px)
        ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.model.parameters(), 1.0)
        for optimizer in built:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if (step + 1) % 250 == 0 or step + 1 == num_steps:
            report(reader, stage, step + 1, sum(losses) / len(losses))
            losses.clear()
    save(reader, output)


def report(reader: PageReadingModel, stage: Stage, step: int, loss: float) -> None:
    """Log the loss, and the fractions of words and of pages read exactly, on 32 new pages."""
    fresh = Texts(seed=step + 1_000_000)
    texts = [fresh.draw(stage.kind) for _ in range(32)]
    shown = [" ".join(first_page(text, stage.page_px)) for text in texts]
    read = reader.read(texts, stage.page_px)
    words = [
        word in answer.split() for answer, text in zip(read, shown, strict=True) for word in text.split()
    ]
    exact = sum(a == b for a, b in zip(read, shown, strict=True)) / len(shown)
    log.info(
        "step %d, %d px: loss %.3f, words read %.2f, pages read %.2f",
        step,
        stage.page_px,
        loss,
        sum(words) / len(words),
        exact,
    )
    log.info("    %r -> %r", shown[0], read[0])


def save(reader: PageReadingModel, output: Path) -> None:
    """Save a normal model folder, in half precision: exact enough, at half the size."""
    reader.model.to(torch.float16).save_pretrained(output, save_original_format=False)
    reader.tokenizer.save_pretrained(output)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument(
        "--steps", type=int, nargs=3, default=[500, 800, 3200], help="steps of the three stages"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    kinds = ((128, "word"), (192, "words"), (320, "page"))
    pretrain(
        [Stage(px, kind, n) for (px, kind), n in zip(kinds, arguments.steps, strict=True)],
        arguments.seed,
        arguments.output,
    )


if __name__ == "__main__":
    main()
