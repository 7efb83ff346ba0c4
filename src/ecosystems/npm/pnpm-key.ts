/** What the key of an entry in a `pnpm-lock.yaml` says. */
export interface PnpmKey {
  /** Without the peers it is joined with. */
  readonly bare: string;
  readonly name: string;
  /** Absent for what comes from elsewhere than a registry. */
  readonly version: string | undefined;
}

/**
 * `/name/1.0.0_peer@1.0.0` (format 5), `/name@1.0.0(peer@1.0.0)` (6), `name@1.0.0(peer@1.0.0)` (9); a registry's
 * host may stand before the first slash of the older ones.
 */
export function splitPnpmKey(key: string, format: number): PnpmKey | undefined {
  if (format >= 9) return splitAtSign(key);
  const slash = key.startsWith('@') ? -1 : key.indexOf('/');
  const rest = key.slice(slash + 1);
  return format >= 6 ? splitAtSign(rest, key) : splitAtSlash(rest, key);
}

function splitAtSign(text: string, key = text): PnpmKey | undefined {
  const peers = text.indexOf('(');
  const bare = peers < 0 ? text : text.slice(0, peers);
  const at = bare.indexOf('@', 1);
  if (at < 0) return undefined;
  return { bare: key === text ? bare : key, name: bare.slice(0, at), version: published(bare.slice(at + 1)) };
}

function splitAtSlash(text: string, key: string): PnpmKey | undefined {
  const at = text.lastIndexOf('/');
  if (at <= 0) return undefined;
  const version = text.slice(at + 1).split('_', 1)[0] ?? '';
  return { bare: key, name: text.slice(0, at), version: published(version) };
}

/** And not an address or a place on the disk. */
function published(version: string): string | undefined {
  return /^[0-9]/.test(version) ? version : undefined;
}
