import { builtinSecretRules } from './builtin-rules.ts';
import { indexKeywords, type KeywordIndex } from './keyword-index.ts';
import { linearPattern, type LinearPattern } from './regex/linear-pattern.ts';
import { patternTest, type PatternTest, type TrustedPattern } from './pattern-test.ts';
import { nativePattern, type NativePattern } from './regex/native-pattern.ts';
import type { AllowRule, SecretRule, SecretRules } from './secret-rule.ts';
import { matchGlobs } from './skip-patterns.ts';

export interface CompiledRule {
  readonly rule: SecretRule;
  /** A rule of ours is run by `native` around its keywords, any other by `linear` on the whole file. */
  readonly native: NativePattern | undefined;
  readonly linear: LinearPattern | undefined;
  readonly reach: readonly [before: number, behind: number];
  readonly isForPath: PatternTest | undefined;
  readonly allowsPath: PatternTest | undefined;
  readonly allowsText: PatternTest | undefined;
  readonly excludeBlocks: readonly LinearPattern[];
}

export interface Keyword {
  readonly text: Uint8Array;
  /** Of rules that mind case: the keyword must stand as it is written. */
  readonly isExact: boolean;
  readonly rule: number;
}

export interface CompiledRules {
  readonly rules: readonly CompiledRule[];
  readonly keywords: readonly Keyword[];
  readonly index: KeywordIndex;
  /** Numbers of rules without keywords. */
  readonly always: readonly number[];
  readonly skipsPath: (path: string) => boolean;
  readonly allowsPath: PatternTest | undefined;
  readonly allowsText: PatternTest | undefined;
  readonly excludeBlocks: readonly LinearPattern[];
}

/**
 * Rules made ready to run.
 *
 * @throws PatternError
 */
export function compileRules(rules: SecretRules): CompiledRules {
  const compiled = rules.rules.map(compileRule);
  const keywords = compiled.flatMap(({ rule, native }, number) =>
    rule.keywords.map((keyword): Keyword => {
      const isExact = native !== undefined && !rule.pattern.startsWith('(?i)');
      return { text: Buffer.from(keyword), isExact, rule: number };
    }),
  );
  const texts = compiled.flatMap(({ rule }) => rule.keywords);
  return {
    rules: compiled,
    keywords,
    index: indexKeywords(texts),
    always: compiled.flatMap(({ rule }, number) => (rule.keywords.length === 0 ? [number] : [])),
    skipsPath: matchGlobs(rules.skipPatterns),
    ...allowTests(rules.allowRules),
    excludeBlocks: rules.excludeBlocks.map((block) => linearPattern(block)),
  };
}

function compileRule(rule: SecretRule): CompiledRule {
  const { pattern, secretGroupName, reach } = rule;
  return {
    rule,
    native: reach && nativePattern(pattern, secretGroupName),
    linear: reach ? undefined : linearPattern(pattern, secretGroupName),
    reach: reach ?? [0, 0],
    isForPath: patternTest(listed(rule.path, reach !== undefined), 'utf8'),
    ...allowTests(rule.allowRules ?? [], reach !== undefined),
    excludeBlocks: (rule.excludeBlocks ?? []).map((block) => linearPattern(block)),
  };
}

function allowTests(allowRules: readonly AllowRule[], areOurs = false) {
  const isOurs = (allowRule: AllowRule): boolean =>
    areOurs ||
    builtinSecretRules.allowRules.some(
      (ours) => ours.path === allowRule.path && ours.pattern === allowRule.pattern,
    );
  const paths = allowRules.flatMap((allowRule) => listed(allowRule.path, isOurs(allowRule)));
  const texts = allowRules.flatMap((allowRule) => listed(allowRule.pattern, isOurs(allowRule)));
  return { allowsPath: patternTest(paths, 'utf8'), allowsText: patternTest(texts, 'latin1') };
}

function listed(pattern: string | undefined, isOurs: boolean): readonly TrustedPattern[] {
  return pattern === undefined ? [] : [{ pattern, isOurs }];
}
