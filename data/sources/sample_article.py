"""Article sample documents: several paragraphs of made-up news with a one-sentence summary.

Each fact of the summary (who, what, where, when, how many) occurs once, in different paragraphs and in random
order, among background, quotations and asides with other names and numbers. So the first sentences alone do
not give the summary.
"""

import random
from dataclasses import dataclass
from typing import Final

from data.sources.sample_brief import FIRST_NAMES, LAST_NAMES, PLACES

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """One kind of news: an action, the roles of the persons who do it, and a number."""

    roles: tuple[str, ...]
    action: str
    subject: str
    count: str
    count_sentence: str
    details: tuple[str, ...]


EVENTS: Final = (
    EventKind(
        roles=("Mayor", "Councillor", "Governor"),
        action="opened a new footbridge",
        subject="the footbridge",
        count="{number} people",
        count_sentence="By the end of the ceremony {number} people had walked across it, according to the "
        "stewards who counted them at the gate.",
        details=(
            "The bridge replaces a ferry that had been out of service for {years} years and that few "
            "residents expected to see again.",
            "Its deck is made of larch, and the railings were cast in a foundry only a few streets away.",
            "Engineers had to move two water mains and a colony of swallows before the first pillar could be "
            "set.",
        ),
    ),
    EventKind(
        roles=("Director", "Curator", "Professor"),
        action="reopened the museum of glass",
        subject="the museum",
        count="{number} visitors",
        count_sentence="The ticket office closed early in the evening after {number} visitors had been let "
        "in, the most since the house was founded.",
        details=(
            "The building had been shut for {years} years after water from a burst pipe ruined the lower "
            "halls.",
            "Among the objects back on show are a green goblet from a shipwreck and a window that once "
            "belonged to a chapel.",
            "Most of the cases were built by apprentices of the local carpentry school.",
        ),
    ),
    EventKind(
        roles=("Coach", "Captain", "Trainer"),
        action="won the regional rowing cup",
        subject="the race",
        count="{number} spectators",
        count_sentence="The harbour office put the crowd along both banks at {number} spectators, many of "
        "whom had brought umbrellas.",
        details=(
            "The winning boat was only a length behind at the halfway mark and took the lead in the last "
            "bend.",
            "The club had not held the cup for {years} years and nearly withdrew when two of its oars broke "
            "in training.",
            "A second final, for boats of four, was put off because of the wind.",
        ),
    ),
    EventKind(
        roles=("Doctor", "Professor", "Researcher"),
        action="presented a quick test for river fever",
        subject="the test",
        count="{number} patients",
        count_sentence="The trial that the findings rest on followed {number} patients over two winters and "
        "was paid for by a public foundation.",
        details=(
            "The test needs a single drop of blood and gives an answer in less time than it takes to drink a "
            "cup of tea.",
            "Until now samples had to be sent to a laboratory {years} hours away, and results often came too "
            "late.",
            "Independent experts called the work careful, but asked for a larger study before hospitals rely "
            "on it.",
        ),
    ),
    EventKind(
        roles=("Union leader", "Spokeswoman", "Organiser"),
        action="ended a strike of tram drivers",
        subject="the strike",
        count="{number} drivers",
        count_sentence="The agreement covers {number} drivers and will be put to a vote in every depot "
        "before the end of the month.",
        details=(
            "For {years} days no tram had left the yards, and bicycle shops had run out of inner tubes.",
            "The company will hire more staff for the night lines and pay for winter jackets.",
            "What to do about the oldest carriages, which rattle and leak, was left to a joint committee.",
        ),
    ),
    EventKind(
        roles=("Farmer", "Beekeeper", "Gardener"),
        action="planted a community orchard",
        subject="the orchard",
        count="{number} trees",
        count_sentence="When the last spade was put away {number} trees stood in the ground, apple and pear "
        "for the most part, each with a name tag.",
        details=(
            "The land had lain empty for {years} years, since the brickworks that stood there was pulled "
            "down.",
            "Children from two schools will look after the young trunks and write down when each one "
            "flowers.",
            "A well had to be dug first, because the summers have become too dry to trust the rain.",
        ),
    ),
    EventKind(
        roles=("Conductor", "Composer", "Singer"),
        action="gave a free open-air concert",
        subject="the concert",
        count="{number} listeners",
        count_sentence="The police, who had expected far fewer, counted {number} listeners and closed the "
        "side streets to cars.",
        details=(
            "The programme ran from old dances to a piece for bells that had not been heard for {years} "
            "years.",
            "When the lamps failed for a moment the orchestra simply played on in the dark.",
            "Neighbours had been given earplugs and an apology in advance; most came down to listen instead.",
        ),
    ),
    EventKind(
        roles=("Fire chief", "Captain", "Officer"),
        action="led the rescue of a stranded ferry",
        subject="the rescue",
        count="{number} passengers",
        count_sentence="All {number} passengers were brought ashore in small boats, the last of them "
        "shortly before midnight.",
        details=(
            "The ferry had lost its rudder in shallow water and drifted for {years} hours with the tide.",
            "A bakery by the pier stayed open through the night and handed out soup and dry socks.",
            "The vessel was later towed to a yard, where investigators will take the steering gear apart.",
        ),
    ),
)

