import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { licensesIn, nameIn, versionIn } from '../package-text.ts';

/** Characters that need no escape in a URL; `@scope/` may stand before. */
const NAME = /^(?:@[A-Za-z0-9._~!'()*-]+\/)?[A-Za-z0-9._~!'()*-]+$/;

/**
 * The package that a `package.json` describes. The many that have no name or version only steer tools, and say
 * nothing.
 *
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json
 */
export function parsePackageJson(content: Uint8Array, path: string): FileResult | undefined {
  const parsed = parseJson(textOf(content));
  if (!parsed) return damaged('the description of a package is not JSON');
  const manifest = recordOf(parsed.value);
  const name = nameIn(own(manifest, 'name'));
  const version = versionIn(own(manifest, 'version'));
  if (!manifest || name === undefined || version === undefined || !NAME.test(name)) return undefined;
  const pkg: Package = {
    type: 'npm',
    name,
    version,
    licenses: licensesIn(statedLicenses(manifest)),
    application: 'node-pkg',
    paths: [path],
  };
  return { packages: [pkg] };
}

/** `license` is a name, or an object of old; `licenses` a list of either. */
function statedLicenses(manifest: JsonRecord): unknown[] {
  const license = own(manifest, 'license') ?? own(manifest, 'licenses');
  const all: readonly unknown[] = Array.isArray(license) ? (license as unknown[]) : [license];
  return all.map((one) => (typeof one === 'string' ? one : own(recordOf(one), 'type')));
}
