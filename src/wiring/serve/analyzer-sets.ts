import { accountCheckIds } from '../../analysis/filesystem/account-checks.ts';
import { imageCheckIds } from '../../analysis/filesystem/check-image-config.ts';
import { builtinFilesystemRules } from '../../analysis/filesystem/builtin-rules.ts';
import type { FilesystemRule } from '../../analysis/filesystem/filesystem-rule.ts';
import type { Config } from '../../config/schema.ts';
import type { ScanRequest } from '../../model/job.ts';
import type { ChosenAnalyzers } from '../../scan/analyzers.ts';
import { chooseAnalyzers, type AnalyzerChoice, type ExtraScanner } from '../../scan/analyzers.ts';
import { chooseWhatToLookFor } from '../choice.ts';

/** What scans of a server look for: what its settings say, and more where somebody asks for more. */
export interface AnalyzerSets {
  readonly own: ChosenAnalyzers;
  /** One of two sets for nearly all, so that layers are not read for every combination of what may be asked for. */
  forRequest(request: Pick<ScanRequest, 'lookFor' | 'watchPaths'>): Promise<ChosenAnalyzers>;
  /** Undefined for those that are not used (any more), and for those of one request. */
  byFingerprint(fingerprint: string): Promise<ChosenAnalyzers | undefined>;
  /** What {@link choicesAsSets} makes the same sets of, in other threads too. */
  readonly choices: () => Promise<readonly AnalyzerChoice[]>;
  /** Of all rules that file systems and settings are checked by. */
  readonly ruleIds: () => Promise<ReadonlySet<string>>;
}

const EVERYTHING: readonly ExtraScanner[] = ['secret', 'license', 'misconfiguration'];

/** @throws DrydockError CONFIG_INVALID */
export async function openAnalyzerSets(config: Config): Promise<AnalyzerSets> {
  const own = await chooseAnalyzers(await chooseWhatToLookFor(config));
  let all: Promise<ChosenAnalyzers> | undefined;
  // Rules that people wrote are not read before somebody asks for what they are about.
  const everything = (): Promise<ChosenAnalyzers> => {
    all ??= chooseWhatToLookFor(config, EVERYTHING).then(chooseAnalyzers);
    all.catch(() => (all = undefined));
    return all;
  };
  return {
    own,
    async forRequest({ lookFor = [], watchPaths = [] }) {
      if (watchPaths.length > 0) return await chooseAnalyzers(watching(await everything(), watchPaths));
      const wanted = lookFor.filter((what): what is ExtraScanner => what !== 'vulnerability');
      return wanted.every((what) => own.choice.scanners.includes(what)) ? own : await everything();
    },
    async byFingerprint(fingerprint) {
      if (own.fingerprint === fingerprint) return own;
      const more = await everything();
      return more.fingerprint === fingerprint ? more : undefined;
    },
    async choices() {
      // Rules that cannot be read are told to whoever asks for what they are about.
      const more = await everything().catch(() => undefined);
      return [own.choice, ...(more ? [more.choice] : [])];
    },
    async ruleIds() {
      const { choice } = await everything();
      const { rules } = choice.filesystemRules ?? builtinFilesystemRules;
      return new Set([...rules.map(({ id }) => id), ...accountCheckIds, ...imageCheckIds]);
    },
  };
}

/** The sets that another thread has, whatever its files of rules say by now. */
export async function choicesAsSets(
  choices: readonly AnalyzerChoice[],
): Promise<Pick<AnalyzerSets, 'own' | 'byFingerprint'>> {
  const sets = await Promise.all(choices.map((choice) => chooseAnalyzers(choice)));
  const [own] = sets;
  if (!own) throw new TypeError('there is no choice');
  return { own, byFingerprint: async (wanted) => sets.find(({ fingerprint }) => fingerprint === wanted) };
}

function watching({ choice }: ChosenAnalyzers, paths: readonly string[]): AnalyzerChoice {
  const { rules, disabled } = choice.filesystemRules ?? builtinFilesystemRules;
  // In one order, as what is found is remembered by the rules.
  const watched = [...new Set(paths)].sort().map(toRule);
  return { ...choice, filesystemRules: { rules: [...rules, ...watched], disabled } };
}

function toRule(pattern: string): FilesystemRule {
  return {
    id: `path:${pattern}`,
    title: 'Path that was asked for',
    description: 'Whether that is right or wrong is for whoever asked to say.',
    severity: 'UNKNOWN',
    message: '{path} is there',
    resolution: '',
    paths: [pattern],
  };
}
