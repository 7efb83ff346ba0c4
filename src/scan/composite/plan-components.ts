import type { Candidate, ComponentPlan, ComponentRecord } from '../../model/composite.ts';
import type { LookedFor, ScanRequest } from '../../model/job.ts';
import type { Chosen, ScannerChoice } from '../scanners/choice.ts';
import { ScannerFailure, type ScanParameters } from '../scanners/scanner.ts';
import { toComponentError } from './component-failure.ts';
import type { AskedComposite, AskedType } from './composites.ts';
import { assertRules, checkedParameters, foreignParameters, listIn } from './parameters.ts';
import { localTypeOf, reportTypeOf } from './scan-types.ts';

type Planned = Omit<ComponentRecord, 'id'>;

/** What plans are made by. */
export interface PlanParts {
  readonly choice: Pick<ScannerChoice, 'choose'>;
  /** Of all that is checked in file systems; without it any id will do. */
  readonly ruleIds?: () => Promise<ReadonlySet<string>>;
}

const MAX_SCANNER_NAME = 128;

/** Who shall make each of the reports; what cannot be made is refused, which is nothing to the others. */
export async function planComponents(
  asked: Pick<AskedComposite, 'artifact' | 'types'>,
  parts: PlanParts,
): Promise<Planned[]> {
  return await Promise.all(asked.types.map((type) => planOne(type, asked, parts)));
}

async function planOne(
  type: AskedType,
  { artifact }: Pick<AskedComposite, 'artifact'>,
  { choice, ruleIds }: PlanParts,
): Promise<Planned> {
  const mediaType = reportTypeOf(type.key);
  try {
    if (mediaType === undefined)
      throw new ScannerFailure('UNKNOWN_MIME_TYPE', 'that is no media type of a report');
    const { scanner, parameters } = parametersOf(type.parameters, mediaType);
    // Rules that cannot be read fail the scan by themselves.
    const isChecking =
      localTypeOf(mediaType)?.subject === 'filesystem' && listIn(parameters, 'checks').length > 0;
    const known = isChecking ? await ruleIds?.().catch(() => undefined) : undefined;
    if (known) assertRules(parameters, known);
    const { repository, manifestType } = artifact;
    const chosen = await choice.choose({
      mediaType,
      repository,
      ...(manifestType !== undefined && { manifestType }),
      ...(scanner !== undefined && { scanner }),
    });
    return { key: type.key, mediaType, parameters, plan: planOf(chosen, mediaType) };
  } catch (error) {
    if (!(error instanceof ScannerFailure)) throw error;
    const plan: ComponentPlan = { kind: 'refused', error: toComponentError(error) };
    return { key: type.key, mediaType: mediaType ?? type.key, parameters: {}, plan };
  }
}

function parametersOf(
  given: unknown,
  mediaType: string,
): { readonly scanner?: string; readonly parameters: ScanParameters } {
  const { scanner, ...others } = objectOf(given);
  const fields = new Map(Object.entries(others));
  const local = localTypeOf(mediaType);
  const parameters = local ? checkedParameters(local.subject, fields) : foreignParameters(fields);
  if (scanner === undefined || scanner === null) return { parameters };
  const isName = typeof scanner === 'string' && scanner !== '' && scanner.length <= MAX_SCANNER_NAME;
  if (isName) return { scanner, parameters };
  throw new ScannerFailure('INVALID_PARAMETER', 'parameter "scanner" takes the name or the id of a scanner');
}

/** `null` means no parameters. */
function objectOf(given: unknown): Readonly<Record<string, unknown>> {
  const value = given ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ScannerFailure('INVALID_PARAMETER', 'parameters are a JSON object, or null');
}

function planOf(chosen: readonly Chosen[], mediaType: string): ComponentPlan {
  const candidates = chosen
    .filter(({ kind }) => kind === 'scanner' || localTypeOf(mediaType) !== undefined)
    .map(toCandidate);
  const [first] = candidates;
  if (!first) throw new ScannerFailure('NO_SCANNER', 'no scanner makes reports of that type at the moment');
  return first.kind === 'local' ? { kind: 'local' } : { kind: 'remote', candidates };
}

function toCandidate(chosen: Chosen): Candidate {
  if (chosen.kind === 'local') return { kind: 'local' };
  const { scanner, name, maxInFlight, timeoutSeconds } = chosen;
  return { kind: 'scanner', id: scanner.id, name, maxInFlight, timeoutSeconds };
}

/** What one scan has to look for, so that all these reports can be made of it. */
export function neededFor(components: readonly Planned[]): Pick<ScanRequest, 'lookFor' | 'watchPaths'> {
  const lookFor = new Set<LookedFor>();
  const watchPaths: string[] = [];
  for (const { mediaType, parameters } of components) {
    const subject = localTypeOf(mediaType)?.subject;
    if (subject === 'vulnerability' || subject === 'secret' || subject === 'license') lookFor.add(subject);
    if (subject === 'bill' && parameters['allowGNU'] === false) lookFor.add('license');
    if (subject !== 'filesystem') continue;
    lookFor.add('misconfiguration');
    watchPaths.push(...listIn(parameters, 'forbid'), ...listIn(parameters, 'require'));
  }
  return { lookFor: [...lookFor], ...(watchPaths.length > 0 && { watchPaths }) };
}
