// Types of the API's requests and answers. Written by scripts/write_js_types.py.

export interface Annotations {
  name: string | null;
  tags: Array<string>;
  note: string;
  is_starred: boolean;
}

export interface AnnotationsRequest {
  name?: string | null;
  tags?: Array<string>;
  note?: string;
  is_starred?: boolean;
}

export interface Artifact {
  path: string;
  size_bytes: number;
  url: string;
  role: "predictions" | "first_batch" | "watched_sample" | null;
}

export interface ArtifactList {
  artifacts: Array<Artifact>;
}

export interface AwaitedJob {
  id: string;
  title: string;
  state: State;
  progress: JobProgress | null;
}

export interface Bar {
  name: string;
  kind: "model" | "blank_pages" | "lead" | "text_model";
  score: number;
  low: number;
  high: number;
}

export interface BaseModelName {
  name: string;
  title: string;
  modes: Array<"micro" | "tiny" | "small" | "base" | "large">;
}

export interface BenchmarkPreset {
  name: string;
  title: string;
  picture: string;
  description: string;
  source: string;
  licence: string;
  licence_allows: "sharing" | "unclear" | "no_sharing";
  warning: string | null;
  splits: Record<string, number>;
  mean_document_words: number;
  config: Record<string, any>;
  estimate: DatasetEstimate;
}

export interface BenchmarkPresetList {
  presets: Array<BenchmarkPreset>;
}

export interface BenchmarkRequest {
  preset: string;
  name?: string | null;
  splits?: Array<string> | null;
  max_samples?: number | null;
  seed?: number;
  rendering?: RenderingConfig;
  columns?: Columns;
  deduplicate?: boolean;
  publish?: PublishConfig | null;
}

export interface CellRow {
  settings: Record<string, string | number | boolean | null>;
  reads: "pages" | "text" | "whole_text";
  dataset: string;
  dataset_job: string | null;
  state: "waiting" | "running" | "done" | "failed";
  runs: Array<RunRow>;
  rouge_l: number | null;
  lowest: number | null;
  highest: number | null;
  lead_3: number | null;
  blank_pages: number | null;
  document_tokens: number | null;
  text_tokens: number | null;
  character_error_rate: number | null;
  to_best: PairedDifference | null;
  measures: Record<string, number>;
  is_on_front: boolean;
}

export interface ChangedStudy {
  num_changed: number;
}

export interface ChatChoice {
  index: number;
  message: Record<string, any>;
  finish_reason: "stop" | "length";
}

export interface ChatCompletion {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: Array<ChatChoice>;
  usage: Usage;
  deepsynth: Record<string, any>;
}

export interface ChatError {
  error: ChatErrorBody;
}

export interface ChatErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string;
}

export interface ChatMessage {
  role: "system" | "developer" | "user";
  content: string | Array<TextPart | ImagePart | FilePart>;
}

export interface ChatRequest {
  model: string;
  messages: Array<ChatMessage>;
  stream?: boolean;
  stream_options?: StreamOptions | null;
  max_tokens?: number | null;
  max_completion_tokens?: number | null;
  temperature?: 0 | null;
  top_p?: 1 | null;
  n?: 1 | null;
  seed?: number | null;
  user?: string | null;
  metadata?: Record<string, any> | null;
  store?: false | null;
  deepsynth?: PageOptions;
}

export interface ColumnPreview {
  name: string;
  kind: string;
  mean_characters: number;
  example: string;
}

export interface Columns {
  document?: string | null;
  summary?: string | null;
  id?: string | null;
}

export interface ComparedJob {
  experiment: Experiment;
  scores: Record<string, Score>;
  best: Array<string>;
  has_baselines_samples: boolean;
  note: string | null;
  collection: "datasets" | "models" | "evaluations" | "predictions" | null;
  samples_name: string | null;
}

export interface ComparedSample {
  position: number;
  document_id: string;
  reference: string | null;
  texts: Array<ComparedText>;
}

export interface ComparedSampleList {
  jobs: Array<string>;
  num_common: number;
  num_selected: number;
  offset: number;
  samples: Array<ComparedSample>;
}

