import type { ScriptRule } from '../script-rule.ts';

/** Scripts that hold nothing but these lines, once normalised, whatever they name. */
export interface ScriptTemplate {
  readonly lines: readonly RegExp[];
  readonly rule: ScriptRule;
}

const SHELL = [/^#! ?\/bin\/sh$/, /^set -e$/];

/** The first that fits counts. */
export const TEMPLATES: readonly ScriptTemplate[] = [
  { lines: SHELL, rule: { class: 'N', reason: 'does nothing' } },
  {
    lines: [
      ...SHELL,
      /^if \[ "\$1" = purge \] && \[ -e \/usr\/share\/debconf\/confmodule \]; then$/,
      /^\t\. \/usr\/share\/debconf\/confmodule$/,
      /^\tdb_purge$/,
      /^fi$/,
    ],
    rule: { class: 'N', reason: 'forgets answers when it is purged' },
  },
  {
    lines: [...SHELL, /^dpkg-maintscript-helper [^;&|`$<>()]*(?:"\$@")?$/],
    rule: {
      class: 'V',
      reason: 'files that moved in an earlier version, as its guard says',
    },
  },
  {
    lines: [
      ...SHELL,
      /^if (?:command -v|which) (?:py)?py3(?:compile|clean) >\/dev\/null 2>&1; then$/,
      /^(?:else|fi)$/,
      /^\t(?:py)?py3(?:compile|clean) -p @PACKAGE@(?::[a-z0-9]+)?(?: \/usr\/share\/[a-z0-9+.\/-]+)?\s*(?:\|\| true)?$/,
      /^\tdpkg -L @PACKAGE@(?::[a-z0-9]+)? \| sed -En -e '[^']*__pycache__[^']*'$/,
      /^\tdpkg -L @PACKAGE@(?::[a-z0-9]+)? \| perl -ne '[^']*__pycache__[^']*'$/,
      /^\tfind \/usr\/lib\/python3\/dist-packages\/ -type d -name __pycache__ -empty -print0 \| xargs --null --no-run-if-empty rmdir$/,
      /^dpkg-maintscript-helper [^;&|`$<>()]*(?:"\$@")?$/,
    ],
    rule: { class: 'C', reason: 'bytecode' },
  },
];

/** The template that a normalised script is made of. */
export function templateOf(normalised: string): ScriptTemplate | undefined {
  const lines = normalised.split('\n').filter((line) => line !== '');
  if (lines.length > 200) return undefined;
  return TEMPLATES.find((template) =>
    lines.every((line) => template.lines.some((pattern) => pattern.test(line))),
  );
}
