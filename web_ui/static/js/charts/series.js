// Measured values by step, in the form that charts need: one array of steps, and one array of values per
// name. Pure.

/**
 * Scale ROUGE from a fraction to 0 to 100; other values stay.
 * @param {string} name
 * @param {number} value
 */
export const toPercentScale = (name, value) => (name.startsWith("rouge") ? value * 100 : value);

/**
 * Values by step. A training that resumes from a checkpoint repeats steps: the newer value replaces the
 * older.
 */
export class Series {
  constructor() {
    /** @type {number[]} */
    this.steps = [];
    /** @type {Map<string, (number | null)[]>} */
    this.values = new Map();
  }

  /**
   * @param {number} step
   * @param {Record<string, number | null | undefined>} measured
   */
  add(step, measured) {
    const place = this.#place(step);
    for (const [name, fraction] of Object.entries(measured)) {
      if (typeof fraction !== "number") continue;
      const value = toPercentScale(name, fraction);
      let column = this.values.get(name);
      if (!column) this.values.set(name, (column = new Array(this.steps.length).fill(null)));
      column[place] = value;
    }
  }

  /** @param {number} step @returns {number} index of the step; a new step is inserted */
  #place(step) {
    let place = this.steps.length;
    while (place > 0 && this.steps[place - 1] > step) place -= 1;
    if (place > 0 && this.steps[place - 1] === step) return place - 1;
    this.steps.splice(place, 0, step);
    for (const column of this.values.values()) column.splice(place, 0, null);
    return place;
  }

  /** @param {string} name @returns {(number | null)[]} */
  column(name) {
    return this.values.get(name) ?? new Array(this.steps.length).fill(null);
  }

  /**
   * Return the measured values of a column without gaps, and at most `limit` of them, evenly chosen.
   * @param {string} name
   * @param {number} limit
   */
  sparse(name, limit) {
    const column = this.column(name);
    const places = this.steps.map((_, place) => place).filter((place) => column[place] !== null);
    const every = Math.max(1, (places.length - 1) / (limit - 1));
    const chosen = Array.from(
      { length: Math.min(limit, places.length) },
      (_, index) => places[Math.round(index * every)],
    );
    return {
      steps: chosen.map((place) => this.steps[place]),
      values: chosen.map((place) => /** @type {number} */ (column[place])),
    };
  }

  /** @param {string} name @returns {number | null} */
  latest(name) {
    return this.column(name).findLast((value) => value !== null) ?? null;
  }
}

/**
 * Smooth by an exponential moving average with bias correction; gaps stay gaps.
 * @param {(number | null)[]} values
 * @param {number} weight from 0 (no smoothing) towards 1
 */
export function smooth(values, weight) {
  if (weight === 0) return values;
  let mean = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return mean / total;
  });
}

/**
 * Put several runs on one axis of steps. The result is a copy: it stays the same while the runs continue.
 * @param {{steps: number[], values: (number | null)[]}[]} runs
 * @returns {[number[], ...(number | null)[][]]}
 */
export function alignSteps(runs) {
  if (runs.every((run) => run.steps === runs[0].steps))
    return [runs[0].steps.slice(), ...runs.map((run) => run.values.slice())];
  const steps = [...new Set(runs.flatMap((run) => run.steps))].sort((left, right) => left - right);
  const places = new Map(steps.map((step, place) => [step, place]));
  const columns = runs.map((run) => {
    const column = /** @type {(number | null)[]} */ (new Array(steps.length).fill(null));
    run.steps.forEach(
      (step, index) => (column[/** @type {number} */ (places.get(step))] = run.values[index]),
    );
    return column;
  });
  return [steps, ...columns];
}
