// SPDX-License-Identifier: Apache-2.0
// Invented, deterministic data for the gallery: a ten-class clothing model that confuses shirts.
import { seeded } from "@/base/random";
import type { ReliabilityBin } from "@/widgets/reliability";
import type { ThumbItem } from "@/widgets/thumb";

export const CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** Outline of each class on a 28 x 28 grid, as half widths per row. */
const SHAPES = [
  (y: number) => (y < 4 || y > 24 ? 0 : y < 11 ? 12 : 7),
  (y: number) => (y < 2 || y > 26 ? 0 : 5),
  (y: number) => (y < 3 || y > 25 ? 0 : y < 22 ? 12 : 7),
  (y: number) => (y < 2 || y > 26 ? 0 : 3 + y / 5),
  (y: number) => (y < 2 || y > 26 ? 0 : 11),
  (y: number) => (y < 15 || y > 20 ? 0 : 12),
  (y: number) => (y < 3 || y > 25 ? 0 : y < 13 ? 12 : 7),
  (y: number) => (y < 12 || y > 20 ? 0 : 12),
  (y: number) => (y < 8 || y > 24 ? 0 : 11),
  (y: number) => (y < 4 || y > 24 ? 0 : y < 15 ? 6 : 11),
];

const pictures = new Map<string, string>();

/** A picture of class `kind` as a data URL, `side` pixels square. */
export function picture(kind: number, seed: number, side = 28, colour = false): string {
  const key = `${kind}-${seed}-${side}-${colour}`;
  const known = pictures.get(key);
  if (known) return known;
  const random = seeded(seed * 31 + kind);
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (!context) return "";
  const image = context.createImageData(side, side);
  const base = 120 + random() * 110;
  const shape = SHAPES[kind % 10] ?? (() => 8);
  const tint = colour ? [1, 0.6 + random() * 0.4, 0.4 + random() * 0.5] : [1, 1, 1];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const half = shape((y / side) * 28);
      const inside = Math.abs((x / side) * 28 - 14) < half;
      const value = inside ? base + (random() - 0.5) * 46 + 20 * Math.sin(x * 0.8) : 0;
      image.data.set(
        [value * (tint[0] ?? 1), value * (tint[1] ?? 1), value * (tint[2] ?? 1), 255],
        (y * side + x) * 4,
      );
    }
  }
  context.putImageData(image, 0, 0);
  const url = canvas.toDataURL();
  pictures.set(key, url);
  return url;
}

/** Confusion counts of 10 classes. */
export function confusion(n = 10, seed = 7): number[] {
  const random = seeded(seed);
  const counts = new Array<number>(n * n).fill(0);
  const close: Record<string, number> = {
    "6-0": 141,
    "0-6": 96,
    "6-2": 74,
    "2-4": 71,
    "4-2": 88,
    "6-4": 62,
    "2-6": 58,
    "4-6": 49,
    "3-4": 26,
    "7-9": 21,
    "9-7": 38,
    "5-7": 19,
    "3-0": 22,
  };
  for (let row = 0; row < n; row += 1) {
    let left = n > 20 ? 50 : 1000;
    for (let col = 0; col < n; col += 1) {
      if (row === col) continue;
      const near = n > 20 ? Math.abs(row - col) < 4 || random() < 0.004 : false;
      const count =
        close[`${row}-${col}`] ??
        (n > 20 ? (near ? Math.floor(random() * 5) : 0) : Math.floor(random() * 4));
      counts[row * n + col] = count;
      left -= count;
    }
    counts[row * n + row] = Math.max(5, left);
  }
  return counts;
}

export function reliability(): ReliabilityBin[] {
  const random = seeded(3);
  return Array.from({ length: 15 }, (_, at) => {
    const [low, high] = [at / 15, (at + 1) / 15];
    const count = at < 3 ? 0 : Math.round(12 + 5200 * (at / 14) ** 9 + random() * 40);
    const confidence = (low + high) / 2 + 0.01;
    const accuracy = Math.max(
      0.05,
      confidence - 0.14 * Math.sin(at / 4.5) + (random() - 0.5) * 0.05,
    );
    const spread = 1.96 * Math.sqrt((accuracy * (1 - accuracy)) / Math.max(1, count));
    return {
      low,
      high,
      count,
      confidence,
      accuracy,
      accuracy_low: Math.max(0, accuracy - spread),
      accuracy_high: Math.min(1, accuracy + spread),
    };
  });
}

/** Sample number `row` of any number of samples. */
export function sample(
  row: number,
): ThumbItem & { label: string; prediction: string; confidence: number } {
  const random = seeded(row + 1);
  const kind = Math.floor(random() * 10);
  const wrong = random() < 0.09;
  const predicted = wrong ? ([6, 3, 4, 0, 2, 7, 0, 9, 2, 7][kind] ?? 0) : kind;
  const broken = row % 97 === 41;
  return {
    src: picture(kind, row % 40),
    name: `test/${String(row).padStart(6, "0")}.png`,
    width: 28,
    outcome: broken ? "broken" : wrong ? "wrong" : "right",
    label: CLASSES[kind] ?? "",
    prediction: CLASSES[predicted] ?? "",
    confidence: wrong ? 0.35 + random() * 0.6 : 1 - random() ** 3 * 0.5,
    error: broken ? "png ends after 812 of 2,114 bytes" : null,
  };
}

export function histogram(bins: number, shape: (at: number) => number, scale: number): number[] {
  const random = seeded(bins);
  return Array.from({ length: bins }, (_, at) =>
    Math.round(scale * shape(at / bins) * (0.85 + random() * 0.3)),
  );
}
