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
    this.numMetricEvents = 0;
  }

  /** Read the new events; metrics are added to the series. @returns {Promise<any[]>} the other events */
  async read() {
    const others = [];
    for (;;) {
      const { events, next_offset: next } = await get(
        withQuery(`/jobs/${this.jobId}/events`, { offset: this.offset }),
      );
      for (const event of events) {
        if (event.kind === "metric") this.#addMetrics(event);
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
}
