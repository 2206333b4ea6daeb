// The Monitor Jobs tab: the list of jobs, its filters and pages. The address holds filters and page, so that a
// refresh, a link and the back button keep them.

import { get, withQuery } from "./base/api.js";
import { debounce } from "./base/debounce.js";
import { findElement, findInput } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { JobPicks } from "./monitor/job-picks.js";
import { drawJobRow } from "./monitor/job-row.js";
import { labelsOf, readForm } from "./monitor/job-settings.js";
import { ACTIVE_STATES } from "./monitor/job-state.js";
import { addressOffset, readAddress, writeAddress } from "./monitor/list-address.js";
import { onPagerPress, showPager } from "./monitor/pager.js";

/** @typedef {import("./monitor/job-state.js").Job} Job */

const FILTERS = ["search", "kind", "state"];
const list = findElement("#job-list");
let pageSize = 1;
/** @type {Map<string, HTMLElement>} */
const rows = new Map();
/** @type {Map<string, Record<string, string>>} kind of job -> path of a setting -> its label */
const labels = new Map();

/** Read the labels of the forms whose jobs have failed: their messages name settings. @param {Job[]} jobs */
async function readLabels(jobs) {
  const kinds = new Set(jobs.filter(({ state }) => state === "failed").map(({ kind }) => kind));
  for (const kind of kinds) if (!labels.has(kind)) labels.set(kind, labelsOf((await readForm(kind)).fields));
}

/** @param {Job[]} jobs */
function drawList(jobs) {
  const wanted = jobs.map((job) => {
    const address = `${document.body.dataset.jobs}/${job.id}`;
    const row = drawJobRow(rows.get(job.id), job, address, poller.now, labels.get(job.kind));
    rows.set(job.id, row);
    return row;
  });
  for (const [id, row] of rows) {
    if (wanted.includes(row)) continue;
    row.remove();
    rows.delete(id);
  }
  wanted.forEach((row, rowIndex) => {
    if (list.children[rowIndex] !== row) list.insertBefore(row, list.children[rowIndex] ?? null);
  });
}

/** @param {number} total jobs that match the filters */
function showEmptyList(total) {
  const hasFilter = FILTERS.some((name) => readAddress().get(name));
  findElement("#jobs-empty").hidden = total > 0 || hasFilter;
  findElement("#job-filters").hidden = total === 0 && !hasFilter;
  findElement("#jobs-none").hidden = total > 0 || !hasFilter;
  list.hidden = total === 0;
}

/** @returns {Promise<boolean>} whether one of the listed jobs is active */
async function refresh() {
  const query = readAddress();
  const offset = addressOffset();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  /** @type {{jobs: Job[], total: number, limit: number}} */
  const { jobs, total, limit } = await get(withQuery("/jobs", { ...filters, offset: offset || null }));
  pageSize = limit;
  if (offset > 0 && jobs.length === 0) {
    const last = Math.max(0, Math.floor((total - 1) / pageSize)) * pageSize;
    writeAddress({ offset: last ? String(last) : "" });
    return refresh();
  }
  await readLabels(jobs);
  drawList(jobs);
  picks.show(jobs, rows);
  showEmptyList(total);
  showPager({ total, offset, numShown: jobs.length, pageSize });
  list.removeAttribute("aria-busy");
  const running = jobs.filter((job) => job.state === "running").length;
  const status = `${total} jobs, ${running} running`;
  if (findElement("#jobs-status").textContent !== status) findElement("#jobs-status").textContent = status;
  return jobs.some((job) => ACTIVE_STATES.has(job.state));
}

function applyAddress() {
  for (const name of FILTERS)
    findInput(`[name="${name}"]`, findElement("#job-filters")).value = readAddress().get(name) ?? "";
}

function applyAddressAndPoll() {
  applyAddress();
  poller.now();
}

findElement("#job-filters").addEventListener("submit", (event) => event.preventDefault());
/** Whether the next filter makes an entry in the history; what is typed in one go shares one. */
let isNewFilter = true;
findElement("#job-filters").addEventListener("change", () => (isNewFilter = true));
findElement("#job-filters").addEventListener(
  "input",
  debounce(() => {
    const values = Object.fromEntries(
      FILTERS.map((name) => [name, findInput(`[name="${name}"]`, findElement("#job-filters")).value.trim()]),
    );
    writeAddress({ ...values, offset: "" }, isNewFilter);
    isNewFilter = false;
    poller.now();
  }, 200),
);
onPagerPress((direction) => {
  const offset = Math.max(0, addressOffset() + direction * pageSize);
  writeAddress({ offset: offset ? String(offset) : "" }, true);
  findElement("h1").scrollIntoView();
  poller.now();
});
window.addEventListener("popstate", applyAddressAndPoll);

applyAddress();
const picks = new JobPicks(() => poller.now());
const poller = poll(refresh);
