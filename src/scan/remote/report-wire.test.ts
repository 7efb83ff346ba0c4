import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyReport } from '../../../test/fixtures/any-report.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Report } from '../../model/report.ts';
import { encodeReport, readReport } from './report-wire.ts';

const written = (report: Report): string => [...encodeReport(report)].join('');
const read = (text: string): Report => readReport(Buffer.from(text));

describe('a report between server and client', () => {
  test('loses nothing', () => {
    fc.assert(
      fc.property(anyReport, ({ suppressed: _asker, ...report }) => {
        const named = report.findings.flatMap((finding) =>
          'package' in finding && finding.package ? [JSON.stringify(finding.package)] : [],
        );
        const known = new Set(report.packages.map((pkg) => JSON.stringify(pkg)));
        const back = read(written(report));
        expect(back.findings).toEqual(JSON.parse(JSON.stringify(report.findings)));
        if (named.every((text) => known.has(text))) expect(back).toEqual(JSON.parse(JSON.stringify(report)));
      }),
    );
  });

  test('names a package once, however many findings it has', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const back = read(written(JSON.parse(JSON.stringify(report)) as Report));
        for (const finding of back.findings)
          if ('package' in finding && finding.package) expect(back.packages).toContain(finding.package);
      }),
    );
  });

  test.each([
    ['', 'is not JSON'],
    ['[]', 'an object is none'],
    ['{}', 'is malformed'],
    ['['.repeat(1000), 'nested too deep'],
  ])('%j is refused', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  test('whatever is changed in one, it is a report or an error of ours', () => {
    fc.assert(
      fc.property(anyReport, fc.nat(), fc.string(), (report, at, noise) => {
        const text = written(report);
        const place = at % text.length;
        try {
          read(text.slice(0, place) + noise + text.slice(place + noise.length));
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
    );
  });

  test('names that objects have of themselves are names like others', () => {
    const plain = written({
      schema: 1,
      image: {} as Report['image'],
      scannedAt: '',
      engine: '',
      advisoryDbs: [],
      layerSizes: {},
      packages: [],
      findings: [],
      diagnostics: [],
    });
    const hostile = plain.replace('"layerSizes":{}', '"layerSizes":{"__proto__":1}');
    expect(hostile).not.toBe(plain);
    expect(() => read(hostile)).toThrow(DrydockError); // the image is none; nothing was set on the way
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
});
