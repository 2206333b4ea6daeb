// The page of one job: its state and actions, and its sub-tabs. A refresh reads everything again.

import { ApiError, get } from "./base/api.js";
import { fillSlots, findElement, makeElement } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { FirstPages } from "./monitor/first-pages.js";
import { makeFileTree } from "./monitor/file-tree.js";
import { JobEventReader } from "./monitor/job-events.js";
import { showActions, showHeader, showJobError } from "./monitor/job-header.js";
import { JobOverview } from "./monitor/job-overview.js";
import { hasTextResult, JobSamples } from "./monitor/job-samples.js";
import { showChangeForm } from "./monitor/change-form.js";
import { labelsOf, readForm, showSettings } from "./monitor/job-settings.js";
import { ACTIVE_STATES, modelOf } from "./monitor/job-state.js";
import { showLineage } from "./monitor/lineage.js";
import { LogView } from "./monitor/log-view.js";
import { showVerdict } from "./monitor/verdict.js";
import { WatchedSampleView } from "./monitor/watched-sample.js";
import { showSubtabs } from "./widgets/subtabs.js";

/** @typedef {import("./monitor/job-state.js").Job} Job */

const jobId = document.body.dataset.job ?? "";
/** @type {Job | null} */
let job = null;
/** The form of the kind of the job; null: not read yet. @type {import("./monitor/job-settings.js").Form | null} */
let form = null;
let openTab = "";
/** @type {ReturnType<typeof poll> | null} reads the job; null until the page is set up */
let poller = null;
let isUseTabFilled = false;
const log = new LogView(findElement("#panel-log"), jobId, () => job !== null && ACTIVE_STATES.has(job.state));
const samples = new JobSamples();
const firstPages = new FirstPages();
const watched = new WatchedSampleView();
const overview = new JobOverview(new JobEventReader(jobId));

async function showFiles() {
  const { artifacts } = await get(`/jobs/${jobId}/artifacts`);
  const panel = findElement("#panel-files");
  redraw(panel, artifacts, () => [
    artifacts.length
      ? makeFileTree(panel, artifacts)
      : makeElement("p", { class: "empty" }, "No files yet. The files of this job appear here."),
  ]);
}

/** The forms for a model are loaded when their tab is opened. @param {Job} current */
async function fillUseTab(current) {
  if (openTab !== "use" || isUseTabFilled) return;
  const named = modelOf(current);
  if (named) await (await import("./monitor/use-model.js")).showModelForms(named, current.config.dataset);
  isUseTabFilled = true;
}

/** @param {Job} current */
function showTabs(current) {
  findElement("#tab-samples").hidden = !["dataset", "training"].includes(current.kind);
  findElement("#tab-use").hidden = !modelOf(current) || current.state !== "succeeded";
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
  showHeader(job, () => poller?.now());
  showActions(job, () => poller?.now());
  form ??= await readForm(job.kind);
  const labels = labelsOf(form.fields);
  showSettings(findElement("#job-settings"), job.config, form.fields);
  showChangeForm(findElement("#change-job"), job, form);
  await overview.read(labels);
  fillSlots(findElement("#job-head"), { message: ACTIVE_STATES.has(job.state) ? overview.message : "" });
  overview.show(job);
  if (openTab === "overview") firstPages.show(job, overview.events.numMetricEvents > 0);
  await watched.show(job, overview.events.series);
  showVerdict(job);
  showTabs(job);
  if (openTab === "samples" || hasTextResult(job)) await samples.show(job);
  if (openTab === "files") await showFiles();
  if (openTab === "overview")
    showLineage(findElement("#job-lineage"), await get(`/jobs/${jobId}/lineage`), { isOfJob: true });
  await showJobError(job, labels);
  await fillUseTab(job);
  return ACTIVE_STATES.has(job.state);
}

const subtabs = showSubtabs(findElement("#job-subtabs"), (name) => {
  openTab = name;
  if (name === "log") log.start();
  poller?.now();
});
poller = poll(refresh, { slowMs: 20000 });
