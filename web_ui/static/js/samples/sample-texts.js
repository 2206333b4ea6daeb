// The texts of one sample beside each other: what was written, what was expected, and what a text model wrote.

import { makeElement } from "../base/dom.js";
import { makeScorePill } from "./sample-marks.js";
import { markDifferences } from "./word-diff.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

/** @param {Sample} sample @param {boolean} isScored @returns {HTMLElement[]} */
export function makeTexts(sample, isScored) {
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
export function makeTextModelText({ text_model_prediction: text, text_model_score: score, reference }, list) {
  if (text === null) return null;
  const [words] = markDifferences(text, reference ?? "", []);
  return makeText(`Text model ${list.text_model}`, words, score);
}

/** @param {string} title @param {(string | Node)[]} content @param {number | null} [score] */
export const makeText = (title, content, score = null) =>
  makeElement(
    "section",
    { class: "sample-text" },
    makeElement("h3", { class: "row" }, title, score === null ? null : makeScorePill(score)),
    makeElement("p", { dir: "auto" }, ...(content.join("") || content.length > 1 ? content : ["(nothing)"])),
  );

/** @param {Sample} sample */
export const makeLegend = ({ unsupported }) =>
  makeElement(
    "p",
    { class: "sample-legend muted small" },
    makeElement("mark", { class: "word word--extra" }, "not in the reference"),
    makeElement("mark", { class: "word word--missing" }, "not in the prediction"),
    unsupported.length
      ? makeElement("mark", { class: "word word--unsupported" }, "not in the document")
      : null,
  );
