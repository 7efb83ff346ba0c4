import { DrydockError } from '../base/errors.ts';
import { SBOM_FORMATS, type Config } from '../config/schema.ts';
import type { Command } from './command.ts';
import { scanCommand } from './scan.ts';

/** Tells what is in an image as a bill of materials: a scan that judges nothing and needs no database. */
export const sbomCommand: Command = (invocation) => {
  const { loaded } = invocation;
  const { format } = loaded.config;
  const isChosen = loaded.origins.get('format')?.kind === 'flag';
  if (isChosen && !SBOM_FORMATS.includes(format)) {
    throw new DrydockError('USAGE_INVALID', `${format} is no bill of materials`, {
      hint: `There are: ${SBOM_FORMATS.join(', ')}.`,
    });
  }
  const config: Config = {
    ...loaded.config,
    format: SBOM_FORMATS.includes(format) ? format : 'cyclonedx',
    scanners: [],
    listAllPkgs: true,
  };
  return scanCommand({ ...invocation, loaded: { ...loaded, config } });
};
