// Monitor Jobs: the list with filters and pages, kept up to date without reload, and the comparison above it.
// Filters, page and comparison live in the address, so a refresh, a link and the back button keep them.

import { get, withQuery } from "./api.js";
import { debounce, findElement, findElements, findInput, onPress, setResting } from "./dom.js";
import { drawRow } from "./job-row.js";
import { ACTIVE } from "./jobs-api.js";
import { poll } from "./poll.js";

/** @typedef {import("./jobs-api.js").Job} Job */

const MAX_COMPARED = 4;
const FILTERS = ["search", "kind", "state"];
const list = findElement("#job-list");
const openCompare = /** @type {HTMLButtonElement} */ (findElement("#compare-open"));
let pageSize = 1;
/** @type {Map<string, HTMLElement>} */
const rows = new Map();

const asked = () => new URLSearchParams(location.search);
const askedOffset = () => Math.max(0, Math.trunc(Number(asked().get("offset"))) || 0);

/** @param {Record<string, string>} values put into the address; empty ones leave it */
function setAddress(values, isNewEntry = false) {
  const query = asked();
  for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
  const address = query.size ? `?${query}` : location.pathname;
  history[isNewEntry ? "pushState" : "replaceState"](null, "", address);
}

/** @param {Job[]} jobs */
function drawList(jobs) {
  const wanted = jobs.map((job) => {
    const row = drawRow(rows.get(job.id), job, `${document.body.dataset.jobs}/${job.id}`, poller.now);
    rows.set(job.id, row);
    return row;
  });
  for (const [id, row] of rows) {
    if (wanted.includes(row)) continue;
    row.remove();
    rows.delete(id);
  }
  wanted.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

/** @param {number} total @param {number} offset @param {number} shown */
function drawPager(total, offset, shown) {
  const hasFilter = FILTERS.some((name) => asked().get(name));
  findElement("#jobs-empty").hidden = total > 0 || hasFilter;
  findElement("#job-filters").hidden = total === 0 && !hasFilter;
  findElement("#jobs-none").hidden = total > 0 || !hasFilter;
  list.hidden = total === 0;
  findElement("#pager").hidden = total <= pageSize;
  findElement("#pager-text").textContent = `${offset + 1} to ${offset + shown} of ${total.toLocaleString("en")}`;
  setResting(findElement("#pager-back"), offset === 0);
  setResting(findElement("#pager-on"), offset + shown >= total);
}

/** @returns {Promise<boolean>} whether one of the jobs shown goes on */
async function refresh() {
  const query = asked();
  const offset = askedOffset();
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]));
  /** @type {{jobs: Job[], total: number, limit: number}} */
  const { jobs, total, limit } = await get(withQuery("/jobs", { ...filters, offset: offset || null }));
  pageSize = limit;
  if (offset > 0 && jobs.length === 0) {
    const last = Math.max(0, Math.floor((total - 1) / pageSize)) * pageSize;
    setAddress({ offset: last ? String(last) : "" });
    return refresh();
  }
  drawList(jobs);
  drawPager(total, offset, jobs.length);
  list.removeAttribute("aria-busy");
  markCompared();
  const running = jobs.filter((job) => job.state === "running").length;
  const status = `${total} jobs, ${running} running`;
  if (findElement("#jobs-status").textContent !== status) findElement("#jobs-status").textContent = status;
  return jobs.some((job) => ACTIVE.has(job.state));
}

const compared = () => (asked().get("compare") ?? "").split(",").filter(Boolean).slice(0, MAX_COMPARED);
/** @type {Set<string>} */
let chosen = new Set();

function markCompared() {
  for (const box of /** @type {HTMLInputElement[]} */ (findElements('input[type="checkbox"]', list))) {
    box.checked = chosen.has(box.value);
    box.disabled = !box.checked && chosen.size >= MAX_COMPARED;
  }
  openCompare.disabled = chosen.size < 2;
  openCompare.hidden = chosen.size === 0;
  openCompare.textContent = `Compare ${chosen.size}`;
}

/** Charts are loaded only when trainings are compared. */
async function compare() {
  if (compared().length < 2 && findElement("#compare").hidden) return;
  const { showComparison } = await import("./compare.js");
  showComparison(compared());
}

function showAddress() {
  for (const name of FILTERS) findInput(`[name="${name}"]`, findElement("#job-filters")).value = asked().get(name) ?? "";
  chosen = new Set(compared());
  markCompared();
  void compare();
}

function followAddress() {
  showAddress();
  poller.now();
}

list.addEventListener("change", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  box.checked ? chosen.add(box.value) : chosen.delete(box.value);
  markCompared();
});
openCompare.addEventListener("click", () => {
  setAddress({ compare: [...chosen].join(",") }, true);
  followAddress();
  findElement("#compare").scrollIntoView({ block: "start" });
});
findElement("#compare-close").addEventListener("click", () => {
  chosen.clear();
  setAddress({ compare: "" }, true);
  followAddress();
});
findElement("#job-filters").addEventListener("submit", (event) => event.preventDefault());
findElement("#job-filters").addEventListener("input", debounce(() => {
  const values = Object.fromEntries(FILTERS.map((name) => [name, findInput(`[name="${name}"]`, findElement("#job-filters")).value.trim()]));
  setAddress({ ...values, offset: "" });
  poller.now();
}, 200));
for (const [button, direction] of /** @type {[string, number][]} */ ([["#pager-back", -1], ["#pager-on", 1]])) {
  onPress(findElement(button), () => {
    const offset = Math.max(0, askedOffset() + direction * pageSize);
    setAddress({ offset: offset ? String(offset) : "" }, true);
    poller.now();
  });
}
window.addEventListener("popstate", followAddress);

showAddress();
const poller = poll(refresh);
