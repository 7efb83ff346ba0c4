import { DrydockError } from '../base/errors.ts';
import type { Verdict } from '../patch/verdict.ts';
import { runOf, type Command } from './command.ts';
import { openOutput } from './output.ts';
import { patchJson, patchText } from './patch-report.ts';
import { readPassword } from './read-password.ts';
import { openTeller } from './tell.ts';

/** So that a pipeline can go on from each without reading a word. */
const EXIT_OF: Readonly<Record<Verdict, number>> = {
  patched: 0,
  'nothing-to-do': 20,
  partly: 21,
  refused: 22,
};
const WORST: readonly Verdict[] = ['refused', 'partly', 'patched', 'nothing-to-do'];

/** Plans a patch, makes it and publishes it. The exit code tells which of the four ends it came to. */
export const patchCommand: Command = async (invocation) => {
  const { args, loaded, host, screen, signal, trace, look } = invocation;
  const { config } = loaded;
  const isJson = config.format === 'json';
  if (!isJson && config.format !== 'table') {
    throw new DrydockError('USAGE_INVALID', `a patch is not told as ${config.format}`, {
      hint: 'There are table and json.',
    });
  }
  const teller = await openTeller(invocation);
  const password = await readPassword(config, args, host.stdin);
  if (password !== undefined) screen.hide(password);
  const { patchImage } = await import('../wiring/patch/patching.ts');
  const isPlace = config.output?.startsWith('oci:') === true;
  await using output = await openOutput(isPlace ? undefined : config.output, host.stdout);
  const done = await patchImage(runOf(invocation, password), args[0] ?? '', {
    signal,
    select: (report) => teller.select(report),
    onStep: (step) => trace(step.kind === 'fetching' ? `fetching ${step.url}` : step.kind),
    onLog: (text) => {
      for (const line of text.split('\n').filter((each) => each !== '')) trace(`engine: ${line}`);
    },
  });
  screen.clear();
  await output.write(
    isJson ? patchJson(done) : patchText(done, { color: look.color && config.output === undefined }),
  );
  await output.commit();
  const verdicts = new Set(done.patches.map(({ verdict }) => verdict));
  // Of several platforms the one that needs somebody most.
  return EXIT_OF[WORST.find((verdict) => verdicts.has(verdict)) ?? 'nothing-to-do'];
};
