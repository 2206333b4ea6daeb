// Gives the fields in a <details> their search when it is opened: few visits open it.

/** @param {import("./fields.js").FieldSet} set whose container may stand in a <details> */
export const offerFinder = (set) =>
  set.container
    .closest("details")
    ?.addEventListener("toggle", async () => (await import("./option-finder.js")).addOptionFinder(set), {
      once: true,
    });