export interface ComparedSamplesQuery {
  job: Array<string>;
  baseline?: string | null;
  search?: string;
  order?: "disagreement" | "first_worst" | "first_best" | "position";
  offset?: number;
  limit?: number;
}

export interface ComparedText {
  prediction: string | null;
  score: number | null;
  marks: Array<"exact" | "cut" | "looping" | "failed" | "unsupported" | "empty">;
  unsupported: Array<string>;
  error: string | null;
}

export interface Comparison {
  baseline: string;
  jobs: Array<ComparedJob>;
  settings: Array<Setting>;
}

export interface ComparisonQuery {
  job: Array<string>;
  baseline?: string | null;
}

export interface Control {
  request: Record<string, any>;
  job_id: string | null;
}

export interface Counts {
  num_read: number;
  num_kept: number;
  num_duplicate: number;
  num_rejected: number;
  num_pages: number;
  num_text_tokens: number;
  num_vision_tokens: number;
  num_truncated: number;
  num_pages_over_budget: number;
  also_in: Record<string, number>;
  pages_by_compression: Record<string, number>;
  missing_glyphs: Record<string, number>;
  num_with_missing_glyphs: number;
  rejected_by_reason: Record<string, number>;
  duplicates_by_reason: Record<string, number>;
  missing_glyphs_by_reason: Record<string, number>;
}

export interface Cpu {
  num_cores: number;
  load_percent: number;
}

export interface Dataset {
  name: string;
  complete: boolean;
  config: Record<string, any>;
  source: Record<string, any>;
  style: Record<string, any>;
  versions: Record<string, string>;
  size_bytes: number;
  totals: Counts;
  splits: Record<string, Counts>;
  losses: Array<Loss>;
}

export interface DatasetConfig {
  name: string;
  source: SampleSource | FilesSource | HubSource;
  columns?: Columns;
  splits?: Array<string> | null;
  max_samples?: number | null;
  validation_fraction?: number;
  test_fraction?: number;
  seed?: number;
  rendering?: RenderingConfig;
  deduplicate?: boolean;
  shard_rows?: number | null;
  max_rejected?: number;
  publish?: PublishConfig | null;
  engine?: "local" | "ray";
  num_workers?: number | null;
}

export interface DatasetEstimate {
  num_pages: number;
  duration_s: number;
  size_bytes: number;
}

export interface DatasetList {
  datasets: Array<DatasetSummary>;
}

export interface DatasetReport {
  name: string;
  compression: Record<string, any>;
  legibility: Record<string, any> | null;
  readings: Array<ModelReading>;
}

export interface DatasetSummary {
  name: string;
  complete: boolean;
  mode: string | null;
  source: string | null;
  splits: Record<string, number>;
  num_samples: number;
  num_pages: number;
  num_text_tokens: number;
  num_vision_tokens: number;
  size_bytes: number;
  error: ErrorBody | null;
}

export interface Degradation {
  blur_px?: number;
  noise?: number;
  skew_degrees?: number;
  jpeg_quality?: number | null;
}

export interface DemoAnswer {
  dataset: JobAnswer;
  training: JobAnswer;
}

export interface DeviceHolder {
  id: string;
  title: string;
}

export interface DifferenceList {
  baseline: string;
  differences: Array<JobDifference>;
}

export interface Disk {
  total_gb: number;
  free_gb: number;
}

export interface Ending {
  id: string;
  kind: string;
  title: string;
  state: "succeeded" | "failed";
  ended: string;
}

export interface Error {
  error: ErrorBody;
}

export interface ErrorBody {
  code: string;
  message: string;
  hint: string;
  fields: Record<string, string>;
}

