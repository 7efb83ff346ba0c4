const HEADERS = /\b(authorization|proxy-authorization)\s*[:=]\s*(?:basic|bearer)?\s*[^\s"',]{1,4096}/gi;
const IN_URL = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,1024}@/gi;

/** Without credentials, be they ours or somebody's. */
export function redacted(text: string, secrets: readonly string[]): string {
  const known = secrets
    .filter((secret) => secret.length >= 4)
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  return known.replace(HEADERS, '$1: [secret]').replace(IN_URL, '$1[secret]@');
}
