// A plan to begin with: small pages at two learning rates, offline and in minutes.

export const EXAMPLE_PLAN = {
  name: "rates",
  dataset: { source: { kind: "sample", length: "brief" }, max_samples: 6000, rendering: { mode: "micro" } },
  training: {
    preset: "quick_test",
    model: "tiny",
    max_steps: 400,
    max_length: 64,
    per_device_train_batch_size: 16,
    gradient_accumulation_steps: 1,
    eval_steps: 50,
    save_steps: 100,
    num_test_samples: 100,
  },
  axes: { "training.learning_rate": [0.0005, 0.001] },
  seeds: [1, 2],
  blank_pages: true,
};
