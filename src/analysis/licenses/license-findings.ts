import { isSpdxLicenseId } from '../../codec/spdx-expression.ts';
import type { LicenseFile } from '../../model/analysis.ts';
import type { LicenseFinding } from '../../model/finding.ts';
import type { Package } from '../../model/package.ts';
import { openLicenseJudge, type LicenseCategories } from './categories.ts';
import { normalizeLicense } from './normalize-license.ts';

/** One for each licence of each package, in their order; a package that tells none has none. */
export function packageLicenseFindings(
  packages: readonly Package[],
  categories: LicenseCategories = {},
): LicenseFinding[] {
  const judge = openLicenseJudge(categories);
  return packages.flatMap((pkg) => {
    const names = new Set(pkg.licenses.map(normalizeLicense).filter((name) => name !== ''));
    return [...names].map((name) => ({
      kind: 'license' as const,
      name,
      ...judge(name),
      package: pkg,
      confidence: 1,
      ...linkTo(name),
      ...(pkg.layer && { layer: pkg.layer }),
    }));
  });
}

/** One for each licence of a file that belongs to no package. */
export function fileLicenseFindings(
  files: readonly LicenseFile[],
  categories: LicenseCategories = {},
): LicenseFinding[] {
  const judge = openLicenseJudge(categories);
  return files.map(({ path, name: written, confidence, layer }) => {
    const name = normalizeLicense(written);
    return {
      kind: 'license',
      name,
      ...judge(name),
      path,
      confidence,
      ...linkTo(name),
      ...(layer && { layer }),
    };
  });
}

/** To the text of a licence that is on the SPDX list; for one with an exception, to the licence's. */
function linkTo(name: string): { readonly link?: string } {
  const id = name.split(' WITH ')[0] ?? name;
  return isSpdxLicenseId(id) ? { link: `https://spdx.org/licenses/${id}.html` } : {};
}
