import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { allFlagWords } from './words.ts';
import { zshScript } from './zsh.ts';

const has = (shell: string): boolean => spawnSync(shell, ['--version'], { stdio: 'ignore' }).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-completion-'));
  writeFileSync(join(folder, 'image file.tar'), '');
  writeFileSync(join(folder, 'bash'), bashScript());
  writeFileSync(join(folder, '_drydock'), zshScript());
  writeFileSync(join(folder, 'fish'), fishScript());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What may follow, by the words typed so far; the last one is being typed. */
interface Expectation {
  readonly typed: string;
  readonly some: readonly string[];
  readonly never?: string;
}

const EXPECTED: readonly Expectation[] = [
  { typed: '', some: ['scan', 'db', 'cache', 'config', 'completion'] },
  { typed: 'sc', some: ['scan'] },
  { typed: 'db ', some: ['update', 'status', 'import', 'verify'], never: 'clear' },
  { typed: 'scan --sev', some: ['--severity'] },
  { typed: 'scan --format ', some: ['table', 'json'] },
  { typed: 'scan -f js', some: ['json'], never: 'table' },
  { typed: 'scan --severity HIGH,CR', some: ['HIGH,CRITICAL'] },
  { typed: 'scan --output ', some: ['image file.tar'] },
  { typed: 'scan im', some: ['image file.tar'] },
  { typed: 'completion ', some: ['bash', 'zsh', 'fish'], never: 'scan' },
  { typed: 'db update --fo', some: ['--force'], never: '--format' },
];

/** bash takes --flag=value for three words. */
const EXPECTED_OF_BASH: typeof EXPECTED = [
  ...EXPECTED,
  { typed: 'scan --format=js', some: ['json'], never: 'table' },
];

describe.skipIf(!has('bash'))('bash (needs bash)', () => {
  test('the script is sound', () => {
    execFileSync('bash', ['-n', join(folder, 'bash')]);
  });

  function complete(typed: string): string[] {
    // As readline does it: = stands alone.
    const words = `drydock ${typed}`
      .split(' ')
      .flatMap((word) => word.split(/(=)/).filter((part, i) => part || i === 0));
    const script = `source ${join(folder, 'bash')}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _drydock
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: folder, encoding: 'utf8' });
    return output.split('\n').filter(Boolean);
  }

  test.each(EXPECTED_OF_BASH)('drydock $typed', ({ typed, some, never }) => {
    const offered = complete(typed);
    expect(offered).toEqual(expect.arrayContaining([...some]));
    if (never) expect(offered).not.toContain(never);
  });
});

describe.skipIf(!has('fish'))('fish (needs fish)', () => {
  function complete(typed: string): string[] {
    const script = `source ${join(folder, 'fish')}; complete -C 'drydock ${typed}'`;
    const output = execFileSync('fish', ['--no-config', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    return output
      .split('\n')
      .map((line) => line.split('\t')[0]?.replaceAll('\\ ', ' ') ?? '')
      .filter(Boolean);
  }

  test.each(EXPECTED)('drydock $typed', ({ typed, some, never }) => {
    const offered = complete(typed);
    expect(offered).toEqual(expect.arrayContaining([...some]));
    if (never) expect(offered).not.toContain(never);
  });
});

describe.skipIf(!has('zsh'))('zsh (needs zsh)', () => {
  test('the script is sound', () => {
    execFileSync('zsh', ['-n', join(folder, '_drydock')]);
  });

  /** Completion works in an interactive shell only: one is run on a pseudo-terminal and told to list. */
  function complete(typed: string): string {
    const script = `
      zmodload zsh/zpty
      zpty -b z zsh -f -i
      zpty -w z "PROMPT= ; cd '${folder}'; fpath=('${folder}' $fpath); autoload -U compinit; compinit -u -d '${folder}/dump'"
      zpty -w z "LISTMAX=1000; zstyle ':completion:*' menu no; bindkey '^I' list-choices; stty rows 200 cols 200; print REA''DY"
      integer tries=0
      while ! zpty -rt z line || [[ $line != *READY* ]]; do (( ++tries > 400 )) && exit 1; sleep 0.01; done
      zpty -n -w z 'drydock ${typed}'$'\\t'
      integer idle=0 # silence for 0.6 s: the list is complete
      while (( idle < 60 )); do
        if zpty -rt z line; then print -r -- "$line"; idle=0; else (( ++idle )); sleep 0.01; fi
      done
      zpty -d z`;
    return execFileSync('zsh', ['-f', '-c', script], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
    });
  }

  test.each([
    ['', ['scan', 'completion']],
    ['db ', ['update', 'verify']],
    ['scan --format ', ['table', 'json']],
    ['scan --severity HIGH,', ['CRITICAL', 'LOW']],
    ['scan --', ['--ignore-unfixed', '--no-cache']],
    ['completion ', ['bash', 'fish']],
  ])('drydock %s', (typed, some) => {
    const offered = complete(typed);
    for (const word of some) expect(offered).toContain(word);
  });
});

test('every flag is known to every shell', () => {
  for (const { flag } of allFlagWords()) {
    expect(bashScript()).toContain(`--${flag}`);
    expect(zshScript()).toContain(`--${flag}`);
    expect(fishScript()).toContain(`-l ${flag}`);
  }
});
