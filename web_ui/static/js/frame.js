// The frame of every page: theme switch, error banner, missing runners, number of active jobs, jobs that end,
// system strip.

import { findElement, makeElement, makeIcon } from "./base/dom.js";
import { formatTime } from "./base/format.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { refreshSystem } from "./base/system.js";
import { tellEndings } from "./monitor/endings.js";
import { makeCopyButton } from "./widgets/copy-button.js";

const COOKIE_MAX_AGE_S = 365 * 24 * 3600;
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const themeSwitch = findElement("#theme-switch");
const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function showTheme() {
  themeSwitch.setAttribute("aria-pressed", String(isDark()));
  window.dispatchEvent(new Event("themechange"));
}

themeSwitch.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  const isSystems = theme === (dark.matches ? "dark" : "light");
  if (isSystems) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.cookie = `deepsynth_theme=${theme}; path=/; samesite=lax; max-age=${isSystems ? 0 : COOKIE_MAX_AGE_S}`;
  showTheme();
});
dark.addEventListener("change", showTheme);
// The back button shows a page as it was left; its theme may have changed since.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  const [, theme] = /(?:^|; )deepsynth_theme=(light|dark)/.exec(document.cookie) ?? [];
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  showTheme();
});
showTheme();

window.addEventListener("trouble", (event) => {
  /** @type {import("./base/api.js").ApiError | null} */
  const error = /** @type {CustomEvent} */ (event).detail;
  const banner = findElement("#trouble");
  if (error?.status === 401)
    location.assign(
      `${document.body.dataset.login}?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`,
    );
  if (banner.hidden) findElement("#trouble-since").textContent = formatTime(new Date());
  banner.hidden = error === null;
  findElement("#trouble-what").textContent =
    error?.status === 0 ? "Connection lost." : (error?.message ?? "");
  findElement("#trouble-hint").textContent =
    error?.status === 0 ? "Running jobs continue without this page." : (error?.hint ?? "");
});

/** @typedef {import("./base/api-types.js").Runner} Runner */

/** @param {Runner[]} runners */
function showRunners(runners) {
  const missing = runners.filter(
    (runner) => !runner.is_alive && (runner.role === document.body.dataset.role || runner.num_waiting > 0),
  );
  redraw(
    findElement("#runner-banners"),
    missing.map(({ role }) => role),
    () =>
      missing.map(({ role, command }) => {
        const work = role === "gpu" ? "Trainings, evaluations and predictions" : "Dataset jobs";
        return makeElement(
          "div",
          { class: "notice notice--warn", role: "status" },
          makeIcon("icon-warning"),
          makeElement(
            "div",
            { class: "row grow" },
            makeElement(
              "p",
              {},
              makeElement("strong", {}, `No ${role.toUpperCase()} runner is alive. `),
              `${work} wait until one is started:`,
            ),
            makeElement("code", {}, command),
            makeCopyButton(command),
          ),
        );
      }),
  );
}

/** @param {import("./base/api-types.js").System} system */
function showSystem({ cpu, memory, disk, gpus }) {
  const tenths = (/** @type {number} */ value) => value.toFixed(value < 10 ? 1 : 0);
  findElement("#system-load").textContent = `CPU ${Math.round(cpu.load_percent)}% of ${cpu.num_cores} cores`;
  findElement("#system-memory").textContent =
    `Memory ${tenths(memory.used_gb)} of ${tenths(memory.total_gb)} GB`;
  findElement("#system-disk").textContent = `${tenths(disk.free_gb)} GB free in the workspace`;
  const names = gpus.map((gpu) =>
    [
      gpu.name,
      gpu.memory_used_gb !== null &&
        gpu.memory_total_gb !== null &&
        `${tenths(gpu.memory_used_gb)} of ${tenths(gpu.memory_total_gb)} GB`,
      gpu.load_percent !== null && `${Math.round(gpu.load_percent)}%`,
    ]
      .filter(Boolean)
      .join(", "),
  );
  findElement("#system-gpus").textContent = names.join(" · ") || "No GPU";
}

poll(
  async () => {
    const system = await refreshSystem();
    showSystem(system);
    showRunners(system.runners);
    tellEndings(system.endings);
    const badge = findElement("#active-jobs");
    const active = system.runners.reduce(
      (/** @type {number} */ sum, /** @type {Runner} */ runner) => sum + runner.num_active,
      0,
    );
    badge.hidden = active === 0;
    badge.textContent = String(active);
    badge.setAttribute("aria-label", `${active} waiting or running`);
    return active > 0;
  },
  { fastMs: 4000, slowMs: 30000, hiddenMs: 30000 },
);
