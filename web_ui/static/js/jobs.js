// The Monitor Jobs tab: the list of jobs, its filters and pages, and the comparison of trainings above it.
// The address holds filters, page and comparison, so that a refresh, a link and the back button keep them.

import { get, withQuery } from "./base/api.js";
import { debounce } from "./base/debounce.js";
import { findElement, findElements, findInput } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { drawJobRow } from "./monitor/job-row.js";
import { ACTIVE_STATES } from "./monitor/job-state.js";
import { addressOffset, readAddress, writeAddress } from "./monitor/list-address.js";
import { onPagerPress, showPager } from "./monitor/pager.js";

/** @typedef {import("./monitor/job-state.js").Job} Job */

const MAX_COMPARED = 4;
const FILTERS = ["search", "kind", "state"];
const list = findElement("#job-list");
const compareButton = /** @type {HTMLButtonElement} */ (findElement("#compare-open"));
let pageSize = 1;
/** @type {Map<string, HTMLElement>} */
const rows = new Map();

/** @param {Job[]} jobs */
function drawList(jobs) {
  const wanted = jobs.map((job) => {
    const row = drawJobRow(rows.get(job.id), job, `${document.body.dataset.jobs}/${job.id}`, poller.now);
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
  drawList(jobs);
  showEmptyList(total);
  showPager({ total, offset, numShown: jobs.length, pageSize });
  list.removeAttribute("aria-busy");
  markCompared();
  const running = jobs.filter((job) => job.state === "running").length;
  const status = `${total} jobs, ${running} running`;
  if (findElement("#jobs-status").textContent !== status) findElement("#jobs-status").textContent = status;
  return jobs.some((job) => ACTIVE_STATES.has(job.state));
}

const comparedIds = () =>
  (readAddress().get("compare") ?? "").split(",").filter(Boolean).slice(0, MAX_COMPARED);
/** @type {Set<string>} */
let checkedIds = new Set();

function markCompared() {
  for (const box of /** @type {HTMLInputElement[]} */ (findElements('input[type="checkbox"]', list))) {
    box.checked = checkedIds.has(box.value);
    box.disabled = !box.checked && checkedIds.size >= MAX_COMPARED;
  }
  compareButton.disabled = checkedIds.size < 2;
  compareButton.hidden = checkedIds.size === 0;
  compareButton.textContent = `Compare ${checkedIds.size}`;
}

/** The charts are loaded only for a comparison. */
async function loadComparison() {
  if (comparedIds().length < 2 && findElement("#compare").hidden) return;
  const { showComparison } = await import("./monitor/compare.js");
  showComparison(comparedIds());
}

function applyAddress() {
  for (const name of FILTERS)
    findInput(`[name="${name}"]`, findElement("#job-filters")).value = readAddress().get(name) ?? "";
  checkedIds = new Set(comparedIds());
  markCompared();
  void loadComparison();
}

function applyAddressAndPoll() {
  applyAddress();
  poller.now();
}

list.addEventListener("change", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  box.checked ? checkedIds.add(box.value) : checkedIds.delete(box.value);
  markCompared();
});
compareButton.addEventListener("click", () => {
  writeAddress({ compare: [...checkedIds].join(",") }, true);
  applyAddressAndPoll();
  findElement("#compare").scrollIntoView({ block: "start" });
});
findElement("#compare-close").addEventListener("click", () => {
  checkedIds.clear();
  writeAddress({ compare: "" }, true);
  applyAddressAndPoll();
});
findElement("#job-filters").addEventListener("submit", (event) => event.preventDefault());
findElement("#job-filters").addEventListener(
  "input",
  debounce(() => {
    const values = Object.fromEntries(
      FILTERS.map((name) => [name, findInput(`[name="${name}"]`, findElement("#job-filters")).value.trim()]),
    );
    writeAddress({ ...values, offset: "" });
    poller.now();
  }, 200),
);
onPagerPress((direction) => {
  const offset = Math.max(0, addressOffset() + direction * pageSize);
  writeAddress({ offset: offset ? String(offset) : "" }, true);
  poller.now();
});
window.addEventListener("popstate", applyAddressAndPoll);

applyAddress();
const poller = poll(refresh);
