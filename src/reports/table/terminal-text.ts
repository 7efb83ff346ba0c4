/** Characters that move the cursor, change the order of text or hide it: shown as what they are, not obeyed. */
const DANGEROUS =
  /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** Untrusted text made safe to print on a terminal: on one line, without escapes. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(DANGEROUS, '\ufffd');
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ASCII = /^[\x20-\x7e]*$/;

/** How many columns a text takes. @see Unicode Standard Annex 11 */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += /\p{Mn}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

/** Cut to a number of columns, the cut shown by an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const char of text) {
    width += widthOf(char);
    if (width > columns - 1) break;
    kept += char;
  }
  return `${kept.trimEnd()}…`;
}

export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** Broken at spaces into lines of at most so many columns; a longer word is cut, and so is what is too much. */
export function wrapTo(text: string, columns: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = cutTo(word, columns);
    if (lines.length === maxLines) break;
  }
  if (lines.length < maxLines) lines.push(line);
  else lines[maxLines - 1] = cutTo(`${lines[maxLines - 1] ?? ''} …`, columns);
  return lines;
}
