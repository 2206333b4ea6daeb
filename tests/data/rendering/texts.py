"""Texts in the scripts that pages must show, and English prose that no two tests share."""

import random

SCRIPTS = {
    "Latin": "Příliš žluťoučký kůň úpěl ďábelské ódy. Zażółć gęślą jaźń, “naïve” café, Việt Nam.",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Ἐν ἀρχῇ ἦν ὁ λόγος.",
    "Cyrillic": "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Chinese": "人人生而自由,在尊严和权利上一律平等。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、尊厳と権利とについて平等である。カタカナ。",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق.",
    "Hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "Devanagari": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
    "emoji": "🎉 👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️ 😀",
}

_WORDS = (
    "the of and a in that it was for on with as his they at be this from have by one had not but what all "
    "were "
    "when harbour council winter museum engineer market bridge village ferry library orchestra committee "
    "garden "
    "workshop railway announced repaired opened visited measured painted collected published carried "
    "explained "
    "discovered finished students families neighbours visitors scientists farmers musicians drivers "
    "volunteers "
    "journalists seventeen forty hundred second morning evening Tuesday spring several during without "
    "between "
    "across nearly already together carefully slowly again "
)


def prose(num_characters: int, seed: int, *, paragraph_sentences: int = 6) -> str:
    """Return English-like sentences in paragraphs, the same for the same seed."""
    dice = random.Random(seed)
    words = _WORDS.split()
    paragraphs: list[str] = []
    length = 0
    while length < num_characters:
        sentences = [
            " ".join(dice.choices(words, k=dice.randint(6, 16))).capitalize() + "."
            for _ in range(paragraph_sentences)
        ]
        paragraphs.append(" ".join(sentences))
        length += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs)
