/** With these at its start a spreadsheet takes a cell for a formula and runs it. The wide ones count in some locales. */
const FORMULA = /^[\s\0-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
/** Where semicolons or tabs part cells, as in many countries, quotes amid a line count for nothing and a cell begins here. */
const FORMULA_WITHIN = /([;\t\r\n][ \t\r\n]{0,20})(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;
/** A terminal would obey them. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\p{Cs}/gu;

/**
 * A value as a field. A text that a spreadsheet would run as a formula gets an apostrophe before it, which makes it a
 * text there: `@scope/name` becomes `'@scope/name`.
 */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = value.replace(CONTROL, '\ufffd').replace(FORMULA_WITHIN, "$1'");
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
