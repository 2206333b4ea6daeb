// The list of samples on one page: score, first words and marks of each.

import { makeElement } from "../base/dom.js";
import { MARKS, makeScorePill } from "./sample-marks.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */

/**
 * @param {Sample[]} samples
 * @param {number | null} open position of the open sample
 * @param {(sample: Sample) => void} choose
 */
export function makeSampleList(samples, open, choose) {
  const isScored = samples.some(({ score }) => score !== null);
  const entries = samples.map((sample) => {
    const marks = sample.marks.map((mark) => MARKS[mark][0]).join(", ");
    const button = makeElement(
      "button",
      { type: "button", class: "sample-entry", "aria-current": sample.position === open ? "true" : null },
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
