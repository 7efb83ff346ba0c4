import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { Finding } from '../../model/finding.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { readWireReport, type WireFinding, type WireReport } from './report-shape.ts';
import { WireFault } from './shape.ts';

/** A report between a server and a client of ours, in the words of the model: nothing of it is lost or left out. */
export const REPORT_TYPE = 'application/vnd.drydock.report+json';

const BOUNDS = { depth: 64, containers: 8_000_000 };

/** In pieces, as a large one is more than a text can hold. Packages stand once, and findings name their place. */
export function* encodeReport(report: Report): Generator<string> {
  const { packages, findings, suppressed: _asker, ...rest } = report;
  const places = openPlaces(packages);
  const told = findings.map((finding) => toWire(finding, places.of));
  yield `${JSON.stringify(rest).slice(0, -1)},"packages":[`;
  yield* joined(places.all());
  yield '],"findings":[';
  yield* joined(told);
  yield ']}';
}

function* joined(items: readonly unknown[]): Generator<string> {
  for (const [index, item] of items.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(item)}`;
}

/** The reports' own packages first; then such as only a finding names. */
function openPlaces(packages: readonly Package[]) {
  const all = [...packages];
  const byIdentity = new Map(all.map((pkg, index) => [pkg, index]));
  let byText: Map<string, number> | undefined;
  const of = (pkg: Package): number => {
    const known = byIdentity.get(pkg);
    if (known !== undefined) return known;
    // A report that was kept has lost which is which.
    byText ??= new Map(all.map((each, index) => [JSON.stringify(each), index]));
    const text = JSON.stringify(pkg);
    const place = byText.get(text) ?? all.push(pkg) - 1;
    byText.set(text, place);
    byIdentity.set(pkg, place);
    return place;
  };
  return { all: () => all, of };
}

function toWire(finding: Finding, placeOf: (pkg: Package) => number): WireFinding {
  if (finding.kind === 'vulnerability') return { ...finding, package: placeOf(finding.package) };
  if (finding.kind !== 'license') return finding;
  const { package: pkg, ...license } = finding;
  return { ...license, ...(pkg && { package: placeOf(pkg) }) };
}

/**
 * What {@link encodeReport} wrote, or somebody who would have us think so.
 *
 * @throws DrydockError REPORT_INVALID
 */
export function readReport(bytes: Uint8Array): Report {
  if (!isWithinJsonBounds(bytes, BOUNDS)) throw invalid('is nested too deep or has too many members');
  try {
    return fromWire(readWireReport(JSON.parse(new TextDecoder().decode(bytes))));
  } catch (error) {
    if (error instanceof WireFault) throw invalid(`is malformed: ${error.message}`);
    if (error instanceof SyntaxError) throw invalid('is not JSON');
    throw error;
  }
}

function invalid(problem: string): DrydockError {
  return new DrydockError('REPORT_INVALID', `the report ${problem}`);
}

function fromWire({ findings, ...report }: WireReport): Report {
  const packageAt = (place: number): Package => {
    const pkg = report.packages[place];
    if (pkg) return pkg;
    throw new WireFault('a finding is of no package');
  };
  return {
    ...report,
    findings: findings.map((finding): Finding => {
      if (finding.kind === 'vulnerability') return { ...finding, package: packageAt(finding.package) };
      if (finding.kind !== 'license') return finding;
      const { package: place, ...license } = finding;
      return { ...license, ...(place !== undefined && { package: packageAt(place) }) };
    }),
  };
}
