// SPDX-License-Identifier: Apache-2.0
// An invented workspace for the shell's gallery page: two models of ten classes of clothing (or of
// many classes), answered in the shapes of gen/ops.ts. Invariant: its numbers agree with each other.
import { seeded } from "@/base/random";
import type {
  Class,
  Class2,
  Confusion,
  Curve,
  EqualWidth,
  Finding,
  Job,
  Journal,
  Metric,
  Model,
  Operations,
  Run,
  Sample,
} from "@/gen/ops";
import { CLASSES, confusion, reliability } from "./data";

type Result<Name extends keyof Operations> = Operations[Name]["result"];

const wilson = (k: number, n: number): [number, number] => {
  if (n === 0) return [0, 1];
  const z = 1.96;
  const centre = (k + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt((k * (n - k)) / n + (z * z) / 4);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
};

export const namesOf = (n: number): readonly string[] =>
  n === 10 ? CLASSES : Array.from({ length: n }, (_, at) => `class ${at}`);

export function makeRun(id: string, version: string, n: number): Run {
  const cells = confusion(n, id === "r2" ? 7 : 9);
  const right = cells.reduce((sum, k, at) => sum + (Math.floor(at / n) === at % n ? k : 0), 0);
  const samples = cells.reduce((sum, k) => sum + k, 0);
  const [low, high] = wilson(right, samples);
  return {
    id,
    name: `fashion ${version}`,
    model: "m" + id.slice(1),
    model_name: `${version}.onnx`,
    version: "v1",
    dataset: "d1",
    dataset_name: "fashion-mnist test",
    state: "done",
    created: "2026-03-04T17:05:09Z",
    samples: samples + 3,
    scored: samples,
    broken: 3,
    unlabelled: 0,
    accuracy: right / samples,
    accuracy_low: low,
    accuracy_high: high,
    seconds: 5.4,
    samples_per_s: samples / 5.4,
    batch: 64,
    threads: 8,
    provider: "CPUExecutionProvider",
    scores: "logits: rows do not sum to one",
    pipeline: ["decode pillow", "grey", "scale 1/255", "normalise 0.2860 / 0.3530", "NCHW float32"],
    pipeline_source: "metadata of the model",
    guessed: id === "r1",
    evidence: [
      "one input channel: grey",
      "28 x 28 as the input's shape says; the images are 28 x 28, nothing is resized",
      "float32 input without declared scaling: 0..1 scored best of 6",
    ],
    journal: "j7",
  };
}

function makeClasses(n: number, cells: readonly number[]): Class[] {
  const names = namesOf(n);
  return names.map((name, index) => {
    const support = names.reduce((sum, _, col) => sum + (cells[index * n + col] ?? 0), 0);
    const predicted = names.reduce((sum, _, row) => sum + (cells[row * n + index] ?? 0), 0);
    const correct = cells[index * n + index] ?? 0;
    const recall = correct / support;
    const precision = correct / predicted;
    const [recall_low, recall_high] = wilson(correct, support);
    const [precision_low, precision_high] = wilson(correct, predicted);
    const gap = 0.02 + (1 - precision) * 0.3 - 0.03 * (index % 3);
    return {
      index,
      name,
      support,
      predicted,
      correct,
      recall,
      recall_low,
      recall_high,
      precision,
      precision_low,
      precision_high,
      f1: (2 * precision * recall) / (precision + recall),
      f1_low: (2 * precision_low * recall_low) / (precision_low + recall_low),
      f1_high: (2 * precision_high * recall_high) / (precision_high + recall_high),
      average_precision: precision * 0.6 + 0.39,
      auroc: 0.9 + recall * 0.0995,
      confidence: precision + gap,
      gap,
      calibration: gap > 0.05 ? ("over" as const) : ("ok" as const),
    };
  });
}

const metric = (
  name: string,
  title: string,
  group: string,
  value: number,
  spread: number,
  better = true,
): Metric => ({
  name,
  title,
  help: `${title}: definition, range and source of it stand here; 0 to 1.`,
  group,
  value,
  low: value - spread,
  high: value + spread,
  n: 10000,
  higher_is_better: better,
  where: ["outcome=wrong"],
  sort: "-loss",
});

function makeMetrics(accuracy: number): Metric[] {
  return [
    metric("accuracy", "Accuracy", "agreement", accuracy, 0.0058),
    metric("top5", "Top-5 accuracy", "agreement", 0.9989, 0.0006),
    metric("balanced_accuracy", "Balanced accuracy", "agreement", accuracy, 0.0056),
    metric("precision_macro", "Precision, macro", "agreement", accuracy + 0.001, 0.0057),
    metric("recall_macro", "Recall, macro", "agreement", accuracy, 0.0056),
    metric("f1_macro", "F1, macro", "agreement", accuracy - 0.0004, 0.0058),
    metric("kappa", "Cohen's kappa", "agreement", accuracy - 0.01, 0.0064),
    metric("mcc", "Matthews correlation", "agreement", accuracy - 0.0101, 0.0064),
    metric("auroc", "AUROC, one against rest", "ranking", 0.9952, 0.0006),
    metric("auroc_micro", "AUROC, micro", "ranking", 0.9961, 0.0005),
    metric("average_precision", "Average precision", "ranking", 0.9671, 0.0031),
    metric("log_loss", "Log loss", "probability", 0.2541, 0.0132, false),
    metric("brier", "Brier score", "probability", 0.1352, 0.0071, false),
    metric("ece", "ECE, equal width", "calibration", 0.0312, 0.0048, false),
    metric("ece_mass", "ECE, equal mass", "calibration", 0.0309, 0.0049, false),
    metric("mce", "MCE", "calibration", 0.1813, 0.062, false),
    metric("mean_confidence", "Mean confidence", "calibration", accuracy + 0.03, 0.002),
    metric("overconfidence", "Over-confidence", "calibration", 0.0305, 0.005),
    metric("confidence_auroc", "AUROC of confidence", "calibration", 0.9021, 0.0082),
    metric("temperature", "Temperature", "calibration", 1.432, 0.04),
    metric("ece_after", "ECE after temperature", "calibration", 0.0061, 0.002, false),
  ];
}

function curve(kind: "roc" | "pr", title: string, bend: number): Curve {
  const x = Array.from({ length: 64 }, (_, at) => (at / 63) ** 2);
  const y = x.map((value) => (kind === "roc" ? value ** bend : 1 - value ** (1 / bend)));
  return { kind, title, area: 1 - bend / 4, x, y, threshold: x.map((value) => 1 - value) };
}

const finding = (
  id: string,
  severity: Finding["severity"],
  title: string,
  text: string,
  advice: string,
  errors: number,
  where: readonly string[],
): Finding => ({
  id,
  kind: id,
  severity,
  title,
  text,
  advice,
  errors,
  samples: errors || 40,
  share: errors / 985,
  where,
  sort: "-confidence",
  evidence: [
    { group: "counts", name: "errors", value: String(errors), journal: "j7" },
    { group: "counts", name: "labelled", value: "10000", journal: "j3" },
  ],
});

const FINDINGS: readonly Finding[] = [
  finding(
    "pipeline",
    "error",
    "another pipeline scores 90.7 % where this one scores 86.0 %",
    "Normalising with the training mean scores better. Tried on 512 labelled samples, corrected p = 2.1e-08.",
    "Check how the model was trained, correct its declared pipeline and evaluate again.",
    470,
    ["outcome=wrong"],
  ),
  finding(
    "weak",
    "warning",
    '"Shirt" is found in 71.9 % of cases',
    '281 of the 1000 samples labelled "Shirt" are wrong, recall 0.719 [0.690, 0.746]; the others together have 0.929.',
    "Look at its errors first; more or cleaner training images of this class would pay most.",
    281,
    ["outcome=wrong", "label=Shirt"],
  ),
  finding(
    "confident",
    "warning",
    "204 mistakes are made with at least 90 % confidence",
    'They are 20.7 % of all errors. The most confident is 99.98 % sure of "Sneaker".',
    "Wrong labels gather among them: look at these first.",
    204,
    ["outcome=wrong", "confidence>=0.9"],
  ),
  finding(
    "confused",
    "warning",
    '"Shirt" is taken for "T-shirt/top" 141 times',
    '14.1 % of the 1000 samples labelled "Shirt" are predicted as "T-shirt/top": 14.3 % of all errors. The other way round it happens 96 times, so the confusion has a direction (p = 0.0042).',
    "Compare the two groups side by side; if people confuse them too, check the labelling rule.",
    141,
    ["label=Shirt", "pred=T-shirt/top"],
  ),
  finding(
    "calibration",
    "info",
    "the model is over-confident: it says 93.7 % and is right 90.7 % of the time",
    "Expected calibration error 0.0312 [0.0266, 0.0361] with 15 bins of equal width.",
    "Dividing the logits by 1.432 would lower the error to 0.0061 and changes no decision.",
    0,
    ["outcome=wrong"],
  ),
  finding(
    "broken",
    "error",
    "3 files do not decode",
    "3 of 10003 samples have no prediction because their file is damaged, gone or not an image; each carries its reason.",
    "Repair or remove them; a deployed model meets such files too.",
    0,
    ["outcome=broken"],
  ),
];

const bins = (): EqualWidth[] => reliability();

export function makeReport(run: Run, n: number): Result<"report"> {
  const cells = confusion(n, run.id === "r2" ? 7 : 9);
  const list: Confusion[] = cells
    .map((count, at) => ({ label: Math.floor(at / n), pred: at % n, count }))
    .filter((cell) => cell.count > 0);
  const accuracy = run.accuracy ?? 0;
  return {
    accuracy,
    accuracy_interval: [run.accuracy_low ?? 0, run.accuracy_high ?? 1],
    run,
    dataset: {
      id: "d1",
      name: "fashion-mnist test",
      version: "v1",
      format: "idx",
      source: "/data/fashion/t10k-images-idx3-ubyte.gz",
      created: run.created,
      journal: "j3",
      versions: 1,
      samples: run.samples,
      labelled: run.samples,
      broken: 3,
      duplicates: 2,
      added: run.samples,
      removed: 0,
      relabelled: 0,
      moved: 0,
      classes: namesOf(n),
    },
    model: makeModel(run.id === "r2" ? "m2" : "m1", n),
    classes_count: n,
    errors: Math.round(run.scored * (1 - accuracy)),
    class_names: namesOf(n),
    metrics: makeMetrics(accuracy),
    classes: makeClasses(n, cells),
    confusion: list,
    calibration: {
      ece_width: 0.0312,
      ece_mass: 0.0309,
      mce: 0.1813,
      brier: 0.1352,
      log_loss: 0.2541,
      confidence_auroc: 0.9021,
      temperature: 1.432,
      ece_width_after: 0.0061,
      log_loss_after: 0.2317,
      equal_width: bins(),
      equal_mass: bins(),
      over_confident: ["Shirt", "Pullover", "Coat"],
      under_confident: [],
    },
    curves: [curve("roc", "micro average", 0.06), curve("pr", "micro average", 0.12)],
    findings: FINDINGS,
    alternatives: run.guessed
      ? [
          {
            title: "as guessed",
            pipeline: run.pipeline,
            accuracy: 0.861,
            p_value: null,
            samples: 512,
            significant: false,
            used: true,
          },
          {
            title: "mean and deviation of the training images",
            pipeline: [...run.pipeline, "normalise 0.5 / 0.5"],
            accuracy: 0.907,
            p_value: 2.1e-8,
            samples: 512,
            significant: true,
            used: false,
          },
          {
            title: "inverted",
            pipeline: ["invert"],
            accuracy: 0.212,
            p_value: 1,
            samples: 512,
            significant: false,
            used: false,
          },
        ]
      : [],
    notes: [
      "2 samples have the bytes of an earlier one and are counted like any other.",
      "The interval of accuracy is Wilson's; the others come from 1000 bootstrap resamples, seed 1.",
    ],
    html: null,
  };
}

export function makeModel(id: string, n: number): Model {
  const version = id === "m2" ? "v2" : "v1";
  return {
    id,
    name: `${version}.onnx`,
    path: `/data/examples/fashion/${version}.onnx`,
    key: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    created: "2026-03-04T17:04:55Z",
    journal: "j5",
    size_bytes: 712_344,
    version,
    epoch: id === "m2" ? "24" : "3",
    producer: "pytorch 2.9.1",
    opset: "ai.onnx 17",
    ir_version: 8,
    parameters: 174_970,
    nodes: 61,
    hyperparameters: [
      { name: "optimizer", value: "sgd" },
      { name: "learning_rate", value: "0.1" },
      { name: "momentum", value: "0.9" },
      { name: "weight_decay", value: "0.0005" },
      { name: "batch_size", value: "128" },
      { name: "schedule", value: "cosine" },
    ],
    metadata: [
      {
        name: "slitlamp.pipeline",
        value: '[{"decode":"pillow"},{"grey":{}},{"scale":0.00392157}]',
      },
      { name: "slitlamp.classes", value: JSON.stringify(CLASSES) },
      { name: "version", value: version },
      { name: "trained_on", value: "Fashion-MNIST train, 60000 images" },
    ],
    operators: [
      { name: "Conv", count: 21 },
      { name: "Relu", count: 19 },
      { name: "Add", count: 9 },
      { name: "GlobalAveragePool", count: 1 },
      { name: "Flatten", count: 1 },
      { name: "Gemm", count: 1 },
    ],
    inputs: [{ name: "image", dtype: "float32", shape: "batch x 1 x 28 x 28" }],
    outputs: [{ name: "logits", dtype: "float32", shape: `batch x ${n}` }],
    classes: namesOf(n),
    pipeline: ["decode pillow", "grey", "scale 1/255", "normalise 0.2860 / 0.3530", "NCHW float32"],
    pipeline_source: "metadata of the model",
    scores: "logits",
  };
}

/** Sample of row `row`; its image key says which picture the gallery draws. */
export function makeSample(row: number, wrong: boolean): Sample {
  const random = seeded(row + 1);
  const kind = Math.floor(random() * 10);
  const other = [6, 3, 4, 0, 2, 7, 0, 9, 2, 7][kind] ?? 0;
  const confidence = wrong ? 1 - row * 0.0021 : 1 - random() ** 3 * 0.4;
  return {
    row,
    sample: `s${row + 1}`,
    name: `test/${String(row).padStart(6, "0")}.png`,
    label: CLASSES[kind] ?? "",
    pred: CLASSES[wrong ? other : kind] ?? "",
    image: `${kind}.${row % 40}`,
    split: "test",
    error: null,
    other_pred: CLASSES[wrong ? kind : other] ?? "",
    outcome: wrong ? "wrong" : "right",
    other_outcome: wrong ? "right" : "wrong",
    width: 28,
    height: 28,
    confidence,
    entropy: 0.2,
    margin: 0.5,
    loss: 2.1,
    other_confidence: 0.9 - row * 0.003,
  };
}

export function makeCompare(a: Run, b: Run, n: number): Result<"compare"> {
  const random = seeded(5);
  const classes: Class2[] = namesOf(n)
    .map((name) => {
      const fixed = Math.floor(random() * 60);
      const broken = Math.floor(random() * 30);
      const accuracy_a = 0.7 + random() * 0.25;
      return {
        name,
        support: 1000,
        accuracy_a,
        accuracy_b: accuracy_a + (fixed - broken) / 1000,
        difference: (fixed - broken) / 1000,
        fixed,
        broken,
      };
    })
    .sort((x, y) => x.difference - y.difference);
  const sum = (of: (row: Class2) => number) => classes.reduce((all, row) => all + of(row), 0);
  const [fixed, broken] = [sum((row) => row.fixed), sum((row) => row.broken)];
  const both_wrong = 640;
  const both_right = a.scored - fixed - broken - both_wrong;
  const edges = Array.from({ length: 21 }, (_, at) => at / 20);
  const hist = (power: number) =>
    edges.slice(1).map((x) => Math.round(4200 * x ** power + 40 * random()));
  return {
    a,
    b,
    paired: a.scored,
    unpaired: 0,
    fixed,
    broken,
    both_right,
    both_wrong,
    accuracy_a: (both_right + broken) / a.scored,
    accuracy_b: (both_right + fixed) / a.scored,
    difference: (fixed - broken) / a.scored,
    low: (fixed - broken) / a.scored - 0.0041,
    high: (fixed - broken) / a.scored + 0.0041,
    p_value: 3.1e-9,
    verdict: `r2 is better: it fixes ${fixed} samples and breaks ${broken}, beyond noise (p = 3.1e-09).`,
    classes,
    confidence_edges: edges,
    confidence_a: hist(7),
    confidence_b: hist(11),
  };
}

export function makeJournal(id: number): Journal {
  const ops = ["eval", "report", "import", "export", "compare", "predictions"];
  const op = ops[id % ops.length] ?? "eval";
  const failed = id % 11 === 4;
  return {
    id: `j${id}`,
    op,
    status: id === 40 ? "running" : failed ? "SL_E_NOT_FOUND" : "ok",
    started: new Date(Date.UTC(2026, 2, 4, 17, 0, id)).toISOString(),
    params: JSON.stringify(
      op === "eval"
        ? { model: "examples/fashion/v2.onnx", dataset: "d1", batch: 64, search: "auto" }
        : { data: ["/data/images"], name: "street", where: ["outcome=wrong", "label=Shirt"] },
    ),
    error: failed ? 'no run "r9"' : null,
    parent: id % 5 === 1 ? `j${id - 1}` : null,
    version: "0.1.0",
    seconds: op === "eval" ? 5.4 : 0.012 * (id % 7),
    reads: ["m1", "v1"],
    writes: op === "eval" ? ["r2"] : [],
  };
}

export const JOBS: readonly Job[] = [
  {
    id: "b2",
    op: "eval",
    state: "running",
    message: "inference",
    created: "2026-03-04T17:20:00Z",
    finished: null,
    error: null,
    params: '{"model":"m1","dataset":"d1"}',
    done: 4200,
    total: 10000,
  },
  {
    id: "b1",
    op: "import",
    state: "interrupted",
    message: "hashing",
    created: "2026-03-04T17:00:00Z",
    finished: "2026-03-04T17:01:00Z",
    error: null,
    params: '{"data":["/data/images"]}',
    done: 31000,
    total: 60000,
  },
];

const EMPTY = {
  workspace: "/data/work",
  total: 0,
  samples: [],
  runs: [],
  datasets: [],
  models: [],
  journal: [],
  jobs: [],
};
const CALLS = 40;

/** What the stand-in answers; null for what it does not know. */
export function answerOp(
  op: string,
  params: Readonly<Record<string, unknown>>,
  n: number,
): unknown {
  const all = [makeRun("r2", "v2", n), makeRun("r1", "v1", n)];
  const run = (id: unknown) => all.find((one) => one.id === id) ?? makeRun("r2", "v2", n);
  const offset = Number(params.offset ?? 0);
  const limit = Number(params.limit ?? 50);
  const where = Array.isArray(params.where) ? params.where.map(String) : [];
  switch (op) {
    case "ls":
      return {
        ...EMPTY,
        total: params.what === "journal" ? CALLS : 2,
        runs: params.what === "runs" ? all : [],
        datasets: params.what === "datasets" ? [makeReport(run("r2"), n).dataset] : [],
        models: params.what === "models" ? [makeModel("m2", n), makeModel("m1", n)] : [],
        jobs: params.what === "jobs" ? JOBS : [],
        journal:
          params.what === "journal"
            ? Array.from({ length: Math.min(limit, CALLS - offset) }, (_, at) =>
                makeJournal(CALLS - offset - at),
              )
            : [],
      };
    case "report":
      return makeReport(run(params.run), n);
    case "compare":
      return makeCompare(run(params.a), run(params.b), n);
    case "curves":
      return {
        curves: (params.classes as string[]).flatMap((name, at) => [
          curve("roc", name, 0.1 + at * 0.05),
          curve("pr", name, 0.2 + at * 0.05),
        ]),
      };
    case "view": {
      const wrong = !where.some((clause) => clause === "change=fixed");
      const start = where.join("").length * 13;
      return {
        total: 10003,
        matched: 900,
        errors: 900,
        scored: 900,
        run: "r2",
        version: "v1",
        samples: Array.from({ length: limit }, (_, at) => makeSample(start + at, wrong)),
      };
    }
    default:
      return null;
  }
}
