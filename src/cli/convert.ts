import { readReportFile } from './report-file.ts';
import type { Command } from './command.ts';
import { openOutput } from './output.ts';
import { openTeller } from './tell.ts';

/** Tells a report that was kept as JSON in another way, filtered anew. */
export const convertCommand: Command = async (invocation) => {
  const { args, loaded, host, trace, screen } = invocation;
  const teller = await openTeller(invocation);
  await using output = await openOutput(loaded.config.output, host.stdout);
  const report = await readReportFile(args[0] ?? '', host.stdin);
  trace('report read', { findings: report.findings.length });
  const told = teller.tell(report);
  screen.clear();
  await output.write(told.pieces);
  await output.commit();
  return told.findings > 0 ? loaded.config.exitCode : 0;
};
