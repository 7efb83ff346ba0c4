import type { AdvisorySource, AdvisoryStore } from '../advisories/source.ts';
import type { Advisory, Vulnerability } from '../model/advisory.ts';

/** Answers that are kept of one database, counted in advisories and vulnerabilities. */
const MAX_KEPT = 100_000;

/** A database that several use at once. */
interface Snapshot {
  readonly store: AdvisoryStore;
  users: number;
  isOld: boolean;
}

/**
 * A source whose databases are opened once for all who ask at the same time, and kept open until there is a newer one.
 * Who has opened the older one goes on with it undisturbed; it is closed when the last of them is done.
 */
export function shareAdvisories(source: AdvisorySource): AdvisorySource & AsyncDisposable {
  let current: Snapshot | undefined;
  /** Opening is done by one at a time. */
  let turn: Promise<unknown> = Promise.resolve();

  async function newest(): Promise<Snapshot> {
    const version = await source.current();
    if (current && version?.digest === current.store.version.digest) return current;
    const store = keepingAnswers(await source.open());
    if (current?.store.version.digest === store.version.digest) {
      await store[Symbol.asyncDispose]();
      return current;
    }
    const before = current;
    current = { store, users: 0, isOld: false };
    if (before) await retire(before);
    return current;
  }

  async function retire(snapshot: Snapshot): Promise<void> {
    snapshot.isOld = true;
    if (snapshot.users === 0) await snapshot.store[Symbol.asyncDispose]();
  }

  function lend(snapshot: Snapshot): AdvisoryStore {
    let isGivenBack = false;
    snapshot.users++;
    return {
      ...snapshot.store,
      async [Symbol.asyncDispose]() {
        if (isGivenBack) return;
        isGivenBack = true;
        if (--snapshot.users === 0 && snapshot.isOld) await snapshot.store[Symbol.asyncDispose]();
      },
    };
  }

  return {
    id: source.id,
    update: (options) => source.update(options),
    current: () => source.current(),
    async open() {
      const lent = turn.then(async () => lend(await newest()));
      turn = lent.catch(() => undefined); // told to who asked
      return await lent;
    },
    async [Symbol.asyncDispose]() {
      await turn;
      const last = current;
      current = undefined;
      if (last) await retire(last);
    },
  };
}

/** Images have most of their packages in common, and answers never change. */
function keepingAnswers(store: AdvisoryStore): AdvisoryStore {
  const found = new Map<string, readonly Advisory[]>();
  const vulnerabilities = new Map<string, Vulnerability | undefined>();
  const workedOut = new Map<string, object>();
  let kept = 0;

  function keep(count: number): void {
    kept += count + 1;
    if (kept <= MAX_KEPT) return;
    found.clear();
    vulnerabilities.clear();
    workedOut.clear();
    kept = count + 1;
  }

  return {
    ...store,
    find(key) {
      if (key.redHatBuild) return store.find(key);
      const name = `${key.ecosystem}\0${key.name}`;
      const known = found.get(name);
      if (known) return known;
      const advisories = store.find(key);
      keep(advisories.length);
      found.set(name, advisories);
      return advisories;
    },
    vulnerability(id) {
      if (vulnerabilities.has(id)) return vulnerabilities.get(id);
      const vulnerability = store.vulnerability(id);
      keep(1);
      vulnerabilities.set(id, vulnerability);
      return vulnerability;
    },
    workedOut<T extends object>(key: string, workOut: () => T): T {
      const known = workedOut.get(key);
      if (known) return known as T; // keys say what they are of
      const result = workOut();
      keep(1);
      workedOut.set(key, result);
      return result;
    },
  };
}
