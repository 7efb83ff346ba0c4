import type { SecretFinding } from '../../model/finding.ts';
import type { ImageConfig } from '../../model/image.ts';
import { builtinSecretRules } from './builtin-rules.ts';
import { compileRules } from './compile-rules.ts';
import { findSecrets } from './find-secrets.ts';
import type { SecretRules } from './secret-rule.ts';

const PATH = 'config.json';
const MAX_BYTES = 4 << 20;

/**
 * Secrets in variables, labels, commands and history of an image. Lines are those of the configuration as JSON with an
 * indentation of two.
 *
 * @throws PatternError
 */
export function findSecretsInImageConfig(
  config: ImageConfig,
  rules: SecretRules = builtinSecretRules,
): SecretFinding[] {
  const text = Buffer.from(JSON.stringify(config, null, 2)).subarray(0, MAX_BYTES);
  const { secrets = [] } = findSecrets(compileRules(rules), PATH, text) ?? {};
  return secrets.map((secret) => ({ kind: 'secret', path: PATH, ...secret }));
}
