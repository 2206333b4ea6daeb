// One chart: labelled axes, values on hover, zoom by dragging, full screen, and its numbers as a file.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { panByWheel } from "./chart-pan.js";
import { make, one, stamp } from "./dom.js";
import { measured, metric } from "./format.js";
import { aligned, smoothed } from "./series.js";

/** @typedef {{label: string, colour: 1 | 2 | 3 | 4, steps: number[], values: (number | null)[]}} Line */

const HEIGHT_PX = 210;
/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** Resolve a colour token to the one that the active theme shows. @param {string} name */
function colour(name) {
  const probe = make("i", {});
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export class Chart {
  /**
   * @param {HTMLElement} place
   * @param {string} title
   * @param {string} xLabel
   * @param {boolean} isLog whether the horizontal axis is logarithmic
   */
  constructor(place, title, xLabel = "step", isLog = false) {
    this.isLog = isLog;
    this.box = stamp("chart");
    this.title = title;
    this.xLabel = xLabel;
    this.weight = 0;
    /** @type {Line[]} */
    this.lines = [];
    /** @type {uPlot | null} */
    this.plot = null;
    this.shape = "";
    one("h2", this.box).textContent = title;
    one('[data-act="reset"]', this.box).addEventListener("click", () => this.#zoomOut());
    one('[data-act="full"]', this.box).addEventListener("click", () => this.#toggleFull());
    one('[data-act="save"]', this.box).addEventListener("click", () => this.#save());
    place.append(this.box);
    new ResizeObserver(() => this.#resize()).observe(one(".chart__plot", this.box));
    window.addEventListener("themechange", () => this.#rebuild());
  }

  /** @param {Line[]} lines @param {number} [weight] of the smoothing */
  show(lines, weight = this.weight) {
    this.lines = lines.filter((line) => line.values.some((value) => value !== null));
    this.weight = weight;
    this.box.hidden = this.lines.length === 0;
    const shape = JSON.stringify([this.lines.map((line) => line.label), weight > 0]);
    if (!this.plot || shape !== this.shape) this.#rebuild();
    else this.plot.setData(this.#data(), !this.#isZoomed());
    this.shape = shape;
    one(".chart__latest", this.box).textContent = this.lines.map((line) => metric(this.title, line.values.findLast((value) => value !== null))).join(" / ");
  }

  #data() {
    const raw = aligned(this.lines);
    if (this.weight === 0) return raw;
    const [steps, ...columns] = raw;
    return /** @type {typeof raw} */ ([steps, ...columns.map((column) => smoothed(column, this.weight)), ...columns]);
  }

  #rebuild() {
    if (this.box.hidden || this.lines.length === 0) return;
    this.plot?.destroy();
    const place = one(".chart__plot", this.box);
    this.plot = new uPlot(this.#options(place), /** @type {any} */ (this.#data()), place);
  }

  /** @param {HTMLElement} place @returns {uPlot.Options} */
  #options(place) {
    const grid = { stroke: colour("--border"), width: 1 };
    const axis = { stroke: colour("--muted"), grid, ticks: grid, font: `12px ${token("--font")}` };
    const lines = this.lines.map((line) => this.#line(line, 2, ""));
    const faint = this.weight > 0 ? this.lines.map((line) => this.#line(line, 1, " as measured")) : [];
    return {
      width: place.clientWidth || 320, height: this.#height(),
      scales: { x: { time: false, distr: this.isLog ? 3 : 1 } },
      axes: [{ ...axis, label: this.xLabel, labelSize: 18, labelFont: `12px ${token("--font")}`, size: 34 },
        { ...axis, size: 62, values: (_, ticks) => ticks.map(measured) }],
      series: [{ label: this.xLabel }, ...lines, ...faint],
      cursor: { drag: { x: true, y: false }, focus: { prox: 24 } },
      plugins: [panByWheel()],
      hooks: { setScale: [() => (one('[data-act="reset"]', this.box).hidden = !this.#isZoomed())] },
    };
  }

  /** @param {Line} line @param {number} width @param {string} note @returns {uPlot.Series} */
  #line(line, width, note) {
    const stroke = colour(`--line-${line.colour}`);
    const faded = stroke.replace("rgb(", "rgba(").replace(")", ", 0.35)");
    return { label: line.label + note, stroke: note ? faded : stroke, width, spanGaps: true, value: (_, value) => metric(this.title, value), points: { show: line.values.filter((known) => known !== null).length < 40, size: 5 } };
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
    const width = one(".chart__plot", this.box).clientWidth;
    if (width && this.plot) this.plot.setSize({ width, height: this.#height() });
  }

  #toggleFull() {
    void (document.fullscreenElement ? document.exitFullscreen() : this.box.requestFullscreen());
  }

  #save() {
    const [steps, ...columns] = aligned(this.lines);
    const rows = [[this.xLabel, ...this.lines.map((line) => line.label)], ...steps.map((step, row) => [step, ...columns.map((column) => column[row] ?? "")])];
    const address = URL.createObjectURL(new Blob([rows.map((row) => row.join(",")).join("\n")], { type: "text/csv" }));
    make("a", { href: address, download: `${this.title.toLowerCase().replaceAll(" ", "-")}.csv` }).click();
    URL.revokeObjectURL(address);
  }
}
