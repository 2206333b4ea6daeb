// The scores of a model beside those of the baselines, with their confidence intervals.

import { makeElement, makeTable } from "../base/dom.js";
import { formatMetric, formatPoints, humanizeName } from "../base/format.js";
import { toPercentScale } from "../charts/series.js";

/** @typedef {import("../base/api-types.js").PairedDifference} PairedDifference */

/**
 * @param {string} split of the scored samples; empty: not known
 * @param {Record<string, any>[]} scores the model's scores, then those of the baselines, as fractions
 * @param {Record<string, [number, number]>[]} [intervals] one entry per row of the table
 * @param {Record<string, PairedDifference>} [differences] baseline -> the model's ROUGE-L minus that of the baseline
 */
export function makeScoreTable(split, scores, intervals = [], differences = {}) {
  const hasDifferences = Object.keys(differences).length > 0;
  const types = Object.keys(scores[0]).filter((name) => name !== "name");
  const shown = (/** @type {string} */ type, /** @type {number} */ fraction) =>
    formatMetric(type, toPercentScale(type, fraction));
  const cell = (
    /** @type {Record<string, any>} */ line,
    /** @type {number} */ row,
    /** @type {string} */ type,
  ) => {
    const interval = intervals[row]?.[type];
    const range = interval
      ? makeElement("div", { class: "muted" }, interval.map((end) => shown(type, end)).join(" to "))
      : null;
    return makeElement("div", {}, shown(type, line[type]), range);
  };
  const head = [
    split ? `${humanizeName(split)} scores` : "Scores",
    ...types.map((type) => type.replace("rouge", "ROUGE-")),
    ...(hasDifferences ? ["The model's lead"] : []),
  ];
  const rows = scores.map((line, row) => [
    String(line.name),
    ...types.map((type) => cell(line, row, type)),
    ...(hasDifferences ? [makeLead(differences[line.name])] : []),
  ]);
  const hasLead = scores.some(({ name }) => String(name).startsWith("lead-"));
  return makeElement(
    "div",
    { class: "stack-s" },
    makeTable("Scores", head, rows),
    intervals.length
      ? makeElement(
          "p",
          { class: "muted small" },
          `ROUGE F-measure from 0 to 100; in grey its 95% confidence interval, resampled over the samples.${hasDifferences ? " The model's lead is the mean difference in ROUGE-L, by paired bootstrap, with the share of the samples on which the model scores higher or lower." : ""}`,
        )
      : null,
    hasLead
      ? makeElement(
          "p",
          { class: "muted small" },
          "lead-1 and lead-3: the first sentences of each document as its summary. A model should score higher.",
        )
      : null,
  );
}

/** @param {PairedDifference | undefined} found */
function makeLead(found) {
  if (!found || found.difference === null || found.low === null || found.high === null) return "";
  const { difference, low, high, won, lost } = found;
  const shares =
    won === null || lost === null
      ? ""
      : `higher on ${Math.round(won * 100)}%, lower on ${Math.round(lost * 100)}%`;
  return makeElement(
    "div",
    {},
    formatPoints(difference),
    makeElement("div", { class: "muted" }, `${formatPoints(low)} to ${formatPoints(high)}`),
    shares ? makeElement("div", { class: "muted" }, shares) : null,
  );
}