export interface EstimateRequest {
  dataset?: string;
  model?: string;
  revision?: string | null;
  output?: string;
  preset?: string;
  train?: "all" | "projector" | "attention" | "dense" | "decoder" | "lora" | "lora_experts";
  router?: "frozen" | "balanced";
  router_aux_loss_coef?: number;
  lora_r?: number;
  lora_alpha?: number;
  lora_dropout?: number;
  prompt?: string;
  num_train_epochs?: number;
  max_steps?: number;
  per_device_train_batch_size?: number;
  per_device_eval_batch_size?: number;
  num_gpus?: number;
  gradient_accumulation_steps?: number;
  learning_rate?: number;
  weight_decay?: number;
  lr_scheduler_type?: "cosine" | "linear" | "constant" | "constant_with_warmup";
  warmup_ratio?: number;
  max_grad_norm?: number;
  bf16?: boolean;
  gradient_checkpointing?: boolean;
  max_length?: number;
  eval_steps?: number;
  num_eval_samples?: number;
  save_steps?: number;
  save_total_limit?: number;
  logging_steps?: number;
  seed?: number;
  optim?: "adamw_torch_fused" | "adamw_torch" | "adafactor";
  adam_beta2?: number;
  train_sampling_strategy?: "random" | "group_by_length";
  dataloader_num_workers?: number | null;
  max_eval_samples?: number;
  num_test_samples?: number | null;
  metric_for_best_model?: "eval_loss" | "rouge1" | "rouge2" | "rougeL" | "rougeLsum";
  load_best_model_at_end?: boolean;
  early_stopping_patience?: number | null;
  early_stopping_threshold?: number;
  no_repeat_ngram_size?: number;
  no_repeat_ngram_window_size?: number;
  report_to?: Array<"tensorboard" | "wandb" | "trackio">;
  auto_batch_size?: boolean;
  cache_features?: boolean;
  blank_pages?: boolean;
  reads?: "pages" | "text" | "whole_text";
  push_to_hub?: boolean;
  hub_model_id?: string | null;
  hub_private_repo?: boolean;
  overwrite?: boolean;
}

export interface EvaluationConfig {
  prompt?: string | null;
  max_length?: number | null;
  per_device_eval_batch_size?: number;
  no_repeat_ngram_size?: number | null;
  no_repeat_ngram_window_size?: number | null;
  bf16?: boolean;
  model?: string;
  revision?: string | null;
  num_gpus?: number;
  dataset: string;
  split?: "train" | "validation" | "test";
  max_samples?: number | null;
  blank_pages?: boolean;
  text_model?: string | null;
  text_model_revision?: string | null;
  output?: string | null;
}

export interface EventSlice {
  events: Array<Record<string, any>>;
  next_offset: number;
}

export interface Experiment {
  id: string;
  kind: string;
  title: string;
  state: State;
  desired: "run" | "pause" | "cancel" | null;
  created: string;
  run_s: number;
  annotations: Annotations;
  dataset: string | null;
  split: string | null;
  model: string | null;
  preset: string | null;
  blank_pages: boolean;
  learning_rate: number | null;
  num_train_epochs: number | null;
  batch_size: number | null;
  seed: number | null;
  step: number | null;
  train_loss: number | null;
  eval_loss: number | null;
  validation_rouge_l: number | null;
  score: ExperimentScore | null;
  gpu_memory_gb: number | null;
  loss_steps: Array<number>;
  loss_values: Array<number>;
}

export interface ExperimentList {
  revision: string;
  is_whole: boolean;
  experiments: Array<Experiment>;
}

export interface ExperimentScore {
  split: string | null;
  num_samples: number | null;
  rouge_l: number;
  low: number | null;
  high: number | null;
  lead_3: number | null;
}

export interface ExperimentsQuery {
  known?: string;
}

export interface FileData {
  file_data: string;
  filename?: string | null;
}

export interface FilePart {
  type: "file";
  file: FileData;
}

export interface FilesSource {
  kind?: "files";
  path: string;
  delimiter?: string | null;
  quote?: "\"" | "'" | "none" | null;
  escape?: "double" | "backslash" | null;
  encoding?: string | null;
  split_names?: Record<string, "train" | "validation" | "test" | "skip" | "none">;
}

