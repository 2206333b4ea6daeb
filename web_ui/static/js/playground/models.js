// The models that can be asked: which are warm, and a button that loads one.

import { createJob, sendRequest } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { poll } from "../base/poll.js";
import { redraw } from "../base/redraw.js";
import { CHAT_API } from "./chat.js";

/** @typedef {{name: string, warmth: "warm" | "loading" | "waiting" | "paused" | "cold", jobId: string | null}} Served */

const WORDS = {
  warm: "ready",
  loading: "is being loaded",
  waiting: "waits for the device",
  paused: "paused",
  cold: "not loaded",
};
const BADGES = {
  warm: "badge badge--ok",
  loading: "badge badge--info",
  waiting: "badge badge--warn",
  paused: "badge",
  cold: "badge",
};

/** The two choices of a model, kept current. */
export class ModelChoice {
  /** @type {Served[]} */
  #served = [];
  #place = findElement("#models");
  #chosen = [new URLSearchParams(location.search).get("model") ?? "", ""];
  #onRefused;
  #polling;

  /** @param {(message: string) => void} onRefused called with why a model cannot be loaded */
  constructor(onRefused) {
    this.#onRefused = onRefused;
    this.#polling = poll(() => this.#refresh(), { fastMs: 1000, slowMs: 15000 });
  }

  /** The names of the chosen models, of which the first is asked first. */
  get names() {
    return this.#chosen.filter(Boolean);
  }

  /** @param {string} name */
  isWarm(name) {
    return this.#served.some((model) => model.name === name && model.warmth === "warm");
  }

  async #refresh() {
    const { data } = await sendRequest("GET", "/models", { root: CHAT_API });
    this.#served = data.map((/** @type {any} */ { id, deepsynth }) => ({
      name: id,
      warmth: deepsynth.warmth,
      jobId: deepsynth.job_id,
    }));
    if (!this.#served.some(({ name }) => name === this.#chosen[0]))
      this.#chosen[0] = (this.#served.find(({ warmth }) => warmth === "warm") ?? this.#served[0])?.name ?? "";
    this.#draw();
    return this.#served.some(({ warmth }) => warmth === "loading" || warmth === "waiting");
  }

  #draw() {
    redraw(this.#place, [this.#served, this.#chosen], () => [
      this.#makeChoice(0, "Model", []),
      this.#makeChoice(1, "Beside it", [makeElement("option", { value: "" }, "no second model")]),
    ]);
  }

  /** @param {number} index @param {string} label @param {HTMLElement[]} first */
  #makeChoice(index, label, first) {
    const options = this.#served.map(({ name }) =>
      makeElement("option", { value: name, selected: name === this.#chosen[index] }, name),
    );
    const select = /** @type {HTMLSelectElement} */ (
      makeElement("select", { id: `model-${index}` }, ...first, ...options)
    );
    select.addEventListener("change", () => {
      this.#chosen[index] = select.value;
      this.#draw();
    });
    const model = this.#served.find(({ name }) => name === this.#chosen[index]);
    const state = model ? this.#makeState(model) : [];
    const field = makeElement(
      "div",
      { class: "field grow" },
      makeElement("label", { for: select.id }, label),
      select,
    );
    return makeElement("div", { class: "row playground__model" }, field, ...state);
  }

  /** @param {Served} model */
  #makeState({ name, warmth, jobId }) {
    const badge = makeElement("span", { class: BADGES[warmth] }, WORDS[warmth]);
    if (jobId && warmth !== "cold")
      return [
        badge,
        makeElement("a", { class: "small", href: `${document.body.dataset.jobs}/${jobId}` }, "Job"),
      ];
    const load = makeElement("button", { type: "button", class: "button button--small" }, "Load");
    load.addEventListener("click", () => void this.#load(name));
    return [badge, load];
  }

  /** @param {string} name */
  async #load(name) {
    try {
      await createJob("/model/warm", { model: name });
      this.#onRefused("");
    } catch (error) {
      this.#onRefused(error instanceof Error ? error.message : String(error));
    }
    this.#polling.now();
  }
}
