/** With these at its start a spreadsheet takes a cell for a formula and runs it. The wide ones count in some locales. */
const FORMULA = /^[\s\0-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * A value as a field. A text that a spreadsheet would run as a formula gets an apostrophe before it, which makes it a
 * text there: `@scope/name` becomes `'@scope/name`.
 */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = value.replace(/\0|\p{Cs}/gu, '\ufffd');
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
