import { setTimeout as wait } from 'node:timers/promises';
import { DrydockError } from '../../base/errors.ts';
import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { isOver } from '../../scan/composite/look-at-composite.ts';
import type { Caller } from '../caller.ts';
import { DEFAULT_WAIT_MS } from '../harbor/parts.ts';
import { soon } from '../harbor/soon.ts';
import type { CompositeParts } from './parts.ts';

/** A scan and, where one of its parts was named, that. */
export interface FoundScan {
  readonly look: CompositeLook;
  readonly component?: ComponentLook;
}

/** What a path names: a scan by its id, or a part by its own or behind that of its scan. */
export interface NamedScan {
  readonly id: string;
  readonly scanId?: string;
}

/** What is somebody else's looks as if it were not there. @throws DrydockError SCAN_NOT_FOUND */
export async function ownScan(
  { id, scanId }: NamedScan,
  caller: Caller,
  parts: CompositeParts,
): Promise<FoundScan> {
  const { composites, waitMs = DEFAULT_WAIT_MS } = parts;
  const look = await soon(composites.find(id), waitMs);
  const isOwn = look && (look.record.requestedBy === caller.name || caller.scopes.has('admin'));
  if (!isOwn) throw notFound();
  if (look.record.id === id && scanId === undefined) return { look };
  const wanted = scanId ?? id;
  const component = look.components.find(({ record }) => record.id === wanted);
  if (!component || (scanId !== undefined && look.record.id !== id)) throw notFound();
  return { look, component };
}

function notFound(): DrydockError {
  return new DrydockError('SCAN_NOT_FOUND', 'there is no scan of that id');
}

const [FIRST_LOOK_MS, LONGEST_LOOK_MS] = [100, 1000];

/** Looks again and again, until what was named is over or so many seconds have passed. */
export async function waitForOwn(
  named: NamedScan,
  caller: Caller,
  {
    parts,
    seconds,
    signal,
  }: { readonly parts: CompositeParts; readonly seconds: number; readonly signal: AbortSignal },
): Promise<FoundScan> {
  const latest = performance.now() + seconds * 1000;
  for (let ms = FIRST_LOOK_MS; ; ms = Math.min(LONGEST_LOOK_MS, ms * 1.5)) {
    const found = await ownScan(named, caller, parts);
    const left = latest - performance.now();
    if (left <= 0 || signal.aborted || isOver((found.component ?? found.look).state)) return found;
    await wait(Math.min(ms, left), undefined, { signal }).catch(() => undefined); // nobody listens any more
  }
}
