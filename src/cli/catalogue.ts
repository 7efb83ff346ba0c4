import { builtinFilesystemRules } from '../analysis/filesystem/builtin-rules.ts';
import { builtinSecretRules } from '../analysis/secrets/builtin-rules.ts';
import { ecosystems } from '../ecosystems/list.ts';
import { loadFormats } from '../reports/list.ts';
import { chooseAnalyzers } from '../scan/analyzers.ts';

/** A table of what there is. */
export interface CatalogueSection {
  readonly name: string;
  /** A sentence. */
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const CATALOGUE_SECTIONS = ['analyzers', 'ecosystems', 'formats', 'secrets', 'checks'] as const;

/** Everything that can be extended, read from the lists that the program itself uses. */
export async function catalogue(): Promise<CatalogueSection[]> {
  return [await analyzers(), ecosystemTable(), await formatTable(), secrets(), checks()];
}

async function analyzers(): Promise<CatalogueSection> {
  const scanners = ['secret', 'license', 'misconfiguration'] as const;
  const [installed, source] = await Promise.all([
    chooseAnalyzers({ subject: 'installed', scanners, fullLicenses: true }),
    chooseAnalyzers({ subject: 'source', scanners, fullLicenses: true }),
  ]);
  const all = new Map([...installed.list, ...source.list].map((analyzer) => [analyzer.id, analyzer]));
  const rows = [...all.values()].map(({ id, reads = '', appliesTo, scanner }) => [
    id.replace(/@.*/, ''),
    reads,
    appliesTo === undefined
      ? 'everywhere'
      : appliesTo === 'installed'
        ? 'images, root file systems'
        : 'sources',
    scanner === undefined ? 'always' : `--scanners ${scanner === 'misconfiguration' ? 'misconfig' : scanner}`,
  ]);
  return {
    name: 'analyzers',
    about: 'What reads files, and where.',
    columns: ['analyzer', 'reads', 'in', 'when'],
    rows: sorted(rows),
  };
}

function ecosystemTable(): CatalogueSection {
  const rows = ecosystems.map(({ type, versions, advisories }) => [
    type,
    versions.id,
    advisories?.ecosystem ??
      (['apk', 'bottlerocket', 'deb', 'rpm'].includes(type) ? 'those of the distribution' : 'none'),
  ]);
  return {
    name: 'ecosystems',
    about: 'Kinds of packages, how their versions are ordered, and whose advisories speak of them.',
    columns: ['type', 'versions', 'advisories'],
    rows: sorted(rows),
  };
}

async function formatTable(): Promise<CatalogueSection> {
  const formats = await loadFormats();
  return {
    name: 'formats',
    about: 'Ways to tell a report.',
    columns: ['format', 'media type'],
    rows: formats.map(({ id, mediaType }) => [id, mediaType]),
  };
}

function secrets(): CatalogueSection {
  const rows = builtinSecretRules.rules.map(({ id, severity, category, title }) => [
    id,
    severity,
    category,
    title,
  ]);
  return {
    name: 'secrets',
    about: 'What `--scanners secret` finds.',
    columns: ['rule', 'severity', 'category', 'title'],
    rows: sorted(rows),
  };
}

function checks(): CatalogueSection {
  const rows = builtinFilesystemRules.rules.map(({ id, severity, title }) => [id, severity, title]);
  return {
    name: 'checks',
    about:
      'What `--scanners misconfig` finds in files; checks of the image’s configuration have ids `DD-IMG-…`.',
    columns: ['rule', 'severity', 'title'],
    rows: sorted(rows),
  };
}

function sorted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
}
