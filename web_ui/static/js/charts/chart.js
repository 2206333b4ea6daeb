// One chart: labelled axes, the latest values or those under the pointer, zoom, full screen, and CSV export.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { cloneTemplate, findElement, makeElement } from "../base/dom.js";
import { formatMetric } from "../base/format.js";
import { chartOptions, lastValue } from "./chart-options.js";
import { alignSteps, smooth } from "./series.js";

/** @typedef {import("./chart-options.js").Line} Line */

/** Heights of the chart that matters most, and of the others. */
const LARGE_HEIGHT_PX = 300;
const HEIGHT_PX = 170;

export class Chart {
  /**
   * @param {HTMLElement} container
   * @param {string} title
   * @param {{xLabel?: string, isLog?: boolean}} [axis] the horizontal one; `isLog`: it is logarithmic
   */
  constructor(container, title, { xLabel = "step", isLog = false } = {}) {
    this.isLog = isLog;
    /** @type {import("./chart-mark.js").Mark | null} */
    this.mark = null;
    this.element = cloneTemplate("chart");
    this.title = title;
    this.xLabel = xLabel;
    this.smoothing = 0;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {uPlot | null} */
    this.plot = null;
    this.seriesKey = "";
    findElement("h2", this.element).textContent = title;
    findElement('[data-act="reset"]', this.element).addEventListener("click", () => this.#zoomOut());
    findElement('[data-act="full"]', this.element).addEventListener("click", () => this.#toggleFull());
    findElement('[data-act="save"]', this.element).addEventListener("click", () => this.#save());
    container.append(this.element);
    new ResizeObserver(() => this.#resize()).observe(findElement(".chart__plot", this.element));
    window.addEventListener("themechange", () => this.#rebuild());
  }

  /** @param {Line[]} lines @param {number} [smoothing] from 0 (none) towards 1 */
  show(lines, smoothing = this.smoothing) {
    this.lines = lines.filter((line) => line.values.some((value) => value !== null));
    this.smoothing = smoothing;
    this.element.hidden = this.lines.length === 0;
    const seriesKey = JSON.stringify([this.lines.map((line) => line.label), smoothing > 0]);
    if (!this.plot || seriesKey !== this.seriesKey) this.#rebuild();
    else this.#update(this.plot);
    this.seriesKey = seriesKey;
    const values = this.lines.map(
      (line) => `${line.label} ${formatMetric(this.title, lastValue(line.values))}`,
    );
    findElement(".chart__plot", this.element).setAttribute(
      "aria-label",
      `${this.title} by ${this.xLabel}. Latest: ${values.join(", ")}. Zoom with + and -, move with the arrow keys.`,
    );
  }

  /** Mark a value of the horizontal axis. @param {import("./chart-mark.js").Mark | null} mark */
  setMark(mark) {
    if (JSON.stringify(mark) === JSON.stringify(this.mark)) return;
    this.mark = mark;
    this.#rebuild();
  }

  /** @param {uPlot} plot */
  #update(plot) {
    const isZoomed = this.#isZoomed();
    plot.setData(/** @type {any} */ (this.#data()), !isZoomed);
    if (!isZoomed) return;
    plot.redraw();
    plot.setLegend({});
  }

  #data() {
    const raw = alignSteps(this.lines);
    if (this.smoothing === 0) return raw;
    const [steps, ...columns] = raw;
    return /** @type {typeof raw} */ ([
      steps,
      ...columns.map((column) => smooth(column, this.smoothing)),
      ...columns,
    ]);
  }

  #rebuild() {
    if (this.element.hidden || this.lines.length === 0) return;
    const seen = this.#isZoomed() ? this.plot?.scales.x : null;
    this.plot?.destroy();
    const container = findElement(".chart__plot", this.element);
    const size = { width: container.clientWidth || 320, height: this.#height() };
    const hooks = {
      setScale: [() => (findElement('[data-act="reset"]', this.element).hidden = !this.#isZoomed())],
    };
    this.plot = new uPlot(
      { ...chartOptions(this, container), ...size, hooks },
      /** @type {any} */ (this.#data()),
      container,
    );
    if (seen) this.plot.setScale("x", { min: seen.min ?? 0, max: seen.max ?? 0 });
  }

  #isZoomed() {
    const steps = this.plot?.data[0] ?? [];
    const scale = this.plot?.scales.x;
    return (
      steps.length > 1 &&
      scale !== undefined &&
      ((scale.min ?? 0) > steps[0] || (scale.max ?? 0) < steps[steps.length - 1])
    );
  }

  #zoomOut() {
    this.plot?.setData(this.plot.data, true);
  }

  #height() {
    if (document.fullscreenElement === this.element) return window.innerHeight - 150;
    return this.element.matches(".charts > :first-child") ? LARGE_HEIGHT_PX : HEIGHT_PX;
  }

  #resize() {
    const width = findElement(".chart__plot", this.element).clientWidth;
    if (width && this.plot) this.plot.setSize({ width, height: this.#height() });
  }

  #toggleFull() {
    void (document.fullscreenElement ? document.exitFullscreen() : this.element.requestFullscreen());
  }

  #save() {
    const [steps, ...columns] = alignSteps(this.lines);
    const quoted = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
    const rows = [
      [this.xLabel, ...this.lines.map((line) => quoted(line.label))],
      ...steps.map((step, row) => [step, ...columns.map((column) => column[row] ?? "")]),
    ];
    const address = URL.createObjectURL(
      new Blob([rows.map((row) => row.join(",")).join("\n")], { type: "text/csv" }),
    );
    makeElement("a", {
      href: address,
      download: `${this.title.toLowerCase().replaceAll(" ", "-")}.csv`,
    }).click();
    URL.revokeObjectURL(address);
  }
}
