import { describe, expect, test } from 'vitest';
import type { DrydockError } from '../base/errors.ts';
import { parseCommandLine } from './program.ts';

function parse(line: string): {
  command: string;
  args: readonly string[];
  flags: Record<string, readonly string[]>;
} {
  const parsed = parseCommandLine(line.split(' ').filter(Boolean), '1.2.3');
  if (parsed.kind === 'help') throw new Error('help was printed');
  return {
    command: parsed.command.path.join(' '),
    args: parsed.args,
    flags: Object.fromEntries(parsed.flags),
  };
}

function problem(line: string): string {
  try {
    parse(line);
  } catch (error) {
    const { code, message, hint } = error as DrydockError;
    return `${code} ${message} | ${hint ?? ''}`;
  }
  return 'was accepted';
}

describe('what was typed', () => {
  test.each([
    ['scan a b', 'scan', ['a', 'b'], {}],
    ['scan -', 'scan', ['-'], {}],
    ['scan -s HIGH --severity LOW a', 'scan', ['a'], { severity: ['HIGH', 'LOW'] }],
    ['scan --severity=HIGH,LOW a', 'scan', ['a'], { severity: ['HIGH,LOW'] }],
    ['scan a --ignore-unfixed -q', 'scan', ['a'], { ignoreUnfixed: ['true'], quiet: ['true'] }],
    ['scan a --no-ignore-unfixed --no-cache', 'scan', ['a'], { ignoreUnfixed: ['false'], cache: ['false'] }],
    ['--debug scan a', 'scan', ['a'], { debug: ['true'] }],
    ['--cache-dir /c db update --force', 'db update', [], { cacheDir: ['/c'], force: ['true'] }],
    ['db import f', 'db import', ['f'], {}],
    ['cache clear', 'cache clear', [], {}],
    ['config --format json', 'config', [], { format: ['json'] }],
    [
      'compare --scanners a,b -f json x',
      'compare',
      ['x'],
      { compareScanners: ['a,b'], compareFormat: ['json'] },
    ],
    ['scan -- -odd-name', 'scan', ['-odd-name'], {}],
  ])('%s', (line, command, args, flags) => {
    expect(parse(line)).toEqual({ command, args, flags });
  });
});

describe('a slip is answered by one line and what was probably meant', () => {
  test.each([
    ['scan --severty HIGH a', "unknown option '--severty'", 'Did you mean --severity?'],
    ['scan', "missing required argument 'image'", ''],
    ['scan --output', 'argument missing', ''],
    ['alpine:3.20', 'unknown command "alpine:3.20"', 'Did you mean "drydock scan alpine:3.20"?'],
    ['./layout', 'unknown command "./layout"', 'Did you mean "drydock scan ./layout"?'],
    ['scam a', 'unknown command "scam"', 'Did you mean "scan"?'],
    [
      'xyzzy',
      'unknown command "xyzzy"',
      'There are: scan, sbom, convert, diff, compare, patch, serve, worker, list, db, cache, config, completion.',
    ],
    ['db', 'db needs a command', '"drydock db update"'],
    ['db upate', 'unknown command "db upate"', 'Did you mean "update"?'],
    ['db update extra', 'too many arguments', ''],
    ['completion tcsh', '"tcsh" is not one of bash, zsh, fish', ''],
    ['cache clear --severity HIGH', "unknown option '--severity'", ''],
    ['scan --password x a', "unknown option '--password'", ''],
  ])('%s', (line, message, hint) => {
    expect(problem(line)).toMatch(/^USAGE_INVALID /);
    expect(problem(line)).toContain(message);
    expect(problem(line)).toContain(hint);
    expect(problem(line)).not.toContain('\n');
  });
});

test('help names every option of the command under its heading', () => {
  const parsed = parseCommandLine(['scan', '--help'], '1.2.3');
  const text = parsed.kind === 'help' ? parsed.text : '';
  for (const part of [
    'Report options:',
    '--ignore-unfixed',
    'Registry options:',
    '--no-cache',
    '--timeout <time>',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain('--no-ignore-unfixed');
});
