// The cells of a study as a table: settings, scores and tokens, with links to the jobs.

import { makeElement } from "../base/dom.js";
import { makeCommonPill } from "../monitor/state-pill.js";

/** @typedef {import("../base/api-types.js").StudyReport} StudyReport */
/** @typedef {import("../base/api-types.js").CellRow} CellRow */

/** State of a cell -> the state that its jobs share. @type {Record<CellRow["state"], import("../monitor/job-state.js").State>} */
const JOB_STATES = { done: "succeeded", failed: "failed", running: "running", waiting: "queued" };
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
  const names = study.axes.map((path) => (path.split(".").at(-1) ?? path).replaceAll("_", " "));
  const head = [
    ...names,
    "State",
    "ROUGE-L",
    "Lead-3",
    "Blank pages",
    "Vision tokens",
    "Text tokens",
    "Trainings",
  ];
  const numbers = new Set(["ROUGE-L", "Lead-3", "Blank pages", "Vision tokens", "Text tokens"]);
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
  const others = [cell.lead_3, cell.blank_pages, cell.vision_tokens, cell.text_tokens];
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
    ...others.map((value) => makeElement("td", { class: "numbers" }, number(value))),
    makeElement("td", {}, makeElement("div", { class: "row" }, ...links)),
  );
}

/** @param {number | null} value */
const number = (value) => (value === null ? "–" : value.toFixed(1));
