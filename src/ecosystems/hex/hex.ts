import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';

/** Packages of Erlang and Elixir. */
export const hexEcosystem: Ecosystem = {
  type: 'hex',
  analyzers: [],
  versions: generic,
  advisories: { ecosystem: 'Hex', nameOf: ({ name }) => name.toLowerCase() },
};
