import { eachFile, type Analyzer, type FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { rpm } from '../../versions/rpm.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { own, parseJson, recordOf } from '../json-record.ts';

const INVENTORY = 'sys-root/usr/share/bottlerocket/application-inventory.json';
const PLACES = ['aarch64', 'x86_64'].map((machine) => `${machine}-bottlerocket-linux-gnu/${INVENTORY}`);
const MAX_PACKAGES = 100_000;
const MAX_TEXT_CHARS = 1024;
const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

const inventory: Analyzer = {
  id: 'bottlerocket-inventory',
  reads: 'application-inventory.json',
  version: 2,
  maxFileBytes: 16 << 20,
  wants: ({ path }) => PLACES.includes(path),
  usualPlaces: PLACES,
  begin: eachFile(({ path, content }) => parseInventory(Buffer.from(content).toString(), path)),
};

/** Packages of an application inventory: `{"Content": [{"Name", "Epoch", "Version", "Release", "Architecture"}]}`. */
export function parseInventory(text: string, path: string): FileResult {
  const diagnostics = openDiagnosticList();
  const packages: Package[] = [];
  for (const entry of entriesOf(text)) {
    if (packages.length >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_LIMIT', 'there are too many packages; the rest were not read');
      break;
    }
    const pkg = toPackage(entry, path);
    if (pkg) packages.push(pkg);
    else diagnostics.add('PACKAGE_RECORD_INVALID', 'an entry without name and version is left out');
  }
  if (packages.length === 0)
    diagnostics.add('PACKAGE_DATABASE_DAMAGED', 'the application inventory holds no package');
  return { packages, diagnostics: diagnostics.all() };
}

function entriesOf(text: string): readonly unknown[] {
  const content = own(recordOf(parseJson(text)?.value), 'Content');
  return Array.isArray(content) ? content : [];
}

function toPackage(entry: unknown, path: string): Package | undefined {
  const record = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  const text = (key: string): string | undefined => {
    const value = record[key];
    if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT_CHARS) return undefined;
    return value.replace(CONTROL, '\ufffd');
  };
  const name = text('Name');
  const version = text('Version');
  if (name === undefined || version === undefined) return undefined;
  const release = text('Release');
  const architecture = text('Architecture');
  const epoch = typeof record['Epoch'] === 'number' ? String(record['Epoch']) : text('Epoch');
  const full = `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`;
  return {
    type: 'bottlerocket',
    name,
    version: full,
    ...(architecture && { architecture }),
    licenses: [],
    paths: [path],
  };
}

/** Bottlerocket has no package manager; its images carry an inventory of what they were made of. */
export const bottlerocketEcosystem: Ecosystem = {
  type: 'bottlerocket',
  analyzers: [inventory],
  versions: rpm,
};
