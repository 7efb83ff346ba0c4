import { parseDocument } from 'yaml';
import { isNestedTooDeep } from '../../base/bracket-depth.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Severity } from '../../model/advisory.ts';
import { builtinSecretRules } from './builtin-rules.ts';
import { reader, type Reader } from './config-reader.ts';
import { linearPattern } from './regex/linear-pattern.ts';
import type { AllowRule, SecretRule, SecretRules } from './secret-rule.ts';
import { globToPattern } from './skip-patterns.ts';

const MAX_CONFIG_LENGTH = 1 << 20;
const SEVERITIES: readonly Severity[] = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

/**
 * Reads rules in the form of Trivy's `trivy-secret.yaml`: what it says of the built-in rules, and rules of its own.
 * Patterns are in RE2 syntax; Unicode classes and classes that hold characters beyond ASCII are refused. `skip-patterns`
 * replaces the built-in ones.
 *
 * @param name of the file, for messages
 * @throws DrydockError CONFIG_INVALID, which names the rule
 * @see https://trivy.dev/docs/latest/guide/scanner/secret/
 */
export function loadSecretConfig(text: string, name: string): SecretRules {
  const root = reader(parseYaml(text, name), name, '');
  root.allowOnly([
    'enable-builtin-rules',
    'disable-rules',
    'disable-allow-rules',
    'rules',
    'allow-rules',
    'exclude-block',
    'skip-patterns',
  ]);
  const enabled = root.texts('enable-builtin-rules');
  const disabled = new Set(root.texts('disable-rules'));
  const disabledAllowRules = new Set(root.texts('disable-allow-rules'));
  const builtin = builtinSecretRules.rules.filter(({ id }) => enabled.length === 0 || enabled.includes(id));
  const allowRules = [...builtinSecretRules.allowRules, ...allowRulesOf(root)];
  const skipPatterns = root.has('skip-patterns')
    ? root.texts('skip-patterns')
    : builtinSecretRules.skipPatterns;
  for (const glob of skipPatterns)
    checkPattern(globToPattern(glob), undefined, root, `skip-patterns: ${glob}`);
  return {
    rules: [...builtin, ...root.items('rules').map(toRule)].filter(({ id }) => !disabled.has(id)),
    allowRules: allowRules.filter(({ id }) => !disabledAllowRules.has(id)),
    excludeBlocks: excludeBlocksOf(root),
    skipPatterns,
  };
}

function parseYaml(text: string, name: string): unknown {
  if (text.length > MAX_CONFIG_LENGTH) {
    throw new DrydockError('CONFIG_INVALID', `${name} is longer than ${MAX_CONFIG_LENGTH} characters`);
  }
  if (isNestedTooDeep(text))
    throw new DrydockError('CONFIG_INVALID', `${name} has too many brackets within each other`);
  try {
    const document = parseDocument(text, { merge: false });
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS({ maxAliasCount: 100 }) ?? new Map();
  } catch (cause) {
    throw new DrydockError('CONFIG_INVALID', `${name} is not YAML: ${messageOf(cause).slice(0, 300)}`, {
      cause,
    });
  }
}

function toRule(item: Reader): SecretRule {
  item.allowOnly([
    'id',
    'category',
    'title',
    'severity',
    'path',
    'regex',
    'keywords',
    'secret-group-name',
    'allow-rules',
    'exclude-block',
    'entropy',
  ]);
  const id = item.needed('id');
  const rule = item.named(`rule ${JSON.stringify(id)}`);
  const pattern = rule.needed('regex');
  const secretGroupName = rule.text('secret-group-name');
  const path = rule.text('path');
  const allowRules = allowRulesOf(rule);
  const excludeBlocks = excludeBlocksOf(rule);
  const entropy = rule.number('entropy');
  checkPattern(pattern, secretGroupName, rule, 'regex');
  if (path !== undefined) checkPattern(path, undefined, rule, 'path');
  return {
    id,
    category: rule.text('category') ?? 'general',
    title: rule.text('title') ?? id,
    severity: severityOf(rule),
    pattern,
    keywords: rule.texts('keywords').filter((keyword) => keyword !== ''),
    ...(secretGroupName !== undefined && { secretGroupName }),
    ...(path !== undefined && { path }),
    ...(allowRules.length > 0 && { allowRules }),
    ...(excludeBlocks.length > 0 && { excludeBlocks }),
    ...(entropy !== undefined && { entropy }),
  };
}

function severityOf(rule: Reader): Severity {
  const text = rule.text('severity')?.toUpperCase() ?? 'UNKNOWN';
  const known = SEVERITIES.find((severity) => severity === text);
  return known ?? rule.fail(`severity must be one of ${SEVERITIES.join(', ')}`);
}

function allowRulesOf(owner: Reader): readonly AllowRule[] {
  return owner.items('allow-rules').map((item) => {
    item.allowOnly(['id', 'description', 'regex', 'path']);
    const id = item.needed('id');
    const rule = item.named(`allow rule ${JSON.stringify(id)}`);
    const [pattern, path] = [rule.text('regex'), rule.text('path')];
    if (pattern === undefined && path === undefined) rule.fail('neither regex nor path is given');
    if (pattern !== undefined) checkPattern(pattern, undefined, rule, 'regex');
    if (path !== undefined) checkPattern(path, undefined, rule, 'path');
    return {
      id,
      description: rule.text('description') ?? '',
      ...(pattern !== undefined && { pattern }),
      ...(path !== undefined && { path }),
    };
  });
}

function excludeBlocksOf(owner: Reader): readonly string[] {
  const block = owner.object('exclude-block');
  if (!block) return [];
  block.allowOnly(['description', 'regexes']);
  const patterns = block.texts('regexes');
  for (const pattern of patterns) checkPattern(pattern, undefined, owner, 'exclude-block');
  return patterns;
}

function checkPattern(pattern: string, groupName: string | undefined, owner: Reader, what: string): void {
  try {
    linearPattern(pattern, groupName);
  } catch (cause) {
    owner.fail(`${what}: ${messageOf(cause)}`);
  }
}