export interface FindLrConfig {
  dataset: string;
  model?: string;
  revision?: string | null;
  output?: string;
  preset?: string;
  train?: "all" | "projector" | "attention" | "dense" | "decoder" | "lora" | "lora_experts";
  router?: "frozen" | "balanced";
  router_aux_loss_coef?: number;
  lora_r?: number;
  lora_alpha?: number;
  lora_dropout?: number;
  prompt?: string;
  num_train_epochs?: number;
  max_steps?: number;
  per_device_train_batch_size?: number;
  per_device_eval_batch_size?: number;
  num_gpus?: number;
  gradient_accumulation_steps?: number;
  learning_rate?: number;
  weight_decay?: number;
  lr_scheduler_type?: "cosine" | "linear" | "constant" | "constant_with_warmup";
  warmup_ratio?: number;
  max_grad_norm?: number;
  bf16?: boolean;
  gradient_checkpointing?: boolean;
  max_length?: number;
  eval_steps?: number;
  num_eval_samples?: number;
  save_steps?: number;
  save_total_limit?: number;
  logging_steps?: number;
  seed?: number;
  optim?: "adamw_torch_fused" | "adamw_torch" | "adafactor";
  adam_beta2?: number;
  train_sampling_strategy?: "random" | "group_by_length";
  dataloader_num_workers?: number | null;
  max_eval_samples?: number;
  num_test_samples?: number | null;
  metric_for_best_model?: "eval_loss" | "rouge1" | "rouge2" | "rougeL" | "rougeLsum";
  load_best_model_at_end?: boolean;
  early_stopping_patience?: number | null;
  early_stopping_threshold?: number;
  no_repeat_ngram_size?: number;
  no_repeat_ngram_window_size?: number;
  report_to?: Array<"tensorboard" | "wandb" | "trackio">;
  auto_batch_size?: boolean;
  cache_features?: boolean;
  blank_pages?: boolean;
  reads?: "pages" | "text" | "whole_text";
  push_to_hub?: boolean;
  hub_model_id?: string | null;
  hub_private_repo?: boolean;
  overwrite?: boolean;
  first_learning_rate?: number;
  last_learning_rate?: number;
  num_steps?: number;
}

export interface Form {
  fields: Array<FormField>;
  address: string | null;
  output_setting: string;
}

export interface FormField {
  path: string;
  label: string;
  note: string;
  more: string;
  kind: "choice" | "integer" | "number" | "boolean" | "list" | "text";
  options: Array<string>;
  nullable: boolean;
  empty: string;
  initial: any;
  part: string | null;
  group: string | null;
  unused_in_mode: string | null;
}

export interface Gpu {
  index: number;
  name: string;
  memory_total_gb: number | null;
  memory_used_gb: number | null;
  load_percent: number | null;
}

export interface Health {
  status: "ok" | "degraded" | "failing";
  role: "cpu" | "gpu";
  version: string | null;
  problems: Array<string>;
}

export interface HubSource {
  kind?: "hub";
  id: string;
  config?: string | null;
  revision?: string | null;
  streaming?: boolean;
  split_names?: Record<string, "train" | "validation" | "test" | "skip" | "none">;
}

export interface ImagePart {
  type: "image_url";
  image_url: ImageUrl;
}

export interface ImageUrl {
  url: string;
  detail?: string | null;
}

export interface InspectRequest {
  source: FilesSource | HubSource;
}

export interface Inspection {
  configs: Array<string>;
  splits: Array<string>;
  columns: Array<string>;
  column_looks: Array<ColumnPreview>;
  suggestion: Columns;
  rows: Array<Record<string, string>>;
  problems: Array<string>;
}

export interface JobAnswer {
  id: string;
  kind: string;
  role: "cpu" | "gpu" | null;
  title: string;
  after: Array<string>;
  state: State;
  desired: "run" | "pause" | "cancel" | null;
  created: string;
  moved_to_front: string | null;
  started: string | null;
  ended: string | null;
  attempts: number;
  retry_at: string | null;
  run_s: number;
  progress: JobProgress | null;
  config: Record<string, any>;
  result: Record<string, any> | null;
  error: ErrorBody | null;
  links: Record<string, string>;
  waits_for: Array<AwaitedJob>;
  queue: QueueAnswer | null;
  verdict: ModelVerdict | null;
}

