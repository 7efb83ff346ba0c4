import type { SecretFinding } from '../../model/finding.ts';
import type { ImageConfig } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import { openFrame, type ReportFrame } from './report-frame.ts';
import { severityWord } from './vulnerability-item.ts';

/** Where secrets may be. */
export const SECRET_SOURCES = ['files', 'env', 'history'] as const;
export type SecretSource = (typeof SECRET_SOURCES)[number];

/** A place in an image's configuration; `config` is whatever is neither a variable nor history, as labels. */
type ConfigPlace =
  | { readonly source: 'env'; readonly envName: string }
  | { readonly source: 'history'; readonly historyIndex: number }
  | { readonly source: 'config' };

/**
 * Secrets of an image, masked as they have been since they were found, in pieces of JSON.
 *
 * @param sources none: all. Labels and commands of the configuration go with its variables
 */
export function* secretReport(
  report: Report,
  frame: ReportFrame,
  sources: readonly SecretSource[],
): Generator<string> {
  const wanted = new Set<string>(sources.length > 0 ? sources : SECRET_SOURCES);
  if (wanted.has('env')) wanted.add('config');
  const placeOf = openConfigPlaces(report.image.config);
  yield `${openFrame(frame)},"findings":[`;
  let count = 0;
  for (const finding of report.findings) {
    if (finding.kind !== 'secret') continue;
    const place = isOfConfig(finding) ? placeOf(finding.startLine) : undefined;
    if (!wanted.has(place?.source ?? 'files')) continue;
    yield `${count++ > 0 ? ',' : ''}${JSON.stringify(toWire(finding, place))}`;
  }
  yield ']}';
}

/** What is found in the configuration is in no layer. */
function isOfConfig({ layer, path }: SecretFinding): boolean {
  return layer === undefined && path === 'config.json';
}

function toWire(finding: SecretFinding, place: ConfigPlace | undefined): object {
  const { ruleId, category, title, severity, path, startLine, match, layer, isDeleted } = finding;
  return {
    ruleId,
    category,
    title,
    severity: severityWord(severity),
    ...(place ?? { source: 'files', path, line: startLine }),
    match,
    ...(layer && { layer: { digest: layer.digest, diff_id: layer.diffId } }),
    ...(isDeleted && { deleted: true }),
  };
}

const MAX_LINES = 1_000_000;
const NAME = /^[ ]*"([^"\\]{1,256})":/;

/**
 * Finds what stands at a line of a configuration, written with an indentation of two as secrets are looked for in it.
 * Texts hold no line breaks then, so indentation tells the structure.
 */
function openConfigPlaces(config: ImageConfig): (line: number) => ConfigPlace {
  let places: readonly ConfigPlace[] | undefined;
  return (line) => (places ??= placesIn(config))[line - 1] ?? { source: 'config' };
}

function placesIn(config: ImageConfig): ConfigPlace[] {
  const places: ConfigPlace[] = [];
  let [section, list] = ['', ''];
  let historyIndex = -1;
  for (const line of JSON.stringify(config, null, 2).split('\n', MAX_LINES)) {
    const indent = line.search(/\S/);
    if (indent === 2) [section, list] = [NAME.exec(line)?.[1] ?? '', ''];
    if (indent === 4 && section === 'config') list = NAME.exec(line)?.[1] ?? '';
    if (indent === 4 && section === 'history' && line.trimStart().startsWith('{')) historyIndex++;
    places.push(placeOf(line, indent, section, list, historyIndex));
  }
  return places;
}

function placeOf(
  line: string,
  indent: number,
  section: string,
  list: string,
  historyIndex: number,
): ConfigPlace {
  if (section === 'history' && historyIndex >= 0) return { source: 'history', historyIndex };
  if (section === 'config' && list === 'Env' && indent === 6) return { source: 'env', envName: nameIn(line) };
  return { source: 'config' };
}

/** The name of a variable: what stands before the first equals sign. Without one it may be the secret itself. */
function nameIn(line: string): string {
  return /^\s*"([^"=\\]{0,256})=/.exec(line)?.[1] ?? '';
}
