import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import type { Unpacking, Upgrade } from '../unpack/unpacking.ts';
import { writeCaStore } from './ca-store.ts';
import { tendLinkerCache } from './linker-cache.ts';

export interface DerivedWriting extends Signal {
  readonly root: RootView;
  readonly unpacking: Unpacking;
  readonly upgrades: readonly Upgrade[];
  readonly sourceDateEpoch: number;
}

/** What scripts would make of the new files. */
export async function writeDerived({
  root,
  unpacking,
  upgrades,
  signal,
  sourceDateEpoch,
}: DerivedWriting): Promise<void> {
  const { tree, notes } = unpacking;
  if (upgrades.some(({ installed }) => installed.name === 'ca-certificates'))
    await writeCaStore({ root, tree, sourceDateEpoch, signal });
  await tendLinkerCache({ root, tree, notes, signal });
}
