import { describe, expect, test } from 'vitest';
import { databaseProgress, layerDone, layerProgress } from '../base/channels.ts';
import { DrydockError } from '../base/errors.ts';
import { errorDetails, errorLine, exitCodeOf } from './print-error.ts';
import { showProgress } from './progress.ts';
import { openScreen, type Screen } from './screen.ts';
import { lookOf } from './terminal.ts';

function open(look: Partial<Screen['look']> = {}): { screen: Screen; text: () => string } {
  let written = '';
  const stream = { write: (text: string) => ((written += text), true) };
  const screen = openScreen(stream, { isTerminal: false, color: false, width: undefined, ...look });
  return { screen, text: () => written };
}

describe('lines', () => {
  test('text from outside cannot steer the terminal', () => {
    const { screen, text } = open({ isTerminal: true, color: true });
    screen.line('a\u001b[2J\nb\u009bc\u202ed');
    expect(text()).toBe('a [2J b c d\n');
  });

  test('a secret is never shown', () => {
    const { screen, text } = open();
    screen.hide('s3cret-token');
    screen.line('sent s3cret-token to x');
    expect(text()).toBe('sent *** to x\n');
  });
});

describe('progress', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;

  test('is drawn on a terminal, cut to its width, and gone at the end', () => {
    const { screen, text } = open({ isTerminal: true, width: 40 });
    let time = 0;
    using _ = showProgress(screen, () => (time += 100));
    layerProgress.publish({ digest, readBytes: 5e6, sizeBytes: 10e6 });
    expect(text()).toMatch(/^abababababab {2}━{14}─{11}\n$/);
    databaseProgress.publish({ source: 'trivy-db', receivedBytes: 1, totalBytes: 2, done: false });
    expect(text()).toContain('database');
    layerDone.publish({ digest, sizeBytes: 10e6, cached: false });
    databaseProgress.publish({ source: 'trivy-db', receivedBytes: 2, totalBytes: 2, done: true });
    expect(text()).toMatch(/\u001b\[1A\r\u001b\[J$/);
  });

  test('is not drawn again and again for every piece', () => {
    const { screen, text } = open({ isTerminal: true, width: 80 });
    using _ = showProgress(screen, () => 1000);
    for (let i = 0; i < 100; i++) layerProgress.publish({ digest, readBytes: i, sizeBytes: 100 });
    expect(text().split('\n')).toHaveLength(2);
  });

  test('is silent in a pipe', () => {
    const { screen, text } = open();
    using _ = showProgress(screen);
    layerProgress.publish({ digest, readBytes: 5, sizeBytes: 10 });
    expect(text()).toBe('');
  });
});

test.each([
  [{ isTTY: true, columns: 100 }, 'auto', {}, { isTerminal: true, color: true, width: 100 }],
  [{ isTTY: true }, 'auto', { NO_COLOR: '1' }, { isTerminal: true, color: false, width: 80 }],
  [{ isTTY: true }, 'auto', { NO_COLOR: '' }, { isTerminal: true, color: true, width: 80 }],
  [{ isTTY: true }, 'auto', { TERM: 'dumb' }, { isTerminal: true, color: false, width: 80 }],
  [{}, 'auto', {}, { isTerminal: false, color: false, width: undefined }],
  [{}, 'always', { NO_COLOR: '1' }, { isTerminal: false, color: true, width: undefined }],
  [{ isTTY: true }, 'never', {}, { isTerminal: true, color: false, width: 80 }],
] as const)('%j with --color %s and %j', (stream, color, env, look) => {
  expect(lookOf({ write: () => true, ...stream }, color, env)).toEqual(look);
});

describe('an error', () => {
  test('is one line with what to do', () => {
    const error = new DrydockError('REGISTRY_DENIED', 'access to x denied', { hint: 'Log in.' });
    expect(errorLine(error)).toBe('access to x denied. Log in.');
    expect(exitCodeOf(error)).toBe(4);
  });

  test('that nobody expected is called a bug', () => {
    const error = new TypeError('x is not\na function');
    expect(errorLine(error)).toMatch(/^internal error: x is not a function\. Please report/);
    expect(exitCodeOf(error)).toBe(70);
  });

  test('tells its causes in detail, however they are linked', () => {
    const cause = new Error('below');
    cause.cause = cause;
    const lines = errorDetails(new DrydockError('INTERNAL', 'above', { cause }));
    expect(lines[0]).toContain('above [INTERNAL]');
    expect(lines).toContain('caused by Error: below');
  });
});
