// One chart: labelled axes, the latest values or those under the pointer, zoom, full screen, and its numbers as a file.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { chartOptions, latest } from "./chart-options.js";
import { cloneTemplate, findElement, makeElement } from "./dom.js";
import { formatMetric } from "./format.js";
import { aligned, smoothed } from "./series.js";

/** @typedef {{label: string, colour: 1 | 2 | 3 | 4, steps: number[], values: (number | null)[]}} Line */

const HEIGHT_PX = 210;

export class Chart {
  /**
   * @param {HTMLElement} place
   * @param {string} title
   * @param {string} xLabel
   * @param {boolean} isLog whether the horizontal axis is logarithmic
   */
  constructor(place, title, xLabel = "step", isLog = false) {
    this.isLog = isLog;
    this.box = cloneTemplate("chart");
    this.title = title;
    this.xLabel = xLabel;
    this.weight = 0;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {uPlot | null} */
    this.plot = null;
    this.shape = "";
    findElement("h2", this.box).textContent = title;
    findElement('[data-act="reset"]', this.box).addEventListener("click", () => this.#zoomOut());
    findElement('[data-act="full"]', this.box).addEventListener("click", () => this.#toggleFull());
    findElement('[data-act="save"]', this.box).addEventListener("click", () => this.#save());
    place.append(this.box);
    new ResizeObserver(() => this.#resize()).observe(findElement(".chart__plot", this.box));
    window.addEventListener("themechange", () => this.#rebuild());
  }

  /** @param {Line[]} lines @param {number} [weight] of the smoothing */
  show(lines, weight = this.weight) {
    this.lines = lines.filter((line) => line.values.some((value) => value !== null));
    this.weight = weight;
    this.box.hidden = this.lines.length === 0;
    const shape = JSON.stringify([this.lines.map((line) => line.label), weight > 0]);
    if (!this.plot || shape !== this.shape) this.#rebuild();
    else this.#update(this.plot);
    this.shape = shape;
    const values = this.lines.map((line) => `${line.label} ${formatMetric(this.title, latest(line.values))}`);
    findElement(".chart__plot", this.box).setAttribute("aria-label", `${this.title} by ${this.xLabel}. Latest: ${values.join(", ")}. Zoom with + and -, move with the arrow keys.`);
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
    const raw = aligned(this.lines);
    if (this.weight === 0) return raw;
    const [steps, ...columns] = raw;
    return /** @type {typeof raw} */ ([steps, ...columns.map((column) => smoothed(column, this.weight)), ...columns]);
  }

  #rebuild() {
    if (this.box.hidden || this.lines.length === 0) return;
    const seen = this.#isZoomed() ? this.plot?.scales.x : null;
    this.plot?.destroy();
    const place = findElement(".chart__plot", this.box);
    const size = { width: place.clientWidth || 320, height: this.#height() };
    const hooks = { setScale: [() => (findElement('[data-act="reset"]', this.box).hidden = !this.#isZoomed())] };
    this.plot = new uPlot({ ...chartOptions(this, place), ...size, hooks }, /** @type {any} */ (this.#data()), place);
    if (seen) this.plot.setScale("x", { min: seen.min ?? 0, max: seen.max ?? 0 });
  }

  #isZoomed() {
    const steps = this.plot?.data[0] ?? [];
    const scale = this.plot?.scales.x;
    return steps.length > 1 && scale !== undefined && ((scale.min ?? 0) > steps[0] || (scale.max ?? 0) < steps[steps.length - 1]);
  }

  #zoomOut() {
    this.plot?.setData(this.plot.data, true);
  }

  #height() {
    return document.fullscreenElement === this.box ? window.innerHeight - 150 : HEIGHT_PX;
  }

  #resize() {
    const width = findElement(".chart__plot", this.box).clientWidth;
    if (width && this.plot) this.plot.setSize({ width, height: this.#height() });
  }

  #toggleFull() {
    void (document.fullscreenElement ? document.exitFullscreen() : this.box.requestFullscreen());
  }

  #save() {
    const [steps, ...columns] = aligned(this.lines);
    const rows = [[this.xLabel, ...this.lines.map((line) => line.label)], ...steps.map((step, row) => [step, ...columns.map((column) => column[row] ?? "")])];
    const address = URL.createObjectURL(new Blob([rows.map((row) => row.join(",")).join("\n")], { type: "text/csv" }));
    makeElement("a", { href: address, download: `${this.title.toLowerCase().replaceAll(" ", "-")}.csv` }).click();
    URL.revokeObjectURL(address);
  }
}
