// The address of a comparison: its jobs, the baseline, and which samples are listed. Pure.

export const PAGE_SIZE = 10;

/**
 * @typedef {object} ComparisonQuery
 * @property {string[]} jobs ids
 * @property {string} baseline id; empty: the first job with scores
 * @property {string} search
 * @property {string} order
 * @property {number} offset
 */

/** @param {URLSearchParams} address @returns {ComparisonQuery} */
export const readComparison = (address) => ({
  jobs: address.getAll("job"),
  baseline: address.get("baseline") ?? "",
  search: address.get("search") ?? "",
  order: address.get("order") ?? "disagreement",
  offset: Math.max(0, Math.trunc(Number(address.get("offset"))) || 0),
});

/** @param {ComparisonQuery} query @param {"jobs" | "samples"} part what the address decides */
export function writeComparison({ jobs, baseline, search, order, offset }, part) {
  const values = part === "jobs" ? { baseline } : { baseline, search, order, offset: offset || "" };
  return new URLSearchParams([
    ...jobs.map((id) => ["job", id]),
    ...Object.entries(values)
      .filter(([, value]) => value)
      .map(([name, value]) => [name, String(value)]),
  ]);
}

/** The jobs that an error does not name. @param {string[]} jobs @param {string} message */
export const jobsNotNamed = (jobs, message) => jobs.filter((id) => !message.includes(id));
