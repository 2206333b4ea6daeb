// One sample: its pages beside what was written and what was expected.

import { makeElement } from "../base/dom.js";
import { describeStyle } from "../base/format.js";
import { FIRST_BATCH, makeDocument, makePages } from "./sample-document.js";
import { makeSampleMeasures } from "./sample-measures.js";
import { makeMarkBadge, makeScorePill } from "./sample-marks.js";
import { makeLegend, makeText, makeTextModelText, makeTexts } from "./sample-texts.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

/**
 * @param {Sample} sample
 * @param {SampleList} list that holds it
 * @param {string} path of the list in the API
 */
export function makeSampleDetail(sample, list, path) {
  const isScored = sample.prediction !== null && Boolean(sample.reference);
  return [
    makeElement(
      "div",
      { class: "sample-detail__facts row" },
      makeElement("h2", { class: "sample-detail__name" }, sample.document_id),
      sample.score === null ? null : makeScorePill(sample.score),
      makeElement("span", { class: "muted small numbers" }, describeLength(sample, list)),
      ...sample.marks.map(makeMarkBadge),
    ),
    makeElement(
      "div",
      { class: "sample-detail__parts" },
      makePages(sample, list),
      makeElement(
        "div",
        { class: `sample-detail__texts${list.text_model ? " sample-detail__texts--three" : ""}` },
        ...(list.split === FIRST_BATCH
          ? [makeText("The model learns to write", [sample.reference ?? ""])]
          : makeTexts(sample, isScored)),
        makeTextModelText(sample, list),
        isScored ? makeLegend(sample) : null,
        makeSampleMeasures(sample),
        makeDocument(sample, list, path),
      ),
    ),
  ];
}

/** @param {Sample} sample @param {SampleList} list */
function describeLength({ length, prediction, pages, document_tokens: read, style }, { split }) {
  const isWritten = prediction !== null || split === FIRST_BATCH;
  return [
    isWritten ? `${length.toLocaleString("en")} tokens ${prediction === null ? "to write" : "written"}` : "",
    read === null ? "" : `document of ${read.toLocaleString("en")} text tokens`,
    pages.length > 1 ? `${pages.length} pages` : "",
    describeStyle(style),
  ]
    .filter(Boolean)
    .join(" · ");
}
