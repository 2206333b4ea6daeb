// The page that compares two to eight trainings and evaluations. The address names them, the baseline, and what
// is listed of their samples.

import { ApiError, get } from "./base/api.js";
import { findElement, makeElement } from "./base/dom.js";
import { latest } from "./base/latest.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { TrainingCharts } from "./charts/training-charts.js";
import { makeDifferences } from "./experiments/compared-differences.js";
import { makeOtherResults, makeScores, makeSettings, makeSwatch } from "./experiments/compared-jobs.js";
import { ComparedSamples } from "./experiments/compared-samples.js";
import { jobsNotNamed, readComparison, writeComparison } from "./experiments/comparison-query.js";
import { distinctNames } from "./experiments/experiment-names.js";
import { JobEventReader } from "./monitor/job-events.js";
import { ACTIVE_STATES } from "./monitor/job-state.js";

/** @typedef {import("./base/api-types.js").Comparison} Comparison */
/** @typedef {import("./experiments/comparison-query.js").ComparisonQuery} ComparisonQuery */

let query = readComparison(new URLSearchParams(location.search));
/** @type {Comparison | null} */
let shown = null;
/** @type {string[]} */
let names = [];
const charts = new TrainingCharts(findElement("#compare-charts"));
/** @type {Map<string, JobEventReader>} by job id; each reads only new events */
const readers = new Map();
const samples = new ComparedSamples(findElement("#compare-samples"), query, (changes) => {
  change(changes);
  if (shown) void samples.show(query, shown, names);
});
const baselineChoice = /** @type {HTMLSelectElement} */ (findElement("#compare-baseline"));

const differences = latest(
  (signal) => get(`/comparisons/differences?${writeComparison(query, "jobs")}`, signal),
  (/** @type {import("./base/api-types.js").DifferenceList} */ list) =>
    redraw(findElement("#compare-differences"), [list, names], () =>
      makeDifferences(list, query.jobs, names),
    ),
  ({ message, hint }) =>
    redraw(findElement("#compare-differences"), message, () => [
      makeElement("p", { class: "muted" }, `${message} ${hint}`),
    ]),
);

/** @param {Partial<ComparisonQuery>} changes */
function change(changes) {
  query = { ...query, ...changes };
  history.replaceState(null, "", `?${writeComparison(query, "samples")}`);
}

/** @returns {Promise<boolean>} whether one of the jobs is active */
async function refresh() {
  try {
    const address = writeComparison(query, "jobs");
    const [comparison] = await Promise.all([
      get(`/comparisons?${address}`),
      ...query.jobs.map((id) => readerOf(id).read()),
    ]);
    draw(comparison);
    return comparison.jobs.some((/** @type {any} */ { experiment }) => ACTIVE_STATES.has(experiment.state));
  } catch (error) {
    if (!(error instanceof ApiError) || ![404, 422].includes(error.status)) throw error;
    explain(error);
    return false;
  }
}

/** @param {string} id */
function readerOf(id) {
  const reader = readers.get(id) ?? new JobEventReader(id);
  readers.set(id, reader);
  return reader;
}

/** @param {Comparison} comparison */
function draw(comparison) {
  const isFirst = shown === null;
  const scoredBefore = JSON.stringify(shown?.jobs.map(({ scores }) => scores));
  shown = comparison;
  const { jobs, baseline } = comparison;
  names = distinctNames(jobs.map(({ experiment }) => experiment));
  findElement("#compare-title").textContent = `Comparison of ${jobs.length}`;
  redraw(findElement("#compare-legend"), [names, query.jobs], () =>
    jobs.map(({ experiment }, index) => makeSwatch(names[index], index, experiment)),
  );
  redraw(baselineChoice, [names, baseline], () =>
    jobs.map(({ experiment: { id } }, index) =>
      makeElement("option", { value: id, selected: id === baseline }, names[index]),
    ),
  );
  redraw(findElement("#compare-scores"), [comparison, names], () => makeScores(comparison, names));
  redraw(findElement("#compare-settings"), [comparison.settings, names], () =>
    makeSettings(comparison, names),
  );
  redraw(findElement("#compare-results"), [comparison, names], () => makeOtherResults(comparison, names));
  for (const part of ["#compare-body", "#compare-tools"]) findElement(part).hidden = false;
  findElement("#compare-trouble").hidden = true;
  charts.showSeveral(names.map((label, index) => ({ label, series: readerOf(query.jobs[index]).series })));
  const hasCurves = query.jobs.some((id) => readerOf(id).series.steps.length > 0);
  findElement("#compare-curves").hidden = !hasCurves;
  if (!isFirst && scoredBefore === JSON.stringify(jobs.map(({ scores }) => scores))) return;
  void differences.ask();
  void samples.show(query, comparison, names);
}

/** @param {ApiError} error */
function explain({ message, hint }) {
  const left = jobsNotNamed(query.jobs, message);
  const canGoOn = left.length >= 2 && left.length < query.jobs.length;
  findElement("#compare-trouble").hidden = false;
  for (const part of ["#compare-body", "#compare-tools"]) findElement(part).hidden = true;
  redraw(findElement("#compare-trouble"), [message, left], () => [
    makeElement("p", {}, makeElement("strong", {}, message)),
    makeElement("p", {}, query.jobs.length ? hint : "Choose trainings and evaluations in the table first."),
    makeElement(
      "div",
      { class: "row" },
      canGoOn
        ? makeElement(
            "a",
            {
              class: "button button--primary",
              href: `?${writeComparison({ ...query, jobs: left, baseline: "" }, "jobs")}`,
            },
            `Compare the other ${left.length}`,
          )
        : null,
      makeElement("a", { class: "button", href: `${document.body.dataset.jobs}/experiments` }, "Experiments"),
    ),
  ]);
}

baselineChoice.addEventListener("change", () => {
  change({ baseline: baselineChoice.value, offset: 0 });
  shown = null;
  poller.now();
});
const poller = poll(refresh, { fastMs: 3000, slowMs: 30000 });