export interface JobDifference {
  job: string;
  rouge_l: PairedDifference;
}

export interface JobList {
  jobs: Array<JobAnswer>;
  total: number;
  offset: number;
  limit: number;
}

export interface JobProgress {
  done: number;
  total: number | null;
  unit: string;
  counts: Record<string, number>;
  rate: number | null;
  eta_s: number | null;
  activity?: string | null;
  share?: number | null;
}

export interface JobsQuery {
  kind?: string | null;
  state?: State | null;
  search?: string | null;
  offset?: number;
  limit?: number;
}

export interface Lineage {
  result: LineageItem | null;
  made_from: Array<LineageItem>;
  used_by: Array<LineageItem>;
}

export interface LineageItem {
  collection: "datasets" | "models" | "evaluations" | "predictions" | "learning_rates" | "reading_checks";
  name: string;
  is_stored: boolean;
  job_id: string | null;
  title: string;
}

export interface LineageQuery {
  collection: "datasets" | "models" | "evaluations" | "predictions" | "learning_rates" | "reading_checks";
  name: string;
}

export interface LogQuery {
  offset?: number;
}

export interface LogSlice {
  text: string;
  next_offset: number;
}

export interface Loss {
  kind: "rejected" | "merged" | "cut" | "missing_glyphs";
  num_rows: number;
  num_of: number;
  share: number;
  is_warning: boolean;
  reasons: Record<string, number>;
  text: string;
}

export interface Memory {
  total_gb: number;
  used_gb: number;
  service_gb: number;
}

export interface MemoryEstimate {
  mode: "micro" | "tiny" | "small" | "base" | "large";
  num_pages: number;
  num_parameters: number;
  num_trainable_parameters: number;
  weights_gb: number;
  gradients_gb: number;
  optimizer_gb: number;
  activations_gb: number;
  encoder_gb: number;
  runtime_gb: number;
  total_gb: number;
  fits: Record<string, boolean>;
}

export interface MetricsFiles {
  latest: Record<string, number | null>;
  history: Array<Record<string, number | null>>;
}

export interface Model {
  name: string;
  complete: boolean;
  config: Record<string, any>;
  metrics: Record<string, number | null>;
  report: Record<string, any> | null;
  verdict: ModelVerdict | null;
  checkpoints: Array<string>;
}

export interface ModelList {
  models: Array<ModelSummary>;
  bases: Array<BaseModelName>;
}

export interface ModelReading {
  name: string;
  model: string;
  split: string;
  blank_pages: boolean;
  num_pages: number;
  character_error_rate: number;
  low: number;
  high: number;
  created: string;
}

export interface ModelSummary {
  name: string;
  complete: boolean;
  size_bytes: number;
  base: string | null;
  dataset: string | null;
  modes: Array<"micro" | "tiny" | "small" | "base" | "large">;
  metrics: Record<string, number | null>;
  error: ErrorBody | null;
}

export interface ModelVerdict {
  level: "reads" | "better" | "unclear" | "worse" | "guesses" | "control" | "unknown";
  title: string;
  sentence: string;
  notes: Array<string>;
  metric: string;
  num_samples: number;
  confidence: number;
  bars: Array<Bar>;
  control: Control | null;
}

export interface OffsetQuery {
  offset?: number;
}

export interface OpenApi {
  openapi: string;
  info: Record<string, any>;
  paths: Record<string, any>;
  components: Record<string, any>;
}

export interface PageOptions {
  pages?: boolean;
  attention?: boolean;
}

export interface PairedDifference {
  num_samples: number;
  difference: number | null;
  low: number | null;
  high: number | null;
  won: number | null;
  lost: number | null;
  relation: "above" | "below" | "not_shown" | "too_few";
}

