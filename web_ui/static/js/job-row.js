// Draws one job: its state's icon, its progress bar, and its line in the list.

import { fill, icon, make, one, stamp } from "./dom.js";
import { ago, words } from "./format.js";
import { ACTIONS, KIND_WORDS, STATE_WORDS, act, possibleActions, progressPercent, progressText, share, stateWords } from "./jobs-api.js";

/** @typedef {import("./jobs-api.js").Job} Job */

/** @param {string} state */
export function stateIcon(state) {
  const drawn = state === "pausing" ? "paused" : state;
  const box = make("span", { class: `state-icon state-icon--${state}`, title: STATE_WORDS[state] ?? state }, icon(`state-${drawn}`));
  return box;
}

/**
 * Bring a progress bar up to date.
 * @param {HTMLElement} bar
 * @param {Job} job
 */
export function showBar(bar, job) {
  const part = share(job);
  const isUnknown = part === null && job.state === "running";
  const tone = { succeeded: " bar--ok", failed: " bar--bad", paused: " bar--warn" }[/** @type {string} */ (job.state)] ?? "";
  bar.className = `bar${tone}${isUnknown ? " bar--unknown" : ""}`;
  one("i", bar).style.width = `${(part ?? 0) * 100}%`;
  bar.setAttribute("aria-label", `Progress of ${job.title}`);
  if (part === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", String(Math.floor(part * 100)));
  bar.setAttribute("aria-valuetext", [progressPercent(job), progressText(job)].filter(Boolean).join(", ") || stateWords(job));
}

/** @param {Job} job the one thing most likely wanted now; null: open it */
function mainAction(job) {
  const first = { running: "pause", paused: "resume", queued: "cancel" }[/** @type {string} */ (job.state)];
  return possibleActions(job).find((action) => action === first) ?? null;
}

/**
 * Make or update the line of a job.
 * @param {HTMLElement | undefined} existing
 * @param {Job} job
 * @param {string} address of the job's page
 * @param {() => void} onChange
 */
export function drawRow(existing, job, address, onChange) {
  const row = existing ?? stamp("job-row");
  const seen = JSON.stringify([job.state, job.desired, job.progress, job.error]);
  fill(row, {
    secondary: [KIND_WORDS[job.kind] ?? words(job.kind), stateWords(job), ago(job.ended ?? job.started ?? job.created)].join(" · "),
  });
  if (row.dataset.seen === seen) return row;
  row.dataset.seen = seen;
  const link = one("a", row);
  link.textContent = job.title;
  link.setAttribute("href", address);
  one(".state-icon", row).replaceWith(stateIcon(job.state));
  showBar(one(".bar", row), job);
  fill(row, { percent: progressPercent(job), progress: progressText(job), error: job.state === "failed" ? job.error?.message : "" });
  drawAction(one(".job-row__action", row), job, address, onChange);
  drawCompare(one(".job-row__compare", row), job);
  return row;
}

/** @param {HTMLElement} place @param {Job} job @param {string} address @param {() => void} onChange */
function drawAction(place, job, address, onChange) {
  const action = mainAction(job);
  if (!action) {
    place.replaceChildren(make("a", { class: "button button--small", href: address, "aria-label": `Open ${job.title}` }, "Open"));
    return;
  }
  const { label, icon: drawing } = ACTIONS[action];
  const button = make("button", { type: "button", class: "button button--small", "aria-label": `${label} ${job.title}` }, icon(drawing), label);
  button.addEventListener("click", async () => {
    if (await act(job, action)) onChange();
  });
  place.replaceChildren(button);
}

/** @param {HTMLElement} place @param {Job} job */
function drawCompare(place, job) {
  place.hidden = job.kind !== "training";
  const box = /** @type {HTMLInputElement} */ (one("input", place));
  box.value = job.id;
  box.setAttribute("aria-label", `Compare ${job.title}`);
}
