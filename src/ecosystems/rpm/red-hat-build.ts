import type { FileResult } from '../../analysis/analyzer.ts';

const MAX_CONTENT_SETS = 1000;

/** What a build file says: a content manifest (JSON), or the Dockerfile of the build with its labels. */
export function parseBuildFile(text: string, path: string): FileResult | undefined {
  return path.endsWith('.json') ? parseContentManifest(text) : parseDockerfile(text, path);
}

function parseContentManifest(text: string): FileResult | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { diagnostics: [{ code: 'BUILD_INFO_BROKEN', message: 'the content manifest is not JSON' }] };
  }
  const sets = (json as { content_sets?: unknown } | null)?.content_sets;
  if (!Array.isArray(sets)) return undefined;
  const contentSets = sets.filter((set): set is string => typeof set === 'string').slice(0, MAX_CONTENT_SETS);
  return contentSets.length > 0 ? { redHatBuild: { contentSets } } : undefined;
}

/** Name, version and release of the image itself, by which Red Hat lists what an image holds. */
function parseDockerfile(text: string, path: string): FileResult | undefined {
  const labels = new Map<string, string>();
  // Continued lines are one instruction.
  for (const line of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    if (!/^\s*(?:LABEL|ENV)\s/i.test(line)) continue;
    for (const [, key, quoted, bare] of line.matchAll(
      /"?([\w.-]{1,100})"?=(?:"([^"]{0,500})"|([^\s"]{0,500}))/g,
    )) {
      if (key) labels.set(key.toLowerCase(), quoted ?? bare ?? '');
    }
  }
  const component = labels.get('com.redhat.component');
  const release = labels.get('release');
  // The version stands in the file's own name too: Dockerfile-ubi8-8.6-754.
  const version = labels.get('version') ?? /-([^-]+)-[^-]+$/.exec(path)?.[1];
  const architecture = labels.get('architecture');
  if (!component || !version || !release) return undefined;
  return {
    redHatBuild: {
      contentSets: [],
      nvr: `${component}-${version}-${release}`,
      ...(architecture && { architecture }),
    },
  };
}
