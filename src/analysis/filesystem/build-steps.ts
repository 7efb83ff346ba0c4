import type { ImageConfig } from '../../model/image.ts';

/** An instruction of the Dockerfile, as far as the history tells. */
export interface BuildStep {
  readonly instruction: string;
  /** What stands behind it; of `RUN` the commands of the shell. */
  readonly text: string;
}

const MAX_STEPS = 1_000;
const MAX_STEP_CHARS = 64 << 10;
const NO_OPERATION = '#(nop)';
const KNOWN =
  /^(?:ADD|COPY|RUN|ENV|EXPOSE|USER|LABEL|MAINTAINER|CMD|ENTRYPOINT|WORKDIR|VOLUME|ARG|HEALTHCHECK|SHELL|STOPSIGNAL|ONBUILD)$/;

/** Instructions in the history, both as the classic builder (`#(nop)`) and as BuildKit write them. */
export function buildSteps({ history }: ImageConfig): BuildStep[] {
  return history.slice(0, MAX_STEPS).flatMap(({ created_by: text }) => {
    if (typeof text !== 'string' || text === '') return [];
    return [toStep(text.slice(0, MAX_STEP_CHARS).trim())];
  });
}

function toStep(text: string): BuildStep {
  const marker = text.slice(0, 200).indexOf(NO_OPERATION);
  const bare = marker < 0 ? text : text.slice(marker + NO_OPERATION.length).trimStart();
  const space = bare.search(/\s/);
  const word = space < 0 ? bare : bare.slice(0, space);
  if (!KNOWN.test(word)) return { instruction: 'RUN', text: shellText(text) };
  const rest = withoutEnd(bare.slice(word.length).trim());
  return { instruction: word, text: word === 'RUN' ? shellText(rest) : rest };
}

function withoutEnd(text: string): string {
  return text.endsWith('# buildkit') ? text.slice(0, -'# buildkit'.length).trimEnd() : text;
}

/** Behind build arguments (`|2 A=1 B=2 /bin/sh -c …`) and the shell. */
function shellText(text: string): string {
  for (const shell of ['/bin/sh -c ', '/bin/bash -c ', '/bin/ash -c ', '/bin/bash -o pipefail -c ']) {
    const at = text.indexOf(shell);
    if (at === 0 || (at > 0 && text.startsWith('|'))) return withoutEnd(text.slice(at + shell.length).trim());
  }
  return withoutEnd(text);
}

/** Commands of a shell text, each with those that its output goes to. Quotes are not understood: a heuristic. */
export function pipelinesIn(text: string): string[][] {
  return text
    .split(/&&|\|\||[;\n]/)
    .map((line) => line.split('|').map((command) => command.trim()))
    .filter(([first]) => first !== '');
}

/** The words of a command, without variables set for it. */
export function wordsOf(command: string): string[] {
  const words = command.split(/\s+/).filter((word) => word !== '' && word !== '(' && word !== '{');
  const start = words.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
  return start < 0 ? [] : words.slice(start);
}
