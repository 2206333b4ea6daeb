// The list of samples on one page: score, first words and marks of each.

import { findElements, makeElement } from "../base/dom.js";
import { MARKS, makeScorePill } from "./sample-marks.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */

/**
 * @param {Sample[]} samples
 * @param {(sample: Sample) => void} choose
 */
export function makeSampleList(samples, choose) {
  const isScored = samples.some(({ score }) => score !== null);
  const entries = samples.map((sample) => {
    const marks = sample.marks.map((mark) => MARKS[mark][0]).join(", ");
    const button = makeElement(
      "button",
      { type: "button", class: "sample-entry" },
      isScored ? makeScorePill(sample.score) : null,
      makeElement(
        "span",
        { class: "sample-entry__text" },
        makeElement("span", { dir: "auto" }, sample.error ?? sample.prediction ?? sample.reference ?? ""),
        makeElement(
          "span",
          { class: "muted small" },
          marks ? `${sample.document_id} · ${marks}` : sample.document_id,
        ),
      ),
    );
    button.addEventListener("click", () => choose(sample));
    return makeElement("li", {}, button);
  });
  return makeElement("ol", { class: "sample-list", "aria-label": "Samples" }, ...entries);
}

/**
 * Mark the open entry, and scroll the list, and not the page, to it.
 * @param {HTMLElement} place of the list
 * @param {number} index of the open entry
 */
export function markOpenEntry(place, index) {
  const entries = findElements(".sample-entry", place);
  entries.forEach((entry, number) =>
    number === index ? entry.setAttribute("aria-current", "true") : entry.removeAttribute("aria-current"),
  );
  const open = entries[index]?.getBoundingClientRect();
  const { top, bottom } = place.getBoundingClientRect();
  if (open && open.top < top) place.scrollTop += open.top - top;
  else if (open && open.bottom > bottom) place.scrollTop += open.bottom - bottom;
}
