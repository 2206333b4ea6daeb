// The cells of a study as a table: settings, scores and tokens, with links to the jobs.

import { makeElement } from "../base/dom.js";
import { formatErrorRate, formatPoints } from "../base/format.js";
import { makeCommonPill } from "../monitor/state-pill.js";

/** @typedef {import("../base/api-types.js").StudyReport} StudyReport */
/** @typedef {import("../base/api-types.js").CellRow} CellRow */
/** @typedef {import("../base/api-types.js").PairedDifference} PairedDifference */

/** State of a cell -> the state that its jobs share. @type {Record<CellRow["state"], import("../monitor/job-state.js").State>} */
const JOB_STATES = { done: "succeeded", failed: "failed", running: "running", waiting: "queued" };
const MISREAD = "Misread";
const jobsPath = document.body.dataset.jobs ?? "/jobs";

/** @param {string} name */
export const studyAddress = (name) => `${jobsPath}/studies/${encodeURIComponent(name)}`;

/** @param {StudyReport} study */
export const isActive = (study) => study.num_ended < study.num_jobs;

/** @param {StudyReport} study */
export function describeProgress({ num_ended: ended, num_jobs: jobs, num_failed: failed }) {
  return `${ended} of ${jobs} jobs have ended${failed ? `, ${failed} of them failed` : ""}`;
}

/** @param {StudyReport} study */
export function makeCells(study) {
  const head = [
    ...axisNames(study),
    "State",
    "ROUGE-L",
    "To the best",
    "Lead-3",
    "Blank pages",
    "Tokens",
    "Text tokens",
    ...(hasReadings(study) ? [MISREAD] : []),
    "Trainings",
  ];
  const numbers = new Set([
    "ROUGE-L",
    "To the best",
    "Lead-3",
    "Blank pages",
    "Tokens",
    "Text tokens",
    MISREAD,
  ]);
  const columns = head.map((name) =>
    makeElement("th", { scope: "col", class: numbers.has(name) ? "numbers" : null }, name),
  );
  const rows = study.cells.map((cell) => makeRow(study, cell));
  const table = makeElement(
    "table",
    {},
    makeElement("thead", {}, makeElement("tr", {}, ...columns)),
    makeElement("tbody", {}, ...rows),
  );
  return makeElement(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Cells" },
    table,
  );
}

/** @param {StudyReport} study @param {CellRow} cell */
function makeRow(study, cell) {
  const settings = study.axes.map((path) => makeElement("td", {}, String(cell.settings[path])));
  const errors = cell.runs.map(({ error }) => error).filter(Boolean);
  const state = makeElement(
    "td",
    {},
    makeCommonPill(JOB_STATES[cell.state]),
    errors.length ? makeElement("div", { class: "small muted" }, errors[0]) : null,
  );
  const score = makeElement(
    "td",
    { class: "numbers" },
    makeElement(cell.is_on_front ? "strong" : "span", {}, number(cell.rouge_l)),
  );
  if (cell.runs.length > 1 && cell.lowest !== null)
    score.append(
      makeElement("div", { class: "small muted" }, `${number(cell.lowest)} to ${number(cell.highest)}`),
    );
  // Of several seeds each has a difference of its own; the API gives them.
  const [run] = cell.runs.length === 1 ? cell.runs : [];
  const others = [
    makeDifference(cell.to_best),
    makeElement("div", {}, number(cell.lead_3), makeLead(run?.to_lead_3)),
    makeElement("div", {}, number(cell.blank_pages), makeLead(run?.to_blank_pages)),
    number(cell.document_tokens),
    number(cell.text_tokens),
    ...(hasReadings(study) ? [formatMisread(cell.character_error_rate)] : []),
  ];
  const links = cell.runs.map(({ seed, job }) =>
    job
      ? makeElement("a", { href: `${jobsPath}/${job}` }, `seed ${seed}`)
      : makeElement("span", {}, `seed ${seed}`),
  );
  return makeElement(
    "tr",
    {},
    ...settings,
    state,
    score,
    ...others.map((value) => makeElement("td", { class: "numbers" }, value)),
    makeElement("td", {}, makeElement("div", { class: "row" }, ...links)),
  );
}

/** Whether the plan asked how the models read before their trainings. @param {StudyReport} study */
export const hasReadings = ({ cells }) => cells.some(({ character_error_rate: rate }) => rate !== null);

/** @param {number | null} rate */
const formatMisread = (rate) => (rate === null ? "–" : formatErrorRate(rate));

/** @param {number | null} value */
const number = (value) => (value === null ? "–" : value.toFixed(1));

/** @param {StudyReport} study */
export const axisNames = ({ axes }) =>
  axes.map((path) => (path.split(".").at(-1) ?? path).replaceAll("_", " "));

/** @param {PairedDifference | null} found */
function makeDifference(found) {
  if (!found || found.difference === null || found.low === null || found.high === null) return "–";
  const { difference, low, high, won, lost } = found;
  const shares =
    won === null || lost === null ? "" : `, won ${Math.round(won * 100)}%, lost ${Math.round(lost * 100)}%`;
  return makeElement(
    "div",
    {},
    formatPoints(difference),
    makeElement("div", { class: "small muted" }, `${formatPoints(low)} to ${formatPoints(high)}${shares}`),
  );
}

/** The training's own lead over a control. @param {PairedDifference | null | undefined} found */
function makeLead(found) {
  if (!found || found.difference === null || found.won === null) return null;
  const words = `lead ${formatPoints(found.difference)}, won ${Math.round(found.won * 100)}%`;
  return makeElement("div", { class: "small muted" }, words);
}
