import { describe, expect, test } from 'vitest';
import { sha256Of } from '../base/digest.ts';
import type { FileAnalysis, LayerAnalysis } from '../model/analysis.ts';
import { applyLayers } from './apply-layers.ts';
import { openPathHashes } from './path-hashes.ts';

type Secret = NonNullable<FileAnalysis['secrets']>[number];

const secret = (ruleId: string, match: string): Secret => ({
  ruleId,
  match,
  category: 'c',
  title: 't',
  severity: 'HIGH',
  startLine: 1,
  endLine: 1,
  code: [],
});

/** A layer that holds these files, and takes away those. */
function layer(
  name: string,
  files: readonly FileAnalysis[],
  held: readonly string[],
  whiteouts: readonly string[] = [],
) {
  const hashes = openPathHashes();
  for (const path of held) hashes.add(path);
  const analysis: LayerAnalysis = {
    ...{ schema: 1, diffId: sha256Of(name), analyzers: 'a@1', sizeBytes: 0, files, links: [], whiteouts },
    ...{ opaqueDirs: [], held: { files: hashes.encode(), directories: '' }, diagnostics: [] },
  };
  return { digest: sha256Of(`${name} stored`), analysis };
}
const file = (...secrets: Secret[]): FileAnalysis => ({
  path: 'app/.env',
  analyzer: 'secret',
  secrets,
});
const told = (...layers: ReturnType<typeof layer>[]): unknown[] =>
  applyLayers(layers, []).findings.map((finding) =>
    finding.kind === 'secret' ? [finding.ruleId, finding.isDeleted === true, finding.layer?.diffId] : [],
  );

describe('secrets of several layers', () => {
  const base = layer('base', [file(secret('aws', 'a***'))], ['app/.env']);
  const diffId = base.analysis.diffId;

  test('are told where they are', () => {
    expect(told(base)).toEqual([['aws', false, diffId]]);
  });

  test.each([
    ['taken away', layer('2', [], [], ['app/.env'])],
    ['taken away with its directory', layer('2', [], [], ['app'])],
    ['written anew without any', layer('2', [], ['app/.env'])],
  ])('are told as deleted when the file is %s', (_, second) => {
    expect(told(base, second)).toEqual([['aws', true, diffId]]);
  });

  test('are all told when the file is written anew with another one', () => {
    const second = layer('2', [file(secret('github', 'g***'))], ['app/.env']);
    expect(told(base, second)).toEqual([
      ['aws', true, diffId],
      ['github', false, second.analysis.diffId],
    ]);
  });

  test('are told once when the file is written anew with the same one', () => {
    const second = layer('2', [file(secret('aws', 'a***'))], ['app/.env']);
    expect(told(base, second)).toEqual([['aws', false, second.analysis.diffId]]);
  });
});
