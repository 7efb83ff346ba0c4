import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { textOf } from '../json-record.ts';
import { nameIn, versionIn } from '../package-text.ts';
import { readDependencies } from './read-dependencies.ts';

const MAX_PACKAGES = 20_000;

/**
 * The packages that an `environment.yml` pins; what it leaves open has no version to tell.
 *
 * @see https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
 */
export function parseEnvironment(content: Uint8Array, path: string): FileResult | undefined {
  const items = readDependencies(textOf(content));
  if (items.length === 0) return undefined;
  const diagnostics = openDiagnosticList();
  const packages: Package[] = [];
  if (items.length > MAX_PACKAGES)
    diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
  let loose = 0;
  for (const { text, line } of items.slice(0, MAX_PACKAGES)) {
    const pinned = pinnedIn(text);
    if (pinned) packages.push(toPackage(pinned, line, path));
    else loose++;
  }
  if (loose > 0) diagnostics.add('PACKAGE_NOT_PINNED', `${loose} packages are not pinned and are left out`);
  return { packages, diagnostics: diagnostics.all() };
}

interface Pinned {
  readonly name: string;
  readonly version: string;
}

/** Marks of a version that is not settled. */
const RANGE = /[*<>!~,|]/;

/** `name=1.2=build`, `name==1.2`, `name 1.2`, each with an optional channel (`conda-forge::`) or extras (`[all]`). */
function pinnedIn(text: string): Pinned | undefined {
  const channel = text.indexOf('::');
  const spec = channel < 0 ? text : text.slice(channel + 2);
  const [first = '', second = ''] = spec.replaceAll('=', ' ').trim().split(/\s+/, 2);
  const name = nameIn(first.split('[', 1)[0]);
  const version = versionIn(second);
  if (name === undefined || version === undefined || RANGE.test(name)) return undefined;
  return /^[0-9]/.test(version) && !RANGE.test(version) ? { name, version } : undefined;
}

function toPackage({ name, version }: Pinned, line: number, path: string): Package {
  return {
    type: 'conda',
    name,
    version,
    licenses: [],
    application: 'conda-environment',
    locations: [{ startLine: line, endLine: line }],
    paths: [path],
  };
}
