import { generic } from '../../versions/generic.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { cargoLock } from './lock-files.ts';

/** Packages of Rust. */
export const cargoEcosystem: Ecosystem = {
  type: 'cargo',
  analyzers: [cargoLock],
  versions: generic,
  advisories: { ecosystem: 'crates.io', nameOf: ({ name }) => name.toLowerCase() },
};
