import type { Severity } from '../../model/advisory.ts';
import type { LicenseCategory } from '../../model/finding.ts';
import type { LicenseExpression } from './license-expression.ts';
import { formatLicenseExpression } from './license-expression.ts';
import { normalizeLicense, readLicense } from './normalize-license.ts';

/** Licences by category: ids, or whole expressions with an exception. A category that is left out keeps its own. */
export type LicenseCategories = Readonly<Partial<Record<LicenseCategory, readonly string[]>>>;

/** How bad a licence is. */
export interface LicenseJudgement {
  readonly category: LicenseCategory;
  readonly severity: Severity;
}

/** Says how bad a licence, or an expression of several, is. */
export type LicenseJudge = (license: string) => LicenseJudgement;

/** The worst first. */
const CATEGORIES = [
  'forbidden',
  'restricted',
  'reciprocal',
  'notice',
  'permissive',
  'unencumbered',
  'unknown',
] as const satisfies readonly LicenseCategory[];

const SEVERITY_OF: Readonly<Record<LicenseCategory, Severity>> = {
  forbidden: 'CRITICAL',
  restricted: 'HIGH',
  reciprocal: 'MEDIUM',
  notice: 'LOW',
  permissive: 'LOW',
  unencumbered: 'LOW',
  unknown: 'UNKNOWN',
};

/**
 * Ids without `-only` and `-or-later`, with versions behind `@` where several are meant.
 *
 * @see https://opensource.google/documentation/reference/thirdparty/licenses
 */
const DEFAULTS = {
  forbidden: `
    AGPL@1.0,3.0 CC-BY-NC@1.0,2.0,2.5,3.0,4.0 CC-BY-NC-ND@1.0,2.0,2.5,3.0,4.0 CC-BY-NC-SA@1.0,2.0,2.5,3.0,4.0
    Commons-Clause Facebook-2-Clause Facebook-3-Clause Facebook-Examples WTFPL`,
  restricted: `
    BCL CC-BY-ND@1.0,2.0,2.5,3.0,4.0 CC-BY-SA@1.0,2.0,2.5,3.0,4.0 GPL@1.0,2.0,3.0 LGPL@2.0,2.1,3.0 NPL@1.0,1.1
    OSL@1.0,1.1,2.0,2.1,3.0 QPL-1.0 Sleepycat`,
  reciprocal: `
    APSL@1.0,1.1,1.2,2.0 CDDL@1.0,1.1 CPL-1.0 EPL@1.0,2.0 FreeImage IPL-1.0 MPL@1.0,1.1,2.0 Ruby`,
  notice: `
    AFL@1.1,1.2,2.0,2.1,3.0 Apache@1.0,1.1,2.0 Artistic@1.0,2.0 Artistic-1.0-cl8 Artistic-1.0-Perl BSL-1.0
    BSD-2-Clause BSD-2-Clause-FreeBSD BSD-2-Clause-NetBSD BSD-3-Clause BSD-3-Clause-Attribution BSD-3-Clause-Clear
    BSD-3-Clause-LBNL BSD-4-Clause BSD-4-Clause-UC BSD-Protection CC-BY@1.0,2.0,2.5,3.0,4.0 FTL ISC ImageMagick Libpng
    Lil-1.0 Linux-OpenIB LPL@1.0,1.02 MS-PL MIT NCSA OpenSSL PHP@3.0,3.01 PIL Python-2.0 Python-2.0-complete PostgreSQL
    SGI-B@1.0,1.1,2.0 Unicode-DFS@2015,2016 Unicode-TOU UPL-1.0 W3C W3C-19980720 W3C-20150513 X11 Xnet Zend-2.0
    zlib-acknowledgement Zlib ZPL@1.1,2.0,2.1`,
  permissive: '',
  unencumbered: 'CC0-1.0 Unlicense 0BSD public-domain',
} as const;

/** The assignment that is used where nothing else is said. */
export const defaultLicenseCategories: LicenseCategories = Object.fromEntries(
  Object.entries(DEFAULTS).map(([category, ids]) => [category, idsIn(ids)]),
);

function idsIn(text: string): string[] {
  const words = text.trim().split(/\s+/).filter(Boolean);
  return words.flatMap((word) => {
    const [name = '', versions] = word.split('@');
    return versions === undefined ? [name] : versions.split(',').map((version) => `${name}-${version}`);
  });
}

/**
 * Categories as the user wants them. All of `AND` apply, so the worst counts; of `OR` the best may be chosen, and what
 * is unknown is not chosen. An exception and `or later` change nothing, unless a category names them.
 */
export function openLicenseJudge(categories: LicenseCategories = {}): LicenseJudge {
  const index = new Map<string, LicenseCategory>();
  // From the mildest to the worst: of two that hold one licence the worse counts.
  for (const category of CATEGORIES.toReversed()) {
    const ids = categories[category] ?? defaultLicenseCategories[category] ?? [];
    for (const id of ids)
      for (const spelling of [id, normalizeLicense(id)]) index.set(spelling.toLowerCase(), category);
  }
  const known = new Map<string, LicenseJudgement>();
  return (license) => {
    const found = known.get(license);
    if (found) return found;
    const expression = readLicense(license);
    const category = expression
      ? categoryOf(expression, index)
      : (index.get(license.trim().toLowerCase()) ?? 'unknown');
    const judgement = { category, severity: SEVERITY_OF[category] };
    if (known.size < MAX_REMEMBERED) known.set(license, judgement);
    return judgement;
  };
}

const MAX_REMEMBERED = 10_000;

/** Of one licence or expression, by categories that are used once only; see {@link openLicenseJudge}. */
export function categorize(license: string, categories: LicenseCategories = {}): LicenseJudgement {
  return openLicenseJudge(categories)(license);
}

function categoryOf(
  expression: LicenseExpression,
  index: ReadonlyMap<string, LicenseCategory>,
): LicenseCategory {
  if (expression.kind === 'license') return categoryOfLicense(expression, index);
  const ranks = expression.operands.map((operand) => CATEGORIES.indexOf(categoryOf(operand, index)));
  const unknown = CATEGORIES.indexOf('unknown');
  const known = ranks.filter((rank) => rank !== unknown);
  if (known.length === 0) return 'unknown';
  return CATEGORIES[expression.kind === 'and' ? Math.min(...known) : Math.max(...known)] ?? 'unknown';
}

/** The first that is named: with its exception, as it is, without `only` or `or-later`, without anything behind it. */
function categoryOfLicense(
  license: LicenseExpression & { kind: 'license' },
  index: ReadonlyMap<string, LicenseCategory>,
): LicenseCategory {
  const id = license.id;
  const base = id.replace(/(?:-only|-or-later|\+)$/, '');
  for (const name of [formatLicenseExpression(license), id, base]) {
    const category = index.get(name.toLowerCase());
    if (category !== undefined) return category;
  }
  return 'unknown';
}
