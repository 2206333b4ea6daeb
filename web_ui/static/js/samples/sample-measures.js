// The measures of one sample as a compact line.

import { makeElement } from "../base/dom.js";
import { formatMeasure, MEASURES } from "../base/measures.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */

/** @param {Sample} sample @returns {HTMLElement | null} null: nothing is measured */
export function makeSampleMeasures({ measures, missing }) {
  const known = Object.keys(MEASURES).filter((key) => key in measures);
  if (!known.length) return null;
  const values = known.map((key) =>
    makeElement(
      "span",
      { class: "nowrap", title: MEASURES[key].note },
      `${MEASURES[key].label} ${formatMeasure(key, measures[key])}`,
    ),
  );
  const parts = missing.length
    ? [...values, makeElement("span", { dir: "auto" }, `Missing: ${missing.join(", ")}`)]
    : values;
  return makeElement(
    "p",
    { class: "sample-measures muted small numbers" },
    ...parts.flatMap((part, index) => (index ? [" · ", part] : [part])),
  );
}
