"""What stands out in a study, in words."""

from collections.abc import Iterator, Sequence

from training.options.reads import SHORT_NAMES
from web_ui.studies.plan import describe_cell
from web_ui.studies.rows import CellRow, TwinDifference


def describe_study(rows: Sequence[CellRow], twins: Sequence[TwinDifference] = ()) -> str:
    """Say which cell scored best, at what cost, what the controls score, and how pages stand to text."""
    scored = [row for row in rows if row.rouge_l is not None]
    read = _describe_reading(rows)
    if not scored:
        return " ".join(("No cell has a score yet.", *read))
    best = max(scored, key=lambda row: row.rouge_l or 0.0)
    return " ".join(
        (
            *_describe_best(best, len(scored)),
            *_describe_cheapest(best, scored),
            *_describe_equals(scored),
            *map(describe_twins, twins),
            *read,
        )
    )


def describe_twins(twins: TwinDifference) -> str:
    """Say how pages stand to text in one sentence, with its interval."""
    found = twins.rouge_l
    where = f"With {describe_cell(twins.settings)}, pages" if twins.settings else "Pages"
    pages = f"{where} ({_tokens(twins.document_tokens)})"
    other = f"{SHORT_NAMES[twins.reads]} ({_tokens(twins.other_tokens)})"
    seeds = "1 seed" if twins.num_seeds == 1 else f"{twins.num_seeds} seeds"
    if found.difference is None or found.low is None or found.high is None or found.relation == "too_few":
        return f"{pages} and {other} have too few documents in common to be compared: {found.num_samples:,}."
    interval = f"95% interval {100 * found.low:.1f} to {100 * found.high:.1f}"
    basis = f"{interval}; {found.num_samples:,} documents, {seeds}"
    if found.relation == "not_shown":
        return f"{pages} and {other} do not differ for sure: {100 * found.difference:+.1f} ROUGE-L ({basis})."
    relation = "above" if found.relation == "above" else "below"
    return f"{pages} score {100 * abs(found.difference):.1f} ROUGE-L {relation} {other} ({basis})."


def _describe_reading(rows: Sequence[CellRow]) -> Iterator[str]:
    """Say how well pages are read before the trainings."""
    rates = {row.character_error_rate: row for row in rows if row.character_error_rate is not None}
    if not rates:
        return
    least, most = min(rates), max(rates)
    of = " of the characters before its training"
    if least == most:
        yield f"The model misreads {least:.2%}{of}."
    else:
        fewest, others = f"{least:.2%} ({_named(rates[least])})", f"{most:.2%} ({_named(rates[most])})"
        yield f"The model misreads {fewest} to {others}{of}."


def _describe_best(best: CellRow, num_scored: int) -> Iterator[str]:
    cost = f" at {best.document_tokens:,.0f} tokens a document" if best.document_tokens else ""
    controls = {"lead-3": best.lead_3, "blank pages": best.blank_pages}
    stated = [f"{name} {value:.1f}" for name, value in controls.items() if value is not None]
    beside = f"; {', '.join(stated)}" if stated else ""
    yield f"Best of {num_scored}: {_named(best)} with {_score(best)} ROUGE-L{cost}{beside}."
    if best.lead_3 is not None and (best.rouge_l or 0.0) < best.lead_3:
        yield "No cell is better than copying three sentences (lead-3)."


def _describe_cheapest(best: CellRow, scored: Sequence[CellRow]) -> Iterator[str]:
    cheap = [row for row in scored if row.is_on_front and row is not best and row.document_tokens]
    if cheap and best.document_tokens:
        least = min(cheap, key=lambda row: row.document_tokens or 0.0)
        yield f"For {least.document_tokens:,.0f} tokens, {_named(least)} scores {_score(least)}."


def _describe_equals(scored: Sequence[CellRow]) -> Iterator[str]:
    """Name the cells that are not shown to be worse than the best one."""
    equals = [_named(row) for row in scored if row.to_best and row.to_best.relation == "not_shown"]
    if equals:
        yield f"Not shown to be worse on the same samples: {'; '.join(equals)}."


def _named(row: CellRow) -> str:
    return describe_cell(row.settings)


def _score(row: CellRow) -> str:
    if len(row.runs) < 2 or row.lowest is None or row.highest is None:
        return f"{row.rouge_l:.1f}"
    return f"{row.rouge_l:.1f} ({len(row.runs)} seeds, {row.lowest:.1f} to {row.highest:.1f})"


def _tokens(number: float | None) -> str:
    return "tokens not counted" if number is None else f"{number:,.0f} tokens"
