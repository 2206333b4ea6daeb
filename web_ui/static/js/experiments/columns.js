// The columns of the table of experiments: the value that each sorts by, and what its cells show.

import { makeElement } from "../base/dom.js";
import { formatAge, formatCount, formatDuration, formatNumber } from "../base/format.js";
import { makeSparkline } from "../charts/sparkline.js";
import { stateLabel } from "../monitor/job-state.js";
import { makeStatePill } from "../monitor/state-pill.js";
import { nameOf } from "./experiment-names.js";

/** @typedef {import("../base/api-types.js").Experiment} Experiment */

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} title
 * @property {string} [note] what its values are
 * @property {boolean} [isUsual] whether it is shown until its user chooses columns
 * @property {boolean} [isNumber]
 * @property {(experiment: Experiment) => string | number | null} value to sort by
 * @property {(experiment: Experiment) => string | Node} cell
 */

const NONE = "–";

/** @param {string} id @param {string} title @param {(experiment: Experiment) => string | null} value @param {boolean} [isUsual] @returns {Column} */
const textColumn = (id, title, value, isUsual = false) => ({
  id,
  title,
  isUsual,
  value,
  cell: (experiment) => value(experiment) ?? NONE,
});

/**
 * @param {string} id
 * @param {string} title
 * @param {(experiment: Experiment) => number | null} value
 * @param {{isUsual?: boolean, note?: string, format?: (value: number) => string}} [options]
 * @returns {Column}
 */
const numberColumn = (id, title, value, { isUsual = false, note, format = formatNumber } = {}) => ({
  id,
  title,
  note,
  isUsual,
  isNumber: true,
  value,
  cell: (experiment) => {
    const number = value(experiment);
    return number === null ? NONE : format(number);
  },
});

/** @param {number} fraction */
const percent = (fraction) => (fraction * 100).toFixed(1);

/** A column of the scores on one split. @param {string} split @param {boolean} isUsual @returns {Column} */
const scoreColumn = (split, isUsual) => ({
  id: `${split}_rouge_l`,
  title: `${split.charAt(0).toUpperCase()}${split.slice(1)} ROUGE-L`,
  note: `Mean ROUGE-L of ${split} samples, 0 to 100, with its 95% interval`,
  isUsual,
  isNumber: true,
  value: ({ score }) => (score?.split === split ? score.rouge_l : null),
  cell: ({ score }) => {
    if (score?.split !== split) return NONE;
    const { low, high } = score;
    const range = low === null || high === null ? "" : `${percent(low)} to ${percent(high)}`;
    return makeElement(
      "div",
      {},
      makeElement("strong", {}, percent(score.rouge_l)),
      range ? makeElement("div", { class: "muted" }, range) : null,
    );
  },
});

/** @param {Experiment} experiment */
function makeLossCell(experiment) {
  const { loss_steps: steps, loss_values: values, train_loss: loss } = experiment;
  if (!values.length) return formatNumber(loss);
  const last = formatNumber(loss ?? values[values.length - 1]);
  const label = `Train loss of ${nameOf(experiment)}: ${formatNumber(values[0])} at step ${formatCount(steps[0])}, ${last} at step ${formatCount(steps[steps.length - 1])}`;
  return makeElement("div", { class: "loss-cell" }, makeSparkline(steps, values, label), last);
}

/** Every column besides the name, in their order. @type {Column[]} */
export const COLUMNS = [
  { id: "state", title: "State", isUsual: true, value: stateLabel, cell: makeStatePill },
  textColumn("dataset", "Dataset", ({ dataset }) => dataset, true),
  textColumn("split", "Scored split", ({ split, score }) => score?.split ?? split),
  textColumn("model", "Model", ({ model }) => model, true),
  textColumn("preset", "Preset", ({ preset }) => preset, true),
  numberColumn("learning_rate", "Learning rate", (one) => one.learning_rate, { isUsual: true }),
  numberColumn("num_train_epochs", "Epochs", (one) => one.num_train_epochs),
  numberColumn("batch_size", "Batch size", (one) => one.batch_size, {
    note: "Samples per optimizer step of one process",
    format: formatCount,
  }),
  numberColumn("seed", "Seed", ({ seed }) => seed, { format: String }),
  numberColumn("step", "Steps", ({ step }) => step, { isUsual: true, format: formatCount }),
  {
    id: "loss",
    title: "Train loss",
    isUsual: true,
    isNumber: true,
    value: ({ train_loss: loss, loss_values: values }) => loss ?? values.at(-1) ?? null,
    cell: makeLossCell,
  },
  numberColumn("eval_loss", "Validation loss", (one) => one.eval_loss),
  numberColumn("measured_rouge_l", "ROUGE-L in training", (one) => one.validation_rouge_l, {
    note: "ROUGE-L of a part of the validation samples, measured while training",
    format: percent,
  }),
  scoreColumn("test", true),
  scoreColumn("validation", false),
  scoreColumn("train", false),
  numberColumn("lead_3", "lead-3", ({ score }) => score?.lead_3 ?? null, {
    isUsual: true,
    note: "ROUGE-L of the first three sentences of each document, on the samples of the score",
    format: percent,
  }),
  numberColumn("run_s", "Time", (one) => one.run_s || null, { isUsual: true, format: formatDuration }),
  numberColumn("gpu_memory_gb", "GPU memory (GB)", (one) => one.gpu_memory_gb, { isUsual: true }),
  {
    id: "created",
    title: "Created",
    value: ({ created }) => created,
    cell: ({ created }) => formatAge(created),
    isUsual: true,
  },
  textColumn("note", "Note", ({ annotations }) => annotations.note || null),
];

/** The column of the names, which is always shown. @type {Column} */
export const NAME_COLUMN = { id: "name", title: "Name", value: nameOf, cell: nameOf };

/** @param {string} id */
export const findColumn = (id) => [NAME_COLUMN, ...COLUMNS].find((column) => column.id === id);

/** The columns to show. @param {string[] | null} ids null: the usual ones */
export const shownColumns = (ids) => COLUMNS.filter(({ id, isUsual }) => (ids ? ids.includes(id) : isUsual));
