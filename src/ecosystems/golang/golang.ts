import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { executables } from '../executable/executable.ts';

/** Modules of Go. */
export const golangEcosystem: Ecosystem = {
  type: 'golang',
  // What is read of programs in Rust comes from here, too: each program is read once.
  analyzers: [executables],
  versions: generic,
  advisories: { ecosystem: 'Go', nameOf: ({ name }) => name },
};
