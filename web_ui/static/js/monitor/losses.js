// What a finished dataset lost of its source: rows and shares, by reason.

import { API } from "../base/api.js";
import { makeElement, makeTable } from "../base/dom.js";
import { formatCount } from "../base/format.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").Loss} Loss */

/** @type {Record<Loss["kind"], string>} */
const LABELS = {
  rejected: "Rejected",
  merged: "Merged as duplicates",
  cut: "Cut",
  missing_glyphs: "Missing glyphs",
};
const MIN_SHOWN_SHARE = 0.001;

/** @param {number} share from 0 to 1 */
const formatShare = (share) =>
  share > 0 && share < MIN_SHOWN_SHARE ? "below 0.1%" : `${Number((share * 100).toFixed(1))}%`;

/** @param {Loss} loss @returns {(string | Node)[][]} its row, and one row for each of its reasons */
function makeRows({ kind, num_rows: numRows, num_of: numOf, share, reasons }) {
  const ofReasons = Object.entries(reasons).map(([reason, number]) => [
    makeElement("span", { class: "loss-reason muted" }, reason),
    formatCount(number),
    formatShare(number / numOf),
  ]);
  return [
    [LABELS[kind], `${formatCount(numRows)} of ${formatCount(numOf)}`, formatShare(share)],
    ...ofReasons,
  ];
}

/** @param {Job} job @param {Loss[]} losses */
export function makeLosses(job, losses) {
  const list = makeElement(
    "a",
    { href: `${API}/jobs/${job.id}/artifacts/rejected.jsonl`, download: true },
    "Rejected rows with their reasons",
  );
  return makeElement(
    "section",
    { class: "stack-s", "aria-label": "Losses" },
    makeElement("h2", {}, "Losses"),
    makeTable("Losses", ["Kind", "Rows", "Share"], losses.flatMap(makeRows)),
    losses.some(({ kind, num_rows: number }) => kind === "rejected" && number) ? list : null,
  );
}
