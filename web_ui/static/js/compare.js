// Up to four trainings in the same charts, one colour each, and a table of the settings and results that differ.

import { get } from "./api.js";
import { make, one } from "./dom.js";
import { metric, words } from "./format.js";
import { poll } from "./poll.js";
import { ACTIVE } from "./jobs-api.js";
import { same, shown } from "./values.js";
import { Series, inPercent } from "./series.js";
import { TrainingCharts } from "./training-charts.js";

/** @typedef {import("./jobs-api.js").Job} Job */

const RESULTS = ["eval_loss", "best_eval_loss", "rouge1", "rouge2", "rougeL", "rougeLsum", "total_time_s"];
/** @type {{stop: () => void} | null} */
let following = null;
/** @type {TrainingCharts | null} */
let charts = null;

/** @param {string} id */
async function load(id) {
  const [job, metrics] = await Promise.all([get(`/jobs/${id}`), get(`/metrics/${id}`)]);
  const series = new Series();
  for (const values of metrics.history) if (typeof values.step === "number") series.add(values.step, values);
  return { job: /** @type {Job} */ (job), latest: metrics.latest, series, label: job.config.output ?? job.id };
}

/** @param {{job: Job, latest: Record<string, number>, label: string}[]} runs */
function drawTable(runs) {
  const names = [...new Set(runs.flatMap(({ job }) => Object.keys(job.config)))];
  const differing = names.filter((name) => runs.some(({ job }) => !same(job.config[name], runs[0].job.config[name])));
  const line = (/** @type {string} */ name, /** @type {string[]} */ cells, look = "") => make("tr", {}, make("th", { scope: "row" }, words(name)), ...cells.map((cell) => make("td", { class: look }, cell)));
  const settings = differing.map((name) => line(name, runs.map(({ job }) => shown(job.config[name]) || "–")));
  const results = RESULTS.filter((name) => runs.some(({ latest }) => typeof latest[name] === "number")).map((name) => line(name, runs.map(({ latest }) => metric(name, typeof latest[name] === "number" ? inPercent(name, latest[name]) : null)), "numbers"));
  const head = make("tr", {}, make("th", { scope: "col" }, "Setting"), ...runs.map(({ label }) => make("th", { scope: "col" }, label)));
  return make("div", { class: "table-scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...settings, ...results)));
}

/** @param {string[]} ids job ids; none closes the comparison */
export function showComparison(ids) {
  following?.stop();
  one("#compare").hidden = ids.length < 2;
  if (ids.length < 2) return;
  following = poll(async () => {
    const runs = await Promise.all(ids.map(load));
    charts ??= new TrainingCharts(one("#compare-charts"));
    const labels = runs.map((run) => (runs.filter((other) => other.label === run.label).length > 1 ? run.job.id : run.label));
    const named = runs.map((run, index) => ({ ...run, label: labels[index] }));
    charts.showSeveral(named);
    one("#compare-legend").replaceChildren(...named.map(({ label, job }, index) => make("a", { class: `swatch swatch--${index + 1}`, href: `${document.body.dataset.jobs}/${job.id}` }, label)));
    one("#compare-settings").replaceChildren(drawTable(named));
    return runs.some(({ job }) => ACTIVE.has(job.state));
  }, { fastMs: 3000 });
}
