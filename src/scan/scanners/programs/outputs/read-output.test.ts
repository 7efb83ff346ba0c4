import { expect, test } from 'vitest';
import { VULNERABILITY_11 } from '../../report-types.ts';
import type { ScanTask } from '../../scanner.ts';
import { readOutput } from './read-output.ts';

const task: ScanTask = {
  ...{ registryUrl: 'https://h', repository: 'a', digest: `sha256:${'0'.repeat(64)}` },
  ...{ mediaType: VULNERABILITY_11, parameters: {} },
};
const context = { task, scanner: { name: 'p', vendor: 'v', version: '1' }, name: 'prog' };

const many = (item: string): string => Array.from({ length: 500_001 }, () => item).join();

test.each([
  ['grype-json', `{"matches":[${many('{"vulnerability":{"id":"a"},"artifact":{"name":"b"}}')}]}`],
  [
    'trivy-json',
    `{"SchemaVersion":2,"Results":[{"Vulnerabilities":[${many('{"VulnerabilityID":"a","PkgName":"b"}')}]}]}`,
  ],
] as const)('more findings than are taken are refused, and not left out: %s', (output, text) => {
  expect(() => readOutput(Buffer.from(text), output, context)).toThrow('more than 500000');
});
