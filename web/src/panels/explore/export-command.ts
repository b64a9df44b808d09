// SPDX-License-Identifier: Apache-2.0
// The view as a command line that exports it. Invariant: pasted into a POSIX shell the command
// means exactly the view on screen, whatever characters names hold.

const PLAIN = /^[A-Za-z0-9_/.,:=@%+-]+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

const escapeControl = (char: string): string => {
  const named: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };
  return named[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
};

/** One argument, quoted where the shell would read more than text. */
export function quoteShell(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!CONTROL.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const body = text.replace(/[\\']/g, "\\$&").replace(/[\u0000-\u001f\u007f]/g, escapeControl);
  return `$'${body}'`;
}

export interface ExportChoice {
  readonly to: string;
  readonly what: "images" | "predictions";
  readonly group: "flat" | "label" | "pred" | "confusion";
  readonly run: string;
  readonly other: string;
  readonly where: readonly string[];
  readonly sort: string;
  /** Absolute path of the workspace; empty while it is not known. */
  readonly workspace: string;
}

/** `slitlamp export ...` for a view. */
export function exportCommand(choice: ExportChoice): string {
  const grouped = choice.what === "images" && choice.group !== "flat";
  const option = (name: string, value: string) => (value ? [`--${name}`, quoteShell(value)] : []);
  // "--sort=-loss": a value that starts with a dash must not stand alone.
  const sort = choice.sort ? [`--sort=${quoteShell(choice.sort)}`] : [];
  return [
    "slitlamp export",
    quoteShell(choice.to || "DIR"),
    `--what ${choice.what}`,
    ...option("run", choice.run),
    ...option("other", choice.other),
    ...choice.where.flatMap((clause) => option("where", clause)),
    ...sort,
    ...option("workspace", choice.workspace),
    ...(grouped ? [`--group ${choice.group}`] : []),
  ].join(" ");
}
