// Compares up to four trainings: common charts with one colour each, and a table of settings and results.

import { ApiError, get } from "../base/api.js";
import { findElement, makeElement, makeTable } from "../base/dom.js";
import { formatDuration, formatMetric, humanizeName } from "../base/format.js";
import { poll } from "../base/poll.js";
import { redraw } from "../base/redraw.js";
import { isEqual, valueToText } from "../base/values.js";
import { METRICS, TrainingCharts } from "../charts/training-charts.js";
import { JobEventReader } from "./job-events.js";
import { ACTIVE_STATES } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {{job: Job, events: JobEventReader, label: string}} ComparedTraining */

/** Metrics of validation samples. */
const VALIDATION_METRICS = Object.entries(METRICS).filter(([, { name }]) => name);
/** @type {{stop: () => void} | null} */
let activePoll = null;
/** @type {TrainingCharts | null} */
let charts = null;
/** @type {Map<string, JobEventReader>} by job id; each reads only new events */
const eventReaders = new Map();

/** @param {string} id @returns {Promise<ComparedTraining | null>} null: the job was deleted */
async function load(id) {
  const events = eventReaders.get(id) ?? new JobEventReader(id);
  eventReaders.set(id, events);
  try {
    const [job] = await Promise.all([get(`/jobs/${id}`), events.read()]);
    return { job, events, label: job.config.output ?? id };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** @param {Job} job @param {string} metric name of a score with its split */
const scoreText = ({ verdict }, metric) =>
  verdict?.metric === metric && verdict.bars.length ? (verdict.bars[0].score * 100).toFixed(1) : "–";

/** @param {ComparedTraining[]} runs */
function makeComparisonRows(runs) {
  const names = [...new Set(runs.flatMap(({ job }) => Object.keys(job.config)))];
  const differing = names.filter((name) =>
    runs.some(({ job }) => !isEqual(job.config[name], runs[0].job.config[name])),
  );
  const validated = VALIDATION_METRICS.filter(([key]) =>
    runs.some(({ events }) => events.series.latest(key) !== null),
  );
  const scores = [...new Set(runs.flatMap(({ job }) => job.verdict?.metric ?? []))];
  return [
    ...differing.map((name) => [
      humanizeName(name),
      ...runs.map(({ job }) => valueToText(job.config[name]) || "–"),
    ]),
    ...validated.map(([key, { name }]) => [
      humanizeName(name),
      ...runs.map(({ events }) => formatMetric(key, events.series.latest(key))),
    ]),
    ...scores.map((metric) => [humanizeName(metric), ...runs.map(({ job }) => scoreText(job, metric))]),
    ["Running time", ...runs.map(({ job }) => formatDuration(job.run_s))],
  ];
}

/** @param {ComparedTraining[]} runs @param {number} numDeleted */
function draw(runs, numDeleted) {
  const links = runs.map(({ job, label }, index) => ({
    label,
    href: `${document.body.dataset.jobs}/${job.id}`,
    index,
  }));
  redraw(findElement("#compare-legend"), [links, numDeleted], () => [
    ...links.map(({ label, href, index }) =>
      makeElement("a", { class: `swatch swatch--${index + 1}`, href }, label),
    ),
    ...(numDeleted
      ? [
          makeElement(
            "span",
            { class: "muted small" },
            `${numDeleted} of the trainings ${numDeleted === 1 ? "was" : "were"} deleted.`,
          ),
        ]
      : []),
  ]);
  const rows = runs.length ? makeComparisonRows(runs) : [];
  redraw(findElement("#compare-settings"), rows, () =>
    rows.length
      ? [
          makeTable(
            "Settings and results",
            ["Setting or result", ...links.map(({ label }) => label)],
            rows,
            "",
          ),
        ]
      : [],
  );
}

/** @param {string[]} ids job ids; none closes the comparison */
export function showComparison(ids) {
  activePoll?.stop();
  findElement("#compare").hidden = ids.length < 2;
  if (ids.length < 2) return;
  activePoll = poll(
    async () => {
      const found = (await Promise.all(ids.map(load))).filter((run) => run !== null);
      const runs = found.map((run) =>
        found.some((other) => other !== run && other.label === run.label)
          ? { ...run, label: run.job.id }
          : run,
      );
      charts ??= new TrainingCharts(findElement("#compare-charts"));
      charts.showSeveral(runs.map(({ label, events }) => ({ label, series: events.series })));
      draw(runs, ids.length - runs.length);
      return runs.some(({ job }) => ACTIVE_STATES.has(job.state));
    },
    { fastMs: 3000 },
  );
}
