import { DrydockError } from '../base/errors.ts';
import type { Report } from '../model/report.ts';
import { compareReports } from '../reports/diff/compare-reports.ts';
import { diffFormats } from '../reports/diff/diff-formats.ts';
import { openScanning } from '../wiring/scanning.ts';
import { runOf, type Command, type Invocation } from './command.ts';
import { formatNamed } from './format-named.ts';
import { openOutput, refuseToOverwrite } from './output.ts';
import { readPassword } from './read-password.ts';
import { isReportFile, readReportFile } from './report-file.ts';
import { openTeller, parametersFor } from './tell.ts';

/** Compares two images or reports: what is new, what is gone. `--exit-code` speaks of what is new. */
export const diffCommand: Command = async (invocation) => {
  const { args, loaded, host, look, screen } = invocation;
  const { config } = loaded;
  const [before, after, ...more] = args;
  if (before === undefined || after === undefined || more.length > 0)
    throw new DrydockError('USAGE_INVALID', 'diff needs two images or reports, the earlier one first');
  const format = formatNamed(diffFormats, config.format, 'differences');
  const teller = await openTeller(invocation);
  await using output = await openOutput(config.output, host.stdout);
  const [left, right] = await readBoth([before, after], invocation);
  const diff = compareReports(teller.select(left), teller.select(right));
  screen.clear();
  await output.write(format.encode(diff, parametersFor(look, config)));
  await output.commit();
  return diff.added.length > 0 ? config.exitCode : 0;
};

async function readBoth(
  names: readonly [string, string],
  invocation: Invocation,
): Promise<readonly [Report, Report]> {
  const { host } = invocation;
  const areReports = await Promise.all(names.map(isReportFile));
  const images = names.filter((_, index) => !areReports[index]);
  const scanned = images.length > 0 ? await scanAll(images, invocation) : new Map<string, Report>();
  const reportOf = async (name: string): Promise<Report> =>
    scanned.get(name) ?? (await readReportFile(name, host.stdin));
  return [await reportOf(names[0]), await reportOf(names[1])];
}

async function scanAll(images: readonly string[], invocation: Invocation): Promise<Map<string, Report>> {
  const { loaded, host, screen, signal } = invocation;
  const password = await readPassword(loaded.config, images, host.stdin);
  if (password !== undefined) screen.hide(password);
  await using scanning = await openScanning(runOf(invocation, password), images);
  await refuseToOverwrite(scanning.files, loaded.config.output);
  await scanning.prepareDatabase({ signal });
  const reports = new Map<string, Report>();
  for (const image of images) reports.set(image, await scanning.scan(image, { signal }));
  return reports;
}
