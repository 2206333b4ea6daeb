// The tables of a comparison: scores with the best ones marked, settings that differ, and other results.

import { makeElement, makeTable } from "../base/dom.js";
import { formatCount, formatDuration, formatNumber, humanizeName } from "../base/format.js";
import { valueToText } from "../base/values.js";
import { addressOf, describeJob } from "./experiment-names.js";

/** @typedef {import("../base/api-types.js").Comparison} Comparison */
/** @typedef {import("../base/api-types.js").ComparedJob} ComparedJob */
/** @typedef {import("../base/api-types.js").Experiment} Experiment */

const NONE = "–";
/** @param {number | null} fraction */
const percent = (fraction) => (fraction === null ? NONE : (fraction * 100).toFixed(1));

/** Make a name with the colour of its curves. @param {string} name @param {number} index @param {Experiment} [experiment] whose page it opens */
export const makeSwatch = (name, index, experiment) =>
  makeElement(
    experiment ? "a" : "span",
    {
      class: `swatch swatch--${index + 1}`,
      href: experiment ? addressOf(experiment) : null,
      title: experiment ? describeJob(experiment) : null,
      dir: "auto",
    },
    name,
  );

/** @param {Comparison} comparison @param {string[]} names */
export function makeScores({ jobs, baseline }, names) {
  const kinds = [...new Set(jobs.flatMap(({ scores }) => Object.keys(scores)))];
  if (!kinds.length) return [makeElement("p", { class: "muted" }, "None of these jobs has scores yet.")];
  const head = ["Job", "Scored on", ...kinds.map((kind) => kind.replace("rouge", "ROUGE-")), "lead-3"];
  const rows = jobs.map((job, index) => [
    makeElement(
      "div",
      {},
      makeSwatch(names[index], index),
      job.experiment.id === baseline ? makeElement("span", { class: "badge" }, "baseline") : null,
      job.note ? makeElement("p", { class: "muted small compared__note" }, job.note) : null,
    ),
    describeSamples(job.experiment),
    ...kinds.map((kind) => makeScore(job, kind)),
    percent(job.experiment.score?.lead_3 ?? null),
  ]);
  return [makeTable("Table of scores", head, rows)];
}

/** @param {Experiment} experiment */
function describeSamples({ score, dataset, blank_pages: isControl }) {
  if (!score) return "not scored";
  const samples = score.num_samples === null ? "" : `${formatCount(score.num_samples)} samples`;
  return makeElement(
    "div",
    {},
    `${score.split ?? "unknown split"} of ${dataset}`,
    makeElement("div", { class: "muted" }, isControl ? `${samples}, blank pages` : samples),
  );
}

/** @param {ComparedJob} job @param {string} kind */
function makeScore({ scores, best }, kind) {
  const score = scores[kind];
  if (!score) return NONE;
  return makeElement(
    "div",
    {},
    best.includes(kind) ? makeElement("span", { class: "badge badge--ok" }, "best") : null,
    makeElement(best.includes(kind) ? "strong" : "span", {}, ` ${percent(score.fmeasure)}`),
    makeElement("div", { class: "muted" }, `${percent(score.low)} to ${percent(score.high)}`),
  );
}

/** @param {Comparison} comparison @param {string[]} names */
export const makeSettings = ({ settings }, names) => [
  settings.length
    ? makeTable(
        "Table of settings",
        ["Setting", ...names.map((name, index) => makeSwatch(name, index))],
        settings.map(({ path, values }) => [
          humanizeName(path.replaceAll(".", ": ")),
          ...values.map((value) => valueToText(value) || NONE),
        ]),
        "",
      )
    : makeElement("p", { class: "muted" }, "These jobs have the same settings."),
];

/** @type {[string, (experiment: Experiment) => string][]} */
const RESULTS = [
  ["Steps", ({ step }) => formatCount(step)],
  ["Train loss", ({ train_loss: loss }) => formatNumber(loss)],
  ["Validation loss", ({ eval_loss: loss }) => formatNumber(loss)],
  ["Validation ROUGE-L in training", ({ validation_rouge_l: score }) => percent(score)],
  ["Running time", ({ run_s: time }) => formatDuration(time)],
  ["GPU memory (GB)", ({ gpu_memory_gb: memory }) => formatNumber(memory)],
];

/** @param {Comparison} comparison @param {string[]} names */
export function makeOtherResults({ jobs }, names) {
  const rows = RESULTS.map(([title, format]) => [title, ...jobs.map(({ experiment }) => format(experiment))]);
  const known = rows.filter(([, ...cells]) => cells.some((cell) => cell !== NONE));
  return [
    makeTable(
      "Table of other results",
      ["Result", ...names.map((name, index) => makeSwatch(name, index))],
      known,
    ),
  ];
}
