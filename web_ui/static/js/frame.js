// What every tab has around it: theme switch, lost connection, runners that are not alive, active jobs, system strip.

import { get } from "./api.js";
import { icon, make, one } from "./dom.js";
import { ago } from "./format.js";
import { copyButton } from "./copy.js";
import { poll } from "./poll.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const themeSwitch = one("#theme-switch");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function showTheme() {
  themeSwitch.setAttribute("aria-pressed", String(isDark()));
  window.dispatchEvent(new Event("themechange"));
}

themeSwitch.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  if (theme === (dark.matches ? "dark" : "light")) {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
  }
  showTheme();
});
dark.addEventListener("change", showTheme);
showTheme();

/** @type {string | null} */
let lostAt = null;
window.addEventListener("connection", (event) => {
  const { reachable } = /** @type {CustomEvent<{reachable: boolean}>} */ (event).detail;
  lostAt = reachable ? null : new Date().toISOString();
  one("#connection-banner").hidden = reachable;
  one("#connection-since").textContent = ago(lostAt);
});

/** @typedef {{role: string, is_alive: boolean, command: string}} Runner */

/** @param {Runner[]} runners @param {Set<string>} waitingRoles roles that a job waits for */
function showRunners(runners, waitingRoles) {
  const place = one("#runner-banners");
  const missing = runners.filter((runner) => !runner.is_alive && (runner.role === document.body.dataset.role || waitingRoles.has(runner.role)));
  const seen = JSON.stringify(missing.map((runner) => [runner.role, waitingRoles.has(runner.role)]));
  if (place.dataset.seen === seen) return;
  place.dataset.seen = seen;
  place.replaceChildren(...missing.map(({ role, command }) => {
    const work = role === "gpu" ? "Trainings, evaluations and predictions" : "Dataset jobs";
    return make("div", { class: "notice notice--warn", role: "status" }, icon("icon-warning"),
      make("div", { class: "row grow" }, make("p", {}, make("strong", {}, `No ${role.toUpperCase()} runner is alive. `), `${work} wait until one is started:`),
        make("code", {}, command), copyButton(command)));
  }));
}

/** @param {any} system */
function showSystem({ cpu, memory, disk, gpus }) {
  const tenths = (/** @type {number} */ value) => value.toFixed(value < 10 ? 1 : 0);
  one("#system-load").textContent = `CPU ${Math.round(cpu.load_percent)}% of ${cpu.num_cores} cores`;
  one("#system-memory").textContent = `Memory ${tenths(memory.used_gb)} of ${tenths(memory.total_gb)} GB`;
  one("#system-disk").textContent = `${tenths(disk.free_gb)} GB free in the workspace`;
  const names = gpus.map((/** @type {any} */ gpu) =>
    [gpu.name, gpu.memory_total_gb !== null && `${tenths(gpu.memory_used_gb)} of ${tenths(gpu.memory_total_gb)} GB`,
      gpu.load_percent !== null && `${Math.round(gpu.load_percent)}%`].filter(Boolean).join(", "));
  one("#system-gpus").textContent = names.join(" · ") || "No GPU";
}

poll(async () => {
  const [system, running, queued] = await Promise.all([get("/system"), get("/jobs?state=running&limit=1"), get("/jobs?state=queued&limit=50")]);
  showSystem(system);
  showRunners(system.runners, new Set(queued.jobs.map((/** @type {{role: string}} */ job) => job.role)));
  const badge = one("#active-jobs");
  const active = running.total + queued.total;
  badge.hidden = active === 0;
  badge.textContent = String(active);
  badge.setAttribute("aria-label", `${active} waiting or running`);
  return active > 0;
}, { fastMs: 4000, slowMs: 30000 });
