/**
 * What `LABEL` and `ENV` instructions set, keys in lower case, the last one winning. Variables that an earlier `ENV`
 * or `ARG` of the same file set are put in their place. Linear in the length of the text.
 *
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfileLabels(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const variables = new Map<string, string>();
  for (const line of instructionsOf(text)) {
    const instruction = /^\s*(label|env|arg)\s/i.exec(line.slice(0, 100));
    if (!instruction) continue;
    const kind = instruction[1]?.toLowerCase();
    for (const [key, raw] of pairsOf(line.slice(instruction[0].length))) {
      const value = expand(raw, variables);
      if (kind !== 'label') variables.set(key, value);
      if (kind !== 'arg') values.set(key.toLowerCase(), value);
    }
  }
  return values;
}

/** Continued lines are one instruction; comments between them are none. */
function* instructionsOf(text: string): Generator<string> {
  let parts: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trimStart().startsWith('#')) continue;
    const end = line.trimEnd();
    if (end.endsWith('\\')) {
      parts.push(end.slice(0, -1));
      continue;
    }
    parts.push(end);
    yield parts.join(' ');
    parts = [];
  }
  yield parts.join(' ');
}

const MAX_WORD_CHARS = 500;

/** `key=value` words, either side in quotes or not; the old form `key value` for a single pair. */
function* pairsOf(text: string): Generator<readonly [key: string, value: string]> {
  const words = wordsOf(text);
  const [first, second] = words;
  if (first?.equals === -1 && second) yield [first.text, second.text];
  for (const { text: word, equals } of words) {
    if (equals > 0) yield [word.slice(0, equals), word.slice(equals + 1)];
  }
}

interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** Where its first equals sign outside quotes stands, or -1. */
  readonly equals: number;
}

function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  let text = '';
  let equals = -1;
  let quote = '';
  let isWord = false;
  const end = (): void => {
    if (isWord) words.push({ text: text.slice(0, MAX_WORD_CHARS), equals });
    [text, equals, isWord] = ['', -1, false];
  };
  for (let at = 0; at < line.length; at++) {
    let char = line.charAt(at);
    if (quote === '' && (char === ' ' || char === '\t')) {
      end();
      continue;
    }
    isWord = true;
    if (char === quote) {
      quote = '';
      continue;
    }
    if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      continue;
    }
    if (char === '\\' && quote !== "'" && at + 1 < line.length) char = line.charAt(++at);
    else if (char === '=' && quote === '' && equals < 0) equals = text.length;
    text += char;
  }
  end();
  return words;
}

function expand(value: string, variables: ReadonlyMap<string, string>): string {
  const expanded = value.replace(
    /\$(?:\{(\w{1,100})\}|(\w{1,100}))/g,
    (whole, braced?: string, bare?: string) => {
      return variables.get(braced ?? bare ?? '') ?? whole;
    },
  );
  return expanded.slice(0, MAX_WORD_CHARS);
}
