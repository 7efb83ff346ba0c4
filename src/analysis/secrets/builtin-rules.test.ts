import { describe, expect, test } from 'vitest';
import { builtinSecretRules } from './builtin-rules.ts';
import { compileRules } from './compile-rules.ts';
import { findSecrets } from './find-secrets.ts';
import { linearPattern } from './regex/linear-pattern.ts';
import { broken, fill, samples } from './rule-samples.ts';

const compiled = compileRules(builtinSecretRules);
const FILE = 'srv/app/settings.txt';

function found(text: string, path = FILE): readonly (readonly [string, number])[] {
  const { secrets = [] } = findSecrets(compiled, path, Buffer.from(text)) ?? {};
  return secrets.map(({ ruleId, startLine }) => [ruleId, startLine] as const);
}

describe('the built-in rules', () => {
  test('are many, have ids of their own, and each has a sample', () => {
    const ids = builtinSecretRules.rules.map(({ id }) => id);
    expect(ids.length).toBeGreaterThanOrEqual(100);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !samples.some(({ ruleId }) => ruleId === id))).toEqual([]);
    expect(samples.filter(({ ruleId }) => !ids.includes(ruleId))).toEqual([]);
  });

  test('are plain data that survive the way to a thread', () => {
    expect(structuredClone(builtinSecretRules)).toEqual(builtinSecretRules);
    expect(JSON.parse(JSON.stringify(builtinSecretRules))).toEqual(builtinSecretRules);
  });

  test.each(builtinSecretRules.rules.map((rule) => [rule.id, rule] as const))(
    '%s is in RE2 syntax',
    (_, rule) => {
      expect(() => linearPattern(rule.pattern, rule.secretGroupName)).not.toThrow();
      for (const { path, pattern } of [rule, ...(rule.allowRules ?? [])]) {
        if (path !== undefined) linearPattern(path);
        if (pattern !== undefined) linearPattern(pattern);
      }
    },
  );

  test.each(samples.map((sample) => [sample.ruleId, sample] as const))(
    '%s is found',
    (id, { template, path }) => {
      for (const seed of [1, 2, 3]) {
        const text = `# first\n\n${fill(template, seed)}\n# last\n`;
        const hits = found(text, path).filter(([ruleId]) => ruleId === id);
        expect(hits, text).not.toEqual([]);
      }
    },
  );

  test.each(samples.map((sample) => [sample.ruleId, sample] as const))(
    '%s is not found in less',
    (id, sample) => {
      const text = `# first\n\n${fill(broken(sample), 1)}\n# last\n`;
      expect(found(text, sample.path).filter(([ruleId]) => ruleId === id)).toEqual([]);
    },
  );

  test.each(samples.map((sample) => [sample.ruleId, sample] as const))(
    '%s: both engines agree',
    (id, { template, path }) => {
      const rule = builtinSecretRules.rules.find((candidate) => candidate.id === id);
      if (!rule) throw new Error(id);
      const { reach: _, ...foreign } = rule;
      const linear = compileRules({ ...builtinSecretRules, rules: [foreign] });
      const native = compileRules({ ...builtinSecretRules, rules: [rule] });
      const text = Buffer.from(`# first\n\n${fill(template, 7)}\n# last\n${fill(template, 8)}\n`);
      expect(findSecrets(linear, path ?? FILE, text)).toEqual(findSecrets(native, path ?? FILE, text));
    },
  );
});
