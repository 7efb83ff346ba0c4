import type { Command } from './command.ts';
import { convertCommand } from './convert.ts';
import { diffCommand } from './diff.ts';
import { sbomCommand } from './sbom.ts';
import { scanCommand } from './scan.ts';

/** What ends in a report. Together, as they share nearly all they need, and each file more costs time to load. */
export const reportCommands: Readonly<Record<string, Command>> = {
  scan: scanCommand,
  sbom: sbomCommand,
  convert: convertCommand,
  diff: diffCommand,
};
