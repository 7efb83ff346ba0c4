const CONTROL = /[\0-\x1f\x7f-\x9f]/g;
const MAX_NAME_CHARS = 512;
const MAX_VERSION_CHARS = 256;
/** Longer ones are texts of licences and no names. */
const MAX_LICENSE_CHARS = 256;
const MAX_LICENSES = 64;

/** Untrusted text trimmed and without control characters; undefined when nothing is left, or too much. */
export function shortText(value: unknown, maxChars: number): string | undefined {
  if (typeof value !== 'string' || value.length > maxChars) return undefined;
  return value.trim().replace(CONTROL, '\ufffd') || undefined;
}

/** A package's name, or undefined for what cannot be one. */
export function nameIn(value: unknown): string | undefined {
  const name = shortText(value, MAX_NAME_CHARS);
  return name !== undefined && !/\s/.test(name) ? name : undefined;
}

/** A package's version, or undefined for what cannot be one. */
export function versionIn(value: unknown): string | undefined {
  return shortText(value, MAX_VERSION_CHARS);
}

/** Those of the values that can be names or expressions of licences, each once. */
export function licensesIn(values: readonly unknown[]): string[] {
  const licenses = new Set<string>();
  for (const value of values) {
    const license = shortText(value, MAX_LICENSE_CHARS);
    if (license !== undefined) licenses.add(license);
    if (licenses.size >= MAX_LICENSES) break;
  }
  return [...licenses];
}

/** How packages of one application are called in `dependsOn`. */
export function packageId(name: string, version: string): string {
  return `${name}@${version}`;
}
