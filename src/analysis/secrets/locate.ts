import type { CompiledRule, CompiledRules } from './compile-rules.ts';
import { entropyOf } from './entropy.ts';
import type { Budget, LinearPattern, Spot } from './regex/linear-pattern.ts';
import type { SecretRule } from './secret-rule.ts';

/** A secret in a file. Offsets in bytes, end exclusive. */
export interface LocatedSecret {
  readonly rule: SecretRule;
  readonly start: number;
  readonly end: number;
}

export interface Located {
  readonly secrets: readonly LocatedSecret[];
  /** There are more: what else the file holds is not known. */
  readonly isCut: boolean;
  /** Patterns of the user took longer than a file is worth. */
  readonly isSpent: boolean;
}

const MAX_SECRETS = 2_000;
/** More hits than this are not worth remembering: their rules then search the whole file. */
const MAX_HITS = 500_000;
/** A secret longer than what a rule expects is followed so far. */
const MAX_STRETCH = 1 << 18;
/** About two seconds. */
const MAX_STEPS = 40_000_000;

type Stretch = readonly [from: number, to: number];

/** Finds what the rules describe and do not allow. */
export function locateSecrets(compiled: CompiledRules, path: string, content: Buffer): Located {
  const stretches = candidates(compiled, content);
  if (stretches.size === 0) return { secrets: [], isCut: false, isSpent: false };

  const budget: Budget = { steps: MAX_STEPS };
  const secrets: LocatedSecret[] = [];
  for (const [number, where] of stretches) {
    const rule = compiled.rules[number];
    if (!rule || secrets.length > MAX_SECRETS || budget.steps < 0) break;
    if (rule.isForPath?.(path, budget) === false || rule.allowsPath?.(path, budget)) continue;
    for (const spot of spotsOf(rule, where, content, budget, MAX_SECRETS - secrets.length + 1)) {
      if (isSecret(spot, rule, compiled, content, budget)) {
        secrets.push({ rule: rule.rule, start: spot.secretStart, end: spot.secretEnd });
      }
    }
  }
  const isCut = secrets.length > MAX_SECRETS;
  return { secrets: withoutExcluded(secrets, compiled, content, budget), isCut, isSpent: budget.steps < 0 };
}

/** The rules that have something to look at, in their order, and where. */
function candidates(compiled: CompiledRules, content: Buffer): Map<number, readonly Stretch[]> {
  const hits: number[] = [];
  const floods = new Set<number>();
  compiled.index.scan(content, 0, (keyword, end) => {
    if (hits.length < 2 * MAX_HITS) hits.push(keyword, end);
    else floods.add(keyword);
  });
  const whole: readonly Stretch[] = [[0, content.length]];
  const found = new Map<number, Stretch[]>();
  for (let i = 0; i < hits.length; i += 2) {
    const keyword = compiled.keywords[hits[i] ?? -1];
    const rule = keyword && compiled.rules[keyword.rule];
    if (!rule) continue;
    const end = hits[i + 1] ?? 0;
    const start = end - keyword.text.length;
    if (keyword.isExact && content.compare(keyword.text, 0, keyword.text.length, start, end) !== 0) continue;
    if (rule.native)
      widen(found, keyword.rule, start - rule.reach[0], Math.min(content.length, end + rule.reach[1]));
    else found.set(keyword.rule, [[0, content.length]]);
  }
  const flooded = [...floods].flatMap((keyword) => compiled.keywords[keyword]?.rule ?? []);
  const throughout = [...flooded, ...compiled.always].map((number) => [number, whole] as const);
  return new Map([...found, ...throughout].sort(([a], [b]) => a - b));
}

/** Hits come in order of their ends, so only the last stretch can be touched. */
function widen(found: Map<number, Stretch[]>, number: number, from: number, to: number): void {
  const known = found.get(number);
  const last = known?.at(-1);
  const start = Math.max(0, from);
  if (!known || !last) found.set(number, [[start, to]]);
  else if (start <= last[1]) known[known.length - 1] = [Math.min(start, last[0]), Math.max(to, last[1])];
  else known.push([start, to]);
}

