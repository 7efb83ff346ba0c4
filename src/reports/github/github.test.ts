import { describe, expect, test } from 'vitest';
import { fullReport } from '../../../test/fixtures/full-report.ts';
import { reportValidator } from '../../../test/fixtures/report-schemas.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { githubFormat } from './github.ts';

interface Snapshot {
  readonly manifests: Readonly<Record<string, { readonly resolved: Readonly<Record<string, unknown>> }>>;
  readonly [member: string]: unknown;
}

const told = (report: Report, parameters: Record<string, string> = {}): Snapshot =>
  JSON.parse([...githubFormat.encode(report, parameters)].join('')) as Snapshot;

describe('a dependency snapshot', () => {
  const validate = reportValidator('github-snapshot');

  test.each(variedReports())('%s fits the schema', (_name, report) => {
    validate(told(report));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('names commit and job when they are given, and nothing that is none', () => {
    const sha = 'ab'.repeat(20);
    const given = {
      sha,
      ref: 'refs/heads/x',
      correlator: 'ci_scan',
      jobId: '7',
      jobUrl: 'https://ci.example/7',
    };
    expect(told(fullReport(), given)).toMatchObject({
      ...{ version: 0, sha, ref: 'refs/heads/x' },
      job: { id: '7', correlator: 'ci_scan', html_url: 'https://ci.example/7' },
      scanned: '2026-06-01T00:00:00.000Z',
    });
    expect(told(fullReport(), { sha: 'main', ref: 'main' })).toMatchObject({
      sha: '0'.repeat(40),
      ref: 'refs/heads/main',
    });
  });

  test('tells packages of several kinds in one file apart', () => {
    const report = fullReport();
    const of = (application: 'cargo' | 'gomod', type: 'cargo' | 'golang') =>
      ({ type, name: 'a', version: '1', licenses: [], application, paths: ['app/bom.json'] }) as const;
    const { manifests } = told({ ...report, packages: [of('cargo', 'cargo'), of('gomod', 'golang')] });
    expect(Object.values(manifests).flatMap(({ resolved }) => Object.keys(resolved))).toEqual([
      ...['pkg:cargo/a@1', 'pkg:golang/a@1'],
    ]);
  });

  test('has packages by their files, and what they need', () => {
    const { manifests } = told(fullReport());
    expect(Object.keys(manifests)).toEqual([
      ...['example.org/app:1 (debian 12.4)', 'Java', 'srv/app/package-lock.json'],
    ]);
    expect(manifests['srv/app/package-lock.json']).toMatchObject({
      file: { source_location: 'srv/app/package-lock.json' },
      resolved: {
        'pkg:npm/%40acme/web@1.2.3': {
          ...{ relationship: 'direct', scope: 'runtime', dependencies: ['pkg:npm/lodash@1.2.3'] },
        },
      },
    });
  });
});
