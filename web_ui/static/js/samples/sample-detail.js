// One sample: its pages beside what was written and what was expected.

import { makeElement } from "../base/dom.js";
import { FIRST_BATCH, makeDocument, makePages } from "./sample-document.js";
import { makeSampleMeasures } from "./sample-measures.js";
import { makeMarkBadge, makeScorePill } from "./sample-marks.js";
import { markDifferences } from "./word-diff.js";

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
function describeLength({ length, prediction, pages, document_tokens: read }, { split }) {
  const isWritten = prediction !== null || split === FIRST_BATCH;
  return [
    isWritten ? `${length.toLocaleString("en")} tokens ${prediction === null ? "to write" : "written"}` : "",
    read === null ? "" : `document of ${read.toLocaleString("en")} text tokens`,
    pages.length > 1 ? `${pages.length} pages` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {Sample} sample @param {boolean} isScored @returns {HTMLElement[]} */
function makeTexts(sample, isScored) {
  if (sample.error) return [makeText("Not read", [sample.error])];
  const written = sample.prediction ?? "";
  const expected = sample.reference ?? "";
  if (!isScored) {
    const written_ = sample.prediction === null ? [] : [makeText("Prediction", [written])];
    return expected ? [...written_, makeText("Summary", [expected])] : written_;
  }
  const [prediction, reference] = markDifferences(written, expected, sample.unsupported);
  return [makeText("Prediction", prediction), makeText("Reference", reference)];
}

/** The text of the text model, which read the document as text. @param {Sample} sample @param {SampleList} list */
function makeTextModelText({ text_model_prediction: text, text_model_score: score, reference }, list) {
  if (text === null) return null;
  const [words] = markDifferences(text, reference ?? "", []);
  return makeText(`Text model ${list.text_model}`, words, score);
}

/** @param {string} title @param {(string | Node)[]} content @param {number | null} [score] */
const makeText = (title, content, score = null) =>
  makeElement(
    "section",
    { class: "sample-text" },
    makeElement("h3", { class: "row" }, title, score === null ? null : makeScorePill(score)),
    makeElement("p", { dir: "auto" }, ...(content.join("") || content.length > 1 ? content : ["(nothing)"])),
  );

/** @param {Sample} sample */
const makeLegend = ({ unsupported }) =>
  makeElement(
    "p",
    { class: "sample-legend muted small" },
    makeElement("mark", { class: "word word--extra" }, "not in the reference"),
    makeElement("mark", { class: "word word--missing" }, "not in the prediction"),
    unsupported.length
      ? makeElement("mark", { class: "word word--unsupported" }, "not in the document")
      : null,
  );