function* spotsOf(
  rule: CompiledRule,
  where: readonly Stretch[],
  content: Buffer,
  budget: Budget,
  limit: number,
): Iterable<Spot> {
  let count = 0;
  let behind = 0;
  for (const stretch of where) {
    const spots = rule.native
      ? nativeSpots(rule, stretch, content)
      : linearSpots(rule.linear, content, budget);
    for (const spot of spots) {
      // Two stretches that almost touch can see the same secret.
      if (spot.start < behind) continue;
      behind = spot.end;
      yield spot;
      if (++count >= limit) return;
    }
  }
}

function* linearSpots(
  pattern: LinearPattern | undefined,
  content: Uint8Array,
  budget: Budget,
): Iterable<Spot> {
  for (let from = 0; pattern && from < content.length;) {
    const spot = pattern.find(content, from, budget);
    if (!spot) return;
    yield spot;
    from = spot.end;
  }
}

function* nativeSpots({ native }: CompiledRule, [from, to]: Stretch, content: Buffer): Iterable<Spot> {
  // One byte more, for patterns that look at what stands before.
  const base = Math.max(0, from - 1);
  let end = to;
  let text = content.toString('latin1', base, end);
  for (let at = from - base; at < text.length;) {
    const spot = native?.find(text, at);
    if (!spot) return;
    if (spot.end === text.length && end < content.length && end - base - spot.start < MAX_STRETCH) {
      // The secret may go on: see more of it.
      end = Math.min(content.length, end + Math.max(1024, end - base - spot.start));
      text = content.toString('latin1', base, end);
      at = spot.start;
      continue;
    }
    yield {
      start: base + spot.start,
      end: base + spot.end,
      secretStart: spot.secretStart < 0 ? -1 : base + spot.secretStart,
      secretEnd: base + spot.secretEnd,
    };
    at = Math.max(spot.end, at + 1);
  }
}

function isSecret(
  spot: Spot,
  rule: CompiledRule,
  compiled: CompiledRules,
  content: Buffer,
  budget: Budget,
): boolean {
  const { secretStart, secretEnd } = spot;
  if (secretStart < 0 || secretEnd <= secretStart) return false;
  const { entropy } = rule.rule;
  if (entropy !== undefined && entropyOf(content.subarray(secretStart, secretEnd)) < entropy) return false;
  const text = content.toString('latin1', spot.start, spot.end);
  return !compiled.allowsText?.(text, budget) && !rule.allowsText?.(text, budget);
}

function withoutExcluded(
  secrets: readonly LocatedSecret[],
  compiled: CompiledRules,
  content: Buffer,
  budget: Budget,
): readonly LocatedSecret[] {
  if (secrets.length === 0) return secrets;
  const everywhere = blocksOf(compiled.excludeBlocks, content, budget);
  const own = new Map(
    compiled.rules
      .filter(
        ({ rule, excludeBlocks }) =>
          excludeBlocks.length > 0 && secrets.some((secret) => secret.rule === rule),
      )
      .map(({ rule, excludeBlocks }) => [rule, blocksOf(excludeBlocks, content, budget)]),
  );
  if (everywhere.length === 0 && own.size === 0) return secrets;
  return secrets.filter(
    (secret) => !isWithin(secret, everywhere) && !isWithin(secret, own.get(secret.rule) ?? []),
  );
}

function isWithin(secret: LocatedSecret, blocks: readonly Spot[]): boolean {
  return blocks.some((block) => block.start <= secret.start && secret.end <= block.end);
}

const MAX_BLOCKS = 10_000;

function blocksOf(patterns: readonly LinearPattern[], content: Buffer, budget: Budget): readonly Spot[] {
  const blocks: Spot[] = [];
  for (const pattern of patterns) {
    for (const spot of linearSpots(pattern, content, budget)) {
      if (blocks.push(spot) >= MAX_BLOCKS) return blocks;
    }
  }
  return blocks;
}
