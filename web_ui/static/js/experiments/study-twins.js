// Pages against text in a study: a row for each cell that reads pages and each twin that reads text.

import { makeElement, makeTable } from "../base/dom.js";
import { formatPoints } from "../base/format.js";

/** @typedef {import("../base/api-types.js").StudyReport} StudyReport */
/** @typedef {import("../base/api-types.js").TwinDifference} TwinDifference */

const READERS = { pages: "pages", text: "cut text", whole_text: "whole text" };
const RELATIONS = {
  above: "pages are better",
  below: "text is better",
  not_shown: "no difference is shown",
  too_few: "too few documents",
};
const NOTE =
  "Both sides are the same base model, trained on the same documents in the same order; they differ in what the model reads. Cut text has as many tokens as the pages. Scores of a document are means over the seeds, the interval is a paired bootstrap over the documents.";
const COLUMNS = [
  "Cell",
  "Pages against",
  "Difference",
  "95% interval",
  "Won / lost",
  "Documents",
  "Seeds",
  "",
];

/** @param {StudyReport} study @returns {HTMLElement | null} null: the study has no twins with scores */
export function makeTwins(study) {
  if (!study.twins.length) return null;
  return makeElement(
    "section",
    { class: "card stack-s study-table" },
    makeElement("h2", {}, "Pages against text"),
    makeTable("Pages against text", COLUMNS, study.twins.map(makeRow)),
    makeElement("p", { class: "muted small" }, NOTE),
  );
}

/** @param {TwinDifference} twins @returns {string[]} */
function makeRow({ settings, reads, rouge_l: found, num_seeds: seeds }) {
  const values = Object.entries(settings).map(([path, value]) => `${path.split(".").at(-1)} ${value}`);
  const { low, high } = found;
  return [
    values.join(", ").replaceAll("_", " ") || "the base",
    READERS[reads],
    found.difference === null ? "–" : formatPoints(found.difference),
    low === null || high === null ? "–" : `${formatPoints(low)} to ${formatPoints(high)}`,
    `${share(found.won)} / ${share(found.lost)}`,
    found.num_samples.toLocaleString("en"),
    String(seeds),
    RELATIONS[found.relation],
  ];
}

/** @param {number | null} value 0 to 1 */
const share = (value) => (value === null ? "–" : `${Math.round(100 * value)}%`);
