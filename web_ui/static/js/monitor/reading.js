// How well a model reads pages: the character errors of a reading check, by font, and the pages read worst.

import { API } from "../base/api.js";
import { makeElement, makeFigure, makeTable } from "../base/dom.js";
import { formatCount, formatErrorRate, formatNumber } from "../base/format.js";
import { makeZoomableImage } from "../widgets/zoom.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {{character_error_rate: number, low: number, high: number}} Rate */
/** @typedef {{document_id: string, row: number, page: number, character_error_rate: number, transcription: string, text: string}} WorstPage */

const NOTE =
  "Character errors: insertions, deletions and replacements between the text of the pages and what the model transcribed, over the characters of the text. In grey the 95% interval, resampled over the documents. A rate near 100% means that the model reads nothing; repetitions can raise it above.";

/** A rate with its interval in grey. @param {Rate} rate */
export const makeRate = ({ character_error_rate: rate, low, high }) =>
  makeElement(
    "div",
    {},
    formatErrorRate(rate),
    makeElement("div", { class: "small muted" }, `${formatErrorRate(low)} to ${formatErrorRate(high)}`),
  );

/** @param {Job} job a reading check that has succeeded @param {Record<string, any>} result @returns {Node[]} */
export function makeReading({ config }, result) {
  const counts = {
    Documents: result.num_documents,
    Pages: result.num_pages,
    Looping: result.num_looping,
    "Cut off": result.num_cut,
    Empty: result.num_empty,
  };
  const name = config.blank_pages ? "Character errors, blank pages" : "Character errors";
  return [
    makeElement(
      "dl",
      { class: "figures" },
      makeElement(
        "div",
        { class: "figure" },
        makeElement("dt", {}, name),
        makeElement("dd", {}, makeRate(/** @type {Rate} */ (result))),
      ),
      ...Object.entries(counts).map(([label, count]) => makeFigure(label, formatCount(count))),
    ),
    makeElement("p", { class: "muted small" }, NOTE),
    makeTable(
      "Fonts",
      ["Font", "Size", "Pages", "Character errors"],
      result.fonts.map(
        (/** @type {Rate & {font_family: string, font_size_px: number, num_pages: number}} */ font) => [
          font.font_family,
          `${formatNumber(font.font_size_px)} px`,
          formatCount(font.num_pages),
          makeRate(font),
        ],
      ),
    ),
    makeElement("h2", {}, "The pages read worst"),
    ...result.worst_pages.map((/** @type {WorstPage} */ page) => makeWorstPage(page, config)),
  ];
}

/** @param {WorstPage} page @param {Job["config"]} config */
function makeWorstPage({ document_id: id, row, page, ...read }, { dataset, split }) {
  const address = `${API}/datasets/${encodeURIComponent(dataset)}/pages/${split}/${row}/${page}.png`;
  const name = `Page ${page} of ${id}`;
  return makeElement(
    "article",
    { class: "sample-detail__texts sample-detail__texts--three" },
    makeElement(
      "figure",
      { class: "paper" },
      makeZoomableImage(address, name),
      makeElement(
        "figcaption",
        { class: "muted small" },
        `${name}: ${formatErrorRate(read.character_error_rate)}`,
      ),
    ),
    makeText("The model read", read.transcription || "Nothing."),
    makeText("The page shows", read.text),
  );
}

/** @param {string} title @param {string} text */
const makeText = (title, text) =>
  makeElement(
    "div",
    { class: "sample-text" },
    makeElement("h3", {}, title),
    makeElement("p", { dir: "auto" }, text),
  );
