// The scores of a model beside those of the baselines, with their confidence intervals.

import { makeElement, makeTable } from "../base/dom.js";
import { formatMetric, humanizeName } from "../base/format.js";
import { toPercentScale } from "../charts/series.js";

/**
 * @param {string} split of the scored samples; empty: not known
 * @param {Record<string, any>[]} scores the model's scores, then those of the baselines, as fractions
 * @param {Record<string, [number, number]>[]} [intervals] one entry per row of the table
 */
export function makeScoreTable(split, scores, intervals = []) {
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
  ];
  const rows = scores.map((line, row) => [String(line.name), ...types.map((type) => cell(line, row, type))]);
  const hasLead = scores.some(({ name }) => String(name).startsWith("lead-"));
  return makeElement(
    "div",
    { class: "stack-s" },
    makeTable("Scores", head, rows),
    intervals.length
      ? makeElement(
          "p",
          { class: "muted small" },
          "ROUGE F-measure from 0 to 100; in grey its 95% confidence interval, resampled over the samples.",
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