export interface PredictionConfig {
  prompt?: string | null;
  max_length?: number | null;
  per_device_eval_batch_size?: number;
  no_repeat_ngram_size?: number | null;
  no_repeat_ngram_window_size?: number | null;
  bf16?: boolean;
  model?: string;
  revision?: string | null;
  num_gpus?: number;
  inputs?: Array<string>;
  dataset?: string | null;
  split?: "train" | "validation" | "test";
  max_samples?: number | null;
  mode?: "micro" | "tiny" | "small" | "base" | "large" | null;
  max_pages?: number | null;
  output?: string | null;
}

export interface Preview {
  documents: Array<PreviewedDocument>;
  rejected: Array<RejectedDocument>;
  compression: Record<string, any>;
  num_rows: Record<string, number>;
  legibility: Record<string, any> | null;
}

export interface PreviewRequest {
  config: DatasetConfig;
  num_documents?: number;
  random_seed?: number | null;
  legibility?: boolean;
  language?: string;
}

export interface PreviewedDocument {
  document_id: string;
  split: string;
  row: number;
  text: string;
  summary: string;
  num_text_tokens: number;
  num_vision_tokens: number;
  compression: number;
  truncated: boolean;
  warnings: Array<string>;
  missing_glyphs: Record<string, number>;
  font_size_px: number;
  style: Record<string, any>;
  smaller_mode: SmallerMode | null;
  num_pages: number;
  pages: Array<PreviewedPage>;
}

export interface PreviewedPage {
  number: number;
  size_px: number;
  num_text_tokens: number;
  num_vision_tokens: number;
  png_base64: string;
}

export interface PublishConfig {
  repo_id?: string | null;
  private?: boolean;
  commit_every_num_samples?: number;
}

export interface PublishDatasetConfig {
  repo_id?: string | null;
  private?: boolean;
  commit_every_num_samples?: number;
  dataset: string;
}

export interface PublishModelConfig {
  model: string;
  repo_id?: string | null;
  private?: boolean;
}

export interface QueueAnswer {
  place: number;
  starts_in_s: number | null;
}

export interface ReadingCheckConfig {
  prompt?: string;
  max_length?: number | null;
  per_device_eval_batch_size?: number;
  no_repeat_ngram_size?: number | null;
  no_repeat_ngram_window_size?: number | null;
  bf16?: boolean;
  model?: string;
  revision?: string | null;
  dataset: string;
  split?: "train" | "validation" | "test";
  num_documents?: number;
  seed?: number;
  blank_pages?: boolean;
  output?: string | null;
}

export interface RejectedDocument {
  document_id: string;
  split: string;
  row: number;
  reason: string;
}

export interface RenderingConfig {
  mode?: "micro" | "tiny" | "small" | "base" | "large";
  font_family?: string;
  font_size_px?: number | null;
  line_height?: number;
  margin_px?: number | null;
  alignment?: "left" | "justify";
  num_columns?: number;
  overflow?: "paginate" | "shrink" | "truncate";
  min_font_size_px?: number;
  max_pages?: number;
  degradation?: Degradation;
  vary?: string | null;
}

export interface ReportQuery {
  num_documents?: number;
  language?: string;
}

export interface RunRow {
  seed: number;
  output: string;
  job: string | null;
  state: string;
  error: string | null;
  rouge_l: number | null;
  low: number | null;
  high: number | null;
  lead_3: number | null;
  blank_pages: number | null;
  to_lead_3: PairedDifference | null;
  to_blank_pages: PairedDifference | null;
  measures: Record<string, number>;
  document_tokens: number | null;
  text_tokens: number | null;
}

export interface Runner {
  role: "cpu" | "gpu";
  is_alive: boolean;
  heartbeat_age_s: number | null;
  started: string | null;
  num_slots: number;
  running: Array<string>;
  running_titles: Array<string>;
  holders: Array<DeviceHolder>;
  num_waiting: number;
  num_active: number;
  command: string;
}

