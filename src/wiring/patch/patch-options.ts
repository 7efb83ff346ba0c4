import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import type { PatchOptions } from '../../patch/patch-image.ts';
import { datesIn, openFolderCache } from '../../patch/sources/archive-cache.ts';
import type { OperatorSource } from '../../patch/sources/archives.ts';
import type { Rewrite } from '../../patch/sources/addresses.ts';

/** Ids of vulnerabilities are told from names of packages by how they are written. */
const VULNERABILITY_ID = /^(?:CVE|GHSA|DSA|DLA|TEMP|ELSA|RHSA|USN|OSV)-/i;

/** @throws DrydockError CONFIG_INVALID */
export async function patchOptions(
  config: Config,
  version: string,
  transport: () => Promise<Transport>,
): Promise<PatchOptions> {
  const cache = config.cache ? openFolderCache(join(config.cacheDir, 'archives')) : undefined;
  return {
    severities: config.severity,
    ids: config.only.filter((text) => VULNERABILITY_ID.test(text)),
    only: config.only.filter((text) => !VULNERABILITY_ID.test(text)),
    rewrites: config.archiveMirror.map(parseRewrite),
    extraSources: config.archiveSource.map(parseSource),
    keyrings: await Promise.all(config.keyring.map(readKeyring)),
    allowExpired: config.allowExpired,
    unusableSources: config.skipUnusableSources ? 'skip' : 'refuse',
    ...(config.offline && { offline: true }),
    archive: { transport, ...(cache && { cache, dates: datesIn(cache) }) },
    version: `drydock/${version}`,
    scripts: config.maintainerScripts,
    ...(config.sourceDateEpoch > 0 && { sourceDateEpoch: config.sourceDateEpoch }),
    now: new Date(),
  };
}

function parseRewrite(text: string): Rewrite {
  const at = text.indexOf('=');
  const [from, to] = [text.slice(0, Math.max(0, at)).trim(), text.slice(at + 1).trim()];
  if (from !== '' && URL.canParse(to)) return { from, to };
  throw new DrydockError('CONFIG_INVALID', `--archive-mirror ${JSON.stringify(text)} is not from=to`, {
    hint: 'Write deb.example.org/debian=https://mirror.example.com/debian.',
  });
}

function parseSource(text: string): OperatorSource {
  const [uri, suite, ...components] = text.trim().split(/\s+/);
  if (
    uri !== undefined &&
    URL.canParse(uri) &&
    suite !== undefined &&
    (components.length > 0 || suite.endsWith('/'))
  )
    return { uri, suite, components };
  throw new DrydockError('CONFIG_INVALID', `--archive-source ${JSON.stringify(text)} names no archive`, {
    hint: 'Write "URI SUITE COMPONENT…", as a line of sources.list has it after "deb".',
  });
}

async function readKeyring(path: string): Promise<{ name: string; content: Uint8Array }> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `cannot read keyring ${path}: ${systemReason(cause)}`, {
      cause,
    });
  });
  return { name: path, content };
}
