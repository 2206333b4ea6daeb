// The scores of a model beside those of the baselines, with their confidence intervals.

import { make } from "./dom.js";
import { metric } from "./format.js";
import { inPercent } from "./series.js";

/**
 * @param {Record<string, any>[]} table the model's scores, then those of the baselines, as fractions
 * @param {Record<string, [number, number]>[]} [intervals] row by row as the table
 */
export function scoreTable(table, intervals = []) {
  const types = Object.keys(table[0]).filter((name) => name !== "name");
  const shown = (/** @type {string} */ type, /** @type {number} */ fraction) => metric(type, inPercent(type, fraction));
  const cell = (/** @type {Record<string, any>} */ line, /** @type {number} */ row, /** @type {string} */ type) => {
    const interval = intervals[row]?.[type];
    const range = interval ? make("div", { class: "muted" }, interval.map((end) => shown(type, end)).join(" to ")) : null;
    return make("td", { class: "numbers" }, shown(type, line[type]), range);
  };
  const head = make("tr", {}, make("th", { scope: "col" }, "On held-out samples"), ...types.map((type) => make("th", { scope: "col" }, type.replace("rouge", "ROUGE-"))));
  const lines = table.map((line, row) => make("tr", {}, make("th", { scope: "row" }, String(line.name)), ...types.map((type) => cell(line, row, type))));
  return make("div", { class: "stack-s" },
    make("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Scores" }, make("table", { class: "scores" }, make("thead", {}, head), make("tbody", {}, ...lines))),
    intervals.length ? make("p", { class: "muted small" }, "ROUGE F-measure from 0 to 100; in grey its 95% confidence interval, resampled over the samples.") : null);
}
