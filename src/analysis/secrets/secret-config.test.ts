import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { builtinSecretRules } from './builtin-rules.ts';
import { compileRules } from './compile-rules.ts';
import { findSecrets } from './find-secrets.ts';
import { secretAnalyzer } from './secret-analyzer.ts';
import { loadSecretConfig } from './secret-config.ts';

const RULE = `
rules:
  - id: house-token
    category: general
    title: Token of the house
    severity: high
    path: .*\\.sh$
    keywords: [House_]
    regex: (?i)(?P<key>(house_secret))(=|:).{0,5}['"](?P<secret>[0-9a-zA-Z\\-_=]{8,64})['"]
    secret-group-name: secret
    allow-rules:
      - id: dummy
        description: placeholders
        regex: dummy
`;

function found(config: string, text: string, path = 'srv/run.sh'): readonly string[] {
  const { secrets = [] } =
    findSecrets(compileRules(loadSecretConfig(config, 'c.yaml')), path, Buffer.from(text)) ?? {};
  return secrets.map(({ ruleId, startLine, match }) => `${ruleId} ${startLine} ${match}`);
}

describe('a configuration in the form of trivy-secret.yaml', () => {
  test.each(['', '# nothing\n', '{}', 'rules: []'])(
    'that says nothing (%j) leaves the built-in rules',
    (text) => {
      expect(loadSecretConfig(text, 'c.yaml')).toEqual(builtinSecretRules);
    },
  );

  test('adds rules with groups, paths, keywords and allow rules of their own', () => {
    const text = `x=1\nHOUSE_SECRET: "abcdefgh12"\nhouse_secret="dummy_dummy"\n`;
    expect(found(RULE, text)).toEqual(['house-token 2 HOUSE_SECRET: "**********"']);
    expect(found(RULE, text, 'srv/run.txt')).toEqual([]);
    expect(found(RULE, 'nothing of interest here')).toEqual([]);
  });

  test('enables some built-in rules, disables rules and allow rules', () => {
    const some = loadSecretConfig(
      'enable-builtin-rules: [github-pat, private-key]\ndisable-rules: [private-key]',
      'c',
    );
    expect(some.rules.map(({ id }) => id)).toEqual(['github-pat']);
    const kept = loadSecretConfig('disable-allow-rules: [tests, markdown]', 'c').allowRules.map(
      ({ id }) => id,
    );
    expect(kept).not.toContain('tests');
    expect(kept).toContain('vendor');
  });

  test('finds with a rule that has no keywords, and none within an excluded block', () => {
    const config = `
rules: [{id: pin, category: g, title: Pin, severity: LOW, regex: 'pin-\\d{4}'}]
exclude-block: {description: generated, regexes: ['(?s)# begin.*?# end']}`;
    expect(found(config, 'a pin-1234\n# begin\npin-5678\n# end\npin-9012\n')).toEqual([
      'pin 1 a ********',
      'pin 5 ********',
    ]);
  });

  test('an allow rule of the file is heeded by path and by text', () => {
    const pin = `rules: [{id: pin, category: g, title: Pin, severity: LOW, regex: 'pin-\\d{4}'}]\n`;
    expect(found(`${pin}allow-rules: [{id: a, regex: '0000'}]`, 'pin-0000 pin-0001')).toHaveLength(1);
    const analyzer = secretAnalyzer(loadSecretConfig(`${pin}allow-rules: [{id: a, path: '^srv/old/'}]`, 'c'));
    expect(analyzer.wants({ path: 'srv/old/a', sizeBytes: 100, mode: 0 })).toBe(false);
    expect(analyzer.wants({ path: 'srv/new/a', sizeBytes: 100, mode: 0 })).toBe(true);
  });

  test('skip patterns replace the built-in ones', () => {
    const analyzer = secretAnalyzer(
      loadSecretConfig(`skip-patterns: ['*.dat', 'opt/**/cache', 'srv/{a,b}/*.c[fg]']`, 'c'),
    );
    const wants = (path: string): boolean => analyzer.wants({ path, sizeBytes: 100, mode: 0 });
    expect(['x/y.dat', 'opt/a/b/cache', 'opt/cache', 'srv/a/x.cf'].filter(wants)).toEqual([]);
    const wanted = ['x/y.png', 'opt/a/cache2', 'srv/c/x.cf', 'srv/a/b/x.cf'];
    expect(wanted.filter(wants)).toEqual(wanted);
  });

  test.each([
    ['rules: [{id: a, category: c, title: t, severity: HIGH, regex: "(?=x)"}]', /rule "a": regex/],
    [
      'rules: [{id: a, category: c, title: t, severity: HIGH, regex: "(x"}]',
      /rule "a": regex: "\)" is missing/,
    ],
    [
      'rules: [{id: a, category: c, title: t, severity: HIGH, regex: "\\\\p{L}"}]',
      /rule "a": regex: Unicode/,
    ],
    [
      'rules: [{id: a, category: c, title: t, severity: HIGH, regex: "(x{1000}){1000}"}]',
      /rule "a": regex: .*too large/,
    ],
    ['rules: [{id: a, category: c, title: t, severity: BAD, regex: x}]', /rule "a": severity/],
    [
      'rules: [{id: a, category: c, title: t, severity: LOW, regex: x, secret-group-name: s}]',
      /rule "a": regex: there is no group/,
    ],
    ['rules: [{category: c}]', /rules\[0\]: id is missing/],
    ['rules: [{id: a}]', /rule "a": regex is missing/],
    ['rules: {}', /rules must be a list/],
    ['allow-rules: [{id: x}]', /allow rule "x"/],
    ['alow-rules: []', /"alow-rules" is not known/],
    ['- 1', /a mapping was expected/],
    ['a: [', /is not YAML/],
    ['exclude-block: {regexes: ["["]}', /exclude-block/],
  ])('%s is refused', (text, message) => {
    expect(() => loadSecretConfig(text, 'c.yaml')).toThrow(DrydockError);
    expect(() => loadSecretConfig(text, 'c.yaml')).toThrow(message);
  });

  test('rules that differ give analyzers of different ids', () => {
    expect(secretAnalyzer(loadSecretConfig('', 'c')).id).toBe(secretAnalyzer(builtinSecretRules).id);
    expect(secretAnalyzer(loadSecretConfig(RULE, 'c')).id).not.toBe(secretAnalyzer(builtinSecretRules).id);
  });
});
