import type { LicenseClue } from '../../model/analysis.ts';
import type { Analyzer, FileHeader, FileResult, LayerFile } from '../analyzer.ts';
import { eachFile } from '../analyzer.ts';
import { debianCopyrightAnalyzer } from './debian-copyright-analyzer.ts';
import { readLicenseNotices } from './license-notices.ts';
import { DEFAULT_CONFIDENCE, openLicenseClassifier, type LicenseClassifier } from './text/classify.ts';

export interface LicenseOptions {
  /** Looks at files of licences and at the beginnings of sources, too, which belong to no package. */
  readonly full?: boolean;
  /** How much of a licence's text must be there, from 0 to 1. */
  readonly confidence?: number;
}

const MAX_LICENSE_BYTES = 1 << 20;
const MAX_SOURCE_BYTES = 4 << 20;
const MIN_BYTES = 20;
const HEAD_BYTES = 64 << 10;

/** Names without ending, or what such names begin with. */
const NAMES = [
  'license',
  'licence',
  'copying',
  'copyright',
  'notice',
  'unlicense',
  'patents',
  'eula',
] as const;
const NAME_SHAPE =
  /^(?:[a-z0-9.]+[-_.])?(?:un)?(?:licen[sc]es?|copying|copyright|notices?|eula|patents)(?:[-_. ][a-z0-9+._ -]{0,40})?$/;
const TEXT_ENDINGS: ReadonlySet<string> = new Set(['txt', 'md', 'rst', 'html', 'markdown', 'text']);
const SOURCES: ReadonlySet<string> = new Set(
  (
    'c h cc cpp cxx hh hpp m mm cs go java kt kts scala groovy js mjs cjs jsx ts mts cts tsx vue svelte py pyx rb pl pm ' +
    'php rs swift dart ex exs erl hrl hs lua r jl sh bash zsh ps1 sql css scss less proto asm s f90 vb fs clj'
  ).split(' '),
);
/** Copies of whole licences, which speak of no software; and what {@link debianCopyrightAnalyzer} reads. */
const PASSED_OVER = /^usr\/share\/(?:common-licenses\/|doc\/[^/]+\/copyright$)/;

/** Analyzers of what files say of licences, by what is asked for. */
export function licenseAnalyzers({ full, confidence = DEFAULT_CONFIDENCE }: LicenseOptions = {}): Analyzer[] {
  let opened: LicenseClassifier | undefined;
  // Not before it is needed: most scans look for no licences.
  const classify = (text: string): LicenseClue[] =>
    (opened ??= openLicenseClassifier(confidence)).classify(text);
  const packages = debianCopyrightAnalyzer(classify);
  return full === true
    ? [packages, licenseFileAnalyzer(classify, confidence), sourceHeaderAnalyzer()]
    : [packages];
}

type Classify = LicenseClassifier['classify'];

function licenseFileAnalyzer(classify: Classify, confidence: number): Analyzer {
  return {
    // Analyses made with another bound are not mistaken for its own.
    id: `license-file@${confidence}`,
    reads: 'LICENSE, COPYING, NOTICE and the like',
    version: 1,
    scanner: 'license',
    maxFileBytes: MAX_LICENSE_BYTES,
    wants: (file) => isLicenseFile(file),
    begin: eachFile(({ content }) => {
      const text = textOf(content);
      const found = classify(text);
      return resultOf(found.length > 0 ? found : readLicenseNotices(text));
    }),
  };
}

function sourceHeaderAnalyzer(): Analyzer {
  return {
    id: 'license-header',
    reads: 'heads of source files',
    version: 1,
    scanner: 'license',
    maxFileBytes: MAX_SOURCE_BYTES,
    wants: ({ path, sizeBytes }) => sizeBytes >= MIN_BYTES && SOURCES.has(endingOf(path)),
    begin: eachFile(({ content }: LayerFile) =>
      resultOf(readLicenseNotices(textOf(content.subarray(0, HEAD_BYTES)))),
    ),
  };
}

/** Whether a file is one of those in which people put licences. */
export function isLicenseFile({ path, sizeBytes }: FileHeader): boolean {
  if (sizeBytes < MIN_BYTES) return false;
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (name.length > 80 || !NAMES.some((known) => name.includes(known.slice(0, 4)))) return false;
  if (!NAME_SHAPE.test(name) || PASSED_OVER.test(path)) return false;
  const ending = endingOf(name);
  return !SOURCES.has(ending) && (!isOtherFormat(ending) || TEXT_ENDINGS.has(ending));
}

function isOtherFormat(ending: string): boolean {
  return /^(?:json|ya?ml|xml|gz|zip|png|svg|jpg|gif|so|o|a|class|jar|pyc|dll|exe|lock|toml|in|am|tmpl)$/.test(
    ending,
  );
}

function endingOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 0 && dot >= 0 ? path.slice(dot + 1).toLowerCase() : '';
}

function textOf(content: Uint8Array): string {
  // Bytes beyond ASCII are in no word of a licence, so their encoding makes no difference.
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
}

function resultOf(licenses: readonly LicenseClue[]): FileResult | undefined {
  return licenses.length === 0 ? undefined : { licenses };
}
