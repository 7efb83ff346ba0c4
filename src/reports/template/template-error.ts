import { DrydockError } from '../../base/errors.ts';

/** What a template is called, and its text. */
export interface TemplateSource {
  readonly name: string;
  readonly text: string;
}

export type Fail = (at: number, message: string) => DrydockError;

/** Makes errors that say where they are: `report.tmpl:3:14: …`. */
export function failuresIn({ name, text }: TemplateSource): Fail {
  return (at, message) => new DrydockError('TEMPLATE_INVALID', `${name}:${placeOf(text, at)}: ${message}`);
}

/** Line and column, both from 1. */
function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const start = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let next = before.indexOf('\n'); next >= 0; next = before.indexOf('\n', next + 1)) line += 1;
  return `${line}:${at - start + 1}`;
}

/** A word of the template in a message. */
export function quoted(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
}
