// Reads the events of a job from an offset on; a page that is opened again reads all of them.

import { get, withQuery } from "../base/api.js";
import { Series } from "../charts/series.js";

/** An answer holds up to 1 MiB. A shorter answer than this one reached the end of the events. */
const MIN_FULL_ANSWER_BYTES = 1 << 19;

export class JobEventReader {
  /** @param {string} jobId */
  constructor(jobId) {
    this.jobId = jobId;
    this.offset = 0;
    this.series = new Series();
    /** What the job uses of its machine, by seconds since 1970. */
    this.usage = new Series();
    this.numMetricEvents = 0;
    this.numUsageEvents = 0;
  }

  /** Read the new events; metrics and usage are added to their series. @returns {Promise<any[]>} the other events */
  async read() {
    const others = [];
    for (;;) {
      const { events, next_offset: next } = await get(
        withQuery(`/jobs/${this.jobId}/events`, { offset: this.offset }),
      );
      for (const event of events) {
        if (event.kind === "metric") this.#addMetrics(event);
        else if (event.kind === "usage") this.#addUsage(event);
        else others.push(event);
      }
      const numBytes = next - this.offset;
      this.offset = next;
      if (numBytes < MIN_FULL_ANSWER_BYTES) return others;
    }
  }

  /** @param {{step: number, values: Record<string, number | null>}} event */
  #addMetrics({ step, values }) {
    this.series.add(step, values);
    this.numMetricEvents += 1;
  }

  /** @param {{time: string, values: Record<string, number>}} event */
  #addUsage({ time, values }) {
    this.usage.add(Date.parse(time) / 1000, values);
    this.numUsageEvents += 1;
  }
}
