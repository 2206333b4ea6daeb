// The page of one job: its state and actions, and its sub-tabs. Everything is read by offset, so a refresh shows it all again.

import { ApiError, get, withQuery } from "./api.js";
import { figure, fill, icon, make, one } from "./dom.js";
import { copyButton } from "./copy.js";
import { ago, bytes, count, duration, words } from "./format.js";
import { showBar, stateIcon } from "./job-row.js";
import { ACTIONS, ACTIVE, KIND_WORDS, act, possibleActions, progressPercent, progressText, stateWords } from "./jobs-api.js";
import { LogView } from "./log-view.js";
import { Outcome } from "./job-outcome.js";
import { poll } from "./poll.js";
import { isTexts, showSamples } from "./job-samples.js";
import { flattened, shown } from "./values.js";
import { followSubtabs } from "./subtabs.js";

/** @typedef {import("./jobs-api.js").Job} Job */

const TAIL_BYTES = 1 << 14;
const jobId = document.body.dataset.job ?? "";
/** @type {Job | null} */
let job = null;
let offset = 0;
let openTab = "";
let isOffered = false;
const log = new LogView(one("#panel-log"), jobId, () => job !== null && ACTIVE.has(job.state));
const outcome = new Outcome(jobId);

/** @param {Job} current */
function showHead(current) {
  const { kind, title, state, progress, created, started, ended, run_s: ranS } = current;
  one("h1").textContent = title;
  document.title = `${[progressPercent(current), title].filter(Boolean).join(" ")} · DeepSynth`;
  one(".state-icon").replaceWith(stateIcon(state));
  fill(one("#job-head"), {
    secondary: [KIND_WORDS[kind] ?? words(kind), stateWords(current), ended ? `ended ${ago(ended)}` : started ? `started ${ago(started)}` : `asked for ${ago(created)}`,
      ended && ranS ? `ran ${duration(ranS)}` : "", current.attempts > 1 ? `attempt ${current.attempts}` : "", jobId].filter(Boolean).join(" · "),
    percent: progressPercent(current), progress: progressText(current),
  });
  showBar(one("#job-head .bar"), current);
  const counts = Object.entries(progress?.counts ?? {}).map(([name, value]) => figure(words(name), count(value)));
  one("#job-counts").replaceChildren(...counts);
}

/** @param {Job} current */
function showActions(current) {
  const place = one("#job-actions");
  const actions = possibleActions(current);
  if (place.dataset.seen === actions.join()) return;
  place.dataset.seen = actions.join();
  place.replaceChildren(...actions.map((action) => {
    const loses = action === "cancel" || action === "delete";
    const button = make("button", { type: "button", class: `button${loses ? " button--danger" : action === "resume" ? " button--primary" : ""}`, "data-action": action }, icon(ACTIONS[action].icon), ACTIONS[action].label);
    button.addEventListener("click", async () => {
      if (!(await act(current, action))) return;
      if (action === "delete") location.assign(document.body.dataset.jobs ?? "/jobs");
      else poller.now();
    });
    return button;
  }));
}

/** @param {Job} current */
async function showError({ state, error }) {
  const place = one("#job-error");
  place.hidden = state !== "failed" || !error;
  if (place.hidden || !error || place.dataset.seen === error.message) return;
  place.dataset.seen = error.message;
  fill(place, { message: error.message, hint: error.hint, tail: "" });
  const { text } = await get(withQuery(`/jobs/${jobId}/log`, { offset: -TAIL_BYTES }));
  fill(place, { tail: text.trim().split("\n").slice(-8).join("\n") });
}

/** @param {Job} current */
function showSettings({ config }) {
  const place = one("#panel-settings");
  if (place.dataset.seen) return;
  place.dataset.seen = "yes";
  const lines = Object.entries(flattened(config)).map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, make("code", {}, name)), make("td", {}, shown(value) || "automatic")));
  place.replaceChildren(make("div", { class: "row row--apart" }, make("p", { class: "muted" }, "What this job runs with, every default filled in."), copyButton(JSON.stringify(config, null, 2))),
    make("div", { class: "table-scroll" }, make("table", {}, make("tbody", {}, ...lines))));
}

async function showFiles() {
  const { artifacts } = await get(`/jobs/${jobId}/artifacts`);
  const lines = artifacts.map((/** @type {{path: string, size_bytes: number, url: string}} */ file) =>
    make("tr", {}, make("td", {}, make("a", { href: file.url, download: true }, file.path)), make("td", { class: "numbers nowrap" }, bytes(file.size_bytes))));
  one("#panel-files").replaceChildren(artifacts.length
    ? make("div", { class: "table-scroll" }, make("table", {}, make("tbody", {}, ...lines)))
    : make("p", { class: "empty" }, "No files yet. What this job makes appears here."));
}

/** What can be done with a finished training is loaded when there is one. @param {Job} current */
async function showUse(current) {
  if (current.kind !== "training" || current.state !== "succeeded" || isOffered) return;
  await (await import("./use-model.js")).offerModel(current);
  isOffered = true;
}

async function readEvents() {
  for (;;) {
    const { events, next_offset: next } = await get(withQuery(`/jobs/${jobId}/events`, { offset }));
    outcome.take(events);
    if (next === offset || events.length === 0) return;
    offset = next;
  }
}

async function refresh() {
  try {
    job = /** @type {Job} */ (await get(`/jobs/${jobId}`));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    one("#job-page").hidden = true;
    one("#job-missing").hidden = false;
    poller.stop();
    return false;
  }
  one("#job-page").hidden = false;
  showHead(job);
  showActions(job);
  showSettings(job);
  await readEvents();
  fill(one("#job-head"), { message: ACTIVE.has(job.state) ? outcome.message : "" });
  await outcome.show(job);
  one("#tab-samples").hidden = isTexts(job);
  if (isTexts(job) && openTab === "samples") location.hash = "overview";
  if (openTab === "samples" || isTexts(job)) await showSamples(job);
  if (openTab === "files") await showFiles();
  await showError(job);
  await showUse(job);
  return ACTIVE.has(job.state);
}

const poller = poll(refresh, { slowMs: 20000 });
followSubtabs(one("#job-subtabs"), (name) => {
  openTab = name;
  if (name === "log") log.start();
  poller.now();
});
