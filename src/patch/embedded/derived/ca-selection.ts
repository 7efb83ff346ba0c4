/** The text of `etc/ca-certificates.conf`, and which authorities it enables, in its order. */
export interface CaSelection {
  readonly text: string;
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
}

export function parseSelection(text: string): CaSelection {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return {
    text,
    enabled: lines.filter((line) => !line.startsWith('!')),
    disabled: lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1)),
  };
}

/**
 * The selection after new authorities came and old ones went: what the user disabled stays so, what is new is enabled,
 * what is gone is disabled.
 *
 * @param available authorities of the new version, in byte order
 */
export function updateSelection(before: CaSelection, available: readonly string[]): CaSelection {
  const disabled = new Set(before.disabled);
  const isAvailable = new Set(available);
  const isEnabled = (name: string): boolean => isAvailable.has(name) && !disabled.has(name);
  const lines = before.text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      if (line.startsWith('#') || line === '') return line;
      const name = line.replace(/^!/, '');
      return isEnabled(name) ? name : `!${name}`;
    });
  const known = new Set(lines.map((line) => line.replace(/^!/, '')));
  lines.push(...available.filter((name) => isEnabled(name) && !known.has(name)));
  return parseSelection(`${lines.join('\n')}\n`);
}
