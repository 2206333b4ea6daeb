// What ROUGE does not show of a model's summaries: the measures beside those of the baselines and of the
// references, and the recall of facts by their place on the pages.

import { makeElement, makeTable } from "../base/dom.js";
import { formatMeasure, MEASURES } from "../base/measures.js";

/** @typedef {{mean: number, low: number, high: number, num_samples: number}} SampleMean */
/** @typedef {Record<string, SampleMean>} SampleMeans */
/**
 * @typedef {object} MeasureReport as evaluation/measures/report.py describes it
 * @property {SampleMeans} model
 * @property {Record<string, SampleMeans>} baselines
 * @property {SampleMeans} references
 * @property {(SampleMean | null)[]} page_recall
 * @property {(SampleMean | null)[]} height_recall
 * @property {string} note
 */

const NONE = "–";
/** @type {Record<string, string>} */
const BETTER = { higher: "Higher is better.", lower: "Lower is better.", neither: "" };

/** @param {string} model its name @param {MeasureReport} report */
export function makeMeasures(model, { model: own, baselines, references, note, ...places }) {
  const columns = [own, ...Object.values(baselines), references];
  const names = [model, ...Object.keys(baselines), "references"];
  const rows = Object.keys(MEASURES)
    .filter((key) => columns.some((values) => values[key]))
    .map((key) => [makeName(key), ...columns.map((values, index) => makeValue(key, values[key], !index))]);
  return makeElement(
    "section",
    { class: "stack-s small", "aria-label": "Beyond ROUGE" },
    makeElement("h3", { class: "muted" }, "Beyond ROUGE"),
    makeTable("Measures beyond ROUGE", ["Mean of the samples", ...names], rows),
    ...makePlaces(places),
    note ? makeElement("p", { class: "muted" }, note) : null,
  );
}

/** @param {string} key */
const makeName = (key) =>
  makeElement(
    "div",
    {},
    MEASURES[key].label,
    makeElement(
      "div",
      { class: "measure__note muted" },
      `${MEASURES[key].note} ${BETTER[MEASURES[key].better]}`,
    ),
  );

/** @param {string} key @param {SampleMean | undefined} value @param {boolean} hasInterval whether to show it */
function makeValue(key, value, hasInterval) {
  if (!value) return NONE;
  const range = `${formatMeasure(key, value.low)} to ${formatMeasure(key, value.high)}`;
  return makeElement(
    "div",
    { title: `95% interval ${range}, ${value.num_samples.toLocaleString("en")} samples` },
    formatMeasure(key, value.mean),
    hasInterval ? makeElement("div", { class: "muted" }, range) : null,
  );
}

/** @param {Pick<MeasureReport, "page_recall" | "height_recall">} places @returns {HTMLElement[]} */
function makePlaces({ page_recall: pages, height_recall: heights }) {
  if (![...pages, ...heights].some(Boolean)) return [];
  const isLast = (/** @type {number} */ index) => index === pages.length - 1;
  const ofPages = pages.flatMap((value, index) =>
    value ? [[`page ${index + 1}${isLast(index) ? " and later" : ""}`, value]] : [],
  );
  const ofHeights = heights.map((value, index) => [
    index === 0 ? "top of a page" : index === heights.length - 1 ? "end of a page" : "",
    value,
  ]);
  const parts = /** @type {[string, SampleMean | null][]} */ ([...ofPages, ...ofHeights]);
  return [
    makeElement(
      "p",
      { class: "muted" },
      "Facts of the references that the summaries hold, in percent, by the page on which they stand, and from the top of a page to its end.",
    ),
    makeElement(
      "ul",
      { class: "places", "aria-label": "Facts found by place" },
      ...parts.map(([name, value]) => makeElement("li", {}, makeBar(value), name)),
    ),
  ];
}

/** @param {SampleMean | null} value */
function makeBar(value) {
  if (!value) return makeElement("span", { class: "score score--none" }, NONE);
  const percent = (value.mean * 100).toFixed(1);
  const range = `${(value.low * 100).toFixed(1)} to ${(value.high * 100).toFixed(1)}`;
  const bar = makeElement("span", { class: "score numbers", title: `95% interval ${range}` }, percent);
  bar.style.setProperty("--score", `${percent}%`);
  return bar;
}
