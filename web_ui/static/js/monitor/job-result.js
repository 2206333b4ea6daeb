// The result of a job that has succeeded: its numbers and scores, and the next step.

import { makeElement, makeFigure } from "../base/dom.js";
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatNumber,
  humanizeName,
} from "../base/format.js";
import { makeReportSection } from "./dataset-report.js";
import { makeLosses } from "./losses.js";
import { makeMeasures } from "./measure-table.js";
import { makeReading } from "./reading.js";
import { makeScoreTable } from "./score-table.js";

/** @typedef {import("./job-state.js").Job} Job */

/** Labels of counts whose names are not clear enough. @type {Record<string, string>} */
const COUNT_LABELS = { num_looping: "Looping", num_cut: "Cut off" };

/** @param {string} name @param {unknown} value */
function formatResultValue(name, value) {
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_bytes")) return formatBytes(value);
  if (name.endsWith("_s")) return formatDuration(value);
  return Number.isInteger(value)
    ? value >= 1e6
      ? formatCompact(value)
      : formatCount(value)
    : formatNumber(value);
}

/** @param {Job} job @param {Record<string, any>} result @returns {Node[]} */
export function makeResult(job, result) {
  if (job.kind === "reading_check") return [...makeReading(job, result), makeNextStep(job)];
  const plain = Object.entries(result).filter(
    ([name, value]) =>
      value !== null && typeof value !== "object" && !["path", "folder", "rejected_path"].includes(name),
  );
  const facts = plain
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]) =>
      makeFigure(
        COUNT_LABELS[name] ?? humanizeName(name.replace(/^num_|_bytes$|_s$/g, "")),
        formatResultValue(name, value),
      ),
    );
  const split = result.split ?? job.config.split ?? "";
  return [
    makeElement("dl", { class: "figures" }, ...facts),
    ...(result.table
      ? [makeScoreTable(split, nameRows(job, result.table), result.intervals, result.differences)]
      : []),
    ...(result.measures ? [makeMeasures(String(result.table[0].name), result.measures)] : []),
    ...(result.losses ? [makeLosses(job, result.losses)] : []),
    makeNextStep(job),
    ...(job.kind === "dataset" ? [makeReportSection(job.config.name, baseModelFor(job))] : []),
  ];
}

/** The base model that reads the pages of a dataset. @param {Job} job */
const baseModelFor = ({ config }) =>
  config.rendering?.mode === "micro" ? "tiny" : "deepseek-ai/DeepSeek-OCR";

/** Say in the first row of a control that its pages were blank. @param {Job} job @param {any[]} table */
const nameRows = ({ config }, [own, ...others]) =>
  config.blank_pages ? [{ ...own, name: `${own.name}, blank pages` }, ...others] : [own, ...others];

/** @param {Job} job that has succeeded */
function makeNextStep({ kind, config, result }) {
  const root = (document.body.dataset.jobs ?? "/jobs").replace(/jobs$/, "");
  const train = (/** @type {Record<string, string>} */ query, /** @type {string} */ text) =>
    makeElement(
      "p",
      {},
      makeElement(
        "a",
        { class: "button button--primary", href: `${root}train?${new URLSearchParams(query)}` },
        text,
      ),
    );
  if (kind === "dataset") return train({ dataset: config.name }, "Train a model on it");
  const rate = result?.suggestion;
  if (kind === "find_lr" && rate)
    return train(
      { dataset: config.dataset, model: config.model, learning_rate: String(rate) },
      `Train with ${formatNumber(rate)}`,
    );
  const written = result?.folder ?? result?.path ?? "";
  return makeElement(
    "div",
    { class: "row" },
    makeElement(
      "span",
      { class: "muted small" },
      written ? "Written to " : "",
      makeElement("code", {}, written),
    ),
  );
}