export interface SampleAnswer {
  position: number;
  document_id: string;
  prediction: string | null;
  reference: string | null;
  score: number | null;
  length: number;
  document_tokens: number | null;
  text_model_prediction: string | null;
  text_model_score: number | null;
  marks: Array<"exact" | "cut" | "looping" | "failed" | "unsupported" | "empty">;
  unsupported: Array<string>;
  missing: Array<string>;
  measures: Record<string, number>;
  error: string | null;
  style: Record<string, any>;
  pages: Array<string>;
}

export interface SampleDocument {
  position: number;
  document_id: string;
  prediction: string | null;
  reference: string | null;
  score: number | null;
  length: number;
  document_tokens: number | null;
  text_model_prediction: string | null;
  text_model_score: number | null;
  marks: Array<"exact" | "cut" | "looping" | "failed" | "unsupported" | "empty">;
  unsupported: Array<string>;
  missing: Array<string>;
  measures: Record<string, number>;
  error: string | null;
  style: Record<string, any>;
  pages: Array<string>;
  text: string | null;
}

export interface SampleList {
  split: string;
  splits: Array<string>;
  dataset: string | null;
  text_model: string | null;
  num_samples: number;
  num_selected: number;
  offset: number;
  samples: Array<SampleAnswer>;
  histogram: Array<number>;
  marks: Record<string, number>;
  pages_note: string | null;
}

export interface SampleSource {
  kind?: "sample";
  length?: "brief" | "article";
}

export interface SamplesQuery {
  split?: string | null;
  search?: string;
  mark?: "exact" | "cut" | "looping" | "failed" | "unsupported" | "empty" | null;
  first_bin?: number;
  last_bin?: number;
  order?: "position" | "worst" | "best" | "unsupported" | "random" | "longest";
  offset?: number;
  limit?: number;
  position?: number | null;
}

export interface Score {
  precision: number;
  recall: number;
  fmeasure: number;
  low: number;
  high: number;
}

export interface SelectionQuery {
  split?: string | null;
  search?: string;
  mark?: "exact" | "cut" | "looping" | "failed" | "unsupported" | "empty" | null;
  first_bin?: number;
  last_bin?: number;
  order?: "position" | "worst" | "best" | "unsupported" | "random" | "longest";
}

export interface ServedModel {
  id: string;
  object: "model";
  created: number;
  owned_by: string;
  deepsynth: Record<string, any>;
}

export interface ServedModels {
  object: "list";
  data: Array<ServedModel>;
}

export interface Setting {
  path: string;
  values: Array<any>;
}

export interface SmallerMode {
  mode: "micro" | "tiny" | "small" | "base" | "large";
  size_px: number;
  num_vision_tokens: number;
}

export interface SplitQuery {
  split?: string | null;
}

export interface StartingValues {
  values: Record<string, any>;
  reasons: Record<string, string>;
}

export type State =
  "queued" | "running" | "pausing" | "paused" | "interrupted" | "succeeded" | "failed" | "cancelled";

export interface StoredCard {
  name: string;
  complete: boolean;
  card: string;
  size_bytes: number;
  archive_bytes: number;
  modified: string;
}

export interface StoredFile {
  path: string;
  size_bytes: number;
  url: string;
}

export interface StoredFileList {
  files: Array<StoredFile>;
}

export interface StreamOptions {
  include_usage?: boolean;
}

export interface StudyConfig {
  name: string;
  dataset: Record<string, any>;
  training?: Record<string, any>;
  axes?: Record<string, Array<string | number | boolean | null>>;
  max_cells?: number | null;
  seeds?: Array<number>;
  blank_pages?: boolean;
  reading_check?: boolean;
}

export interface StudyEstimate {
  num_cells: number;
  num_datasets: number;
  num_trainings: number;
  num_controls: number;
  num_reading_checks: number;
  num_kept: number;
  gpu_memory_gb: number;
  largest_cell: string;
  num_pages: number;
  disk_gb: number;
  disk_free_gb: number;
  duration_s: number | null;
  num_like_none: number;
  sentence: string;
}

export interface StudyList {
  studies: Array<StudyReport>;
}

