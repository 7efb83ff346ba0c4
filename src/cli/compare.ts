import { DrydockError } from '../base/errors.ts';
import { compareFindings, isAgreed } from '../reports/compare/compare-findings.ts';
import { compareFormats } from '../reports/compare/compare-formats.ts';
import { openComparing } from '../wiring/comparing.ts';
import { runOf, type Command } from './command.ts';
import { formatNamed } from './format-named.ts';
import { openOutput } from './output.ts';
import { readPassword } from './read-password.ts';
import { parametersFor } from './tell.ts';

/** Has two scanners look at the same image: what both find, and what only one does. */
export const compareCommand: Command = async (invocation) => {
  const { args, loaded, host, look, screen, signal } = invocation;
  const { config } = loaded;
  const [image = ''] = args;
  const [first, second, ...more] = config.compareScanners;
  if (first === undefined || second === undefined || more.length > 0 || first === second) {
    throw new DrydockError('USAGE_INVALID', 'compare needs two different scanners', {
      hint: 'Name them like --scanners drydock,trivy.',
    });
  }
  const format = formatNamed(compareFormats, config.compareFormat, 'comparisons');
  const password = await readPassword(config, [image], host.stdin);
  if (password !== undefined) screen.hide(password);
  const parameters = parametersFor(look, { ...config, output: config.compareOutput });
  await using output = await openOutput(config.compareOutput, host.stdout);
  await using comparing = await openComparing(runOf(invocation, password), image, [first, second]);
  await comparing.prepare({ signal });
  // One after the other: each of them may take all the machine has.
  const a = await comparing.findingsBy(first, { signal });
  const b = await comparing.findingsBy(second, { signal });
  const comparison = compareFindings(a, b);
  screen.clear();
  await output.write(format.encode(image, comparison, parameters));
  await output.commit();
  return isAgreed(comparison) ? 0 : config.compareExitCode;
};