OPENINGS: Final = (
    "It was a day that many in {place} had been waiting for.",
    "People in {place} will remember this week for a long time.",
    "Few stories have been talked about as much in {place} this year.",
    "There was no other subject in the cafes of {place} for days.",
    "What had long been only a rumour in {place} has become a fact.",
)
WHO_SENTENCES: Final = (
    "It was {role} {who} who {action}, after months in which hardly anybody believed that it would come to "
    "that.",
    "{role} {who} {action}, and did so with a few plain words and no speech at all.",
    "As announced, {role} {who} {action}; even critics who had written letters against it came to see for "
    "themselves.",
)
WHEN_SENTENCES: Final = (
    "Everything happened on {day}, a day later than first planned, because the weather would not have it "
    "otherwise.",
    "The date had been kept open until the last moment, but on {day} everything was ready.",
    "On {day}, shortly after ten in the morning, the waiting was over.",
)
BACKGROUND: Final = (
    "The plan goes back to a meeting in a school hall, where {other} first drew it on the back of a bus "
    "timetable.",
    "An earlier attempt failed for lack of money; this time {amount} thousand came from savings, gifts and a "
    "lottery.",
    "In the neighbouring town of {elsewhere} a similar idea was given up after a dispute about parking "
    "spaces.",
    "The council was divided at first, and {other} had asked three times for the question to be put off.",
    "Letters to the newspaper were mostly in favour, though one reader worried about noise and another about "
    "geese.",
    "Experts from {elsewhere} were called in to check the figures and found only small mistakes in them.",
    "For most of the spring the matter lay on a desk, until a clerk noticed that a deadline was about to "
    "pass.",
    "Older residents compare it with the winter when the river froze and half of {elsewhere} came over on "
    "foot.",
)
QUOTES: Final = (
    '"We had stopped counting the meetings," said {other}, who lives nearby. "Now I am simply glad that it '
    'is done."',
    '"It is not perfect, but it is ours," said {other}, a teacher, who had come with her whole class.',
    '"I did not think I would see the day," said {other}, leaning on a stick and laughing at the wind.',
    '"Somebody had to begin," said {other}, who runs a small shop on the square. "The rest of us only had to '
    'follow."',
    '"Ask me again in a year," said {other}, who remains doubtful. "Then we shall know what it was worth."',
    '"My grandmother would have liked it," said {other}, who took photographs from the roof of a van.',
)
ASIDES: Final = (
    "A brass band had been promised but got stuck in traffic on the road from {elsewhere}.",
    "Street traders sold out of lemonade within the hour, and a lost dog was returned to its owner.",
    "The costs came to {amount} thousand, a little less than the estimate, which surprised nobody more than "
    "the treasurer.",
    "Local radio carried the event live, with one short break for the shipping forecast.",
    "A visitor from {elsewhere} fainted in the heat and was back on her feet after a glass of water.",
    "Two buses had been added to the timetable, and both were full.",
    "The only complaint came from {other}, whose delivery could not get through in time.",
)
CLOSINGS: Final = (
    "The next steps are to be discussed in the autumn; until then, most people seem content to enjoy what "
    "there is.",
    "A report on {subject} will be published within {weeks} weeks and can be read in the public library.",
    "Whether others will follow the example is open, but enquiries from {elsewhere} have already arrived.",
    "For now the chairs have been stacked, the street has been swept, and {place} has gone back to its usual "
    "pace.",
)


def make_article(rng: random.Random) -> tuple[str, str]:
    """Return a document of 150-600 words and its one-sentence summary."""
    event = rng.choice(EVENTS)
    facts = _facts(rng, event)
    text = "\n\n".join(
        " ".join(_fill_sentence(rng, sentence, facts) for sentence in paragraph)
        for paragraph in _paragraphs(rng, event)
    )
    count = event.count.format_map(facts)
    summary = "{role} {who} {action} in {place} on {day}, with {count}.".format_map({**facts, "count": count})
    return text, summary


def _paragraphs(rng: random.Random, event: EventKind) -> list[list[str]]:
    background, asides, quotes = _shuffled(rng, BACKGROUND), _shuffled(rng, ASIDES), _shuffled(rng, QUOTES)
    details = _shuffled(rng, event.details)
    fact_paragraphs = [
        [rng.choice(WHO_SENTENCES), details.pop(), background.pop()],
        [rng.choice(WHEN_SENTENCES), asides.pop(), details.pop()],
        [quotes.pop(), event.count_sentence, details.pop()],
    ]
    rng.shuffle(fact_paragraphs)
    paragraphs = [[rng.choice(OPENINGS), background.pop(), asides.pop()], *fact_paragraphs]
    for _ in range(rng.randint(0, 2)):
        paragraphs.insert(
            rng.randint(1, len(paragraphs)), [background.pop(), quotes.pop(), asides.pop(), background.pop()]
        )
    return [*paragraphs, [rng.choice(CLOSINGS)]]


def _facts(rng: random.Random, event: EventKind) -> dict[str, str]:
    return {
        "role": rng.choice(event.roles),
        "who": _full_name(rng),
        "action": event.action,
        "subject": event.subject,
        "place": rng.choice(PLACES),
        "day": rng.choice(WEEKDAYS),
        "number": str(rng.randint(20, 999)),
        "years": str(rng.randint(3, 19)),
        "weeks": str(rng.randint(3, 12)),
    }


def _fill_sentence(rng: random.Random, sentence: str, facts: dict[str, str]) -> str:
    """Fill in the facts, and other names, places and amounts that are random in each sentence."""
    aside = {"other": _full_name(rng), "elsewhere": rng.choice(PLACES), "amount": str(rng.randint(20, 999))}
    return sentence.format_map({**aside, **facts})


def _full_name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def _shuffled(rng: random.Random, sentences: tuple[str, ...]) -> list[str]:
    return rng.sample(sentences, len(sentences))
