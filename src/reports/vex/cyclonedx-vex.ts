import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import { membersOf, type Members } from '../json/members.ts';
import { timeOf, type VexStatement, type VexStatus } from './statement.ts';

const STATES: ReadonlyMap<string, VexStatus> = new Map([
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
  ['exploitable', 'affected'],
  ['in_triage', 'under_investigation'],
  ['false_positive', 'not_affected'],
  ['not_affected', 'not_affected'],
]);
const MAX_DEPTH = 64;

/**
 * Statements of a CycloneDX document: analyses of vulnerabilities. What they affect is named by package URLs, as
 * references, as the end of a BOM-Link, or through the document's own components.
 *
 * @see https://cyclonedx.org/docs/1.6/json/#vulnerabilities
 */
export function readCycloneDxVex(root: Members, source: string): VexStatement[] {
  const components = readComponents(root);
  const serial = root.text('serialNumber')?.replace(/^urn:uuid:/, '');
  const written = root.object('metadata').text('timestamp');
  return root.objects('vulnerabilities').flatMap((told): VexStatement[] => {
    const id = told.text('id');
    const analysis = told.object('analysis');
    const status = STATES.get(analysis.text('state') ?? '');
    if (id === undefined || status === undefined) return [];
    const purls = told.objects('affects').flatMap((affected) => {
      const purl = purlOf(affected.text('ref') ?? '', components, serial);
      return purl ? versionsOf(affected, purl, status) : [];
    });
    const [justification, statement] = [analysis.text('justification'), analysis.text('detail')];
    const others = told.objects('references').flatMap((reference) => reference.text('id') ?? []);
    return [
      {
        ids: [id, ...others],
        products: purls.map((purl) => ({ purl, parts: [] })),
        status,
        at: timeOf(analysis.text('lastUpdated'), analysis.text('firstIssued'), told.text('updated'), written),
        ...(justification !== undefined && { justification }),
        ...(statement !== undefined && { statement }),
        source,
      },
    ];
  });
}

/** A BOM-Link leads to the components of the document that it names, which need not be this one. */
function purlOf(
  reference: string,
  components: ReadonlyMap<string, PackageUrl>,
  serial: string | undefined,
): PackageUrl | undefined {
  const known = components.get(reference);
  if (known) return known;
  const [, document, element] = /^urn:cdx:([^/#]*)[^#]*#(.*)$/s.exec(reference) ?? [];
  const local = element ?? reference;
  const own = document === undefined || document === serial ? components : undefined;
  const decoded = unescape(local);
  return own?.get(local) ?? own?.get(decoded) ?? parsePackageUrl(local) ?? parsePackageUrl(decoded);
}

/**
 * Versions may be named beside a reference that has none. Those of ranges nobody can tell here: what is settled is not
 * theirs.
 */
function versionsOf(affected: Members, purl: PackageUrl, status: VexStatus): PackageUrl[] {
  const told = affected.objects('versions');
  const isSettling = status === 'not_affected' || status === 'fixed';
  if (told.length === 0 || !isSettling || purl.version !== undefined) return [purl];
  const unaffected = told.filter((one) => one.text('status') === 'unaffected');
  return (unaffected.length > 0 ? unaffected : told).flatMap((one) => {
    const version = one.text('version');
    return version === undefined ? [] : [{ ...purl, version }];
  });
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // a broken percent-encoding names nothing
  }
}

function readComponents(root: Members): Map<string, PackageUrl> {
  const found = new Map<string, PackageUrl>();
  const open = [root.object('metadata').object('component'), ...root.objects('components')].map(
    (component) => ({ component, depth: 0 }),
  );
  for (let next = open.pop(); next; next = open.pop()) {
    const { component, depth } = next;
    const reference = component.text('bom-ref');
    const purl = parsePackageUrl(component.text('purl') ?? '');
    if (reference !== undefined && purl) found.set(reference, purl);
    if (depth >= MAX_DEPTH) continue;
    for (const child of component.objects('components')) open.push({ component: child, depth: depth + 1 });
  }
  return found;
}

export function isCycloneDx(value: unknown): boolean {
  return membersOf(value).text('bomFormat') === 'CycloneDX';
}
