import type { FileResult } from '../analyzer.ts';
import type { CompiledRules } from './compile-rules.ts';
import { locateSecrets } from './locate.ts';
import { MAX_FINDINGS_PER_FILE, toFindings } from './to-findings.ts';

/** Searches one file that is held whole. */
export function findSecrets(
  compiled: CompiledRules,
  path: string,
  content: Uint8Array,
): FileResult | undefined {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const located = locateSecrets(compiled, path, buffer);
  const isCut = located.isCut || located.secrets.length > MAX_FINDINGS_PER_FILE;
  if (located.secrets.length === 0 && !located.isSpent) return undefined;
  const secrets = toFindings(located, buffer);
  const diagnostics = [
    ...(isCut && secrets.length >= MAX_FINDINGS_PER_FILE
      ? [
          {
            code: 'SECRETS_CUT',
            message: `only the first ${MAX_FINDINGS_PER_FILE} secrets of the file are told`,
          },
        ]
      : []),
    ...(located.isSpent
      ? [
          {
            code: 'SECRET_RULES_TOO_SLOW',
            message: 'rules of the secret configuration took too long on this file and were stopped',
          },
        ]
      : []),
  ];
  return { ...(secrets.length > 0 && { secrets }), ...(diagnostics.length > 0 && { diagnostics }) };
}
