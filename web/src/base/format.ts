// SPDX-License-Identifier: Apache-2.0
// Numbers, sizes, times and names as text. Invariant: output is locale-independent and made for
// tabular figures, so columns line up and tests can compare. A missing value is always an en dash.

export const NONE = "–";
const THIN = "\u2009";
const MINUS = "\u2212";

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** 1234567 -> "1,234,567". */
export function fmtInt(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const text = grouped(Math.abs(Math.round(value)).toString());
  return value < 0 && text !== "0" ? MINUS + text : text;
}

/** 1234567 -> "1.23M", for places too small for all digits. */
export function fmtCompact(value: number): string {
  const size = Math.abs(value);
  for (const [unit, name] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (size >= unit) return fmtReal(value / unit, 3) + name;
  }
  return Number.isInteger(value) ? fmtInt(value) : fmtReal(value, 3);
}

/** A real number with `digits` significant digits: 0.012345 -> "0.0123"; exponents when extreme. */
export function fmtReal(value: number | null | undefined, digits = 4): string {
  if (value == null || Number.isNaN(value)) return NONE;
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : MINUS + "∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    return value
      .toExponential(Math.max(0, digits - 2))
      .replace("e+", "e")
      .replace(/-/g, MINUS);
  }
  const whole = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
  const small = size > 0 && size < 1 ? -Math.floor(Math.log10(size)) - 1 : 0;
  const places = Math.max(0, Math.min(8, size < 1 ? digits + small : digits - whole));
  const [integer = "0", fraction] = size.toFixed(places).split(".");
  const body = grouped(integer) + (fraction ? "." + fraction : "");
  return value < 0 ? MINUS + body : body;
}

/** A round number as short as it can be, for axis ticks: 0.2 -> "0.2", 5000 -> "5k". */
export function fmtTick(value: number): string {
  if (Math.abs(value) >= 10_000) return fmtCompact(value).replace(/\.0+(?=[kMG])/, "");
  return fmtReal(value, 6)
    .replace(/(\.\d*?)0+(?=$|e)/, "$1")
    .replace(/\.(?=$|e)/, "");
}

/** With a fixed number of decimals, so a column lines up: 3 -> "3.00". */
export function fmtFixed(value: number | null | undefined, places: number): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const [integer = "0", fraction] = Math.abs(value).toFixed(places).split(".");
  const body = grouped(integer) + (fraction ? "." + fraction : "");
  return value < 0 && Number(body.replace(/,/g, "")) !== 0 ? MINUS + body : body;
}

/**
 * A share of one as percent: 0.9234 -> "92.3%". Never rounds to 100% or 0% what is not exactly so.
 */
export function fmtPercent(value: number | null | undefined, places = 1): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const step = 10 ** -places;
  const percent = value * 100;
  if (value < 1 && percent > 100 - step / 2) return `>${(100 - step).toFixed(places)}%`;
  if (value > 0 && percent < step / 2) return `<${step.toFixed(places)}%`;
  return fmtFixed(percent, places) + "%";
}

/** "0.918–0.929"; "−0.043 to −0.035" where a dash would stand beside a minus. */
export function fmtInterval(low: number, high: number, places: number): string {
  return fmtFixed(low, places) + (low < 0 || high < 0 ? " to " : "–") + fmtFixed(high, places);
}

/** "91.8–92.9%", the interval of a share. */
export function fmtPercentInterval(low: number, high: number, places = 1): string {
  return `${fmtFixed(low * 100, places)}–${fmtFixed(high * 100, places)}%`;
}

/** With its sign always shown: "+0.3", "−1.2", "±0". */
export function fmtSigned(value: number, places = 1): string {
  const text = fmtFixed(Math.abs(value), places);
  if (Number(text.replace(/,/g, "")) === 0) return "±" + text;
  return (value > 0 ? "+" : MINUS) + text;
}

/** 1536 -> "1.50 KiB". */
export function fmtBytes(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let size = value;
  while (size >= 1024 && at < names.length - 1) {
    size /= 1024;
    at += 1;
  }
  return `${at === 0 ? fmtInt(size) : fmtReal(size, 3)}${THIN}${names[at] ?? ""}`;
}

/** Milliseconds in words: "0.42 ms", "3.1 s", "2 min 05 s", "3 h 07 min". */
export function fmtDuration(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms)) return NONE;
  if (ms < 1000) return `${fmtReal(ms, ms < 10 ? 2 : 3)}${THIN}ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${fmtReal(seconds, seconds < 10 ? 2 : 3)}${THIN}s`;
  const whole = Math.round(seconds);
  const pad = (part: number) => part.toString().padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}${THIN}min ${pad(whole % 60)}${THIN}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${THIN}h ${pad(minutes % 60)}${THIN}min`;
}

/** "2026-03-04 17:05:09" in local time, or UTC when asked (tests). */
export function fmtTime(ms: number, utc = false): string {
  const date = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  return Number.isNaN(date.getTime()) ? NONE : date.toISOString().slice(0, 19).replace("T", " ");
}

/** "just now", "5 min ago", "3 days ago"; beyond a month, the date. */
export function fmtAgo(ms: number, now: number): string {
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 45) return "just now";
  if (seconds < 3570) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  const days = Math.round(seconds / 86_400);
  return days < 31 ? plural(days, "day") + " ago" : fmtTime(ms).slice(0, 10);
}

/** plural(1, "sample") -> "1 sample"; plural(2, "class", "classes") -> "2 classes". */
export function plural(count: number, one: string, many = one + "s"): string {
  return `${fmtInt(count)} ${count === 1 ? one : many}`;
}

/** A content key cut for the eye: "sha256:9f86d081…". The whole key belongs in the title. */
export function fmtKey(key: string, digits = 8): string {
  const colon = key.indexOf(":");
  return key.length - colon - 1 <= digits ? key : key.slice(0, colon + 1 + digits) + "…";
}

/** Names from outside, with control characters and direction overrides made visible. */
export function fmtName(name: string): string {
  return name.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => {
      const code = char.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
    },
  );
}
