import type { Config } from '../config/schema.ts';
import type { Environment } from '../config/environment.ts';

/** A stream of the process, as far as it matters how it looks. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

/** How a stream may be written to. Nobody else asks for terminals, widths and colours. */
export interface Look {
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Undefined where nothing limits it. */
  readonly width: number | undefined;
}

const USUAL_WIDTH = 80;

/** @see https://no-color.org */
export function lookOf(stream: TextStream, color: Config['color'], env: Environment): Look {
  const isTerminal = stream.isTTY === true;
  const isPlain = Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  return {
    isTerminal,
    color: color === 'always' || (color === 'auto' && isTerminal && !isPlain),
    width: isTerminal ? stream.columns || USUAL_WIDTH : undefined,
  };
}
