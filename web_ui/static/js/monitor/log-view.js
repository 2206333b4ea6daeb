// The log of a job: it is read from an offset on, follows its end, and can be searched by line.

import { get, withQuery } from "../base/api.js";
import { debounce } from "../base/debounce.js";
import { findElement, findInput } from "../base/dom.js";
import { formatCount } from "../base/format.js";
import { poll } from "../base/poll.js";

const MAX_LINES = 20000;

export class LogView {
  /**
   * @param {HTMLElement} container
   * @param {string} jobId
   * @param {() => boolean} isActive whether the job may write more
   */
  constructor(container, jobId, isActive) {
    this.text = findElement("pre", container);
    this.textNode = document.createTextNode("");
    this.text.append(this.textNode);
    this.note = findElement(".log__note", container);
    this.follow = findInput('[name="follow"]', container);
    this.search = findInput('[name="search"]', container);
    this.jobId = jobId;
    this.isActive = isActive;
    this.offset = 0;
    /** @type {string[]} */
    this.lines = [""];
    /** @type {{stop: () => void, now: () => void} | null} */
    this.poller = null;
    this.search.addEventListener(
      "input",
      debounce(() => this.show("polite"), 150),
    );
    this.follow.addEventListener("change", () => this.show());
    this.isDrawing = false;
    this.text.addEventListener(
      "scroll",
      () => {
        if (!this.isDrawing) this.follow.checked = this.#isAtEnd();
      },
      { passive: true },
    );
  }

  start() {
    this.poller ??= poll(() => this.#read(), { slowMs: 10000 });
  }

  stop() {
    this.poller?.stop();
  }

  async #read() {
    let hasMore = false;
    for (let reads = 0; reads < 50; reads += 1) {
      const { text, next_offset: next } = await get(
        withQuery(`/jobs/${this.jobId}/log`, { offset: this.offset }),
      );
      if (next === this.offset) break;
      this.offset = next;
      this.#append(text);
      hasMore = true;
    }
    if (hasMore || this.lines.length === 1) this.show();
    return hasMore || this.isActive();
  }

  /** @param {string} text */
  #append(text) {
    const added = text.split("\n");
    this.lines[this.lines.length - 1] += added[0];
    for (const line of added.slice(1)) this.lines.push(line);
    // A progress bar of a terminal rewrites its line; only its last state is kept.
    this.lines = this.lines
      .slice(-MAX_LINES)
      .map((line) => (line.includes("\r") ? (line.split("\r").findLast((part) => part) ?? "") : line));
  }

  /**
   * @param {"off" | "polite"} [live] whether screen readers announce the number of lines: after a search only
   */
  show(live = "off") {
    const wanted = this.search.value.toLowerCase();
    const lines = this.lines.at(-1) === "" ? this.lines.slice(0, -1) : this.lines;
    const shown = wanted ? lines.filter((line) => line.toLowerCase().includes(wanted)) : lines;
    const all =
      lines.length >= MAX_LINES - 1
        ? `the last ${formatCount(lines.length)} lines`
        : `${formatCount(lines.length)} ${lines.length === 1 ? "line" : "lines"}`;
    this.#show(shown.join("\n"));
    const none = this.isActive() ? "Nothing has been printed yet." : "Nothing was printed.";
    this.note.ariaLive = live;
    this.note.textContent = !lines.length ? none : wanted ? `${formatCount(shown.length)} of ${all}` : all;
    // New text scrolls the log too; only scrolling by the user may switch `follow` on or off.
    this.isDrawing = true;
    requestAnimationFrame(() => (this.isDrawing = false));
    if (this.follow.checked) this.text.scrollTop = this.text.scrollHeight;
  }

  /**
   * Replace the text from the first difference on, so that a selection before it stays.
   * @param {string} text
   */
  #show(text) {
    const { data } = this.textNode;
    let firstDifference = 0;
    while (firstDifference < data.length && data[firstDifference] === text[firstDifference])
      firstDifference += 1;
    this.textNode.replaceData(firstDifference, data.length - firstDifference, text.slice(firstDifference));
  }

  #isAtEnd() {
    return this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 40;
  }
}
