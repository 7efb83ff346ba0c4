import { notices } from '../../base/channels.ts';
import type { Signal } from '../../base/signal.ts';
import { whileWanted } from '../../base/while-wanted.ts';
import type { AdapterMetadata } from './adapter/metadata.ts';
import { ScannerFailure } from './scanner.ts';

/** `unknown`: it was not asked yet. */
export type HealthState = 'healthy' | 'unhealthy' | 'unknown';

/** How a scanner is, by what this process has seen of it. */
export interface ScannerHealth {
  readonly state: HealthState;
  /** Milliseconds since 1970; absent before the first look. */
  readonly checkedAt?: number;
  /** Why it did not answer the last time. */
  readonly problem?: string;
  /** What it last said of itself. */
  readonly metadata?: AdapterMetadata;
}

/** Looks after one scanner: what it says of itself is asked again and again, and remembered in between. */
export interface HealthWatch {
  current(): ScannerHealth;
  isDue(): boolean;
  /** Asks now, or waits for an answer that is under way; never throws but the signal's reason. */
  check(options: Signal): Promise<ScannerHealth>;
  /** As remembered; asks where nothing is. @throws ScannerFailure */
  metadata(options: Signal): Promise<AdapterMetadata>;
}

export const CHECK_EVERY_MS = 30_000;
const MAX_FAILURES = 3;
const MAX_LOOK_MS = 30_000;

export function watchHealth({
  name,
  ask,
  now = Date.now,
}: {
  readonly name: string;
  readonly ask: (options: Signal) => Promise<AdapterMetadata>;
  readonly now?: () => number;
}): HealthWatch {
  let health: ScannerHealth = { state: 'unknown' };
  let failures = 0;
  let flight: Promise<ScannerHealth> | undefined;

  function note(next: ScannerHealth): ScannerHealth {
    const { state } = health;
    health = next;
    if (next.state === state) return next;
    if (next.state === 'unhealthy')
      tell('SCANNER_UNHEALTHY', `scanner ${name} does not answer any more`, next);
    else if (state === 'unhealthy') tell('SCANNER_HEALTHY', `scanner ${name} answers again`, next);
    return next;
  }

  /** Whoever asked first may have gone: it has a time of its own. */
  async function look(): Promise<ScannerHealth> {
    try {
      const metadata = await ask({ signal: AbortSignal.timeout(MAX_LOOK_MS) });
      failures = 0;
      return note({ state: 'healthy', checkedAt: now(), metadata });
    } catch (error) {
      failures++;
      const { metadata, state } = health;
      return note({
        state: failures >= MAX_FAILURES || !metadata ? 'unhealthy' : state,
        checkedAt: now(),
        problem: error instanceof ScannerFailure ? error.message : 'it cannot be asked',
        ...(metadata && { metadata }),
      });
    }
  }

  async function check(options: Signal): Promise<ScannerHealth> {
    flight ??= look().finally(() => (flight = undefined));
    return await whileWanted(flight, options);
  }

  return {
    current: () => health,
    isDue: () => now() - (health.checkedAt ?? -Infinity) >= CHECK_EVERY_MS,
    check,
    async metadata(options) {
      const found = health.metadata ?? (await check(options)).metadata;
      if (found) return found;
      throw new ScannerFailure(
        'BACKEND_UNAVAILABLE',
        health.problem ?? `scanner ${name} does not say what it makes`,
        { retryable: true },
      );
    },
  };
}

function tell(code: string, message: string, { problem }: ScannerHealth): void {
  notices.publish({ code, message: problem === undefined ? message : `${message}: ${problem}` });
}
