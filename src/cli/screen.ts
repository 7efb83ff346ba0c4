import type { Look, TextStream } from './terminal.ts';

type Tone = 'plain' | 'dim' | 'bad';

/** Standard error: lines that stay, and below them a block that is drawn over until it is cleared. */
export interface Screen {
  readonly look: Look;
  line(text: string, tone?: Tone): void;
  /** Replaces the block. Nothing happens where there is no terminal. */
  show(block: readonly string[]): void;
  clear(): void;
  /** From now on this text is never shown. */
  hide(secret: string): void;
}

const ESC = '\u001b[';
const CODES: Readonly<Record<Tone, string>> = { plain: '', dim: `${ESC}2m`, bad: `${ESC}31m` };
const SECRET_CHARS_MIN = 4;

export function openScreen(stream: TextStream, look: Look): Screen {
  const secrets: string[] = [];
  let shown = 0;

  /** Text may come from a hostile registry or image: it must not steer the terminal. */
  function harmless(text: string): string {
    const open = secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);

    return open.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  }

  function clear(): void {
    if (shown > 0) stream.write(`${ESC}${shown}A\r${ESC}J`);
    shown = 0;
  }

  return {
    look,
    line(text, tone = 'plain') {
      clear();
      const code = look.color ? CODES[tone] : '';
      stream.write(`${code}${harmless(text)}${code && `${ESC}0m`}\n`);
    },
    show(block) {
      if (!look.isTerminal) return;
      clear();
      const width = (look.width ?? 80) - 1;
      for (const text of block) stream.write(`${harmless(text).slice(0, width)}\n`);
      shown = block.length;
    },
    clear,
    hide(secret) {
      if (secret.length >= SECRET_CHARS_MIN) secrets.push(secret);
    },
  };
}
