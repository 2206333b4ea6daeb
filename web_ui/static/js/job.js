// The page of one job: its state and actions, and its sub-tabs. Everything is read by offset, so a refresh shows it all again.

import { ApiError, get, withQuery } from "./base/api.js";
import { fillSlots, findElement, makeElement, makeFigure, makeIcon, makeTable } from "./base/dom.js";
import { formatAge, formatBytes, formatCount, formatDuration, formatTime, humanizeName } from "./base/format.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { flattenPaths, valueToText } from "./base/values.js";
import { JobEventReader } from "./monitor/job-events.js";
import { JobOverview } from "./monitor/job-overview.js";
import { showProgress, showState } from "./monitor/job-row.js";
import { hasTextResult, showSamples } from "./monitor/job-samples.js";
import { ACTIONS, ACTIVE_STATES, KIND_LABELS, displayedState, performAction, possibleActions, progressPercent, progressText, stateLabel } from "./monitor/jobs-api.js";
import { LogView } from "./monitor/log-view.js";
import { makeCopyButton } from "./widgets/copy-button.js";
import { showSubtabs } from "./widgets/subtabs.js";

/** @typedef {import("./monitor/jobs-api.js").Job} Job */

const TAIL_BYTES = 1 << 14;
const jobId = document.body.dataset.job ?? "";
/** @type {Job | null} */
let job = null;
let openTab = "";
/** @type {ReturnType<typeof poll> | null} what looks at the job, once the page stands */
let poller = null;
let isUseTabFilled = false;
const log = new LogView(findElement("#panel-log"), jobId, () => job !== null && ACTIVE_STATES.has(job.state));
const overview = new JobOverview(new JobEventReader(jobId));

/** @param {Job} current */
function showHeader(current) {
  const { kind, title, progress, created, started, ended, run_s: ranS } = current;
  const at = (/** @type {string} */ time) => formatTime(new Date(time));
  redraw(findElement("h1"), title, () => [title]);
  document.title = `${[progressPercent(current), title].filter(Boolean).join(" ")} · DeepSynth`;
  showState(findElement("#job-head .state-icon"), current);
  fillSlots(findElement("#job-head"), {
    secondary: [KIND_LABELS[kind] ?? humanizeName(kind), stateLabel(current), started ? `started ${at(started)}` : `asked for ${at(created)}`,
      ended ? `ended ${formatAge(ended)}` : "", ended && ranS ? `ran ${formatDuration(ranS)}` : "", current.attempts > 1 ? `attempt ${current.attempts}` : "", jobId].filter(Boolean).join(" · "),
    percent: progressPercent(current), progress: progressText(current),
  });
  showProgress(findElement("#job-head .bar"), current);
  const counts = Object.entries((current.result ? null : progress?.counts) ?? {});
  redraw(findElement("#job-counts"), counts, () => counts.map(([name, value]) => makeFigure(humanizeName(name), formatCount(value))));
}

/** @param {Job} current */
function showActions(current) {
  const actions = possibleActions(current);
  redraw(findElement("#job-actions"), actions, () => actions.map((action) => {
    const isDestructive = action === "cancel" || action === "delete";
    const button = makeElement("button", { type: "button", class: `button${isDestructive ? " button--danger" : action === "resume" ? " button--primary" : ""}`, "data-action": action }, makeIcon(ACTIONS[action].icon), ACTIONS[action].label);
    button.addEventListener("click", async () => {
      if (!(await performAction(current, action))) return;
      if (action === "delete") location.assign(document.body.dataset.jobs ?? "/jobs");
      else poller?.now();
    });
    return button;
  }));
}

/** @param {Job} current */
async function showJobError(current) {
  const { error, ended } = current;
  const place = findElement("#job-error");
  place.hidden = displayedState(current) !== "failed" || !error;
  if (place.hidden || !error || place.dataset.ended === ended) return;
  fillSlots(place, { message: error.message, hint: error.hint, tail: "" });
  const { text } = await get(withQuery(`/jobs/${jobId}/log`, { offset: -TAIL_BYTES }));
  fillSlots(place, { tail: text.trim().split("\n").slice(-8).join("\n") });
  place.dataset.ended = ended ?? "";
}

/** @param {Job} current */
function showSettings({ config }) {
  redraw(findElement("#panel-settings"), config, () => [
    makeElement("div", { class: "row row--apart" }, makeElement("p", { class: "muted" }, "What this job runs with. A dash: not set."), makeCopyButton(JSON.stringify(config, null, 2))),
    makeTable("Settings", [], Object.entries(flattenPaths(config)).map(([name, value]) => [makeElement("code", {}, name), valueToText(value) || "–"]), ""),
  ]);
}

async function showFiles() {
  const { artifacts } = await get(`/jobs/${jobId}/artifacts`);
  const rows = () => artifacts.map((/** @type {{path: string, size_bytes: number, url: string}} */ file) => [makeElement("a", { href: file.url, download: true }, file.path), formatBytes(file.size_bytes)]);
  redraw(findElement("#panel-files"), artifacts, () => [artifacts.length ? makeTable("Files", ["File", "Size"], rows()) : makeElement("p", { class: "empty" }, "No files yet. What this job makes appears here.")]);
}

/** What can be done with a finished training is loaded when its tab is opened. @param {Job} current */
async function fillUseTab(current) {
  if (openTab !== "use" || isUseTabFilled) return;
  await (await import("./monitor/use-model.js")).showModelForms(current);
  isUseTabFilled = true;
}

/** @param {Job} current */
function showTabs(current) {
  findElement("#tab-samples").hidden = hasTextResult(current);
  findElement("#tab-use").hidden = current.kind !== "training" || current.state !== "succeeded";
  subtabs.update();
}

async function refresh() {
  try {
    job = /** @type {Job} */ (await get(`/jobs/${jobId}`));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    findElement("#job-page").hidden = true;
    findElement("#job-missing").hidden = false;
    poller?.stop();
    log.stop();
    return false;
  }
  findElement("#job-page").hidden = false;
  showHeader(job);
  showActions(job);
  showSettings(job);
  await overview.read();
  fillSlots(findElement("#job-head"), { message: ACTIVE_STATES.has(job.state) ? overview.message : "" });
  overview.show(job);
  showTabs(job);
  if (openTab === "samples" || hasTextResult(job)) await showSamples(job);
  if (openTab === "files") await showFiles();
  await showJobError(job);
  await fillUseTab(job);
  return ACTIVE_STATES.has(job.state);
}

const subtabs = showSubtabs(findElement("#job-subtabs"), (name) => {
  openTab = name;
  if (name === "log") log.start();
  poller?.now();
});
poller = poll(refresh, { slowMs: 20000 });
