import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { safe } from './tell-composite-errors.ts';

/** Where clients find this API, as far as the server knows. */
export interface Place {
  /** Without a slash at its end: `/api/v2`. */
  readonly base: string;
}

/** A part as it stands. */
export function componentStatus(look: ComponentLook, { base }: Place): object {
  const { record, state, isQueued, scanner, startedAt, end, error } = look;
  const isOwn = record.plan.kind === 'local' || (state === 'completed' && scanner === undefined);
  const by = isOwn ? 'drydock' : scanner;
  return {
    scanId: record.id,
    scanProgress: state,
    ...(isQueued && { phase: 'queued' }),
    ...(by !== undefined && { scanner: by }),
    ...(startedAt !== undefined && { startedAt }),
    ...(end && { finishedAt: end.finishedAt }),
    ...(end?.cached && { cached: true }),
    ...(state === 'completed' && { reportUrl: `${base}/scan/${record.id}/report` }),
    ...(error && { error: safe(error) }),
  };
}

/** A part that is asked for alone: it says what it is part of. */
export function lonelyStatus(look: ComponentLook, composite: CompositeLook, place: Place): object {
  return {
    ...componentStatus(look, place),
    mimeType: look.record.key,
    compositeId: composite.record.id,
  };
}

/** The whole as it stands, in JSON; media types are told letter for letter, and in the order that they came in. */
export function compositeStatus(look: CompositeLook, place: Place): string {
  return [...compositePieces(look, place, () => undefined)].join('');
}

/**
 * @param reportOf what a part has besides: the pieces of its report; undefined: nothing. Or an error, instead of one
 */
export function* compositePieces(
  { record, state, isPartial, components }: CompositeLook,
  place: Place,
  reportOf: (component: ComponentLook) => Iterable<string> | undefined,
  errorOf: (component: ComponentLook) => object | undefined = () => undefined,
): Generator<string> {
  const { id, createdAt } = record;
  const isQueued = components.every((component) => component.isQueued);
  const head = {
    scanId: id,
    scanProgress: state,
    ...(isQueued && { phase: 'queued' }),
    ...(isPartial && { partial: true }),
    createdAt,
  };
  yield JSON.stringify(head).slice(0, -1);
  for (const component of components) {
    const error = errorOf(component);
    const status = { ...componentStatus(component, place), ...(error && { error }) };
    const report = reportOf(component);
    yield `,${JSON.stringify(component.record.key)}:`;
    if (!report) {
      yield JSON.stringify(status);
      continue;
    }
    yield `${JSON.stringify(status).slice(0, -1)},"report":`;
    yield* report;
    yield '}';
  }
  yield '}';
}
