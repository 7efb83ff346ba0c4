import { componentEnded } from '../../base/channels.ts';
import type {
  ComponentEnd,
  ComponentPlan,
  ComponentProgress,
  ComponentRecord,
  CompositeRecord,
} from '../../model/composite.ts';
import type { ScanRecord } from '../../model/job.ts';
import type { CompositeRecords } from '../../store/composite-records.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import type { ScanRequests } from '../requests/scan-requests.ts';
import { ABORTED, deadlineOf, errorOfScan, timedOut, type TimeLimits } from './component-failure.ts';
import type { ComponentLook, CompositeLook, ScanProgress } from './composites.ts';
import { typeWord } from './scan-types.ts';

export interface LookParts extends TimeLimits {
  readonly records: CompositeRecords;
  readonly requests: Pick<ScanRequests, 'find' | 'cancel'>;
  readonly credentials?: SealedValues;
  readonly now?: () => number;
}

/** How a scan stands; what is seen to be over is written down, so that it stays as it was seen. */
export async function lookAtComposite(record: CompositeRecord, parts: LookParts): Promise<CompositeLook> {
  const scans = new Map<string, Promise<ScanRecord | undefined>>();
  const scanOf = (id: string): Promise<ScanRecord | undefined> => {
    const asked = scans.get(id) ?? parts.requests.find(id);
    scans.set(id, asked);
    return asked;
  };
  const components = await Promise.all(
    record.components.map((component) => lookAtComponent(component, record, scanOf, parts)),
  );
  return { record, components, ...stateOf(components) };
}

async function lookAtComponent(
  component: ComponentRecord,
  composite: CompositeRecord,
  scanOf: (id: string) => Promise<ScanRecord | undefined>,
  parts: LookParts,
): Promise<ComponentLook> {
  const { plan } = component;
  if (plan.kind === 'refused')
    return { record: component, state: 'failed', isQueued: false, error: plan.error };
  const end = await parts.records.endOf(component.id);
  if (end) return ended(component, end);
  const progress = plan.kind === 'remote' ? await parts.records.progressOf(component.id) : undefined;
  const scanId = plan.kind === 'local' ? composite.scanId : progress?.scanId;
  const scan = scanId === undefined ? undefined : await scanOf(scanId);
  const over = scanId === undefined ? undefined : endOfScan(scan);
  if (over) return ended(component, await settle(component, over, parts));
  const startedAt = scanId === undefined ? progress?.startedAt : scan?.startedAt;
  const late = overdue(composite.createdAt, startedAt, parts);
  if (late) {
    if (scanId !== undefined) await parts.requests.cancel(scanId);
    return ended(component, await settle(component, late, parts));
  }
  const isRunning = startedAt !== undefined || (progress !== undefined && isBegun(progress));
  return {
    record: component,
    state: isRunning ? 'running' : 'started',
    isQueued: !isRunning,
    ...(progress?.scanner !== undefined && scanId === undefined && { scanner: progress.scanner }),
    ...(startedAt !== undefined && { startedAt }),
  };
}

/** Whether a part was running at any time, which it stays until it is over. */
export function isBegun(progress: Omit<ComponentProgress, 'schema'>): boolean {
  return progress.startedAt !== undefined || progress.joinedAt !== undefined || progress.isBegun === true;
}

function ended(record: ComponentRecord, end: ComponentEnd): ComponentLook {
  const { state, scanner, startedAt, error } = end;
  return {
    record,
    state,
    isQueued: false,
    end,
    ...(scanner !== undefined && { scanner }),
    ...(startedAt !== undefined && { startedAt }),
    ...(error && { error }),
  };
}

/** How a part has ended because of the scan that makes its report; undefined: it has not. */
function endOfScan(scan: ScanRecord | undefined): Omit<ComponentEnd, 'schema'> | undefined {
  // A store that was emptied is given back what was accepted.
  if (!scan) return undefined;
  const { state, startedAt, finishedAt = scan.createdAt, cached, report } = scan;
  const times = { finishedAt, ...(startedAt !== undefined && { startedAt }) };
  if (state === 'cancelled') return { state: 'aborted', ...times, error: ABORTED };
  if (state === 'failed') return { state, ...times, error: errorOfScan(scan) };
  if (state !== 'completed' || !report) return undefined;
  return { state, ...times, report, ...(cached && { cached }) };
}

/** How a part has ended because nobody waits for ever. */
function overdue(
  createdAt: string,
  startedAt: string | undefined,
  parts: LookParts,
): Omit<ComponentEnd, 'schema'> | undefined {
  const now = (parts.now ?? Date.now)();
  if (now <= deadlineOf({ createdAt, startedAt }, parts)) return undefined;
  const wasBegun = startedAt !== undefined;
  const error = timedOut(wasBegun ? parts.scanSeconds : parts.queueSeconds, wasBegun);
  return { state: 'failed', finishedAt: new Date(now).toISOString(), error, ...(wasBegun && { startedAt }) };
}

/** Ids of the scanners that may be asked. */
export function othersIn(plan: ComponentPlan): readonly string[] {
  const candidates = plan.kind === 'remote' ? plan.candidates : [];
  return candidates.flatMap((one) => (one.kind === 'scanner' ? [one.id] : []));
}

/** Ends a part, unless it is over. @returns how it ended */
export async function settle(
  { id, mediaType, plan }: ComponentRecord,
  how: Omit<ComponentEnd, 'schema'>,
  { records, credentials }: Pick<LookParts, 'records' | 'credentials'>,
): Promise<ComponentEnd> {
  const { end, isFirst } = await records.end(id, how);
  if (plan.kind === 'remote') await credentials?.forget(id);
  if (isFirst) {
    for (const scanner of othersIn(plan)) await records.noteOver(scanner, id);
    const result = end.state === 'completed' && end.cached ? 'cached' : end.state;
    componentEnded.publish({ type: typeWord(mediaType), result, scanner: end.scanner ?? 'drydock' });
  }
  return end;
}

function stateOf(components: readonly ComponentLook[]): Pick<CompositeLook, 'state' | 'isPartial'> {
  const states = new Set(components.map(({ state }) => state));
  const isOver = !states.has('started') && !states.has('running');
  if (!isOver)
    return { state: states.size === 1 && states.has('started') ? 'started' : 'running', isPartial: false };
  const state: ScanProgress = states.has('completed')
    ? 'completed'
    : states.has('failed')
      ? 'failed'
      : 'aborted';
  return { state, isPartial: state === 'completed' && states.size > 1 };
}

/** True for what never changes again. */
export function isOver(state: ScanProgress): boolean {
  return state !== 'started' && state !== 'running';
}
