import { expect, test } from 'vitest';
import { debOf } from '../../../test/fixtures/deb-bytes.ts';
import { sowRoot } from '../../../test/fixtures/memory-root.ts';
import type { PackageUpdate } from '../../model/patch.ts';
import { judgeUpdates } from './judge-updates.ts';

const { signal } = new AbortController();
const UNKNOWN = { postinst: '#!/bin/sh\nsummon-demons\n' };

interface Made {
  readonly name: string;
  readonly now?: string;
  readonly next?: string;
  readonly info?: Readonly<Record<string, string>>;
}

/** Packages of a source each, on the way from 1 to 2; what is said of each version are fields of it. */
async function judge(...made: readonly Made[]) {
  const paragraph = (name: string, version: string, fields = ''): string =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n${fields}Description: x\n`;
  const root = sowRoot({
    'etc/passwd': 'root:x:0:0::/:\n',
    'etc/group': 'root:x:0:\n',
    'var/lib/dpkg/status': made.map(({ name, now }) => paragraph(name, '1', now)).join('\n'),
    ...Object.fromEntries(made.map(({ name }) => [`var/lib/dpkg/info/${name}.list`, '/.\n'])),
  });
  const debs = new Map(
    made.map(({ name, next = '', info = {} }) => [
      name,
      debOf(`Package: ${name}\nVersion: 2\nArchitecture: amd64\n${next}Description: x`, [], { ...info }),
    ]),
  );
  const updates = made.map(({ name }): PackageUpdate => ({
    ...{ type: 'deb', name, architecture: 'amd64', from: '1', to: '2', fixes: [] },
    source: { name, from: '1', to: '2' },
    archive: { url: '', sizeBytes: 0, sha256: '' },
  }));
  const fetch = ({ name }: PackageUpdate) => Promise.resolve(debs.get(name) ?? new Uint8Array());
  const { accepted, refused, risks } = await judgeUpdates(root, updates, { fetch, signal });
  return {
    accepted: accepted.map(({ update }) => update.name),
    refused: refused.map(({ source, reason }) => `${source} ${reason}`),
    atRisk: risks.flatMap(({ name, risk }) => (risk === 'refused' ? [name] : [])),
  };
}

test('what needs a refused package is refused, and what needs that; the rest goes', async () => {
  const judged = await judge(
    { name: 'lib', info: UNKNOWN },
    { name: 'app', next: 'Depends: lib (>= 2)\n' },
    { name: 'far', next: 'Depends: app (>= 2)\n' },
    { name: 'other', next: 'Depends: lib (>= 1)\n' },
  );
  expect(judged.accepted).toEqual(['other']);
  expect(judged.refused).toEqual(['lib unsafe-maintainer-script', 'app conflict', 'far conflict']);
  expect(judged.atRisk).toEqual(['app', 'far']);
});

test('what a refused package needs as it is stays, too', async () => {
  const judged = await judge({ name: 'lib' }, { name: 'app', now: 'Depends: lib (= 1)\n', info: UNKNOWN });
  expect(judged.accepted).toEqual([]);
  expect(judged.refused).toEqual(['app unsafe-maintainer-script', 'lib conflict']);
});

test('what does not go with a package that stays is refused', async () => {
  const judged = await judge({ name: 'lib', info: UNKNOWN }, { name: 'app', next: 'Breaks: lib (<< 2)\n' });
  expect(judged.accepted).toEqual([]);
});

test('what was broken before is no reason', async () => {
  const judged = await judge(
    { name: 'lib', info: UNKNOWN },
    { name: 'app', now: 'Depends: ghost\n', next: 'Depends: ghost\n' },
  );
  expect(judged.accepted).toEqual(['app']);
});
