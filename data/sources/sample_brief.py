"""Brief sample documents: one event in 59-99 characters, which fits on a page of 20 x 10 characters.

The tiny model is trained on them. A hash assigns each full name to one split, so no name of validation or
test occurs in train: a model with high scores must have read the page.
"""

# ruff: noqa: SIM905 - lists of words read better as words

import functools
import hashlib
import random
from typing import Final

MIN_CHARACTERS: Final = 59
MAX_CHARACTERS: Final = 99
HELD_OUT_PERCENT: Final = {"validation": range(8), "test": range(8, 16)}

FIRST_NAMES: Final = (
    "Ada Alma Amir Anna Bela Boris Carla Cora Dana David Elena Elif Emma Erik Felix Freya Gita Greta Hana "
    "Hugo Ida Ines Ivan Jana "
    "Jonas Julia Kai Karim Lara Leo Lina Luca Maja Marco Mina Nadia Nils Nora Olga Omar Paula Pedro Rana "
    "Rosa Sami Sofia Tariq Vera"
).split()
LAST_NAMES: Final = (
    "Abel Adler Arslan Bauer Berg Blum Bosch Conti Costa Cruz Dahl Daniel Duarte Engel Farkas Fischer Flores "
    "Gomez Haas Hansen Hoffman "
    "Ivanov Jansen Kaya Keller Klein Kovac Kumar Larsen Lopez Marino Meyer Moreau Nagy Novak Olsen Ortiz "
    "Patel Petrov Reyes Rossi Roth "
    "Santos Silva Tanaka Vogel Weber Yilmaz"
).split()
PLACES: Final = (
    "Aarhus Accra Ankara Athens Basel Bergen Berlin Bilbao Bogota Boston Bremen Cairo Calgary Cork Dakar "
    "Delhi Denver Dublin Essen Geneva "
    "Ghent Graz Hanoi Izmir Kyoto Lagos Leeds Lima Lisbon London Lyon Madrid Malmo Manila Milan Munich "
    "Nairobi Naples Oslo Paris Porto "
    "Prague Quito Riga Seoul Tunis Turin Vienna"
).split()
ACTIONS: Final = (
    "opened a school",
    "closed a factory",
    "won a chess game",
    "sold a painting",
    "led a long march",
    "built a bridge",
    "found a lost ring",
    "gave a concert",
    "planted a garden",
    "saved a museum",
    "won the election",
    "taught a class",
    "ran a marathon",
    "fixed a railway",
    "wrote a new play",
    "baked huge bread",
)
MAIN_SENTENCES: Final = (
    "{who} {action} in {place}.",
    "In {place}, {who} {action}.",
    "Today {who} {action} in {place}.",
    "News from {place}: {who} {action}.",
    "Last week {who} {action} in {place}.",
)
NUMBER_SENTENCES: Final = (
    "{number} people came.",
    "A crowd of {number} watched.",
    "There were {number} guests.",
    "Some {number} people helped.",
)
DISTRACTORS: Final = (
    "It rained a little.",
    "The day was cold.",
    "Shops were closed.",
    "Music was played.",
    "A dog was barking.",
    "The sun was shining.",
    "Trains ran late.",
    "Tea was served.",
)


def make_brief(rng: random.Random, split: str) -> tuple[str, str]:
    """Return a document and its summary, `WHO ACTION in PLACE, N people.`; the full name belongs to
    `split`."""
    while True:
        facts = {
            "who": rng.choice(_full_names(split)),
            "action": rng.choice(ACTIONS),
            "place": rng.choice(PLACES),
            "number": str(rng.randint(20, 999)),
        }
        sentences = [rng.choice(MAIN_SENTENCES), rng.choice(NUMBER_SENTENCES)]
        if rng.random() < 0.5:
            sentences.insert(rng.randint(0, 2), rng.choice(DISTRACTORS))
        text = " ".join(sentences).format_map(facts)
        if MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
            return text, "{who} {action} in {place}, {number} people.".format_map(facts)


@functools.cache
def _full_names(split: str) -> tuple[str, ...]:
    names = (f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES)
    return tuple(name for name in names if _split_of(name) == split)


def _split_of(full_name: str) -> str:
    percent = int.from_bytes(hashlib.sha256(full_name.encode()).digest()[:8], "big") % 100
    return next((split for split, held_out in HELD_OUT_PERCENT.items() if percent in held_out), "train")