export interface StudyReport {
  name: string;
  created: string;
  version: string;
  axes: Array<string>;
  seeds: Array<number>;
  cells: Array<CellRow>;
  twins: Array<TwinDifference>;
  num_jobs: number;
  num_ended: number;
  num_failed: number;
  num_sorting: number;
  sentence: string;
}

export interface SubmitQuery {
  after?: string;
}

export interface System {
  role: "cpu" | "gpu";
  version: string;
  workspace: string;
  uptime_s: number;
  cpu: Cpu;
  memory: Memory;
  disk: Disk;
  gpus: Array<Gpu>;
  runners: Array<Runner>;
  endings: Array<Ending>;
  has_hub_token: boolean;
  hub_username: string | null;
}

export interface TextPart {
  type: "text";
  text: string;
}

export interface TrainingConfig {
  dataset: string;
  model?: string;
  revision?: string | null;
  output?: string;
  preset?: string;
  train?: "all" | "projector" | "attention" | "dense" | "decoder" | "lora" | "lora_experts";
  router?: "frozen" | "balanced";
  router_aux_loss_coef?: number;
  lora_r?: number;
  lora_alpha?: number;
  lora_dropout?: number;
  prompt?: string;
  num_train_epochs?: number;
  max_steps?: number;
  per_device_train_batch_size?: number;
  per_device_eval_batch_size?: number;
  num_gpus?: number;
  gradient_accumulation_steps?: number;
  learning_rate?: number;
  weight_decay?: number;
  lr_scheduler_type?: "cosine" | "linear" | "constant" | "constant_with_warmup";
  warmup_ratio?: number;
  max_grad_norm?: number;
  bf16?: boolean;
  gradient_checkpointing?: boolean;
  max_length?: number;
  eval_steps?: number;
  num_eval_samples?: number;
  save_steps?: number;
  save_total_limit?: number;
  logging_steps?: number;
  seed?: number;
  optim?: "adamw_torch_fused" | "adamw_torch" | "adafactor";
  adam_beta2?: number;
  train_sampling_strategy?: "random" | "group_by_length";
  dataloader_num_workers?: number | null;
  max_eval_samples?: number;
  num_test_samples?: number | null;
  metric_for_best_model?: "eval_loss" | "rouge1" | "rouge2" | "rougeL" | "rougeLsum";
  load_best_model_at_end?: boolean;
  early_stopping_patience?: number | null;
  early_stopping_threshold?: number;
  no_repeat_ngram_size?: number;
  no_repeat_ngram_window_size?: number;
  report_to?: Array<"tensorboard" | "wandb" | "trackio">;
  auto_batch_size?: boolean;
  cache_features?: boolean;
  blank_pages?: boolean;
  reads?: "pages" | "text" | "whole_text";
  push_to_hub?: boolean;
  hub_model_id?: string | null;
  hub_private_repo?: boolean;
  overwrite?: boolean;
}

export interface TrainingPreset {
  name: string;
  title: string;
  memory_gb: number;
  values: Record<string, any>;
  reasons: Record<string, string>;
  effective_batch_size: number;
  estimate: MemoryEstimate;
}

export interface TrainingPresetList {
  presets: Array<TrainingPreset>;
  tiny: StartingValues;
}

export interface TwinDifference {
  settings: Record<string, string | number | boolean | null>;
  reads: "pages" | "text" | "whole_text";
  document_tokens: number | null;
  other_tokens: number | null;
  num_seeds: number;
  rouge_l: PairedDifference;
}

export interface Upload {
  path: string;
  name: string;
  size_bytes: number;
}

export interface UploadList {
  uploads: Array<Upload>;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: Record<string, any>;
}

export interface WarmModelConfig {
  prompt?: string | null;
  max_length?: number | null;
  per_device_eval_batch_size?: number;
  no_repeat_ngram_size?: number | null;
  no_repeat_ngram_window_size?: number | null;
  bf16?: boolean;
  model?: string;
  revision?: string | null;
  mode?: "micro" | "tiny" | "small" | "base" | "large" | null;
  max_waiting?: number;
  idle_timeout_s?: number;
  socket_folder?: string | null;
}
